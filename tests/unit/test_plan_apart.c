/*
 * Pods that look at other pods, beside plain ones and gangs, in random small clusters that come to rest: nobody is evicted for them, each is placed where a plain count says
 * that it may be, gangs whole, and none waits while a node is free that would do. LAB_SEED=n: only that run.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cluster/cache.h"
#include "common/policy/plan.h"
#include "tests/unit/support/objects.h"

#define RUNS 4000
#define NODES 6
#define PODS 14
#define GANGS 2
#define NOWHERE (-1)

enum look { PLAIN, NOT_BESIDE_X, SPREAD };

static const char *const constraints[] = {
    "",
    ",'affinity':{'podAntiAffinity':{'requiredDuringSchedulingIgnoredDuringExecution':[{'topologyKey':'zone','labelSelector':"
    "{'matchLabels':{'app':'x'}}}]}}",
    ",'topologySpreadConstraints':[{'maxSkew':1,'topologyKey':'zone','whenUnsatisfiable':'DoNotSchedule','labelSelector':"
    "{'matchLabels':{'app':'x'}}}]"};

struct one {
    enum look look;
    bool x, ours, there;
    int priority, gang, node;
};

static struct {
    uint64_t seed, random;
    struct cache *cache;
    struct plan *plan;
    struct filter_config filters;
    char zone[NODES];
    int nodes, pods;
    struct one pod[PODS];
    bool acted;
} w;

static unsigned below(unsigned bound)
{
    return random_below(&w.random, bound);
}

#define MUST(condition, ...)                                                                                                               \
    do {                                                                                                                                   \
        if (!(condition)) {                                                                                                                \
            printf(__VA_ARGS__);                                                                                                           \
            ck_abort_msg("LAB_SEED=%llu replays it: %s", (unsigned long long)w.seed, #condition);                                          \
        }                                                                                                                                  \
    } while (0)

/* ---- the cluster ---- */

static void set_node(int i)
{
    struct error err = ERROR_INIT;
    struct node_spec *spec = node_of(
        "{'metadata':{'name':'n%d','uid':'n','labels':{'zone':'%c'}},'status':{'allocatable':{'cpu':'4','memory':'4Gi','pods':'20'},"
        "'conditions':[{'type':'Ready','status':'True'}]}}",
        i, w.zone[i]);
    bool helps;

    ck_assert_int_eq(cache_set_node(w.cache, spec, &helps, &err), 0);
}

/* the pod as it is, to the cache */
static void set_pod(int i)
{
    const struct one *p = &w.pod[i];
    char node[40] = "", group[80] = "";
    struct error err = ERROR_INIT;
    struct pod_update update;
    struct pod *pod;

    if (p->node != NOWHERE)
        snprintf(node, sizeof node, "'nodeName':'n%d',", p->node);
    if (p->gang != NOWHERE)
        snprintf(group, sizeof group, "'pod-group':'g%d','pod-group-size':'2'", p->gang);
    pod = pod_of("{'metadata':{'namespace':'d','name':'p%02d','uid':'u%d','labels':{'app':'%s'},'annotations':{%s}},'spec':{"
                 "'schedulerName':'%s',%s'priority':%d,'containers':[{'name':'c'}]%s},'status':{'phase':'Pending'}}",
                 i, i, p->x ? "x" : "y", group, p->ours ? "ours" : "theirs", node, p->priority, constraints[p->look]);
    ck_assert_int_eq(cache_set_pod(w.cache, pod, &update, &err), 0);
}

static void tell_pod(int i)
{
    struct error err = ERROR_INIT;
    struct cached_pod *cached;
    char name[8];
    struct pod pod;

    snprintf(name, sizeof name, "p%02d", i % 100);
    cached = cache_pod(w.cache, "d", name);
    pod = *cached->pod;
    if (*pod.node_name)
        pod.peers = NULL;
    else
        ck_assert_int_eq(plan_looking(&w.filters, w.cache, &pod, &err), 0);
    ck_assert_int_eq(plan_pod_set(w.plan, &pod, &err), 0);
}

static void tell_all(void)
{
    struct error err = ERROR_INIT;
    struct node *const *nodes;
    size_t count;

    nodes = cache_nodes(w.cache, &count);
    for (size_t i = 0; i < count; i++)
        ck_assert_int_eq(plan_node_cached(w.plan, nodes[i], "ours", &err), 0);
    for (int i = 0; i < w.pods; i++)
        if (w.pod[i].ours && w.pod[i].there)
            tell_pod(i);
}

/* ---- a plain count ---- */

/* pods with app=x in the zone, or such pods that want none of it there */
static int in_zone(char zone, bool keepers)
{
    int count = 0;

    for (int i = 0; i < w.pods; i++)
        if (w.pod[i].there && w.pod[i].node != NOWHERE && w.zone[w.pod[i].node] == zone)
            count += keepers ? w.pod[i].look == NOT_BESIDE_X : w.pod[i].x;
    return count;
}

static bool may_go(const struct one *p, int node)
{
    int least = PODS, mine = in_zone(w.zone[node], false);

    for (int n = 0; n < w.nodes; n++)
        if (in_zone(w.zone[n], false) < least)
            least = in_zone(w.zone[n], false);
    if (p->x && in_zone(w.zone[node], true) > 0)
        return false;
    return p->look == PLAIN || (p->look == NOT_BESIDE_X ? mine == 0 : mine + p->x - least <= 1);
}

static bool looks(const struct one *p)
{
    return p->look != PLAIN || (p->x && (in_zone('a', true) || in_zone('b', true) || in_zone('c', true)));
}

/* whether it waits apart, by itself or with its gang; who comes when the others are placed is alone */
static bool is_apart(int i)
{
    bool apart = looks(&w.pod[i]), late = false;

    for (int k = 0; k < w.pods && w.pod[i].gang != NOWHERE; k++)
        if (w.pod[k].there && w.pod[k].gang == w.pod[i].gang) {
            apart = apart || looks(&w.pod[k]);
            late = late || w.pod[k].node != NOWHERE;
        }
    return late ? looks(&w.pod[i]) : apart;
}

/* ---- what is done ---- */

static struct plan_action given[PODS * 2];
static size_t given_count;

static void take(void *ctx, const struct plan_action *action)
{
    int i = atoi(action->name + 1);

    (void)ctx;
    w.acted = true;
    given[given_count] = *action;
    given[given_count].name = w.pod[i].ours ? "ours" : "theirs";
    given[given_count].priority = i;
    given[given_count++].cause_name = *action->cause_name ? is_apart(atoi(action->cause_name + 1)) ? "apart" : "plain" : "";
}

/* the pod is where it was bound: plain ones, too, are only checked by the scheduler at the last moment */
static void bind(int i, int node, bool apart)
{
    struct error err = ERROR_INIT;
    char name[8];

    MUST(w.pod[i].node == NOWHERE, "p%d is bound twice\n", i);
    for (int k = 0; k < w.pods; k++)
        MUST(!w.pod[k].there || !w.pod[k].ours || w.pod[k].node != node, "p%d and p%d on one node\n", i, k);
    MUST(!apart || may_go(&w.pod[i], node), "p%d may not go to n%d\n", i, node);
    w.pod[i].node = node;
    set_pod(i);
    snprintf(name, sizeof name, "p%02d", i % 100);
    ck_assert_int_eq(plan_bind_done(w.plan, "d", name, &err), 0);
}

static void remove_pod(int i)
{
    struct error err = ERROR_INIT;
    struct pod_update update;
    char name[8];

    w.pod[i].there = false;
    snprintf(name, sizeof name, "p%02d", i % 100);
    cache_remove_pod(w.cache, "d", name, NULL, &update);
    ck_assert_int_eq(plan_pod_gone(w.plan, "d", name, NULL, &err), 0);
}

static void carry_out(bool apart)
{
    int node;

    for (size_t a = 0; a < given_count; a++) {
        int i = (int)given[a].priority;

        if (given[a].act == PLAN_PREEMPT) {
            MUST(!apart && strcmp(given[a].cause_name, "apart") != 0, "p%d is evicted for a pod that looks at others\n", i);
            remove_pod(i);
            continue;
        }
        node = atoi(strchr(given[a].node, 'n') + 1);
        bind(i, node, apart);
    }
    given_count = 0;
    for (int g = 0; g < GANGS; g++) {
        int bound = 0, waits = 0;

        for (int i = 0; i < w.pods; i++)
            if (w.pod[i].there && w.pod[i].ours && w.pod[i].gang == g)
                w.pod[i].node == NOWHERE ? waits++ : bound++;
        MUST(!bound || !waits || bound >= 2, "g%d is bound in part\n", g);
    }
}

static void act(void)
{
    struct error err = ERROR_INIT;

    ck_assert_int_eq(plan_actions(w.plan, take, NULL, &err), 0);
    carry_out(false);
    tell_all();
    ck_assert_int_eq(plan_place_apart(w.plan, w.cache, take, NULL, &err), 0);
    carry_out(true);
    tell_all();
}

static bool is_free(int node)
{
    for (int i = 0; i < w.pods; i++)
        if (w.pod[i].there && w.pod[i].ours && w.pod[i].node == node)
            return false;
    return true;
}

/* a single pod for whom a node is free that would do: only somebody who goes first may be the reason */
static void check_rest(void)
{
    for (int i = 0; i < w.pods; i++) {
        const struct one *p = &w.pod[i];
        bool first = true;

        if (!p->there || !p->ours || p->gang != NOWHERE || p->node != NOWHERE || !is_apart(i))
            continue;
        for (int k = 0; k < w.pods; k++)
            first = first && (k == i || !w.pod[k].there || !w.pod[k].ours || w.pod[k].node != NOWHERE || is_apart(k));
        for (int n = 0; n < w.nodes && first; n++)
            MUST(!is_free(n) || !may_go(p, n), "p%d waits, and n%d is free\n", i, n);
    }
}

/* ---- a run ---- */

static void new_pod(int i)
{
    struct one *p = &w.pod[i];

    *p = (struct one){.look = below(2) ? PLAIN : (enum look)(1 + below(2)),
                      .x = below(2),
                      .ours = below(5) > 0,
                      .there = true,
                      .priority = (int)below(4),
                      .gang = below(4) ? NOWHERE : (int)below(GANGS),
                      .node = NOWHERE};
    if (!p->ours) {
        p->gang = NOWHERE;
        p->node = (int)below((unsigned)w.nodes);
    }
    set_pod(i);
}

static void open_world(uint64_t seed, int nodes)
{
    struct plan_config config = {.gang_settle_us = 0};
    struct error err = ERROR_INIT;

    memset(&w, 0, sizeof w);
    w.seed = seed;
    w.random = seed * 2654435761u + 88172645463325252u;
    filter_config_init(&w.filters);
    w.filters.enabled[FILTER_ONE_PER_NODE] = false;
    config.filters = w.filters;
    w.cache = cache_new("ours", &err);
    w.plan = plan_new(&config, &err);
    w.nodes = nodes ? nodes : 1 + (int)below(NODES);
    for (int i = 0; i < w.nodes; i++) {
        w.zone[i] = (char)('a' + below(3));
        set_node(i);
    }
}

static void close_world(void)
{
    plan_free(w.plan);
    cache_free(w.cache);
}

static void run(uint64_t seed)
{
    open_world(seed, 0);
    while (w.pods < PODS) { /* one comes after the other, and all comes to rest in between, or not */
        new_pod(w.pods++);
        tell_all();
        for (int rounds = 0; below(3); rounds++) {
            w.acted = false;
            act();
            MUST(rounds < 200, "no rest\n");
        }
    }
    for (int rounds = 0; rounds == 0 || w.acted; rounds++) {
        w.acted = false;
        act();
        MUST(rounds < 50, "no rest\n");
    }
    check_rest();
    close_world();
}

START_TEST(who_looks_at_others)
{
    const char *seed = getenv("LAB_SEED"), *events = getenv("LAB_EVENTS");
    uint64_t runs = events && atoi(events) < 100000 ? 100 : RUNS;

    if (seed)
        run(strtoull(seed, NULL, 10));
    for (uint64_t i = 1; i <= runs && !seed; i++)
        run(i);
}
END_TEST

static size_t actions(bool apart)
{
    struct error err = ERROR_INIT;

    given_count = 0;
    ck_assert_int_eq(apart ? plan_place_apart(w.plan, w.cache, take, NULL, &err) : plan_actions(w.plan, take, NULL, &err), 0);
    return given_count;
}

/* a gang waits for its second node: the first, which is free, is not for who goes after it */
START_TEST(room_is_kept_for_who_goes_first)
{
    open_world(1, 2);
    w.pods = 4;
    w.pod[0] = (struct one){.ours = true, .there = true, .priority = 0, .gang = NOWHERE, .node = 0};
    w.pod[1] = w.pod[2] = (struct one){.ours = true, .there = true, .priority = 3, .gang = 0, .node = NOWHERE};
    w.pod[3] = (struct one){.look = NOT_BESIDE_X, .ours = true, .there = true, .priority = 1, .gang = NOWHERE, .node = NOWHERE};
    for (int i = 0; i < w.pods; i++)
        set_pod(i);
    tell_all();
    ck_assert_uint_eq(actions(false), 1);
    ck_assert_int_eq(given[0].act, PLAN_PREEMPT);
    ck_assert_uint_eq(actions(true), 0);
    w.pod[3].priority = 4;
    set_pod(3);
    tell_pod(3);
    ck_assert_uint_eq(actions(false), 0);
    ck_assert_uint_eq(actions(true), 1);
    ck_assert_str_eq(given[0].node, "n1");
    given_count = 0;
    close_world();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("plan, apart");
    TCase *tcase = tcase_create("random");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tcase, who_looks_at_others);
    tcase_add_test(tcase, room_is_kept_for_who_goes_first);
    tcase_set_timeout(tcase, 600);
    suite_add_tcase(suite, tcase);
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}

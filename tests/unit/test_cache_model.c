/*
 * The cache against a model that keeps no sums: after each of 100,000 random steps every sum is computed anew from the list of pods. The seed
 * is printed when a step differs: CACHE_MODEL_SEED=N replays it.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cluster/cache.h"
#include "tests/unit/support/objects.h"

#define NODES 6
#define PODS 14
#define SEEDS 20
#define STEPS 5000

struct model_node {
    bool present;
    int spec; /* which of the ways it can look */
};

struct model_pod {
    bool present, assumed;
    int uid, at; /* at: the node that it is on or assumed on, -1 while pending */
    int cpu, gpus, ports;
    int64_t memory;
};

static struct model_node nodes[NODES];
static struct model_pod pods[PODS];
static struct cache *cache;
static struct pod_update update;
static uint64_t state;
static int seed, step;

/* ck_assert writes to a pipe each time; here only failures do */
#define CHECK(condition)                                                                                                                   \
    do {                                                                                                                                   \
        if (!(condition))                                                                                                                  \
            ck_abort_msg("CACHE_MODEL_SEED=%d step %d: %s", seed, step, #condition);                                                       \
    } while (0)

static int below(int bound)
{
    return (int)random_below(&state, (unsigned)bound);
}

static struct cached_pod *find(int p)
{
    char name[16];

    snprintf(name, sizeof name, "p%d", p);
    return cache_pod(cache, p % 2 ? "a" : "b", name);
}

static bool counts(const struct model_pod *pod)
{
    return pod->present && pod->at >= 0 && nodes[pod->at].present;
}

/* ---- the sums, from scratch ---- */

static int64_t plus(int64_t a, int64_t b)
{
    return a > INT64_MAX - b ? INT64_MAX : a + b;
}

static void check_list(const struct node *node, size_t expected)
{
    size_t listed = 0, ports = 0;
    bool ports_over = false;

    for (const struct cached_pod *pod = node->pods; pod; pod = pod->next_on_node) {
        CHECK(pod->node == node);
        CHECK(!(ports_over && pod->pod->host_port_count));
        ports_over = !pod->pod->host_port_count;
        ports += pod->pod->host_port_count;
        listed++;
    }
    CHECK(listed == expected);
    CHECK(ports == node->host_port_count);
}

static void check_node(int n)
{
    struct model_pod sum = {0};
    const struct node *node;
    int on_it = 0;
    char name[16];

    snprintf(name, sizeof name, "n%d", n);
    node = cache_node(cache, name);
    CHECK((node != NULL) == nodes[n].present);
    if (!node)
        return;
    for (int p = 0; p < PODS; p++) {
        if (!pods[p].present || pods[p].at != n)
            continue;
        on_it++;
        sum.cpu += pods[p].cpu;
        sum.gpus += pods[p].gpus;
        sum.memory = plus(sum.memory, pods[p].memory);
    }
    CHECK(node->pod_count == on_it);
    CHECK(node->requested.cpu_milli == sum.cpu);
    CHECK(node->requested.memory_bytes == sum.memory);
    CHECK(node->requested.extended_count == (nodes[n].spec % 2 ? 1u : 0u));
    if (nodes[n].spec % 2)
        CHECK(node->requested.extended[0].amount == sum.gpus);
    check_list(node, (size_t)on_it);
}

static void check_all(void)
{
    struct node *const *order;
    size_t count, expected = 0;

    for (int n = 0; n < NODES; n++) {
        check_node(n);
        expected += nodes[n].present;
    }
    order = cache_nodes(cache, &count);
    CHECK(count == expected);
    for (size_t i = 1; i < count; i++)
        CHECK(strcmp(order[i - 1]->spec->name, order[i]->spec->name) < 0);
    expected = 0;
    for (int p = 0; p < PODS; p++) {
        const struct cached_pod *cached = find(p);

        CHECK((cached != NULL) == pods[p].present);
        expected += pods[p].present;
        if (!cached)
            continue;
        CHECK(atoi(cached->pod->uid) == pods[p].uid);
        CHECK(cached->assumed == pods[p].assumed);
        CHECK((cached->node != NULL) == counts(&pods[p]));
        CHECK(!cached->node || atoi(cached->node->spec->name + 1) == pods[p].at);
    }
    CHECK(cache_pod_count(cache) == expected);
}

/* ---- the steps ---- */

static void set_node(int n)
{
    int spec = below(4);
    struct error err = ERROR_INIT;
    bool helps, same = nodes[n].present && nodes[n].spec == spec;

    CHECK(cache_set_node(cache,
                         node_of("{'metadata':{'name':'n%d','uid':'1','labels':{'s':'%d'}},'status':{'allocatable':{'pods':'9'%s}}}", n,
                                 spec, spec % 2 ? ",'x.io/gpu':'3'" : ""),
                         &helps, &err) == 0);
    CHECK(helps == !same);
    nodes[n] = (struct model_node){true, spec};
}

static void remove_node(void)
{
    char name[16];
    int n = below(NODES);

    snprintf(name, sizeof name, "n%d", n);
    cache_remove_node(cache, name);
    nodes[n].present = false;
}

/* what the news of a pod must be, and the model after it */
static void expect_news(struct model_pod *was, struct model_pod now, enum pod_change *change, bool *freed, bool *confirmed)
{
    bool same = was->present && was->uid == now.uid;
    bool less = now.cpu < was->cpu || now.gpus < was->gpus || now.memory < was->memory || now.ports < was->ports;

    *confirmed = false;
    *freed = counts(was);
    if (!same) {
        *change = now.at < 0 ? POD_NEW_PENDING : POD_ASSIGNED;
    } else if (now.at < 0) {
        *change = was->at >= 0 && !was->assumed ? POD_NEW_PENDING : POD_STILL_PENDING;
        if (was->assumed) {
            now.at = was->at;
            now.assumed = true;
            *freed = false;
        }
    } else {
        *change = was->at >= 0 && !was->assumed ? POD_UPDATED : POD_ASSIGNED;
        *confirmed = was->assumed && was->at == now.at;
        *freed = counts(was) && (was->at != now.at || less);
    }
    *was = now;
}

static struct pod *to_pod(int p, const struct model_pod *model, const char *scheduler, const char *phase)
{
    char node[16] = "", ports[64] = "";

    if (model->at >= 0)
        snprintf(node, sizeof node, "n%d", model->at);
    for (int i = 0; i < model->ports; i++)
        snprintf(ports + strlen(ports), sizeof ports - strlen(ports), "%s{'hostPort':%d}", i ? "," : "", 80 + i);
    return pod_of(
        "{'metadata':{'name':'p%d','namespace':'%s','uid':'%d','labels':{'l':'%d'}},'spec':{'schedulerName':'%s','nodeName':'%s',"
        "'containers':[{'resources':{'requests':{'cpu':'%dm','memory':'%lld','x.io/gpu':'%d'}},'ports':[%s]}]},'status':{'phase':'%s'}}",
        p, p % 2 ? "a" : "b", model->uid, p / 5, scheduler, node, model->cpu, (long long)model->memory, model->gpus, ports, phase);
}

static void set_pod(int p)
{
    struct model_pod now = {.present = true, .at = below(2) ? -1 : below(NODES)};
    bool same = pods[p].present && below(4), ended = below(8) == 0, freed, confirmed;
    struct error err = ERROR_INIT;
    enum pod_change change;

    now.uid = same ? pods[p].uid : pods[p].uid + 1;
    now.cpu = below(50);
    now.gpus = below(3);
    now.ports = below(3) ? 0 : 1 + below(2);
    now.memory = below(10) ? below(1000) : INT64_MAX / 2 + below(1000);
    if (ended) {
        /* terminal, or another's pending pod */
        bool foreign = now.at < 0 && below(2);

        CHECK(cache_set_pod(cache, to_pod(p, &now, foreign ? "other" : "ours", foreign ? "Pending" : "Failed"), &update, &err) == 0);
        CHECK(update.change == (pods[p].present ? POD_GONE : POD_IGNORED));
        CHECK(update.freed == counts(&pods[p]));
        pods[p] = (struct model_pod){.uid = now.uid};
        return;
    }
    CHECK(cache_set_pod(cache, to_pod(p, &now, now.at >= 0 && below(2) ? "other" : "ours", "Pending"), &update, &err) == 0);
    same = same && pods[p].present;
    CHECK(update.replaced == (pods[p].present && !same));
    expect_news(&pods[p], now, &change, &freed, &confirmed);
    CHECK(update.change == change);
    CHECK(update.freed == freed);
    CHECK(update.confirmed == confirmed);
    CHECK(update.cached == find(p));
}

static void remove_pod(void)
{
    int p = below(PODS), uid = below(3) ? pods[p].uid : pods[p].uid + 1;
    bool any = below(4) == 0, gone = pods[p].present && (any || uid == pods[p].uid);
    char name[16], text[16];

    snprintf(name, sizeof name, "p%d", p);
    snprintf(text, sizeof text, "%d", uid);
    cache_remove_pod(cache, p % 2 ? "a" : "b", name, any ? NULL : text, &update);
    CHECK(update.change == (gone ? POD_GONE : POD_IGNORED));
    CHECK(update.freed == (gone && counts(&pods[p])));
    if (gone)
        pods[p] = (struct model_pod){.uid = pods[p].uid};
}

static void assume(void)
{
    int p = below(PODS), n = below(NODES);
    char name[16];

    if (!pods[p].present || pods[p].at >= 0 || !nodes[n].present)
        return;
    snprintf(name, sizeof name, "n%d", n);
    cache_assume(cache, find(p), cache_node(cache, name));
    pods[p].at = n;
    pods[p].assumed = true;
}

static void forget(void)
{
    int p = below(PODS);

    if (!pods[p].present)
        return;
    cache_forget(cache, find(p));
    if (pods[p].assumed) {
        pods[p].assumed = false;
        pods[p].at = -1;
    }
}

static void note_removed(void *ctx, struct cached_pod *cached)
{
    int p = atoi(cached->pod->name + 1);
    const bool *listed = ctx;

    CHECK(!listed[p] && pods[p].present);
    pods[p] = (struct model_pod){.uid = pods[p].uid};
}

static void replace_pods(void)
{
    bool listed[PODS] = {false};
    bool twice = below(4) == 0;

    cache_begin_replace_pods(cache);
    for (int i = 0; i < PODS; i++) {
        int p = below(PODS);

        set_pod(p);
        listed[p] = pods[p].present;
        /* the list broke off and begins again: what came so far does not count */
        if (twice && i == PODS / 2) {
            memset(listed, 0, sizeof listed);
            cache_begin_replace_pods(cache);
        }
    }
    cache_end_replace_pods(cache, note_removed, listed);
    for (int p = 0; p < PODS; p++)
        CHECK(!pods[p].present || listed[p]);
}

static void replace_nodes(void)
{
    bool listed[NODES] = {false};

    cache_begin_replace_nodes(cache);
    for (int i = 0; i < 4; i++) {
        int n = below(NODES);

        set_node(n);
        listed[n] = true;
    }
    cache_end_replace_nodes(cache, NULL, NULL);
    for (int n = 0; n < NODES; n++)
        nodes[n].present = nodes[n].present && listed[n];
}

static void take_step(void)
{
    int what = below(100);

    if (what < 45)
        set_pod(below(PODS));
    else if (what < 55)
        remove_pod();
    else if (what < 72)
        assume();
    else if (what < 80)
        forget();
    else if (what < 90)
        set_node(below(NODES));
    else if (what < 95)
        remove_node();
    else if (what < 98)
        replace_nodes();
    else
        replace_pods();
}

START_TEST(random_steps)
{
    const char *only = getenv("CACHE_MODEL_SEED");
    struct error err = ERROR_INIT;

    seed = only ? atoi(only) : _i + 1;
    state = (uint64_t)seed * 0x9e3779b97f4a7c15u;
    cache = cache_new("ours", &err);
    ck_assert_ptr_nonnull(cache);
    memset(nodes, 0, sizeof nodes);
    memset(pods, 0, sizeof pods);
    for (step = 0; step < STEPS; step++) {
        take_step();
        check_all();
    }
    cache_free(cache);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cache_model");
    TCase *model = tcase_create("model");
    SRunner *runner;
    int failed;

    tcase_set_timeout(model, 60);
    tcase_add_loop_test(model, random_steps, 0, SEEDS);
    suite_add_tcase(suite, model);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}

/* The planner with every allocation failing in turn: the call says so, the plan is of no more use, and nothing is lost or leaked. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/policy/plan.h"
#include "tests/unit/support/alloc_fault.h"
#include "tests/unit/support/objects.h"

static bool wrong; /* a state that must not be, seen by a scenario */

static void ignore(void *ctx, const struct plan_action *action)
{
    (void)action;
    ++*(size_t *)ctx;
}

static void ignore_entry(void *ctx, const struct plan_entry *entry)
{
    (void)entry;
    ++*(size_t *)ctx;
}

static int set_node(struct plan *plan, int i, struct error *err)
{
    char name[16];
    struct label zone = {"zone", i % 2 ? "a" : "b"};
    struct extended_resource gpu = {"gpu", 1, NULL};
    struct host_port port = {"0.0.0.0", "TCP", 80};
    struct resources used = {.cpu_milli = 10, .pods = 1, .extended = &gpu, .extended_count = 1};
    struct node_spec spec = {.name = name,
                             .uid = name,
                             .labels = &zone,
                             .label_count = 1,
                             .allocatable = {.cpu_milli = 4000, .pods = 9, .extended = &gpu, .extended_count = 1}};

    snprintf(name, sizeof name, "n%d", i);
    return plan_node_set(plan, &spec, &used, &port, 1, err);
}

/* many shapes, so that bits need a second word; every third in a gang */
static int set_pod(struct plan *plan, int i, const char *node, struct error *err)
{
    char name[16];
    struct label zone = {"zone", i % 2 ? "a" : "b"}, annotation[2] = {{"pod-group", i % 2 ? "g" : "h"}, {"pod-group-size", "2"}};
    struct pod pod = {.namespace_ = "ns",
                      .name = name,
                      .uid = name,
                      .node_name = node,
                      .scheduler_name = "ours",
                      .nominated_node = "",
                      .priority = i,
                      .annotations = annotation,
                      .annotation_count = i % 3 == 0 ? 2 : 0,
                      .requests = {.cpu_milli = i},
                      .node_selector = &zone,
                      .node_selector_count = i % 4 == 1};

    snprintf(name, sizeof name, "p%d", i);
    return plan_pod_set(plan, &pod, err);
}

/* anew: a plan that was made before */
static int go_through(struct plan *plan, bool anew, struct error *err)
{
    size_t count = 0, waiting, outside;
    char name[16];

    for (int i = 0; i < 6; i++)
        if (set_node(plan, i, err) < 0)
            return -1;
    if (set_pod(plan, 0, "n0", err) < 0 || set_pod(plan, 1, "n0", err) < 0 || set_pod(plan, 2, "elsewhere", err) < 0)
        return -1;
    for (int i = 3; i < 80; i++)
        if (set_pod(plan, i, "", err) < 0)
            return -1;
    if (anew && (plan_preempt_failed(plan, "ns", "p0", 5, err) < 0 || plan_renewed(plan, err) < 0))
        return -1;
    if (plan_actions(plan, ignore, &count, err) < 0 || plan_explain(plan, ignore_entry, &count, err) < 0)
        return -1;
    for (int i = 3; i < 80; i++) {
        snprintf(name, sizeof name, "p%d", i);
        if ((i % 2 ? plan_bind_done(plan, "ns", name, err) : plan_bind_failed(plan, "ns", name, 5, err)) < 0)
            return -1;
    }
    if (plan_tick(plan, 6, err) < 0 || plan_node_removed(plan, "n3", err) < 0 || plan_pod_gone(plan, "ns", "p1", NULL, err) < 0)
        return -1;
    return plan_actions(plan, ignore, &count, err) < 0 || plan_counts(plan, &waiting, &outside, err) < 0 ? -1 : 0;
}

static int scenario(void *ctx)
{
    struct plan_config config = {.gang_settle_us = 1};
    struct error err = ERROR_INIT;
    struct plan *plan;
    int ret;

    (void)ctx;
    filter_config_init(&config.filters);
    plan = plan_new(&config, &err);
    ret = plan ? go_through(plan, false, &err) : -1;
    wrong = wrong || (ret < 0 && err.kind != ERROR_NO_MEMORY);
    if (plan && ret < 0) /* and it stays so */
        wrong =
            wrong || plan_tick(plan, 7, &err) == 0 || set_pod(plan, 99, "", &err) == 0 || plan_pod_gone(plan, "ns", "p4", NULL, &err) == 0;
    if (plan) { /* but made anew it is as good as a new one */
        plan_renew(plan);
        if (go_through(plan, true, &err) < 0)
            ret = -1;
        wrong = wrong || (ret < 0 && err.kind != ERROR_NO_MEMORY);
    }
    plan_free(plan);
    return ret;
}

/* ---- pods that look at other pods ---- */

#define SPREAD                                                                                                                             \
    "'topologySpreadConstraints':[{'maxSkew':1,'topologyKey':'zone','whenUnsatisfiable':'DoNotSchedule','labelSelector':"                  \
    "{'matchLabels':{'app':'x'}}}],"

static struct cache *cluster(int nodes, int pods)
{
    struct error err = ERROR_INIT;
    struct cache *cache = cache_new("ours", &err);
    struct pod_update update;
    bool helps;

    for (int i = 0; i < nodes; i++)
        cache_set_node(
            cache,
            node_of("{'metadata':{'name':'n%d','uid':'n%d','labels':{'zone':'%d'}},'status':{'allocatable':{'cpu':'4','pods':'9'},"
                    "'conditions':[{'type':'Ready','status':'True'}]}}",
                    i, i, i / 2),
            &helps, &err);
    for (int i = 0; i < pods; i++)
        cache_set_pod(
            cache,
            pod_of("{'metadata':{'namespace':'ns','name':'p%d','uid':'p%d','labels':{'app':'x'},'annotations':{%s}},'spec':{" SPREAD
                   "'schedulerName':'ours','containers':[{'name':'c'}]}}",
                   i, i, i > 1 ? "'pod-group':'g','pod-group-size':'3'" : ""),
            &update, &err);
    return cache;
}

static int tell_waiting(struct plan *plan, const struct filter_config *filters, struct cache *cache, int pods, struct error *err)
{
    char name[16];

    for (int i = 0; i < pods; i++) {
        struct pod pod;

        snprintf(name, sizeof name, "p%d", i);
        pod = *cache_pod(cache, "ns", name)->pod;
        if (plan_looking(filters, cache, &pod, err) < 0 || plan_pod_set(plan, &pod, err) < 0)
            return -1;
    }
    return 0;
}

static void see_pending(void *ctx, struct cached_pod *cached)
{
    (void)ctx;
    wrong = wrong || cached->home;
}

/* a gang of three finds only two nodes that will do: what it took is given back */
static int place(void *ctx)
{
    struct plan_config config = {.gang_settle_us = 1};
    struct cache *cache = ctx;
    struct error err = ERROR_INIT;
    struct node *const *nodes;
    size_t count, given = 0;
    struct plan *plan;
    int ret;

    filter_config_init(&config.filters);
    plan = plan_new(&config, &err);
    nodes = cache_nodes(cache, &count);
    ret = plan ? 0 : -1;
    for (size_t i = 0; i < count && ret == 0; i++)
        ret = plan_node_cached(plan, nodes[i], "ours", &err);
    if (ret == 0)
        ret = tell_waiting(plan, &config.filters, cache, 5, &err);
    if (ret == 0)
        ret = plan_place_apart(plan, cache, ignore, &given, &err);
    wrong = wrong || (ret < 0 && err.kind != ERROR_NO_MEMORY) || (ret == 0 && given != 2);
    cache_each_pod(cache, see_pending, NULL);
    plan_free(plan);
    return ret;
}

START_TEST(who_looks_at_others_survives_too)
{
    struct cache *cache = cluster(4, 5);

    ck_assert_int_ne(alloc_fault_run(place, cache), 0);
    ck_assert(!wrong);
    cache_free(cache);
}
END_TEST

START_TEST(survives_every_allocation_failure)
{
    ck_assert_int_ne(alloc_fault_run(scenario, NULL), 0);
    ck_assert(!wrong);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("plan, out of memory");
    TCase *tcase = tcase_create("allocations");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tcase, survives_every_allocation_failure);
    tcase_add_test(tcase, who_looks_at_others_survives_too);
    tcase_set_timeout(tcase, 120);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}

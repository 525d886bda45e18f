/* The planner with every allocation failing in turn: the call says so, the plan is of no more use, and nothing is lost or leaked. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/policy/plan.h"
#include "tests/unit/support/alloc_fault.h"

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
    tcase_set_timeout(tcase, 120);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}

/* The pick: what is traced, what is not even filtered, and that both ways agree. What the filters say is in test_filters.c. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "common/cluster/cache.h"
#include "common/policy/policy.h"
#include "tests/unit/support/objects.h"

#define PENDING                                                                                                                            \
    "{'metadata':{'name':'p','namespace':'d','uid':'u'},'spec':{'schedulerName':'ours','containers':[{'resources':{'requests':{'cpu':'%"   \
    "dm'}}}]}}"

static struct cache *cache;
static struct scheduling_policy policy;

static void setup(void)
{
    struct error err = ERROR_INIT;

    cache = cache_new("ours", &err);
    ck_assert_ptr_nonnull(cache);
    policy.policy = policy_by_name("least-loaded");
    filter_config_init(&policy.filters);
}

static void teardown(void)
{
    cache_free(cache);
}

static void add_node(const char *name, int cpu_milli, const char *spec)
{
    struct error err = ERROR_INIT;
    bool helps;

    ck_assert_int_eq(
        cache_set_node(cache,
                       node_of("{'metadata':{'name':'%s','uid':'%s'},'spec':{%s},'status':{'allocatable':{'cpu':'%dm','memory':'1Gi',"
                               "'pods':'110'},'conditions':[{'type':'Ready','status':'True'}]}}",
                               name, name, spec, cpu_milli),
                       &helps, &err),
        0);
}

static void add_pods(const char *node, int count)
{
    static int number;
    struct error err = ERROR_INIT;
    struct pod_update update;

    while (count-- > 0) {
        number++;
        ck_assert_int_eq(
            cache_set_pod(cache,
                          pod_of("{'metadata':{'name':'a%d','namespace':'d','uid':'u%d'},'spec':{'nodeName':'%s'}}", number, number, node),
                          &update, &err),
            0);
    }
}

static struct decision decide(const struct pod *pod, policy_trace trace, void *ctx)
{
    size_t count;
    struct node *const *nodes = cache_nodes(cache, &count);

    return policy_decide(&policy, pod, nodes, count, trace, ctx);
}

static void record(void *ctx, const struct node *node, int64_t score)
{
    struct error err = ERROR_INIT;

    ck_assert_int_eq(buffer_printf(ctx, &err, "%s=%d ", node->spec->name, (int)score), 0);
}

START_TEST(policies_by_name)
{
    const struct policy *const *all = policy_all();

    ck_assert_str_eq(all[0]->name, "least-loaded");
    for (; *all; all++) {
        ck_assert_ptr_eq(policy_by_name((*all)->name), *all);
        ck_assert_uint_gt(strlen((*all)->summary), 0);
    }
    ck_assert_ptr_null(policy_by_name("least"));
    ck_assert_ptr_null(policy_by_name(""));
}
END_TEST

/* every feasible node, and no other, in name order; also those that cannot win */
START_TEST(trace_of_feasible_nodes)
{
    struct pod *pod = pod_of(PENDING, 500);
    struct decision decision;
    struct buffer out;

    add_node("c", 1000, "");
    add_node("b", 100, "");
    add_node("d", 1000, "'unschedulable':true");
    add_node("a", 1000, "");
    add_node("e", 1000, "'taints':[{'key':'k','effect':'PreferNoSchedule'}]");
    add_pods("a", 2);
    add_pods("c", 1);
    buffer_init(&out, 1000);
    decision = decide(pod, record, &out);
    ck_assert_str_eq(out.data, "a=2 c=1 e=0 ");
    ck_assert_str_eq(decision.node->spec->name, "c");
    ck_assert_int_eq(decision.score, 1);
    buffer_free(&out);
    pod_free(pod);
}
END_TEST

START_TEST(no_node_is_no_decision)
{
    struct pod *pod = pod_of(PENDING, 500);

    ck_assert_ptr_null(decide(pod, NULL, NULL).node);
    add_node("a", 100, "");
    ck_assert_ptr_null(decide(pod, NULL, NULL).node);
    pod_free(pod);
}
END_TEST

static int scored;

static int64_t count_scores(const struct scheduling_policy *self, const struct pod *pod, const struct node *node)
{
    (void)self;
    (void)pod;
    scored++;
    return node->pod_count;
}

START_TEST(each_node_is_scored_once)
{
    const struct policy counting = {.name = "counting", .summary = "", .score = count_scores};
    struct pod *pod = pod_of(PENDING, 1);

    add_node("a", 1000, "");
    add_node("b", 1000, "");
    add_node("c", 1000, "");
    policy.policy = &counting;
    scored = 0;
    ck_assert_str_eq(decide(pod, NULL, NULL).node->spec->name, "a");
    ck_assert_int_eq(scored, 3);
    pod_free(pod);
}
END_TEST

/* A node that cannot win is not filtered: the labels of the second one are not there to be read. */
static void choose_beside_a_broken_loser(const char *taints)
{
    struct pod *pod =
        pod_of("{'metadata':{'name':'p','namespace':'d','uid':'u'},'spec':{'schedulerName':'ours','nodeSelector':{'disk':'ssd'}}}");
    struct node_spec broken;
    const struct node_spec *spec;
    struct node *loser;
    struct error err = ERROR_INIT;
    bool helps;

    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(
            cache_set_node(cache,
                           node_of("{'metadata':{'name':'%c','uid':'u','labels':{'disk':'ssd'}},'spec':{%s},'status':{'allocatable':"
                                   "{'pods':'9'},'conditions':[{'type':'Ready','status':'True'}]}}",
                                   'a' + i, taints),
                           &helps, &err),
            0);
    loser = cache_node(cache, "b");
    spec = loser->spec;
    broken = *spec;
    broken.labels = NULL;
    loser->spec = &broken;
    ck_assert_str_eq(decide(pod, NULL, NULL).node->spec->name, "a");
    loser->spec = spec;
    pod_free(pod);
}

START_TEST(losers_are_not_filtered)
{
    choose_beside_a_broken_loser("");
}
END_TEST

START_TEST(losers_of_a_late_rank_are_not_filtered)
{
    choose_beside_a_broken_loser("'taints':[{'key':'k','effect':'PreferNoSchedule'}]");
}
END_TEST

/* least-loaded placement is exact: every node gets its share */
START_TEST(a_thousand_pods_on_a_hundred_nodes)
{
    struct error err = ERROR_INIT;
    struct pod_update update;
    char name[16];

    for (int i = 0; i < 100; i++) {
        snprintf(name, sizeof name, "n%d", i);
        add_node(name, 100000, "");
    }
    for (int i = 0; i < 1000; i++) {
        struct pod *pod =
            pod_of("{'metadata':{'name':'p%d','namespace':'d','uid':'p%d'},'spec':{'schedulerName':'ours','containers':[]}}", i, i);
        struct node *node;

        ck_assert_int_eq(cache_set_pod(cache, pod, &update, &err), 0);
        node = decide(update.cached->pod, NULL, NULL).node;
        ck_assert_ptr_nonnull(node);
        cache_assume(cache, update.cached, node);
    }
    for (int i = 0; i < 100; i++) {
        snprintf(name, sizeof name, "n%d", i);
        ck_assert_int_eq(cache_node(cache, name)->pod_count, 10);
    }
}
END_TEST

static void count_feasible(void *ctx, const struct node *node, int64_t score)
{
    (void)node;
    (void)score;
    ++*(int *)ctx;
}

/* with and without a trace the choice is the same, and it is the one that a plain search finds */
START_TEST(shortcut_agrees_with_the_full_search)
{
    static const char *const specs[] = {"",
                                        "",
                                        "",
                                        "'unschedulable':true",
                                        "'taints':[{'key':'k','effect':'NoSchedule'}]",
                                        "'taints':[{'key':'k','effect':'PreferNoSchedule'}]",
                                        "'taints':[{'key':'k','effect':'PreferNoSchedule'},{'key':'l','effect':'PreferNoSchedule'}]"};
    uint64_t seed = (uint64_t)_i + 1;
    int decided = 0;

    for (int round = 0; round < 40; round++) {
        struct pod *pod = pod_of(PENDING, (int)random_below(&seed, 3000));
        const struct node *best = NULL;
        struct decision with, without;
        struct node *const *nodes;
        size_t count;
        int feasible = 0, expected = 0;
        char name[16];

        snprintf(name, sizeof name, "n%u", random_below(&seed, 12));
        if (!cache_node(cache, name))
            add_node(name, (int)random_below(&seed, 4000), specs[random_below(&seed, 7)]);
        add_pods(name, (int)random_below(&seed, 3));
        with = decide(pod, count_feasible, &feasible);
        without = decide(pod, NULL, NULL);
        nodes = cache_nodes(cache, &count);
        for (size_t i = 0; i < count; i++) {
            int rank = taints_not_preferred(pod, nodes[i]), best_rank = best ? taints_not_preferred(pod, best) : 0;

            if (!filter_node(&policy.filters, pod, NULL, nodes[i], NULL, NULL))
                continue;
            expected++;
            if (!best || rank < best_rank || (rank == best_rank && nodes[i]->pod_count < best->pod_count))
                best = nodes[i];
        }
        ck_assert_msg(with.node == best && without.node == best && feasible == expected, "seed %d round %d", _i + 1, round);
        decided += best != NULL;
        pod_free(pod);
    }
    ck_assert_int_gt(decided, 0);
}
END_TEST

/* the error of a full buffer leaves what was in it */
START_TEST(fit_error_that_does_not_fit)
{
    struct pod *pod = pod_of(PENDING, 500);
    struct error err = ERROR_INIT;
    struct node *const *nodes;
    struct buffer out;
    size_t count;

    add_node("a", 100, "");
    nodes = cache_nodes(cache, &count);
    buffer_init(&out, 60);
    ck_assert_int_eq(buffer_add_string(&out, "before", &err), 0);
    ck_assert_int_eq(policy_fit_error(&policy, pod, nodes, count, &out, &err), -1);
    ck_assert_int_eq(err.kind, ERROR_RUNTIME);
    ck_assert_str_eq(out.data, "before");
    ck_assert_uint_eq(out.bytes, 6);
    buffer_free(&out);
    pod_free(pod);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("decide");
    TCase *core = tcase_create("core");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(core, setup, teardown);
    tcase_add_test(core, policies_by_name);
    tcase_add_test(core, trace_of_feasible_nodes);
    tcase_add_test(core, no_node_is_no_decision);
    tcase_add_test(core, each_node_is_scored_once);
    tcase_add_test(core, losers_are_not_filtered);
    tcase_add_test(core, losers_of_a_late_rank_are_not_filtered);
    tcase_add_test(core, a_thousand_pods_on_a_hundred_nodes);
    tcase_add_loop_test(core, shortcut_agrees_with_the_full_search, 0, 20);
    tcase_add_test(core, fit_error_that_does_not_fit);
    suite_add_tcase(suite, core);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}

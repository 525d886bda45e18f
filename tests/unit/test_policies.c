/* Policies where one decision says too little: chance must be fair and repeatable. Single decisions are cases in tests/unit/decisions. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "common/cluster/cache.h"
#include "common/policy/policy.h"
#include "tests/unit/support/objects.h"

#define NODES 10
#define PODS 3000

static struct cache *cache;
static struct scheduling_policy policy;

static void setup(void)
{
    struct error err = ERROR_INIT;
    bool helps;

    cache = cache_new("ours", &err);
    ck_assert_ptr_nonnull(cache);
    for (int i = 0; i < NODES; i++)
        ck_assert_int_eq(cache_set_node(cache,
                                        node_of("{'metadata':{'name':'node-%d','uid':'u%d'},'status':{'allocatable':{'pods':'9'},"
                                                "'conditions':[{'type':'Ready','status':'True'}]}}",
                                                i, i),
                                        &helps, &err),
                         0);
    policy = (struct scheduling_policy){.policy = policy_by_name("random"), .seed = 1};
    filter_config_init(&policy.filters);
}

static void teardown(void)
{
    cache_free(cache);
}

static int draw(int uid)
{
    struct pod *pod = pod_of("{'metadata':{'name':'p','namespace':'d','uid':'%d'},'spec':{'schedulerName':'ours'}}", uid);
    size_t count;
    struct node *const *nodes = cache_nodes(cache, &count);
    struct decision decision = policy_decide(&policy, pod, nodes, count, NULL, NULL);
    int number = -1;

    ck_assert_ptr_nonnull(decision.node);
    ck_assert_int_ge(decision.score, 0);
    for (size_t i = 0; i < count; i++)
        if (nodes[i] == decision.node)
            number = (int)i;
    pod_free(pod);
    return number;
}

/* five standard deviations */
START_TEST(random_is_fair)
{
    int drawn[NODES] = {0};

    policy.seed = (uint64_t)_i;
    for (int i = 0; i < PODS; i++)
        drawn[draw(i)]++;
    for (int i = 0; i < NODES; i++)
        ck_assert_msg(drawn[i] > PODS / NODES - 82 && drawn[i] < PODS / NODES + 82, "node %d: %d of %d", i, drawn[i], PODS);
}
END_TEST

START_TEST(random_repeats_by_seed)
{
    int first[100], same = 0;

    for (int i = 0; i < 100; i++)
        first[i] = draw(i);
    for (int i = 99; i >= 0; i--)
        ck_assert_int_eq(draw(i), first[i]);
    policy.seed = 2;
    for (int i = 0; i < 100; i++)
        same += draw(i) == first[i];
    ck_assert_int_lt(same, 30);
}
END_TEST

/* what is on the nodes is no part of the draw */
START_TEST(random_does_not_look_at_load)
{
    struct error err = ERROR_INIT;
    struct pod_update update;
    int before[50];

    for (int i = 0; i < 50; i++)
        before[i] = draw(i);
    for (int i = 0; i < 5; i++)
        ck_assert_int_eq(
            cache_set_pod(cache, pod_of("{'metadata':{'name':'a%d','namespace':'d','uid':'a%d'},'spec':{'nodeName':'node-%d'}}", i, i, i),
                          &update, &err),
            0);
    for (int i = 0; i < 50; i++)
        ck_assert_int_eq(draw(i), before[i]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("policies");
    TCase *core = tcase_create("core");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(core, setup, teardown);
    tcase_add_loop_test(core, random_is_fair, 0, 4);
    tcase_add_test(core, random_repeats_by_seed);
    tcase_add_test(core, random_does_not_look_at_load);
    suite_add_tcase(suite, core);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}

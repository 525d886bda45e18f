/* test_alloc_preempt.c: preemption, and the words about it, with every allocation failing in turn: nothing leaks, and the cluster stays as it was. */
#include <check.h>
#include <string.h>

#include "common/cluster/decode.h"
#include "common/policy/preempt.h"
#include "tests/unit/support/alloc_fault.h"
#include "tests/unit/support/decision_case.h"

#define FOLDER "tests/unit/preemptions/"

struct question {
    const struct scheduling_policy *policy;
    const struct pod *pod;
    struct node *const *nodes;
    size_t count;
};

static int asked;
static bool other_end; /* a failure was another than of memory, or changed what it must not */

static int ask(void *ctx)
{
    const struct question *q = ctx;
    struct error err = ERROR_INIT;
    struct preemption found = {.victim_count = 7};
    int ret = policy_preempt(q->policy, "ours", q->pod, q->nodes, q->count, &found, &err);

    if (ret < 0) {
        other_end = other_end || err.kind != ERROR_NO_MEMORY || found.node || found.victim_count != 7;
        return -1;
    }
    preemption_free(&found);
    return 0;
}

static int tell(void *ctx)
{
    const struct question *q = ctx;
    struct error err = ERROR_INIT;
    struct buffer out;
    int ret;

    buffer_init(&out, 65536);
    ret = policy_fit_error(q->policy, q->pod, q->nodes, q->count, &out, &err);
    buffer_free(&out);
    return ret;
}

/* where nobody is evicted little is allocated, if anything */
static void run_case(const json_t *test)
{
    static struct cluster_picture before;
    struct error err = ERROR_INIT;
    struct case_policy chosen;
    struct question q = {.policy = &chosen.policy};
    struct cache *cache;
    struct pod *pod;

    if (json_array_size(json_object_get(test, "victims")) == 0)
        return;
    cache = case_cache(test, NULL);
    q.pod = pod = pod_decode(json_object_get(test, "pod"), "ours", &err);
    case_policy(test, &chosen);
    chosen.policy.preempts = "ours";
    q.nodes = cache_nodes(cache, &q.count);
    take_picture(q.nodes, q.count, &before);
    ck_assert_int_ne(alloc_fault_run(ask, &q), 0);
    ck_assert_int_ne(alloc_fault_run(tell, &q), 0);
    ck_assert_msg(!other_end, "%s: an end that must not be", case_at);
    check_untouched(q.nodes, q.count, &before);
    pod_free(pod);
    cache_free(cache);
    asked++;
}

START_TEST(every_allocation_fails_in_turn)
{
    case_each(FOLDER, run_case);
    ck_assert_int_gt(asked, 40);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("alloc_preempt");
    TCase *core = tcase_create("every allocation");
    SRunner *runner;
    int failed;

    tcase_set_timeout(core, 60);
    tcase_add_test(core, every_allocation_fails_in_turn);
    suite_add_tcase(suite, core);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}

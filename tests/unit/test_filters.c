/*
 * Decisions as data: each file of tests/unit/decisions is an array of cases. A case has nodes, the pods on them and the pending pod as
 * Kubernetes has them, and says which node is chosen, or the fit error to the letter. policy, seed, no_filters and require are --policy,
 * --seed, --no-filter and --require-node-label; scores is what the log says of each feasible node.
 */
#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cluster/cache.h"
#include "common/policy/peers.h"
#include "common/policy/policy.h"
#include "tests/unit/support/decision_case.h"
#include "tests/unit/support/objects.h"

#define FOLDER "tests/unit/decisions/"

static void record(void *ctx, const struct node *node, int64_t score)
{
    struct error err = ERROR_INIT;
    struct buffer *out = ctx;

    ck_assert_int_eq(buffer_printf(out, &err, "%s%s=%" PRId64, out->bytes ? " " : "", node->spec->name, score), 0);
}

/* what the score log would say, and that asking for it changes nothing */
static void check_scores(const json_t *test, const struct scheduling_policy *policy, const struct pod *pod, struct node *const *nodes,
                         size_t count, const struct node *chosen)
{
    const char *scores = json_string_value(json_object_get(test, "scores"));
    struct error err = ERROR_INIT;
    struct buffer out;

    buffer_init(&out, 65536);
    ck_assert_int_eq(buffer_add_string(&out, "", &err), 0);
    ck_assert_msg(policy_decide(policy, pod, nodes, count, record, &out).node == chosen, "%s: a trace changes the choice", case_at);
    if (scores)
        ck_assert_msg(strcmp(out.data ? out.data : "", scores) == 0, "%s: scores %s, expected %s", case_at, out.data, scores);
    buffer_free(&out);
}

static void run_case(const json_t *test)
{
    const char *node = json_string_value(json_object_get(test, "node")), *error = json_string_value(json_object_get(test, "error"));
    struct error err = ERROR_INIT;
    struct case_policy chosen;
    const struct scheduling_policy *policy = &chosen.policy;
    struct decision decision;
    struct node *const *nodes;
    struct cache *cache = case_cache(test, NULL);
    struct buffer out;
    struct pod *pod = pod_decode(json_object_get(test, "pod"), "ours", &err);
    size_t count;

    ck_assert_msg(pod != NULL, "%s: %s", case_at, err.text);
    ck_assert_msg(!node != !error, "%s: says neither node nor error, or both", case_at);
    case_policy(test, &chosen);
    nodes = cache_nodes(cache, &count);
    decision = policy_decide(policy, pod, nodes, count, NULL, NULL);
    check_scores(test, policy, pod, nodes, count, decision.node);
    if (node) {
        ck_assert_msg(decision.node && strcmp(decision.node->spec->name, node) == 0, "%s: %s, expected %s", case_at,
                      decision.node ? decision.node->spec->name : "no node", node);
    } else {
        ck_assert_msg(!decision.node, "%s: %s, expected none", case_at, decision.node->spec->name);
        buffer_init(&out, 65536);
        ck_assert_int_eq(policy_fit_error(policy, pod, nodes, count, &out, &err), 0);
        ck_assert_msg(strcmp(out.data, error) == 0, "%s:\n     got %s\nexpected %s", case_at, out.data, error);
        buffer_free(&out);
    }
    pod_free(pod);
    cache_free(cache);
}

START_TEST(decisions)
{
    ck_assert_uint_ge(case_each(FOLDER, run_case), 310);
}
END_TEST

START_TEST(names_of_filters)
{
    static const char *const names[] = {"unschedulable", "node-name",       "taints",       "node-selector", "host-ports",
                                        "resources",     "topology-spread", "pod-affinity", "ready"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        ck_assert_int_ge(filter_by_name(names[i]), 0);
        ck_assert_str_eq(filter_name((enum filter_id)filter_by_name(names[i])), names[i]);
    }
    ck_assert_int_eq(filter_by_name("required-label"), -1); /* has a flag of its own */
    ck_assert_int_eq(filter_by_name("fixed-node"), -1);
    ck_assert_int_eq(filter_by_name(""), -1);
}
END_TEST

static size_t blocked;

static void compare_ways(const json_t *test)
{
    struct error err = ERROR_INIT;
    struct cache *cache = case_cache(test, NULL);
    struct pod *pod = pod_decode(json_object_get(test, "pod"), "ours", &err);
    struct case_policy chosen;
    const struct filter_config *filters = &chosen.policy.filters;
    struct node *const *nodes;
    struct peers *peers;
    size_t count;

    case_policy(test, &chosen);
    nodes = cache_nodes(cache, &count);
    ck_assert_int_eq(peers_count(filters, pod, nodes, count, &peers, &err), 0);
    for (size_t n = 0; n < count; n++) {
        bool all = true;

        for (int id = 0; id < FILTER_COUNT; id++)
            if (filters->enabled[id] && !filter_check((enum filter_id)id, filters, pod, peers, nodes[n], NULL, NULL))
                all = false;
        ck_assert_int_eq(filter_node(filters, pod, peers, nodes[n], NULL, NULL), all);
        blocked += !all;
    }
    peers_free(peers);
    pod_free(pod);
    cache_free(cache);
}

/* the filters that filter_node passes over for want of traits would have passed */
START_TEST(skipping_changes_nothing)
{
    case_each(FOLDER, compare_ways);
    ck_assert_uint_gt(blocked, 50);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("filters");
    TCase *core = tcase_create("core");
    SRunner *runner;
    int failed;

    tcase_add_test(core, decisions);
    tcase_add_test(core, names_of_filters);
    tcase_add_test(core, skipping_changes_nothing);
    suite_add_tcase(suite, core);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}

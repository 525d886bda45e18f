/*
 * Decisions as data: each file of tests/unit/decisions is an array of cases. A case has nodes, the pods on them and the pending pod as
 * Kubernetes has them, and says which node is chosen, or the fit error to the letter. policy, seed, no_filters and require are --policy,
 * --seed, --no-filter and --require-node-label; scores is what the log says of each feasible node.
 */
#include <check.h>
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cluster/cache.h"
#include "common/policy/peers.h"
#include "common/policy/policy.h"
#include "tests/unit/support/objects.h"

#define FOLDER "tests/unit/decisions/"
#define MAX_REQUIRED 4

static const char *at; /* the case under way, for messages */

static struct cache *fill_cache(const json_t *test)
{
    struct error err = ERROR_INIT;
    struct cache *cache = cache_new("ours", &err);
    struct pod_update update;
    json_t *object;
    bool helps;
    size_t i;

    json_array_foreach(json_object_get(test, "nodes"), i, object)
    {
        struct node_spec *spec = node_decode(object, &err);

        ck_assert_msg(spec && cache_set_node(cache, spec, &helps, &err) == 0, "%s: %s", at, err.text);
    }
    json_array_foreach(json_object_get(test, "pods"), i, object)
    {
        struct pod *pod = pod_decode(object, "ours", &err);

        ck_assert_msg(pod && cache_set_pod(cache, pod, &update, &err) == 0, "%s: %s", at, err.text);
    }
    return cache;
}

/* `required` and `text` must live as long as the policy */
static void set_policy(const json_t *test, struct scheduling_policy *policy, struct required_label *required, char text[MAX_REQUIRED][64])
{
    json_t *name;
    size_t i;

    const char *chosen = json_string_value(json_object_get(test, "policy"));

    filter_config_init(&policy->filters);
    policy->seed = (uint64_t)json_integer_value(json_object_get(test, "seed"));
    if (chosen && strncmp(chosen, "fixed=", 6) == 0) {
        policy->filters.fixed_node = chosen + 6;
        chosen = "fixed";
    }
    policy->policy = policy_by_name(chosen ? chosen : "least-loaded");
    ck_assert_msg(policy->policy != NULL, "%s: no policy %s", at, chosen);
    json_array_foreach(json_object_get(test, "no_filters"), i, name)
    {
        int id = filter_by_name(json_string_value(name));

        ck_assert_msg(id >= 0, "%s: no filter %s", at, json_string_value(name));
        policy->filters.enabled[id] = false;
    }
    json_array_foreach(json_object_get(test, "require"), i, name)
    {
        char *equals;

        ck_assert_uint_lt(i, MAX_REQUIRED);
        snprintf(text[i], 64, "%s", json_string_value(name));
        equals = strchr(text[i], '=');
        if (equals)
            *equals++ = '\0';
        required[i] = (struct required_label){text[i], equals};
    }
    policy->filters.required_labels = required;
    policy->filters.required_label_count = i;
}

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
    ck_assert_msg(policy_decide(policy, pod, nodes, count, record, &out).node == chosen, "%s: a trace changes the choice", at);
    if (scores)
        ck_assert_msg(strcmp(out.data ? out.data : "", scores) == 0, "%s: scores %s, expected %s", at, out.data, scores);
    buffer_free(&out);
}

static void run_case(const json_t *test)
{
    const char *node = json_string_value(json_object_get(test, "node")), *error = json_string_value(json_object_get(test, "error"));
    struct required_label required[MAX_REQUIRED];
    struct scheduling_policy policy;
    struct error err = ERROR_INIT;
    struct decision decision;
    char text[MAX_REQUIRED][64];
    struct node *const *nodes;
    struct cache *cache = fill_cache(test);
    struct buffer out;
    struct pod *pod = pod_decode(json_object_get(test, "pod"), "ours", &err);
    size_t count;

    ck_assert_msg(pod != NULL, "%s: %s", at, err.text);
    ck_assert_msg(!node != !error, "%s: says neither node nor error, or both", at);
    set_policy(test, &policy, required, text);
    nodes = cache_nodes(cache, &count);
    decision = policy_decide(&policy, pod, nodes, count, NULL, NULL);
    check_scores(test, &policy, pod, nodes, count, decision.node);
    if (node) {
        ck_assert_msg(decision.node && strcmp(decision.node->spec->name, node) == 0, "%s: %s, expected %s", at,
                      decision.node ? decision.node->spec->name : "no node", node);
    } else {
        ck_assert_msg(!decision.node, "%s: %s, expected none", at, decision.node->spec->name);
        buffer_init(&out, 65536);
        ck_assert_int_eq(policy_fit_error(&policy, pod, nodes, count, &out, &err), 0);
        ck_assert_msg(strcmp(out.data, error) == 0, "%s:\n     got %s\nexpected %s", at, out.data, error);
        buffer_free(&out);
    }
    pod_free(pod);
    cache_free(cache);
}

static size_t run_file(const char *path)
{
    json_error_t error;
    json_t *tests = json_load_file(path, JSON_REJECT_DUPLICATES, &error), *test;
    char name[1024];
    size_t i, count;

    ck_assert_msg(tests != NULL, "%s:%d: %s", path, error.line, error.text);
    json_array_foreach(tests, i, test)
    {
        snprintf(name, sizeof name, "%.400s: %.400s", path, json_string_value(json_object_get(test, "name")));
        at = name;
        run_case(test);
    }
    count = json_array_size(tests);
    json_decref(tests);
    return count;
}

START_TEST(decisions)
{
    DIR *dir = opendir(FOLDER);
    struct dirent *entry;
    size_t count = 0;
    char path[512];

    ck_assert_msg(dir != NULL, FOLDER);
    while ((entry = readdir(dir))) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, FOLDER "%.400s", entry->d_name);
        count += run_file(path);
    }
    closedir(dir);
    ck_assert_uint_ge(count, 310);
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

/* the filters that filter_node passes over for want of traits would have passed */
START_TEST(skipping_changes_nothing)
{
    DIR *dir = opendir(FOLDER);
    struct dirent *entry;
    size_t i, n, count, blocked = 0;
    char path[512];
    json_t *test;

    ck_assert_msg(dir != NULL, FOLDER);
    while ((entry = readdir(dir))) {
        json_t *tests;

        snprintf(path, sizeof path, FOLDER "%.400s", entry->d_name);
        tests = entry->d_name[0] == '.' ? NULL : json_load_file(path, 0, NULL);
        json_array_foreach(tests, i, test)
        {
            struct required_label required[MAX_REQUIRED];
            struct scheduling_policy policy;
            char text[MAX_REQUIRED][64];
            struct error err = ERROR_INIT;
            struct cache *cache = fill_cache(test);
            struct node *const *nodes = cache_nodes(cache, &count);
            struct pod *pod = pod_decode(json_object_get(test, "pod"), "ours", &err);
            struct peers *peers;

            set_policy(test, &policy, required, text);
            ck_assert_int_eq(peers_count(&policy.filters, pod, nodes, count, &peers, &err), 0);
            for (n = 0; n < count; n++) {
                bool all = true;

                for (int id = 0; id < FILTER_COUNT; id++)
                    if (policy.filters.enabled[id] && !filter_check((enum filter_id)id, &policy.filters, pod, peers, nodes[n], NULL, NULL))
                        all = false;
                ck_assert_int_eq(filter_node(&policy.filters, pod, peers, nodes[n], NULL, NULL), all);
                blocked += !all;
            }
            peers_free(peers);
            pod_free(pod);
            cache_free(cache);
        }
        json_decref(tests);
    }
    closedir(dir);
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

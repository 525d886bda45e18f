/*
 * Preemption against a second implementation, on random clusters: the second one takes pods away for good, from a cluster made anew for each question, and asks the
 * filters; it knows no sums, counts or shortcuts. Both must make room on the same node by the same victims.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/policy/peers.h"
#include "common/policy/preempt.h"
#include "tests/unit/support/decision_case.h"
#include "tests/unit/support/objects.h"

#define CLUSTERS 150
#define NODES 4
#define PODS 16

static uint64_t seed;

static unsigned below(unsigned bound)
{
    return random_below(&seed, bound);
}

static bool chance(unsigned percent)
{
    return below(100) < percent;
}

/* ---- random clusters ---- */

static json_t *random_node(int number)
{
    json_t *node = json_pack(
        "{s:{s:o,s:o,s:{s:s,s:o}},s:{},s:{s:{s:o,s:s,s:o,s:s},s:[{s:s,s:s}]}}", "metadata", "name", json_sprintf("n%d", number), "uid",
        json_sprintf("n%d", number), "labels", "zone", below(2) ? "a" : "b", "host", json_sprintf("n%d", number), "spec", "status",
        "allocatable", "cpu", json_sprintf("%d", 1 + (int)below(4)), "memory", "8Gi", "pods", json_sprintf("%d", 3 + (int)below(5)),
        "example.com/gpu", below(2) ? "2" : "1", "conditions", "type", "Ready", "status", chance(5) ? "False" : "True");

    if (chance(5))
        json_object_set_new(json_object_get(node, "spec"), "unschedulable", json_true());
    return node;
}

static json_t *random_terms(void)
{
    return json_pack("{s:[{s:s,s:{s:{s:s}}}]}", "requiredDuringSchedulingIgnoredDuringExecution", "topologyKey",
                     chance(60) ? "host" : "zone", "labelSelector", "matchLabels", "app", below(2) ? "x" : "y");
}

/* what both kinds of pods may have */
static json_t *random_pod(int number)
{
    json_t *pod = json_pack("{s:{s:o,s:s,s:o,s:{s:s}},s:{s:s,s:i,s:[{s:{s:{s:o}}}]},s:{s:s}}", "metadata", "name",
                            json_sprintf("p%d", number), "namespace", chance(80) ? "d" : "e", "uid", json_sprintf("p%d", number), "labels",
                            "app", below(2) ? "x" : "y", "spec", "schedulerName", "ours", "priority", (int)below(6) - 1, "containers",
                            "resources", "requests", "cpu", json_sprintf("%dm", 500 * (int)below(5)), "status", "phase", "Pending");
    json_t *spec = json_object_get(pod, "spec"), *container = json_array_get(json_object_get(spec, "containers"), 0);

    if (chance(20))
        json_object_set_new(container, "ports", json_pack("[{s:i}]", "hostPort", below(2) ? 80 : 81));
    if (chance(20))
        json_object_set_new(json_object_get(json_object_get(container, "resources"), "requests"), "example.com/gpu", json_string("1"));
    if (chance(20))
        json_object_set_new(spec, "affinity", json_pack("{s:o}", "podAntiAffinity", random_terms()));
    return pod;
}

static json_t *random_pod_there(int number)
{
    json_t *pod = random_pod(number), *spec = json_object_get(pod, "spec");

    json_object_set_new(spec, "nodeName", json_sprintf("n%d", (int)below(NODES)));
    if (chance(15))
        json_object_set_new(spec, "schedulerName", json_string("other"));
    if (chance(20))
        json_object_set_new(json_object_get(pod, "metadata"), "deletionTimestamp", json_string("2026-11-30T10:00:00Z"));
    if (chance(80))
        json_object_set_new(json_object_get(pod, "status"), "startTime", json_sprintf("2026-11-30T0%d:00:00Z", (int)below(4)));
    return pod;
}

static json_t *random_preemptor(void)
{
    json_t *pod = random_pod(99), *spec = json_object_get(pod, "spec");

    json_object_set_new(spec, "priority", json_integer(2 + (int)below(2)));
    if (chance(15))
        json_object_set_new(spec, "affinity", json_pack("{s:o}", "podAffinity", random_terms()));
    if (chance(30))
        json_object_set_new(spec, "topologySpreadConstraints",
                            json_pack("[{s:i,s:s,s:s,s:i,s:{s:{s:s}}}]", "maxSkew", 1 + (int)below(2), "topologyKey",
                                      below(2) ? "zone" : "host", "whenUnsatisfiable", "DoNotSchedule", "minDomains", 1 + (int)below(3),
                                      "labelSelector", "matchLabels", "app", below(2) ? "x" : "y"));
    return pod;
}

static json_t *random_cluster(void)
{
    json_t *test = json_pack("{s:[],s:[],s:o}", "nodes", "pods", "pod", random_preemptor());

    for (int i = 0; i < NODES; i++)
        json_array_append_new(json_object_get(test, "nodes"), random_node(i));
    for (int i = 0; i < PODS; i++)
        json_array_append_new(json_object_get(test, "pods"), random_pod_there(i));
    return test;
}

/* ---- the second implementation, on JSON ---- */

static const char *text_at(const json_t *pod, const char *part, const char *member)
{
    const char *text = json_string_value(json_object_get(json_object_get(pod, part), member));

    return text ? text : "";
}

static int priority_of(const json_t *pod)
{
    return (int)json_integer_value(json_object_get(json_object_get(pod, "spec"), "priority"));
}

static json_t *name_of(const json_t *pod)
{
    return json_sprintf("%s/%s", text_at(pod, "metadata", "namespace"), text_at(pod, "metadata", "name"));
}

/* "~" is after every time */
static const char *start_of(const json_t *pod)
{
    const char *start = text_at(pod, "status", "startTime");

    return *start ? start : "~";
}

/* does the pod fit without those of `gone`? *hopeless: it does not, and nobody's going would help */
static bool fits(const json_t *test, const char *node, const json_t *gone, bool *hopeless)
{
    const char *reasons[FILTER_MAX_REASONS] = {""};
    struct error err = ERROR_INIT;
    struct case_policy chosen;
    struct cache *cache = case_cache(test, gone);
    struct pod *pod = pod_decode(json_object_get(test, "pod"), "ours", &err);
    struct node *const *nodes;
    size_t count, reason_count = 0;
    struct peers *peers;
    bool fits;

    case_policy(test, &chosen);
    nodes = cache_nodes(cache, &count);
    ck_assert_int_eq(peers_count(&chosen.policy.filters, pod, nodes, count, &peers, &err), 0);
    fits = filter_node(&chosen.policy.filters, pod, peers, cache_node(cache, node), reasons, &reason_count);
    if (hopeless)
        *hopeless = strcmp(reasons[0], "node(s) didn't match pod affinity rules") == 0;
    peers_free(peers);
    pod_free(pod);
    cache_free(cache);
    return fits;
}

static bool is_more_important(const json_t *a, const json_t *b)
{
    json_t *s = name_of(a), *t = name_of(b);
    const int by_name = strcmp(json_string_value(s), json_string_value(t)), by_start = strcmp(start_of(a), start_of(b));

    json_decref(s);
    json_decref(t);
    if (priority_of(a) != priority_of(b))
        return priority_of(a) > priority_of(b);
    return by_start ? by_start < 0 : by_name < 0;
}

/* those of the node that may go, the most important first; and the names of all of them */
static void pick_removable(const json_t *test, const char *node, json_t *order, json_t *names)
{
    const json_t *pods = json_object_get(test, "pods");
    json_t *pod;
    size_t i, at;

    json_array_foreach(pods, i, pod)
    {
        if (strcmp(text_at(pod, "spec", "nodeName"), node) != 0 || strcmp(text_at(pod, "spec", "schedulerName"), "ours") != 0 ||
            priority_of(pod) >= priority_of(json_object_get(test, "pod")))
            continue;
        json_array_append_new(names, name_of(pod));
        for (at = 0; at < json_array_size(order) && is_more_important(json_array_get(order, at), pod); at++)
            ;
        json_array_insert(order, at, pod);
    }
}

static void take_out(json_t *names, const json_t *name)
{
    for (size_t i = json_array_size(names); i-- > 0;)
        if (json_equal(json_array_get(names, i), name))
            json_array_remove(names, i);
}

/* the victims there, as pods; NULL: none help */
static json_t *victims_on(const json_t *test, const char *node)
{
    json_t *order = json_array(), *gone = json_array(), *victims = json_array(), *pod, *name;
    bool hopeless = false, room;
    size_t i;

    pick_removable(test, node, order, gone);
    room = !fits(test, node, NULL, &hopeless) && !hopeless && json_array_size(order) > 0 && fits(test, node, gone, NULL);
    json_array_foreach(order, i, pod)
    {
        if (!room || *text_at(pod, "metadata", "deletionTimestamp"))
            continue;
        name = name_of(pod);
        take_out(gone, name);
        if (!fits(test, node, gone, NULL)) {
            json_array_append(gone, name);
            json_array_append(victims, pod);
        }
        json_decref(name);
    }
    json_decref(order);
    json_decref(gone);
    if (!room) {
        json_decref(victims);
        return NULL;
    }
    return victims;
}

/* below 0: a is better than b, by the first thing in which they differ */
static int compare_victims(const json_t *a, const json_t *b)
{
    const json_t *lists[2] = {a, b};
    int64_t sum[2] = {0, 0};
    const char *first[2] = {"~", "~"};
    int highest[2];

    if (!json_array_size(a) || !json_array_size(b))
        return (json_array_size(a) > 0) - (json_array_size(b) > 0);
    for (int i = 0; i < 2; i++) {
        size_t j;
        json_t *pod;

        highest[i] = priority_of(json_array_get(lists[i], 0));
        json_array_foreach(lists[i], j, pod)
        {
            sum[i] += priority_of(pod) + 2147483648;
            if (priority_of(pod) == highest[i] && strcmp(start_of(pod), first[i]) < 0)
                first[i] = start_of(pod);
        }
    }
    if (highest[0] != highest[1])
        return highest[0] < highest[1] ? -1 : 1;
    if (sum[0] != sum[1])
        return sum[0] < sum[1] ? -1 : 1;
    if (json_array_size(a) != json_array_size(b))
        return json_array_size(a) < json_array_size(b) ? -1 : 1;
    return strcmp(first[1], first[0]);
}

/* {"node", "victims"}; node null: preemption does not help */
static json_t *naive(const json_t *test)
{
    json_t *best = NULL, *names = json_array(), *answer, *pod;
    char best_node[8] = "", node[8];
    size_t i;

    for (int n = 0; n < NODES; n++) {
        json_t *victims;

        snprintf(node, sizeof node, "n%d", n);
        victims = victims_on(test, node);
        if (victims && (!best || compare_victims(victims, best) < 0)) {
            json_decref(best);
            best = json_incref(victims);
            strcpy(best_node, node);
        }
        json_decref(victims);
    }
    json_array_foreach(best, i, pod) json_array_append_new(names, name_of(pod));
    answer = json_pack("{s:s?,s:o}", "node", best ? best_node : NULL, "victims", names);
    json_decref(best);
    return answer;
}

/* ---- both ---- */

static json_t *ours(const json_t *test)
{
    static struct cluster_picture before;
    struct error err = ERROR_INIT;
    struct case_policy chosen;
    struct preemption found;
    struct cache *cache = case_cache(test, NULL);
    struct pod *pod = pod_decode(json_object_get(test, "pod"), "ours", &err);
    json_t *names = json_array(), *answer;
    struct node *const *nodes;
    size_t count;

    case_policy(test, &chosen);
    nodes = cache_nodes(cache, &count);
    take_picture(nodes, count, &before);
    ck_assert_int_eq(policy_preempt(&chosen.policy, "ours", pod, nodes, count, &found, &err), 0);
    check_untouched(nodes, count, &before);
    for (size_t i = 0; i < found.victim_count; i++)
        json_array_append_new(names, json_sprintf("%s/%s", found.victims[i]->pod->namespace_, found.victims[i]->pod->name));
    answer = json_pack("{s:s?,s:o}", "node", found.node ? found.node->spec->name : NULL, "victims", names);
    preemption_free(&found);
    pod_free(pod);
    cache_free(cache);
    return answer;
}

START_TEST(both_find_the_same)
{
    size_t none = 0, waits = 0, one = 0, more = 0;

    seed = (uint64_t)_i + 1;
    for (int i = 0; i < CLUSTERS; i++) {
        json_t *test = random_cluster(), *expected = naive(test), *got = ours(test);
        const size_t victims = json_array_size(json_object_get(got, "victims"));

        if (!json_equal(expected, got)) {
            char *a = json_dumps(got, 0), *b = json_dumps(expected, 0), *c = json_dumps(test, 0);

            fprintf(stderr, "%s\n", c);
            ck_abort_msg("seed %d cluster %d: got %s, expected %s", _i + 1, i, a, b);
        }
        none += json_is_null(json_object_get(got, "node"));
        waits += !json_is_null(json_object_get(got, "node")) && !victims;
        one += victims == 1;
        more += victims > 1;
        json_decref(test);
        json_decref(expected);
        json_decref(got);
    }
    ck_assert_msg(none > 5 && waits > 0 && one > 10 && more > 5, "too much alike: %zu %zu %zu %zu", none, waits, one, more);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("preempt_random");
    TCase *core = tcase_create("core");
    SRunner *runner;
    int failed;

    tcase_set_timeout(core, 60);
    tcase_add_loop_test(core, both_find_the_same, 0, 8);
    suite_add_tcase(suite, core);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}

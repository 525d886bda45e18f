/*
 * Topology spread and affinity between pods against a second implementation: random clusters, and for each node the verdict and its reason
 * must be the same. The second one reads the JSON itself, counts everything anew for each node and knows no tables, caches or shortcuts.
 * Also: what a plain pod pays, who is woken, and that running out of memory is no decision (test_alloc_decode.c).
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cluster/cache.h"
#include "common/cluster/queue.h"
#include "common/policy/peers.h"
#include "common/policy/policy.h"
#include "tests/unit/support/naive_peers.h"
#include "tests/unit/support/objects.h"

static uint64_t seed;

static unsigned below(unsigned bound)
{
    return random_below(&seed, bound);
}

static bool chance(unsigned percent)
{
    return below(100) < percent;
}

/* ---- random objects ---- */

static const char *const namespaces[] = {"d", "e", "f"};
static const char *const keys[] = {"zone", "rack", "host"};

static json_t *random_labels(void)
{
    json_t *labels = json_object();

    for (int i = 0; i < 3; i++)
        if (chance(55))
            json_object_set_new(labels, (const char *[]){"app", "tier", "rev"}[i], json_string((const char *[]){"x", "y", ""}[below(3)]));
    return labels;
}

static json_t *random_expression(void)
{
    static const char *const operators[] = {"In", "NotIn", "Exists", "DoesNotExist"};
    unsigned which = below(4);
    json_t *e = json_pack("{s:s,s:s}", "key", chance(50) ? "app" : "tier", "operator", operators[which]);

    if (which < 2)
        json_object_set_new(e, "values",
                            chance(50) ? json_pack("[s]", chance(50) ? "x" : "y") : json_pack("[s,s]", chance(50) ? "x" : "", "y"));
    return e;
}

/* NULL now and then */
static json_t *random_selector(void)
{
    json_t *selector = json_object();

    if (chance(8)) {
        json_decref(selector);
        return NULL;
    }
    if (chance(60))
        json_object_set_new(selector, "matchLabels", json_pack("{s:s}", chance(60) ? "app" : "tier", chance(60) ? "x" : "y"));
    if (chance(35))
        json_object_set_new(selector, "matchExpressions", json_pack("[o]", random_expression()));
    return selector;
}

static json_t *random_term(void)
{
    json_t *term = json_pack("{s:s}", "topologyKey", keys[below(3)]), *selector = random_selector();

    if (selector)
        json_object_set_new(term, "labelSelector", selector);
    if (chance(20))
        json_object_set_new(term, "namespaces", json_pack("[s,s]", namespaces[below(3)], namespaces[below(3)]));
    if (chance(10))
        json_object_set_new(term, "namespaceSelector", json_object());
    else if (chance(10))
        json_object_set_new(term, "namespaceSelector",
                            json_pack("{s:{s:s}}", "matchLabels", "kubernetes.io/metadata.name", namespaces[below(3)]));
    if (chance(15))
        json_object_set_new(term, chance(50) ? "matchLabelKeys" : "mismatchLabelKeys", json_pack("[s]", "rev"));
    return term;
}

static json_t *random_terms(void)
{
    json_t *terms = json_pack("[o]", random_term());

    if (chance(25))
        json_array_append_new(terms, random_term());
    return json_pack("{s:o}", "requiredDuringSchedulingIgnoredDuringExecution", terms);
}

static json_t *random_constraint(void)
{
    json_t *c = json_pack("{s:s,s:s,s:i}", "topologyKey", keys[below(3)], "whenUnsatisfiable",
                          chance(80) ? "DoNotSchedule" : "ScheduleAnyway", "maxSkew", (int)below(2) + 1);
    json_t *selector = random_selector();

    if (selector)
        json_object_set_new(c, "labelSelector", selector);
    if (chance(25))
        json_object_set_new(c, "minDomains", json_integer(below(4) + 1));
    if (chance(25))
        json_object_set_new(c, "nodeAffinityPolicy", json_string(chance(50) ? "Ignore" : "Honor"));
    if (chance(25))
        json_object_set_new(c, "nodeTaintsPolicy", json_string(chance(50) ? "Ignore" : "Honor"));
    if (chance(20))
        json_object_set_new(c, "matchLabelKeys", json_pack("[s,s]", "rev", "nothing"));
    return c;
}

static json_t *random_node(int number)
{
    json_t *labels = json_object(), *spec = json_object();
    char name[16];

    for (int i = 0; i < 3; i++)
        if (chance(85))
            json_object_set_new(labels, keys[i], json_string((const char *[]){"1", "2", "3", ""}[below(i == 0 ? 3 : 4)]));
    if (chance(40))
        json_object_set_new(labels, "disk", json_string("ssd"));
    if (chance(20))
        json_object_set_new(spec, "taints", json_pack("[{s:s,s:s}]", "key", "k", "effect", chance(70) ? "NoSchedule" : "PreferNoSchedule"));
    snprintf(name, sizeof name, "n%d", number);
    return json_pack("{s:{s:s,s:s,s:o},s:o}", "metadata", "name", name, "uid", name, "labels", labels, "spec", spec);
}

static json_t *random_pod(const char *name, const char *node)
{
    json_t *spec = json_pack("{s:s}", "schedulerName", "ours"), *affinity = json_object(), *pod;

    if (node)
        json_object_set_new(spec, "nodeName", json_string(node));
    if (chance(node ? 30 : 40))
        json_object_set_new(affinity, "podAntiAffinity", random_terms());
    if (chance(30))
        json_object_set_new(affinity, "podAffinity", random_terms());
    json_object_set_new(spec, "affinity", affinity);
    if (!node) {
        json_t *constraints = json_array();

        for (unsigned i = below(3); i > 0; i--)
            json_array_append_new(constraints, random_constraint());
        json_object_set_new(spec, "topologySpreadConstraints", constraints);
        if (chance(25))
            json_object_set_new(spec, "nodeSelector", json_pack("{s:s}", "disk", "ssd"));
        if (chance(25))
            json_object_set_new(spec, "tolerations", json_pack("[{s:s}]", "operator", "Exists"));
    }
    pod = json_pack("{s:{s:s,s:s,s:s,s:o},s:o}", "metadata", "name", name, "namespace", namespaces[chance(80) ? 0 : below(3)], "uid", name,
                    "labels", random_labels(), "spec", spec);
    if (node && chance(10))
        json_object_set_new(json_object_get(pod, "metadata"), "deletionTimestamp", json_string("2026-11-22T08:00:00Z"));
    return pod;
}

/* ---- both side by side ---- */

static struct cache *fill(const struct world *w)
{
    struct error err = ERROR_INIT;
    struct cache *cache = cache_new("ours", &err);
    struct pod_update update;
    bool helps;

    ck_assert_ptr_nonnull(cache);
    for (size_t i = 0; i < w->pod_count; i++)
        ck_assert_int_eq(cache_set_pod(cache, pod_decode(w->pods[i], "ours", &err), &update, &err), 0);
    for (size_t i = 0; i < w->node_count; i++)
        ck_assert_int_eq(cache_set_node(cache, node_decode(w->nodes[i], &err), &helps, &err), 0);
    return cache;
}

static void make(struct world *w)
{
    char name[16], node[16];

    *w = (struct world){.node_count = below(8) + 1, .pod_count = below(24)};
    for (size_t i = 0; i < w->node_count; i++)
        w->nodes[i] = random_node((int)i);
    for (size_t i = 0; i < w->pod_count; i++) {
        snprintf(name, sizeof name, "p%zu", i);
        snprintf(node, sizeof node, "n%u", below((unsigned)w->node_count));
        w->pods[i] = random_pod(name, node);
    }
}

static void unmake(struct world *w)
{
    for (size_t i = 0; i < w->node_count; i++)
        json_decref(w->nodes[i]);
    for (size_t i = 0; i < w->pod_count; i++)
        json_decref(w->pods[i]);
}

static int tally_of(const char *reason)
{
    static const char *const reasons[] = {SKEWED, LABEL_MISSING, NOT_MET, UNWANTED, CLAIMED};

    for (int i = 0; reason && i < 5; i++)
        if (strcmp(reason, reasons[i]) == 0)
            return i;
    return 5;
}

static void compare(const struct world *w, const json_t *json, struct node *node, const struct filter_config *config, const struct pod *pod,
                    const struct peers *peers, int run, int round, int *tally)
{
    static const enum filter_id ids[] = {FILTER_TOPOLOGY_SPREAD, FILTER_POD_AFFINITY};
    const json_t *node_json = NULL;

    for (size_t i = 0; i < w->node_count; i++)
        if (strcmp(json_string_value(json_object_get(json_object_get(w->nodes[i], "metadata"), "name")), node->spec->name) == 0)
            node_json = w->nodes[i];
    for (int i = 0; i < 2; i++) {
        const char *reasons[FILTER_MAX_REASONS], *expected = i ? naive_affinity(w, json, node_json) : naive_spread(w, json, node_json);
        size_t count;
        bool fits = filter_check(ids[i], config, pod, peers, node, reasons, &count);

        if (fits != !expected || (expected && strcmp(reasons[0], expected) != 0))
            ck_abort_msg("seed %d round %d %s: %s, expected %s for\n%s", run, round, node->spec->name, fits ? "fits" : reasons[0],
                         expected ? expected : "fits", json_dumps(json, 0));
        tally[tally_of(expected)]++;
    }
}

START_TEST(agrees_with_a_second_implementation)
{
    int tally[6] = {0};
    struct filter_config config;

    filter_config_init(&config);
    seed = (uint64_t)_i + 1;
    for (int round = 0; round < 200; round++) {
        struct error err = ERROR_INIT;
        struct node *const *nodes;
        struct cache *cache;
        struct peers *peers;
        struct world w;
        struct pod *pod;
        json_t *json;
        size_t count;

        make(&w);
        cache = fill(&w);
        nodes = cache_nodes(cache, &count);
        json = random_pod("new", NULL);
        pod = pod_decode(json, "ours", &err);
        ck_assert_int_eq(peers_count(&config, pod, nodes, count, &peers, &err), 0);
        for (size_t i = 0; i < count; i++)
            compare(&w, json, nodes[i], &config, pod, peers, _i + 1, round, tally);
        peers_free(peers);
        pod_free(pod);
        json_decref(json);
        cache_free(cache);
        unmake(&w);
    }
    for (int i = 0; i < 6; i++)
        ck_assert_msg(tally[i] > 5, "kind %d came up %d times", i, tally[i]);
}
END_TEST

/* ---- who pays, who is woken ---- */

static struct cache *cache;
static struct error err;

static void setup(void)
{
    bool helps;

    err = (struct error)ERROR_INIT;
    cache = cache_new("ours", &err);
    ck_assert_ptr_nonnull(cache);
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(
            cache_set_node(cache, node_of("{'metadata':{'name':'n%d','uid':'n%d','labels':{'zone':'%d'}}}", i, i, i), &helps, &err), 0);
}

static void teardown(void)
{
    cache_free(cache);
}

#define AFFINITY(kind)                                                                                                                     \
    ",'affinity':{'" kind "':{'requiredDuringSchedulingIgnoredDuringExecution':[{'topologyKey':'zone','labelSelector':{}}]}}"
#define SPREAD_OVER_ZONES                                                                                                                  \
    ",'topologySpreadConstraints':[{'maxSkew':1,'topologyKey':'zone','whenUnsatisfiable':'DoNotSchedule','labelSelector':{}}]"

static struct pod_update put(const char *name, const char *labels, const char *spec)
{
    struct pod_update update;

    ck_assert_int_eq(
        cache_set_pod(cache,
                      pod_of("{'metadata':{'name':'%s','namespace':'d','uid':'%s','labels':{%s}},'spec':{'schedulerName':'ours'%s}}", name,
                             name, labels, spec),
                      &update, &err),
        0);
    return update;
}

static bool counts_for(struct cached_pod *pod)
{
    struct filter_config config;
    struct node *const *nodes;
    struct peers *peers;
    size_t count;
    bool counted;

    filter_config_init(&config);
    nodes = cache_nodes(cache, &count);
    ck_assert_int_eq(peers_count(&config, pod->pod, nodes, count, &peers, &err), 0);
    counted = peers != NULL;
    peers_free(peers);
    return counted;
}

START_TEST(a_plain_pod_is_not_counted_for)
{
    struct cached_pod *plain = put("plain", "", "").cached;
    struct pod_update gone;

    put("a", "", ",'nodeName':'n0'" SPREAD_OVER_ZONES);
    put("b", "", ",'nodeName':'n0'" AFFINITY("podAffinity"));
    ck_assert(!counts_for(plain));
    ck_assert_ptr_null(cache_pod(cache, "d", "a")->pod->peers);
    ck_assert_ptr_null(cache_pod(cache, "d", "b")->pod->peers);
    put("c", "", ",'nodeName':'n1'" AFFINITY("podAntiAffinity"));
    ck_assert(counts_for(plain));
    ck_assert_uint_eq(cache_node(cache, "n1")->anti_affinity_count, 1);
    cache_remove_pod(cache, "d", "c", NULL, &gone);
    ck_assert(!counts_for(plain));
    ck_assert(counts_for(put("d", "", AFFINITY("podAffinity")).cached));
    ck_assert(counts_for(put("e", "", SPREAD_OVER_ZONES).cached));
}
END_TEST

/* the totals follow nodes that go and come, saturated sums and assumed pods */
START_TEST(totals_follow_every_change)
{
    const char *const on_n1 = ",'nodeName':'n1'" AFFINITY("podAntiAffinity");
    const struct cluster_totals *totals = cache_node(cache, "n0")->totals;
    struct cached_pod *pending;
    bool helps;

    put("a", "", on_n1);
    put("b", "", ",'nodeName':'n1','containers':[{'resources':{'requests':{'memory':'9223372036854775807'}}}]" AFFINITY("podAntiAffinity"));
    put("c", "", ",'nodeName':'n1','containers':[{'resources':{'requests':{'memory':'9'}}}]");
    ck_assert_uint_eq(totals->anti_affinity_pods, 2);
    put("c", "", ",'nodeName':'n0'"); /* n1 is counted anew */
    ck_assert_uint_eq(totals->anti_affinity_pods, 2);
    cache_remove_node(cache, "n1");
    ck_assert_uint_eq(totals->anti_affinity_pods, 0);
    ck_assert_int_eq(cache_set_node(cache, node_of("{'metadata':{'name':'n1','uid':'n1'}}"), &helps, &err), 0);
    ck_assert_uint_eq(totals->anti_affinity_pods, 2);
    pending = put("d", "", AFFINITY("podAntiAffinity")).cached;
    ck_assert_uint_eq(totals->anti_affinity_pods, 2);
    cache_assume(cache, pending, cache_node(cache, "n0"));
    ck_assert_uint_eq(totals->anti_affinity_pods, 3);
    ck_assert_uint_eq(cache_node(cache, "n0")->anti_affinity_count, 1);
    cache_forget(cache, pending);
    ck_assert_uint_eq(totals->anti_affinity_pods, 2);
    put("a", "", ",'nodeName':'n1'"); /* an update that takes it away */
    ck_assert_uint_eq(totals->anti_affinity_pods, 1);
}
END_TEST

START_TEST(news_stirs_those_who_wait_for_others)
{
    struct pod_update gone;

    ck_assert(!put("a", "'app':'x'", ",'nodeName':'n0'").stirs_peers);
    ck_assert_uint_eq(cache_peers_waiting(cache), 0);
    put("waiting", "", AFFINITY("podAffinity"));
    ck_assert_uint_eq(cache_peers_waiting(cache), 1);
    ck_assert(put("b", "'app':'x'", ",'nodeName':'n0'").stirs_peers);
    ck_assert(!put("b", "'app':'x'", ",'nodeName':'n0'").stirs_peers);
    ck_assert(put("b", "'app':'y'", ",'nodeName':'n0'").stirs_peers);
    ck_assert(!put("c", "", "").stirs_peers); /* pending too */
    cache_remove_pod(cache, "d", "waiting", NULL, &gone);
    ck_assert_uint_eq(cache_peers_waiting(cache), 0);
    ck_assert(!put("d", "", ",'nodeName':'n0'").stirs_peers);
    put("e", "", SPREAD_OVER_ZONES);
    put("e", "", ",'nodeName':'n1'" SPREAD_OVER_ZONES);
    ck_assert_uint_eq(cache_peers_waiting(cache), 0);
}
END_TEST

/* whatever the order they wait in */
START_TEST(all_of_those_are_woken)
{
    struct queue *queue = queue_new(&err);
    size_t active, backoff, unschedulable, gated, looking = 0;
    char name[16];

    ck_assert_ptr_nonnull(queue);
    seed = (uint64_t)_i + 1;
    for (int i = 0; i < 100; i++) {
        bool looks = chance(50);

        snprintf(name, sizeof name, "p%d", i);
        ck_assert_int_eq(queue_add(queue, put(name, "", looks ? SPREAD_OVER_ZONES : "").cached, 0, &err), 0);
        looking += looks;
    }
    for (int i = 0; i < 100; i++)
        queue_unschedulable(queue, queue_pop(queue, 0), below(1000));
    queue_wake_peers(queue, 60000000);
    queue_counts(queue, &active, &backoff, &unschedulable, &gated);
    ck_assert_uint_eq(active, looking);
    ck_assert_uint_eq(unschedulable, 100 - looking);
    queue_free(queue);
}
END_TEST

/* the walk over a node's pods ends early only if those with something to look at come first */
START_TEST(pods_with_anti_affinity_come_first)
{
    static const char *const specs[] = {"", AFFINITY("podAntiAffinity"), ",'containers':[{'ports':[{'hostPort':80}]}]"};
    struct pod_update gone;
    char name[16], spec[512];

    seed = 7;
    for (int round = 0; round < 300; round++) {
        bool plain = false;
        size_t claims = 0, ports = 0;

        snprintf(name, sizeof name, "p%u", below(20));
        snprintf(spec, sizeof spec, ",'nodeName':'n%u'%s", below(2), specs[below(3)]);
        if (chance(25))
            cache_remove_pod(cache, "d", name, NULL, &gone);
        else
            put(name, "", spec);
        for (const struct cached_pod *on = cache_node(cache, "n0")->pods; on; on = on->next_on_node) {
            bool first = on->pod->peers || on->pod->host_port_count;

            ck_assert(!(plain && first));
            plain = plain || !first;
            claims += on->pod->peers != NULL;
            ports += on->pod->host_port_count;
        }
        ck_assert_uint_eq(cache_node(cache, "n0")->anti_affinity_count, claims);
        ck_assert_uint_eq(cache_node(cache, "n0")->host_port_count, ports);
    }
}
END_TEST

START_TEST(only_those_are_woken)
{
    struct queue *queue = queue_new(&err);
    size_t active, backoff, unschedulable, gated;
    char name[16];

    ck_assert_ptr_nonnull(queue);
    for (int i = 0; i < 40; i++) {
        snprintf(name, sizeof name, "p%d", i);
        ck_assert_int_eq(queue_add(queue, put(name, "", i * 7 % 10 < 4 ? AFFINITY("podAffinity") : "").cached, 0, &err), 0);
    }
    for (int i = 0; i < 40; i++)
        queue_unschedulable(queue, queue_pop(queue, 0), i * 31 % 17);
    queue_wake_peers(queue, 60000000);
    queue_counts(queue, &active, &backoff, &unschedulable, &gated);
    ck_assert_uint_eq(active, 16);
    ck_assert_uint_eq(unschedulable, 24);
    for (int i = 0; i < 16; i++)
        ck_assert_ptr_nonnull(queue_pop(queue, 60000000)->pod->peers);
    /* one that is being decided goes to backoff, another stays */
    queue_wake_peers(queue, 60000000);
    queue_unschedulable(queue, cache_pod(cache, "d", "p0"), 60000000);
    queue_counts(queue, &active, &backoff, &unschedulable, &gated);
    ck_assert_uint_eq(backoff, 1);
    queue_free(queue);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("peers");
    TCase *random_ = tcase_create("random"), *core = tcase_create("core");
    SRunner *runner;
    int failed;

    tcase_add_loop_test(random_, agrees_with_a_second_implementation, 0, 40);
    tcase_add_checked_fixture(core, setup, teardown);
    tcase_add_test(core, a_plain_pod_is_not_counted_for);
    tcase_add_test(core, totals_follow_every_change);
    tcase_add_test(core, news_stirs_those_who_wait_for_others);
    tcase_add_test(core, only_those_are_woken);
    tcase_add_loop_test(core, all_of_those_are_woken, 0, 10);
    tcase_add_test(core, pods_with_anti_affinity_come_first);
    suite_add_tcase(suite, random_);
    suite_add_tcase(suite, core);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}

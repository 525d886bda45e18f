/* Decoding, the cache, the queue and the fit error with every allocation failing in turn: an error or a full success, nothing lost. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/cluster/cache.h"
#include "common/cluster/queue.h"
#include "common/policy/policy.h"
#include "tests/unit/support/alloc_fault.h"
#include "tests/unit/support/objects.h"

#define NODES 40
#define PODS 80

static bool wrong; /* a state that must not be, seen by a scenario */

static json_t *load(const char *path)
{
    json_t *json = json_load_file(path, 0, NULL);

    ck_assert_msg(json != NULL, "%s", path);
    return json;
}

/* an allocation failed and the function says so, and nothing else */
static int failed_for_memory(const struct error *err)
{
    wrong = wrong || err->kind != ERROR_NO_MEMORY;
    return -1;
}

static int decode_pod(void *json)
{
    struct error err = ERROR_INIT;
    struct pod *pod = pod_decode(json, "ours", &err);

    if (!pod)
        return failed_for_memory(&err);
    pod_free(pod);
    return 0;
}

static int decode_node(void *json)
{
    struct error err = ERROR_INIT;
    struct node_spec *node = node_decode(json, &err);

    if (!node)
        return failed_for_memory(&err);
    node_spec_free(node);
    return 0;
}

START_TEST(decode_survives_every_allocation_failure)
{
    json_t *pod = load("tests/unit/decode/valid/pod-everything.json"), *node = load("tests/unit/decode/valid/node-everything.json");

    ck_assert_int_ne(alloc_fault_run(decode_pod, pod), 0);
    ck_assert_int_ne(alloc_fault_run(decode_node, node), 0);
    ck_assert(!wrong);
    json_decref(pod);
    json_decref(node);
}
END_TEST

/* so much that the memory on the stack does not do */
START_TEST(decode_of_a_large_pod)
{
    json_t *json =
        json_of("{'metadata':{'name':'p','namespace':'n','uid':'u','labels':{}},'spec':{'schedulerName':'ours','containers':[]}}");
    json_t *labels = json_object_get(json_object_get(json, "metadata"), "labels");
    json_t *containers = json_object_get(json_object_get(json, "spec"), "containers");
    int allocations;

    for (int i = 0; i < 200; i++) {
        char key[16];

        snprintf(key, sizeof key, "k%03d", i);
        json_object_set_new(labels, key, json_string("v"));
        json_array_append_new(containers,
                              json_pack("{s:{s:{s:i}},s:[{s:i}]}", "resources", "requests", key, 1, "ports", "hostPort", i + 1));
    }
    allocations = alloc_fault_run(decode_pod, json);
    ck_assert(allocations == -1 || allocations > 1);
    ck_assert(!wrong);
    json_decref(json);
}
END_TEST

/* ---- the cache ---- */

struct objects {
    json_t *node[NODES], *pending[PODS], *assigned[PODS];
};

static int set_node(struct cache *cache, const json_t *json, struct error *err)
{
    struct node_spec *spec = node_decode(json, err);
    size_t before, after;
    bool helps;

    if (!spec)
        return -1;
    cache_nodes(cache, &before);
    if (cache_set_node(cache, spec, &helps, err) == 0)
        return 0;
    cache_nodes(cache, &after);
    wrong = wrong || before != after;
    return -1;
}

/* a failure leaves the pod as it was */
static int set_pod(struct cache *cache, const json_t *json, const char *name, struct pod_update *update, struct error *err)
{
    const struct cached_pod *was = cache_pod(cache, "d", name);
    const struct pod *pod_before = was ? was->pod : NULL;
    const struct node *node_before = was ? was->node : NULL;
    size_t count = cache_pod_count(cache);
    struct pod *pod = pod_decode(json, "ours", err);

    if (!pod)
        return -1;
    if (cache_set_pod(cache, pod, update, err) == 0)
        return 0;
    wrong = wrong || cache_pod(cache, "d", name) != was || cache_pod_count(cache) != count;
    wrong = wrong || (was && (was->pod != pod_before || was->node != node_before));
    return -1;
}

static int assume_and_confirm(struct cache *cache, const struct objects *objects, int p, struct error *err)
{
    struct pod_update update;
    char name[16], node[16];

    snprintf(name, sizeof name, "p%d", p);
    snprintf(node, sizeof node, "n%d", p % NODES);
    if (set_pod(cache, objects->pending[p], name, &update, err) < 0)
        return -1;
    if (p % 3)
        cache_assume(cache, update.cached, cache_node(cache, node));
    return set_pod(cache, objects->assigned[p], name, &update, err);
}

/* every node has just the pods that are in the cache, and their cpu */
static void check_sums(const struct cache *cache)
{
    struct node *const *nodes;
    int64_t pods = 0;
    size_t count;

    nodes = cache_nodes(cache, &count);
    for (size_t i = 0; i < count; i++) {
        wrong = wrong || nodes[i]->requested.cpu_milli != 10 * nodes[i]->pod_count;
        wrong = wrong || nodes[i]->requested.extended[0].amount != nodes[i]->pod_count;
        pods += nodes[i]->pod_count;
    }
    wrong = wrong || pods > (int64_t)cache_pod_count(cache);
}

static int fill_cache(void *ctx)
{
    const struct objects *objects = ctx;
    struct error err = ERROR_INIT;
    struct cache *cache = cache_new("ours", &err);
    int ret = -1;

    if (!cache)
        return failed_for_memory(&err);
    for (int n = 0; n < NODES; n++)
        if (set_node(cache, objects->node[n], &err) < 0)
            goto cleanup;
    for (int p = 0; p < PODS; p++)
        if (assume_and_confirm(cache, objects, p, &err) < 0)
            goto cleanup;
    cache_begin_replace_pods(cache);
    cache_end_replace_pods(cache, NULL, NULL);
    wrong = wrong || cache_pod_count(cache) != 0;
    ret = 0;
cleanup:
    check_sums(cache);
    cache_free(cache);
    return ret < 0 ? failed_for_memory(&err) : 0;
}

START_TEST(cache_survives_every_allocation_failure)
{
    static struct objects objects;
    char text[512];

    for (int n = 0; n < NODES; n++) {
        snprintf(text, sizeof text, "{'metadata':{'name':'n%d','uid':'n%d'},'status':{'allocatable':{'pods':'9','x.io/y':'9'}}}", n, n);
        objects.node[n] = json_of(text);
    }
    for (int p = 0; p < PODS; p++) {
        static const char format[] =
            "{'metadata':{'name':'p%d','namespace':'d','uid':'p%d','labels':{'app':'a%d'}},'spec':{'schedulerName':'ours',"
            "'nodeName':'%s','containers':[{'resources':{'requests':{'cpu':'10m','x.io/y':'1'}}}]}}";
        char node[16];

        snprintf(node, sizeof node, "n%d", p % NODES);
        snprintf(text, sizeof text, format, p, p, p % 7, "");
        objects.pending[p] = json_of(text);
        snprintf(text, sizeof text, format, p, p, p % 7, node);
        objects.assigned[p] = json_of(text);
    }
    ck_assert_int_ne(alloc_fault_run_recovering(fill_cache, &objects), 0);
    ck_assert(!wrong);
    for (int n = 0; n < NODES; n++)
        json_decref(objects.node[n]);
    for (int p = 0; p < PODS; p++) {
        json_decref(objects.pending[p]);
        json_decref(objects.assigned[p]);
    }
}
END_TEST

/* ---- the queue ---- */

static int fill_queue(void *ctx)
{
    struct error err = ERROR_INIT;
    struct queue *queue = queue_new(&err);
    struct cached_pod *pods = ctx;
    int ret = -1;

    if (!queue)
        return failed_for_memory(&err);
    for (int p = 0; p < PODS; p++) {
        pods[p].user = NULL;
        if (queue_add(queue, &pods[p], 0, &err) < 0) {
            size_t active, backoff, unschedulable, gated;

            queue_counts(queue, &active, &backoff, &unschedulable, &gated);
            wrong = wrong || pods[p].user || active != (size_t)p;
            goto cleanup;
        }
    }
    /* from here on nothing may need memory */
    for (int p = 0; p < PODS; p++) {
        struct cached_pod *pod = queue_pop(queue, 0);

        if (p % 2)
            queue_retry(queue, pod, 0, 0);
        else
            queue_unschedulable(queue, pod, 0);
    }
    queue_wake(queue, 5000000);
    wrong = wrong || !queue_pop(queue, 5000000);
    ret = 0;
cleanup:
    queue_free(queue);
    return ret < 0 ? failed_for_memory(&err) : 0;
}

START_TEST(queue_survives_every_allocation_failure)
{
    static struct cached_pod pods[PODS];

    for (int p = 0; p < PODS; p++)
        pods[p].pod = pod_of("{'metadata':{'name':'p%d','namespace':'d','uid':'u'}}", p);
    ck_assert_int_ne(alloc_fault_run(fill_queue, pods), 0);
    ck_assert(!wrong);
    for (int p = 0; p < PODS; p++)
        pod_free(pods[p].pod);
}
END_TEST

/* ---- the fit error ---- */

struct question {
    struct scheduling_policy policy;
    struct pod *pod;
    struct node *const *nodes;
    size_t count;
};

static int explain(void *ctx)
{
    const struct question *q = ctx;
    struct error err = ERROR_INIT;
    struct buffer out;
    int ret;

    buffer_init(&out, 10000);
    ret = policy_fit_error(&q->policy, q->pod, q->nodes, q->count, &out, &err);
    if (ret < 0) {
        failed_for_memory(&err);
        wrong = wrong || out.bytes != 0;
    }
    buffer_free(&out);
    return ret;
}

START_TEST(fit_error_survives_every_allocation_failure)
{
    struct error err = ERROR_INIT;
    struct cache *cache = cache_new("ours", &err);
    struct question q = {.policy.policy = policy_by_name("least-loaded")};
    bool helps;

    filter_config_init(&q.policy.filters);
    ck_assert_int_eq(cache_set_node(cache, node_of("{'metadata':{'name':'n','uid':'n'}}"), &helps, &err), 0);
    q.nodes = cache_nodes(cache, &q.count);
    q.pod = pod_of("{'metadata':{'name':'p','namespace':'d','uid':'u'},'spec':{'schedulerName':'ours'}}");
    ck_assert_int_ne(alloc_fault_run(explain, &q), 0);
    ck_assert(!wrong);
    pod_free(q.pod);
    cache_free(cache);
}
END_TEST

/* ---- a decision that looks at the whole cluster ---- */

static int decide(void *ctx)
{
    const struct question *q = ctx;
    struct decision decision = policy_decide(&q->policy, q->pod, q->nodes, q->count, NULL, NULL);

    if (decision.no_memory)
        return -1;
    wrong = wrong || !decision.node || strcmp(decision.node->spec->name, "n7") != 0;
    return explain(ctx);
}

#define REQUIRED(key, app)                                                                                                                 \
    "{'requiredDuringSchedulingIgnoredDuringExecution':[{'topologyKey':'" key "','labelSelector':{'matchLabels':{'app':'" app "'}}}]}"

/* n7 is the only node without a pod that is in the way */
START_TEST(decision_survives_every_allocation_failure)
{
    struct error err = ERROR_INIT;
    struct cache *cache = cache_new("ours", &err);
    struct question q = {.policy.policy = policy_by_name("least-loaded")};
    struct pod_update update;
    bool helps;
    int made;

    filter_config_init(&q.policy.filters);
    for (int i = 0; i < 20; i++) {
        ck_assert_int_eq(cache_set_node(cache,
                                        node_of("{'metadata':{'name':'n%d','uid':'n%d','labels':{'host':'%d','zone':'z'}},'status':{"
                                                "'allocatable':{'pods':'9'},'conditions':[{'type':'Ready','status':'True'}]}}",
                                                i, i, i),
                                        &helps, &err),
                         0);
        ck_assert_int_eq(cache_set_pod(cache,
                                       pod_of("{'metadata':{'name':'p%d','namespace':'d','uid':'p%d','labels':{'app':'%s'}},'spec':{"
                                              "'nodeName':'n%d','affinity':{'podAntiAffinity':" REQUIRED("host", "new") "}}}",
                                              i, i, i % 3 ? "a" : "b", i == 7 ? 8 : i),
                                       &update, &err),
                         0);
    }
    q.nodes = cache_nodes(cache, &q.count);
    q.pod = pod_of(
        "{'metadata':{'name':'p','namespace':'d','uid':'u','labels':{'app':'new'}},'spec':{'schedulerName':'ours','affinity':{"
        "'podAffinity':" REQUIRED("zone", "a") ",'podAntiAffinity':" REQUIRED(
            "host",
            "b") "},"
                 "'topologySpreadConstraints':[{'maxSkew':1,'topologyKey':'host','whenUnsatisfiable':'DoNotSchedule',"
                 "'labelSelector':{'matchLabels':{'app':'a'}}},{'maxSkew':1,'topologyKey':'zone','whenUnsatisfiable':'ScheduleAnyway'}]}}");
    made = alloc_fault_run(decide, &q);
    ck_assert_msg(made == -1 || made >= 10, "%d allocations: where are the tables?", made);
    ck_assert(!wrong);
    pod_free(q.pod);
    cache_free(cache);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("alloc_decode");
    TCase *core = tcase_create("core");
    SRunner *runner;
    int failed;

    tcase_set_timeout(core, 60);
    tcase_add_test(core, decode_survives_every_allocation_failure);
    tcase_add_test(core, decode_of_a_large_pod);
    tcase_add_test(core, cache_survives_every_allocation_failure);
    tcase_add_test(core, queue_survives_every_allocation_failure);
    tcase_add_test(core, fit_error_survives_every_allocation_failure);
    tcase_add_test(core, decision_survives_every_allocation_failure);
    suite_add_tcase(suite, core);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}

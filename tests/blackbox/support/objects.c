/*
 * objects.c: nodes and pods of a case, see api.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/limits.h"
#include "tests/blackbox/support/api.h"

#define INFLIGHT 16

static json_t *merged(json_t *object, const char *override)
{
    if (override) {
        json_t *change = json_of("%s", override);

        REQUIRE(json_object_update_recursive(object, change) == 0, "cannot merge");
        json_decref(change);
    }
    return object;
}

/* what a node or pod of this case looks like, unless `override` says otherwise */

static json_t *node_object(const struct lab *lab, const char *name, const char *override)
{
    return merged(
        json_of("{'apiVersion':'v1','kind':'Node','metadata':{'name':'%s','labels':{'lab-case':'%s','kubernetes.io/hostname':'%s'}},"
                "'status':{'capacity':{'cpu':'4','memory':'16Gi','pods':'110'},'allocatable':{'cpu':'4','memory':'16Gi','pods':'110'},"
                "'conditions':[{'type':'Ready','status':'True','reason':'Test','message':'ready'}]}}",
                name, lab->id, name),
        override);
}

static json_t *pod_object(const struct lab *lab, const char *name, const char *override)
{
    return merged(
        json_of("{'apiVersion':'v1','kind':'Pod','metadata':{'name':'%s'},'spec':{'schedulerName':'%s','nodeSelector':{'lab-case':'%s'},"
                "'terminationGracePeriodSeconds':0,'automountServiceAccountToken':false,"
                "'containers':[{'name':'pause','image':'registry.k8s.io/pause:3.10'}]}}",
                name, lab->id, lab->id),
        override);
}

/* One of many. Where kubelets are at work the pod waits for a ConfigMap that never comes: it is bound as any other, and nobody has to start it. */
static json_t *held_pod_object(const struct lab *lab, const char *name, const char *override)
{
    json_t *pod = pod_object(lab, name, override);

    if (lab->server == CLUSTER)
        merged(pod, "{'spec':{'volumes':[{'name':'held','configMap':{'name':'not-there'}}]}}");
    return pod;
}

/* ---- many at once ---- */

struct batch {
    struct lab *lab;
    const char *prefix, *override;
    size_t first;                                                                     /* number of the first, for nodes */
    json_t *(*object)(const struct lab *lab, const char *name, const char *override); /* NULL: a delete */
};

static const char *numbered_node(const struct lab *lab, size_t index)
{
    return textf("%s-%04zu", lab->id, index); /* name order is the order they were made in */
}

static bool is_about_nodes(const struct batch *batch)
{
    return batch->object == node_object;
}

static int fill(void *ctx, size_t index, struct buffer *target, struct buffer *body, struct error *err)
{
    const struct batch *batch = ctx;
    bool nodes = is_about_nodes(batch);
    const char *name = nodes ? numbered_node(batch->lab, batch->first + index) : textf("%s%zu", batch->prefix, index);
    char *written;
    int ret;

    if (!batch->object) {
        ret = buffer_printf(target, err, "/api/v1/namespaces/%s/pods/%s", batch->lab->id, name);
        return ret < 0 ? -1 : buffer_add_string(body, "{\"kind\":\"DeleteOptions\",\"apiVersion\":\"v1\",\"gracePeriodSeconds\":0}", err);
    }
    json_t *object = batch->object(batch->lab, name, batch->override);

    written = json_dumps(object, JSON_COMPACT);
    ret =
        nodes ? buffer_add_string(target, "/api/v1/nodes", err) : buffer_printf(target, err, "/api/v1/namespaces/%s/pods", batch->lab->id);
    if (ret == 0)
        ret = buffer_add_string(body, written, err);
    free(written);
    json_decref(object);
    return ret;
}

static void run_batch(struct batch *batch, size_t n)
{
    struct api_batch all = {.method = batch->object ? "POST" : "DELETE",
                            .count = n,
                            .inflight = INFLIGHT,
                            .fill = fill,
                            .accept_status = batch->object ? 0 : 404,
                            .ctx = batch};
    struct error err = ERROR_INIT;

    REQUIRE(api_client_run(batch->lab->client, &all, &err) == 0, "%s", err.text);
}

int make_namespace(struct lab *lab, const char *name)
{
    const char *run = getenv("LAB_RUN");

    return api_try(
        lab, "POST", "/api/v1/namespaces",
        json_of("{'apiVersion':'v1','kind':'Namespace','metadata':{'name':'%s','labels':{'lab-run':'%s'}}}", name, run ? run : "alone"),
        NULL);
}

/* ---- nodes ---- */

static const char *node_target(const char *name)
{
    return textf("/api/v1/nodes/%s", name);
}

static bool is_plain(const json_t *node)
{
    const json_t *spec = json_object_get(node, "spec"), *conditions = json_object_get(json_object_get(node, "status"), "conditions");
    const json_t *condition;
    size_t i;

    if (json_array_size(json_object_get(spec, "taints")) || json_is_true(json_object_get(spec, "unschedulable")))
        return false;
    json_array_foreach(conditions, i,
                       condition) if (!strcmp(member(condition, "type"), "Ready")) return !strcmp(member(condition, "status"), "True");
    return false;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void borrow_nodes(struct lab *lab, size_t n)
{
    json_t *nodes = list_items(lab, "/api/v1/nodes"), *node;
    size_t i;

    json_array_foreach(nodes, i, node)
    {
        const char *name = member(node, "metadata.name");

        if (lab->nodes >= n || !is_plain(node) || strlen(name) >= sizeof lab->node[0])
            continue;
        api_change(lab, node_target(name), "", json_of("{'metadata':{'labels':{'lab-case':'%s'}}}", lab->id));
        snprintf(lab->node[lab->nodes++], sizeof lab->node[0], "%s", name);
    }
    json_decref(nodes);
    REQUIRE(lab->nodes > 0, "the cluster has no node that is ready, schedulable and without taints");
    qsort(lab->node, lab->nodes, sizeof lab->node[0], by_name);
}

void use_nodes(struct lab *lab, size_t n)
{
    struct batch batch = {lab, NULL, NULL, lab->nodes, node_object};

    REQUIRE(lab->nodes + n <= LAB_NODES_MAX, "too many nodes");
    if (lab->server == CLUSTER) {
        borrow_nodes(lab, n);
        return;
    }
    run_batch(&batch, n);
    for (size_t i = 0; i < n; i++, lab->nodes++)
        snprintf(lab->node[lab->nodes], sizeof lab->node[0], "%s", numbered_node(lab, lab->nodes));
}

const char *add_node(struct lab *lab, const char *override)
{
    const char *name = numbered_node(lab, lab->nodes);

    REQUIRE(lab->nodes < LAB_NODES_MAX, "too many nodes");
    snprintf(lab->node[lab->nodes], sizeof lab->node[0], "%s", name);
    json_decref(api(lab, "POST", "/api/v1/nodes", node_object(lab, name, override)));
    return lab->node[lab->nodes++];
}

void delete_node(struct lab *lab, const char *name)
{
    json_decref(api(lab, "DELETE", node_target(name), NULL));
}

void change_node(struct lab *lab, const char *name, const char *override)
{
    json_t *change = json_of("%s", override);
    bool status = json_object_get(change, "status") != NULL;

    api_change(lab, node_target(name), status ? "/status" : "", change);
}

/* ---- pods ---- */

static const char *pod_target(const struct lab *lab, const char *name)
{
    return textf("/api/v1/namespaces/%s/pods/%s", lab->id, name);
}

void make_pod(struct lab *lab, const char *name, const char *override)
{
    json_decref(api(lab, "POST", textf("/api/v1/namespaces/%s/pods", lab->id), pod_object(lab, name, override)));
}

void make_pods(struct lab *lab, const char *prefix, size_t n, const char *override)
{
    struct batch batch = {lab, prefix, override, 0, held_pod_object};

    run_batch(&batch, n);
}

void make_other_pod(struct lab *lab, const char *name, const char *override)
{
    const char *other = textf("%s-other", lab->id);
    int status = make_namespace(lab, other);

    REQUIRE(status == 201 || status == 409, "namespace %s: status %d", other, status);
    json_decref(api(lab, "POST", textf("/api/v1/namespaces/%s/pods", other), pod_object(lab, name, override)));
}

void delete_pod(struct lab *lab, const char *name)
{
    int status =
        api_try(lab, "DELETE", pod_target(lab, name), json_of("{'kind':'DeleteOptions','apiVersion':'v1','gracePeriodSeconds':0}"), NULL);

    REQUIRE(status == 200 || status == 404, "DELETE of pod %s: status %d", name, status);
}

void delete_pods(struct lab *lab, const char *prefix, size_t n)
{
    struct batch batch = {lab, prefix, NULL, 0, NULL};

    run_batch(&batch, n);
}

void change_pod(struct lab *lab, const char *name, const char *override)
{
    api_change(lab, pod_target(lab, name), "", json_of("%s", override));
}

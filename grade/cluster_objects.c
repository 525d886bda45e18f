#include "grade/cluster_objects.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/clock.h"
#include "common/limits.h"

#define FINALIZER "grade.lab/held"
#define CHANGE_TRIES 20
#define NODE_READY_US 30000000

/* one request; `body` stolen, NULL: none. *answer a new reference, or NULL where it is no JSON. */
static int call(struct cluster *c, const char *method, const char *target, json_t *body, int *status, json_t **answer, struct error *err)
{
    char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
    struct buffer got;
    int ret = -1;

    buffer_init(&got, (size_t)256 << 20);
    if (body && !text) {
        error_no_memory(err);
        goto cleanup;
    }
    ret = api_client_call(c->client, method, target, text, 60000, status, &got, err);
    if (ret == 0)
        *answer = got.bytes ? json_loadb(got.data, got.bytes, 0, NULL) : NULL;
cleanup:
    buffer_free(&got);
    free(text);
    json_decref(body);
    return ret;
}

static int refused(const char *method, const char *target, int status, json_t *answer, struct error *err)
{
    const char *message = json_string_value(json_object_get(answer, "message"));

    error_set(err, ERROR_RUNTIME, "%s %s: status %d: %.300s", method, target, status, message ? message : "(no message)");
    json_decref(answer);
    return -1;
}

static bool is_fine(int status)
{
    return status >= 200 && status <= 299;
}

/* Reads, merges `change` (stolen) and writes to target + suffix; again when somebody wrote in between. */
static int change(struct cluster *c, const char *target, const char *suffix, json_t *merge, struct error *err)
{
    char written[400];
    int tries, status = 0, ret = -1;

    snprintf(written, sizeof written, "%s%s", target, suffix);
    for (tries = 0; tries < CHANGE_TRIES; tries++) {
        json_t *object = NULL, *answer = NULL;

        if (call(c, "GET", target, NULL, &status, &object, err) < 0)
            break;
        if (!is_fine(status)) {
            ret = refused("GET", target, status, object, err);
            break;
        }
        json_object_update_recursive(object, merge);
        if (call(c, "PUT", written, object, &status, &answer, err) < 0)
            break;
        if (status != 409 || tries == CHANGE_TRIES - 1) {
            ret = is_fine(status) ? 0 : refused("PUT", written, status, answer, err);
            if (ret == 0)
                json_decref(answer);
            break;
        }
        json_decref(answer);
    }
    json_decref(merge);
    return ret;
}

/* ---- nodes ---- */

/* the first page is all there is to know of a node */
static int is_as_made(struct cluster *c, const char *target, json_t *taints, bool *as_made, struct error *err)
{
    json_t *node = NULL, *now;
    int status = 0;

    if (call(c, "GET", target, NULL, &status, &node, err) < 0)
        return -1;
    if (!is_fine(status))
        return refused("GET", target, status, node, err);
    now = json_object_get(json_object_get(node, "spec"), "taints");
    *as_made = json_array_size(now) == json_array_size(taints);
    json_decref(node);
    return 0;
}

static int wait_until_as_made(struct cluster *c, const char *target, json_t *taints, struct error *err)
{
    const struct clock *clock = clock_system();
    int64_t until = clock->monotonic_us(clock) + NODE_READY_US;
    const struct timespec pause = {0, 20000000};
    bool as_made = false;

    for (;;) {
        if (is_as_made(c, target, taints, &as_made, err) < 0)
            return -1;
        if (as_made)
            return 0;
        if (clock->monotonic_us(clock) > until || *c->stop)
            return error_set(err, ERROR_RUNTIME, "%s: the cluster keeps a taint on it", target);
        nanosleep(&pause, NULL);
    }
}

int cluster_make_node(struct cluster *c, const char *name, int room, json_t *labels, json_t *taints, struct error *err)
{
    char number[16], target[128];
    json_t *node, *spec = json_object(), *answer = NULL;
    int status = 0, ret = -1;

    snprintf(number, sizeof number, "%d", room);
    snprintf(target, sizeof target, "/api/v1/nodes/%s", name);
    if (taints)
        json_object_set(spec, "taints", taints);
    node = json_pack("{s:s, s:s, s:{s:s, s:o}, s:o, s:{s:{s:s,s:s,s:s}, s:{s:s,s:s,s:s}, s:[{s:s,s:s,s:s,s:s}]}}", "apiVersion", "v1",
                     "kind", "Node", "metadata", "name", name, "labels", labels ? labels : json_object(), "spec", spec, "status",
                     "capacity", "cpu", "8", "memory", "16Gi", "pods", number, "allocatable", "cpu", "8", "memory", "16Gi", "pods", number,
                     "conditions", "type", "Ready", "status", "True", "reason", "Grading", "message", "ready");
    if (!node || c->node_count == CLUSTER_NAMES_MAX) {
        json_decref(node);
        error_no_memory(err);
        goto cleanup;
    }
    if (call(c, "POST", "/api/v1/nodes", node, &status, &answer, err) < 0)
        goto cleanup;
    if (!is_fine(status)) {
        refused("POST", "/api/v1/nodes", status, answer, err);
        goto cleanup;
    }
    json_decref(answer);
    snprintf(c->nodes[c->node_count++], sizeof c->nodes[0], "%s", name);
    ret = wait_until_as_made(c, target, taints, err);
cleanup:
    json_decref(taints);
    return ret;
}

int cluster_cordon_node(struct cluster *c, const char *name, struct error *err)
{
    char target[128];

    snprintf(target, sizeof target, "/api/v1/nodes/%s", name);
    return change(c, target, "",
                  json_pack("{s:{s:b, s:[{s:s, s:s}]}}", "spec", "unschedulable", 1, "taints", "key", "node.kubernetes.io/unschedulable",
                            "effect", "NoSchedule"),
                  err);
}

static json_t *node_summary(const struct cluster *c, const json_t *node)
{
    const json_t *metadata = json_object_get(node, "metadata"), *spec = json_object_get(node, "spec"),
                 *status = json_object_get(node, "status"), *condition;
    const char *name = json_string_value(json_object_get(metadata, "name"));
    json_t *labels = json_object_get(metadata, "labels"), *taints = json_object_get(spec, "taints"),
           *room = json_object_get(json_object_get(status, "allocatable"), "pods");
    bool ready = false, ours = false;
    size_t i;

    json_array_foreach(json_object_get(status, "conditions"), i, condition)
    {
        const char *type = json_string_value(json_object_get(condition, "type")),
                   *is = json_string_value(json_object_get(condition, "status"));

        ready = ready || (type && is && !strcmp(type, "Ready") && !strcmp(is, "True"));
    }
    for (i = 0; i < c->node_count; i++)
        ours = ours || (name && !strcmp(name, c->nodes[i]));
    return json_pack("{s:s?, s:O?, s:O?, s:b, s:b, s:O?, s:b}", "name", name, "labels", labels, "taints", taints, "unschedulable",
                     json_is_true(json_object_get(spec, "unschedulable")), "ready", ready, "room", room, "ours", ours);
}

static int on_nodes(void *ctx, const char *target, json_t *page, struct error *err)
{
    struct {
        struct cluster *cluster;
        json_t *nodes;
    } *collect = ctx;
    json_t *node;
    size_t i;

    (void)target;
    json_array_foreach(json_object_get(page, "items"), i, node)
    {
        if (json_array_append_new(collect->nodes, node_summary(collect->cluster, node)) < 0)
            return error_no_memory(err);
    }
    return 0;
}

json_t *cluster_nodes(struct cluster *c, struct error *err)
{
    struct {
        struct cluster *cluster;
        json_t *nodes;
    } collect = {c, json_array()};
    struct api_list list = {.target = "/api/v1/nodes", .page_items = 500, .on_page = on_nodes, .ctx = &collect};

    if (!collect.nodes) {
        error_no_memory(err);
        return NULL;
    }
    if (api_client_list(c->client, &list, err) == 0)
        return collect.nodes;
    json_decref(collect.nodes);
    return NULL;
}

/* ---- pods ---- */

static void pod_target(const struct cluster *c, const char *name, char out[256])
{
    snprintf(out, 256, "/api/v1/namespaces/%s/pods/%s", c->namespace_, name);
}

static json_t *pod_object(const struct pod_plan *plan)
{
    json_t *metadata = json_pack("{s:s}", "name", plan->name),
           *spec = json_pack("{s:s, s:i, s:b, s:[{s:s, s:s}]}", "schedulerName", plan->scheduler, "terminationGracePeriodSeconds", 0,
                             "automountServiceAccountToken", 0, "containers", "name", "pause", "image", "registry.k8s.io/pause:3.10");
    int bad = !metadata || !spec;

    if (plan->app)
        bad |= json_object_set_new(metadata, "labels", json_pack("{s:s}", "app", plan->app));
    if (plan->deleting)
        bad |= json_object_set_new(metadata, "finalizers", json_pack("[s]", FINALIZER));
    if (plan->node)
        bad |= json_object_set_new(spec, "nodeName", json_string(plan->node));
    if (plan->gated)
        bad |= json_object_set_new(spec, "schedulingGates", json_pack("[{s:s}]", "name", "grade.lab/gate"));
    if (plan->tolerations)
        bad |= json_object_set(spec, "tolerations", plan->tolerations);
    if (!bad)
        return json_pack("{s:s, s:s, s:o, s:o}", "apiVersion", "v1", "kind", "Pod", "metadata", metadata, "spec", spec);
    json_decref(metadata);
    json_decref(spec);
    return NULL;
}

int cluster_make_pod(struct cluster *c, const struct pod_plan *plan, uint64_t *version, struct error *err)
{
    json_t *pod = pod_object(plan), *answer = NULL;
    char target[256];
    const char *text;
    int status = 0, ret = -1;

    snprintf(target, sizeof target, "/api/v1/namespaces/%s/pods", c->namespace_);
    if (!pod || c->pod_count == CLUSTER_NAMES_MAX) {
        json_decref(pod);
        error_no_memory(err);
        goto cleanup;
    }
    if (call(c, "POST", target, pod, &status, &answer, err) < 0)
        goto cleanup;
    if (!is_fine(status)) {
        refused("POST", target, status, answer, err);
        goto cleanup;
    }
    c->phases[c->pod_count] = plan->phase;
    snprintf(c->pods[c->pod_count++], sizeof c->pods[0], "%s", plan->name);
    text = json_string_value(json_object_get(json_object_get(answer, "metadata"), "resourceVersion"));
    if (version)
        *version = text ? strtoull(text, NULL, 10) : 0;
    json_decref(answer);
    pod_target(c, plan->name, target);
    ret = 0;
    if (plan->phase)
        ret = change(c, target, "/status", json_pack("{s:{s:s}}", "status", "phase", plan->phase), err);
    if (ret == 0 && plan->deleting)
        ret = cluster_delete_pod(c, plan->name, err);
cleanup:
    json_decref(plan->tolerations);
    return ret;
}

int cluster_delete_pod(struct cluster *c, const char *name, struct error *err)
{
    json_t *answer = NULL;
    char target[256];
    int status = 0;

    pod_target(c, name, target);
    if (call(c, "DELETE", target, json_pack("{s:s, s:s, s:i}", "kind", "DeleteOptions", "apiVersion", "v1", "gracePeriodSeconds", 0),
             &status, &answer, err) < 0)
        return -1;
    if (!is_fine(status) && status != 404)
        return refused("DELETE", target, status, answer, err);
    json_decref(answer);
    return 0;
}

int cluster_let_go(struct cluster *c, const char *name, struct error *err)
{
    json_t *pod = NULL;
    char target[256];
    int status = 0;
    bool held;

    pod_target(c, name, target);
    if (call(c, "GET", target, NULL, &status, &pod, err) < 0)
        return -1;
    if (status == 404) {
        json_decref(pod);
        return 0;
    }
    if (!is_fine(status))
        return refused("GET", target, status, pod, err);
    held = json_array_size(json_object_get(json_object_get(pod, "metadata"), "finalizers")) > 0;
    json_decref(pod);
    return held ? change(c, target, "", json_pack("{s:{s:[]}}", "metadata", "finalizers"), err) : 0;
}

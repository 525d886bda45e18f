/*
 * bind_read.c: the answer to a Binding was lost, so nobody knows whether the pod is bound: it is read, and where it is decides.
 */
#include <stdlib.h>
#include <string.h>

#include "common/kube/bind_internal.h"
#include "common/kube/json_parse.h"
#include "common/kube/pod_request.h"
#include "common/limits.h"

static const struct json_field seen_metadata[] = {{"uid", NULL}, {NULL, NULL}};
static const struct json_field seen_spec[] = {{"nodeName", NULL}, {NULL, NULL}};
static const struct json_field seen_schema[] = {{"metadata", seen_metadata}, {"spec", seen_spec}, {NULL, NULL}};

static int keep(char **to, const json_t *object, const char *key, struct error *err)
{
    free(*to);
    *to = strdup(kube_json_text(object, key));
    return *to ? 0 : error_no_memory(err);
}

static int on_seen(void *ctx, const char *text, size_t bytes, size_t raw_bytes, struct error *err)
{
    struct op *op = ctx;
    json_t *pod = kube_json_parse(text, bytes, err);
    int ret = -1;

    (void)raw_bytes;
    if (pod && keep(&op->seen_uid, json_object_get(pod, "metadata"), "uid", err) == 0)
        ret = keep(&op->seen_node, json_object_get(pod, "spec"), "nodeName", err);
    json_decref(pod);
    return ret;
}

static int on_data(void *ctx, const char *data, size_t bytes)
{
    struct op *op = ctx;
    struct error err = ERROR_INIT;

    return json_scan_feed(op->scan, data, bytes, &err);
}

static void not_there(struct op *op, const struct kube_answer *answer)
{
    op->verify = false;
    if (op->last_look) {
        bind_finish(op, BIND_FAILED, answer->retry_after_ms, "the answer was lost, and the pod has no node");
        return;
    }
    op->bind.attempt--; /* the lost one never arrived, and reading was no attempt */
    pod_op_move(&op->base, POD_OP_WAITING);
}

static void judge(struct op *op, const struct kube_answer *answer)
{
    const struct binder_options *options = &bind_binder_of(op)->options;

    if (answer->class_ == KUBE_FORBIDDEN && options->on_unreadable)
        options->on_unreadable(options->ctx, answer->message);
    if (answer->class_ == KUBE_NOT_FOUND)
        bind_finish(op, BIND_POD_GONE, -1, answer->message);
    else if (answer->class_ != KUBE_OK || !op->seen_node || !op->seen_uid[0])
        bind_attempt_failed(op, answer->status, answer->reason[0] ? answer->reason : answer->message, answer->retry_after_ms);
    else if (strcmp(op->seen_uid, op->bind.uid) != 0)
        bind_finish(op, BIND_POD_GONE, -1, "another pod has the name now");
    else if (!strcmp(op->seen_node, op->bind.node))
        bind_finish(op, BIND_OK, -1, "");
    else if (op->seen_node[0])
        bind_finish(op, BIND_CONFLICT, -1, "the pod is on another node");
    else
        not_there(op, answer);
}

static void on_done(void *ctx, const struct kube_answer *answer)
{
    struct op *op = ctx;
    struct binder *binder = bind_binder_of(op);

    op->base.call = NULL;
    judge(op, answer);
    pod_ops_fill_slots(&binder->ops);
}

int bind_read_start(struct op *op, struct error *err)
{
    struct kube_request request = {.method = "GET", .timeout_ms = BIND_TIMEOUT_MS, .on_data = on_data, .on_done = on_done, .ctx = op};
    struct json_scan_callbacks callbacks = {on_seen, NULL, op};
    struct buffer target;

    buffer_init(&target, LIMIT_TARGET_BYTES);
    if (!op->scan)
        op->scan = json_scan_new(JSON_SCAN_FRAMES, seen_schema, LIMIT_OBJECT_BYTES, LIMIT_OBJECT_BYTES, &callbacks, err);
    if (op->scan && pod_target(op->bind.namespace_, op->bind.name, "", &target, err) == 0) {
        json_scan_reset(op->scan);
        free(op->seen_node);
        op->seen_node = NULL;
        request.target = target.data;
        op->base.call = kube_start(op->base.ops->client, &request, err);
    }
    buffer_free(&target);
    return op->base.call ? 0 : -1;
}

#include "common/kube/bind.h"

#include <stdlib.h>
#include <string.h>

#include "common/kube/bind_internal.h"
#include "common/kube/pod_request.h"
#include "common/limits.h"

#define HTTP_CREATED 201

/* ---- the end of an attempt ---- */

static void free_op(struct pod_op *base)
{
    struct op *op = (struct op *)base;

    json_scan_free(op->scan);
    free(op->seen_uid);
    free(op->seen_node);
    buffer_free(&op->body);
    free(op);
}

void bind_finish(struct op *op, enum bind_result result, int64_t retry_after_ms, const char *message)
{
    struct binder *binder = bind_binder_of(op);

    /* first it is over, then it is told: on_done may start a bind of the same pod, or drop it */
    pod_op_unlink(&op->base);
    if (result == BIND_OK || result == BIND_POD_GONE)
        bind_simulate_forget(binder, op->bind.uid);
    binder->options.on_done(binder->options.ctx, &op->bind, result, retry_after_ms, message);
    free_op(&op->base);
}

/* a lost answer to the last attempt: the pod is read once more, or a bound pod would be reported as failed */
static bool has_a_last_look(struct op *op)
{
    if (!op->verify || op->last_look)
        return false;
    op->last_look = true;
    return true;
}

void bind_attempt_failed(struct op *op, int status, const char *reason, int64_t retry_after_ms)
{
    struct binder *binder = bind_binder_of(op);

    if (binder->options.on_transient)
        binder->options.on_transient(binder->options.ctx, &op->bind, status, reason);
    if (binder->ops.draining) { /* as those that waited for another attempt when the draining began */
        pod_op_drop(&op->base);
        return;
    }
    if (op->bind.attempt >= binder->options.max_attempts && !has_a_last_look(op)) {
        bind_finish(op, BIND_FAILED, retry_after_ms, reason);
        return;
    }
    pod_op_retry(&op->base, op->bind.attempt, retry_after_ms);
}

/* a 409 that says that the pod is where we want it: our own bind, whose first answer was lost */
static bool already_ours(const struct op *op, const char *message)
{
    static const char words[] = "is already assigned to node \"";
    const char *node = strstr(message, words);
    size_t length = strlen(op->bind.node);

    if (!node)
        return false;
    node += sizeof words - 1;
    return !strncmp(node, op->bind.node, length) && node[length] == '"';
}

static void judge(struct op *op, const struct kube_answer *answer)
{
    const char *reason = answer->reason[0] ? answer->reason : answer->message;

    switch (answer->class_) {
    case KUBE_OK:
        if (answer->status == HTTP_CREATED) {
            bind_finish(op, BIND_OK, -1, "");
            break;
        }
        op->verify = true; /* a proxy's page, not an API server's word */
        bind_attempt_failed(op, answer->status, "not an answer to a Binding", -1);
        break;
    case KUBE_CONFLICT:
        bind_finish(op, already_ours(op, answer->message) ? BIND_OK : BIND_CONFLICT, -1, answer->message);
        break;
    case KUBE_NOT_FOUND:
        bind_finish(op, BIND_POD_GONE, -1, answer->message);
        break;
    case KUBE_FORBIDDEN:
        bind_finish(op, BIND_FORBIDDEN, answer->retry_after_ms, answer->message);
        break;
    case KUBE_REJECTED:
        bind_finish(op, BIND_REJECTED, -1, answer->message);
        break;
    case KUBE_UNKNOWN:
        op->verify = true;
        bind_attempt_failed(op, answer->status, answer->message, answer->retry_after_ms);
        break;
    default:
        bind_attempt_failed(op, answer->status, reason, answer->retry_after_ms);
    }
}

static void on_bind_done(void *ctx, const struct kube_answer *answer)
{
    struct op *op = ctx;
    struct binder *binder = bind_binder_of(op);

    op->base.call = NULL;
    judge(op, answer);
    pod_ops_fill_slots(&binder->ops);
}

/* ---- sending ---- */

static int build_body(struct op *op, struct error *err)
{
    struct buffer *body = &op->body;

    if (body->bytes)
        return 0;
    if (buffer_add_string(body, "{\"apiVersion\":\"v1\",\"kind\":\"Binding\",\"metadata\":{\"name\":", err) < 0 ||
        buffer_add_json_string(body, op->bind.name, err) < 0 || buffer_add_string(body, ",\"namespace\":", err) < 0 ||
        buffer_add_json_string(body, op->bind.namespace_, err) < 0 || buffer_add_string(body, ",\"uid\":", err) < 0 ||
        buffer_add_json_string(body, op->bind.uid, err) < 0 ||
        buffer_add_string(body, "},\"target\":{\"apiVersion\":\"v1\",\"kind\":\"Node\",\"name\":", err) < 0 ||
        buffer_add_json_string(body, op->bind.node, err) < 0 || buffer_add_string(body, "}}", err) < 0) {
        buffer_clear(body);
        return -1;
    }
    return 0;
}

static int start_bind_request(struct op *op, struct error *err)
{
    const struct binder_options *options = &bind_binder_of(op)->options;
    struct kube_request request = {
        .method = "POST", .content_type = "application/json", .timeout_ms = BIND_TIMEOUT_MS, .on_done = on_bind_done, .ctx = op};
    struct buffer target;

    buffer_init(&target, LIMIT_TARGET_BYTES);
    if (build_body(op, err) == 0 && pod_target(op->bind.namespace_, op->bind.name, "/binding", &target, err) == 0) {
        request.target = target.data;
        request.body = op->body.data;
        request.body_bytes = op->body.bytes;
        op->base.call = kube_start(op->base.ops->client, &request, err);
    }
    buffer_free(&target);
    if (op->base.call && options->on_sent)
        options->on_sent(options->ctx, &op->bind);
    return op->base.call ? 0 : -1;
}

/* also one that is only simulated counts as on the wire: on_transient must not drop it */
static void send_op(struct pod_op *base)
{
    struct op *op = (struct op *)base;
    struct error err = ERROR_INIT;

    if (!op->last_look)
        op->bind.attempt++;
    if (!op->verify && bind_simulate(bind_binder_of(op), op->bind.uid))
        bind_attempt_failed(op, 500, "Simulated internal error", -1);
    else if ((op->verify ? bind_read_start(op, &err) : start_bind_request(op, &err)) < 0)
        bind_attempt_failed(op, 0, err.text, -1);
}

/* ---- the interface ---- */

struct binder *binder_new(const struct binder_options *options, struct error *err)
{
    struct binder *binder = calloc(1, sizeof *binder);

    if (!binder) {
        error_no_memory(err);
        return NULL;
    }
    binder->options = *options;
    binder->ops.client = options->client;
    binder->ops.max_inflight = (size_t)options->max_inflight;
    binder->ops.backoff_ms = options->backoff_ms;
    binder->ops.send = send_op;
    binder->ops.free_op = free_op;
    pod_ops_open(&binder->ops);
    return binder;
}

void binder_free(struct binder *binder)
{
    if (!binder)
        return;
    pod_ops_close(&binder->ops);
    bind_simulate_free(binder);
    free(binder);
}

/* one piece of memory: the strings are behind the op */
static struct op *new_op(const char *namespace_, const char *name, const char *uid, const char *node)
{
    struct op *op = malloc(sizeof *op + strlen(namespace_) + strlen(name) + strlen(uid) + strlen(node) + 4);
    char *room = (char *)(op + 1);

    if (!op)
        return NULL;
    *op = (struct op){.verify = false};
    op->bind.namespace_ = pod_op_pack(&room, namespace_);
    op->bind.name = pod_op_pack(&room, name);
    op->bind.uid = pod_op_pack(&room, uid);
    op->bind.node = pod_op_pack(&room, node);
    buffer_init(&op->body, LIMIT_REQUEST_BODY_BYTES);
    return op;
}

int bind_start(struct binder *binder, const char *namespace_, const char *name, const char *uid, const char *node, struct error *err)
{
    struct op *op;

    if (pod_ops_may_add(&binder->ops, uid, "bind", err) < 0)
        return -1;
    op = new_op(namespace_, name, uid, node);
    if (!op)
        return error_no_memory(err);
    op->bind.started_us = pod_ops_now_us(&binder->ops);
    pod_ops_add(&binder->ops, &op->base, op->bind.uid);
    return 0;
}

bool bind_drop(struct binder *binder, const char *uid)
{
    struct pod_op *op = pod_ops_find(&binder->ops, uid);

    if (!op || op->place == POD_OP_ON_WIRE)
        return false;
    pod_op_drop(op);
    return true;
}

bool bind_settle(struct binder *binder, const char *uid, const char *node)
{
    struct op *op = (struct op *)pod_ops_find(&binder->ops, uid);

    if (!op || op->base.place == POD_OP_ON_WIRE)
        return !op;
    if (op->verify && !strcmp(op->bind.node, node))
        bind_finish(op, BIND_OK, -1, "");
    else
        bind_drop(binder, uid);
    return true;
}

const struct bind *bind_find(const struct binder *binder, const char *uid)
{
    struct op *op = (struct op *)pod_ops_find(&binder->ops, uid);

    return op ? &op->bind : NULL;
}

void bind_each(const struct binder *binder, void (*visit)(void *ctx, const struct bind *bind), void *ctx)
{
    for (int place = POD_OP_WAITING; place < POD_OP_PLACES; place++)
        for (struct pod_op *op = binder->ops.lists[place].first; op; op = op->next)
            visit(ctx, &((struct op *)op)->bind);
}

size_t binder_count(const struct binder *binder)
{
    return pod_ops_count(&binder->ops);
}

size_t binder_inflight(const struct binder *binder)
{
    return binder->ops.lists[POD_OP_ON_WIRE].count;
}

bool binder_sending(const struct binder *binder)
{
    return binder->ops.lists[POD_OP_WAITING].count > 0;
}

bool binder_has_room(const struct binder *binder)
{
    return binder->ops.lists[POD_OP_ON_WIRE].count + binder->ops.lists[POD_OP_WAITING].count < binder->ops.max_inflight;
}

void binder_drain(struct binder *binder)
{
    pod_ops_drain(&binder->ops);
}

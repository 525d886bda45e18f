/*
 * evict.c: see evict.h. An eviction is two requests, the PATCH and the DELETE; the second follows the first on the same slot. Both may be sent again
 * without harm after a lost answer: the patch is the same text, and the UID keeps both from any other pod.
 */
#include "common/kube/evict.h"

#include <stdlib.h>
#include <string.h>

#include "common/kube/pod_ops.h"
#include "common/kube/pod_request.h"
#include "common/limits.h"

struct op {
    struct pod_op base; /* first: a pod_op is an op */
    struct eviction eviction;
    const char *message; /* of the condition */
    int64_t wall_us;     /* evict_start(): the condition's time, the same at each attempt */
    bool patched;        /* the condition is written: the DELETE is next */
    bool delete_lost;    /* a DELETE may have been carried out without our seeing the answer */
    bool began, json;    /* the answer's body has begun; is an object */
    struct buffer body;
};

struct evictor {
    struct pod_ops ops; /* first: an op's pod_ops is its evictor */
    struct evictor_options options;
};

static struct evictor *evictor_of(const struct op *op)
{
    return (struct evictor *)op->base.ops;
}

static void free_op(struct pod_op *base)
{
    struct op *op = (struct op *)base;

    buffer_free(&op->body);
    free(op);
}

/* ---- the end of an attempt ---- */

static void finish(struct op *op, enum evict_result result, int64_t retry_after_ms, const char *message)
{
    const struct evictor_options *options = &evictor_of(op)->options;
    bool patched = op->patched;

    /* first it is over, then it is told: on_done may start an eviction of the same pod, or drop it */
    pod_op_unlink(&op->base);
    options->on_done(options->ctx, &op->eviction, result, patched ? "delete" : "patch", patched ? "pods" : "pods/status", retry_after_ms,
                     message);
    free_op(&op->base);
}

static void attempt_failed(struct op *op, const char *reason, int64_t retry_after_ms)
{
    if (op->base.ops->draining)
        pod_op_drop(&op->base);
    else if (op->eviction.attempt >= evictor_of(op)->options.max_attempts)
        finish(op, EVICT_FAILED, retry_after_ms, reason);
    else
        pod_op_retry(&op->base, op->eviction.attempt, retry_after_ms);
}

static void send_request(struct op *op);

static void carried_out(struct op *op)
{
    if (op->patched) {
        finish(op, EVICT_OK, -1, "");
    } else if (op->base.ops->draining) {
        pod_op_drop(&op->base);
    } else {
        op->patched = true;
        send_request(op);
    }
}

static void judge(struct op *op, const struct kube_answer *answer)
{
    const char *reason = answer->reason[0] ? answer->reason : answer->message;

    if (answer->class_ == KUBE_NOT_FOUND || pod_is_another(answer)) {
        finish(op, op->delete_lost ? EVICT_OK : EVICT_GONE, -1, answer->message);
    } else if (answer->class_ == KUBE_OK && op->json) {
        carried_out(op);
    } else if (answer->class_ == KUBE_FORBIDDEN || answer->class_ == KUBE_REJECTED) {
        finish(op, answer->class_ == KUBE_FORBIDDEN ? EVICT_FORBIDDEN : EVICT_FAILED, answer->retry_after_ms, answer->message);
    } else {
        /* a 2xx without an object is a proxy's page. A 409 that is not about the UID passes: somebody else wrote at the same time */
        op->delete_lost |= op->patched && (answer->class_ == KUBE_OK || answer->class_ == KUBE_UNKNOWN || answer->status >= 500);
        attempt_failed(op, answer->class_ == KUBE_OK ? "not an answer of an API server" : reason, answer->retry_after_ms);
    }
}

static void on_done(void *ctx, const struct kube_answer *answer)
{
    struct op *op = ctx;
    struct pod_ops *ops = op->base.ops;

    op->base.call = NULL;
    judge(op, answer);
    pod_ops_fill_slots(ops);
}

static int on_data(void *ctx, const char *data, size_t bytes)
{
    struct op *op = ctx;

    if (!op->began && bytes) {
        op->began = true;
        op->json = data[0] == '{';
    }
    return 0;
}

/* ---- sending ---- */

static int build_patch(struct op *op, struct error *err)
{
    struct pod_status_patch patch = {.uid = op->eviction.uid,
                                     .condition = "DisruptionTarget",
                                     .status = "True",
                                     .reason = "PreemptionByScheduler",
                                     .message = op->message,
                                     .wall_us = op->wall_us};

    return pod_status_patch(&patch, &op->body, err);
}

/* no gracePeriodSeconds: the pod's own holds */
static int build_delete(struct op *op, struct error *err)
{
    if (buffer_add_string(&op->body, "{\"apiVersion\":\"v1\",\"kind\":\"DeleteOptions\",\"preconditions\":{\"uid\":", err) < 0 ||
        buffer_add_json_string(&op->body, op->eviction.uid, err) < 0)
        return -1;
    return buffer_add_string(&op->body, "}}", err);
}

static int start_request(struct op *op, struct error *err)
{
    struct kube_request request = {.method = op->patched ? "DELETE" : "PATCH",
                                   .content_type = op->patched ? "application/json" : POD_STATUS_PATCH_TYPE,
                                   .timeout_ms = EVICT_TIMEOUT_MS,
                                   .on_data = on_data,
                                   .on_done = on_done,
                                   .ctx = op};
    struct buffer target;

    op->began = op->json = false;
    buffer_clear(&op->body);
    buffer_init(&target, LIMIT_TARGET_BYTES);
    if ((op->patched ? build_delete(op, err) : build_patch(op, err)) == 0 &&
        pod_target(op->eviction.namespace_, op->eviction.name, op->patched ? "" : "/status", &target, err) == 0) {
        request.target = target.data;
        request.body = op->body.data;
        request.body_bytes = op->body.bytes;
        op->base.call = kube_start(op->base.ops->client, &request, err);
    }
    buffer_free(&target);
    return op->base.call ? 0 : -1;
}

static void send_request(struct op *op)
{
    struct error err = ERROR_INIT;

    if (start_request(op, &err) < 0)
        attempt_failed(op, err.text, -1);
}

static void send_op(struct pod_op *base)
{
    struct op *op = (struct op *)base;

    op->eviction.attempt++;
    send_request(op);
}

/* ---- the interface ---- */

struct evictor *evictor_new(const struct evictor_options *options, struct error *err)
{
    struct evictor *evictor = calloc(1, sizeof *evictor);

    if (!evictor) {
        error_no_memory(err);
        return NULL;
    }
    evictor->options = *options;
    evictor->ops.client = options->client;
    evictor->ops.max_inflight = (size_t)options->max_inflight;
    evictor->ops.backoff_ms = options->backoff_ms;
    evictor->ops.send = send_op;
    evictor->ops.free_op = free_op;
    pod_ops_open(&evictor->ops);
    return evictor;
}

void evictor_free(struct evictor *evictor)
{
    if (!evictor)
        return;
    pod_ops_close(&evictor->ops);
    free(evictor);
}

/* one piece of memory: the strings are behind the op */
static struct op *new_op(const char *namespace_, const char *name, const char *uid, const char *message)
{
    struct op *op = malloc(sizeof *op + strlen(namespace_) + strlen(name) + strlen(uid) + strlen(message) + 4);
    char *room = (char *)(op + 1);

    if (!op)
        return NULL;
    *op = (struct op){.patched = false};
    op->eviction.namespace_ = pod_op_pack(&room, namespace_);
    op->eviction.name = pod_op_pack(&room, name);
    op->eviction.uid = pod_op_pack(&room, uid);
    op->message = pod_op_pack(&room, message);
    buffer_init(&op->body, LIMIT_REQUEST_BODY_BYTES);
    return op;
}

int evict_start(struct evictor *evictor, const char *namespace_, const char *name, const char *uid, const char *message, struct error *err)
{
    const struct clock *clock = kube_client_clock(evictor->options.client);
    struct op *op;

    if (pod_ops_may_add(&evictor->ops, uid, "eviction", err) < 0)
        return -1;
    op = new_op(namespace_, name, uid, message);
    if (!op)
        return error_no_memory(err);
    op->eviction.started_us = pod_ops_now_us(&evictor->ops);
    op->wall_us = clock->wall_us(clock);
    pod_ops_add(&evictor->ops, &op->base, op->eviction.uid);
    return 0;
}

const struct eviction *evict_find(const struct evictor *evictor, const char *uid)
{
    struct op *op = (struct op *)pod_ops_find(&evictor->ops, uid);

    return op ? &op->eviction : NULL;
}

bool evict_drop(struct evictor *evictor, const char *uid)
{
    struct op *op = (struct op *)pod_ops_find(&evictor->ops, uid);

    if (!op || (op->base.place == POD_OP_ON_WIRE && op->patched))
        return false;
    pod_op_drop(&op->base);
    return true;
}

size_t evictor_count(const struct evictor *evictor)
{
    return pod_ops_count(&evictor->ops);
}

size_t evictor_inflight(const struct evictor *evictor)
{
    return evictor->ops.lists[POD_OP_ON_WIRE].count;
}

void evictor_drain(struct evictor *evictor)
{
    pod_ops_drain(&evictor->ops);
}

/*
 * bind.c: see bind.h. A bind is in one of three places: waiting for a slot, on the wire, or waiting for its next attempt.
 */
#include "common/kube/bind_internal.h"

#include <stdlib.h>
#include <string.h>

#include "common/limits.h"

static int64_t now_us(const struct binder *binder)
{
    const struct clock *clock = kube_client_clock(binder->options.client);

    return clock->monotonic_us(clock);
}

#define HTTP_CREATED 201

/* ---- the end of an attempt ---- */

void bind_finish(struct op *op, enum bind_result result, int64_t retry_after_ms, const char *message)
{
    struct binder *binder = op->binder;

    /* first it is over, then it is told: on_done may start a bind of the same pod, or drop it */
    bind_op_unlink(op);
    if (result == BIND_OK || result == BIND_POD_GONE)
        bind_simulate_forget(binder, op->bind.uid);
    binder->options.on_done(binder->options.ctx, &op->bind, result, retry_after_ms, message);
    bind_op_free(op);
}

static int64_t retry_delay_us(const struct op *op, int64_t retry_after_ms)
{
    int64_t delay_ms = op->binder->options.backoff_ms;

    for (int i = 1; i < op->bind.attempt && delay_ms < BIND_BACKOFF_MAX_MS; i++)
        delay_ms *= 2;
    if (delay_ms > BIND_BACKOFF_MAX_MS)
        delay_ms = BIND_BACKOFF_MAX_MS;
    delay_ms = kube_client_jitter(op->binder->options.client, delay_ms * 1000) / 1000;
    if (delay_ms < retry_after_ms)
        delay_ms = retry_after_ms < BIND_BACKOFF_MAX_MS ? retry_after_ms : BIND_BACKOFF_MAX_MS;
    return delay_ms * 1000;
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
    struct binder *binder = op->binder;

    if (binder->options.on_transient)
        binder->options.on_transient(binder->options.ctx, &op->bind, status, reason);
    if (binder->draining) { /* as those that waited for another attempt when the draining began */
        bind_op_unlink(op);
        bind_op_free(op);
        return;
    }
    if (op->bind.attempt >= binder->options.max_attempts && !has_a_last_look(op)) {
        bind_finish(op, BIND_FAILED, retry_after_ms, reason);
        return;
    }
    op->due_us = now_us(binder) + retry_delay_us(op, retry_after_ms);
    bind_op_move(op, WAITING_FOR_RETRY);
    if (op->due_us < binder->timer.due_us)
        binder->timer.due_us = op->due_us;
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
    struct binder *binder = op->binder;

    op->call = NULL;
    judge(op, answer);
    bind_fill_slots(binder);
}

/* ---- sending ---- */

int bind_target(const struct op *op, const char *suffix, struct buffer *target, struct error *err)
{
    if (buffer_add_string(target, "/api/v1/namespaces/", err) < 0 || buffer_add_query_escaped(target, op->bind.namespace_, err) < 0 ||
        buffer_add_string(target, "/pods/", err) < 0 || buffer_add_query_escaped(target, op->bind.name, err) < 0)
        return -1;
    return buffer_add_string(target, suffix, err);
}

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
    struct kube_request request = {
        .method = "POST", .content_type = "application/json", .timeout_ms = BIND_TIMEOUT_MS, .on_done = on_bind_done, .ctx = op};
    struct buffer target;

    buffer_init(&target, LIMIT_TARGET_BYTES);
    if (build_body(op, err) == 0 && bind_target(op, "/binding", &target, err) == 0) {
        request.target = target.data;
        request.body = op->body.data;
        request.body_bytes = op->body.bytes;
        op->call = kube_start(op->binder->options.client, &request, err);
    }
    buffer_free(&target);
    if (op->call && op->binder->options.on_sent)
        op->binder->options.on_sent(op->binder->options.ctx, &op->bind);
    return op->call ? 0 : -1;
}

static void send_op(struct op *op)
{
    struct error err = ERROR_INIT;

    if (!op->last_look)
        op->bind.attempt++;
    bind_op_move(op, ON_WIRE); /* also when it is only simulated: on_transient must not drop it */
    if (!op->verify && bind_simulate(op->binder, op->bind.uid))
        bind_attempt_failed(op, 500, "Simulated internal error", -1);
    else if ((op->verify ? bind_read_start(op, &err) : start_bind_request(op, &err)) < 0)
        bind_attempt_failed(op, 0, err.text, -1);
}

void bind_fill_slots(struct binder *binder)
{
    while (!binder->draining && binder->lists[WAITING_FOR_SLOT].first &&
           binder->lists[ON_WIRE].count < (size_t)binder->options.max_inflight)
        send_op(binder->lists[WAITING_FOR_SLOT].first);
}

static void set_timer(struct binder *binder)
{
    binder->timer.due_us = TIMER_NEVER;
    for (struct op *op = binder->lists[WAITING_FOR_RETRY].first; op; op = op->next)
        if (op->due_us < binder->timer.due_us)
            binder->timer.due_us = op->due_us;
}

static void on_timer(void *ctx)
{
    struct binder *binder = ctx;
    int64_t now = now_us(binder);
    struct op *next;

    for (struct op *op = binder->lists[WAITING_FOR_RETRY].first; op; op = next) {
        next = op->next;
        if (op->due_us <= now)
            bind_op_move(op, WAITING_FOR_SLOT);
    }
    bind_fill_slots(binder);
    set_timer(binder);
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
    kube_timer_add(kube_client_timers(options->client), &binder->timer, on_timer, binder);
    return binder;
}

void binder_free(struct binder *binder)
{
    if (!binder)
        return;
    for (int place = WAITING_FOR_SLOT; place < PLACES; place++)
        bind_op_free_all(&binder->lists[place]);
    bind_simulate_free(binder);
    kube_timer_remove(kube_client_timers(binder->options.client), &binder->timer);
    free(binder);
}

int bind_start(struct binder *binder, const char *namespace_, const char *name, const char *uid, const char *node, struct error *err)
{
    struct op *op;

    if (binder->draining)
        return error_set(err, ERROR_RUNTIME, "no bind is started any more");
    if (bind_op_find(binder, uid))
        return error_set(err, ERROR_RUNTIME, "a bind of this pod is under way already");
    op = bind_op_new(binder, namespace_, name, uid, node, err);
    if (!op)
        return -1;
    /* even the first attempt goes out from the loop, or nothing could be said about what is called from inside */
    op->bind.started_us = op->due_us = now_us(binder);
    binder->timer.due_us = op->due_us;
    return 0;
}

bool bind_drop(struct binder *binder, const char *uid)
{
    struct op *op = bind_op_find(binder, uid);

    if (!op || op->place == ON_WIRE)
        return false;
    bind_op_unlink(op);
    bind_op_free(op);
    return true;
}

bool bind_settle(struct binder *binder, const char *uid, const char *node)
{
    struct op *op = bind_op_find(binder, uid);

    if (!op || op->place == ON_WIRE)
        return !op;
    if (op->verify && !strcmp(op->bind.node, node))
        bind_finish(op, BIND_OK, -1, "");
    else
        bind_drop(binder, uid);
    return true;
}

const struct bind *bind_find(const struct binder *binder, const char *uid)
{
    struct op *op = bind_op_find(binder, uid);

    return op ? &op->bind : NULL;
}

void bind_each(const struct binder *binder, void (*visit)(void *ctx, const struct bind *bind), void *ctx)
{
    for (int place = WAITING_FOR_SLOT; place < PLACES; place++)
        for (struct op *op = binder->lists[place].first; op; op = op->next)
            visit(ctx, &op->bind);
}

size_t binder_count(const struct binder *binder)
{
    return binder->lists[WAITING_FOR_SLOT].count + binder->lists[ON_WIRE].count + binder->lists[WAITING_FOR_RETRY].count;
}

size_t binder_inflight(const struct binder *binder)
{
    return binder->lists[ON_WIRE].count;
}

bool binder_sending(const struct binder *binder)
{
    return binder->lists[WAITING_FOR_SLOT].count > 0;
}

bool binder_has_room(const struct binder *binder)
{
    return binder->lists[ON_WIRE].count + binder->lists[WAITING_FOR_SLOT].count < (size_t)binder->options.max_inflight;
}

void binder_drain(struct binder *binder)
{
    binder->draining = true;
    bind_op_free_all(&binder->lists[WAITING_FOR_SLOT]);
    bind_op_free_all(&binder->lists[WAITING_FOR_RETRY]);
}

/*
 * bind.c: see bind.h. A bind is in one of three places: waiting for a slot, on the wire, or waiting for its next attempt.
 */
#include "common/kube/bind.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "common/kube/json_scan.h"
#include "common/limits.h"

enum place { WAITING_FOR_SLOT, ON_WIRE, WAITING_FOR_RETRY };

struct op {
    struct bind bind; /* first: an op is a bind */
    struct binder *binder;
    enum place place;
    bool verify;      /* the next request reads the pod instead of binding it */
    int64_t due_us;   /* of the next attempt */
    struct kube_call *call;
    struct json_scan *scan; /* of the pod that is read; NULL otherwise */
    char *seen_uid, *seen_node;
    struct buffer body;
    struct op *previous, *next; /* in the list of its place */
    struct op *next_in_bucket;
};

struct op_list {
    struct op *first, *last;
    size_t count;
};

#define BUCKETS 1024

struct binder {
    struct binder_options options;
    struct op_list lists[3];
    struct op *buckets[BUCKETS];
    struct kube_timer timer;
    bool draining;
    struct spent *spent;
};

/* how many simulated errors a pod has had: they are counted over all of its binds */
struct spent {
    int count;
    struct spent *next;
    char uid[];
};

static void send_op(struct op *op);
static void fill_slots(struct binder *binder);

/* ---- the lists and the index ---- */

static void list_add(struct op *op, enum place place)
{
    struct op_list *list = &op->binder->lists[place];

    op->place = place;
    op->next = NULL;
    op->previous = list->last;
    if (list->last)
        list->last->next = op;
    else
        list->first = op;
    list->last = op;
    list->count++;
}

static void list_remove(struct op *op)
{
    struct op_list *list = &op->binder->lists[op->place];

    if (op->previous)
        op->previous->next = op->next;
    else
        list->first = op->next;
    if (op->next)
        op->next->previous = op->previous;
    else
        list->last = op->previous;
    list->count--;
}

static void move(struct op *op, enum place place)
{
    list_remove(op);
    list_add(op, place);
}

static unsigned bucket_of(const char *uid)
{
    unsigned hash = 2166136261u; /* FNV-1a */

    for (; *uid; uid++)
        hash = (hash ^ (unsigned char)*uid) * 16777619u;
    return hash % BUCKETS;
}

static struct op *find(const struct binder *binder, const char *uid)
{
    struct op *op = binder->buckets[bucket_of(uid)];

    while (op && strcmp(op->bind.uid, uid) != 0)
        op = op->next_in_bucket;
    return op;
}

static void free_op(struct op *op)
{
    struct op **link = &op->binder->buckets[bucket_of(op->bind.uid)];

    while (*link != op)
        link = &(*link)->next_in_bucket;
    *link = op->next_in_bucket;
    list_remove(op);
    json_scan_free(op->scan);
    free(op->seen_uid);
    free(op->seen_node);
    buffer_free(&op->body);
    free(op);
}

static int64_t now_us(const struct binder *binder)
{
    const struct clock *clock = kube_client_clock(binder->options.client);

    return clock->monotonic_us(clock);
}

/* ---- the end of an attempt ---- */

static void set_timer(struct binder *binder)
{
    binder->timer.due_us = TIMER_NEVER;
    for (struct op *op = binder->lists[WAITING_FOR_RETRY].first; op; op = op->next)
        if (op->due_us < binder->timer.due_us)
            binder->timer.due_us = op->due_us;
}

static void finish(struct op *op, enum bind_result result, int64_t retry_after_ms, const char *message)
{
    struct binder *binder = op->binder;

    binder->options.on_done(binder->options.ctx, &op->bind, result, retry_after_ms, message);
    free_op(op);
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

/* an attempt failed in a way that may pass */
static void attempt_failed(struct op *op, int status, const char *reason, int64_t retry_after_ms)
{
    struct binder *binder = op->binder;

    if (binder->options.on_transient)
        binder->options.on_transient(binder->options.ctx, &op->bind, status, reason);
    if (op->bind.attempt >= binder->options.max_attempts || binder->draining) {
        finish(op, BIND_FAILED, retry_after_ms, reason);
        return;
    }
    op->due_us = now_us(binder) + retry_delay_us(op, retry_after_ms);
    move(op, WAITING_FOR_RETRY);
    set_timer(binder);
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
        finish(op, BIND_OK, -1, "");
        break;
    case KUBE_CONFLICT:
        finish(op, already_ours(op, answer->message) ? BIND_OK : BIND_CONFLICT, -1, answer->message);
        break;
    case KUBE_NOT_FOUND:
        finish(op, BIND_POD_GONE, -1, answer->message);
        break;
    case KUBE_FORBIDDEN:
        finish(op, BIND_FORBIDDEN, answer->retry_after_ms, answer->message);
        break;
    case KUBE_REJECTED:
        finish(op, BIND_REJECTED, -1, answer->message);
        break;
    case KUBE_UNKNOWN:
        op->verify = true;
        attempt_failed(op, answer->status, answer->message, answer->retry_after_ms);
        break;
    default:
        attempt_failed(op, answer->status, reason, answer->retry_after_ms);
    }
}

static void on_bind_done(void *ctx, const struct kube_answer *answer)
{
    struct op *op = ctx;
    struct binder *binder = op->binder;

    op->call = NULL;
    judge(op, answer);
    fill_slots(binder);
}

/* ---- reading the pod after a lost answer ---- */

static const struct json_field seen_metadata[] = {{"uid", NULL}, {NULL, NULL}};
static const struct json_field seen_spec[] = {{"nodeName", NULL}, {NULL, NULL}};
static const struct json_field seen_schema[] = {{"metadata", seen_metadata}, {"spec", seen_spec}, {NULL, NULL}};

static int keep(char **to, const json_t *object, const char *key, struct error *err)
{
    const char *text = json_string_value(json_object_get(object, key));

    free(*to);
    *to = strdup(text ? text : "");
    return *to ? 0 : error_no_memory(err);
}

static int on_seen(void *ctx, const char *text, size_t bytes, size_t raw_bytes, struct error *err)
{
    struct op *op = ctx;
    json_error_t problem;
    json_t *pod = json_loadb(text, bytes, JSON_REJECT_DUPLICATES, &problem);
    int ret = -1;

    (void)raw_bytes;
    if (!pod)
        error_set(err, ERROR_RUNTIME, "%s", problem.text);
    else if (keep(&op->seen_uid, json_object_get(pod, "metadata"), "uid", err) == 0)
        ret = keep(&op->seen_node, json_object_get(pod, "spec"), "nodeName", err);
    json_decref(pod);
    return ret;
}

static int on_seen_data(void *ctx, const char *data, size_t bytes)
{
    struct op *op = ctx;
    struct error err = ERROR_INIT;

    return json_scan_feed(op->scan, data, bytes, &err);
}

static void judge_seen(struct op *op, const struct kube_answer *answer)
{
    op->verify = false;
    if (answer->class_ == KUBE_NOT_FOUND) {
        finish(op, BIND_POD_GONE, -1, answer->message);
    } else if (answer->class_ != KUBE_OK || !op->seen_node) {
        op->verify = true;
        attempt_failed(op, answer->status, answer->reason[0] ? answer->reason : answer->message, answer->retry_after_ms);
    } else if (strcmp(op->seen_uid, op->bind.uid) != 0) {
        finish(op, BIND_POD_GONE, -1, "another pod has the name now");
    } else if (!strcmp(op->seen_node, op->bind.node)) {
        finish(op, BIND_OK, -1, "");
    } else if (op->seen_node[0]) {
        finish(op, BIND_CONFLICT, -1, "the pod is on another node");
    } else {
        op->bind.attempt--; /* the lost one never arrived, and reading was no attempt */
        list_remove(op);
        list_add(op, WAITING_FOR_SLOT);
    }
}

static void on_seen_done(void *ctx, const struct kube_answer *answer)
{
    struct op *op = ctx;
    struct binder *binder = op->binder;

    op->call = NULL;
    judge_seen(op, answer);
    fill_slots(binder);
}

/* ---- sending ---- */

static int build_target(const struct op *op, const char *suffix, struct buffer *target, struct error *err)
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
    struct kube_request request = {.method = "POST", .content_type = "application/json", .timeout_ms = BIND_TIMEOUT_MS, .on_done = on_bind_done, .ctx = op};
    struct buffer target;

    buffer_init(&target, LIMIT_TARGET_BYTES);
    if (build_body(op, err) == 0 && build_target(op, "/binding", &target, err) == 0) {
        request.target = target.data;
        request.body = op->body.data;
        request.body_bytes = op->body.bytes;
        op->call = kube_start(op->binder->options.client, &request, err);
    }
    buffer_free(&target);
    return op->call ? 0 : -1;
}

static int start_read_request(struct op *op, struct error *err)
{
    struct kube_request request = {.method = "GET", .timeout_ms = BIND_TIMEOUT_MS, .on_data = on_seen_data, .on_done = on_seen_done, .ctx = op};
    struct json_scan_callbacks callbacks = {on_seen, NULL, op};
    struct buffer target;

    buffer_init(&target, LIMIT_TARGET_BYTES);
    if (!op->scan)
        op->scan = json_scan_new(JSON_SCAN_FRAMES, seen_schema, LIMIT_OBJECT_BYTES, LIMIT_OBJECT_BYTES, &callbacks, err);
    if (op->scan && build_target(op, "", &target, err) == 0) {
        json_scan_reset(op->scan);
        free(op->seen_node);
        op->seen_node = NULL;
        request.target = target.data;
        op->call = kube_start(op->binder->options.client, &request, err);
    }
    buffer_free(&target);
    return op->call ? 0 : -1;
}

/* whether this attempt is to fail; without memory to count with, it is not */
static bool spend_simulated_error(struct binder *binder, const char *uid)
{
    struct spent *spent = binder->spent;

    if (!binder->options.simulate_errors)
        return false;
    while (spent && strcmp(spent->uid, uid) != 0)
        spent = spent->next;
    if (!spent) {
        spent = calloc(1, sizeof *spent + strlen(uid) + 1);
        if (!spent)
            return false;
        memcpy(spent->uid, uid, strlen(uid) + 1);
        spent->next = binder->spent;
        binder->spent = spent;
    }
    return spent->count++ < binder->options.simulate_errors;
}

static void send_op(struct op *op)
{
    struct error err = ERROR_INIT;

    op->bind.attempt++;
    if (spend_simulated_error(op->binder, op->bind.uid)) {
        attempt_failed(op, 500, "Simulated internal error", -1);
        return;
    }
    move(op, ON_WIRE);
    if ((op->verify ? start_read_request(op, &err) : start_bind_request(op, &err)) < 0)
        attempt_failed(op, 0, err.text, -1);
}

static void fill_slots(struct binder *binder)
{
    while (!binder->draining && binder->lists[WAITING_FOR_SLOT].first && binder->lists[ON_WIRE].count < (size_t)binder->options.max_inflight)
        send_op(binder->lists[WAITING_FOR_SLOT].first);
}

static void on_timer(void *ctx)
{
    struct binder *binder = ctx;
    int64_t now = now_us(binder);
    struct op *next;

    for (struct op *op = binder->lists[WAITING_FOR_RETRY].first; op; op = next) {
        next = op->next;
        if (op->due_us <= now)
            move(op, WAITING_FOR_SLOT);
    }
    fill_slots(binder);
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

static void free_list(struct op_list *list)
{
    while (list->first) {
        if (list->first->call)
            kube_cancel(list->first->binder->options.client, list->first->call);
        free_op(list->first);
    }
}

void binder_free(struct binder *binder)
{
    if (!binder)
        return;
    for (int place = WAITING_FOR_SLOT; place <= WAITING_FOR_RETRY; place++)
        free_list(&binder->lists[place]);
    while (binder->spent) {
        struct spent *next = binder->spent->next;

        free(binder->spent);
        binder->spent = next;
    }
    kube_timer_remove(kube_client_timers(binder->options.client), &binder->timer);
    free(binder);
}

/* copies a string behind the op and moves *room on */
static const char *pack(char **room, const char *text)
{
    size_t bytes = strlen(text) + 1;
    char *copy = *room;

    memcpy(copy, text, bytes);
    *room += bytes;
    return copy;
}

int bind_start(struct binder *binder, const char *namespace_, const char *name, const char *uid, const char *node, struct error *err)
{
    struct op *op = malloc(sizeof *op + strlen(namespace_) + strlen(name) + strlen(uid) + strlen(node) + 4);
    struct op **bucket = &binder->buckets[bucket_of(uid)];
    char *room = (char *)(op + 1);

    if (!op)
        return error_no_memory(err);
    *op = (struct op){.binder = binder};
    op->bind.namespace_ = pack(&room, namespace_);
    op->bind.name = pack(&room, name);
    op->bind.uid = pack(&room, uid);
    op->bind.node = pack(&room, node);
    op->bind.started_us = now_us(binder);
    buffer_init(&op->body, LIMIT_REQUEST_BODY_BYTES);
    op->next_in_bucket = *bucket;
    *bucket = op;
    /* even the first attempt goes out from the loop, or nothing could be said about what is called from inside */
    op->due_us = op->bind.started_us;
    list_add(op, WAITING_FOR_SLOT);
    binder->timer.due_us = op->due_us;
    return 0;
}

bool bind_drop(struct binder *binder, const char *uid)
{
    struct op *op = find(binder, uid);

    if (!op || op->place == ON_WIRE)
        return false;
    free_op(op);
    return true;
}

bool bind_settle(struct binder *binder, const char *uid, const char *node)
{
    struct op *op = find(binder, uid);

    if (!op || op->place == ON_WIRE)
        return !op;
    if (op->verify && !strcmp(op->bind.node, node))
        finish(op, BIND_OK, -1, "");
    else
        free_op(op);
    return true;
}

const struct bind *bind_find(const struct binder *binder, const char *uid)
{
    struct op *op = find(binder, uid);

    return op ? &op->bind : NULL;
}

void bind_each(const struct binder *binder, void (*visit)(void *ctx, const struct bind *bind), void *ctx)
{
    for (int place = WAITING_FOR_SLOT; place <= WAITING_FOR_RETRY; place++)
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
    free_list(&binder->lists[WAITING_FOR_SLOT]);
    free_list(&binder->lists[WAITING_FOR_RETRY]);
}

#include "common/kube/pod_ops.h"

#include <string.h>

int64_t pod_ops_now_us(const struct pod_ops *ops)
{
    const struct clock *clock = kube_client_clock(ops->client);

    return clock->monotonic_us(clock);
}

/* ---- lists and index ---- */

static void list_add(struct pod_op *op, enum pod_op_place place)
{
    struct pod_op_list *list = &op->ops->lists[place];

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

static void list_remove(struct pod_op *op)
{
    struct pod_op_list *list = &op->ops->lists[op->place];

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

void pod_op_move(struct pod_op *op, enum pod_op_place place)
{
    list_remove(op);
    list_add(op, place);
}

static unsigned bucket_of(const char *uid)
{
    unsigned hash = 2166136261u; /* FNV-1a */

    for (; *uid; uid++)
        hash = (hash ^ (unsigned char)*uid) * 16777619u;
    return hash % POD_OP_BUCKETS;
}

struct pod_op *pod_ops_find(const struct pod_ops *ops, const char *uid)
{
    struct pod_op *op = ops->buckets[bucket_of(uid)];

    while (op && strcmp(op->uid, uid) != 0)
        op = op->next_in_bucket;
    return op;
}

int pod_ops_may_add(const struct pod_ops *ops, const char *uid, const char *what, struct error *err)
{
    if (ops->draining)
        return error_set(err, ERROR_RUNTIME, "no %s is started any more", what);
    if (pod_ops_find(ops, uid))
        return error_set(err, ERROR_RUNTIME, "%s of this pod is under way already", what);
    return 0;
}

void pod_ops_add(struct pod_ops *ops, struct pod_op *op, const char *uid)
{
    struct pod_op **bucket = &ops->buckets[bucket_of(uid)];

    op->ops = ops;
    op->uid = uid;
    op->next_in_bucket = *bucket;
    *bucket = op;
    list_add(op, POD_OP_WAITING);
    /* even the first attempt goes out from the loop, or nothing could be said about what is called from inside */
    op->due_us = ops->timer.due_us = pod_ops_now_us(ops);
}

void pod_op_unlink(struct pod_op *op)
{
    struct pod_op **link = &op->ops->buckets[bucket_of(op->uid)];

    while (*link != op)
        link = &(*link)->next_in_bucket;
    *link = op->next_in_bucket;
    list_remove(op);
}

void pod_op_drop(struct pod_op *op)
{
    struct pod_ops *ops = op->ops;

    if (op->call)
        kube_cancel(ops->client, op->call);
    op->call = NULL;
    if (op->place == POD_OP_ON_WIRE)
        ops->timer.due_us = pod_ops_now_us(ops); /* its slot is free, and nothing is sent from inside */
    pod_op_unlink(op);
    ops->free_op(op);
}

const char *pod_op_pack(char **room, const char *text)
{
    size_t bytes = strlen(text) + 1;
    char *copy = *room;

    memcpy(copy, text, bytes);
    *room += bytes;
    return copy;
}

/* ---- attempts ---- */

static int64_t retry_delay_us(const struct pod_ops *ops, int attempt, int64_t retry_after_ms)
{
    int64_t delay_ms = ops->backoff_ms;

    for (int i = 1; i < attempt && delay_ms < POD_OP_BACKOFF_MAX_MS; i++)
        delay_ms *= 2;
    if (delay_ms > POD_OP_BACKOFF_MAX_MS)
        delay_ms = POD_OP_BACKOFF_MAX_MS;
    delay_ms = kube_client_jitter(ops->client, delay_ms * 1000) / 1000;
    if (delay_ms < retry_after_ms)
        delay_ms = retry_after_ms < POD_OP_BACKOFF_MAX_MS ? retry_after_ms : POD_OP_BACKOFF_MAX_MS;
    return delay_ms * 1000;
}

void pod_op_retry(struct pod_op *op, int attempt, int64_t retry_after_ms)
{
    struct pod_ops *ops = op->ops;

    op->due_us = pod_ops_now_us(ops) + retry_delay_us(ops, attempt, retry_after_ms);
    pod_op_move(op, POD_OP_RETRY);
    if (op->due_us < ops->timer.due_us)
        ops->timer.due_us = op->due_us;
}

void pod_ops_fill_slots(struct pod_ops *ops)
{
    while (!ops->draining && ops->lists[POD_OP_WAITING].first && ops->lists[POD_OP_ON_WIRE].count < ops->max_inflight) {
        struct pod_op *op = ops->lists[POD_OP_WAITING].first;

        pod_op_move(op, POD_OP_ON_WIRE);
        ops->send(op);
    }
}

static void set_timer(struct pod_ops *ops)
{
    ops->timer.due_us = TIMER_NEVER;
    for (struct pod_op *op = ops->lists[POD_OP_RETRY].first; op; op = op->next)
        if (op->due_us < ops->timer.due_us)
            ops->timer.due_us = op->due_us;
}

static void on_timer(void *ctx)
{
    struct pod_ops *ops = ctx;
    int64_t now = pod_ops_now_us(ops);
    struct pod_op *next;

    for (struct pod_op *op = ops->lists[POD_OP_RETRY].first; op; op = next) {
        next = op->next;
        if (op->due_us <= now)
            pod_op_move(op, POD_OP_WAITING);
    }
    pod_ops_fill_slots(ops);
    set_timer(ops);
}

/* ---- the whole ---- */

static void drop_all(struct pod_op_list *list)
{
    while (list->first)
        pod_op_drop(list->first);
}

void pod_ops_open(struct pod_ops *ops)
{
    kube_timer_add(kube_client_timers(ops->client), &ops->timer, on_timer, ops);
}

void pod_ops_close(struct pod_ops *ops)
{
    for (int place = POD_OP_WAITING; place < POD_OP_PLACES; place++)
        drop_all(&ops->lists[place]);
    kube_timer_remove(kube_client_timers(ops->client), &ops->timer);
}

size_t pod_ops_count(const struct pod_ops *ops)
{
    return ops->lists[POD_OP_WAITING].count + ops->lists[POD_OP_ON_WIRE].count + ops->lists[POD_OP_RETRY].count;
}

void pod_ops_drain(struct pod_ops *ops)
{
    ops->draining = true;
    drop_all(&ops->lists[POD_OP_WAITING]);
    drop_all(&ops->lists[POD_OP_RETRY]);
}

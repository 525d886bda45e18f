/*
 * queue.c: where a waiting pod stands. Each place is a heap; room for every pod in every heap is made when the pod is added, so that
 * no later step can fail.
 */
#include "common/cluster/queue.h"

#include <stdlib.h>
#include <string.h>

#include "common/cluster/heap.h"

struct queue {
    struct heap heap[QUEUE_GATED + 1]; /* by place; QUEUE_NONE holds what is in flight */
    size_t count;                      /* pods in all of them */
    unsigned long wakes;
};

/* highest priority, oldest, then by name */
static bool is_more_urgent(const struct queued *a, const struct queued *b)
{
    const struct pod *p = a->pod->pod, *q = b->pod->pod;
    int order;

    if (p->priority != q->priority)
        return p->priority > q->priority;
    if (p->created_us != q->created_us)
        return p->created_us < q->created_us;
    order = strcmp(p->namespace_, q->namespace_);
    return order ? order < 0 : strcmp(p->name, q->name) < 0;
}

static bool ends_backoff_before(const struct queued *a, const struct queued *b)
{
    return a->backoff_end_us < b->backoff_end_us;
}

static bool leaves_before(const struct queued *a, const struct queued *b)
{
    return a->leave_us < b->leave_us;
}

struct queue *queue_new(struct error *err)
{
    struct queue *queue = calloc(1, sizeof *queue);

    if (!queue) {
        error_no_memory(err);
        return NULL;
    }
    queue->heap[QUEUE_NONE].before = leaves_before;
    queue->heap[QUEUE_ACTIVE].before = is_more_urgent;
    queue->heap[QUEUE_BACKOFF].before = ends_backoff_before;
    queue->heap[QUEUE_UNSCHEDULABLE].before = leaves_before;
    queue->heap[QUEUE_GATED].before = leaves_before;
    return queue;
}

void queue_free(struct queue *queue)
{
    if (!queue)
        return;
    for (int place = QUEUE_NONE; place <= QUEUE_GATED; place++) {
        for (size_t i = 0; i < queue->heap[place].count; i++)
            free(queue->heap[place].item[i]);
        free(queue->heap[place].item);
    }
    free(queue);
}

static void move(struct queue *queue, struct queued *q, enum queue_place to)
{
    heap_remove(&queue->heap[q->place], q);
    q->place = to;
    heap_insert(&queue->heap[to], q);
}

int queue_add(struct queue *queue, struct cached_pod *pod, int64_t now_us, struct error *err)
{
    struct queued *q;

    if (pod->user)
        return 0;
    for (int place = QUEUE_NONE; place <= QUEUE_GATED; place++)
        if (heap_reserve(&queue->heap[place], queue->count + 1, err) < 0)
            return -1;
    q = calloc(1, sizeof *q);
    if (!q)
        return error_no_memory(err);
    q->pod = pod;
    q->first_seen_us = now_us;
    q->fingerprint = pod_fingerprint(pod->pod);
    queue->count++;
    pod->user = q;
    q->place = pod->pod->gated ? QUEUE_GATED : QUEUE_ACTIVE;
    heap_insert(&queue->heap[q->place], q);
    return 0;
}

/* out of unschedulable or gated: a pod that failed lately waits for the end of its backoff */
static void release(struct queue *queue, struct queued *q, int64_t now_us)
{
    move(queue, q, q->backoff_end_us > now_us ? QUEUE_BACKOFF : QUEUE_ACTIVE);
}

void queue_update(struct queue *queue, struct cached_pod *pod, int64_t now_us)
{
    struct queued *q = pod->user;
    uint64_t fingerprint;
    bool changed;

    if (!q)
        return;
    fingerprint = pod_fingerprint(pod->pod);
    changed = fingerprint != q->fingerprint;
    q->fingerprint = fingerprint;
    if (q->place == QUEUE_NONE) {
        /* its failure, when it comes, was about what the pod no longer is */
        if (changed)
            q->wakes = queue->wakes - 1;
    } else if (pod->pod->gated) {
        if (q->place != QUEUE_GATED)
            move(queue, q, QUEUE_GATED);
    } else if (q->place == QUEUE_GATED || (q->place == QUEUE_UNSCHEDULABLE && changed)) {
        release(queue, q, now_us);
    } else {
        heap_update(&queue->heap[q->place], q);
    }
}

void queue_activate(struct queue *queue, struct cached_pod *pod)
{
    struct queued *q = pod->user;

    if (q && (q->place == QUEUE_BACKOFF || q->place == QUEUE_UNSCHEDULABLE))
        move(queue, q, QUEUE_ACTIVE);
}

void queue_remove(struct queue *queue, struct cached_pod *pod)
{
    struct queued *q = pod->user;

    if (!q)
        return;
    heap_remove(&queue->heap[q->place], q);
    queue->count--;
    pod->user = NULL;
    free(q);
}

static void move_due(struct queue *queue, int64_t now_us)
{
    struct queued *q;

    while ((q = heap_first(&queue->heap[QUEUE_BACKOFF])) && q->backoff_end_us <= now_us)
        move(queue, q, QUEUE_ACTIVE);
    while ((q = heap_first(&queue->heap[QUEUE_UNSCHEDULABLE])) && q->leave_us <= now_us)
        release(queue, q, now_us);
}

struct cached_pod *queue_pop(struct queue *queue, int64_t now_us)
{
    struct queued *q;

    move_due(queue, now_us);
    q = heap_first(&queue->heap[QUEUE_ACTIVE]);
    if (!q)
        return NULL;
    move(queue, q, QUEUE_NONE);
    q->attempts++;
    q->wakes = queue->wakes;
    return q->pod;
}

static int64_t backoff_us(const struct queued *q)
{
    int64_t backoff = QUEUE_BACKOFF_FIRST_US;

    for (int i = 1; i < q->attempts && backoff < QUEUE_BACKOFF_MAX_US; i++)
        backoff *= 2;
    return backoff < QUEUE_BACKOFF_MAX_US ? backoff : QUEUE_BACKOFF_MAX_US;
}

/* an in-flight pod is put where its failure belongs, or with the gated ones when a gate came meanwhile */
static void come_back(struct queue *queue, struct queued *q, enum queue_place to)
{
    move(queue, q, q->pod->pod->gated ? QUEUE_GATED : to);
}

void queue_retry(struct queue *queue, struct cached_pod *pod, int64_t now_us, int64_t retry_after_us)
{
    struct queued *q = pod->user;
    int64_t wait_us;

    if (!q || q->place != QUEUE_NONE)
        return;
    wait_us = backoff_us(q);
    q->backoff_end_us = now_us + (retry_after_us > wait_us ? retry_after_us : wait_us);
    come_back(queue, q, QUEUE_BACKOFF);
}

void queue_unschedulable(struct queue *queue, struct cached_pod *pod, int64_t now_us)
{
    struct queued *q = pod->user;

    if (!q || q->place != QUEUE_NONE)
        return;
    q->backoff_end_us = now_us + backoff_us(q);
    q->leave_us = now_us + QUEUE_UNSCHEDULABLE_MAX_US;
    come_back(queue, q, q->wakes == queue->wakes ? QUEUE_UNSCHEDULABLE : QUEUE_BACKOFF);
}

void queue_wake(struct queue *queue, int64_t now_us)
{
    struct heap *waiting = &queue->heap[QUEUE_UNSCHEDULABLE];

    queue->wakes++;
    while (waiting->count)
        release(queue, waiting->item[waiting->count - 1], now_us);
}

static bool looks_around(const struct queued *q)
{
    return q->pod->pod->peers != NULL;
}

void queue_wake_peers(struct queue *queue, int64_t now_us)
{
    struct heap *waiting = &queue->heap[QUEUE_UNSCHEDULABLE], *in_flight = &queue->heap[QUEUE_NONE];

    for (size_t i = 0; i < in_flight->count; i++)
        if (looks_around(in_flight->item[i]))
            in_flight->item[i]->wakes = queue->wakes - 1;
    /* what takes the place of a released pod may not have been looked at yet */
    for (size_t i = waiting->count; i-- > 0;)
        while (i < waiting->count && looks_around(waiting->item[i]))
            release(queue, waiting->item[i], now_us);
}

int64_t queue_next_us(struct queue *queue, int64_t now_us)
{
    const struct queued *backoff = heap_first(&queue->heap[QUEUE_BACKOFF]), *waiting = heap_first(&queue->heap[QUEUE_UNSCHEDULABLE]);
    int64_t next = INT64_MAX;

    if (backoff)
        next = backoff->backoff_end_us;
    if (waiting && waiting->leave_us < next)
        next = waiting->leave_us;
    return queue->heap[QUEUE_ACTIVE].count || next <= now_us ? 0 : next;
}

enum queue_place queue_place(const struct cached_pod *pod)
{
    const struct queued *q = pod->user;

    return q ? q->place : QUEUE_NONE;
}

int queue_attempts(const struct cached_pod *pod)
{
    const struct queued *q = pod->user;

    return q ? q->attempts : 0;
}

int64_t queue_backoff_end_us(const struct cached_pod *pod)
{
    const struct queued *q = pod->user;

    return q ? q->backoff_end_us : 0;
}

int64_t queue_first_seen_us(const struct cached_pod *pod)
{
    const struct queued *q = pod->user;

    return q ? q->first_seen_us : 0;
}

void queue_counts(const struct queue *queue, size_t *active, size_t *backoff, size_t *unschedulable, size_t *gated)
{
    *active = queue->heap[QUEUE_ACTIVE].count;
    *backoff = queue->heap[QUEUE_BACKOFF].count;
    *unschedulable = queue->heap[QUEUE_UNSCHEDULABLE].count;
    *gated = queue->heap[QUEUE_GATED].count;
}

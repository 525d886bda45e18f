/*
 * queue.h: pods that wait for a decision, as kube-scheduler's pkg/scheduler/backend/queue: active (priority, then age), backoff
 * (1 s doubling to 10 s), unschedulable (woken by a change that could help; after 5 min at the latest), gated (never popped). Time is an
 * argument: no clock here.
 */
#ifndef COMMON_CLUSTER_QUEUE_H
#define COMMON_CLUSTER_QUEUE_H

#include "common/cluster/cache.h"

enum queue_place { QUEUE_NONE, QUEUE_ACTIVE, QUEUE_BACKOFF, QUEUE_UNSCHEDULABLE, QUEUE_GATED };

#define QUEUE_BACKOFF_FIRST_US 1000000
#define QUEUE_BACKOFF_MAX_US 10000000
#define QUEUE_UNSCHEDULABLE_MAX_US 300000000

struct queue;

/* NULL on ERROR_NO_MEMORY. */
struct queue *queue_new(struct error *err);
/* Does not touch the pods: their `user` means nothing afterwards. The cache may be gone already. NULL is allowed. */
void queue_free(struct queue *queue);

/* A pending pod that is not in the queue yet (nothing happens otherwise): to active, or gated. ERROR_NO_MEMORY leaves it out. `pod->user` is the queue's from here on. */
int queue_add(struct queue *queue, struct cached_pod *pod, int64_t now_us, struct error *err);
/* The pod was updated: a gate may have gone, priority changed; an unschedulable one may fit now (its spec changed) and becomes active after
 * its backoff. Where only the status changed, such as by our own PodScheduled condition, it stays. Call it after every cache_set_pod() of a queued pod, before anything else. */
void queue_update(struct queue *queue, struct cached_pod *pod, int64_t now_us);
/* Takes it out, wherever it is; also forgets its attempts. For deleted and bound pods. */
void queue_remove(struct queue *queue, struct cached_pod *pod);

/* Something has come to be known of this pod alone: it goes to active, whatever backoff it has left. Not one that is gated or in flight. */
void queue_activate(struct queue *queue, struct cached_pod *pod);

/* The next active pod, highest priority first, then oldest by creation, then by namespace/name; NULL when none. It is then in flight (QUEUE_NONE) with its attempts counted. Moves due pods to active first. */
struct cached_pod *queue_pop(struct queue *queue, int64_t now_us);

/* An in-flight pod came back: to backoff after an error, to unschedulable when it fits nowhere. If a change that could help came while it was
 * in flight, unschedulable means backoff. retry_after_us: wait at least so long (0: the usual backoff). Nothing happens to a pod that is not in flight. */
void queue_retry(struct queue *queue, struct cached_pod *pod, int64_t now_us, int64_t retry_after_us);
void queue_unschedulable(struct queue *queue, struct cached_pod *pod, int64_t now_us);

/* A node or an assigned pod changed so that waiting pods may fit: they go to active, those still in their backoff to backoff. */
void queue_wake(struct queue *queue, int64_t now_us);

/* The same for the pods that look at the pods around them (affinity, anti-affinity, topology spread) alone: an assigned pod came or changed. */
void queue_wake_peers(struct queue *queue, int64_t now_us);

/* When queue_pop would next have something without any event: 0 = now, else a point in time on the scale of now_us; INT64_MAX = never. */
int64_t queue_next_us(struct queue *queue, int64_t now_us);

enum queue_place queue_place(const struct cached_pod *pod);
int queue_attempts(const struct cached_pod *pod);
/* When the backoff of its last failure ends; 0: it had none. */
int64_t queue_backoff_end_us(const struct cached_pod *pod);
/* When it was first added, for the SLI metric. */
int64_t queue_first_seen_us(const struct cached_pod *pod);
void queue_counts(const struct queue *queue, size_t *active, size_t *backoff, size_t *unschedulable, size_t *gated);

#endif

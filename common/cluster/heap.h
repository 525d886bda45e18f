/* heap.h: binary heaps of queued pods with their positions, so that a pod leaves from anywhere in O(log n). For queue.c only. */
#ifndef COMMON_CLUSTER_HEAP_H
#define COMMON_CLUSTER_HEAP_H

#include <stdbool.h>
#include <stddef.h>

#include "common/cluster/queue.h"

struct queued {
    struct cached_pod *pod;
    enum queue_place place;
    int attempts;
    size_t position; /* in the heap of its place */
    int64_t first_seen_us;
    int64_t backoff_end_us;
    int64_t leave_us;     /* an unschedulable pod is tried again then, whatever happens */
    unsigned long wakes;  /* of the queue when it was popped */
    uint64_t fingerprint; /* of the pod as last seen */
};

struct heap {
    struct queued **item;
    size_t count, capacity;
    bool (*before)(const struct queued *a, const struct queued *b);
};

/* Room for `count` items in all: later insertions need no memory. */
int heap_reserve(struct heap *heap, size_t count, struct error *err);
/* There must be room. */
void heap_insert(struct heap *heap, struct queued *item);
void heap_remove(struct heap *heap, struct queued *item);
/* The order of an item changed. */
void heap_update(struct heap *heap, struct queued *item);
/* The first, or NULL. */
struct queued *heap_first(const struct heap *heap);

#endif

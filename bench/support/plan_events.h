/*
 * plan_events.h: a cluster of one-per-node of any size, and events that come to its planner, one at a time, with what each cost it. A node for every
 * second pod; the first half of the pods is placed, the rest waits; every tenth is in a gang of five.
 */
#ifndef BENCH_SUPPORT_PLAN_EVENTS_H
#define BENCH_SUPPORT_PLAN_EVENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct plan_events;

struct plan_event_kind {
    const char *name, *what;
    void (*happen)(struct plan_events *events);
};

/*
 * same      a pod's news that change nothing
 * priority  a waiting pod's priority changes, still too low
 * churn     a waiting pod is deleted, another one of its name comes
 * node      what other pods take of a node changes
 * preempt   a pod of highest priority comes: one victim leaves and is gone, the newcomer is bound, then leaves, and the victim's like is placed there
 */
extern const struct plan_event_kind plan_event_kinds[];
extern const size_t plan_event_kind_count;

/*
 * `meter` is read before and after each call of the planner. With `framed` a pod's news come as the API server sends them, a frame of JSON of some KiB that is
 * read and decoded before the planner is told, as in the scheduler. Ends the program where something fails.
 */
struct plan_events *plan_events_new(unsigned pods, bool framed, int64_t (*meter)(void));
void plan_events_free(struct plan_events *events);
/* One event of that kind, the actions taken after each call. Returns by how much the meter went on in the planner. */
int64_t plan_events_next(struct plan_events *events, const struct plan_event_kind *kind);
/* By how much it went on while the last event's frames were read and decoded; 0 without frames. */
int64_t plan_events_reading(const struct plan_events *events);

#endif

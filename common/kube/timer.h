/*
 * timer.h: the few timers of a scheduler (a handful of them: a list is enough). They fire from the loop, on the clock that the
 * loop is given.
 */
#ifndef COMMON_KUBE_TIMER_H
#define COMMON_KUBE_TIMER_H

#include <stdbool.h>
#include <stdint.h>

#define TIMER_NEVER INT64_MAX

struct kube_timer {
    int64_t due_us; /* monotonic; TIMER_NEVER when it is off */
    void (*fire)(void *ctx);
    void *ctx;
    struct kube_timer *next;
    bool firing; /* was due when this kube_timers_fire() began, and has not been called */
};

struct kube_timers {
    struct kube_timer *first;
};

/* Puts a timer, owned by the caller, into the list, switched off. It must be removed before it goes away. Set due_us to switch it on. */
void kube_timer_add(struct kube_timers *timers, struct kube_timer *timer, void (*fire)(void *ctx), void *ctx);
/* Takes it out; one that is not in the list is left alone. Allowed inside any timer's fire(). */
void kube_timer_remove(struct kube_timers *timers, struct kube_timer *timer);
/* When the next one is due, or TIMER_NEVER. */
int64_t kube_timers_next(const struct kube_timers *timers);
/*
 * Fires what is due, the earliest first, each once; a timer is switched off before its call, which may set it again (for the next
 * kube_timers_fire(), even when that is due already), and may add, set and remove others.
 */
void kube_timers_fire(struct kube_timers *timers, int64_t now_us);

#endif

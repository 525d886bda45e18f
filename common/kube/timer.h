/*
 * timer.h: the few timers of a scheduler (a handful of them: a list is enough). They fire from the loop, on the clock that the
 * loop is given.
 */
#ifndef COMMON_KUBE_TIMER_H
#define COMMON_KUBE_TIMER_H

#include <stdint.h>

#define TIMER_NEVER INT64_MAX

struct kube_timer {
    int64_t due_us; /* monotonic; TIMER_NEVER when it is off */
    void (*fire)(void *ctx);
    void *ctx;
    struct kube_timer *next;
};

struct kube_timers {
    struct kube_timer *first;
};

/* Puts a timer, owned by the caller and switched off, into the list. It must be removed before it goes away. */
void kube_timer_add(struct kube_timers *timers, struct kube_timer *timer, void (*fire)(void *ctx), void *ctx);
void kube_timer_remove(struct kube_timers *timers, struct kube_timer *timer);
/* When the next one is due, or TIMER_NEVER. */
int64_t kube_timers_next(const struct kube_timers *timers);
/* Fires what is due, each once; a timer is switched off before its call, which may set it again. */
void kube_timers_fire(struct kube_timers *timers, int64_t now_us);

#endif

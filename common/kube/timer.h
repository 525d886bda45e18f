/*
 * timer.h: the few timers of a scheduler (a handful of them: a list is enough). They fire from the loop, on the clock that the
 * loop is given.
 */
#ifndef COMMON_KUBE_TIMER_H
#define COMMON_KUBE_TIMER_H

#include <stdint.h>

#define TIMER_NEVER INT64_MAX

struct timer {
    int64_t due_us; /* monotonic; TIMER_NEVER when it is off */
    void (*fire)(void *ctx);
    void *ctx;
    struct timer *next;
};

struct timers {
    struct timer *first;
};

/* Puts a timer, owned by the caller and switched off, into the list. It must be removed before it goes away. */
void timer_add(struct timers *timers, struct timer *timer, void (*fire)(void *ctx), void *ctx);
void timer_remove(struct timers *timers, struct timer *timer);
/* When the next one is due, or TIMER_NEVER. */
int64_t timers_next(const struct timers *timers);
/* Fires what is due, each once; a timer is switched off before its call, which may set it again. */
void timers_fire(struct timers *timers, int64_t now_us);

#endif

#include "common/kube/timer.h"

#include <stddef.h>

void timer_add(struct timers *timers, struct timer *timer, void (*fire)(void *ctx), void *ctx)
{
    *timer = (struct timer){TIMER_NEVER, fire, ctx, timers->first};
    timers->first = timer;
}

void timer_remove(struct timers *timers, struct timer *timer)
{
    struct timer **link;

    for (link = &timers->first; *link; link = &(*link)->next)
        if (*link == timer) {
            *link = timer->next;
            return;
        }
}

int64_t timers_next(const struct timers *timers)
{
    int64_t next = TIMER_NEVER;

    for (const struct timer *timer = timers->first; timer; timer = timer->next)
        if (timer->due_us < next)
            next = timer->due_us;
    return next;
}

/* starts over after each call, which may have added or removed timers; a timer set again to a past time waits for the next round */
void timers_fire(struct timers *timers, int64_t now_us)
{
    for (int round = 0; round < 64; round++) {
        struct timer *due = NULL;

        for (struct timer *timer = timers->first; timer; timer = timer->next)
            if (timer->due_us <= now_us && (!due || timer->due_us < due->due_us))
                due = timer;
        if (!due)
            return;
        due->due_us = TIMER_NEVER;
        due->fire(due->ctx);
    }
}

#include "common/kube/timer.h"

#include <stddef.h>

void kube_timer_add(struct kube_timers *timers, struct kube_timer *timer, void (*fire)(void *ctx), void *ctx)
{
    *timer = (struct kube_timer){TIMER_NEVER, fire, ctx, timers->first, false};
    timers->first = timer;
}

void kube_timer_remove(struct kube_timers *timers, struct kube_timer *timer)
{
    struct kube_timer **link;

    for (link = &timers->first; *link; link = &(*link)->next)
        if (*link == timer) {
            *link = timer->next;
            return;
        }
}

int64_t kube_timers_next(const struct kube_timers *timers)
{
    int64_t next = TIMER_NEVER;

    for (const struct kube_timer *timer = timers->first; timer; timer = timer->next)
        if (timer->due_us < next)
            next = timer->due_us;
    return next;
}

/* looks at the whole list again after each call, which may have added, set or removed timers */
void kube_timers_fire(struct kube_timers *timers, int64_t now_us)
{
    for (struct kube_timer *timer = timers->first; timer; timer = timer->next)
        timer->firing = timer->due_us <= now_us;
    for (;;) {
        struct kube_timer *due = NULL;

        for (struct kube_timer *timer = timers->first; timer; timer = timer->next)
            if (timer->firing && timer->due_us <= now_us && (!due || timer->due_us < due->due_us))
                due = timer;
        if (!due)
            return;
        due->firing = false;
        due->due_us = TIMER_NEVER;
        due->fire(due->ctx);
    }
}

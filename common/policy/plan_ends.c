/* plan_ends.c: how actions ended. */
#include "common/policy/plan_internal.h"

static struct plan_pod *pod_in(const struct plan *plan, const char *namespace_, const char *name, enum plan_pod_state state)
{
    struct plan_pod *pod = plan->broken ? NULL : plan_table_find(&plan->pods, namespace_, name);

    return pod && pod->state == state ? pod : NULL;
}

/* 0, or broken */
static int answer(struct plan *plan, int ret, struct error *err)
{
    return plan->broken || ret < 0 || plan_kinds_settle(plan, err) < 0 ? plan_break(plan, err) : 0;
}

static int back_on_node(struct plan *plan, struct plan_pod *pod, struct error *err)
{
    if (plan_pod_move(plan, pod, pod->node, PLAN_POD_BOUND, err) < 0)
        return -1;
    return plan_pod_refresh(plan, pod, err);
}

int plan_bind_done(struct plan *plan, const char *namespace_, const char *name, struct error *err)
{
    struct plan_pod *pod = pod_in(plan, namespace_, name, PLAN_POD_BINDING);

    return answer(plan, pod ? back_on_node(plan, pod, err) : 0, err);
}

static int bind_failed(struct plan *plan, struct plan_pod *pod, int64_t retry_us, struct error *err)
{
    struct plan_gang *gang = pod->gang;
    size_t had = gang ? gang->live : 0; /* this one included */

    if (plan_pod_move(plan, pod, NULL, PLAN_POD_WAITING, err) < 0)
        return -1;
    if (plan_pod_retry_at(plan, pod, retry_us, err) < 0)
        return -1;
    if (gang && !pod->late && had > 1)
        return plan_gang_doom(plan, gang, PLAN_GANG_BIND_FAILED, had, err);
    return plan_pod_refresh(plan, pod, err);
}

int plan_bind_failed(struct plan *plan, const char *namespace_, const char *name, int64_t retry_us, struct error *err)
{
    struct plan_pod *pod = pod_in(plan, namespace_, name, PLAN_POD_BINDING);

    return answer(plan, pod ? bind_failed(plan, pod, retry_us, err) : 0, err);
}

static int preempt_failed(struct plan *plan, struct plan_pod *pod, int64_t retry_us, struct error *err)
{
    if (plan_pod_retry_at(plan, pod, retry_us, err) < 0)
        return -1;
    return pod->retry_us ? 0 : back_on_node(plan, pod, err);
}

/* an older plan tried it */
static int leaves_all_the_same(struct plan *plan, struct plan_pod *pod, int64_t retry_us, struct error *err)
{
    if (plan_pod_move(plan, pod, pod->node, PLAN_POD_LEAVING, err) < 0 || plan_pod_retry_at(plan, pod, retry_us, err) < 0)
        return -1;
    return plan_pod_refresh(plan, pod, err);
}

int plan_preempt_failed(struct plan *plan, const char *namespace_, const char *name, int64_t retry_us, struct error *err)
{
    struct plan_pod *pod = plan->broken ? NULL : plan_table_find(&plan->pods, namespace_, name);

    if (pod && pod->state == PLAN_POD_LEAVING && !pod->deleting && pod->node)
        return answer(plan, preempt_failed(plan, pod, retry_us, err), err);
    if (pod && plan->making && pod->state == PLAN_POD_BOUND && retry_us > plan->now_us)
        return answer(plan, leaves_all_the_same(plan, pod, retry_us, err), err);
    return answer(plan, 0, err);
}

static int expire(struct plan *plan, const struct plan_item *timer, struct error *err)
{
    struct plan_pod *pod = timer->owner;
    struct plan_gang *gang = timer->owner;

    if (timer->key[1] == 1) {
        plan_timer_set(plan, &gang->timer_us, gang, 1, 0, err);
        return plan_gang_refresh(plan, gang, err);
    }
    plan_pod_retry_at(plan, pod, 0, err);
    if (pod->state == PLAN_POD_LEAVING && !pod->deleting)
        return back_on_node(plan, pod, err);
    return plan_pod_refresh(plan, pod, err);
}

int plan_tick(struct plan *plan, int64_t now_us, struct error *err)
{
    const struct plan_item *timer;

    if (now_us > plan->now_us)
        plan->now_us = now_us;
    while (!plan->broken && (timer = plan_tree_at(&plan->timers, 0)) && timer->key[0] <= (uint64_t)plan->now_us)
        if (expire(plan, timer, err) < 0)
            return plan_break(plan, err);
    return answer(plan, 0, err);
}

int64_t plan_deadline_us(const struct plan *plan)
{
    const struct plan_item *timer = plan_tree_at(&plan->timers, 0);

    return timer ? (int64_t)timer->key[0] : -1;
}

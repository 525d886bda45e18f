/* plan_gang.c: pods into units. */
#include <stdlib.h>
#include <string.h>

#include "common/policy/plan_internal.h"

static bool is_blocked(const struct plan *plan, const struct plan_pod *pod)
{
    return pod->gated || pod->retry_us > plan->now_us;
}

static int refresh_alone(struct plan *plan, struct plan_pod *pod, int64_t at_most, struct error *err)
{
    if (pod->state == PLAN_POD_LEAVING || (pod->state == PLAN_POD_WAITING && is_blocked(plan, pod))) {
        plan_unit_withdraw(plan, &pod->unit);
        return 0;
    }
    pod->in = &pod->unit;
    pod->unit.pod = pod;
    pod->unit.size = 1;
    pod->unit.priority = pod->priority < at_most ? pod->priority : at_most;
    pod->unit.created_us = pod->created_us;
    pod->unit.placed = pod->state != PLAN_POD_WAITING;
    return plan_unit_place(plan, &pod->unit, err);
}

int plan_pod_refresh(struct plan *plan, struct plan_pod *pod, struct error *err)
{
    if (pod->gang)
        return plan_gang_refresh(plan, pod->gang, err);
    return refresh_alone(plan, pod, INT64_MAX, err);
}

static bool is_live(const struct plan_pod *pod)
{
    return pod->state == PLAN_POD_BINDING || pod->state == PLAN_POD_BOUND;
}

static void count_members(const struct plan *plan, struct plan_gang *gang)
{
    gang->live = gang->bound = gang->leaving = gang->waiting = gang->blocked = 0;
    gang->size = 0;
    for (const struct plan_pod *pod = gang->pods; pod; pod = pod->gang_next) {
        gang->live += is_live(pod);
        gang->bound += pod->state == PLAN_POD_BOUND;
        gang->leaving += pod->state == PLAN_POD_LEAVING && pod->node;
        gang->waiting += pod->state == PLAN_POD_WAITING;
        gang->blocked += pod->state == PLAN_POD_WAITING && is_blocked(plan, pod);
        if (pod->state != PLAN_POD_LEAVING && pod->group_size > gang->size)
            gang->size = pod->group_size;
    }
}

/* when waiting members without a pod-group-size are taken for all there are; a settle time may be long */
static int64_t settled_at(const struct plan *plan, const struct plan_gang *gang)
{
    int64_t settles = gang->waiting < gang->expected ? PLAN_RETURN_SETTLES : 1, settle = plan->config.gang_settle_us;

    return settle > (INT64_MAX - gang->changed_us) / settles ? INT64_MAX : gang->changed_us + settles * settle;
}

static bool is_complete(const struct plan *plan, const struct plan_gang *gang)
{
    if (gang->waiting == 0 || gang->blocked > 0)
        return false;
    if (gang->size > 0)
        return gang->waiting >= (uint64_t)gang->size;
    return gang->leaving == 0 && plan->now_us >= settled_at(plan, gang);
}

static int set_timer(struct plan *plan, struct plan_gang *gang, bool forming, struct error *err)
{
    int64_t at = settled_at(plan, gang);

    if (!forming || gang->size > 0 || gang->leaving > 0 || at <= plan->now_us)
        at = 0;
    if (gang->timer_us == at)
        return 0;
    return plan_timer_set(plan, &gang->timer_us, gang, 1, at, err);
}

/* the members in the given state are one unit */
static int gather(struct plan *plan, struct plan_gang *gang, bool placed, struct error *err)
{
    struct plan_unit *unit = &gang->unit;

    unit->gang = gang;
    unit->placed = placed;
    unit->size = 0;
    unit->priority = unit->created_us = INT64_MAX;
    for (struct plan_pod *pod = gang->pods; pod; pod = pod->gang_next) {
        bool in = placed ? is_live(pod) : pod->state == PLAN_POD_WAITING;

        if (pod->in == &pod->unit && (in || !placed))
            plan_unit_withdraw(plan, &pod->unit);
        if (pod->in == unit || in)
            pod->in = in ? unit : NULL;
        if (!in)
            continue;
        unit->size++;
        if (pod->priority < unit->priority)
            unit->priority = pod->priority;
        if (pod->created_us < unit->created_us)
            unit->created_us = pod->created_us;
    }
    return plan_unit_place(plan, unit, err);
}

static int place_late(struct plan *plan, struct plan_gang *gang, struct error *err)
{
    for (struct plan_pod *pod = gang->pods; pod; pod = pod->gang_next) {
        /* one of lower priority would lower what keeps the others in their places */
        if (pod->state == PLAN_POD_WAITING && pod->priority < gang->unit.priority)
            plan_unit_withdraw(plan, &pod->unit);
        else if (!is_live(pod) && refresh_alone(plan, pod, gang->unit.priority, err) < 0)
            return -1;
    }
    return 0;
}

static void withdraw_all(struct plan *plan, struct plan_gang *gang)
{
    plan_unit_withdraw(plan, &gang->unit);
    for (struct plan_pod *pod = gang->pods; pod; pod = pod->gang_next)
        plan_unit_withdraw(plan, &pod->unit);
}

static void gang_free(struct plan *plan, struct plan_gang *gang)
{
    struct plan_gang **at = &plan->doomed;

    while (gang->doomed_listed && *at != gang)
        at = &(*at)->doomed_next;
    if (gang->doomed_listed)
        *at = gang->doomed_next;
    plan_timer_set(plan, &gang->timer_us, gang, 1, 0, NULL);
    plan_table_remove(&plan->gangs, &gang->entry);
    free(gang);
}

/* its members that are bound go with the next plan_actions() */
static void list_doomed(struct plan *plan, struct plan_gang *gang)
{
    if (gang->bound == 0)
        return;
    plan->news = true;
    if (gang->doomed_listed)
        return;
    gang->doomed_next = plan->doomed;
    plan->doomed = gang;
    gang->doomed_listed = true;
}

/* nobody is left of it, and nobody is waited for */
static bool is_over(const struct plan *plan, const struct plan_gang *gang)
{
    return !gang->pods && (gang->expected == 0 || plan->now_us >= settled_at(plan, gang));
}

static void has_left(const struct plan *plan, struct plan_gang *gang)
{
    gang->doomed = false;
    gang->changed_us = plan->now_us;
}

int plan_gang_refresh(struct plan *plan, struct plan_gang *gang, struct error *err)
{
    if (plan->making)
        return 0;
    count_members(plan, gang);
    if (gang->doomed && gang->live + gang->leaving == 0)
        has_left(plan, gang);
    if (is_over(plan, gang)) {
        gang_free(plan, gang);
        return 0;
    }
    if (set_timer(plan, gang, !gang->doomed && gang->live == 0, err) < 0)
        return -1;
    if (gang->doomed) {
        withdraw_all(plan, gang);
        list_doomed(plan, gang);
        return 0;
    }
    if (gang->live > 0) {
        gang->expected = 0;
        return gather(plan, gang, true, err) < 0 ? -1 : place_late(plan, gang, err);
    }
    if (is_complete(plan, gang))
        return gather(plan, gang, false, err);
    withdraw_all(plan, gang);
    return 0;
}

bool plan_gang_renew(struct plan_gang *gang)
{
    if (!gang->doomed && gang->expected == 0) {
        free(gang);
        return false;
    }
    *gang = (struct plan_gang){.entry = gang->entry,
                               .unit = {.gang = gang},
                               .expected = gang->expected,
                               .changed_us = gang->changed_us,
                               .doomed = gang->doomed,
                               .doom = gang->doom};
    return true;
}

bool plan_gang_renewed(const struct plan *plan, struct plan_gang *gang)
{
    if (gang->doomed && !gang->pods)
        has_left(plan, gang);
    if (!is_over(plan, gang))
        return true;
    free(gang);
    return false;
}

int plan_gang_doom(struct plan *plan, struct plan_gang *gang, enum plan_reason reason, size_t had, struct error *err)
{
    if (!gang->doomed) {
        gang->doomed = true;
        gang->doom = reason;
        gang->expected = had;
    }
    return plan_gang_refresh(plan, gang, err);
}

static struct plan_gang *gang_named(struct plan *plan, const char *namespace_, const char *group, struct error *err)
{
    struct plan_gang *gang = plan_table_find(&plan->gangs, namespace_, group);
    size_t first = strlen(namespace_) + 1, second = strlen(group) + 1;
    char *names;

    if (gang)
        return gang;
    gang = calloc(1, sizeof *gang + first + second); /* the names follow the struct */
    if (!gang) {
        error_no_memory(err);
        return NULL;
    }
    names = (char *)(gang + 1);
    gang->entry.namespace_ = memcpy(names, namespace_, first);
    gang->entry.name = memcpy(names + first, group, second);
    gang->unit.gang = gang;
    if (plan_table_add(&plan->gangs, &gang->entry, err) < 0) {
        free(gang);
        return NULL;
    }
    return gang;
}

int plan_gang_join(struct plan *plan, struct plan_pod *pod, const char *group, struct error *err)
{
    struct plan_gang *gang = gang_named(plan, pod->entry.namespace_, group, err);

    if (!gang)
        return -1;
    plan_unit_withdraw(plan, &pod->unit);
    pod->gang = gang;
    pod->gang_next = gang->pods;
    if (gang->pods)
        gang->pods->gang_link = &pod->gang_next;
    gang->pods = pod;
    pod->gang_link = &gang->pods;
    if (gang->changed_us < plan->now_us) /* while a plan is made the time may be that of long ago */
        gang->changed_us = plan->now_us;
    return 0;
}

int plan_gang_leave(struct plan *plan, struct plan_pod *pod, struct error *err)
{
    struct plan_gang *gang = pod->gang;

    if (!gang)
        return 0;
    plan_unit_withdraw(plan, &gang->unit);
    plan_unit_withdraw(plan, &pod->unit);
    if (pod->gang_next)
        pod->gang_next->gang_link = pod->gang_link;
    *pod->gang_link = pod->gang_next;
    pod->gang = NULL;
    if (pod->node)
        gang->changed_us = plan->now_us;
    return plan_gang_refresh(plan, gang, err);
}

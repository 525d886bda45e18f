/* plan_status.c: what one pod waits for. */
#include "common/policy/plan_internal.h"

bool plan_unit_taken(const struct plan_unit *unit)
{
    return plan_tree_before(&unit->lane->tree, &unit->item) < unit->lane->cut;
}

/* a gang that is no unit: what it lacks */
static enum plan_wait gang_lacks(const struct plan_gang *gang)
{
    if (gang->doomed || (gang->live == 0 && gang->size == 0 && gang->leaving > 0))
        return PLAN_WAITS_FOR_GANG_TO_LEAVE;
    if (gang->live > 0)
        return PLAN_OUTSIDE; /* late, and of lower priority than the others */
    if (gang->size > 0 && gang->waiting < (uint64_t)gang->size)
        return PLAN_WAITS_FOR_MEMBERS;
    return gang->blocked > 0 ? PLAN_HELD_BACK : PLAN_SETTLING;
}

int plan_status(struct plan *plan, const char *namespace_, const char *name, struct plan_status *status, struct error *err)
{
    const struct plan_pod *pod;

    *status = (struct plan_status){.wait = PLAN_NOT_WAITING};
    if (plan->broken || plan_settle(plan, err) < 0)
        return plan_break(plan, err);
    pod = plan_table_find(&plan->pods, namespace_, name);
    if (!pod || pod->state != PLAN_POD_WAITING || pod->gated)
        return 0;
    if (pod->gang) {
        status->group = pod->gang->entry.name;
        status->members = pod->gang->waiting;
        status->wanted = (size_t)pod->gang->size;
    }
    if (pod->in && pod->in->lane)
        status->wait = pod->in->lane == &plan->apart ? PLAN_APART : plan_unit_taken(pod->in) ? PLAN_IN_PLAN : PLAN_OUTSIDE;
    else if (pod->retry_us > plan->now_us)
        status->wait = PLAN_HELD_BACK;
    else
        status->wait = pod->gang ? gang_lacks(pod->gang) : PLAN_OUTSIDE;
    return 0;
}

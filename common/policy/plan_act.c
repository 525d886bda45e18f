/*
 * plan_act.c: what to do next. Victims are the placed units after the cuts, binds the waiting ones before them. A bind takes only a free node, and
 * only one that leaves room for the rest of the plan: the flow of free nodes and of those that will be, with this pod bound there.
 */
#include <stdlib.h>
#include <string.h>

#include "common/policy/plan_internal.h"

const char *plan_reason_text(enum plan_reason reason)
{
    static const char *const texts[] = {
        [PLAN_PLACE] = "in the plan",
        [PLAN_FOR_PRIORITY] = "preempted for a higher priority",
        [PLAN_SHARED_NODE] = "another of our pods stays on its node",
        [PLAN_GANG_EVICTED] = "its gang is evicted as a whole",
        [PLAN_GANG_BIND_FAILED] = "the bind of another member of its gang failed for good",
    };

    return texts[reason];
}

int plan_note(struct plan *plan, enum plan_act act, enum plan_reason reason, const struct plan_pod *pod, int64_t priority,
              struct error *err)
{
    struct plan_action *array = plan_grow(plan->action, &plan->action_room, plan->actions, sizeof *array);

    if (!array)
        return error_no_memory(err);
    plan->action = array;
    array[plan->actions++] = (struct plan_action){.act = act,
                                                  .reason = reason,
                                                  .namespace_ = pod->entry.namespace_,
                                                  .name = pod->entry.name,
                                                  .uid = pod->uid,
                                                  .node = pod->node->name,
                                                  .priority = priority,
                                                  .cause_namespace = "",
                                                  .cause_name = "",
                                                  .cause_uid = ""};
    return 0;
}

static int by_name(const void *a, const void *b)
{
    return strcmp((*(struct plan_pod *const *)a)->entry.name, (*(struct plan_pod *const *)b)->entry.name);
}

/* plan->member: the unit's members by name; -1: no memory */
int plan_members(struct plan *plan, const struct plan_unit *unit, size_t *count, struct error *err)
{
    *count = 0;
    for (struct plan_pod *pod = unit->gang ? unit->gang->pods : unit->pod; pod; pod = unit->gang ? pod->gang_next : NULL) {
        struct plan_pod **array;

        if (pod->in != unit)
            continue;
        array = plan_grow(plan->member, &plan->member_room, *count, sizeof(struct plan_pod *));
        if (!array)
            return error_no_memory(err);
        plan->member = array;
        array[(*count)++] = pod;
    }
    qsort(plan->member, *count, sizeof(struct plan_pod *), by_name);
    return 0;
}

struct plan_lane *plan_first_lane(const struct plan *plan, bool (*passes)(const struct plan_lane *lane), const struct plan_item **first)
{
    struct plan_lane *best = NULL;

    *first = NULL;
    for (size_t i = 0; i < plan->lanes; i++) {
        struct plan_lane *lane = plan->lane[i];
        const struct plan_item *item = passes(lane) ? plan_tree_at(&lane->tree, lane->claimed) : NULL;

        if (item && (!*first || plan_tree_less(&lane->tree, item, *first))) {
            *first = item;
            best = lane;
        }
    }
    return best;
}

/* what the plan asks of the classes now: free nodes, and those that will be free */
static size_t prepare_bind(struct plan *plan)
{
    struct plan_flow *f = &plan->bind;
    size_t all_free = 0;

    for (size_t i = 0; i < plan->lanes; i++) {
        plan->rank[i] = plan->lane[i]->cut;
        plan->lane[i]->closed = false;
        plan->lane[i]->claimed = plan->lane[i]->claimed_members = 0;
    }
    memset(f->demand, 0, f->rows * sizeof *f->demand);
    plan_demand(plan, f->demand, f->capacity);
    for (size_t c = 0; c < plan->classes; c++) {
        size_t left = f->capacity[c], free_now = plan_tree_count(&plan->class_[c]->free);

        f->capacity[c] = free_now;
        f->capacity[plan->classes + c] = left > free_now ? left - free_now : 0;
        all_free += free_now;
    }
    return all_free;
}

/* all members at once to free nodes: moves their demand to the rows that allow only these, and back when it does not fit */
static bool fits_free(struct plan *plan, const struct plan_lane *lane)
{
    struct plan_flow *f = &plan->bind;
    bool fits;

    for (size_t p = 0; p < lane->parts; p++) {
        size_t row = lane->part[p].kind->index;

        f->demand[row] -= lane->part[p].count;
        f->demand[plan->kinds + row] += lane->part[p].count;
    }
    fits = plan_flow_fits(f);
    for (size_t p = 0; p < lane->parts && !fits; p++) {
        size_t row = lane->part[p].kind->index;

        f->demand[row] += lane->part[p].count;
        f->demand[plan->kinds + row] -= lane->part[p].count;
    }
    return fits;
}

static struct plan_node *first_free(const struct plan *plan, size_t class_)
{
    const struct plan_item *item = plan_tree_at(&plan->class_[class_]->free, 0);

    return item ? item->owner : NULL;
}

/* the first node in name order that leaves room for all others; takes it out of the flow. There is one: fits_free() said so. */
static struct plan_node *choose_node(struct plan *plan, const struct plan_kind *kind)
{
    struct plan_flow *f = &plan->bind;
    size_t row = plan->kinds + kind->index, best;
    struct plan_node *after = NULL, *node;

    f->demand[row]--;
    do {
        node = NULL;
        best = 0;
        for (size_t c = 0; c < plan->classes; c++) {
            struct plan_node *n = plan_class_accepts(plan->class_[c], kind) ? first_free(plan, c) : NULL;

            if (n && (!after || strcmp(n->name, after->name) > 0) && (!node || strcmp(n->name, node->name) < 0)) {
                node = n;
                best = c;
            }
        }
        if (!node)
            break;
        f->capacity[best]--;
        if (plan_flow_fits(f))
            return node;
        f->capacity[best]++;
        after = node;
    } while (true);
    f->demand[row]++;
    return NULL;
}

static int bind_unit(struct plan *plan, struct plan_unit *unit, struct error *err)
{
    int64_t priority = unit->priority;
    size_t count;

    if (plan_members(plan, unit, &count, err) < 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        struct plan_pod *pod = plan->member[i];
        struct plan_node *node = choose_node(plan, pod->shape->kind);

        if (!node)
            return error_set(err, ERROR_RUNTIME, "the plan has no node for pod %s/%s", pod->entry.namespace_, pod->entry.name);
        pod->late = pod->gang && !unit->gang;
        if (plan_pod_move(plan, pod, node, PLAN_POD_BINDING, err) < 0 || plan_note(plan, PLAN_BIND, PLAN_PLACE, pod, priority, err) < 0)
            return -1;
    }
    return plan_pod_refresh(plan, plan->member[0], err);
}

static bool can_bind(const struct plan_lane *lane)
{
    return !lane->placed && !lane->closed && lane->cut > 0;
}

static int bind_all(struct plan *plan, struct error *err)
{
    size_t all_free = prepare_bind(plan);
    const struct plan_item *first;
    struct plan_lane *lane;

    while (all_free > 0 && (lane = plan_first_lane(plan, can_bind, &first))) {
        struct plan_unit *unit = first->owner;

        if (unit->size > all_free || !fits_free(plan, lane)) {
            lane->closed = true;
            continue;
        }
        all_free -= unit->size;
        if (bind_unit(plan, unit, err) < 0)
            return -1;
    }
    return 0;
}

static bool can_claim(const struct plan_lane *lane)
{
    return !lane->placed && !lane->closed && lane->claimed < lane->cut;
}

/* the first waiting unit not claimed yet that could use the node; NULL: any that is not bound yet */
static struct plan_unit *waiting_for(struct plan *plan, const struct plan_class *class_)
{
    const struct plan_item *first;
    struct plan_lane *lane;

    for (size_t i = 0; i < plan->lanes; i++) {
        lane = plan->lane[i];
        lane->closed = lane->placed;
        if (!class_)
            lane->claimed = lane->claimed_members = 0;
        for (size_t p = 0; class_ && p < lane->parts && !lane->closed; p++)
            lane->closed = !plan_class_accepts(class_, lane->part[p].kind);
    }
    lane = plan_first_lane(plan, can_claim, &first);
    if (lane && ++lane->claimed_members == ((struct plan_unit *)first->owner)->size && lane->claimed + 1 < lane->cut) {
        lane->claimed++;
        lane->claimed_members = 0;
    }
    return lane ? first->owner : NULL;
}

/* a pod of higher priority that waits, another one for each victim as far as there are */
static const struct plan_pod *cause_of(struct plan *plan, const struct plan_node *node, int64_t priority)
{
    const struct plan_unit *unit = node->class_ ? waiting_for(plan, node->class_) : NULL;
    const struct plan_pod *first = NULL;

    if (!unit || unit->priority <= priority)
        unit = waiting_for(plan, NULL);
    if (!unit || unit->priority <= priority)
        return NULL;
    if (!unit->gang)
        return unit->pod;
    for (const struct plan_pod *pod = unit->gang->pods; pod; pod = pod->gang_next)
        if (pod->in == unit && (!first || strcmp(pod->entry.name, first->entry.name) < 0))
            first = pod;
    return first;
}

static int evict(struct plan *plan, struct plan_pod *pod, int64_t priority, enum plan_reason reason, struct error *err)
{
    if (reason == PLAN_FOR_PRIORITY && pod->node->live > 1)
        reason = PLAN_SHARED_NODE;
    if (plan_note(plan, PLAN_PREEMPT, reason, pod, priority, err) < 0)
        return -1;
    return plan_pod_move(plan, pod, pod->node, PLAN_POD_LEAVING, err);
}

static int evict_unit(struct plan *plan, struct plan_unit *unit, struct error *err)
{
    struct plan_gang *gang = unit->gang;
    struct plan_pod *pod = unit->pod;
    int64_t priority = unit->priority;
    size_t count, had = gang ? gang->live : 0;

    if (plan_members(plan, unit, &count, err) < 0)
        return -1;
    for (size_t i = 0; i < count; i++)
        if (plan->member[i]->state == PLAN_POD_BOUND && evict(plan, plan->member[i], priority, PLAN_FOR_PRIORITY, err) < 0)
            return -1;
    return gang ? plan_gang_doom(plan, gang, PLAN_GANG_EVICTED, had, err) : plan_pod_refresh(plan, pod, err);
}

static int evict_doomed(struct plan *plan, struct error *err)
{
    while (plan->doomed) {
        struct plan_gang *gang = plan->doomed;

        plan->doomed = gang->doomed_next;
        gang->doomed_listed = false;
        for (struct plan_pod *pod = gang->doomed ? gang->pods : NULL; pod; pod = pod->gang_next)
            if (pod->state == PLAN_POD_BOUND && evict(plan, pod, 0, gang->doom, err) < 0)
                return -1;
        if (plan_gang_refresh(plan, gang, err) < 0)
            return -1;
    }
    return 0;
}

static int evict_all(struct plan *plan, struct error *err)
{
    for (;;) {
        const struct plan_item *first = NULL;

        if (plan_settle(plan, err) < 0) /* a victim may have shared its node, and a gang's late members go with it */
            return -1;
        for (size_t i = 0; i < plan->lanes; i++) {
            const struct plan_item *item = plan->lane[i]->placed ? plan_tree_next_marked(&plan->lane[i]->tree, plan->lane[i]->cut) : NULL;

            if (item && (!first || plan_tree_less(&plan->lane[i]->tree, item, first)))
                first = item;
        }
        if (!first)
            return 0;
        if (evict_unit(plan, first->owner, err) < 0)
            return -1;
    }
}

/* after the binds: a cause is a pod that still waits */
static void name_causes(struct plan *plan)
{
    for (size_t i = 0; i < plan->lanes; i++)
        plan->lane[i]->claimed = plan->lane[i]->claimed_members = 0;
    for (size_t i = 0; i < plan->actions; i++) {
        struct plan_action *action = &plan->action[i];
        const struct plan_pod *victim, *cause;

        if (action->act != PLAN_PREEMPT || action->reason != PLAN_FOR_PRIORITY)
            continue;
        victim = plan_table_find(&plan->pods, action->namespace_, action->name);
        cause = cause_of(plan, victim->node, action->priority);
        if (!cause) { /* not for priority then: another member of its gang shares a node */
            action->reason = victim->gang ? PLAN_GANG_EVICTED : PLAN_SHARED_NODE;
            continue;
        }
        action->cause_namespace = cause->entry.namespace_;
        action->cause_name = cause->entry.name;
        action->cause_uid = cause->uid;
    }
}

int plan_actions(struct plan *plan, void (*act)(void *ctx, const struct plan_action *action), void *ctx, struct error *err)
{
    size_t before;

    plan->actions = 0;
    if (plan->broken)
        return plan_break(plan, err);
    if (!plan->news)
        return 0;
    do { /* again: a late member that was bound makes its gang larger, which can break a tie the other way */
        before = plan->actions;
        if (evict_doomed(plan, err) < 0 || evict_all(plan, err) < 0 || bind_all(plan, err) < 0)
            return plan_break(plan, err);
    } while (plan->actions > before);
    name_causes(plan);
    plan->news = false;
    for (size_t i = 0; i < plan->actions; i++)
        if (plan->action[i].act == PLAN_PREEMPT)
            act(ctx, &plan->action[i]);
    for (size_t i = 0; i < plan->actions; i++)
        if (plan->action[i].act == PLAN_BIND)
            act(ctx, &plan->action[i]);
    return 0;
}

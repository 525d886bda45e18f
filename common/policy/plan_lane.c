/* plan_lane.c: units in order, in the lane of what they need. */
#include <stdlib.h>
#include <string.h>

#include "common/policy/plan_internal.h"

struct plan_kind *plan_pod_kind(const struct plan_pod *pod)
{
    if (pod->state == PLAN_POD_WAITING)
        return pod->shape->kind;
    return pod->node->class_ ? &pod->node->class_->pinned : NULL;
}

static const char *name_of(const struct plan_unit *unit)
{
    return unit->gang ? unit->gang->entry.name : unit->pod->entry.name;
}

static const char *namespace_of(const struct plan_unit *unit)
{
    return unit->gang ? unit->gang->entry.namespace_ : unit->pod->entry.namespace_;
}

/* priority, placed, size and age are in the key */
int plan_unit_compare(const void *a, const void *b)
{
    const struct plan_unit *left = a, *right = b;
    int order = strcmp(namespace_of(left), namespace_of(right));

    if (order == 0)
        order = strcmp(name_of(left), name_of(right));
    return order ? order : (left->gang != NULL) - (right->gang != NULL);
}

/* one more of that kind in the scratch parts, by serial */
static int add_part(struct plan *plan, size_t *parts, struct plan_kind *kind, struct error *err)
{
    struct plan_lane_part *array;
    size_t at = *parts;

    if (!kind)
        return 0;
    while (at > 0 && plan->part[at - 1].kind->serial > kind->serial)
        at--;
    if (at > 0 && plan->part[at - 1].kind == kind) {
        plan->part[at - 1].count++;
        return 0;
    }
    array = plan_grow(plan->part, &plan->part_room, *parts, sizeof *array);
    if (!array)
        return error_no_memory(err);
    plan->part = array;
    memmove(&plan->part[at + 1], &plan->part[at], (*parts - at) * sizeof *plan->part);
    plan->part[at] = (struct plan_lane_part){kind, 1};
    ++*parts;
    return 0;
}

static int parts_of(struct plan *plan, const struct plan_unit *unit, size_t *parts, struct error *err)
{
    *parts = 0;
    if (!unit->gang)
        return add_part(plan, parts, plan_pod_kind(unit->pod), err);
    for (const struct plan_pod *pod = unit->gang->pods; pod; pod = pod->gang_next)
        if (pod->in == unit && add_part(plan, parts, plan_pod_kind(pod), err) < 0)
            return -1;
    return 0;
}

static bool is_lane(const struct plan *plan, const struct plan_lane *lane, bool placed, size_t parts)
{
    if (lane->placed != placed || lane->parts != parts)
        return false;
    for (size_t i = 0; i < parts; i++)
        if (lane->part[i].kind != plan->part[i].kind || lane->part[i].count != plan->part[i].count)
            return false;
    return true;
}

static struct plan_lane *lane_for(struct plan *plan, bool placed, size_t parts, struct error *err)
{
    struct plan_lane *lane, **array;

    for (size_t i = 0; i < plan->lanes; i++)
        if (is_lane(plan, plan->lane[i], placed, parts))
            return plan->lane[i];
    lane = calloc(1, sizeof *lane);
    array = plan_grow(plan->lane, &plan->lane_room, plan->lanes, sizeof(struct plan_lane *));
    plan->lane = array ? array : plan->lane;
    if (!lane || !array || !(lane->part = malloc((parts + 1) * sizeof *lane->part))) {
        if (lane)
            free(lane->part);
        free(lane);
        error_no_memory(err);
        return NULL;
    }
    if (parts)
        memcpy(lane->part, plan->part, parts * sizeof *lane->part);
    lane->parts = parts;
    lane->placed = placed;
    plan_tree_init(&lane->tree, &plan->pool, plan_unit_compare);
    plan->lane[plan->lanes++] = lane;
    return lane;
}

static void lane_drop(struct plan *plan, struct plan_lane *lane)
{
    size_t i = 0;

    while (plan->lane[i] != lane)
        i++;
    plan->lane[i] = plan->lane[--plan->lanes];
    free(lane->part);
    free(lane);
}

/* a lane without a unit is no more, but for the one to keep */
static void take_out(struct plan *plan, struct plan_unit *unit, const struct plan_lane *keep)
{
    struct plan_lane *lane = unit->lane;

    if (!lane)
        return;
    if (plan_tree_erase(&lane->tree, &unit->item) < lane->cut) {
        lane->cut--;
        plan->stale = plan->news = true;
    } /* else it was not taken: the plan is the same without it */
    unit->lane = NULL;
    if (plan_tree_count(&lane->tree) == 0 && lane != keep && lane != &plan->apart)
        lane_drop(plan, lane);
}

void plan_unit_withdraw(struct plan *plan, struct plan_unit *unit)
{
    take_out(plan, unit, NULL);
    if (unit->gang) {
        for (struct plan_pod *pod = unit->gang->pods; pod; pod = pod->gang_next)
            if (pod->in == unit)
                pod->in = NULL;
    } else if (unit->pod->in == unit) {
        unit->pod->in = NULL;
    }
}

/* a gang as soon as it must: its late members are not to join it on the way out */
static bool can_be_evicted(const struct plan_unit *unit)
{
    return unit->gang ? unit->placed : unit->pod->state == PLAN_POD_BOUND;
}

static struct plan_item item_of(struct plan_unit *unit)
{
    const uint64_t sign = (uint64_t)1 << 63;

    return (struct plan_item){
        {~((uint64_t)unit->priority ^ sign), (unit->placed ? 0 : sign) | unit->size, (uint64_t)unit->created_us ^ sign}, unit};
}

void plan_lane_fetch(const struct plan *plan, const struct plan_kind *kind, int64_t priority, int64_t created_us)
{
    struct plan_unit unit = {.priority = priority, .created_us = created_us, .size = 1};

    for (size_t i = 0; i < plan->lanes; i++) {
        const struct plan_lane *lane = plan->lane[i];

        if (!lane->placed && lane->parts == 1 && lane->part[0].kind == kind && lane->part[0].count == 1) {
            plan_tree_fetch(&lane->tree, item_of(&unit).key);
            return;
        }
    }
}

static bool is_apart(const struct plan_unit *unit)
{
    if (unit->placed || !unit->gang)
        return !unit->placed && unit->pod->apart;
    for (const struct plan_pod *pod = unit->gang->pods; pod; pod = pod->gang_next)
        if (pod->in == unit && pod->apart)
            return true;
    return false;
}

static int place_apart(struct plan *plan, struct plan_unit *unit, const struct plan_item *item, struct error *err)
{
    if (unit->lane == &plan->apart && memcmp(item->key, unit->item.key, sizeof item->key) == 0)
        return 0;
    take_out(plan, unit, NULL);
    if (plan_tree_insert(&plan->apart.tree, item, false, err) < 0)
        return -1;
    unit->item = *item;
    unit->mark = false;
    unit->lane = &plan->apart;
    return 0;
}

int plan_unit_place(struct plan *plan, struct plan_unit *unit, struct error *err)
{
    const struct plan_item item = item_of(unit);
    bool mark = can_be_evicted(unit);
    struct plan_lane *lane;
    int64_t before;
    size_t parts;

    if (is_apart(unit))
        return place_apart(plan, unit, &item, err);
    if (parts_of(plan, unit, &parts, err) < 0 || !(lane = lane_for(plan, unit->placed, parts, err)))
        return -1;
    if (unit->lane == lane && memcmp(item.key, unit->item.key, sizeof item.key) == 0) {
        if (unit->mark != mark)
            plan_tree_mark(&lane->tree, &item, mark);
        plan->news = plan->news || unit->mark != mark;
        unit->mark = mark;
        return 0;
    }
    take_out(plan, unit, lane);
    before = plan_tree_insert(&lane->tree, &item, mark, err);
    if (before < 0)
        return -1;
    unit->item = item;
    unit->mark = mark;
    unit->lane = lane;
    plan->news = plan->news || unit->placed;
    if ((size_t)before > lane->cut) /* one before it does not fit, so neither does this */
        return 0;
    lane->cut += (size_t)before < lane->cut;
    plan->stale = plan->news = true;
    return 0;
}

/*
 * plan_cut.c: which units are taken. A lane is open until one of its units does not fit; the first unit in order that does not
 * closes its lane there, and so on until all that is left fits. What is probed is a point in the order: does everything up to it fit? The
 * search begins at the last cut, so an event that moves it by one costs a few probes.
 */
#include <stdlib.h>
#include <string.h>

#include "common/policy/plan_internal.h"

int plan_rank_reserve(struct plan *plan, struct error *err)
{
    size_t *more;

    if (plan->lanes <= plan->rank_room)
        return 0;
    more = realloc(plan->rank, plan->lanes * 2 * sizeof *more);
    if (!more)
        return error_no_memory(err);
    plan->rank = more;
    plan->rank_room = plan->lanes * 2;
    return 0;
}

bool plan_demand(const struct plan *plan, size_t *demand, size_t *left)
{
    memset(demand, 0, plan->kinds * sizeof *demand);
    for (size_t c = 0; c < plan->classes; c++)
        left[c] = plan->class_[c]->total;
    for (size_t i = 0; i < plan->lanes; i++) {
        const struct plan_lane *lane = plan->lane[i];

        for (size_t p = 0; p < lane->parts; p++) {
            size_t amount = lane->part[p].count * plan->rank[i];
            const struct plan_kind *kind = lane->part[p].kind;

            if (!kind->pinned) {
                demand[kind->index] += amount;
                continue;
            }
            if (amount > left[kind->pinned->index])
                return false;
            left[kind->pinned->index] -= amount;
        }
    }
    return true;
}

static bool fits(struct plan *plan)
{
    return plan_demand(plan, plan->flow.demand, plan->flow.capacity) && plan_flow_fits(&plan->flow);
}

static bool all_open_fit(struct plan *plan, size_t closed)
{
    for (size_t i = 0; i < plan->lanes; i++)
        plan->rank[i] = i < closed ? plan->lane[i]->cut : plan_tree_count(&plan->lane[i]->tree);
    return fits(plan);
}

/* does all up to and with that unit of the lane fit? Narrows every open lane to what is still between */
static bool try_up_to(struct plan *plan, struct plan_lane *of, size_t index)
{
    const struct plan_item *item = plan_tree_at(&of->tree, index);
    bool ok;

    for (size_t i = 0; i < plan->lanes; i++) {
        struct plan_lane *lane = plan->lane[i];

        if (lane->low < lane->high) /* of most lanes nothing is between */
            plan->rank[i] = lane == of ? index + 1 : plan_tree_before(&lane->tree, item);
        else
            plan->rank[i] = lane->low;
    }
    ok = fits(plan);
    for (size_t i = 0; i < plan->lanes; i++)
        *(ok ? &plan->lane[i]->low : &plan->lane[i]->high) = plan->rank[i];
    if (!ok)
        of->high = index;
    return ok;
}

/* the next place to probe in [from, to): farther and farther while all answers are the same, then the middle */
static size_t next_probe(size_t from, size_t to, size_t *step, int direction)
{
    size_t reach = *step;

    if (direction == 0)
        return from + (to - from) / 2;
    *step *= 2;
    if (direction > 0)
        return to - from > reach ? from + reach - 1 : to - 1;
    return to - from > reach ? to - reach : from;
}

/* what this lane has between low and high is divided; true when some of it did not fit */
static bool search_lane(struct plan *plan, struct plan_lane *lane)
{
    size_t step = 1, probe = lane->cut;
    bool turned = false, failed = false;
    int direction = 0;

    if (lane->low < lane->high)
        probe = probe < lane->low ? lane->low : probe >= lane->high ? lane->high - 1 : probe;
    while (lane->low < lane->high) {
        bool ok = try_up_to(plan, lane, probe);

        failed = failed || !ok;
        turned = turned || direction == (ok ? -1 : 1);
        direction = ok ? 1 : -1;
        if (lane->low < lane->high)
            probe = next_probe(lane->low, lane->high, &step, turned ? 0 : direction);
    }
    return failed;
}

/*
 * Lanes stand in the order in which they closed the last time, and are searched in that order: so most often the first two tries find the very unit, and
 * nothing is left to search in the others.
 */
static void find_cuts(struct plan *plan)
{
    size_t closed = 0;

    for (size_t i = 0; i < plan->lanes; i++)
        plan->lane[i]->high = 0;
    while (!all_open_fit(plan, closed)) {
        size_t failing = closed;
        struct plan_lane *lane;

        for (size_t i = closed; i < plan->lanes; i++) { /* without the closed ones, all up to the last unit that did not fit fits */
            plan->lane[i]->low = plan->lane[i]->high;
            plan->lane[i]->high = plan_tree_count(&plan->lane[i]->tree);
        }
        for (size_t i = closed; i < plan->lanes; i++)
            failing = search_lane(plan, plan->lane[i]) ? i : failing;
        lane = plan->lane[failing];
        lane->cut = lane->low = lane->high;
        plan->lane[failing] = plan->lane[closed];
        plan->lane[closed++] = lane;
    }
    for (size_t i = closed; i < plan->lanes; i++)
        plan->lane[i]->cut = plan_tree_count(&plan->lane[i]->tree);
}

int plan_settle(struct plan *plan, struct error *err)
{
    if (plan_kinds_settle(plan, err) < 0)
        return -1;
    if (!plan->stale)
        return 0;
    if (plan_flows_prepare(plan, err) < 0 || plan_rank_reserve(plan, err) < 0)
        return -1;
    find_cuts(plan);
    plan->stale = false;
    return 0;
}

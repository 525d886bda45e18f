/*
 * plan_cut.c: which units are taken. A lane is open until one of its units does not fit; the first unit in order that does not
 * closes its lane there, and so on until all that is left fits. What is probed is a point in the order: does everything up to it fit? The
 * search begins at the last cut, so an event that moves it by one costs a few probes.
 */
#include <stdlib.h>
#include <string.h>

#include "common/policy/plan_internal.h"

struct search {
    const struct plan_item *fits, *fails; /* all up to `fits` fits, up to `fails` it does not; NULL: not known of any */
    struct plan_lane *failing;      /* the lane of `fails` */
};

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

static bool all_open_fit(struct plan *plan)
{
    for (size_t i = 0; i < plan->lanes; i++)
        plan->rank[i] = plan->lane[i]->closed ? plan->lane[i]->cut : plan_tree_count(&plan->lane[i]->tree);
    return fits(plan);
}

static bool fits_up_to(struct plan *plan, const struct plan_lane *of, const struct plan_item *item, size_t index)
{
    for (size_t i = 0; i < plan->lanes; i++) {
        const struct plan_lane *lane = plan->lane[i];

        plan->rank[i] = lane == of ? index + 1 : plan_tree_before(&lane->tree, item);
        if (lane->closed && plan->rank[i] > lane->cut)
            plan->rank[i] = lane->cut;
    }
    return fits(plan);
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

/* narrows the search by what this lane has between the two points */
static void search_lane(struct plan *plan, struct plan_lane *lane, struct search *s)
{
    size_t from = 0, to = s->fails ? plan_tree_before(&lane->tree, s->fails) : plan_tree_count(&lane->tree), step = 1, probe = lane->cut;
    int direction = 0;
    bool turned = false;

    if (s->fits)
        from = plan_tree_before(&lane->tree, s->fits) + (((struct plan_unit *)s->fits->owner)->lane == lane);
    if (from < to)
        probe = probe < from ? from : probe >= to ? to - 1 : probe;
    while (from < to) {
        const struct plan_item *item = plan_tree_at(&lane->tree, probe);
        bool ok = fits_up_to(plan, lane, item, probe);

        if (ok) {
            s->fits = item;
            from = probe + 1;
        } else {
            s->fails = item;
            s->failing = lane;
            to = probe;
        }
        turned = turned || direction == (ok ? -1 : 1);
        direction = ok ? 1 : -1;
        if (from < to)
            probe = next_probe(from, to, &step, turned ? 0 : direction);
    }
}

static void find_cuts(struct plan *plan)
{
    const struct plan_item *last = NULL;

    for (size_t i = 0; i < plan->lanes; i++)
        plan->lane[i]->closed = false;
    while (!all_open_fit(plan)) {
        struct search s = {.fits = last}; /* without it, all up to the last one that did not fit fits */

        for (size_t i = 0; i < plan->lanes; i++)
            if (!plan->lane[i]->closed)
                search_lane(plan, plan->lane[i], &s);
        s.failing->closed = true;
        s.failing->cut = plan_tree_before(&s.failing->tree, s.fails);
        last = s.fails;
    }
    for (size_t i = 0; i < plan->lanes; i++)
        if (!plan->lane[i]->closed)
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

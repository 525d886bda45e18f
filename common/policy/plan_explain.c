/* plan_explain.c: the ideal plan, as if all that terminates were gone and all victims too. */
#include <stdlib.h>
#include <string.h>

#include "common/policy/plan_internal.h"

struct explanation {
    struct plan_node **node; /* those that no planned pod is on, by name; NULL once given */
    size_t nodes;
};

static bool is_open(const struct plan_node *node)
{
    for (const struct plan_pod *pod = node->pods; pod; pod = pod->node_next)
        if (pod->in && pod->in->lane && plan_unit_taken(pod->in))
            return false;
    return true;
}

static int by_name(const void *a, const void *b)
{
    return strcmp((*(struct plan_node *const *)a)->name, (*(struct plan_node *const *)b)->name);
}

static int gather_nodes(struct plan *plan, struct explanation *e, struct error *err)
{
    size_t turn = 0;

    e->node = calloc(plan->nodes.count + 1, sizeof(struct plan_node *));
    if (!e->node)
        return error_no_memory(err);
    for (struct plan_node *n; (n = plan_table_each(&plan->nodes, &turn));)
        if (n->present && is_open(n))
            e->node[e->nodes++] = n;
    qsort(e->node, e->nodes, sizeof(struct plan_node *), by_name);
    return 0;
}

/* takes the first that leaves room for the rest */
static const char *give_node(struct plan *plan, struct explanation *e, const struct plan_kind *kind)
{
    struct plan_flow *f = &plan->flow;
    const struct plan_class *refused = NULL;

    f->demand[kind->index]--;
    for (size_t i = 0; i < e->nodes; i++) {
        struct plan_node *n = e->node[i];

        if (!n || n->class_ == refused || !plan_class_accepts(n->class_, kind))
            continue;
        f->capacity[n->class_->index]--;
        if (plan_flow_fits(f)) {
            e->node[i] = NULL;
            return n->name;
        }
        f->capacity[n->class_->index]++;
        refused = n->class_;
    }
    return NULL;
}

static int show_unit(struct plan *plan, struct explanation *e, const struct plan_unit *unit, bool taken,
                     void (*show)(void *ctx, const struct plan_entry *entry), void *ctx, struct error *err)
{
    size_t count;

    if (plan_members(plan, unit, &count, err) < 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        const struct plan_pod *pod = plan->member[i];
        struct plan_entry entry = {.namespace_ = pod->entry.namespace_,
                                   .name = pod->entry.name,
                                   .uid = pod->uid,
                                   .group = pod->gang ? pod->gang->entry.name : NULL,
                                   .placed = unit->placed,
                                   .priority = unit->priority};

        if (taken)
            entry.node = unit->placed ? pod->node->name : give_node(plan, e, pod->shape->kind);
        show(ctx, &entry);
    }
    return 0;
}

static bool any_left(const struct plan_lane *lane)
{
    return lane->claimed < plan_tree_count(&lane->tree);
}

int plan_explain(struct plan *plan, void (*show)(void *ctx, const struct plan_entry *entry), void *ctx, struct error *err)
{
    struct explanation e = {0};
    struct plan_lane *lane;
    const struct plan_item *first;
    int ret = -1;

    if (plan->broken || plan_settle(plan, err) < 0 || plan_flows_prepare(plan, err) < 0 || plan_rank_reserve(plan, err) < 0 ||
        gather_nodes(plan, &e, err) < 0)
        goto cleanup;
    for (size_t i = 0; i < plan->lanes; i++) {
        plan->rank[i] = plan->lane[i]->cut;
        plan->lane[i]->claimed = 0;
    }
    plan_demand(plan, plan->flow.demand, plan->flow.capacity);
    while ((lane = plan_first_lane(plan, any_left, &first)))
        if (show_unit(plan, &e, first->owner, lane->claimed++ < lane->cut, show, ctx, err) < 0)
            goto cleanup;
    ret = 0;
cleanup:
    free(e.node);
    return ret < 0 ? plan_break(plan, err) : 0;
}

int plan_counts(struct plan *plan, size_t *waiting_in_plan, size_t *waiting_outside, struct error *err)
{
    if (plan->broken || plan_settle(plan, err) < 0)
        return plan_break(plan, err);
    *waiting_in_plan = *waiting_outside = 0;
    for (size_t i = 0; i < plan->lanes; i++) {
        const struct plan_lane *lane = plan->lane[i];
        size_t members = 0;

        for (size_t p = 0; p < lane->parts; p++)
            members += lane->part[p].count;
        if (lane->placed)
            continue;
        *waiting_in_plan += lane->cut * members;
        *waiting_outside += (plan_tree_count(&lane->tree) - lane->cut) * members;
    }
    for (size_t i = 0; i < plan_tree_count(&plan->apart.tree); i++)
        *waiting_outside += ((const struct plan_unit *)plan_tree_at(&plan->apart.tree, i)->owner)->size;
    return 0;
}

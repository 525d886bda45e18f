/*
 * plan_apart.c: pods that look at other pods. What they may do is asked of the cache, with all that is there; the plan says which nodes are free, and keeps those that
 * units need which go first.
 */
#include <string.h>

#include "common/policy/peers.h"
#include "common/policy/plan_internal.h"

int plan_looking(const struct filter_config *filters, const struct cache *cache, struct pod *pod, struct error *err)
{
    static const struct pod_peers of_others; /* it asks for nothing itself */
    struct peers *peers = NULL;
    struct node *const *nodes;
    size_t count;

    nodes = cache_nodes(cache, &count);
    if (peers_count(filters, pod, nodes, count, &peers, err) < 0)
        return -1;
    if (!peers_forbid(peers))
        pod->peers = NULL;
    else if (!pod->peers)
        pod->peers = &of_others;
    peers_free(peers);
    return 0;
}

/* plan->flow: what placed units have, and what the waiting ones need that go before */
static int prepare(struct plan *plan, const struct plan_item *item, struct error *err)
{
    if (plan_settle(plan, err) < 0 || plan_flows_prepare(plan, err) < 0 || plan_rank_reserve(plan, err) < 0)
        return -1;
    for (size_t i = 0; i < plan->lanes; i++) {
        const struct plan_lane *lane = plan->lane[i];
        size_t before = lane->placed ? lane->cut : plan_tree_before(&lane->tree, item);

        plan->rank[i] = before < lane->cut ? before : lane->cut;
    }
    plan_demand(plan, plan->flow.demand, plan->flow.capacity);
    return 0;
}

/* takes one node of that class out of the flow, if the others can do without */
static bool take_room(struct plan *plan, const struct plan_class *class_)
{
    size_t *capacity = &plan->flow.capacity[class_->index];

    if (*capacity == 0)
        return false;
    --*capacity;
    if (plan_flow_fits(&plan->flow))
        return true;
    ++*capacity;
    return false;
}

static struct plan_node *free_node(const struct plan *plan, const struct plan_pod *pod, const struct node *node)
{
    struct plan_node *n = plan_table_find(&plan->nodes, "", node->spec->name);

    return n && n->is_free && n->class_ && plan_bit(n->bits, pod->shape->slot) ? n : NULL;
}

/* the first node that will do; its room is taken then. NULL: there is none, or *err says why */
static struct plan_node *choose(struct plan *plan, const struct cache *cache, const struct plan_pod *pod, const struct pod *seen,
                                struct error *err)
{
    struct plan_node *found = NULL, *n;
    struct peers *peers = NULL;
    struct node *const *nodes;
    size_t count;

    nodes = cache_nodes(cache, &count);
    if (peers_count(&plan->config.filters, seen, nodes, count, &peers, err) < 0)
        return NULL;
    for (size_t i = 0; i < count && !found; i++)
        if ((n = free_node(plan, pod, nodes[i])) && filter_node(&plan->config.filters, seen, peers, nodes[i], NULL, NULL) &&
            take_room(plan, n->class_))
            found = n;
    peers_free(peers);
    return found;
}

static struct cached_pod *waiting_in(const struct cache *cache, const struct plan_pod *pod)
{
    struct cached_pod *cached = cache_pod(cache, pod->entry.namespace_, pod->entry.name);

    return cached && !cached->home && strcmp(cached->pod->uid, pod->uid) == 0 ? cached : NULL;
}

/* 1: it is on its way; 0: there is no node for it now */
static int place_member(struct plan *plan, struct cache *cache, struct plan_pod *pod, bool late, int64_t priority, struct error *err)
{
    struct cached_pod *cached = waiting_in(cache, pod);
    struct plan_node *node = cached ? choose(plan, cache, pod, cached->pod, err) : NULL;

    if (!node)
        return err->kind == ERROR_NONE ? 0 : -1;
    cache_assume(cache, cached, cache_node(cache, node->name));
    pod->late = late;
    if (plan_pod_move(plan, pod, node, PLAN_POD_BINDING, err) == 0 && plan_note(plan, PLAN_BIND, PLAN_PLACE, pod, priority, err) == 0)
        return 1;
    cache_forget(cache, cached);
    return -1;
}

/* back to where it waited; the last one first */
static int take_back(struct plan *plan, struct cache *cache, struct plan_pod *pod, struct error *err)
{
    cache_forget(cache, cache_pod(cache, pod->entry.namespace_, pod->entry.name));
    plan->actions--;
    return plan_pod_move(plan, pod, NULL, PLAN_POD_WAITING, err);
}

/* all or none. 1: it is on its way; 0: it waits on */
static int place_unit(struct plan *plan, struct cache *cache, struct plan_unit *unit, struct error *err)
{
    const bool gang = unit->gang != NULL;
    int64_t priority = unit->priority;
    size_t count, done = 0;
    int ret = 1;

    if (prepare(plan, &unit->item, err) < 0 || plan_members(plan, unit, &count, err) < 0)
        return -1;
    while (done < count && ret == 1) {
        struct plan_pod *pod = plan->member[done];

        ret = place_member(plan, cache, pod, pod->gang && !gang, priority, err);
        done += ret == 1;
    }
    for (size_t i = done; i > 0 && ret == 0; i--)
        if (take_back(plan, cache, plan->member[i - 1], err) < 0)
            return -1;
    if (ret < 0 || (done > 0 && plan_pod_refresh(plan, plan->member[0], err) < 0))
        return -1;
    return ret;
}

static int place_all(struct plan *plan, struct cache *cache, struct error *err)
{
    const struct plan_item *item;
    size_t index = 0;

    while ((item = plan_tree_at(&plan->apart.tree, index))) {
        int ret = place_unit(plan, cache, item->owner, err);

        if (ret < 0)
            return -1;
        index += ret == 0;
    }
    return 0;
}

int plan_place_apart(struct plan *plan, struct cache *cache, void (*act)(void *ctx, const struct plan_action *action), void *ctx,
                     struct error *err)
{
    int ret;

    plan->actions = 0;
    if (plan->broken)
        return plan_break(plan, err);
    ret = place_all(plan, cache, err);
    for (size_t i = 0; i < plan->actions; i++)
        cache_forget(cache, cache_pod(cache, plan->action[i].namespace_, plan->action[i].name));
    if (ret < 0)
        return plan_break(plan, err);
    for (size_t i = 0; i < plan->actions; i++)
        act(ctx, &plan->action[i]);
    return 0;
}

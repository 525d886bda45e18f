#include "tests/faults/support/rest.h"

#include <stdio.h>
#include <string.h>

#include "common/cluster/pack.h"
#include "common/policy/plan.h"
#include "common/policy/preempt.h"

static struct cache *cache_of(const struct truth *truth)
{
    struct error err = ERROR_INIT;
    struct cache *cache = cache_new(OURS, &err);
    struct pod_update update;
    bool helps;

    for (size_t i = 0; i < truth->node_count; i++)
        cache_set_node(cache, node_spec_pack(truth->nodes[i], &err), &helps, &err);
    for (size_t i = 0; i < truth->pod_count; i++)
        cache_set_pod(cache, pod_pack(truth->pods[i], PACK_REASONS, &err), &update, &err);
    return cache;
}

static char first_action[64];

static void note_action(void *ctx, const struct plan_action *action)
{
    (void)ctx;
    if (!*first_action)
        snprintf(first_action, sizeof first_action, "%s %s", action->act == PLAN_BIND ? "bind" : "preempt", action->name);
}

const char *rest_of_plan(const struct run *run, const struct truth *truth)
{
    struct plan_config config = {run->options.policy.filters, 0, NULL, NULL};
    struct cache *cache = cache_of(truth);
    struct error err = ERROR_INIT;
    struct node *const *nodes;
    struct plan *plan;
    size_t count;

    config.filters.enabled[FILTER_ONE_PER_NODE] = false;
    plan = plan_new(&config, &err);
    nodes = cache_nodes(cache, &count);
    for (size_t i = 0; i < count; i++)
        plan_node_cached(plan, nodes[i], OURS, &err);
    for (size_t i = 0; i < truth->pod_count; i++)
        if (!strcmp(truth->pods[i]->scheduler_name, OURS))
            plan_pod_set(plan, truth->pods[i], &err);
    first_action[0] = '\0';
    plan_tick(plan, 1, &err);
    plan_actions(plan, note_action, NULL, &err);
    if (err.kind != ERROR_NONE)
        fail("the new plan: %s", err.text);
    plan_free(plan);
    cache_free(cache);
    return first_action;
}

static bool could_preempt(const struct run *run, const struct pod *pod, struct node *const *nodes, size_t count)
{
    struct preemption room = {NULL, NULL, 0};
    struct error err = ERROR_INIT;
    bool could;

    if (!policy_may_preempt(&run->options.policy, pod, nodes, count, OURS))
        return false;
    if (policy_preempt(&run->options.policy, OURS, pod, nodes, count, &room, &err) < 0)
        fail("preempting: %s", err.text);
    could = room.victim_count > 0;
    preemption_free(&room);
    return could;
}

const struct pod *waits_without_preempting(const struct run *run, const struct truth *truth)
{
    struct cache *cache = cache_of(truth);
    const struct pod *found = NULL;
    struct node *const *nodes;
    size_t count;

    nodes = cache_nodes(cache, &count);
    for (size_t i = 0; i < truth->pod_count && !found; i++) {
        const struct pod *pod = truth->pods[i];

        if (!*pod->node_name && !pod->gated && !pod->deleting && !strcmp(pod->scheduler_name, OURS) &&
            could_preempt(run, pod, nodes, count))
            found = pod;
    }
    cache_free(cache);
    return found;
}

/* preempt.c: who may preempt, and which of the nodes it is. See preempt.h; preempt_node.c tries one node. */
#include "common/policy/preempt.h"

#include <stdlib.h>
#include <string.h>

#include "common/policy/preempt_internal.h"
#include "common/policy/rules.h"

/* ---- who may ---- */

bool preemption_could_help(const struct scheduling_policy *policy, const struct pod *pod, const struct peers *peers,
                           const struct node *node, const char **reasons, size_t *count)
{
    int filter;

    *count = 0;
    if (policy->filters.enabled[FILTER_NODE_SELECTOR] && affinity_leaves_out(pod, node))
        return false;
    filter = filter_first_failing(&policy->filters, pod, peers, node, reasons, count);
    return filter >= 0 && !filter_unresolvable(filter, reasons[0], pod, node);
}

/* of nodes in name order */
static struct node *find_node(struct node *const *nodes, size_t count, const char *name)
{
    size_t low = 0, high = count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const int order = strcmp(nodes[middle]->spec->name, name);

        if (order == 0)
            return nodes[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static bool makes_way_already(const struct node *node, const struct pod *pod, const char *scheduler_name)
{
    for (const struct cached_pod *on = node->pods; on; on = on->next_on_node)
        if (on->pod->deleting && preemptible(on->pod, pod, scheduler_name))
            return true;
    return false;
}

/* will it never do, whoever leaves it? */
static bool is_hopeless(const struct scheduling_policy *policy, const struct pod *pod, const struct node *node, struct node *const *nodes,
                        size_t count)
{
    const char *reasons[FILTER_MAX_REASONS] = {NULL};
    struct error no_memory = ERROR_INIT; /* then the pods around it are not looked at */
    struct peers *peers = NULL;
    size_t reason_count;
    bool hopeless;

    peers_count(&policy->filters, pod, nodes, count, &peers, &no_memory);
    hopeless = !preemption_could_help(policy, pod, peers, node, reasons, &reason_count) &&
               !filter_node(&policy->filters, pod, peers, node, NULL, NULL);
    peers_free(peers);
    return hopeless;
}

const char *preemption_barred(const struct scheduling_policy *policy, const struct pod *pod, struct node *const *nodes, size_t count,
                              const char *scheduler_name)
{
    const struct node *nominated;

    if (pod->never_preempts)
        return "not eligible due to preemptionPolicy=Never.";
    nominated = scheduler_name && *pod->nominated_node ? find_node(nodes, count, pod->nominated_node) : NULL;
    if (nominated && makes_way_already(nominated, pod, scheduler_name) && !is_hopeless(policy, pod, nominated, nodes, count))
        return "not eligible due to a terminating pod on the nominated node.";
    return NULL;
}

bool policy_may_preempt(const struct scheduling_policy *policy, const struct pod *pod, struct node *const *nodes, size_t count,
                        const char *scheduler_name)
{
    return !preemption_barred(policy, pod, nodes, count, scheduler_name);
}

/* ---- which node ---- */

/* What makes one node better than another, in the order of pickOneNodeForPreemption. Without victims it is the least there can be. */
struct cost {
    int32_t highest;
    int64_t sum;
    size_t victims;
    uint32_t first_start;
};

static struct cost cost_of(struct cached_pod *const *victims, size_t count)
{
    struct cost cost = {INT32_MIN, 0, count, UINT32_MAX};

    if (count)
        cost.highest = victims[0]->pod->priority;
    for (size_t i = 0; i < count; i++) {
        const struct pod *pod = victims[i]->pod;

        cost.sum += (int64_t)pod->priority + INT32_MAX + 1;
        if (pod->priority == cost.highest && pod->started_s && pod->started_s < cost.first_start)
            cost.first_start = pod->started_s;
    }
    return cost;
}

static bool is_cheaper(const struct cost *a, const struct cost *b)
{
    if (a->highest != b->highest)
        return a->highest < b->highest;
    if (a->sum != b->sum)
        return a->sum < b->sum;
    if (a->victims != b->victims)
        return a->victims < b->victims;
    return a->first_start > b->first_start;
}

/* takes the victims of the last node, if it is better; the array that is not needed any more goes to the dry run */
static void keep_better(struct preemption *best, struct cost *best_cost, size_t *best_room, struct node *node, struct dry_run *run)
{
    const struct cost cost = cost_of(run->victim, run->victim_count);
    struct cached_pod **unused = best->victims;
    const size_t room = *best_room;

    if (best->node && !is_cheaper(&cost, best_cost))
        return;
    *best = (struct preemption){node, run->victim, run->victim_count};
    *best_cost = cost;
    *best_room = run->victim_room;
    run->victim = unused;
    run->victim_room = room;
}

int policy_preempt(const struct scheduling_policy *policy, const char *scheduler_name, const struct pod *pod, struct node *const *nodes,
                   size_t count, struct preemption *out, struct error *err)
{
    struct dry_run run = {.policy = policy, .scheduler_name = scheduler_name, .pod = pod};
    struct preemption best = {0};
    struct cost best_cost = {0};
    size_t room = 0, reason_count;
    const char *reasons[FILTER_MAX_REASONS] = {NULL};
    int ret = -1;

    if (peers_count(&policy->filters, pod, nodes, count, &run.peers, err) < 0)
        return -1;
    for (size_t i = 0; i < count && !(best.node && !best.victim_count); i++) {
        enum dry_run_result result;

        if (!preemption_could_help(policy, pod, run.peers, nodes[i], reasons, &reason_count))
            continue;
        if (dry_run_node(&run, nodes[i], &result, err) < 0)
            goto cleanup;
        if (result == DRY_RUN_ROOM)
            keep_better(&best, &best_cost, &room, nodes[i], &run);
    }
    *out = best;
    best = (struct preemption){0};
    ret = 0;
cleanup:
    preemption_free(&best);
    dry_run_end(&run);
    peers_free(run.peers);
    return ret;
}

void preemption_free(struct preemption *preemption)
{
    free(preemption->victims);
    *preemption = (struct preemption){0};
}

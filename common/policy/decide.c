/*
 * decide.c: the pick. Scores are cheap and filters are not: without a trace a node is filtered only when it would win, which for most
 * pods means a handful out of thousands.
 */
#include "common/policy/policy.h"

/* does a node with this rank and score come before the best so far? Nodes come in name order, so a tie stays with the first */
static bool wins(const struct decision *best, int best_rank, int rank, int64_t score)
{
    if (!best->node)
        return true;
    return rank != best_rank ? rank < best_rank : score < best->score;
}

struct decision policy_decide(const struct scheduling_policy *policy, const struct pod *pod, struct node *const *nodes, size_t count,
                              policy_trace trace, void *trace_ctx)
{
    const bool ranks = policy->filters.enabled[FILTER_TAINTS];
    struct decision best = {NULL, 0};
    int best_rank = 0;

    for (size_t i = 0; i < count; i++) {
        struct node *node = nodes[i];
        int64_t score = policy->policy->score(policy->policy, pod, node);
        int rank = ranks && (node->traits & NODE_PREFERS_NO_SCHEDULE) ? taints_not_preferred(pod, node) : 0;
        bool first = wins(&best, best_rank, rank, score);

        if ((!first && !trace) || !filter_node(&policy->filters, pod, node, NULL, NULL))
            continue;
        if (trace)
            trace(trace_ctx, node, score);
        if (!first)
            continue;
        best = (struct decision){node, score};
        best_rank = rank;
    }
    return best;
}

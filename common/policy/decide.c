/*
 * decide.c: the pick. Scores are cheap and filters are not: without a trace a node is filtered only when it would win, which for most
 * pods means a handful out of thousands.
 */
#include "common/policy/policy.h"

/* Nodes lie scattered in memory; asking for one so many steps ahead hides most of the wait. */
#define AHEAD 16

#if defined(__GNUC__)
#define PREFETCH(address) __builtin_prefetch(address)
#else
#define PREFETCH(address) ((void)(address))
#endif

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
    int64_t (*const score_of)(const struct scheduling_policy *, const struct pod *, const struct node *) = policy->policy->score;
    const unsigned ranking = policy->filters.enabled[FILTER_TAINTS] ? NODE_PREFERS_NO_SCHEDULE : 0;
    struct decision best = {NULL, 0};
    bool settled = false; /* no rank comes before the best one's: now only a lower score wins */
    int best_rank = 0;

    for (size_t i = 0; i < count; i++) {
        struct node *node = nodes[i];
        int64_t score;
        int rank;

        if (i + AHEAD < count)
            PREFETCH(nodes[i + AHEAD]);
        score = score_of(policy, pod, node);
        if (settled && score >= best.score)
            continue;
        rank = node->traits & ranking ? taints_not_preferred(pod, node) : 0;
        if ((!trace && !wins(&best, best_rank, rank, score)) || !filter_node(&policy->filters, pod, node, NULL, NULL))
            continue;
        if (trace)
            trace(trace_ctx, node, score);
        if (!wins(&best, best_rank, rank, score))
            continue;
        best = (struct decision){node, score};
        best_rank = rank;
        settled = rank == 0 && !trace;
    }
    return best;
}

/*
 * decide.c: the pick. Scores are cheap and filters are not: without a trace a node is filtered only when it would win, which for most
 * pods means a handful out of thousands.
 */
#include "common/policy/peers.h"
#include "common/policy/policy.h"

/* Nodes lie scattered in memory; asking for one so many steps ahead hides most of the wait. */
#define AHEAD 16

#if defined(__GNUC__)
#define PREFETCH(address) __builtin_prefetch(address)
#else
#define PREFETCH(address) ((void)(address))
#endif

/* what comes before the score */
struct rank {
    int taints;
    int64_t spread;
};

/* does a node with this rank and score come before the best so far? Nodes come in name order, so a tie stays with the first */
static bool wins(const struct decision *best, const struct rank *best_rank, const struct rank *rank, int64_t score)
{
    if (!best->node)
        return true;
    if (rank->taints != best_rank->taints)
        return rank->taints < best_rank->taints;
    return rank->spread != best_rank->spread ? rank->spread < best_rank->spread : score < best->score;
}

static struct decision pick(const struct scheduling_policy *policy, const struct pod *pod, const struct peers *peers,
                            struct node *const *nodes, size_t count, policy_trace trace, void *trace_ctx)
{
    int64_t (*const score_of)(const struct scheduling_policy *, const struct pod *, const struct node *) = policy->policy->score;
    const unsigned ranking = policy->filters.enabled[FILTER_TAINTS] ? NODE_PREFERS_NO_SCHEDULE : 0;
    struct decision best = {NULL, 0, false};
    bool settled = false; /* no rank comes before the best one's: now only a lower score wins */
    struct rank best_rank = {0, 0};

    for (size_t i = 0; i < count; i++) {
        struct node *node = nodes[i];
        struct rank rank;
        int64_t score;

        if (i + AHEAD < count)
            PREFETCH(nodes[i + AHEAD]);
        score = score_of(policy, pod, node);
        if (settled && score >= best.score)
            continue;
        rank.taints = node->traits & ranking ? taints_not_preferred(pod, node) : 0;
        rank.spread = peers_rank(peers, node);
        if ((!trace && !wins(&best, &best_rank, &rank, score)) || !filter_node(&policy->filters, pod, peers, node, NULL, NULL))
            continue;
        if (trace)
            trace(trace_ctx, node, score);
        if (!wins(&best, &best_rank, &rank, score))
            continue;
        best = (struct decision){node, score, false};
        best_rank = rank;
        settled = rank.taints == 0 && rank.spread == 0 && !trace;
    }
    return best;
}

struct decision policy_decide(const struct scheduling_policy *policy, const struct pod *pod, struct node *const *nodes, size_t count,
                              policy_trace trace, void *trace_ctx)
{
    struct error no_memory = ERROR_INIT; /* the only failure there is */
    struct peers *peers;
    struct decision decision;

    if (peers_count(&policy->filters, pod, nodes, count, &peers, &no_memory) < 0)
        return (struct decision){.no_memory = true};
    decision = pick(policy, pod, peers, nodes, count, trace, trace_ctx);
    peers_free(peers);
    return decision;
}

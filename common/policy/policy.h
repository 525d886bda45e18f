/*
 * policy.h: a decision is filters, then a score, then the pick. Lowest score first; on a tie the first node in name order, so runs
 * can be repeated. Pure: no JSON, no clock, no network.
 */
#ifndef COMMON_POLICY_POLICY_H
#define COMMON_POLICY_POLICY_H

#include "common/buffer.h"
#include "common/cluster/node.h"
#include "common/policy/filter.h"

struct scheduling_policy;

struct policy {
    const char *name;    /* of --policy */
    const char *summary; /* one line for --help */
    /* The score of a feasible node; the lowest wins. Pure: the same for the same parameters, pod and node. NULL with `plans`. */
    int64_t (*score)(const struct scheduling_policy *parameters, const struct pod *pod, const struct node *node);
    const char *argument; /* what --policy NAME=… must name, as --help calls it; NULL: takes none */
    bool tells_scores;    /* each node's score is logged without -v */
    bool plans;           /* decided by the planner (plan.h) for all pods at once, never by policy_decide() */
};

/* The policy of that name, static, or NULL. */
const struct policy *policy_by_name(const char *name);
/* All policies, NULL-terminated, in the order of --help. */
const struct policy *const *policy_all(void);

struct scheduling_policy {
    const struct policy *policy;
    struct filter_config filters;
    uint64_t seed;        /* of `random` */
    const char *preempts; /* --preemption: our scheduler, whose pods of lower priority may be evicted (preempt.h); NULL: nobody is */
};

/* Called for each feasible node in name order, before the pick; for the score log. */
typedef void (*policy_trace)(void *ctx, const struct node *node, int64_t score);

struct decision {
    struct node *node; /* the pick, or NULL when no node is feasible */
    int64_t score;
    bool no_memory; /* nothing was decided: try again later */
};

/*
 * Chooses among nodes (in name order, and all there are: pods on them matter to topology spread and affinity). Nodes with fewer
 * PreferNoSchedule taints in the way come first, then those that ScheduleAnyway constraints favour, then the lower score. trace may be NULL; without it a node whose score cannot win is not
 * filtered at all.
 */
struct decision policy_decide(const struct scheduling_policy *policy, const struct pod *pod, struct node *const *nodes, size_t count,
                              policy_trace trace, void *trace_ctx);

/*
 * kube-scheduler 1.34's words when nothing fits (framework.FitError, then what its PostFilter plugins add): "0/N nodes are available: <count> <reason>,
 * <count> <reason>. no new claims to deallocate, preemption: 0/N nodes are available: <count> Preemption is not helpful for scheduling, <count> No
 * preemption victims found for incoming pod." with each list sorted as text; after "preemption: " a pod that may not preempt has other words. With policy->preempts
 * a node that would not do even without the pods that may be evicted has its reasons there, and where preemption does help all behind the first list is missing.
 * With a policy that plans nothing is said of preemption, and a node that passes the filters was "kept for pods that go first".
 * Zero nodes: "no nodes available to schedule pods". Appends to `out`, which is as before on failure.
 */
int policy_fit_error(const struct scheduling_policy *policy, const struct pod *pod, struct node *const *nodes, size_t count,
                     struct buffer *out, struct error *err);

#endif

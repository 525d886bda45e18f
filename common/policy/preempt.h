/*
 * preempt.h: room for a pod that fits nowhere, made by evicting pods of lower priority: what kube-scheduler's DefaultPreemption picks
 * (pkg/scheduler/framework/preemption and plugins/defaultpreemption, 1.34), for all policies but those that plan. Pure: it says what to evict, and evicts nothing.
 *
 * On purpose stricter than kube-scheduler: only pods that name our scheduler are evicted. And one that is terminating already is no victim a second time: if it
 * is ours and of lower priority it counts as gone. PodDisruptionBudgets are not looked at.
 */
#ifndef COMMON_POLICY_PREEMPT_H
#define COMMON_POLICY_PREEMPT_H

#include "common/error.h"
#include "common/policy/policy.h"

struct cached_pod; /* cache.h */

struct preemption {
    struct node *node;           /* where room is made; NULL: preemption does not help */
    struct cached_pod **victims; /* the most important first; the array is owned, freed with preemption_free() */
    size_t victim_count;         /* 0 with a node: what makes room there is terminating already, and only to be waited for */
};

/*
 * Whether the pod may preempt at all. Not with preemptionPolicy Never; and not while pods of lower priority, ours, are terminating on its nominated node, unless it could
 * not go there even without them. `nodes`: all of the cluster, in name order, here and below.
 */
bool policy_may_preempt(const struct scheduling_policy *policy, const struct pod *pod, struct node *const *nodes, size_t count,
                        const char *scheduler_name);

/*
 * Where a pod that fits nowhere would fit, were there not these victims. On each node where eviction can help, all pods of lower priority go first, and come back one by
 * one, the most important first (higher priority, then started earlier, then by name), as long as the pod fits. Of the nodes the one where nobody need be evicted any
 * more; then with the lowest highest priority of a victim, the smallest sum of (priority + 2^31), the fewest victims, the latest start of the first to start of its victims
 * of highest priority, and the first in name order. An assumed pod is on its node here, and may be a victim. The nodes and their pods are only read. Fails with ERROR_NO_MEMORY; *out is as before then.
 */
int policy_preempt(const struct scheduling_policy *policy, const char *scheduler_name, const struct pod *pod, struct node *const *nodes,
                   size_t count, struct preemption *out, struct error *err);

/* Frees the array and zeroes the struct. */
void preemption_free(struct preemption *preemption);

#endif

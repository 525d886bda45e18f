/* preempt_internal.h: preemption as it is tried on one node. For preempt*.c and fit_error.c only. */
#ifndef COMMON_POLICY_PREEMPT_INTERNAL_H
#define COMMON_POLICY_PREEMPT_INTERNAL_H

#include "common/cluster/cache.h"
#include "common/policy/peers.h"
#include "common/policy/preempt.h"

enum dry_run_result {
    DRY_RUN_NO_VICTIMS, /* nobody there may be evicted */
    DRY_RUN_NO_ROOM,    /* the pod does not fit even without all of them */
    DRY_RUN_ROOM        /* it fits without the victims */
};

/* A pod that may be evicted. */
struct removable {
    struct cached_pod *cached;
    bool gone;
};

/* What is needed to look at one node after the other. Set the first four, zero the rest; end it with dry_run_end(). */
struct dry_run {
    const struct scheduling_policy *policy;
    const char *scheduler_name;
    const struct pod *pod;
    struct peers *peers; /* of the cluster as it is, or NULL; borrowed. As it was after each node */

    struct removable *removable; /* in order of importance */
    size_t removable_count, removable_room;
    struct node without; /* the node as it would be: what the filters read of it */
    struct extended_resource *extended;
    size_t extended_room;      /* of its sums, and once more for those to go back to */
    struct cached_pod *holder; /* pods with host ports, in the place of those of the node */
    size_t holder_room, holders_staying;

    /* of the last node */
    struct cached_pod **victim; /* of DRY_RUN_ROOM, the most important first */
    size_t victim_count, victim_room;
    const char *reasons[FILTER_MAX_REASONS]; /* of DRY_RUN_NO_ROOM: the first filter's that still fails */
    size_t reason_count;
};

/* ERROR_NO_MEMORY is its only failure, and leaves the peers as they were. */
int dry_run_node(struct dry_run *run, const struct node *node, enum dry_run_result *result, struct error *err);
void dry_run_end(struct dry_run *run);

/* May the pod on a node make way for that of the dry run? Also true for one that is terminating. */
bool preemptible(const struct pod *on_node, const struct pod *pod, const char *scheduler_name);

/* Whether taking pods off the node could help: it is infeasible, and not for a reason that would stay. Fills reasons and *count, as filter_node() does. */
bool preemption_could_help(const struct scheduling_policy *policy, const struct pod *pod, const struct peers *peers,
                           const struct node *node, const char **reasons, size_t *count);

/* Why the pod may not preempt at all, in kube-scheduler's words (static), or NULL. Without a scheduler's name only what the pod says itself counts. */
const char *preemption_barred(const struct scheduling_policy *policy, const struct pod *pod, struct node *const *nodes, size_t count,
                              const char *scheduler_name);

#endif

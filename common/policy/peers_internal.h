/* peers_internal.h: what peers.c shares with its two halves, topology_spread.c and pod_affinity.c. */
#ifndef COMMON_POLICY_PEERS_INTERNAL_H
#define COMMON_POLICY_PEERS_INTERNAL_H

#include "common/policy/domains.h"
#include "common/policy/peers.h"

/* One constraint with what was counted for it. */
struct spread_part {
    const struct spread_constraint *constraint;
    struct domains domains;
    int64_t least; /* pods in the emptiest domain, 0 where there are fewer domains than minDomains */
    int self;      /* 1: the pod itself matches the selector */
    double weight;
};

/* The constraints of one kind: DoNotSchedule or ScheduleAnyway. */
struct spread {
    struct spread_part *part;
    size_t count;
};

/* Per term, which domains have pods that match it. */
struct term_domains {
    const char *topology_key;
    struct domains domains;
};

struct affinity {
    struct term_domains *wanted;   /* of the pod's affinity: pods that match all terms */
    struct term_domains *unwanted; /* of the pod's anti-affinity */
    struct term_domains *claimed;  /* by pods whose own anti-affinity is against this pod; one for each topology key */
    size_t wanted_count, unwanted_count, claimed_count;
    int64_t wanted_there; /* pods in domains of `wanted`, over all terms */
    bool self;            /* the pod itself matches its affinity: where nobody else does it may open the group */
    bool unknown;         /* a namespaceSelector of the pod asks for what is not known */
};

struct peers {
    struct spread hard, soft;
    struct affinity affinity;
};

/* `action` says which of the pod's constraints. On failure what there is is left to spread_free(). */
int spread_count(struct spread *spread, enum spread_action action, const struct pod *pod, struct node *const *nodes, size_t count,
                 struct error *err);
void spread_free(struct spread *spread);
/* Counts a pod of the node once more (1), or once less (-1): of one node until all is as it was. */
void spread_shift(struct spread *spread, const struct pod *pod, const struct pod *other, const struct node *node, int by);
/* NULL, or why the pod may not go there (kube-scheduler's words). */
const char *spread_objection(const struct spread *spread, const struct node *node);
int64_t spread_rank(const struct spread *spread, const struct node *node);

/* The same for affinity between pods. */
int affinity_count(struct affinity *affinity, const struct pod *pod, struct node *const *nodes, size_t count, struct error *err);
void affinity_free(struct affinity *affinity);
void affinity_shift(struct affinity *affinity, const struct pod *pod, const struct pod *other, const struct node *node, int by);
bool affinity_is_idle(const struct affinity *affinity);
const char *affinity_objection(const struct affinity *affinity, const struct node *node);

/* The objections that no preemption can answer. */
extern const char spread_label_missing[], affinity_not_met[], affinity_unknown[];

#endif

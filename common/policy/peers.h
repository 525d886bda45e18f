/*
 * peers.h: what a decision must know of all nodes before it can judge one: topology spread, and affinity between pods. Counted once for a
 * decision (kube-scheduler's PreFilter), and only where the pod, or a pod that is there already, asks for it.
 */
#ifndef COMMON_POLICY_PEERS_H
#define COMMON_POLICY_PEERS_H

#include "common/error.h"
#include "common/policy/filter.h"

/*
 * Counts for one pod over all nodes of the cluster. *out is NULL where there is nothing to look at: a plain pod, and no pod on the nodes has
 * anti-affinity. Borrows all arguments until peers_free(); nothing of the cluster may change meanwhile. ERROR_NO_MEMORY leaves *out as it was.
 */
int peers_count(const struct filter_config *config, const struct pod *pod, struct node *const *nodes, size_t count, struct peers **out,
                struct error *err);
/*
 * As if `other`, a pod on the node and counted, were not there (by: -1), and back again (1): what speaks against a node is then the other way round. Only what
 * forbids a node follows, not peers_rank(). All must be back before the pods of another node are taken. Never fails. NULL: nothing.
 */
void peers_shift(struct peers *peers, const struct pod *pod, const struct pod *other, const struct node *node, int by);
/* Whether a node can be forbidden by them; ScheduleAnyway only ranks. NULL: false. */
bool peers_forbid(const struct peers *peers);
/* NULL is allowed. */
void peers_free(struct peers *peers);

/*
 * How much a node is against the pod's ScheduleAnyway constraints; the lowest ranks first, 0 without such constraints. kube-scheduler's
 * score (plugins/podtopologyspread/scoring.go): pods in the node's domains, the more domains the heavier; a node without a topology key comes last.
 */
int64_t peers_rank(const struct peers *peers, const struct node *node);

#endif

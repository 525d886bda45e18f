/*
 * rules.h: the rules behind the filters, for the files of common/policy only. A rule answers for one pod and one node; reasons may be NULL,
 * else it has room for FILTER_MAX_REASONS.
 */
#ifndef COMMON_POLICY_RULES_H
#define COMMON_POLICY_RULES_H

#include "common/policy/filter.h"

/* Does the pod tolerate the taint? (v1.Toleration.ToleratesTaint of k8s.io/api; Gt and Lt: KEP-5471, alpha in 1.35) */
bool tolerates(const struct pod *pod, const struct taint *taint);
/* Every NoSchedule and NoExecute taint is tolerated. */
bool taints_allow(const struct pod *pod, const struct node *node);

/* A whole decimal integer, as Go's ParseInt takes it. */
bool parse_integer(const char *text, int64_t *value);
/* One expression on labels; one that is not well formed matches nothing (apimachinery/pkg/labels). */
bool expression_matches(const struct match_expression *e, const struct label *labels, size_t count);
/* Is `value` one of the expression's values? */
bool expression_has_value(const struct match_expression *e, const char *value);

/* A label selector on labels, and on those of a pod. */
bool labels_selected(const struct label_selector *selector, const struct label *labels, size_t count);
bool pod_selected(const struct label_selector *selector, const struct pod *pod);

/* Topology spread and affinity between pods: NULL, or what speaks against the node. `peers` may be NULL: nothing then. */
const char *peers_objection(enum filter_id filter, const struct peers *peers, const struct node *node);
/* Whether that is something that no preemption would change. */
bool peers_unresolvable(const char *objection);

/* nodeSelector and required node affinity (k8s.io/component-helpers/scheduling/corev1/nodeaffinity) */
bool node_matches(const struct pod *pod, const struct node *node);
/*
 * kube-scheduler looks at matchFields before all filters (PreFilter of its NodeAffinity plugin): when every term names its nodes, the
 * others are not even filtered. Says whether this node is one of the others.
 */
bool affinity_leaves_out(const struct pod *pod, const struct node *node);
/* Whether no name at all could satisfy the matchFields of any term: then kube-scheduler says just that. */
bool affinity_conflicts(const struct pod *pod);

/* No host port of the pod is taken on the node. */
bool host_ports_free(const struct pod *pod, const struct node *node);

/* The pod fits in what the node has left; each resource that lacks is a reason. */
bool resources_fit(const struct pod *pod, const struct node *node, const char **reasons, size_t *count);
/* The pod asks for more than the whole node has: no preemption would help. */
bool resources_exceed_node(const struct pod *pod, const struct node *node);

/* Could removing pods from the node never answer what this filter said first? kube-scheduler's UnschedulableAndUnresolvable. */
bool filter_unresolvable(int filter, const char *reason, const struct pod *pod, const struct node *node);

/* The first enabled filter that fails, or -1. */
int filter_first_failing(const struct filter_config *config, const struct pod *pod, const struct peers *peers, const struct node *node,
                         const char **reasons, size_t *count);

#endif

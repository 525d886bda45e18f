/*
 * constraints.h: what only the choice of a node reads of a pod, for pod_decode.c only. As in json_read.h: strings are borrowed from the JSON,
 * arrays are scratch, and a wrong type fails with "PATH: expected ...".
 */
#ifndef COMMON_CLUSTER_CONSTRAINTS_H
#define COMMON_CLUSTER_CONSTRAINTS_H

#include "common/cluster/json_read.h"

/* matchExpressions or matchFields; `path` names the list, its last part is looked up in `term`. */
int read_expressions(const json_t *term, const char *path, struct scratch *scratch, const struct match_expression **out, size_t *count,
                     struct error *err);
/* spec.affinity.nodeAffinity, what is required of it */
int read_node_affinity(const json_t *spec, struct pod *pod, struct scratch *scratch, struct error *err);
int read_tolerations(const json_t *spec, struct pod *pod, struct scratch *scratch, struct error *err);
/*
 * Fills pod->peers where the pod has some: required anti-affinity; with `all` also required affinity and topology spread constraints.
 * The pod's labels must have been read: matchLabelKeys point to them.
 */
int read_peers(const json_t *spec, struct pod *pod, bool all, struct scratch *scratch, struct error *err);

#endif

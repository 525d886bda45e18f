/*
 * oracle.h: a second opinion: the filters and least-loaded written a second time, as plainly as can be, over whole pods and nodes with nothing cached or summed up.
 */
#ifndef TESTS_FAULTS_ORACLE_H
#define TESTS_FAULTS_ORACLE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/cluster/node.h"
#include "common/cluster/pod.h"

struct placed_pod {
    const struct pod *pod;
    const char *node; /* where it is, or is assumed to be */
};

/* Whether the pod may go on the node, given what is placed. */
bool oracle_feasible(const struct pod *pod, const struct node_spec *node, const struct placed_pod *placed, size_t count);
/* PreferNoSchedule taints that the pod does not tolerate: such nodes come last. */
size_t oracle_avoided(const struct pod *pod, const struct node_spec *node);
/* Pods that count on the node. */
size_t oracle_load(const struct node_spec *node, const struct placed_pod *placed, size_t count);

#endif

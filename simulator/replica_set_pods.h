/*
 * replica_set_pods.h: what a ReplicaSet looks at in its pods. Between replica_set.c and replica_set_pods.c only.
 */
#ifndef SIMULATOR_REPLICA_SET_PODS_H
#define SIMULATOR_REPLICA_SET_PODS_H

#include "simulator/controllers.h"

/* Has it the condition Ready? *since_us: the wall time since when. */
bool replica_set_pod_ready(const struct object *pod, int64_t *since_us);

/* Puts those first that are to go first (ActivePodsWithRanks of k8s.io/kubernetes/pkg/controller). */
int replica_set_rank(struct object_list *pods, struct error *err);

#endif

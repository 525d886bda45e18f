/* requests.h: how much a pod asks for. For pod_decode.c only. */
#ifndef COMMON_CLUSTER_REQUESTS_H
#define COMMON_CLUSTER_REQUESTS_H

#include "common/cluster/json_read.h"

/*
 * PodRequests of k8s.io/component-helpers/resource: containers and sidecars summed, at least what each init container needs beside the
 * sidecars started before it, replaced by what the pod as a whole requests, plus overhead. A container that is being resized asks for the most of what
 * spec and status say (UseStatusResources, as kube-scheduler 1.34 has it). `spec` and `status` are the pod's; they may be NULL.
 * The result points into `scratch` and the JSON. A sum out of int64 fails with "quantity out of range".
 */
int read_requests(const json_t *spec, const json_t *status, struct scratch *scratch, struct resources *requests, struct error *err);

/* One "resources" or list of quantities split into cpu, memory, pods and the rest: a node's allocatable. */
int read_resource_list(const json_t *list, const char *path, struct scratch *scratch, struct resources *out, struct error *err);

#endif

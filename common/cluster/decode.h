/*
 * decode.h: pods and nodes from the API server's JSON. What is kept of them is in pod.h and node.h, which know no JSON.
 */
#ifndef COMMON_CLUSTER_DECODE_H
#define COMMON_CLUSTER_DECODE_H

#include <jansson.h>

#include "common/cluster/node.h"
#include "common/cluster/pod.h"
#include "common/error.h"
#include "common/kube/json_scan.h"

/* The fields that pod_decode and node_decode read, for json_scan; and what a watch reads of any object: the resourceVersion and the mark of a bookmark. */
extern const struct json_field pod_schema[];
extern const struct json_field node_schema[];

/*
 * Makes a pod from (projected) JSON. `json` is only read. The caller frees the result with pod_free(). A pod that is assigned or of
 * another scheduler keeps what counts on a node (requests, ports, labels, priority; where it is assigned its required anti-affinity), the rest is left out: `ours` names our scheduler.
 * NULL on failure: ERROR_NO_MEMORY, or ERROR_RUNTIME with "pod NS/NAME: KEY: what was expected" (a quantity that is none, a missing
 * name or uid, a wrong type). Unknown enum values are kept as they are and match nothing. null counts as absent.
 * Requests: PodRequests of k8s.io/component-helpers/resource, on spec and status: a container in the middle of a resize counts in full.
 */
struct pod *pod_decode(const json_t *json, const char *ours, struct error *err);

/* As pod_decode: NULL on failure, freed with node_spec_free(). A node without a Ready condition is not ready. */
struct node_spec *node_decode(const json_t *json, struct error *err);

#endif

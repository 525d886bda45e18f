/* resize.h: requests that change while a pod runs (KEP-1287): what the kubelet says of them, beside what the spec asks for. For requests.c only. */
#ifndef COMMON_CLUSTER_RESIZE_H
#define COMMON_CLUSTER_RESIZE_H

#include "common/cluster/json_read.h"

/* The parts of a pod's status that matter; borrowed from the JSON. */
struct resize {
    const json_t *statuses[2]; /* of containers, of init containers; NULL: none */
    bool infeasible;           /* the kubelet has refused what the spec asks for */
};

/* `status` is the pod's; it may be NULL. */
int resize_read(const json_t *status, struct resize *resize, struct error *err);

/*
 * What the container runs with and what the node has set aside for it: status.containerStatuses[].resources.requests and allocatedResources. Both NULL
 * where the kubelet says nothing of the container's resources: *known is then false.
 */
int resize_find(const struct resize *resize, const char *container, bool *known, const json_t **running, const json_t **allocated,
                struct error *err);

#endif

/*
 * node.h: what a scheduler reads of a node, and what is on it.
 */
#ifndef COMMON_CLUSTER_NODE_H
#define COMMON_CLUSTER_NODE_H

#include <jansson.h>
#include <stdbool.h>

#include "common/cluster/pod.h"

struct taint {
    const char *key, *value, *effect; /* effect: NoSchedule, PreferNoSchedule, NoExecute */
};

/* Why a filter may have something to say about a node; a filter is skipped where neither node nor pod has its traits. */
enum node_trait {
    NODE_NOT_READY = 1 << 0,
    NODE_UNSCHEDULABLE = 1 << 1,
    NODE_HAS_TAINTS = 1 << 2 /* NoSchedule or NoExecute */,
    NODE_PREFERS_NO_SCHEDULE = 1 << 3
};

/* The node as the API server has it; immutable, one allocation. */
struct node_spec {
    const char *name, *uid;
    unsigned traits;
    const struct label *labels;
    size_t label_count;
    const struct taint *taints;
    size_t taint_count;
    struct resources allocatable;
    size_t bytes;
};

struct cached_pod; /* cache.h */

/* A node in the cache: its spec and the sum of what is on it. Policies read it, only cache.c writes it. */
struct node {
    const struct node_spec *spec;
    int64_t pod_count;       /* assigned or assumed pods that count */
    struct resources requested; /* their sum; `extended` in a fixed order per cache, see cache.h */
    struct cached_pod *pods; /* list through cached_pod.next_on_node */
    size_t host_port_count;  /* how many host ports are in use on it: 0 lets the filter be skipped */
    unsigned long generation; /* cache.c's own mark for replace */
};

extern const struct json_field node_schema[];

/* As pod_decode: NULL on failure, freed with node_spec_free(). A node without a Ready condition is not ready. */
struct node_spec *node_decode(const json_t *json, struct error *err);
void node_spec_free(struct node_spec *spec);

#endif

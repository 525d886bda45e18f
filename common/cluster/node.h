/*
 * node.h: what a scheduler reads of a node, and what is on it.
 */
#ifndef COMMON_CLUSTER_NODE_H
#define COMMON_CLUSTER_NODE_H

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

/* What is true of the cluster as a whole. */
struct cluster_totals {
    size_t anti_affinity_pods; /* on nodes of the cache, with required anti-affinity; 0 spares a decision the look at them */
};

/* A node in the cache: its spec and the sum of what is on it. Policies read it, only cache.c writes it. What a decision reads of every node comes first. */
struct node {
    int64_t pod_count;   /* assigned or assumed pods that count */
    unsigned traits;     /* of the spec */
    unsigned generation; /* cache.c's own mark for replace */
    const struct node_spec *spec;
    struct resources requested; /* the sum of its pods; `extended` holds what the node has, in the order of spec->allocatable.extended */
    size_t host_port_count;     /* how many host ports are in use on it: 0 lets the filter be skipped */
    size_t our_count;           /* pods on it that name our scheduler */
    size_t anti_affinity_count; /* pods on it with required anti-affinity */
    struct cached_pod *pods;    /* list through cached_pod.next_on_node; those with host ports or anti-affinity come first */
    const struct cluster_totals *totals;
};

/* Frees what node_decode() made; NULL is allowed. */
void node_spec_free(struct node_spec *spec);

/* Nothing that a scheduler reads differs; a heartbeat, for one. */
bool node_spec_same(const struct node_spec *a, const struct node_spec *b);
/* Could a pod fit now that did not before? `was` is NULL for a new node. */
bool node_change_helps(const struct node_spec *was, const struct node_spec *now);

#endif

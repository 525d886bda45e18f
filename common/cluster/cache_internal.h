/*
 * cache_internal.h: what the files of the cache share: cache.c (pods), cache_nodes.c (nodes and what is on them), cache_shared.c (strings
 * that many pods have in common). Nobody else includes it.
 */
#ifndef COMMON_CLUSTER_CACHE_INTERNAL_H
#define COMMON_CLUSTER_CACHE_INTERNAL_H

#include "common/cluster/cache.h"

/*
 * A node by name. It is there while the node is in the cache or pods are on it: a pod may be seen before its node, and outlive it.
 * node.spec is NULL while the node itself is unknown.
 */
struct slot {
    struct node node; /* first: a node of the cache is its slot */
    struct slot *next_in_bucket;
    struct cached_pod **others; /* where in node.pods those without host ports and anti-affinity begin */
    struct cluster_totals *totals;
    const char *scheduler_name; /* the cache's */
    bool saturated;             /* a sum reached INT64_MAX: subtracting would be wrong, so it is counted anew */
    char name[];
};

/* Namespace, scheduler and labels: one for all pods of a Deployment, which saves most of what a pod costs. */
struct shared {
    struct shared *next_in_bucket;
    size_t bytes;
    uint64_t hash;
    size_t references;
    const char *scheduler_name;
    const struct label *labels;
    size_t label_count;
    char namespace_[]; /* first: pod.namespace_ leads back here */
};

struct cache {
    char *scheduler_name;
    struct node **nodes; /* in name order */
    size_t node_count, node_capacity;
    struct slot **slots;
    size_t slot_count, slot_buckets;
    struct cached_pod **pods;
    size_t pod_count, pod_buckets;
    struct shared **shared;
    size_t shared_count, shared_buckets;
    struct cluster_totals totals;
    size_t with_peers; /* unassigned pods with affinity or spread constraints */
    unsigned node_generation, pod_generation;
    bool replacing_nodes, replacing_pods;
    size_t bytes;
};

/* What malloc really takes for `bytes`. */
static inline size_t held(size_t bytes)
{
    return (bytes + 8 + 15) / 16 * 16;
}

/* FNV-1a, the NUL included. */
uint64_t hash_string(uint64_t hash, const char *s);
#define HASH_START 14695981039346656037u

/* How many buckets a table should have that is to hold `count`; the current number if it is large enough. A power of two. */
size_t buckets_for(size_t count, size_t buckets);

/* The slot of a node name; slot_get makes it when there is none (NULL on ERROR_NO_MEMORY), slot_find does not. */
struct slot *slot_get(struct cache *cache, const char *name, struct error *err);
struct slot *slot_find(const struct cache *cache, const char *name);
/* Frees the slot if nothing needs it any more. NULL is allowed. */
void slot_put(struct cache *cache, struct slot *slot);
/* Puts a pod on a node and counts it there; and takes it off. The slot stays: slot_put() comes after. Never allocate. */
void slot_attach(struct slot *slot, struct cached_pod *pod);
struct slot *slot_detach(struct cached_pod *pod);
void slots_free(struct cache *cache);

/* Makes the pod use the strings it has in common with others, one reference taken. On failure it is as before. */
int shared_take(struct cache *cache, struct pod *pod, struct error *err);
/* Gives the reference back. The pod's namespace, scheduler and labels are gone then. */
void shared_release(struct cache *cache, const struct pod *pod);

#endif

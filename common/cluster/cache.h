/*
 * cache.h: the cluster as the scheduler sees it: nodes in name order, assigned pods on them, assumed pods counted before the API
 * server confirms them (kube-scheduler's pkg/scheduler/backend/cache: assume, confirm, forget). No network, no JSON kept.
 * Pods that are neither assigned, assumed nor pending for us are not kept at all.
 */
#ifndef COMMON_CLUSTER_CACHE_H
#define COMMON_CLUSTER_CACHE_H

#include "common/cluster/node.h"
#include "common/cluster/pod.h"
#include "common/error.h"

struct cached_pod {
    struct pod *pod;     /* owned by the cache */
    struct node *node;   /* where it counts; NULL while pending, or when its node is not in the cache (it counts once the node comes) */
    void *user;          /* for the queue */
    bool assumed;        /* counted on `node` by us, not yet seen there */
    unsigned generation; /* the rest is cache.c's own, but for next_on_node */
    struct node *home;   /* the node in whose list it is, also while that node is not in the cache */
    struct cached_pod *next_on_node, **link_on_node;
    struct cached_pod *next_in_bucket;
};

struct cache;

/* NULL on ERROR_NO_MEMORY. `scheduler_name` is copied: its pending pods are kept. */
struct cache *cache_new(const char *scheduler_name, struct error *err);
void cache_free(struct cache *cache);

/* Nodes in name order; the array is the cache's and moves with the next change. */
struct node *const *cache_nodes(const struct cache *cache, size_t *count);
/* The name of the node that an assigned or assumed pod is on, be it in the cache or not; "" while pending. The cache's. */
const char *cache_node_name(const struct cached_pod *pod);
/* By name, or NULL. */
struct node *cache_node(const struct cache *cache, const char *name);
/* By namespace and name, or NULL. */
struct cached_pod *cache_pod(const struct cache *cache, const char *namespace_, const char *name);
size_t cache_pod_count(const struct cache *cache);
/* How many unassigned pods look at the pods around them: affinity, anti-affinity, topology spread. A node that goes may matter to them. */
size_t cache_peers_waiting(const struct cache *cache);
/* Calls visit for every cached pod; visit must not change the cache. */
void cache_each_pod(const struct cache *cache, void (*visit)(void *ctx, struct cached_pod *pod), void *ctx);

/*
 * Adds or updates a node. Takes ownership of `spec` in any case. *helps says whether the change could make a waiting pod fit:
 * new node, more allocatable, taint gone, label changed, became ready or schedulable. Same content: false.
 */
int cache_set_node(struct cache *cache, struct node_spec *spec, bool *helps, struct error *err);
/* Removes a node; its pods stay, uncounted, until they are deleted. Unknown: nothing. */
void cache_remove_node(struct cache *cache, const char *name);

enum pod_change {
    POD_IGNORED,       /* of no interest, and was not here: another's pending pod, or terminal */
    POD_NEW_PENDING,   /* ours, unassigned, seen for the first time (or recreated: another UID) */
    POD_STILL_PENDING, /* ours, unassigned, updated */
    POD_ASSIGNED,      /* is on a node now: confirmed, or placed by somebody else */
    POD_UPDATED,       /* was assigned already */
    POD_GONE           /* was here and is no more: deleted, or terminal */
};

struct pod_update {
    enum pod_change change;
    struct cached_pod *cached; /* NULL for POD_IGNORED and POD_GONE */
    bool freed;                /* room on a node came free: waiting pods may fit */
    bool
        stirs_peers; /* pods that wait for others (affinity, spread constraints) may fit, and there are some: an assigned pod came or changed */
    bool confirmed; /* was assumed on just this node */
    bool replaced;  /* an older pod of that name with another UID was dropped */
};

/*
 * Takes what the API server says of a pod: an ADDED or MODIFIED event, or a list item. Takes ownership of `pod` in any case. An
 * assumed pod that arrives still unassigned stays assumed (an older state; the bind's answer or a later event decides). One that arrives assigned
 * elsewhere is moved: the watch is believed. On ERROR_NO_MEMORY the cache is as before. A cached pod that the news ends (terminal, another UID,
 * pending for another scheduler) must have left the queue before.
 */
int cache_set_pod(struct cache *cache, struct pod *pod, struct pod_update *update, struct error *err);
/* A DELETED event. A uid that differs from the cached one is an older pod: nothing happens, POD_IGNORED (uid NULL: any). The
 * pod must have left the queue before: its struct is freed. */
void cache_remove_pod(struct cache *cache, const char *namespace_, const char *name, const char *uid, struct pod_update *update);

/* Counts a pending pod on a node before the API server has it. The pod must be pending in the cache. */
void cache_assume(struct cache *cache, struct cached_pod *pod, struct node *node);
/* The API server has an assumed pod on just the node where it was assumed, and nothing else of it has changed: as cache_set_pod with it would do. */
void cache_confirm(struct cache *cache, struct cached_pod *pod);
/* Takes an assumption back: the pod is pending again. Nothing if it is not assumed. */
void cache_forget(struct cache *cache, struct cached_pod *pod);

/*
 * A list replaces the store: begin, set each item, end. end removes what was not set in between, telling `removed` (NULL: nobody) of each pod or node
 * before it goes (user pointer included); a missed DELETE shows as absence. Assumed pods that the list lacks are gone too.
 */
void cache_begin_replace_nodes(struct cache *cache);
void cache_end_replace_nodes(struct cache *cache, void (*removed)(void *ctx, const char *name), void *ctx);
void cache_begin_replace_pods(struct cache *cache);
void cache_end_replace_pods(struct cache *cache, void (*removed)(void *ctx, struct cached_pod *pod), void *ctx);

/* Bytes held, for tests of memory. */
size_t cache_bytes(const struct cache *cache);

#endif

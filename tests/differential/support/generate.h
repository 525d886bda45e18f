/*
 * generate.h: a random cluster: nodes, pods on them, pods that wait. All of it is valid for the API server; each seed gives one cluster.
 */
#ifndef TESTS_DIFFERENTIAL_GENERATE_H
#define TESTS_DIFFERENTIAL_GENERATE_H

#include <jansson.h>

#include "tests/differential/support/random.h"

#define SCHEDULER "differential"   /* schedulerName of the pods that wait */
#define NEVER "differential-never" /* a PriorityClass with preemptionPolicy Never */
#define LEVEL "differential-level" /* and its number: PriorityClasses, the lowest first */
#define LEVELS 5

/* What they are worth. */
extern const int levels[LEVELS];

/* Where pods live; the first one is there on every cluster. */
extern const char *const namespaces[3];

/* One pod with what becomes of it after its creation. */
struct made_pod {
    json_t *pod;
    const char *phase; /* NULL: Pending, as it was created */
    json_t *status;    /* of an assigned pod that is being resized, else NULL */
    bool deleted;      /* deleted, and kept by its grace period */
};

struct made_cluster {
    json_t *nodes; /* array */
    struct made_pod *pods;
    size_t pod_count;
};

/* New references; ends the program when there is no memory. `pending` pods wait, named p0, p1, … in their namespaces. */
void generate_cluster(struct made_cluster *cluster, uint64_t seed, size_t pending);
/*
 * Nodes that are rather full, pods of all levels on them that start one after the other, and one pod that waits, p0. Nobody whom kube-scheduler would evict and we would not: pods
 * of others are of the highest level, and none is terminating.
 */
void generate_preemption(struct made_cluster *cluster, uint64_t seed);
void made_cluster_free(struct made_cluster *cluster);

/* ---- for the files of the generator ---- */

/* A node n<number>; roomy: with few taints and much room. */
json_t *generate_node(struct random *random, unsigned number, bool roomy);
/* A pod <kind><number>, in one of the namespaces, with labels. */
json_t *generate_pod(struct random *random, const char *kind, size_t number, const char *scheduler);

/* What the pod asks of its node; merged into its spec. `node` is the number of nodes. */
void generate_placement(struct random *random, json_t *pod, unsigned nodes);
/* Containers: requests, ports. */
void generate_containers(struct random *random, json_t *pod, bool waits);
/* Topology spread, affinity, anti-affinity; of an assigned pod only what holds for others. */
void generate_peers(struct random *random, json_t *pod, bool waits);

/* A node label by key: one of the values that nodes have of it. */
const char *label_value(struct random *random, const char *key);
/* spec of a pod. Borrowed. */
json_t *spec_of(const json_t *pod);
/* json_pack that never fails. */
json_t *pack(const char *format, ...);

#endif

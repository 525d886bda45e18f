/*
 * cluster.h: the API server that a lane of scenes is played on, with the grader's own rights: a simulator of its own, or any cluster. On a cluster everything
 * has a namespace and nodes of its own, and is taken away again; the nodes and pods of others stay as they are, and are in the evidence.
 */
#ifndef GRADE_CLUSTER_H
#define GRADE_CLUSTER_H

#include <jansson.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compare/api_client.h"
#include "compare/home.h"
#include "grade/witness.h"

#define CLUSTER_NAMES_MAX 256

struct cluster {
    struct home home;
    bool simulator;         /* it is ours */
    const char *kubeconfig; /* of the grader */
    struct api_client *client;
    struct witness *witness;
    char namespace_[64];                                            /* "": none yet */
    char nodes[CLUSTER_NAMES_MAX][64], pods[CLUSTER_NAMES_MAX][64]; /* what was made since cluster_clean() */
    const char *phases[CLUSTER_NAMES_MAX];                          /* what was set on purpose; NULL: nothing */
    size_t node_count, pod_count;
    const volatile sig_atomic_t *stop;
};

/*
 * `kubeconfig` NULL: starts beside/simulator, which asks for a token that only the grader has. argv0 is the program's own, to find the simulator.
 * End with cluster_close(), also after a failure.
 */
int cluster_open(struct cluster *cluster, const char *argv0, const char *kubeconfig, const volatile sig_atomic_t *stop, struct error *err);

/* Takes away what was made; waits until the pods are gone. */
int cluster_clean(struct cluster *cluster, struct error *err);
/* cluster_clean(), and the namespace; ends the simulator. What cannot be taken away is named on stderr. */
void cluster_close(struct cluster *cluster);

/* ---- objects; JSON is stolen, and NULL means that there was no memory for it ---- */

/*
 * Makes a node that is ready, of 8 CPUs, 16 GiB and `room` pods, with these labels and taints (NULL: none). Waits until it is schedulable as it was made: a
 * cluster taints a new node at first.
 */
int cluster_make_node(struct cluster *cluster, const char *name, int room, json_t *labels, json_t *taints, struct error *err);

/* As `kubectl cordon` leaves a node: unschedulable, and with the taint that says so and no other. */
int cluster_cordon_node(struct cluster *cluster, const char *name, struct error *err);

/* What a pod is beside its name. */
struct pod_plan {
    const char *name, *scheduler;
    const char *node;  /* on that node from the beginning; NULL: pending */
    const char *phase; /* "Succeeded", "Failed": set afterwards, static; NULL: as it comes */
    const char *app;   /* label app; NULL: none */
    bool gated;        /* has a scheduling gate */
    bool deleting;     /* is held by a finalizer while it is being deleted */
    json_t *tolerations;
};
/* Makes it in the grading's namespace. *version (may be NULL) gets its resourceVersion, 0 when that is no number. */
int cluster_make_pod(struct cluster *cluster, const struct pod_plan *plan, uint64_t *version, struct error *err);

/* Deletes at once. One that is gone is fine. */
int cluster_delete_pod(struct cluster *cluster, const char *name, struct error *err);

/* All nodes of the cluster as evidence has them: [{"name","labels","taints","unschedulable","ready","room","ours"}]. New reference. */
json_t *cluster_nodes(struct cluster *cluster, struct error *err);

/* Waits until the witness has seen everything that was made: pods there, with their nodes and phases. */
int cluster_wait_seen(struct cluster *cluster, struct error *err);

#endif

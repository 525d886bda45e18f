/*
 * pod.h: what a scheduler reads of a pod, a few hundred bytes instead of its JSON. No network and no JSON here:
 * decode.h makes pods from JSON.
 */
#ifndef COMMON_CLUSTER_POD_H
#define COMMON_CLUSTER_POD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct label {
    const char *key, *value;
};

struct extended_resource { /* e.g. nvidia.com/gpu, ephemeral-storage, hugepages-2Mi */
    const char *name;
    int64_t amount;
    const char *insufficient; /* "Insufficient NAME", the reason when a node lacks it; in pending pods of ours, else NULL */
};

struct resources {
    int64_t cpu_milli;
    int64_t memory_bytes;
    int64_t pods; /* a node's room for pods; unused in a request */
    const struct extended_resource *extended;
    size_t extended_count;
};

struct toleration {
    const char *key;       /* "" matches every key (with Exists) */
    const char *operator_; /* Equal (also when the pod names none), Exists, Gt, Lt; anything else tolerates nothing */
    const char *value;
    const char *effect; /* "" matches every effect */
};

struct host_port {
    const char *ip;       /* "0.0.0.0" when the pod names none */
    const char *protocol; /* "TCP" when the pod names none */
    int port;
};

struct match_expression {
    const char *key;
    const char *operator_; /* In NotIn Exists DoesNotExist Gt Lt; anything else matches nothing */
    const char *const *values;
    size_t value_count;
};

/* One nodeSelectorTerm: all of its expressions (on labels) and fields (only metadata.name) must hold. An empty term matches nothing. */
struct node_selector_term {
    const struct match_expression *expressions;
    size_t expression_count;
    const struct match_expression *fields;
    size_t field_count;
};

/* All expressions must hold. Without a selector (present is false) nothing matches, with one that is empty everything does. */
struct label_selector {
    bool present;
    const struct match_expression *expressions; /* matchLabels as In; those of matchLabelKeys and mismatchLabelKeys are among them */
    size_t expression_count;
};

enum spread_action { SPREAD_NOTHING, SPREAD_DO_NOT_SCHEDULE, SPREAD_SCHEDULE_ANYWAY }; /* SPREAD_NOTHING: an unknown word */

/* One of spec.topologySpreadConstraints. */
struct spread_constraint {
    const char *topology_key;
    enum spread_action when_unsatisfiable;
    int32_t max_skew, min_domains; /* min_domains: 1 when the pod names none */
    bool honors_affinity;          /* nodeAffinityPolicy: only nodes that the pod's selector and node affinity take; the default */
    bool honors_taints;            /* nodeTaintsPolicy: only nodes whose taints the pod tolerates; not the default */
    struct label_selector selector;
};

/* One term of required pod affinity or anti-affinity. */
struct pod_affinity_term {
    const char *topology_key;
    struct label_selector selector;
    const char *const *namespaces; /* with neither these nor a namespace selector: the namespace of the pod that has the term */
    size_t namespace_count;
    struct label_selector namespace_selector; /* adds to `namespaces` */
};

/* What a pod asks of the pods around it. */
struct pod_peers {
    const struct spread_constraint *constraints;
    size_t constraint_count;
    const struct pod_affinity_term *affinity;
    size_t affinity_count;
    const struct pod_affinity_term *anti_affinity;
    size_t anti_affinity_count;
};

enum pod_phase { POD_PENDING, POD_RUNNING, POD_SUCCEEDED, POD_FAILED, POD_UNKNOWN };

/* Read-only for everybody but cache.c. One allocation holds the struct and everything that it points to. */
struct pod {
    const char *namespace_, *name, *uid;
    const char *node_name;      /* "" while unassigned */
    const char *scheduler_name; /* "default-scheduler" when the pod names none */
    const char *nominated_node; /* "" when none */
    enum pod_phase phase;
    bool deleting;             /* metadata.deletionTimestamp is set */
    bool gated;                /* spec.schedulingGates is not empty */
    bool never_preempts;       /* spec.preemptionPolicy is Never */
    int32_t priority;          /* spec.priority, 0 when absent */
    uint32_t started_s;        /* status.startTime, seconds since 1970; 0: not started. Where the padding was */
    int64_t created_us;        /* metadata.creationTimestamp, wall time */
    struct resources requests; /* as kube-scheduler counts: max(sum of containers, init containers), sidecars and overhead included */
    const struct label *labels;
    size_t label_count;
    const struct label *annotations; /* only those a policy reads: priority, pod-group, pod-group-size */
    size_t annotation_count;
    const struct label *node_selector;
    size_t node_selector_count;
    bool has_required_node_affinity;
    const struct node_selector_term *affinity_terms; /* ORed */
    size_t affinity_term_count;
    const struct toleration *tolerations;
    size_t toleration_count;
    const struct host_port *host_ports;
    size_t host_port_count;
    const struct pod_peers
        *peers;   /* NULL in most; of an assigned pod only the anti-affinity is kept, which holds for those that come after */
    size_t bytes; /* size of the allocation */
};

/* Frees a pod of pod_decode(); NULL is allowed. */
void pod_free(struct pod *pod);

/* The value of a label or annotation, or NULL. */
const char *label_get(const struct label *labels, size_t count, const char *key);

/*
 * A hash of what decides where a pod fits (requests, labels, selectors, tolerations, ports, priority, gates). Unchanged by an update
 * of the status, such as our own PodScheduled condition, which must not wake the pod.
 */
uint64_t pod_fingerprint(const struct pod *pod);

/* "Pending", "Running", …: as status.phase writes it. Static. */
const char *pod_phase_name(enum pod_phase phase);

/* Neither Succeeded nor Failed: such a pod counts on its node. */
bool pod_counts(const struct pod *pod);

#endif

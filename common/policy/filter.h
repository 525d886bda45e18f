/*
 * filter.h: may this pod go on this node? Pure functions, one a filter; the names are the ones of --no-filter, the reasons kube-scheduler's.
 */
#ifndef COMMON_POLICY_FILTER_H
#define COMMON_POLICY_FILTER_H

#include "common/cluster/node.h"
#include "common/cluster/pod.h"

enum filter_id {
    FILTER_UNSCHEDULABLE,
    FILTER_NODE_NAME,
    FILTER_TAINTS,
    FILTER_NODE_SELECTOR,
    FILTER_REQUIRED_LABEL, /* --require-node-label: no name for --no-filter */
    FILTER_FIXED_NODE,     /* --policy fixed=NODE: no name for --no-filter */
    FILTER_ONE_PER_NODE,   /* --policy one-per-node: no name for --no-filter; off unless that policy is chosen */
    FILTER_HOST_PORTS,
    FILTER_RESOURCES,
    FILTER_TOPOLOGY_SPREAD, /* needs struct peers */
    FILTER_POD_AFFINITY,    /* needs struct peers */
    FILTER_READY,
    FILTER_COUNT
};

/* --require-node-label KEY[=VALUE] */
struct required_label {
    const char *key;
    const char *value; /* NULL: any */
};

struct filter_config {
    bool enabled[FILTER_COUNT];
    const struct required_label *required_labels;
    size_t required_label_count;
    const char *fixed_node; /* the only node that is feasible; NULL: any */
};

struct peers; /* peers.h */

/* All on, but for the one that is a policy's own. */
void filter_config_init(struct filter_config *config);
/* The filter called `name`, or -1. */
int filter_by_name(const char *name);
/* The name of a filter, for help texts and messages. */
const char *filter_name(enum filter_id id);

#define FILTER_MAX_REASONS 8

/*
 * Runs the enabled filters in kube-scheduler's order until one fails (the resources filter names each resource that lacks). Returns true
 * when the node is feasible. Else fills reasons (static strings or of node/pod; at most FILTER_MAX_REASONS) and *count. `reasons` may be NULL when only the verdict matters.
 * `peers` comes from peers_count() for this pod; NULL: topology spread and affinity between pods are not looked at.
 */
bool filter_node(const struct filter_config *config, const struct pod *pod, const struct peers *peers, const struct node *node,
                 const char **reasons, size_t *count);

/* One filter alone, whatever the config says: for explain and the tests. */
bool filter_check(enum filter_id id, const struct filter_config *config, const struct pod *pod, const struct peers *peers,
                  const struct node *node, const char **reasons, size_t *count);

/* How many PreferNoSchedule taints the pod does not tolerate: such nodes rank after. */
int taints_not_preferred(const struct pod *pod, const struct node *node);

#endif

/*
 * filter.c: the filters in kube-scheduler's order, as one table. A row says what gives the filter something to do: a trait of the
 * node, a need of the pod, or always.
 */
#include "common/policy/filter.h"

#include <string.h>

#include "common/policy/rules.h"

enum pod_need {
    NEEDS_NODE_NAME = 1 << 0,
    NEEDS_LABELS = 1 << 1,
    NEEDS_PORTS = 1 << 2,
    NEEDS_ALWAYS = 1 << 3,
    NEEDS_REQUIRED_LABEL = 1 << 4,
    NEEDS_FIXED_NODE = 1 << 5,
    NEEDS_PEERS = 1 << 6
};

/* may the pod go there, as far as this filter is concerned? */
typedef bool filter_check_function(const struct filter_config *config, const struct pod *pod, const struct node *node);

static filter_check_function unschedulable, node_name, taints, node_selector, required_label, fixed_node, one_per_node, host_ports, ready;

struct filter {
    const char *name;
    filter_check_function *check; /* NULL: finds its reasons itself */
    const char *reason;
    unsigned node_traits, pod_needs;
};

static const struct filter filters[FILTER_COUNT] = {
    [FILTER_UNSCHEDULABLE] = {"unschedulable", unschedulable, "node(s) were unschedulable", NODE_UNSCHEDULABLE, 0},
    [FILTER_NODE_NAME] = {"node-name", node_name, "node(s) didn't match the requested node name", 0, NEEDS_NODE_NAME},
    [FILTER_TAINTS] = {"taints", taints, "node(s) had untolerated taint(s)", NODE_HAS_TAINTS, 0},
    [FILTER_NODE_SELECTOR] = {"node-selector", node_selector, "node(s) didn't match Pod's node affinity/selector", 0, NEEDS_LABELS},
    [FILTER_REQUIRED_LABEL] = {"required-label", required_label, "node(s) didn't have the required label", 0, NEEDS_REQUIRED_LABEL},
    [FILTER_FIXED_NODE] = {"fixed-node", fixed_node, "node(s) weren't the one of the policy", 0, NEEDS_FIXED_NODE},
    [FILTER_ONE_PER_NODE] = {"one-per-node", one_per_node, "node(s) already had a pod of this scheduler", 0, NEEDS_ALWAYS},
    [FILTER_HOST_PORTS] = {"host-ports", host_ports, "node(s) didn't have free ports for the requested pod ports", 0, NEEDS_PORTS},
    [FILTER_RESOURCES] = {"resources", NULL, NULL, 0, NEEDS_ALWAYS},
    [FILTER_TOPOLOGY_SPREAD] = {"topology-spread", NULL, NULL, 0, NEEDS_PEERS},
    [FILTER_POD_AFFINITY] = {"pod-affinity", NULL, NULL, 0, NEEDS_PEERS},
    [FILTER_READY] = {"ready", ready, "node(s) were not ready", NODE_NOT_READY, 0},
};

void filter_config_init(struct filter_config *config)
{
    *config = (struct filter_config){0};
    for (int i = 0; i < FILTER_COUNT; i++)
        config->enabled[i] = i != FILTER_ONE_PER_NODE;
}

int filter_by_name(const char *name)
{
    for (int i = 0; i < FILTER_COUNT; i++)
        if (i != FILTER_REQUIRED_LABEL && i != FILTER_FIXED_NODE && i != FILTER_ONE_PER_NODE && strcmp(filters[i].name, name) == 0)
            return i;
    return -1;
}

const char *filter_name(enum filter_id id)
{
    return filters[id].name;
}

/* kube-scheduler asks for a toleration of the taint that the node controller puts on such a node */
static bool unschedulable(const struct filter_config *config, const struct pod *pod, const struct node *node)
{
    static const struct taint taint = {"node.kubernetes.io/unschedulable", "", "NoSchedule"};

    (void)config;
    return !(node->traits & NODE_UNSCHEDULABLE) || tolerates(pod, &taint);
}

static bool node_name(const struct filter_config *config, const struct pod *pod, const struct node *node)
{
    (void)config;
    return !*pod->node_name || strcmp(pod->node_name, node->spec->name) == 0;
}

static bool taints(const struct filter_config *config, const struct pod *pod, const struct node *node)
{
    (void)config;
    return taints_allow(pod, node);
}

static bool node_selector(const struct filter_config *config, const struct pod *pod, const struct node *node)
{
    (void)config;
    return node_matches(pod, node);
}

static bool required_label(const struct filter_config *config, const struct pod *pod, const struct node *node)
{
    (void)pod;
    for (size_t i = 0; i < config->required_label_count; i++) {
        const struct required_label *wanted = &config->required_labels[i];
        const char *label = label_get(node->spec->labels, node->spec->label_count, wanted->key);

        if (!label || (wanted->value && strcmp(label, wanted->value) != 0))
            return false;
    }
    return true;
}

static bool fixed_node(const struct filter_config *config, const struct pod *pod, const struct node *node)
{
    (void)pod;
    return !config->fixed_node || strcmp(config->fixed_node, node->spec->name) == 0;
}

static bool one_per_node(const struct filter_config *config, const struct pod *pod, const struct node *node)
{
    (void)config;
    (void)pod;
    return node->our_count == 0;
}

static bool host_ports(const struct filter_config *config, const struct pod *pod, const struct node *node)
{
    (void)config;
    return host_ports_free(pod, node);
}

static bool ready(const struct filter_config *config, const struct pod *pod, const struct node *node)
{
    (void)config;
    (void)pod;
    return !(node->traits & NODE_NOT_READY);
}

bool filter_check(enum filter_id id, const struct filter_config *config, const struct pod *pod, const struct peers *peers,
                  const struct node *node, const char **reasons, size_t *count)
{
    const struct filter *filter = &filters[id];
    const char *reason = filter->reason;

    if (reasons)
        *count = 0;
    if (id == FILTER_RESOURCES)
        return resources_fit(pod, node, reasons, count);
    if (!filter->check)
        reason = peers_objection(id, peers, node);
    if (filter->check ? filter->check(config, pod, node) : !reason)
        return true;
    if (reasons)
        reasons[(*count)++] = reason;
    return false;
}

static unsigned needs_of(const struct filter_config *config, const struct pod *pod, const struct peers *peers)
{
    unsigned needs = NEEDS_ALWAYS;

    if (*pod->node_name)
        needs |= NEEDS_NODE_NAME;
    if (pod->node_selector_count || pod->has_required_node_affinity)
        needs |= NEEDS_LABELS;
    if (pod->host_port_count)
        needs |= NEEDS_PORTS;
    if (config->required_label_count)
        needs |= NEEDS_REQUIRED_LABEL;
    if (config->fixed_node)
        needs |= NEEDS_FIXED_NODE;
    if (peers)
        needs |= NEEDS_PEERS;
    return needs;
}

int filter_first_failing(const struct filter_config *config, const struct pod *pod, const struct peers *peers, const struct node *node,
                         const char **reasons, size_t *count)
{
    const unsigned needs = needs_of(config, pod, peers);

    for (int i = 0; i < FILTER_COUNT; i++) {
        if (!config->enabled[i] || !((filters[i].node_traits & node->traits) || (filters[i].pod_needs & needs)))
            continue;
        if (!filter_check((enum filter_id)i, config, pod, peers, node, reasons, count))
            return i;
    }
    return -1;
}

bool filter_unresolvable(int filter, const char *reason, const struct pod *pod, const struct node *node)
{
    switch (filter) {
    case FILTER_HOST_PORTS:
        return false;
    case FILTER_RESOURCES:
        return resources_exceed_node(pod, node);
    case FILTER_TOPOLOGY_SPREAD:
    case FILTER_POD_AFFINITY:
        return peers_unresolvable(reason);
    default:
        return true;
    }
}

bool filter_node(const struct filter_config *config, const struct pod *pod, const struct peers *peers, const struct node *node,
                 const char **reasons, size_t *count)
{
    return filter_first_failing(config, pod, peers, node, reasons, count) < 0;
}

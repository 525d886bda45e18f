#include "tests/faults/support/oracle.h"

#include <string.h>

static bool tolerates(const struct pod *pod, const struct taint *taint)
{
    for (size_t i = 0; i < pod->toleration_count; i++) {
        const struct toleration *t = &pod->tolerations[i];

        if (t->effect[0] && strcmp(t->effect, taint->effect) != 0)
            continue;
        if (t->key[0] && strcmp(t->key, taint->key) != 0)
            continue;
        if (!strcmp(t->operator_, "Exists"))
            return true;
        if (t->key[0] && !strcmp(t->operator_, "Equal") && !strcmp(t->value, taint->value))
            return true;
    }
    return false;
}

static bool taints_pass(const struct pod *pod, const struct node_spec *node)
{
    static const struct taint cordon = {"node.kubernetes.io/unschedulable", "", "NoSchedule"};

    if ((node->traits & NODE_UNSCHEDULABLE) && !tolerates(pod, &cordon))
        return false;
    for (size_t i = 0; i < node->taint_count; i++)
        if (strcmp(node->taints[i].effect, "PreferNoSchedule") != 0 && !tolerates(pod, &node->taints[i]))
            return false;
    return true;
}

static bool selector_passes(const struct pod *pod, const struct node_spec *node)
{
    for (size_t i = 0; i < pod->node_selector_count; i++) {
        const char *value = label_get(node->labels, node->label_count, pod->node_selector[i].key);

        if (!value || strcmp(value, pod->node_selector[i].value) != 0)
            return false;
    }
    return true;
}

static bool ports_pass(const struct pod *pod, const struct placed_pod *placed)
{
    for (size_t i = 0; i < pod->host_port_count; i++)
        for (size_t j = 0; j < placed->pod->host_port_count; j++)
            if (pod->host_ports[i].port == placed->pod->host_ports[j].port)
                return false;
    return true;
}

size_t oracle_avoided(const struct pod *pod, const struct node_spec *node)
{
    size_t avoided = 0;

    for (size_t i = 0; i < node->taint_count; i++)
        avoided += !strcmp(node->taints[i].effect, "PreferNoSchedule") && !tolerates(pod, &node->taints[i]);
    return avoided;
}

size_t oracle_load(const struct node_spec *node, const struct placed_pod *placed, size_t count)
{
    size_t load = 0;

    for (size_t i = 0; i < count; i++)
        load += !strcmp(placed[i].node, node->name) && pod_counts(placed[i].pod);
    return load;
}

bool oracle_feasible(const struct pod *pod, const struct node_spec *node, const struct placed_pod *placed, size_t count)
{
    int64_t cpu = pod->requests.cpu_milli, memory = pod->requests.memory_bytes, pods = 1;

    if ((node->traits & NODE_NOT_READY) || !taints_pass(pod, node) || !selector_passes(pod, node))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(placed[i].node, node->name) != 0 || !pod_counts(placed[i].pod))
            continue;
        if (!ports_pass(pod, &placed[i]))
            return false;
        cpu += placed[i].pod->requests.cpu_milli;
        memory += placed[i].pod->requests.memory_bytes;
        pods++;
    }
    return pods <= node->allocatable.pods && (!pod->requests.cpu_milli || cpu <= node->allocatable.cpu_milli) &&
           (!pod->requests.memory_bytes || memory <= node->allocatable.memory_bytes);
}

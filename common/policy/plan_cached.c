/* plan_cached.c: a node of the cache, as the planner wants it told: without our own pods, whose place is what it decides. */
#include <stdlib.h>
#include <string.h>

#include "common/cluster/cache.h"
#include "common/policy/plan.h"

struct others {
    struct resources used;
    struct extended_resource *extended;
    struct host_port *ports;
    size_t port_count;
};

static int64_t sum(int64_t a, int64_t b)
{
    return a <= INT64_MAX - b ? a + b : INT64_MAX;
}

static void add_extended(struct others *others, const struct resources *requests)
{
    for (size_t i = 0; i < others->used.extended_count; i++)
        for (size_t j = 0; j < requests->extended_count; j++)
            if (strcmp(others->extended[i].name, requests->extended[j].name) == 0)
                others->extended[i].amount = sum(others->extended[i].amount, requests->extended[j].amount);
}

static void add(struct others *others, const struct pod *pod)
{
    others->used.pods++;
    others->used.cpu_milli = sum(others->used.cpu_milli, pod->requests.cpu_milli);
    others->used.memory_bytes = sum(others->used.memory_bytes, pod->requests.memory_bytes);
    add_extended(others, &pod->requests);
    for (size_t i = 0; i < pod->host_port_count; i++)
        others->ports[others->port_count++] = pod->host_ports[i];
}

/* room for all host ports of the node, and for a sum of each extended resource */
static int reserve(struct others *others, const struct node *node, struct error *err)
{
    const struct resources *allocatable = &node->spec->allocatable;

    *others = (struct others){0};
    if (node->host_port_count)
        others->ports = malloc(node->host_port_count * sizeof *others->ports);
    if (allocatable->extended_count)
        others->extended = calloc(allocatable->extended_count, sizeof *others->extended);
    if ((node->host_port_count && !others->ports) || (allocatable->extended_count && !others->extended))
        return error_no_memory(err);
    for (size_t i = 0; i < allocatable->extended_count; i++)
        others->extended[i].name = allocatable->extended[i].name;
    others->used.extended = others->extended;
    others->used.extended_count = allocatable->extended_count;
    return 0;
}

int plan_node_cached(struct plan *plan, const struct node *node, const char *scheduler_name, struct error *err)
{
    struct others others;
    int ret = -1;

    if (reserve(&others, node, err) < 0)
        goto cleanup;
    for (const struct cached_pod *pod = node->pods; pod; pod = pod->next_on_node)
        if (strcmp(pod->pod->scheduler_name, scheduler_name) != 0)
            add(&others, pod->pod);
    ret = plan_node_set(plan, node->spec, &others.used, others.ports, others.port_count, err);
cleanup:
    free(others.ports);
    free(others.extended);
    return ret;
}

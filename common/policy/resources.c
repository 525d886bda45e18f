/* resources.c: what a pod asks for against what a node has left (kube-scheduler's plugins/noderesources/fit.go). */
#include <string.h>

#include "common/policy/rules.h"

static void note(const char *reason, const char **reasons, size_t *count)
{
    if (reasons && *count < FILTER_MAX_REASONS)
        reasons[(*count)++] = reason;
}

/* both sides are at least 0 but for a node that is over-committed, so nothing overflows */
static bool lacks(int64_t request, int64_t allocatable, int64_t requested)
{
    return request > 0 && request > allocatable - requested;
}

/* what the node has of a resource, and how much of it is taken */
static int64_t extended_of(const struct node *node, const char *name, int64_t *taken)
{
    const struct resources *allocatable = &node->spec->allocatable;

    *taken = 0;
    for (size_t i = 0; i < allocatable->extended_count; i++) {
        if (strcmp(allocatable->extended[i].name, name) != 0)
            continue;
        if (i < node->requested.extended_count)
            *taken = node->requested.extended[i].amount;
        return allocatable->extended[i].amount;
    }
    return 0;
}

bool resources_fit(const struct pod *pod, const struct node *node, const char **reasons, size_t *count)
{
    const struct resources *asked = &pod->requests, *allocatable = &node->spec->allocatable;
    bool fits = true;

    if (node->pod_count >= allocatable->pods) {
        note("Too many pods", reasons, count);
        fits = false;
    }
    if (lacks(asked->cpu_milli, allocatable->cpu_milli, node->requested.cpu_milli)) {
        note("Insufficient cpu", reasons, count);
        fits = false;
    }
    if (lacks(asked->memory_bytes, allocatable->memory_bytes, node->requested.memory_bytes)) {
        note("Insufficient memory", reasons, count);
        fits = false;
    }
    for (size_t i = 0; i < asked->extended_count; i++) {
        const struct extended_resource *e = &asked->extended[i];
        int64_t taken, has = extended_of(node, e->name, &taken);

        if (lacks(e->amount, has, taken)) {
            note(e->insufficient ? e->insufficient : e->name, reasons, count);
            fits = false;
        }
    }
    return fits;
}

bool resources_exceed_node(const struct pod *pod, const struct node *node)
{
    const struct resources *asked = &pod->requests, *allocatable = &node->spec->allocatable;
    int64_t taken;

    if (asked->cpu_milli > allocatable->cpu_milli || asked->memory_bytes > allocatable->memory_bytes)
        return true;
    for (size_t i = 0; i < asked->extended_count; i++)
        if (asked->extended[i].amount > extended_of(node, asked->extended[i].name, &taken))
            return true;
    return false;
}

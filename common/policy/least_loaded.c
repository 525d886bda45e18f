/* least_loaded.c: the lab's policy: the node with the fewest pods. */
#include "common/policy/policies.h"

static int64_t pods_on(const struct scheduling_policy *parameters, const struct pod *pod, const struct node *node)
{
    (void)parameters;
    (void)pod;
    return node->pod_count;
}

const struct policy least_loaded = {.name = "least-loaded", .summary = "the node with the fewest pods", .score = pods_on};

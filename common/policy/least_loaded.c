/* least_loaded.c: the lab's policy: the node with the fewest pods. */
#include "common/policy/policies.h"

static int64_t pods_on(const struct policy *policy, const struct pod *pod, const struct node *node)
{
    (void)policy;
    (void)pod;
    return node->pod_count;
}

const struct policy least_loaded = {"least-loaded", "the node with the fewest pods", pods_on};

/* fixed.c: one node and no other. That is a filter (filter_config.fixed_node); among one node there is nothing to rank. */
#include "common/policy/policies.h"

static int64_t nothing(const struct scheduling_policy *parameters, const struct pod *pod, const struct node *node)
{
    (void)parameters;
    (void)pod;
    (void)node;
    return 0;
}

const struct policy fixed = {.name = "fixed", .summary = "the node NODE and no other", .score = nothing, .argument = "NODE"};

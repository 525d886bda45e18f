/* one_per_node.c: at most one of our pods on a node. That takes a plan of all pods, not a score of one: plan.h decides. */
#include "common/policy/policies.h"

const struct policy one_per_node = {
    .name = "one-per-node", .summary = "one of our pods a node, by priority; gangs; preempts", .plans = true};

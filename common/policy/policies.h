/* policies.h: one policy a file; policy.c lists them. */
#ifndef COMMON_POLICY_POLICIES_H
#define COMMON_POLICY_POLICIES_H

#include "common/policy/policy.h"

extern const struct policy least_loaded, spread, bin_pack, random_choice, fixed, one_per_node;

#endif

/* policy.c: the table of policies. A new one is a file of its own, a line in policies.h and a line here. */
#include "common/policy/policy.h"

#include <string.h>

#include "common/policy/policies.h"

static const struct policy *const policies[] = {&least_loaded, &spread, &bin_pack, &random_choice, &fixed, &one_per_node, NULL};

const struct policy *const *policy_all(void)
{
    return policies;
}

const struct policy *policy_by_name(const char *name)
{
    for (size_t i = 0; policies[i]; i++)
        if (strcmp(policies[i]->name, name) == 0)
            return policies[i];
    return NULL;
}

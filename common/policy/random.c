/* random.c: any node, all alike. A pure function of seed, pod and node name, so that a run can be repeated. */
#include "common/policy/policies.h"

/* FNV-1a, the NUL included */
static uint64_t mix(uint64_t hash, const char *s)
{
    do {
        hash = (hash ^ (unsigned char)*s) * 1099511628211u;
    } while (*s++);
    return hash;
}

/* names that differ in their last letter only must be as far apart as any (the finish of MurmurHash3) */
static uint64_t scatter(uint64_t hash)
{
    hash = (hash ^ hash >> 33) * 0xff51afd7ed558ccdu;
    hash = (hash ^ hash >> 33) * 0xc4ceb9fe1a85ec53u;
    return hash ^ hash >> 33;
}

static int64_t draw(const struct scheduling_policy *parameters, const struct pod *pod, const struct node *node)
{
    return (int64_t)(scatter(mix(mix(scatter(parameters->seed), pod->uid), node->spec->name)) >> 1);
}

const struct policy random_choice = {.name = "random", .summary = "any node, by --seed", .score = draw};

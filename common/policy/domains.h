/*
 * domains.h: pods counted by the value that their nodes have of one topology key: by zone, by host. For the files of common/policy only.
 */
#ifndef COMMON_POLICY_DOMAINS_H
#define COMMON_POLICY_DOMAINS_H

#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

struct domain {
    const char *value; /* NULL: the slot is free */
    int64_t pods;
};

/* Zero it to begin. The values are borrowed from the nodes. */
struct domains {
    struct domain *slot;
    size_t count, capacity; /* capacity: a power of two, never full */
};

/* Adds to the domain's pods; makes it when there is none, also with 0 pods. ERROR_NO_MEMORY leaves everything as it was. */
int domains_add(struct domains *domains, const char *value, int64_t pods, struct error *err);
/* Adds to the pods of a domain that is there already, and returns how many it has then. Never allocates. */
int64_t domains_shift(struct domains *domains, const char *value, int64_t pods);
/* The pods of a domain, 0 where there is no such domain. */
int64_t domains_get(const struct domains *domains, const char *value);
/* The fewest pods of any domain, 0 without domains. */
int64_t domains_least(const struct domains *domains);
void domains_free(struct domains *domains);

#endif

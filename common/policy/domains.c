/* domains.c: a hash table with linear probing. */
#include "common/policy/domains.h"

#include <stdlib.h>
#include <string.h>

/* the slot of the value, or the free one where it belongs */
static struct domain *find(struct domain *slots, size_t capacity, const char *value)
{
    uint64_t hash = 14695981039346656037u;
    size_t at;

    for (const char *c = value; *c; c++)
        hash = (hash ^ (unsigned char)*c) * 1099511628211u;
    for (at = hash & (capacity - 1); slots[at].value && strcmp(slots[at].value, value) != 0; at = (at + 1) & (capacity - 1))
        ;
    return &slots[at];
}

static int grow(struct domains *d, struct error *err)
{
    size_t capacity = d->capacity ? 2 * d->capacity : 16;
    struct domain *slots = calloc(capacity, sizeof *slots);

    if (!slots)
        return error_no_memory(err);
    for (size_t i = 0; i < d->capacity; i++)
        if (d->slot[i].value)
            *find(slots, capacity, d->slot[i].value) = d->slot[i];
    free(d->slot);
    d->slot = slots;
    d->capacity = capacity;
    return 0;
}

int domains_add(struct domains *domains, const char *value, int64_t pods, struct error *err)
{
    struct domain *domain;

    if (2 * domains->count >= domains->capacity && grow(domains, err) < 0)
        return -1;
    domain = find(domains->slot, domains->capacity, value);
    if (!domain->value) {
        domain->value = value;
        domains->count++;
    }
    domain->pods += pods;
    return 0;
}

int64_t domains_shift(struct domains *domains, const char *value, int64_t pods)
{
    return find(domains->slot, domains->capacity, value)->pods += pods;
}

int64_t domains_get(const struct domains *domains, const char *value)
{
    return domains->capacity ? find(domains->slot, domains->capacity, value)->pods : 0;
}

int64_t domains_least(const struct domains *domains)
{
    int64_t least = INT64_MAX;

    for (size_t i = 0; i < domains->capacity; i++)
        if (domains->slot[i].value && domains->slot[i].pods < least)
            least = domains->slot[i].pods;
    return domains->count ? least : 0;
}

void domains_free(struct domains *domains)
{
    free(domains->slot);
    *domains = (struct domains){0};
}

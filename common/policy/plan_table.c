/* plan_table.c: chained buckets, doubled as they fill. */
#include "common/policy/plan_table.h"

#include <stdlib.h>
#include <string.h>

/* FNV-1a over both strings and the NUL between them */
static uint64_t hash_of(const char *namespace_, const char *name)
{
    uint64_t hash = 14695981039346656037u;

    for (const unsigned char *c = (const unsigned char *)namespace_; *c; c++)
        hash = (hash ^ *c) * 1099511628211u;
    hash *= 1099511628211u;
    for (const unsigned char *c = (const unsigned char *)name; *c; c++)
        hash = (hash ^ *c) * 1099511628211u;
    return hash ^ hash >> 29;
}

static int grow(struct plan_table *table, struct error *err)
{
    size_t buckets = table->buckets ? table->buckets * 2 : 64;
    struct plan_entry_key **bucket = calloc(buckets, sizeof(struct plan_entry_key *)), *next;

    if (!bucket)
        return error_no_memory(err);
    for (size_t i = 0; i < table->buckets; i++)
        for (struct plan_entry_key *e = table->bucket[i]; e; e = next) {
            next = e->next;
            e->next = bucket[e->hash & (buckets - 1)];
            bucket[e->hash & (buckets - 1)] = e;
        }
    free(table->bucket);
    table->bucket = bucket;
    table->buckets = buckets;
    return 0;
}

int plan_table_add(struct plan_table *table, struct plan_entry_key *entry, struct error *err)
{
    struct plan_entry_key **bucket;

    if (table->count >= table->buckets && grow(table, err) < 0)
        return -1;
    entry->hash = hash_of(entry->namespace_, entry->name);
    bucket = &table->bucket[entry->hash & (table->buckets - 1)];
    entry->next = *bucket;
    *bucket = entry;
    table->count++;
    return 0;
}

void plan_table_remove(struct plan_table *table, struct plan_entry_key *entry)
{
    struct plan_entry_key **at = &table->bucket[entry->hash & (table->buckets - 1)];

    while (*at != entry)
        at = &(*at)->next;
    *at = entry->next;
    table->count--;
}

void *plan_table_find(const struct plan_table *table, const char *namespace_, const char *name)
{
    uint64_t hash = hash_of(namespace_, name);

    for (struct plan_entry_key *e = table->buckets ? table->bucket[hash & (table->buckets - 1)] : NULL; e; e = e->next)
        if (e->hash == hash && strcmp(e->namespace_, namespace_) == 0 && strcmp(e->name, name) == 0)
            return e;
    return NULL;
}

void plan_table_free(struct plan_table *table)
{
    free(table->bucket);
    *table = (struct plan_table){0};
}

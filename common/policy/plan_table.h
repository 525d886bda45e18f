/* plan_table.h: a hash table by namespace and name; its entries sit in what is kept. For common/policy/plan_*.c only. */
#ifndef COMMON_POLICY_PLAN_TABLE_H
#define COMMON_POLICY_PLAN_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

struct plan_entry_key {
    struct plan_entry_key *next;
    uint64_t hash;
    const char *namespace_, *name; /* of the one that the entry sits in */
};

struct plan_table {
    struct plan_entry_key **bucket;
    size_t buckets, count;
};

/* The entry's strings must be set and live as long as it is in the table. No other of that key may be there. */
int plan_table_add(struct plan_table *table, struct plan_entry_key *entry, struct error *err);
void plan_table_remove(struct plan_table *table, struct plan_entry_key *entry);
/* NULL: none. The entry is the first member of what it sits in. */
void *plan_table_find(const struct plan_table *table, const char *namespace_, const char *name);
/* Frees the buckets, not the entries. */
void plan_table_free(struct plan_table *table);

#endif

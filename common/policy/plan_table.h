/*
 * plan_table.h: a hash table by namespace and name; its entries sit in what is kept. The hashes lie side by side with the addresses, so that a
 * search reads one cache line of the table, and of what is kept only what it looks for. For common/policy/plan_*.c only.
 */
#ifndef COMMON_POLICY_PLAN_TABLE_H
#define COMMON_POLICY_PLAN_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

struct plan_entry_key {
    uint64_t hash;
    const char *namespace_, *name; /* of the one that the entry sits in */
};

struct plan_slot {
    uint64_t hash, said;
    struct plan_entry_key *entry; /* NULL: free */
};

struct plan_table {
    struct plan_slot *slot;
    size_t slots, count; /* slots: a power of two */
};

/* The entry's strings must be set and live as long as it is in the table. No other of that key may be there. */
int plan_table_add(struct plan_table *table, struct plan_entry_key *entry, struct error *err);
void plan_table_remove(struct plan_table *table, struct plan_entry_key *entry);
/* NULL: none. The entry is the first member of what it sits in. */
void *plan_table_find(const struct plan_table *table, const char *namespace_, const char *name);
/* All entries, one after the other; *slot is 0 at first. NULL: no more. Nothing may be added or removed meanwhile. */
void *plan_table_each(const struct plan_table *table, size_t *slot);
/* Takes out those that `keep` refuses, which it may free; it may be asked of one twice, and must not add or remove. */
void plan_table_sift(struct plan_table *table, bool (*keep)(void *ctx, void *entry), void *ctx);
/* Frees the table, not the entries. */
void plan_table_free(struct plan_table *table);

/*
 * The same in steps, for who has something else to do meanwhile: the hash of a key; its line of the table is to come; the first `bytes` of what
 * has that hash are to come; plan_table_find() with the hash known.
 */
uint64_t plan_table_hash(const char *namespace_, const char *name);
void plan_table_fetch(const struct plan_table *table, uint64_t hash);
void plan_table_fetch_entry(const struct plan_table *table, uint64_t hash, size_t bytes);
void *plan_table_find_hash(const struct plan_table *table, uint64_t hash, const char *namespace_, const char *name);

/* What was last said of an entry, as a hash of all of it, its key too: who says the same again is known without a look at the entry. */
void plan_table_say(struct plan_table *table, const struct plan_entry_key *entry, uint64_t said);
/* 0: nothing, or no such entry */
uint64_t plan_table_last_said(const struct plan_table *table, uint64_t hash);
bool plan_table_said(const struct plan_table *table, uint64_t hash, uint64_t said);

/* It will be read soon: the processor need not wait for it then. */
static inline void plan_fetch(const void *from, size_t bytes)
{
#ifdef __GNUC__
    for (size_t at = 0; at < bytes; at += 64)
        __builtin_prefetch((const char *)from + at);
#else
    (void)from;
    (void)bytes;
#endif
}

#endif

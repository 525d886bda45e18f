/* plan_table.c: open addressing, each key in the first free slot from its own on; doubled when seven eighths are in use. */
#include "common/policy/plan_table.h"

#include <stdlib.h>
#include <string.h>

/* FNV-1a over both strings and the NUL between them */
uint64_t plan_table_hash(const char *namespace_, const char *name)
{
    uint64_t hash = 14695981039346656037u;

    for (const unsigned char *c = (const unsigned char *)namespace_; *c; c++)
        hash = (hash ^ *c) * 1099511628211u;
    hash *= 1099511628211u;
    for (const unsigned char *c = (const unsigned char *)name; *c; c++)
        hash = (hash ^ *c) * 1099511628211u;
    hash ^= hash >> 32;
    hash *= 0x9e3779b97f4a7c15u; /* names that are counted up must not lie side by side: neighbours make long rows */
    return hash ^ hash >> 29;
}

static size_t next_of(const struct plan_table *table, size_t at)
{
    return (at + 1) & (table->slots - 1);
}

static void put(struct plan_table *table, const struct plan_slot *slot)
{
    size_t at = slot->hash & (table->slots - 1);

    while (table->slot[at].entry)
        at = next_of(table, at);
    table->slot[at] = *slot;
}

static int grow(struct plan_table *table, struct error *err)
{
    struct plan_table more = {.slots = table->slots ? table->slots * 2 : 64, .count = table->count};

    more.slot = calloc(more.slots, sizeof *more.slot);
    if (!more.slot)
        return error_no_memory(err);
    for (size_t i = 0; i < table->slots; i++)
        if (table->slot[i].entry)
            put(&more, &table->slot[i]);
    free(table->slot);
    *table = more;
    return 0;
}

int plan_table_add(struct plan_table *table, struct plan_entry_key *entry, struct error *err)
{
    if (table->count >= table->slots / 8 * 7 && grow(table, err) < 0)
        return -1;
    entry->hash = plan_table_hash(entry->namespace_, entry->name);
    put(table, &(struct plan_slot){entry->hash, 0, entry});
    table->count++;
    return 0;
}

static size_t slot_of(const struct plan_table *table, const struct plan_entry_key *entry)
{
    size_t at = entry->hash & (table->slots - 1);

    while (table->slot[at].entry != entry)
        at = next_of(table, at);
    return at;
}

static void remove_slot(struct plan_table *table, size_t hole)
{
    size_t at;

    /* those behind move up, but none before its own slot: a free one ends a search */
    for (at = next_of(table, hole); table->slot[at].entry; at = next_of(table, at)) {
        size_t own = table->slot[at].hash & (table->slots - 1);

        if (((at - own) & (table->slots - 1)) >= ((at - hole) & (table->slots - 1))) {
            table->slot[hole] = table->slot[at];
            hole = at;
        }
    }
    table->slot[hole].entry = NULL;
    table->count--;
}

void plan_table_remove(struct plan_table *table, struct plan_entry_key *entry)
{
    remove_slot(table, slot_of(table, entry));
}

void plan_table_sift(struct plan_table *table, bool (*keep)(void *ctx, void *entry), void *ctx)
{
    /* what moves up is looked at where it is then; what comes round from the first slots was kept, and is again */
    for (size_t at = 0; at < table->slots; at++)
        while (table->slot[at].entry && !keep(ctx, table->slot[at].entry))
            remove_slot(table, at);
}

void plan_table_fetch(const struct plan_table *table, uint64_t hash)
{
    if (table->slots)
        plan_fetch(&table->slot[hash & (table->slots - 1)], 1);
}

/* the first slot with that hash from `at` on; NULL: none */
static struct plan_entry_key *next_with(const struct plan_table *table, uint64_t hash, size_t *at)
{
    for (; table->slot[*at].entry; *at = next_of(table, *at))
        if (table->slot[*at].hash == hash)
            return table->slot[*at].entry;
    return NULL;
}

void plan_table_fetch_entry(const struct plan_table *table, uint64_t hash, size_t bytes)
{
    size_t at = hash & (table->slots - 1);
    struct plan_entry_key *entry = table->slots ? next_with(table, hash, &at) : NULL;

    if (entry)
        plan_fetch(entry, bytes);
}

void *plan_table_find_hash(const struct plan_table *table, uint64_t hash, const char *namespace_, const char *name)
{
    size_t at = hash & (table->slots - 1);
    struct plan_entry_key *e = table->slots ? next_with(table, hash, &at) : NULL;

    while (e && (strcmp(e->name, name) != 0 || strcmp(e->namespace_, namespace_) != 0)) {
        at = next_of(table, at);
        e = next_with(table, hash, &at);
    }
    return e;
}

void *plan_table_find(const struct plan_table *table, const char *namespace_, const char *name)
{
    return plan_table_find_hash(table, plan_table_hash(namespace_, name), namespace_, name);
}

void plan_table_say(struct plan_table *table, const struct plan_entry_key *entry, uint64_t said)
{
    table->slot[slot_of(table, entry)].said = said;
}

uint64_t plan_table_last_said(const struct plan_table *table, uint64_t hash)
{
    size_t at = hash & (table->slots - 1);

    return table->slots && next_with(table, hash, &at) ? table->slot[at].said : 0;
}

bool plan_table_said(const struct plan_table *table, uint64_t hash, uint64_t said)
{
    size_t at = hash & (table->slots - 1);

    return table->slots && next_with(table, hash, &at) && table->slot[at].said == said;
}

void *plan_table_each(const struct plan_table *table, size_t *slot)
{
    while (*slot < table->slots)
        if (table->slot[(*slot)++].entry)
            return table->slot[*slot - 1].entry;
    return NULL;
}

void plan_table_free(struct plan_table *table)
{
    free(table->slot);
    *table = (struct plan_table){0};
}

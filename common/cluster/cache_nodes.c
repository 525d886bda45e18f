/* cache_nodes.c: nodes in name order, and the sums of what is on them. */
#include <stdlib.h>
#include <string.h>

#include "common/cluster/cache_internal.h"

static size_t slot_bytes(const struct slot *slot)
{
    return held(sizeof *slot + strlen(slot->name) + 1);
}

static struct slot **bucket_of(struct slot **table, size_t buckets, const char *name)
{
    return &table[hash_string(HASH_START, name) & (buckets - 1)];
}

static void grow(struct cache *cache)
{
    size_t buckets = buckets_for(cache->slot_count + 1, cache->slot_buckets);
    struct slot **table, **bucket, *next;

    if (buckets == cache->slot_buckets || !(table = calloc(buckets, sizeof *table)))
        return;
    for (size_t i = 0; i < cache->slot_buckets; i++) {
        for (struct slot *slot = cache->slots[i]; slot; slot = next) {
            next = slot->next_in_bucket;
            bucket = bucket_of(table, buckets, slot->name);
            slot->next_in_bucket = *bucket;
            *bucket = slot;
        }
    }
    cache->bytes += held(buckets * sizeof *table) - (cache->slots ? held(cache->slot_buckets * sizeof *table) : 0);
    free(cache->slots);
    cache->slots = table;
    cache->slot_buckets = buckets;
}

struct slot *slot_find(const struct cache *cache, const char *name)
{
    struct slot *slot = cache->slots ? *bucket_of(cache->slots, cache->slot_buckets, name) : NULL;

    while (slot && strcmp(slot->name, name) != 0)
        slot = slot->next_in_bucket;
    return slot;
}

struct slot *slot_get(struct cache *cache, const char *name, struct error *err)
{
    struct slot *slot = slot_find(cache, name), **bucket;
    size_t bytes = strlen(name) + 1;

    if (slot)
        return slot;
    grow(cache);
    slot = cache->slots ? calloc(1, sizeof *slot + bytes) : NULL;
    if (!slot) {
        error_no_memory(err);
        return NULL;
    }
    memcpy(slot->name, name, bytes);
    slot->others = &slot->node.pods;
    slot->node.totals = slot->totals = &cache->totals;
    slot->scheduler_name = cache->scheduler_name;
    bucket = bucket_of(cache->slots, cache->slot_buckets, name);
    slot->next_in_bucket = *bucket;
    *bucket = slot;
    cache->slot_count++;
    cache->bytes += slot_bytes(slot);
    return slot;
}

void slot_put(struct cache *cache, struct slot *slot)
{
    struct slot **link;

    if (!slot || slot->node.spec || slot->node.pods)
        return;
    for (link = bucket_of(cache->slots, cache->slot_buckets, slot->name); *link != slot; link = &(*link)->next_in_bucket)
        ;
    *link = slot->next_in_bucket;
    cache->slot_count--;
    cache->bytes -= slot_bytes(slot);
    free(slot);
}

static int64_t sum(struct slot *slot, int64_t a, int64_t b)
{
    if (a <= INT64_MAX - b)
        return a + b;
    slot->saturated = true;
    return INT64_MAX;
}

static int64_t amount_of(const struct pod *pod, const char *name)
{
    for (size_t i = 0; i < pod->requests.extended_count; i++)
        if (strcmp(pod->requests.extended[i].name, name) == 0)
            return pod->requests.extended[i].amount;
    return 0;
}

static bool has_anti_affinity(const struct pod *pod)
{
    return pod->peers && pod->peers->anti_affinity_count > 0;
}

static bool is_ours(const struct slot *slot, const struct pod *pod)
{
    return strcmp(pod->scheduler_name, slot->scheduler_name) == 0;
}

static void count(struct slot *slot, const struct pod *pod)
{
    struct resources *requested = &slot->node.requested;
    struct extended_resource *extended = (struct extended_resource *)requested->extended;

    slot->node.pod_count++;
    slot->node.our_count += is_ours(slot, pod);
    slot->node.host_port_count += pod->host_port_count;
    if (has_anti_affinity(pod)) {
        slot->node.anti_affinity_count++;
        slot->totals->anti_affinity_pods++;
    }
    requested->cpu_milli = sum(slot, requested->cpu_milli, pod->requests.cpu_milli);
    requested->memory_bytes = sum(slot, requested->memory_bytes, pod->requests.memory_bytes);
    if (pod->requests.extended_count == 0)
        return;
    for (size_t i = 0; i < requested->extended_count; i++)
        extended[i].amount = sum(slot, extended[i].amount, amount_of(pod, extended[i].name));
}

static void count_nothing(struct slot *slot)
{
    slot->totals->anti_affinity_pods -= slot->node.anti_affinity_count;
    slot->node.anti_affinity_count = 0;
    slot->node.pod_count = 0;
    slot->node.our_count = 0;
    slot->node.host_port_count = 0;
    slot->saturated = false;
}

static void recount(struct slot *slot)
{
    struct resources *requested = &slot->node.requested;

    count_nothing(slot);
    requested->cpu_milli = requested->memory_bytes = 0;
    for (size_t i = 0; i < requested->extended_count; i++)
        ((struct extended_resource *)requested->extended)[i].amount = 0;
    for (const struct cached_pod *pod = slot->node.pods; pod; pod = pod->next_on_node)
        count(slot, pod->pod);
}

static void uncount(struct slot *slot, const struct pod *pod)
{
    struct resources *requested = &slot->node.requested;
    struct extended_resource *extended = (struct extended_resource *)requested->extended;

    if (slot->saturated) {
        recount(slot);
        return;
    }
    slot->node.pod_count--;
    slot->node.our_count -= is_ours(slot, pod);
    slot->node.host_port_count -= pod->host_port_count;
    if (has_anti_affinity(pod)) {
        slot->node.anti_affinity_count--;
        slot->totals->anti_affinity_pods--;
    }
    requested->cpu_milli -= pod->requests.cpu_milli;
    requested->memory_bytes -= pod->requests.memory_bytes;
    if (pod->requests.extended_count == 0)
        return;
    for (size_t i = 0; i < requested->extended_count; i++)
        extended[i].amount -= amount_of(pod, extended[i].name);
}

void slot_attach(struct slot *slot, struct cached_pod *pod)
{
    bool first = pod->pod->host_port_count > 0 || has_anti_affinity(pod->pod);
    struct cached_pod **link = first ? &slot->node.pods : slot->others;

    pod->next_on_node = *link;
    pod->link_on_node = link;
    if (*link)
        (*link)->link_on_node = &pod->next_on_node;
    *link = pod;
    if (first && slot->others == link)
        slot->others = &pod->next_on_node;
    pod->home = &slot->node;
    pod->node = slot->node.spec ? &slot->node : NULL;
    if (pod->node)
        count(slot, pod->pod);
}

struct slot *slot_detach(struct cached_pod *pod)
{
    struct slot *slot = (struct slot *)(void *)pod->home;

    if (!slot)
        return NULL;
    *pod->link_on_node = pod->next_on_node;
    if (pod->next_on_node)
        pod->next_on_node->link_on_node = pod->link_on_node;
    if (slot->others == &pod->next_on_node)
        slot->others = pod->link_on_node;
    if (pod->node)
        uncount(slot, pod->pod);
    pod->home = pod->node = NULL;
    pod->next_on_node = NULL;
    pod->link_on_node = NULL;
    return slot;
}

/* the first node whose name is not before `name` */
static size_t position(const struct cache *cache, const char *name)
{
    size_t low = 0, high = cache->node_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (strcmp(cache->nodes[middle]->spec->name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static int reserve_node(struct cache *cache, struct error *err)
{
    size_t capacity = cache->node_capacity ? 2 * cache->node_capacity : 16;
    struct node **nodes;

    if (cache->node_count < cache->node_capacity)
        return 0;
    nodes = realloc(cache->nodes, capacity * sizeof *nodes);
    if (!nodes)
        return error_no_memory(err);
    cache->bytes += held(capacity * sizeof *nodes) - (cache->nodes ? held(cache->node_capacity * sizeof *nodes) : 0);
    cache->nodes = nodes;
    cache->node_capacity = capacity;
    return 0;
}

static void drop_spec(struct cache *cache, struct node *node)
{
    if (!node->spec)
        return;
    cache->bytes -= held(node->spec->bytes);
    if (node->requested.extended)
        cache->bytes -= held(node->requested.extended_count * sizeof *node->requested.extended);
    free((struct extended_resource *)node->requested.extended);
    node_spec_free((struct node_spec *)node->spec);
    node->spec = NULL;
    node->requested = (struct resources){0};
}

static void adopt_spec(struct cache *cache, struct slot *slot, struct node_spec *spec, struct extended_resource *extended)
{
    struct node *node = &slot->node;
    size_t at;

    if (!node->spec) {
        at = position(cache, spec->name);
        memmove(cache->nodes + at + 1, cache->nodes + at, (cache->node_count - at) * sizeof *cache->nodes);
        cache->nodes[at] = node;
        cache->node_count++;
    }
    drop_spec(cache, node);
    node->spec = spec;
    node->traits = spec->traits;
    for (size_t i = 0; extended && i < spec->allocatable.extended_count; i++)
        extended[i] = (struct extended_resource){spec->allocatable.extended[i].name, 0, NULL};
    node->requested.extended = extended;
    node->requested.extended_count = spec->allocatable.extended_count;
    cache->bytes += held(spec->bytes) + (extended ? held(node->requested.extended_count * sizeof *extended) : 0);
    for (struct cached_pod *pod = node->pods; pod; pod = pod->next_on_node)
        pod->node = node;
    recount(slot);
}

int cache_set_node(struct cache *cache, struct node_spec *spec, bool *helps, struct error *err)
{
    size_t extended_count = spec->allocatable.extended_count;
    struct extended_resource *extended = NULL;
    struct slot *slot = slot_get(cache, spec->name, err);

    if (slot && slot->node.spec && node_spec_same(slot->node.spec, spec)) {
        *helps = false;
        slot->node.generation = cache->node_generation;
        node_spec_free(spec);
        return 0;
    }
    if (!slot || reserve_node(cache, err) < 0)
        goto fail;
    if (extended_count && !(extended = calloc(extended_count, sizeof *extended))) {
        error_no_memory(err);
        goto fail;
    }
    *helps = node_change_helps(slot->node.spec, spec);
    adopt_spec(cache, slot, spec, extended);
    slot->node.generation = cache->node_generation;
    return 0;
fail:
    slot_put(cache, slot);
    node_spec_free(spec);
    return -1;
}

static void remove_slot(struct cache *cache, struct slot *slot)
{
    size_t at = position(cache, slot->name);

    cache->node_count--;
    memmove(cache->nodes + at, cache->nodes + at + 1, (cache->node_count - at) * sizeof *cache->nodes);
    for (struct cached_pod *pod = slot->node.pods; pod; pod = pod->next_on_node)
        pod->node = NULL;
    drop_spec(cache, &slot->node);
    count_nothing(slot);
    slot_put(cache, slot);
}

void cache_remove_node(struct cache *cache, const char *name)
{
    struct slot *slot = slot_find(cache, name);

    if (slot && slot->node.spec)
        remove_slot(cache, slot);
}

struct node *const *cache_nodes(const struct cache *cache, size_t *count_)
{
    *count_ = cache->node_count;
    return cache->nodes;
}

const char *cache_node_name(const struct cached_pod *pod)
{
    return pod->home ? ((const struct slot *)(const void *)pod->home)->name : "";
}

struct node *cache_node(const struct cache *cache, const char *name)
{
    struct slot *slot = slot_find(cache, name);

    return slot && slot->node.spec ? &slot->node : NULL;
}

void cache_begin_replace_nodes(struct cache *cache)
{
    cache->node_generation++;
    cache->replacing_nodes = true;
}

void cache_end_replace_nodes(struct cache *cache, void (*removed)(void *ctx, const char *name), void *ctx)
{
    if (!cache->replacing_nodes)
        return;
    cache->replacing_nodes = false;
    for (size_t i = cache->node_count; i-- > 0;) {
        if (cache->nodes[i]->generation == cache->node_generation)
            continue;
        if (removed)
            removed(ctx, cache->nodes[i]->spec->name);
        remove_slot(cache, (struct slot *)(void *)cache->nodes[i]);
    }
}

void slots_free(struct cache *cache)
{
    struct slot *next;

    for (size_t i = 0; i < cache->slot_buckets; i++) {
        for (struct slot *slot = cache->slots[i]; slot; slot = next) {
            next = slot->next_in_bucket;
            drop_spec(cache, &slot->node);
            free(slot);
        }
    }
    free(cache->slots);
    free(cache->nodes);
}

/* cache.c: the pods of the cache. Every step that can fail comes before the first one that changes something. */
#include "common/cluster/cache.h"

#include <stdlib.h>
#include <string.h>

#include "common/cluster/cache_internal.h"
#include "common/cluster/pack.h"

uint64_t hash_string(uint64_t hash, const char *s)
{
    do {
        hash = (hash ^ (unsigned char)*s) * 1099511628211u;
    } while (*s++);
    return hash;
}

size_t buckets_for(size_t count, size_t buckets)
{
    if (buckets == 0)
        buckets = 64;
    while (count > buckets)
        buckets *= 2;
    return buckets;
}

struct cache *cache_new(const char *scheduler_name, struct error *err)
{
    struct cache *cache = calloc(1, sizeof *cache);
    size_t bytes = strlen(scheduler_name) + 1;

    if (!cache || !(cache->scheduler_name = malloc(bytes))) {
        free(cache);
        error_no_memory(err);
        return NULL;
    }
    memcpy(cache->scheduler_name, scheduler_name, bytes);
    cache->bytes = held(sizeof *cache) + held(bytes);
    return cache;
}

static struct cached_pod **bucket_of(struct cached_pod **table, size_t buckets, const char *namespace_, const char *name)
{
    return &table[hash_string(hash_string(HASH_START, namespace_), name) & (buckets - 1)];
}

static void grow(struct cache *cache)
{
    size_t buckets = buckets_for(cache->pod_count + 1, cache->pod_buckets);
    struct cached_pod **table, **bucket, *next;

    if (buckets == cache->pod_buckets || !(table = calloc(buckets, sizeof *table)))
        return;
    for (size_t i = 0; i < cache->pod_buckets; i++) {
        for (struct cached_pod *pod = cache->pods[i]; pod; pod = next) {
            next = pod->next_in_bucket;
            bucket = bucket_of(table, buckets, pod->pod->namespace_, pod->pod->name);
            pod->next_in_bucket = *bucket;
            *bucket = pod;
        }
    }
    cache->bytes += held(buckets * sizeof *table) - (cache->pods ? held(cache->pod_buckets * sizeof *table) : 0);
    free(cache->pods);
    cache->pods = table;
    cache->pod_buckets = buckets;
}

struct cached_pod *cache_pod(const struct cache *cache, const char *namespace_, const char *name)
{
    struct cached_pod *pod = cache->pods ? *bucket_of(cache->pods, cache->pod_buckets, namespace_, name) : NULL;

    while (pod && (strcmp(pod->pod->name, name) != 0 || strcmp(pod->pod->namespace_, namespace_) != 0))
        pod = pod->next_in_bucket;
    return pod;
}

size_t cache_pod_count(const struct cache *cache)
{
    return cache->pod_count;
}

size_t cache_peers_waiting(const struct cache *cache)
{
    return cache->with_peers;
}

static bool waits_for_peers(const struct pod *pod)
{
    return pod->peers && !*pod->node_name;
}

void cache_each_pod(const struct cache *cache, void (*visit)(void *ctx, struct cached_pod *pod), void *ctx)
{
    for (size_t i = 0; i < cache->pod_buckets; i++)
        for (struct cached_pod *pod = cache->pods[i]; pod; pod = pod->next_in_bucket)
            visit(ctx, pod);
}

/* a pod that has its shared strings */
static void free_pod(struct cache *cache, struct pod *pod)
{
    cache->bytes -= held(pod->bytes);
    shared_release(cache, pod);
    pod_free(pod);
}

/* takes the pod out of the cache and tells what that means */
static void drop(struct cache *cache, struct cached_pod *pod, struct pod_update *update)
{
    struct cached_pod **link = bucket_of(cache->pods, cache->pod_buckets, pod->pod->namespace_, pod->pod->name);
    struct slot *slot;

    update->change = POD_GONE;
    update->freed = pod->node != NULL;
    cache->with_peers -= waits_for_peers(pod->pod);
    while (*link != pod)
        link = &(*link)->next_in_bucket;
    *link = pod->next_in_bucket;
    cache->pod_count--;
    slot = slot_detach(pod);
    free_pod(cache, pod->pod);
    slot_put(cache, slot);
    cache->bytes -= held(sizeof *pod);
    free(pod);
}

void cache_remove_pod(struct cache *cache, const char *namespace_, const char *name, const char *uid, struct pod_update *update)
{
    struct cached_pod *pod = cache_pod(cache, namespace_, name);

    *update = (struct pod_update){.change = POD_IGNORED};
    if (pod && (!uid || strcmp(pod->pod->uid, uid) == 0))
        drop(cache, pod, update);
}

/* less of anything than before? */
static bool asks_less(const struct pod *now, const struct pod *was)
{
    if (now->requests.cpu_milli < was->requests.cpu_milli || now->requests.memory_bytes < was->requests.memory_bytes ||
        now->host_port_count < was->host_port_count || now->requests.extended_count < was->requests.extended_count)
        return true;
    for (size_t i = 0; i < was->requests.extended_count; i++)
        if (strcmp(now->requests.extended[i].name, was->requests.extended[i].name) != 0 ||
            now->requests.extended[i].amount < was->requests.extended[i].amount)
            return true;
    return false;
}

/* a pod on a node needs less than a pending one; without memory it stays as large as it is */
static struct pod *compact(struct pod *pod)
{
    struct error ignored = ERROR_INIT;
    struct pod *small = pod_pack(pod, PACK_SHARED, &ignored);

    if (!small)
        return pod;
    pod_free(pod);
    return small;
}

/* what the news is, once everything is ready to take it in; `slot` is NULL for a pending pod */
static void judge(const struct cached_pod *cached, const struct pod *pod, const struct slot *slot, struct pod_update *update)
{
    const struct pod *was = cached->pod;
    const struct node *to = slot ? &slot->node : NULL;

    update->replaced = was && strcmp(was->uid, pod->uid) != 0;
    if (!was || update->replaced) {
        update->change = to ? POD_ASSIGNED : POD_NEW_PENDING;
        update->freed = cached->node != NULL;
        return;
    }
    if (!to) {
        update->change = cached->home && !cached->assumed ? POD_NEW_PENDING : POD_STILL_PENDING;
        update->freed = cached->node && !cached->assumed;
        return;
    }
    update->change = cached->home && !cached->assumed ? POD_UPDATED : POD_ASSIGNED;
    update->confirmed = cached->assumed && cached->home == to;
    update->freed = cached->node && (cached->home != to || asks_less(pod, was));
}

/* labels of both are shared, or at least one is new; a pod that terminates is out of every spread constraint */
static bool differs_to_peers(const struct pod *was, const struct pod *pod)
{
    return was->labels != pod->labels || was->deleting != pod->deleting;
}

/* puts `pod` in the place of what was there; nothing here can fail */
static void take_in(struct cache *cache, struct cached_pod *cached, struct pod *pod, struct slot *slot, struct pod_update *update)
{
    struct pod *was = cached->pod;
    struct slot *old;

    judge(cached, pod, slot, update);
    update->stirs_peers = cache->with_peers && slot && (update->change == POD_ASSIGNED || differs_to_peers(was, pod));
    old = slot_detach(cached);
    if (!slot && cached->assumed && !update->replaced)
        slot = old;
    else
        cached->assumed = false;
    cached->pod = pod;
    cache->bytes += held(pod->bytes);
    cache->with_peers += waits_for_peers(pod);
    if (was) {
        cache->with_peers -= waits_for_peers(was);
        free_pod(cache, was);
    }
    if (slot)
        slot_attach(slot, cached);
    if (old != slot)
        slot_put(cache, old);
    cached->generation = cache->pod_generation;
    update->cached = cached;
}

static struct cached_pod *insert(struct cache *cache, const struct pod *pod, struct error *err)
{
    struct cached_pod *cached, **bucket;

    grow(cache);
    cached = cache->pods ? calloc(1, sizeof *cached) : NULL;
    if (!cached) {
        error_no_memory(err);
        return NULL;
    }
    bucket = bucket_of(cache->pods, cache->pod_buckets, pod->namespace_, pod->name);
    cached->next_in_bucket = *bucket;
    *bucket = cached;
    cache->pod_count++;
    cache->bytes += held(sizeof *cached);
    return cached;
}

static int keep(struct cache *cache, struct cached_pod *cached, struct pod *pod, struct pod_update *update, struct error *err)
{
    struct slot *slot = NULL;

    if (*pod->node_name && !(slot = slot_get(cache, pod->node_name, err)))
        goto fail;
    if (shared_take(cache, pod, err) < 0)
        goto fail;
    if (!cached && !(cached = insert(cache, pod, err))) {
        shared_release(cache, pod);
        goto fail;
    }
    if (slot) {
        pod->node_name = slot->name;
        pod = compact(pod);
    }
    take_in(cache, cached, pod, slot, update);
    return 0;
fail:
    slot_put(cache, slot);
    pod_free(pod);
    return -1;
}

int cache_set_pod(struct cache *cache, struct pod *pod, struct pod_update *update, struct error *err)
{
    struct cached_pod *cached = cache_pod(cache, pod->namespace_, pod->name);
    bool wanted = pod_counts(pod) && (*pod->node_name || strcmp(pod->scheduler_name, cache->scheduler_name) == 0);

    *update = (struct pod_update){.change = POD_IGNORED};
    if (wanted)
        return keep(cache, cached, pod, update, err);
    if (cached)
        drop(cache, cached, update);
    pod_free(pod);
    return 0;
}

void cache_assume(struct cache *cache, struct cached_pod *pod, struct node *node)
{
    struct slot *slot = (struct slot *)(void *)node, *old = slot_detach(pod);

    slot_attach(slot, pod);
    pod->assumed = true;
    if (old != slot)
        slot_put(cache, old);
}

void cache_confirm(struct cache *cache, struct cached_pod *pod)
{
    struct slot *slot = (struct slot *)(void *)pod->home;

    if (!pod->assumed)
        return;
    pod->assumed = false;
    pod->generation = cache->pod_generation;
    cache->bytes -= held(pod->pod->bytes);
    pod->pod->node_name = slot->name;
    pod->pod = compact(pod->pod);
    cache->bytes += held(pod->pod->bytes);
}

void cache_forget(struct cache *cache, struct cached_pod *pod)
{
    if (!pod->assumed)
        return;
    pod->assumed = false;
    slot_put(cache, slot_detach(pod));
}

void cache_begin_replace_pods(struct cache *cache)
{
    cache->pod_generation++;
    cache->replacing_pods = true;
}

void cache_end_replace_pods(struct cache *cache, void (*removed)(void *ctx, struct cached_pod *pod), void *ctx)
{
    struct pod_update update;
    struct cached_pod *next;

    if (!cache->replacing_pods)
        return;
    cache->replacing_pods = false;
    for (size_t i = 0; i < cache->pod_buckets; i++) {
        for (struct cached_pod *pod = cache->pods[i]; pod; pod = next) {
            next = pod->next_in_bucket;
            if (pod->generation == cache->pod_generation)
                continue;
            if (removed)
                removed(ctx, pod);
            drop(cache, pod, &update);
        }
    }
}

size_t cache_bytes(const struct cache *cache)
{
    return cache->bytes;
}

void cache_free(struct cache *cache)
{
    struct cached_pod *next;

    if (!cache)
        return;
    for (size_t i = 0; i < cache->pod_buckets; i++) {
        for (struct cached_pod *pod = cache->pods[i]; pod; pod = next) {
            next = pod->next_in_bucket;
            free_pod(cache, pod->pod);
            free(pod);
        }
    }
    free(cache->pods);
    slots_free(cache);
    free(cache->shared);
    free(cache->scheduler_name);
    free(cache);
}

/* cache_shared.c: namespace, scheduler name and labels, kept once for all pods that agree in them. */
#include <stdlib.h>
#include <string.h>

#include "common/cluster/cache_internal.h"

static uint64_t hash_pod(const struct pod *pod)
{
    uint64_t hash = hash_string(hash_string(HASH_START, pod->namespace_), pod->scheduler_name);

    for (size_t i = 0; i < pod->label_count; i++)
        hash = hash_string(hash_string(hash, pod->labels[i].key), pod->labels[i].value);
    return hash;
}

static bool same(const struct shared *shared, const struct pod *pod)
{
    if (strcmp(shared->namespace_, pod->namespace_) != 0 || strcmp(shared->scheduler_name, pod->scheduler_name) != 0 ||
        shared->label_count != pod->label_count)
        return false;
    for (size_t i = 0; i < pod->label_count; i++)
        if (strcmp(shared->labels[i].key, pod->labels[i].key) != 0 || strcmp(shared->labels[i].value, pod->labels[i].value) != 0)
            return false;
    return true;
}

static void grow(struct cache *cache)
{
    size_t buckets = buckets_for(cache->shared_count + 1, cache->shared_buckets);
    struct shared **table, *next;

    if (buckets == cache->shared_buckets || !(table = calloc(buckets, sizeof *table)))
        return; /* without memory the chains grow longer, nothing else */
    for (size_t i = 0; i < cache->shared_buckets; i++) {
        for (struct shared *s = cache->shared[i]; s; s = next) {
            next = s->next_in_bucket;
            s->next_in_bucket = table[s->hash & (buckets - 1)];
            table[s->hash & (buckets - 1)] = s;
        }
    }
    free(cache->shared);
    cache->bytes += held(buckets * sizeof *table) - (cache->shared ? held(cache->shared_buckets * sizeof *table) : 0);
    cache->shared = table;
    cache->shared_buckets = buckets;
}

static char *copy(char **to, const char *s)
{
    char *at = *to;
    size_t bytes = strlen(s) + 1;

    memcpy(at, s, bytes);
    *to += bytes;
    return at;
}

/* strings first, then the labels: the namespace must stand at the start */
static struct shared *make(const struct pod *pod)
{
    size_t bytes = offsetof(struct shared, namespace_) + strlen(pod->namespace_) + strlen(pod->scheduler_name) + 2;
    struct shared *shared;
    struct label *labels;
    size_t labels_at;
    char *to;

    for (size_t i = 0; i < pod->label_count; i++)
        bytes += strlen(pod->labels[i].key) + strlen(pod->labels[i].value) + 2;
    labels_at = (bytes + sizeof(void *) - 1) / sizeof(void *) * sizeof(void *);
    bytes = labels_at + pod->label_count * sizeof *labels;
    shared = malloc(bytes < sizeof *shared ? sizeof *shared : bytes);
    if (!shared)
        return NULL;
    *shared = (struct shared){.bytes = bytes, .hash = hash_pod(pod), .label_count = pod->label_count};
    to = shared->namespace_;
    copy(&to, pod->namespace_);
    shared->scheduler_name = copy(&to, pod->scheduler_name);
    labels = (struct label *)(void *)((char *)shared + labels_at);
    for (size_t i = 0; i < pod->label_count; i++) {
        labels[i].key = copy(&to, pod->labels[i].key);
        labels[i].value = copy(&to, pod->labels[i].value);
    }
    shared->labels = labels;
    return shared;
}

int shared_take(struct cache *cache, struct pod *pod, struct error *err)
{
    uint64_t hash = hash_pod(pod);
    struct shared *shared = NULL;

    if (cache->shared)
        for (shared = cache->shared[hash & (cache->shared_buckets - 1)]; shared; shared = shared->next_in_bucket)
            if (shared->hash == hash && same(shared, pod))
                break;
    if (!shared) {
        grow(cache);
        shared = cache->shared ? make(pod) : NULL;
        if (!shared)
            return error_no_memory(err);
        shared->next_in_bucket = cache->shared[hash & (cache->shared_buckets - 1)];
        cache->shared[hash & (cache->shared_buckets - 1)] = shared;
        cache->shared_count++;
        cache->bytes += held(shared->bytes);
    }
    shared->references++;
    pod->namespace_ = shared->namespace_;
    pod->scheduler_name = shared->scheduler_name;
    pod->labels = shared->labels;
    return 0;
}

void shared_release(struct cache *cache, const struct pod *pod)
{
    const char *start = pod->namespace_ - offsetof(struct shared, namespace_);
    struct shared *shared = (struct shared *)(void *)(uintptr_t)start, **link;

    if (--shared->references > 0)
        return;
    for (link = &cache->shared[shared->hash & (cache->shared_buckets - 1)]; *link != shared; link = &(*link)->next_in_bucket)
        ;
    *link = shared->next_in_bucket;
    cache->shared_count--;
    cache->bytes -= held(shared->bytes);
    free(shared);
}

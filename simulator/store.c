#include "simulator/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/limits.h"

#define SKIP_LEVELS 14
#define FIRST_HISTORY 64

struct skip_node {
    struct object *object;
    struct skip_node *next[];
};

static struct skip_node *node_new(int levels)
{
    return calloc(1, sizeof(struct skip_node) + (size_t)levels * sizeof(struct skip_node *));
}

int store_init(struct store *store, int64_t history_max, struct error *err)
{
    memset(store, 0, sizeof *store);
    store->random = 88172645463325252ull;
    store->history_max = history_max;
    buffer_init(&store->scratch, 2 * LIMIT_OBJECT_BYTES);
    buffer_init(&store->label_scratch, 2 * LIMIT_OBJECT_BYTES);
    for (int i = 0; i < SLOT_COUNT; i++)
        if (!(store->slots[i].head = node_new(SKIP_LEVELS))) {
            store_free(store);
            return error_no_memory(err);
        }
    return 0;
}

static void change_free(struct change *change)
{
    object_unref(change->object);
    object_unref(change->prev);
    object_unref(change->left);
    memset(change, 0, sizeof *change);
}

void store_compact(struct store *store)
{
    for (size_t i = 0; i < store->history_capacity; i++)
        change_free(&store->history[i]);
    store->floor = store->rv;
}

void store_free(struct store *store)
{
    for (int i = 0; i < SLOT_COUNT; i++)
        for (struct skip_node *node = store->slots[i].head, *next; node; node = next) {
            next = node->next[0];
            object_unref(node->object);
            free(node);
        }
    store_compact(store);
    free(store->history);
    buffer_free(&store->scratch);
    buffer_free(&store->label_scratch);
}

/* the last node on each level whose key is below `key` */
static struct skip_node *find(const struct store *store, enum slot slot, const char *key, struct skip_node **before)
{
    struct skip_node *node = store->slots[slot].head;

    for (int level = SKIP_LEVELS - 1; level >= 0; level--) {
        while (node->next[level] && strcmp(node->next[level]->object->key, key) < 0)
            node = node->next[level];
        if (before)
            before[level] = node;
    }
    return node->next[0];
}

struct object *store_get(const struct store *store, enum slot slot, const char *key)
{
    struct skip_node *node = find(store, slot, key, NULL);

    return node && !strcmp(node->object->key, key) ? node->object : NULL;
}

/* a quarter of the nodes reaches each next level */
static int draw_levels(struct store *store)
{
    int levels = 1;

    store->random ^= store->random << 13;
    store->random ^= store->random >> 7;
    store->random ^= store->random << 17;
    for (uint64_t bits = store->random >> 8; levels < SKIP_LEVELS && !(bits & 3); bits >>= 2)
        levels++;
    return levels;
}

static int insert(struct store *store, struct object *object, struct skip_node **before, struct error *err)
{
    int levels = draw_levels(store);
    struct skip_node *node = node_new(levels);

    if (!node)
        return error_no_memory(err);
    node->object = object;
    for (int level = 0; level < levels; level++) {
        node->next[level] = before[level]->next[level];
        before[level]->next[level] = node;
    }
    store->slots[object->resource->slot].count++;
    return 0;
}

static void take_out(struct store *store, struct skip_node *node, struct skip_node **before)
{
    for (int level = 0; level < SKIP_LEVELS && before[level]->next[level] == node; level++)
        before[level]->next[level] = node->next[level];
    store->slots[node->object->resource->slot].count--;
    free(node);
}

struct change *store_change(const struct store *store, int64_t rv)
{
    return &store->history[(size_t)rv % store->history_capacity];
}

/* doubles the ring up to history_max; beyond, the oldest change gives way */
static int history_reserve(struct store *store, struct error *err)
{
    size_t kept = (size_t)(store->rv - store->floor), capacity;
    struct change *history;

    if (kept < store->history_capacity)
        return 0;
    if ((int64_t)store->history_capacity >= store->history_max) {
        store->floor++;
        change_free(store_change(store, store->floor));
        return 0;
    }
    capacity = store->history_capacity ? store->history_capacity * 2 : FIRST_HISTORY;
    if ((int64_t)capacity > store->history_max)
        capacity = (size_t)store->history_max;
    history = calloc(capacity, sizeof *history);
    if (!history)
        return error_no_memory(err);
    for (int64_t rv = store->floor + 1; rv <= store->rv; rv++)
        history[(size_t)rv % capacity] = *store_change(store, rv);
    free(store->history);
    store->history = history;
    store->history_capacity = capacity;
    return 0;
}

/* takes over the references in `change` */
static void record(struct store *store, struct change change)
{
    struct change *slot;

    store->rv++;
    change.rv = store->rv;
    slot = store_change(store, store->rv);
    *slot = change;
    if (store->on_change)
        store->on_change(store->on_change_ctx, slot);
}

int store_put(struct store *store, struct object *object, struct error *err)
{
    enum slot slot = object->resource->slot;
    struct skip_node *before[SKIP_LEVELS], *node = find(store, slot, object->key, before);
    struct change change = {.type = CHANGE_ADDED, .object = object};

    if (history_reserve(store, err) < 0)
        return -1;
    if (node && !strcmp(node->object->key, object->key)) {
        change.type = CHANGE_MODIFIED;
        change.prev = node->object; /* the store's reference becomes the history's */
        node->object = object;
    } else if (insert(store, object, before, err) < 0) {
        return -1;
    }
    object_ref(object);
    object_ref(object);
    record(store, change);
    return 0;
}

int store_remove(struct store *store, struct object *object, struct error *err)
{
    struct skip_node *before[SKIP_LEVELS], *node = find(store, object->resource->slot, object->key, before);
    struct change change = {.type = CHANGE_DELETED};

    if (history_reserve(store, err) < 0)
        return -1;
    change.object = store_object_with_rv(store, object, store->rv + 1, err);
    if (!change.object)
        return -1;
    change.prev = node->object;
    take_out(store, node, before);
    record(store, change);
    return 0;
}

struct object *store_left(struct store *store, struct change *change, struct error *err)
{
    if (!change->left)
        change->left =
            change->type == CHANGE_DELETED ? object_ref(change->object) : store_object_with_rv(store, change->prev, change->rv, err);
    return change->left;
}

static int by_key_then_rv(const void *a, const void *b)
{
    const struct overlay *x = a, *y = b;
    int order = strcmp(x->key, y->key);

    return order ? order : (x->rv > y->rv) - (x->rv < y->rv);
}

/* what the objects changed after `rv` were at `rv`: the content before the first change of each */
static int overlay_build(struct store_view *view, enum slot slot, int64_t rv, const char *from, struct error *err)
{
    const struct store *store = view->store;
    size_t prefix_bytes = strlen(view->prefix), count = 0;

    if (rv >= store->rv)
        return 0;
    view->overlay = malloc((size_t)(store->rv - rv) * sizeof *view->overlay);
    if (!view->overlay)
        return error_no_memory(err);
    for (int64_t r = rv + 1; r <= store->rv; r++) {
        const struct change *change = store_change(store, r);
        const char *key = change->object->key;

        if (change->object->resource->slot == slot && !strncmp(key, view->prefix, prefix_bytes) && strcmp(key, from) >= 0)
            view->overlay[count++] = (struct overlay){key, change->prev, r};
    }
    qsort(view->overlay, count, sizeof *view->overlay, by_key_then_rv);
    for (size_t i = 0; i < count; i++)
        if (!view->overlay_count || strcmp(view->overlay[view->overlay_count - 1].key, view->overlay[i].key) != 0)
            view->overlay[view->overlay_count++] = view->overlay[i];
    return 0;
}

int store_view_open(struct store_view *view, const struct store *store, enum slot slot, int64_t rv, const char *prefix, const char *from,
                    struct error *err)
{
    *view = (struct store_view){.store = store, .prefix = prefix};
    if (strcmp(from, prefix) < 0)
        from = prefix;
    view->at = find(store, slot, from, NULL);
    return overlay_build(view, slot, rv, from, err);
}

struct object *store_view_next(struct store_view *view)
{
    for (;;) {
        struct object *live = view->at ? view->at->object : NULL;
        struct overlay *over = view->overlay_at < view->overlay_count ? &view->overlay[view->overlay_at] : NULL;
        int order;

        if (live && strncmp(live->key, view->prefix, strlen(view->prefix)) != 0)
            live = NULL;
        if (!live && !over)
            return NULL;
        order = !over ? -1 : !live ? 1 : strcmp(live->key, over->key);
        if (order <= 0)
            view->at = view->at->next[0];
        if (order < 0)
            return live;
        view->overlay_at++;
        if (over->object)
            return over->object;
    }
}

void store_view_close(struct store_view *view)
{
    free(view->overlay);
    view->overlay = NULL;
}

/* timer.c: what the simulated cluster has to do later: a heap by due time, and lists of pods to look at. */
#include <stdlib.h>
#include <string.h>

#include "simulator/internal.h"

static bool earlier(const struct timer *a, const struct timer *b)
{
    return a->due_us != b->due_us ? a->due_us < b->due_us : a->order < b->order;
}

static void swap(struct timer *a, struct timer *b)
{
    struct timer was = *a;

    *a = *b;
    *b = was;
}

int timer_add(struct sim *sim, int64_t due_us, enum timer_kind kind, const struct object *pod, struct error *err)
{
    size_t key_bytes = strlen(pod->key) + 1, i;
    char *key;

    if (sim->timer_count == sim->timer_capacity) {
        size_t capacity = sim->timer_capacity ? sim->timer_capacity * 2 : 16;
        struct timer *timers = realloc(sim->timers, capacity * sizeof *timers);

        if (!timers)
            return error_no_memory(err);
        sim->timers = timers;
        sim->timer_capacity = capacity;
    }
    key = malloc(key_bytes + strlen(pod->uid) + 1);
    if (!key)
        return error_no_memory(err);
    memcpy(key, pod->key, key_bytes);
    strcpy(key + key_bytes, pod->uid);
    i = sim->timer_count++;
    sim->timers[i] = (struct timer){due_us, sim->timer_order++, kind, key, key + key_bytes};
    for (; i && earlier(&sim->timers[i], &sim->timers[(i - 1) / 2]); i = (i - 1) / 2)
        swap(&sim->timers[i], &sim->timers[(i - 1) / 2]);
    return 0;
}

bool timer_take(struct sim *sim, int64_t now_us, struct timer *timer)
{
    struct timer *heap = sim->timers;
    size_t i = 0, least;

    if (!sim->timer_count || heap[0].due_us > now_us)
        return false;
    *timer = heap[0];
    heap[0] = heap[--sim->timer_count];
    for (;; i = least) {
        least = i;
        for (size_t child = 2 * i + 1; child <= 2 * i + 2 && child < sim->timer_count; child++)
            if (earlier(&heap[child], &heap[least]))
                least = child;
        if (least == i)
            return true;
        swap(&heap[i], &heap[least]);
    }
}

void timer_free_all(struct sim *sim)
{
    for (size_t i = 0; i < sim->timer_count; i++)
        free(sim->timers[i].key);
    free(sim->timers);
    sim->timers = NULL;
    sim->timer_count = sim->timer_capacity = 0;
}

int key_list_add(struct key_list *list, const char *key, struct error *err)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? list->capacity * 2 : 16;
        char **keys = realloc(list->keys, capacity * sizeof(*keys));

        if (!keys)
            return error_no_memory(err);
        list->keys = keys;
        list->capacity = capacity;
    }
    list->keys[list->count] = strdup(key);
    if (!list->keys[list->count])
        return error_no_memory(err);
    list->count++;
    return 0;
}

void key_list_free(struct key_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->keys[i]);
    free(list->keys);
    memset(list, 0, sizeof *list);
}

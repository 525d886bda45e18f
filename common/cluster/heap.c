/* heap.c: binary heaps with positions. */
#include "common/cluster/heap.h"

#include <stdlib.h>

int heap_reserve(struct heap *heap, size_t count, struct error *err)
{
    size_t capacity = heap->capacity ? heap->capacity : 16;
    struct queued **item;

    if (count <= heap->capacity)
        return 0;
    while (capacity < count)
        capacity *= 2;
    item = realloc(heap->item, capacity * sizeof(*item));
    if (!item)
        return error_no_memory(err);
    heap->item = item;
    heap->capacity = capacity;
    return 0;
}

static void place(struct heap *heap, size_t at, struct queued *item)
{
    heap->item[at] = item;
    item->position = at;
}

static void rise(struct heap *heap, size_t at)
{
    struct queued *item = heap->item[at];

    for (; at > 0 && heap->before(item, heap->item[(at - 1) / 2]); at = (at - 1) / 2)
        place(heap, at, heap->item[(at - 1) / 2]);
    place(heap, at, item);
}

static void sink(struct heap *heap, size_t at)
{
    struct queued *item = heap->item[at];

    for (;;) {
        size_t child = 2 * at + 1;

        if (child >= heap->count)
            break;
        if (child + 1 < heap->count && heap->before(heap->item[child + 1], heap->item[child]))
            child++;
        if (!heap->before(heap->item[child], item))
            break;
        place(heap, at, heap->item[child]);
        at = child;
    }
    place(heap, at, item);
}

void heap_insert(struct heap *heap, struct queued *item)
{
    place(heap, heap->count++, item);
    rise(heap, item->position);
}

void heap_update(struct heap *heap, struct queued *item)
{
    rise(heap, item->position);
    sink(heap, item->position);
}

void heap_remove(struct heap *heap, struct queued *item)
{
    struct queued *last = heap->item[--heap->count];

    if (last == item)
        return;
    place(heap, item->position, last);
    heap_update(heap, last);
}

struct queued *heap_first(const struct heap *heap)
{
    return heap->count ? heap->item[0] : NULL;
}

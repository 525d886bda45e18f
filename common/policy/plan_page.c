/* plan_page.c: pages, and what moves in and between them. */
#include "common/policy/plan_page.h"

#include <stdlib.h>
#include <string.h>

#define BLOCK 16 /* pages */
#define LINE 64

static int more_pages(struct plan_pool *pool)
{
    const size_t stride = (sizeof(struct plan_page) + LINE - 1) / LINE * LINE;
    char *block;

    if (pool->blocks == pool->block_room) {
        size_t room = (pool->blocks + 1) * 2;
        void **array = realloc(pool->block, room * sizeof *array);

        if (!array)
            return -1;
        pool->block = array;
        pool->block_room = room;
    }
    block = malloc(BLOCK * stride + LINE);
    if (!block)
        return -1;
    pool->block[pool->blocks++] = block;
    block += (LINE - (uintptr_t)block % LINE) % LINE;
    for (size_t i = BLOCK; i-- > 0;)
        plan_page_give(pool, (struct plan_page *)(void *)(block + i * stride));
    return 0;
}

int plan_pool_reserve(struct plan_pool *pool, size_t pages, struct error *err)
{
    while (pool->spare < pages)
        if (more_pages(pool) < 0)
            return error_no_memory(err);
    return 0;
}

struct plan_page *plan_page_take(struct plan_pool *pool)
{
    struct plan_page *page = pool->unused;

    pool->unused = page->next;
    pool->spare--;
    page->used = 0;
    page->marks = 0;
    return page;
}

void plan_page_give(struct plan_pool *pool, struct plan_page *page)
{
    page->next = pool->unused;
    pool->unused = page;
    pool->spare++;
}

void plan_pool_free(struct plan_pool *pool)
{
    for (size_t i = 0; i < pool->blocks; i++)
        free(pool->block[i]);
    free(pool->block);
    *pool = (struct plan_pool){0};
}

void plan_page_copy(bool leaf, struct plan_page *to, unsigned at, const struct plan_page *from, unsigned start, unsigned n)
{
    uint64_t mask = ((uint64_t)1 << n) - 1, bits = from->marks >> start & mask;

    if (leaf) {
        memmove(&to->item[at], &from->item[start], n * sizeof to->item[0]);
        to->marks = (to->marks & ~(mask << at)) | bits << at;
        return;
    }
    memmove(&to->first[at], &from->first[start], n * sizeof to->first[0]);
    memmove(&to->below[at], &from->below[start], n * sizeof to->below[0]);
    memmove(&to->count[at], &from->count[start], n * sizeof to->count[0]);
    memmove(&to->marked[at], &from->marked[start], n * sizeof to->marked[0]);
}

void plan_page_open(bool leaf, struct plan_page *page, unsigned at)
{
    plan_page_copy(leaf, page, at + 1, page, at, page->used - at);
    page->used++;
}

void plan_page_close(bool leaf, struct plan_page *page, unsigned at)
{
    page->used--;
    plan_page_copy(leaf, page, at, page, at + 1, page->used - at);
}

bool plan_page_even(bool leaf, struct plan_page *left, struct plan_page *right)
{
    unsigned all = left->used + right->used, most = leaf ? PLAN_LEAF_ITEMS : PLAN_INNER_PAGES, n;

    if (all <= most || left->used < all / 2) {
        n = all <= most ? right->used : all / 2 - left->used;
        plan_page_copy(leaf, left, left->used, right, 0, n);
        plan_page_copy(leaf, right, 0, right, n, right->used - n);
    } else {
        n = left->used - all / 2;
        plan_page_copy(leaf, right, n, right, 0, right->used);
        plan_page_copy(leaf, right, 0, left, left->used - n, n);
        n = 0 - n;
    }
    left->used += n;
    right->used -= n;
    return right->used == 0;
}

void plan_page_halve(bool leaf, struct plan_page *page, struct plan_page *right)
{
    unsigned keep = page->used / 2;

    right->used = page->used - keep;
    plan_page_copy(leaf, right, 0, page, keep, right->used);
    page->used = keep;
}

unsigned plan_bits(uint64_t word)
{
    word -= word >> 1 & 0x5555555555555555u;
    word = (word & 0x3333333333333333u) + (word >> 2 & 0x3333333333333333u);
    word = (word + (word >> 4)) & 0x0f0f0f0f0f0f0f0fu;
    return (unsigned)(word * 0x0101010101010101u >> 56);
}

uint32_t plan_page_count(bool leaf, const struct plan_page *page)
{
    uint32_t sum = 0;

    for (unsigned i = 0; !leaf && i < page->used; i++)
        sum += page->count[i];
    return leaf ? page->used : sum;
}

uint32_t plan_page_marked(bool leaf, const struct plan_page *page)
{
    uint32_t sum = 0;

    for (unsigned i = 0; !leaf && i < page->used; i++)
        sum += page->marked[i];
    return leaf ? plan_bits(page->marks & (((uint64_t)1 << page->used) - 1)) : sum;
}

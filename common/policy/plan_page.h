/* plan_page.h: the pages of plan_tree.c: what moves within them and between them. For plan_tree.c and plan_page.c only. */
#ifndef COMMON_POLICY_PLAN_PAGE_H
#define COMMON_POLICY_PLAN_PAGE_H

#include "common/policy/plan_tree.h"

/* A page is 24 cache lines, whichever it is. */
#define PLAN_LEAF_ITEMS 47
#define PLAN_INNER_PAGES 31

struct plan_page {
    uint32_t used;
    uint64_t marks; /* of a leaf: a bit for each item */
    union {
        struct plan_item item[PLAN_LEAF_ITEMS];
        struct {
            struct plan_item first[PLAN_INNER_PAGES]; /* of each page below */
            struct plan_page *below[PLAN_INNER_PAGES];
            uint32_t count[PLAN_INNER_PAGES], marked[PLAN_INNER_PAGES]; /* of all under it */
        };
        struct plan_page *next; /* of those not used */
    };
};

/* Room for so many pages in the pool; -1: ERROR_NO_MEMORY. */
int plan_pool_reserve(struct plan_pool *pool, size_t pages, struct error *err);
/* An empty one of those reserved. */
struct plan_page *plan_page_take(struct plan_pool *pool);
void plan_page_give(struct plan_pool *pool, struct plan_page *page);

/* Copies `n` places, also within one page; says nothing of `used`. */
void plan_page_copy(bool leaf, struct plan_page *to, unsigned at, const struct plan_page *from, unsigned start, unsigned n);
/* A place more at `at`, to be filled; a place less. */
void plan_page_open(bool leaf, struct plan_page *page, unsigned at);
void plan_page_close(bool leaf, struct plan_page *page, unsigned at);
/* Two neighbours share what they have evenly, or all goes to the left one when that has room; true then. */
bool plan_page_even(bool leaf, struct plan_page *left, struct plan_page *right);
/* The upper half goes to an empty page. */
void plan_page_halve(bool leaf, struct plan_page *page, struct plan_page *right);

/* Of all in or under the page. */
uint32_t plan_page_count(bool leaf, const struct plan_page *page);
uint32_t plan_page_marked(bool leaf, const struct plan_page *page);
unsigned plan_bits(uint64_t word);

#endif

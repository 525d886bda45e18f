/*
 * plan_tree.h: an ordered index that also counts: a B+-tree whose keys lie in its pages. For common/policy/plan_*.c only.
 */
#ifndef COMMON_POLICY_PLAN_TREE_H
#define COMMON_POLICY_PLAN_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

/* What orders, and whom. A search reads the owner itself only where two keys are the same. */
struct plan_item {
    uint64_t key[3]; /* on a tie the tree's own comparison */
    void *owner;
};

struct plan_page;

/* Pages for all trees of a plan: few allocations, and what is given back is taken again. */
struct plan_pool {
    struct plan_page *unused;
    size_t spare; /* of them */
    void **block;
    size_t blocks, block_room;
};

void plan_pool_free(struct plan_pool *pool);

struct plan_tree {
    struct plan_page *root;
    struct plan_pool *pool;
    unsigned height; /* levels above the leaves */
    uint32_t count, marked;
    int (*compare)(const void *a, const void *b); /* of owners; never 0 for two different ones */
};

/* Empty. The pool outlives the tree; an empty tree holds no page of it. */
void plan_tree_init(struct plan_tree *tree, struct plan_pool *pool, int (*compare)(const void *a, const void *b));
/* The item is copied; no other of that key and owner may be there. Returns how many are before it; -1: ERROR_NO_MEMORY, and the tree is as before. */
int64_t plan_tree_insert(struct plan_tree *tree, const struct plan_item *item, bool mark, struct error *err);
/* It must be in the tree, with the key it was put there with. Returns how many were before it. */
size_t plan_tree_erase(struct plan_tree *tree, const struct plan_item *item);
/* An item of that key will soon be put there: what a large tree reads for it is to come, while something else is done. */
void plan_tree_fetch(const struct plan_tree *tree, const uint64_t *key);
/* Of an item in the tree; the mark must be another one than it has. */
void plan_tree_mark(struct plan_tree *tree, const struct plan_item *item, bool mark);

size_t plan_tree_count(const struct plan_tree *tree);
/* Items before this one, which may be of another tree with the same order. */
size_t plan_tree_before(const struct plan_tree *tree, const struct plan_item *item);
/* The item with `index` items before it, or NULL. It is the tree's, until that changes. */
const struct plan_item *plan_tree_at(const struct plan_tree *tree, size_t index);
/* The first marked item that has at least `index` items before it, or NULL. */
const struct plan_item *plan_tree_next_marked(const struct plan_tree *tree, size_t index);
/* a < b in the tree's order */
bool plan_tree_less(const struct plan_tree *tree, const struct plan_item *a, const struct plan_item *b);

#endif

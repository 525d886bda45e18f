/*
 * plan_tree.h: an ordered index that also counts: a treap. For common/policy/plan_*.c only.
 */
#ifndef COMMON_POLICY_PLAN_TREE_H
#define COMMON_POLICY_PLAN_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One cache line: what a search costs in a large tree is the lines that it reads. */
struct plan_link {
    uint64_t key[3]; /* what orders; on a tie the tree's own comparison */
    struct plan_link *left, *right;
    void *owner;
    uint32_t heap;        /* of the treap */
    uint32_t left_count;  /* links of the left subtree: a descent reads nothing beside its way */
    uint32_t left_marked; /* of them, with a mark */
    bool mark;
};

/* Links side by side, for few lines and pages. */
struct plan_pool {
    struct plan_link *unused; /* by right */
    void **block;
    size_t blocks, block_room;
};

/* A link, zeroed; NULL when there is no memory. */
struct plan_link *plan_pool_take(struct plan_pool *pool);
/* NULL is allowed. */
void plan_pool_give(struct plan_pool *pool, struct plan_link *link);
void plan_pool_free(struct plan_pool *pool);

struct plan_tree {
    struct plan_link *root;
    uint32_t count, marked;
    int (*compare)(const void *a, const void *b); /* of owners; never 0 for two different ones */
    uint64_t random;
};

void plan_tree_init(struct plan_tree *tree, int (*compare)(const void *a, const void *b));
/* The link's key, owner and mark must be set. */
void plan_tree_insert(struct plan_tree *tree, struct plan_link *link);
/* It must be in the tree, with the key it was put there with. */
void plan_tree_erase(struct plan_tree *tree, struct plan_link *link);
/* Of a link in the tree. */
void plan_tree_mark(struct plan_tree *tree, struct plan_link *link, bool mark);

size_t plan_tree_count(const struct plan_tree *tree);
/* Links before `key`, which may be of another tree with the same order. */
size_t plan_tree_before(const struct plan_tree *tree, const struct plan_link *key);
/* The link with `index` links before it, or NULL. */
struct plan_link *plan_tree_at(const struct plan_tree *tree, size_t index);
/* The first marked link that has at least `index` links before it, or NULL. */
struct plan_link *plan_tree_next_marked(const struct plan_tree *tree, size_t index);
/* a < b in the tree's order */
bool plan_tree_less(const struct plan_tree *tree, const struct plan_link *a, const struct plan_link *b);

#endif

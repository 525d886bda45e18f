/*
 * plan_tree.h: an ordered index that also counts: a treap whose links sit in what is ordered. For common/policy/plan_*.c only.
 */
#ifndef COMMON_POLICY_PLAN_TREE_H
#define COMMON_POLICY_PLAN_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct plan_link {
    uint64_t key[3]; /* what orders; on a tie the tree's own comparison */
    struct plan_link *left, *right, *parent;
    void *owner;
    uint32_t heap;        /* of the treap; 0: in no tree */
    uint32_t left_count;  /* links of the left subtree: a descent reads nothing beside its way */
    uint32_t left_marked; /* of them, with a mark */
    bool mark;
};

struct plan_tree {
    struct plan_link *root;
    uint32_t count, marked;
    int (*compare)(const void *a, const void *b); /* of owners; never 0 for two different ones */
    uint64_t random;
};

void plan_tree_init(struct plan_tree *tree, int (*compare)(const void *a, const void *b));
/* The link's key, owner and mark must be set. */
void plan_tree_insert(struct plan_tree *tree, struct plan_link *link);
/* Nothing when it is in no tree. */
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

/* plan_tree.c: a treap: a search tree by order, a heap by a random number, so its depth is logarithmic whatever comes in what order. */
#include "common/policy/plan_tree.h"

#include <stdlib.h>
#include <string.h>

void plan_tree_init(struct plan_tree *tree, int (*compare)(const void *a, const void *b))
{
    *tree = (struct plan_tree){.compare = compare, .random = 0x9e3779b97f4a7c15u};
}

bool plan_tree_less(const struct plan_tree *tree, const struct plan_link *a, const struct plan_link *b)
{
    for (int i = 0; i < 3; i++)
        if (a->key[i] != b->key[i])
            return a->key[i] < b->key[i];
    return tree->compare(a->owner, b->owner) < 0;
}

/* xorshift64: the same tree for the same calls, on every machine */
static uint32_t next_random(struct plan_tree *tree)
{
    tree->random ^= tree->random << 13;
    tree->random ^= tree->random >> 7;
    tree->random ^= tree->random << 17;
    return (uint32_t)(tree->random >> 32) | 1;
}

static struct plan_link *left_up(struct plan_link *link)
{
    struct plan_link *up = link->left;

    link->left = up->right;
    up->right = link;
    link->left_count -= up->left_count + 1;
    link->left_marked -= up->left_marked + up->mark;
    return up;
}

static struct plan_link *right_up(struct plan_link *link)
{
    struct plan_link *up = link->right;

    link->right = up->left;
    up->left = link;
    up->left_count += link->left_count + 1;
    up->left_marked += link->left_marked + link->mark;
    return up;
}

/* as deep as the tree, which is logarithmic */
static struct plan_link *insert(const struct plan_tree *tree, struct plan_link *root, struct plan_link *link)
{
    if (!root)
        return link;
    if (plan_tree_less(tree, link, root)) {
        root->left_count++;
        root->left_marked += link->mark;
        root->left = insert(tree, root->left, link);
        return root->left->heap > root->heap ? left_up(root) : root;
    }
    root->right = insert(tree, root->right, link);
    return root->right->heap > root->heap ? right_up(root) : root;
}

void plan_tree_insert(struct plan_tree *tree, struct plan_link *link)
{
    link->left = link->right = NULL;
    link->heap = next_random(tree);
    link->left_count = link->left_marked = 0;
    tree->count++;
    tree->marked += link->mark;
    tree->root = insert(tree, tree->root, link);
}

/* both subtrees of a link that goes become one; `count` and `marked` are of the left one */
static struct plan_link *join(struct plan_link *left, struct plan_link *right, uint32_t count, uint32_t marked)
{
    struct plan_link *top = NULL, **place = &top;

    while (left && right) {
        if (left->heap > right->heap) {
            count -= left->left_count + 1;
            marked -= left->left_marked + left->mark;
            *place = left;
            place = &left->right;
            left = left->right;
        } else {
            right->left_count += count;
            right->left_marked += marked;
            *place = right;
            place = &right->left;
            right = right->left;
        }
    }
    *place = left ? left : right;
    return top;
}

/* the place where the link hangs; adds to the counts of those whose left subtree it is in */
static struct plan_link **descend(struct plan_tree *tree, const struct plan_link *link, uint32_t count, uint32_t marked)
{
    struct plan_link **place = &tree->root;

    while (*place != link) {
        if (plan_tree_less(tree, link, *place)) {
            (*place)->left_count += count;
            (*place)->left_marked += marked;
            place = &(*place)->left;
        } else {
            place = &(*place)->right;
        }
    }
    return place;
}

void plan_tree_erase(struct plan_tree *tree, struct plan_link *link)
{
    struct plan_link **place = descend(tree, link, -1u, link->mark ? -1u : 0);

    *place = join(link->left, link->right, link->left_count, link->left_marked);
    tree->count--;
    tree->marked -= link->mark;
}

void plan_tree_mark(struct plan_tree *tree, struct plan_link *link, bool mark)
{
    uint32_t change = mark ? 1u : -1u;

    if (link->mark == mark)
        return;
    descend(tree, link, 0, change);
    link->mark = mark;
    tree->marked += change;
}

size_t plan_tree_count(const struct plan_tree *tree)
{
    return tree->count;
}

size_t plan_tree_before(const struct plan_tree *tree, const struct plan_link *key)
{
    const struct plan_link *link = tree->root;
    size_t before = 0;

    while (link) {
        if (link == key)
            return before + link->left_count;
        if (plan_tree_less(tree, link, key)) {
            before += link->left_count + 1;
            link = link->right;
        } else {
            link = link->left;
        }
    }
    return before;
}

struct plan_link *plan_tree_at(const struct plan_tree *tree, size_t index)
{
    struct plan_link *link = tree->root;

    while (link && index != link->left_count) {
        if (index < link->left_count) {
            link = link->left;
        } else {
            index -= link->left_count + 1;
            link = link->right;
        }
    }
    return link;
}

/* how many of the first `index` links carry a mark */
static size_t marked_before(const struct plan_tree *tree, size_t index)
{
    const struct plan_link *link = tree->root;
    size_t marked = 0;

    while (link) {
        if (index <= link->left_count) {
            link = link->left;
        } else {
            marked += link->left_marked + link->mark;
            index -= link->left_count + 1;
            link = link->right;
        }
    }
    return marked;
}

struct plan_link *plan_tree_next_marked(const struct plan_tree *tree, size_t index)
{
    struct plan_link *link = tree->root;
    size_t skip;

    if (index >= tree->count || (skip = marked_before(tree, index)) == tree->marked)
        return NULL;
    while (skip != link->left_marked || !link->mark) {
        if (skip < link->left_marked) {
            link = link->left;
        } else {
            skip -= link->left_marked + link->mark;
            link = link->right;
        }
    }
    return link;
}

#define BLOCK 1024 /* links */

static struct plan_link *aligned(void *block)
{
    uintptr_t line = sizeof(struct plan_link), at = (uintptr_t)block;

    return (struct plan_link *)((char *)block + (line - at % line) % line);
}

static int more_links(struct plan_pool *pool)
{
    void *block;

    if (pool->blocks == pool->block_room) {
        void **array = realloc(pool->block, (pool->blocks + 1) * 2 * sizeof *array);

        if (!array)
            return -1;
        pool->block = array;
        pool->block_room = (pool->blocks + 1) * 2;
    }
    block = malloc((BLOCK + 1) * sizeof(struct plan_link));
    if (!block)
        return -1;
    pool->block[pool->blocks++] = block;
    for (size_t i = BLOCK; i-- > 0;)
        plan_pool_give(pool, aligned(block) + i);
    return 0;
}

struct plan_link *plan_pool_take(struct plan_pool *pool)
{
    struct plan_link *link;

    if (!pool->unused && more_links(pool) < 0)
        return NULL;
    link = pool->unused;
    pool->unused = link->right;
    *link = (struct plan_link){.owner = NULL};
    return link;
}

void plan_pool_give(struct plan_pool *pool, struct plan_link *link)
{
    if (!link)
        return;
    link->right = pool->unused;
    pool->unused = link;
}

void plan_pool_free(struct plan_pool *pool)
{
    for (size_t i = 0; i < pool->blocks; i++)
        free(pool->block[i]);
    free(pool->block);
    *pool = (struct plan_pool){0};
}

/* plan_tree.c: a treap: a search tree by order, a heap by a random number, so its depth is logarithmic whatever comes in what order. */
#include "common/policy/plan_tree.h"

void plan_tree_init(struct plan_tree *tree, int (*compare)(const void *a, const void *b))
{
    *tree = (struct plan_tree){NULL, compare, 0x9e3779b97f4a7c15u};
}

bool plan_tree_less(const struct plan_tree *tree, const struct plan_link *a, const struct plan_link *b)
{
    for (int i = 0; i < 3; i++)
        if (a->key[i] != b->key[i])
            return a->key[i] < b->key[i];
    return tree->compare(a->owner, b->owner) < 0;
}

static size_t count_of(const struct plan_link *link)
{
    return link ? link->count : 0;
}

static uint32_t marked_of(const struct plan_link *link)
{
    return link ? link->marked : 0;
}

static void recount(struct plan_link *link)
{
    link->count = (uint32_t)(count_of(link->left) + count_of(link->right) + 1);
    link->marked = marked_of(link->left) + marked_of(link->right) + link->mark;
}

static struct plan_link **place_of(struct plan_tree *tree, struct plan_link *link)
{
    if (!link->parent)
        return &tree->root;
    return link->parent->left == link ? &link->parent->left : &link->parent->right;
}

/* `link` takes the place of its parent */
static void rotate_up(struct plan_tree *tree, struct plan_link *link)
{
    struct plan_link *parent = link->parent, **place = place_of(tree, parent);

    if (parent->left == link) {
        parent->left = link->right;
        if (link->right)
            link->right->parent = parent;
        link->right = parent;
    } else {
        parent->right = link->left;
        if (link->left)
            link->left->parent = parent;
        link->left = parent;
    }
    link->parent = parent->parent;
    parent->parent = link;
    *place = link;
    recount(parent);
    recount(link);
}

/* xorshift64: the same tree for the same calls, on every machine */
static uint32_t next_random(struct plan_tree *tree)
{
    tree->random ^= tree->random << 13;
    tree->random ^= tree->random >> 7;
    tree->random ^= tree->random << 17;
    return (uint32_t)(tree->random >> 32) | 1;
}

void plan_tree_insert(struct plan_tree *tree, struct plan_link *link)
{
    struct plan_link **place = &tree->root, *parent = NULL;

    while (*place) {
        parent = *place;
        parent->count++;
        parent->marked += link->mark;
        place = plan_tree_less(tree, link, parent) ? &parent->left : &parent->right;
    }
    link->left = link->right = NULL;
    link->parent = parent;
    link->heap = next_random(tree);
    recount(link);
    *place = link;
    while (link->parent && link->parent->heap < link->heap)
        rotate_up(tree, link);
}

void plan_tree_erase(struct plan_tree *tree, struct plan_link *link)
{
    struct plan_link *child;

    if (!link->heap)
        return;
    while (link->left && link->right)
        rotate_up(tree, link->left->heap > link->right->heap ? link->left : link->right);
    child = link->left ? link->left : link->right;
    *place_of(tree, link) = child;
    if (child)
        child->parent = link->parent;
    for (struct plan_link *up = link->parent; up; up = up->parent) {
        up->count--;
        up->marked -= link->mark;
    }
    link->left = link->right = link->parent = NULL;
    link->heap = 0;
}

void plan_tree_mark(struct plan_link *link, bool mark)
{
    if (link->mark == mark)
        return;
    link->mark = mark;
    for (struct plan_link *up = link->heap ? link : NULL; up; up = up->parent)
        up->marked += mark ? 1u : -1u;
}

size_t plan_tree_count(const struct plan_tree *tree)
{
    return count_of(tree->root);
}

size_t plan_tree_before(const struct plan_tree *tree, const struct plan_link *key)
{
    const struct plan_link *link = tree->root;
    size_t before = 0;

    while (link) {
        if (link == key)
            return before + count_of(link->left);
        if (plan_tree_less(tree, link, key)) {
            before += count_of(link->left) + 1;
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

    while (link) {
        size_t left = count_of(link->left);

        if (index == left)
            return link;
        if (index < left) {
            link = link->left;
        } else {
            index -= left + 1;
            link = link->right;
        }
    }
    return NULL;
}

/* how many of the first `index` links carry a mark */
static size_t marked_before(const struct plan_tree *tree, size_t index)
{
    const struct plan_link *link = tree->root;
    size_t marked = 0;

    while (link) {
        size_t left = count_of(link->left);

        if (index <= left) {
            link = link->left;
        } else {
            marked += marked_of(link->left) + link->mark;
            index -= left + 1;
            link = link->right;
        }
    }
    return marked;
}

struct plan_link *plan_tree_next_marked(const struct plan_tree *tree, size_t index)
{
    struct plan_link *link = tree->root;
    size_t skip = marked_of(link) ? marked_before(tree, index) : 0;

    while (marked_of(link) > skip) {
        size_t left = marked_of(link->left);

        if (skip < left) {
            link = link->left;
        } else if (skip == left && link->mark) {
            return link;
        } else {
            skip -= left + link->mark;
            link = link->right;
        }
    }
    return NULL;
}

/* plan_tree.c: a treap: a search tree by order, a heap by a random number, so its depth is logarithmic whatever comes in what order. */
#include "common/policy/plan_tree.h"

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
        parent->left_count -= link->left_count + 1;
        parent->left_marked -= link->left_marked + link->mark;
    } else {
        parent->right = link->left;
        if (link->left)
            link->left->parent = parent;
        link->left = parent;
        link->left_count += parent->left_count + 1;
        link->left_marked += parent->left_marked + parent->mark;
    }
    link->parent = parent->parent;
    parent->parent = link;
    *place = link;
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
        if (plan_tree_less(tree, link, parent)) {
            parent->left_count++;
            parent->left_marked += link->mark;
            place = &parent->left;
        } else {
            place = &parent->right;
        }
    }
    link->left = link->right = NULL;
    link->parent = parent;
    link->heap = next_random(tree);
    link->left_count = link->left_marked = 0;
    tree->count++;
    tree->marked += link->mark;
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
    for (struct plan_link *down = link; down->parent; down = down->parent)
        if (down->parent->left == down) {
            down->parent->left_count--;
            down->parent->left_marked -= link->mark;
        }
    child = link->left ? link->left : link->right;
    *place_of(tree, link) = child;
    if (child)
        child->parent = link->parent;
    tree->count--;
    tree->marked -= link->mark;
    link->left = link->right = link->parent = NULL;
    link->heap = 0;
}

void plan_tree_mark(struct plan_tree *tree, struct plan_link *link, bool mark)
{
    if (link->mark == mark)
        return;
    link->mark = mark;
    tree->marked += mark ? 1u : -1u;
    for (struct plan_link *down = link; down->parent; down = down->parent)
        if (down->parent->left == down)
            down->parent->left_marked += mark ? 1u : -1u;
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

/*
 * plan_tree.c: a B+-tree. In a large plan an event costs the cache lines that it reads: here those of three or four pages, and no owner's. A page above
 * the leaves knows the first item, the count and the marks of each page below, so that places are counted on the way down.
 */
#include "common/policy/plan_tree.h"

#include "common/policy/plan_page.h"
#include "common/policy/plan_table.h"

#define MOST_LEVELS 16 /* a page is a quarter full at least, and a tree counts to 2^32 */

void plan_tree_init(struct plan_tree *tree, struct plan_pool *pool, int (*compare)(const void *a, const void *b))
{
    *tree = (struct plan_tree){.pool = pool, .compare = compare};
}

static inline int compare_keys(const uint64_t *a, const uint64_t *b)
{
    for (int i = 0; i < 3; i++)
        if (a[i] != b[i])
            return a[i] < b[i] ? -1 : 1;
    return 0;
}

static inline bool less(const struct plan_tree *tree, const struct plan_item *a, const struct plan_item *b)
{
    int order = compare_keys(a->key, b->key);

    return order ? order < 0 : a->owner != b->owner && tree->compare(a->owner, b->owner) < 0;
}

bool plan_tree_less(const struct plan_tree *tree, const struct plan_item *a, const struct plan_item *b)
{
    return less(tree, a, b);
}

/* how many of the array are before the item, or are it when `too` */
static inline unsigned place_of(const struct plan_tree *tree, const struct plan_item *array, unsigned n, const struct plan_item *item,
                                bool too)
{
    unsigned at = 0;

    while (n > 0) {
        unsigned half = (n + 1) / 2;
        const struct plan_item *probe = &array[at + half - 1];

        at += (too ? !less(tree, item, probe) : less(tree, probe, item)) ? half : 0;
        n = half == n ? 0 : n - half;
    }
    return at;
}

/* which page below has the item, or its place */
static unsigned way_to(const struct plan_tree *tree, const struct plan_page *page, const struct plan_item *item)
{
    unsigned at = place_of(tree, page->first, page->used, item, true);

    return at ? at - 1 : 0;
}

static size_t sum_of(const uint32_t *count, unsigned n)
{
    size_t sum = 0;

    for (unsigned i = 0; i < n; i++)
        sum += count[i];
    return sum;
}

/* what the page says of the one below it */
static void sum_up(struct plan_page *page, unsigned at, bool leaf)
{
    struct plan_page *below = page->below[at];

    page->first[at] = leaf ? below->item[0] : below->first[0];
    page->count[at] = plan_page_count(leaf, below);
    page->marked[at] = plan_page_marked(leaf, below);
}

static bool is_full(bool leaf, const struct plan_page *page)
{
    return page->used == (leaf ? PLAN_LEAF_ITEMS : PLAN_INNER_PAGES);
}

/* the page below becomes two */
static void split(struct plan_tree *tree, struct plan_page *page, unsigned at, bool leaf)
{
    struct plan_page *right = plan_page_take(tree->pool);

    plan_page_halve(leaf, page->below[at], right);
    plan_page_open(false, page, at + 1);
    page->below[at + 1] = right;
    sum_up(page, at, leaf);
    sum_up(page, at + 1, leaf);
}

/* a root that is not full */
static void make_root(struct plan_tree *tree)
{
    struct plan_page *had = tree->root;

    if (had && !is_full(tree->height == 0, had))
        return;
    tree->root = plan_page_take(tree->pool);
    if (!had)
        return;
    tree->root->used = 1;
    tree->root->below[0] = had;
    sum_up(tree->root, 0, tree->height == 0);
    tree->height++;
}

/* a page is searched, and half of a leaf moved: all of it comes at once, not a line when the one before it was read */
static void fetch(const struct plan_page *page)
{
    plan_fetch(page, sizeof *page);
}

void plan_tree_fetch(const struct plan_tree *tree, const uint64_t *key)
{
    const struct plan_page *page = tree->root;

    if (tree->height < 2) /* it is small enough to be there */
        return;
    for (unsigned level = tree->height; level > 0; level--) {
        unsigned at = 0;

        for (unsigned n = page->used; n > 1; n -= n / 2)
            at += compare_keys(page->first[at + n / 2].key, key) <= 0 ? n / 2 : 0;
        page = page->below[at];
        fetch(page);
    }
}

int64_t plan_tree_insert(struct plan_tree *tree, const struct plan_item *item, bool mark, struct error *err)
{
    struct plan_page *page;
    size_t before = 0;
    unsigned at;

    if (plan_pool_reserve(tree->pool, tree->height + 2, err) < 0)
        return -1;
    make_root(tree);
    page = tree->root;
    for (unsigned level = tree->height; level > 0; level--) { /* what is full is split on the way down: there is room above */
        at = way_to(tree, page, item);
        if (is_full(level == 1, page->below[at])) {
            split(tree, page, at, level == 1);
            at += !less(tree, item, &page->first[at + 1]);
        }
        before += sum_of(page->count, at);
        page->count[at]++;
        page->marked[at] += mark;
        if (at == 0 && less(tree, item, &page->first[0]))
            page->first[0] = *item;
        page = page->below[at];
        fetch(page);
    }
    at = place_of(tree, page->item, page->used, item, false);
    plan_page_open(true, page, at);
    page->item[at] = *item;
    page->marks = (page->marks & ~((uint64_t)1 << at)) | (uint64_t)mark << at;
    tree->count++;
    tree->marked += mark;
    return (int64_t)(before + at);
}

/* the page below lost an item */
static void mend(struct plan_tree *tree, struct plan_page *page, unsigned at, bool leaf)
{
    struct plan_page *below = page->below[at];

    if (below->used >= (leaf ? PLAN_LEAF_ITEMS : PLAN_INNER_PAGES) / 4) {
        page->first[at] = leaf ? below->item[0] : below->first[0];
        return;
    }
    at -= at > 0;
    if (plan_page_even(leaf, page->below[at], page->below[at + 1])) {
        plan_page_give(tree->pool, page->below[at + 1]);
        plan_page_close(false, page, at + 1);
    } else {
        sum_up(page, at + 1, leaf);
    }
    sum_up(page, at, leaf);
}

/* a root with one page below is none, and without an item there is no page */
static void lower_root(struct plan_tree *tree)
{
    struct plan_page *root;

    while ((root = tree->root)->used < (tree->height ? 2 : 1)) {
        tree->root = tree->height ? root->below[0] : NULL;
        plan_page_give(tree->pool, root);
        if (tree->height == 0)
            return;
        tree->height--;
    }
}

size_t plan_tree_erase(struct plan_tree *tree, const struct plan_item *item)
{
    struct {
        struct plan_page *page;
        unsigned at;
    } way[MOST_LEVELS];
    struct plan_page *page = tree->root;
    size_t before = 0;
    unsigned at;
    bool mark;

    for (unsigned level = tree->height; level > 0; level--) {
        at = way_to(tree, page, item);
        way[level].page = page;
        way[level].at = at;
        before += sum_of(page->count, at);
        page = page->below[at];
        fetch(page);
    }
    at = place_of(tree, page->item, page->used, item, false);
    before += at;
    mark = page->marks >> at & 1;
    plan_page_close(true, page, at);
    for (unsigned level = 1; level <= tree->height; level++) {
        way[level].page->count[way[level].at]--;
        way[level].page->marked[way[level].at] -= mark;
        mend(tree, way[level].page, way[level].at, level == 1);
    }
    lower_root(tree);
    tree->count--;
    tree->marked -= mark;
    return before;
}

void plan_tree_mark(struct plan_tree *tree, const struct plan_item *item, bool mark)
{
    uint32_t change = mark ? 1u : -1u;
    struct plan_page *page = tree->root;
    unsigned at;

    for (unsigned level = tree->height; level > 0; level--) {
        at = way_to(tree, page, item);
        page->marked[at] += change;
        page = page->below[at];
    }
    page->marks ^= (uint64_t)1 << place_of(tree, page->item, page->used, item, false);
    tree->marked += change;
}

size_t plan_tree_count(const struct plan_tree *tree)
{
    return tree->count;
}

size_t plan_tree_before(const struct plan_tree *tree, const struct plan_item *item)
{
    const struct plan_page *page = tree->root;
    size_t before = 0;

    for (unsigned level = tree->height; level > 0; level--) {
        unsigned at = way_to(tree, page, item);

        before += sum_of(page->count, at);
        page = page->below[at];
    }
    return page ? before + place_of(tree, page->item, page->used, item, false) : 0;
}

/* the page below that has the one with `*index` before it, by these counts; *index is within it then */
static unsigned way_by(const uint32_t *count, size_t *index)
{
    unsigned at = 0;

    while (*index >= count[at])
        *index -= count[at++];
    return at;
}

const struct plan_item *plan_tree_at(const struct plan_tree *tree, size_t index)
{
    const struct plan_page *page = tree->root;

    if (index >= tree->count)
        return NULL;
    for (unsigned level = tree->height; level > 0; level--)
        page = page->below[way_by(page->count, &index)];
    return &page->item[index];
}

/* how many of the first `index` items carry a mark */
static size_t marked_before(const struct plan_tree *tree, size_t index)
{
    const struct plan_page *page = tree->root;
    size_t marked = 0;

    for (unsigned level = tree->height; level > 0; level--) {
        unsigned at = way_by(page->count, &index);

        marked += sum_of(page->marked, at);
        page = page->below[at];
    }
    return marked + plan_bits(page->marks & (((uint64_t)1 << index) - 1));
}

const struct plan_item *plan_tree_next_marked(const struct plan_tree *tree, size_t index)
{
    const struct plan_page *page = tree->root;
    size_t skip;
    unsigned at = 0;

    if (index >= tree->count || (skip = marked_before(tree, index)) == tree->marked)
        return NULL;
    for (unsigned level = tree->height; level > 0; level--)
        page = page->below[way_by(page->marked, &skip)];
    while (!(page->marks >> at & 1) || skip-- > 0)
        at++;
    return &page->item[at];
}

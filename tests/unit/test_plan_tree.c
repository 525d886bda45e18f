/* The planner's ordered index and its table, beside a sorted array: random insertions, removals and marks, with keys that often tie. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/policy/plan_table.h"
#include "common/policy/plan_tree.h"

#define MOST 6000

struct thing {
    struct plan_item item;
    unsigned number;
    bool in, mark;
};

static struct thing thing[MOST];
static struct thing *sorted[MOST];
static size_t count;
static uint64_t state;

static unsigned below(unsigned bound)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (unsigned)(state >> 33) % bound;
}

static int by_number(const void *a, const void *b)
{
    return (int)((const struct thing *)a)->number - (int)((const struct thing *)b)->number;
}

static bool less(const struct thing *a, const struct thing *b)
{
    int order = 0;

    for (int i = 0; i < 3 && order == 0; i++)
        order = (a->item.key[i] > b->item.key[i]) - (a->item.key[i] < b->item.key[i]);
    return order ? order < 0 : a->number < b->number;
}

static size_t place_of(const struct thing *t)
{
    size_t at = 0;

    while (at < count && less(sorted[at], t))
        at++;
    return at;
}

static void put(struct plan_tree *tree, struct thing *t, unsigned keys)
{
    struct error err = ERROR_INIT;
    size_t at;

    t->item = (struct plan_item){{below(keys), below(2), below(keys)}, t};
    t->mark = below(3) == 0;
    at = place_of(t);
    ck_assert_int_eq(plan_tree_insert(tree, &t->item, t->mark, &err), (int64_t)at);
    memmove(&sorted[at + 1], &sorted[at], (count - at) * sizeof sorted[0]);
    sorted[at] = t;
    count++;
    t->in = true;
}

static void take(struct plan_tree *tree, struct thing *t)
{
    size_t at = place_of(t);

    ck_assert_ptr_eq(sorted[at], t);
    ck_assert_uint_eq(plan_tree_erase(tree, &t->item), at);
    count--;
    memmove(&sorted[at], &sorted[at + 1], (count - at) * sizeof sorted[0]);
    t->in = false;
}

/* all that can be asked of a place */
static void ask(const struct plan_tree *tree, size_t at)
{
    const struct plan_item *item = plan_tree_at(tree, at);
    size_t marked = at;

    ck_assert_uint_eq(plan_tree_count(tree), count);
    while (marked < count && !sorted[marked]->mark)
        marked++;
    if (at >= count) {
        ck_assert_ptr_null(item);
    } else {
        ck_assert_ptr_eq(item->owner, sorted[at]);
        ck_assert_uint_eq(plan_tree_before(tree, &sorted[at]->item), at);
    }
    item = plan_tree_next_marked(tree, at);
    ck_assert_ptr_eq(item ? item->owner : NULL, marked < count ? sorted[marked] : NULL);
}

static void step(struct plan_tree *tree, bool grow, unsigned keys)
{
    struct thing *t = &thing[below(MOST)];
    struct thing other = {.item = {{below(keys), 0, below(keys)}, &other}, .number = MOST};

    if (t->in && below(8) == 0) {
        t->mark = !t->mark;
        plan_tree_mark(tree, &t->item, t->mark);
    } else if (t->in && below(grow ? 4 : 1) == 0) {
        take(tree, t);
    } else if (!t->in && below(grow ? 1 : 4) == 0) {
        put(tree, t, keys);
    }
    ask(tree, below((unsigned)count + 1));
    ck_assert_uint_eq(plan_tree_before(tree, &other.item), place_of(&other));
}

/* grows and shrinks, more than once, and is empty in the end */
static void live(unsigned keys)
{
    struct plan_pool pool = {0};
    struct plan_tree tree;

    plan_tree_init(&tree, &pool, by_number);
    for (unsigned i = 0; i < MOST; i++)
        thing[i] = (struct thing){.number = i};
    count = 0;
    for (int turn = 0; turn < 4; turn++)
        for (int i = 0; i < 12000; i++)
            step(&tree, turn % 2 == 0, keys);
    for (size_t i = 0; i <= count; i++)
        ask(&tree, i);
    while (count)
        take(&tree, sorted[below((unsigned)count)]);
    ask(&tree, 0);
    ck_assert_ptr_null(tree.root);
    plan_pool_free(&pool);
}

START_TEST(tree_with_few_ties)
{
    state = 1;
    live(1000000);
}
END_TEST

START_TEST(tree_with_many_ties)
{
    state = 2;
    live(3);
}
END_TEST

START_TEST(tree_in_order)
{
    struct plan_pool pool = {0};
    struct plan_tree tree;
    struct error err = ERROR_INIT;

    plan_tree_init(&tree, &pool, by_number);
    for (unsigned i = 0; i < MOST; i++) {
        thing[i] = (struct thing){.item = {{i, 0, 0}, &thing[i]}, .number = i};
        ck_assert_int_eq(plan_tree_insert(&tree, &thing[i].item, false, &err), i);
    }
    for (unsigned i = 0; i < MOST; i++) {
        ck_assert_ptr_eq(plan_tree_at(&tree, 0)->owner, &thing[i]);
        ck_assert_uint_eq(plan_tree_erase(&tree, &thing[i].item), 0);
    }
    ck_assert_ptr_null(tree.root);
    plan_pool_free(&pool);
}
END_TEST

struct entry {
    struct plan_entry_key key;
    char name[16];
    bool in;
    uint64_t said;
};

START_TEST(table_finds_what_is_there)
{
    static struct entry entry[2000];
    struct plan_table table = {0};
    struct error err = ERROR_INIT;
    size_t in = 0, turn = 0, seen = 0;

    state = 3;
    ck_assert_ptr_null(plan_table_find(&table, "ns", "nobody"));
    ck_assert(!plan_table_said(&table, 1, 0));
    for (int i = 0; i < 100000; i++) {
        struct entry *e = &entry[below(i % 20000 < 10000 ? 2000 : 100)];

        snprintf(e->name, sizeof e->name, "pod-%d", (int)(e - entry));
        e->key.namespace_ = (e - entry) % 2 ? "a" : "b";
        e->key.name = e->name;
        if (e->in && below(2)) {
            plan_table_remove(&table, &e->key);
            e->in = false;
            in--;
        } else if (!e->in) {
            ck_assert_int_eq(plan_table_add(&table, &e->key, &err), 0);
            e->in = true;
            e->said = 0;
            in++;
        } else {
            e->said = 1 + below(1000);
            plan_table_say(&table, &e->key, e->said);
        }
        ck_assert_uint_eq(table.count, in);
        e = &entry[below(2000)];
        if (!e->name[0])
            continue;
        ck_assert_ptr_eq(plan_table_find(&table, e->key.namespace_, e->name), e->in ? e : NULL);
        ck_assert(plan_table_said(&table, plan_table_hash(e->key.namespace_, e->name), e->said) == e->in);
    }
    while (plan_table_each(&table, &turn))
        seen++;
    ck_assert_uint_eq(seen, in);
    plan_table_free(&table);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("plan, tree and table");
    TCase *tcase = tcase_create("beside an array");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tcase, tree_with_few_ties);
    tcase_add_test(tcase, tree_with_many_ties);
    tcase_add_test(tcase, tree_in_order);
    tcase_add_test(tcase, table_finds_what_is_there);
    tcase_set_timeout(tcase, 300);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}

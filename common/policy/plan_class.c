/* plan_class.c: nodes that accept the same pods are one class. */
#include <stdlib.h>
#include <string.h>

#include "common/policy/plan_internal.h"

static int compare_nodes(const void *a, const void *b)
{
    return strcmp(((const struct plan_node *)a)->name, ((const struct plan_node *)b)->name);
}

static bool bits_equal(const struct plan *plan, const uint64_t *a, const uint64_t *b)
{
    return memcmp(a, b, plan->words * sizeof *a) == 0;
}

void plan_class_free(struct plan_class *class_)
{
    if (!class_)
        return;
    free(class_->bits);
    free(class_);
}

static struct plan_class *class_new(struct plan *plan, struct plan_node *node, struct error *err)
{
    struct plan_class *made = calloc(1, sizeof *made), **array;

    array = plan_grow(plan->class_, &plan->class_room, plan->classes, sizeof(struct plan_class *));
    plan->class_ = array ? array : plan->class_;
    if (!made || !array || !(made->bits = malloc(plan->words * sizeof *made->bits))) {
        plan_class_free(made);
        error_no_memory(err);
        return NULL;
    }
    memcpy(made->bits, node->bits, plan->words * sizeof *made->bits);
    made->alone = node->live > 1 ? node : NULL;
    made->pinned = (struct plan_kind){.serial = ++plan->serial, .pinned = made};
    plan_tree_init(&made->free, &plan->pool, compare_nodes);
    made->index = plan->classes;
    plan->class_[plan->classes++] = made;
    plan->retype = true;
    return made;
}

static void class_drop(struct plan *plan, struct plan_class *class_)
{
    struct plan_class *last = plan->class_[--plan->classes];

    plan->class_[class_->index] = last;
    last->index = class_->index;
    plan_class_free(class_);
    plan->retype = true;
}

/* the largest class for such a node, so that merging moves few */
static struct plan_class *class_for(const struct plan *plan, const struct plan_node *node)
{
    const struct plan_node *alone = node->live > 1 ? node : NULL;
    struct plan_class *best = NULL;

    for (size_t i = 0; i < plan->classes; i++) {
        struct plan_class *c = plan->class_[i];

        if (c->alone == alone && bits_equal(plan, c->bits, node->bits) && (!best || c->total > best->total))
            best = c;
    }
    return best;
}

/* ordered by the first bytes of its name, as far as a key goes */
static struct plan_item item_of(struct plan_node *node)
{
    struct plan_item item = {.owner = node};
    const unsigned char *c = (const unsigned char *)node->name;

    for (size_t k = 0; k < 3; k++)
        for (unsigned i = 0; i < 8; i++) {
            item.key[k] = item.key[k] << 8 | *c;
            c += *c != '\0';
        }
    return item;
}

int plan_node_set_free(struct plan_node *node, struct error *err)
{
    struct plan_item item;

    if (!node->class_ || node->is_free == !node->pods)
        return 0;
    item = item_of(node);
    if (node->is_free)
        plan_tree_erase(&node->class_->free, &item);
    else if (plan_tree_insert(&node->class_->free, &item, false, err) < 0)
        return -1;
    node->is_free = !node->is_free;
    return 0;
}

static void leave_class(struct plan_node *node)
{
    struct plan_item item = item_of(node);

    if (!node->class_)
        return;
    if (node->is_free)
        plan_tree_erase(&node->class_->free, &item);
    node->is_free = false;
    if (node->class_next)
        node->class_next->class_link = node->class_link;
    *node->class_link = node->class_next;
    node->class_->total--;
    node->class_ = NULL;
}

static int join_class(struct plan_node *node, struct plan_class *class_, struct error *err)
{
    node->class_ = class_;
    node->class_next = class_->nodes;
    if (class_->nodes)
        class_->nodes->class_link = &node->class_next;
    class_->nodes = node;
    node->class_link = &class_->nodes;
    class_->total++;
    return plan_node_set_free(node, err);
}

static bool belongs(const struct plan *plan, const struct plan_node *node)
{
    const struct plan_class *c = node->class_;

    if (!node->present || !c)
        return !node->present && !c;
    return c->alone == (node->live > 1 ? node : NULL) && bits_equal(plan, c->bits, node->bits);
}

static int move_to_class(struct plan *plan, struct plan_node *node, struct plan_class *to, struct error *err)
{
    struct plan_class *from = node->class_;

    leave_class(node);
    if (to && join_class(node, to, err) < 0)
        return -1;
    plan->stale = plan->news = true;
    for (struct plan_pod *pod = node->pods; pod; pod = pod->node_next)
        if (pod->in && pod->in->lane && plan_unit_place(plan, pod->in, err) < 0)
            return -1;
    if (from && from->total == 0)
        class_drop(plan, from);
    return 0;
}

int plan_node_classify(struct plan *plan, struct plan_node *node, struct error *err)
{
    struct plan_class *to = NULL;

    if (belongs(plan, node))
        return 0;
    if (node->present && !(to = class_for(plan, node)) && !(to = class_new(plan, node, err)))
        return -1;
    return move_to_class(plan, node, to, err);
}

int plan_classes_merge(struct plan *plan, struct error *err)
{
    for (size_t i = 0; i < plan->classes; i++) {
        struct plan_class *c = plan->class_[i], *into = class_for(plan, c->nodes);

        if (into == c)
            continue;
        while (c->total > 1)
            if (move_to_class(plan, c->nodes, into, err) < 0)
                return -1;
        if (move_to_class(plan, c->nodes, into, err) < 0)
            return -1;
        i--; /* the last class has taken its place */
    }
    return 0;
}

/* plan_shape.c: pods that read the same to the filters have one shape; shapes that the same classes accept are one kind. */
#include <stdlib.h>
#include <string.h>

#include "common/cluster/pack.h"
#include "common/policy/plan_internal.h"

bool plan_class_accepts(const struct plan_class *class_, const struct plan_kind *kind)
{
    return plan_bit(class_->bits, kind->shape->slot);
}

void plan_node_try_shapes(struct plan *plan, struct plan_node *node)
{
    for (struct plan_shape *s = plan->shapes; s; s = s->next)
        plan_bit_set(node->bits, s->slot, node->present && filter_node(&plan->config.filters, s->pod, NULL, &node->view, NULL, NULL));
}

static int more_bits(uint64_t **bits, size_t words, struct error *err)
{
    uint64_t *more = realloc(*bits, (words + 1) * sizeof *more);

    if (!more)
        return error_no_memory(err);
    more[words] = 0;
    *bits = more;
    return 0;
}

/* a free bit, in a new word of each when there is none */
static int find_slot(struct plan *plan, size_t *slot, struct error *err)
{
    size_t turn = 0;

    for (*slot = 0; *slot < plan->words * 64; ++*slot)
        if (!plan_bit(plan->slots_used, *slot))
            return 0;
    if (more_bits(&plan->slots_used, plan->words, err) < 0)
        return -1;
    for (struct plan_node *n; (n = plan_table_each(&plan->nodes, &turn));)
        if (plan_node_more_bits(n, plan->words, err) < 0)
            return -1;
    for (size_t i = 0; i < plan->classes; i++)
        if (more_bits(&plan->class_[i]->bits, plan->words, err) < 0)
            return -1;
    plan->words++;
    return 0;
}

/* each class goes with most of its nodes, the others leave it */
static int split_classes(struct plan *plan, size_t slot, struct error *err)
{
    size_t turn = 0;

    for (size_t i = 0; i < plan->classes; i++) {
        struct plan_class *c = plan->class_[i];

        c->tally = 0;
        for (struct plan_node *n = c->nodes; n; n = n->class_next)
            c->tally += plan_bit(n->bits, slot);
        plan_bit_set(c->bits, slot, c->tally > c->total / 2);
    }
    for (struct plan_node *n; (n = plan_table_each(&plan->nodes, &turn));)
        if (n->present && plan_node_classify(plan, n, err) < 0)
            return -1;
    return 0;
}

static void shape_free(struct plan_shape *shape)
{
    if (!shape)
        return;
    pod_free(shape->pod);
    free(shape);
}

static struct plan_shape *shape_new(struct plan *plan, const struct pod *seen, uint64_t fingerprint, struct error *err)
{
    struct plan_shape *made = calloc(1, sizeof *made);
    size_t turn = 0;

    if (!made || !(made->pod = pod_pack(seen, 0, err)) || find_slot(plan, &made->slot, err) < 0) {
        shape_free(made);
        error_no_memory(err);
        return NULL;
    }
    made->fingerprint = fingerprint;
    plan_bit_set(plan->slots_used, made->slot, true);
    made->next = plan->shapes;
    plan->shapes = made;
    plan->idle_shapes++;
    for (struct plan_node *n; (n = plan_table_each(&plan->nodes, &turn));)
        plan_bit_set(n->bits, made->slot, n->present && filter_node(&plan->config.filters, made->pod, NULL, &n->view, NULL, NULL));
    plan->retype = true;
    return split_classes(plan, made->slot, err) < 0 ? NULL : made;
}

/* without what no filter reads, and without where it is */
static struct pod bare(const struct pod *seen)
{
    struct pod pod = *seen;

    pod.labels = pod.annotations = NULL;
    pod.label_count = pod.annotation_count = 0;
    pod.namespace_ = pod.name = pod.uid = pod.node_name = pod.scheduler_name = pod.nominated_node = "";
    pod.priority = 0;
    pod.gated = false;
    return pod;
}

uint64_t plan_shape_fingerprint(const struct pod *seen)
{
    struct pod pod = bare(seen);

    return pod_fingerprint(&pod);
}

struct plan_shape *plan_shape_known(const struct plan *plan, uint64_t fingerprint)
{
    struct plan_shape *shape = plan->shapes;

    while (shape && shape->fingerprint != fingerprint)
        shape = shape->next;
    return shape;
}

int plan_shape_join(struct plan *plan, struct plan_pod *pod, const struct pod *seen, uint64_t fingerprint, struct error *err)
{
    struct plan_shape *shape = plan_shape_known(plan, fingerprint);
    struct pod made;

    if (!shape) {
        made = bare(seen);
        shape = shape_new(plan, &made, fingerprint, err);
    }
    if (!shape)
        return -1;
    if (pod->shape == shape)
        return 0;
    plan_shape_leave(plan, pod);
    plan->idle_shapes -= shape->pods == NULL;
    pod->shape = shape;
    pod->shape_next = shape->pods;
    if (shape->pods)
        shape->pods->shape_link = &pod->shape_next;
    shape->pods = pod;
    pod->shape_link = &shape->pods;
    return plan_kinds_settle(plan, err);
}

void plan_shape_leave(struct plan *plan, struct plan_pod *pod)
{
    struct plan_shape *shape = pod->shape;

    if (!shape)
        return;
    if (pod->shape_next)
        pod->shape_next->shape_link = pod->shape_link;
    *pod->shape_link = pod->shape_next;
    pod->shape = NULL;
    if (!shape->pods) {
        plan->idle_shapes++;
        shape->idle_since = ++plan->uses;
    }
}

/* a kind without a shape is no more; one whose shape left is known by another */
static void kind_lost(struct plan *plan, struct plan_kind *kind, const struct plan_shape *lost)
{
    if (!kind || kind->shape != lost)
        return;
    kind->shape = NULL;
    for (struct plan_shape *s = plan->shapes; s && !kind->shape; s = s->next)
        if (s != lost && s->kind == kind)
            kind->shape = s;
    if (kind->shape)
        return;
    plan->kind[kind->index] = plan->kind[--plan->kinds];
    plan->kind[kind->index]->index = kind->index;
    free(kind);
}

static int shape_forget(struct plan *plan, struct plan_shape *shape, struct error *err)
{
    struct plan_shape **at = &plan->shapes;
    size_t turn = 0;

    while (*at != shape)
        at = &(*at)->next;
    *at = shape->next;
    plan->idle_shapes--;
    plan_bit_set(plan->slots_used, shape->slot, false);
    for (struct plan_node *n; (n = plan_table_each(&plan->nodes, &turn));)
        plan_bit_set(n->bits, shape->slot, false);
    for (size_t i = 0; i < plan->classes; i++)
        plan_bit_set(plan->class_[i]->bits, shape->slot, false);
    kind_lost(plan, shape->kind, shape);
    shape_free(shape);
    plan->retype = true;
    return plan_classes_merge(plan, err);
}

/* the one that is idle the longest; NULL: none is */
static struct plan_shape *oldest_idle(const struct plan *plan)
{
    struct plan_shape *oldest = NULL;

    for (struct plan_shape *s = plan->shapes; s; s = s->next)
        if (!s->pods && (!oldest || s->idle_since < oldest->idle_since))
            oldest = s;
    return oldest;
}

int plan_shapes_trim(struct plan *plan, size_t keep, struct error *err)
{
    struct plan_shape *oldest;

    while (plan->idle_shapes > keep && (oldest = oldest_idle(plan)))
        if (shape_forget(plan, oldest, err) < 0)
            return -1;
    return 0;
}

/* the same classes accept both */
static bool alike(const struct plan *plan, const struct plan_shape *a, const struct plan_shape *b)
{
    for (size_t i = 0; i < plan->classes; i++)
        if (plan_bit(plan->class_[i]->bits, a->slot) != plan_bit(plan->class_[i]->bits, b->slot))
            return false;
    return true;
}

static struct plan_kind *kind_new(struct plan *plan, struct plan_shape *shape, struct error *err)
{
    struct plan_kind *made = calloc(1, sizeof *made);
    struct plan_kind **array = plan_grow(plan->kind, &plan->kind_room, plan->kinds, sizeof(struct plan_kind *));

    plan->kind = array ? array : plan->kind;
    if (!made || !array) {
        free(made);
        error_no_memory(err);
        return NULL;
    }
    *made = (struct plan_kind){.serial = ++plan->serial, .shape = shape, .index = plan->kinds};
    plan->kind[plan->kinds++] = made;
    return made;
}

static int shape_to_kind(struct plan *plan, struct plan_shape *shape, struct plan_kind *kind, struct error *err)
{
    struct plan_kind *from = shape->kind;

    shape->kind = kind;
    for (struct plan_pod *pod = shape->pods; pod; pod = pod->shape_next)
        if (pod->in && pod->in->lane && !pod->in->placed && plan_unit_place(plan, pod->in, err) < 0)
            return -1;
    kind_lost(plan, from, shape);
    return 0;
}

int plan_kinds_settle(struct plan *plan, struct error *err)
{
    if (!plan->retype)
        return 0;
    for (struct plan_shape *s = plan->shapes; s; s = s->next) {
        struct plan_kind *kind = NULL;

        for (size_t i = 0; i < plan->kinds && !kind; i++)
            if (alike(plan, plan->kind[i]->shape, s))
                kind = plan->kind[i];
        if (!kind && !(kind = kind_new(plan, s, err)))
            return -1;
        if (kind != s->kind && shape_to_kind(plan, s, kind, err) < 0)
            return -1;
    }
    plan->retype = plan->flows_ready = false;
    plan->stale = plan->news = true;
    return 0;
}

static void allow(struct plan *plan)
{
    size_t columns = plan->classes;

    for (size_t k = 0; k < plan->kinds; k++)
        for (size_t c = 0; c < columns; c++) {
            unsigned char yes = plan_class_accepts(plan->class_[c], plan->kind[k]);

            plan->flow.allowed[k * columns + c] = yes;
            plan->bind.allowed[k * 2 * columns + c] = plan->bind.allowed[k * 2 * columns + columns + c] = yes;
            plan->bind.allowed[(plan->kinds + k) * 2 * columns + c] = yes;
        }
}

int plan_flows_prepare(struct plan *plan, struct error *err)
{
    if (plan->flows_ready)
        return 0;
    if (plan_flow_reserve(&plan->flow, plan->kinds, plan->classes, err) < 0 ||
        plan_flow_reserve(&plan->bind, 2 * plan->kinds, 2 * plan->classes, err) < 0)
        return -1;
    allow(plan);
    plan->flows_ready = true;
    return 0;
}

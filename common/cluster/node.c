/* node.c: what a change of a node means; and the end of its life. It is made in node_decode.c. */
#include "common/cluster/node.h"

#include <stdlib.h>
#include <string.h>

void node_spec_free(struct node_spec *spec)
{
    free(spec);
}

static bool same_extended(const struct resources *a, const struct resources *b)
{
    if (a->extended_count != b->extended_count)
        return false;
    for (size_t i = 0; i < a->extended_count; i++)
        if (strcmp(a->extended[i].name, b->extended[i].name) != 0 || a->extended[i].amount != b->extended[i].amount)
            return false;
    return true;
}

static bool same_resources(const struct resources *a, const struct resources *b)
{
    return a->cpu_milli == b->cpu_milli && a->memory_bytes == b->memory_bytes && a->pods == b->pods && same_extended(a, b);
}

static bool same_labels(const struct node_spec *a, const struct node_spec *b)
{
    if (a->label_count != b->label_count)
        return false;
    for (size_t i = 0; i < a->label_count; i++)
        if (strcmp(a->labels[i].key, b->labels[i].key) != 0 || strcmp(a->labels[i].value, b->labels[i].value) != 0)
            return false;
    return true;
}

static bool has_taint(const struct node_spec *spec, const struct taint *taint)
{
    for (size_t i = 0; i < spec->taint_count; i++) {
        const struct taint *t = &spec->taints[i];

        if (strcmp(t->key, taint->key) == 0 && strcmp(t->value, taint->value) == 0 && strcmp(t->effect, taint->effect) == 0)
            return true;
    }
    return false;
}

/* every taint of a is on b */
static bool taints_within(const struct node_spec *a, const struct node_spec *b)
{
    for (size_t i = 0; i < a->taint_count; i++)
        if (!has_taint(b, &a->taints[i]))
            return false;
    return true;
}

bool node_spec_same(const struct node_spec *a, const struct node_spec *b)
{
    return a->traits == b->traits && strcmp(a->uid, b->uid) == 0 && same_resources(&a->allocatable, &b->allocatable) && same_labels(a, b) &&
           a->taint_count == b->taint_count && taints_within(a, b) && taints_within(b, a);
}

static int64_t extended_of(const struct resources *r, const char *name)
{
    for (size_t i = 0; i < r->extended_count; i++)
        if (strcmp(r->extended[i].name, name) == 0)
            return r->extended[i].amount;
    return 0;
}

static bool has_more(const struct resources *now, const struct resources *was)
{
    if (now->cpu_milli > was->cpu_milli || now->memory_bytes > was->memory_bytes || now->pods > was->pods)
        return true;
    for (size_t i = 0; i < now->extended_count; i++)
        if (now->extended[i].amount > extended_of(was, now->extended[i].name))
            return true;
    return false;
}

/* a label that is gone may help too: NotIn, DoesNotExist */
bool node_change_helps(const struct node_spec *was, const struct node_spec *now)
{
    const unsigned hindrances = NODE_NOT_READY | NODE_UNSCHEDULABLE;

    return !was || (was->traits & ~now->traits & hindrances) || strcmp(was->uid, now->uid) != 0 ||
           has_more(&now->allocatable, &was->allocatable) || !same_labels(was, now) || !taints_within(was, now);
}

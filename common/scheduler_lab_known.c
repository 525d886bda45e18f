/* scheduler_lab_known.c: what the API server said of pods and nodes, in two sorted arrays. A lab's cluster is small: nothing here is clever. */
#include <stdlib.h>
#include <string.h>

#include "common/scheduler_lab.h"

/* ---- pods ---- */

/* the first place whose pod does not come before that name */
static size_t pod_place(const struct known *known, const char *namespace_, const char *name)
{
    size_t low = 0, high = known->pod_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct pod *pod = known->pod_view[middle];
        int order = strcmp(pod->namespace_, namespace_);

        if (order < 0 || (order == 0 && strcmp(pod->name, name) < 0))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool is_pod(const struct known *known, size_t i, const char *namespace_, const char *name)
{
    return i < known->pod_count && !strcmp(known->pod_view[i]->namespace_, namespace_) && !strcmp(known->pod_view[i]->name, name);
}

struct known_pod *known_pod(const struct known *known, const char *namespace_, const char *name)
{
    size_t i = pod_place(known, namespace_, name);

    return is_pod(known, i, namespace_, name) ? known->pods[i] : NULL;
}

void known_pod_free(struct known_pod *pod)
{
    if (!pod)
        return;
    pod_free(pod->pod);
    free(pod->assumed);
    free(pod);
}

static int reserve_pod(struct known *known, struct error *err)
{
    size_t capacity = known->pod_capacity * 2 + 64;
    struct known_pod **pods;
    const struct pod **view;

    if (known->pod_count < known->pod_capacity)
        return 0;
    pods = realloc(known->pods, capacity * sizeof *pods);
    if (!pods)
        return error_no_memory(err);
    known->pods = pods;
    view = realloc(known->pod_view, capacity * sizeof *view);
    if (!view)
        return error_no_memory(err);
    known->pod_view = view;
    known->pod_capacity = capacity;
    return 0;
}

static struct known_pod *insert_pod(struct known *known, size_t i, struct pod *pod, struct error *err)
{
    struct known_pod *is;

    if (reserve_pod(known, err) < 0)
        return NULL;
    is = calloc(1, sizeof *is);
    if (!is) {
        error_no_memory(err);
        return NULL;
    }
    *is = (struct known_pod){.pod = pod, .due_us = TIMER_NEVER};
    memmove(known->pods + i + 1, known->pods + i, (known->pod_count - i) * sizeof *known->pods);
    memmove(known->pod_view + i + 1, known->pod_view + i, (known->pod_count - i) * sizeof *known->pod_view);
    known->pods[i] = is;
    known->pod_view[i] = pod;
    known->pod_count++;
    return is;
}

static void drop_assumption(struct known_pod *pod)
{
    free(pod->assumed);
    pod->assumed = NULL;
}

int known_set_pod(struct known *known, struct pod *pod, struct known_pod **is, bool *is_new, struct error *err)
{
    size_t i = pod_place(known, pod->namespace_, pod->name);

    *is_new = !is_pod(known, i, pod->namespace_, pod->name);
    if (*is_new) {
        *is = insert_pod(known, i, pod, err);
        if (!*is) {
            pod_free(pod);
            return -1;
        }
    } else {
        *is = known->pods[i];
        if (strcmp((*is)->pod->uid, pod->uid) != 0) {
            drop_assumption(*is);
            pod_free((*is)->pod);
            **is = (struct known_pod){.due_us = TIMER_NEVER};
            *is_new = true;
        } else {
            pod_free((*is)->pod);
        }
        (*is)->pod = pod;
        known->pod_view[i] = pod;
        if (pod->node_name[0])
            drop_assumption(*is); /* the API server knows better */
    }
    (*is)->generation = known->pod_generation;
    return 0;
}

struct known_pod *known_take_pod(struct known *known, const char *namespace_, const char *name)
{
    size_t i = pod_place(known, namespace_, name);
    struct known_pod *is;

    if (!is_pod(known, i, namespace_, name))
        return NULL;
    is = known->pods[i];
    known->pod_count--;
    memmove(known->pods + i, known->pods + i + 1, (known->pod_count - i) * sizeof *known->pods);
    memmove(known->pod_view + i, known->pod_view + i + 1, (known->pod_count - i) * sizeof *known->pod_view);
    return is;
}

/* ---- nodes ---- */

static size_t node_place(const struct known *known, const char *name)
{
    size_t low = 0, high = known->node_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (strcmp(known->node_view[middle]->name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool is_node(const struct known *known, size_t i, const char *name)
{
    return i < known->node_count && !strcmp(known->node_view[i]->name, name);
}

struct known_node *known_node(const struct known *known, const char *name)
{
    size_t i = node_place(known, name);

    return is_node(known, i, name) ? &known->nodes[i] : NULL;
}

static int reserve_node(struct known *known, struct error *err)
{
    size_t capacity = known->node_capacity * 2 + 16;
    struct known_node *nodes;
    const struct node_spec **view;

    if (known->node_count < known->node_capacity)
        return 0;
    nodes = realloc(known->nodes, capacity * sizeof *nodes);
    if (!nodes)
        return error_no_memory(err);
    known->nodes = nodes;
    view = realloc(known->node_view, capacity * sizeof *view);
    if (!view)
        return error_no_memory(err);
    known->node_view = view;
    known->node_capacity = capacity;
    return 0;
}

int known_set_node(struct known *known, struct node_spec *spec, struct known_node **is, bool *is_new, struct error *err)
{
    size_t i = node_place(known, spec->name);

    *is_new = !is_node(known, i, spec->name);
    if (*is_new) {
        if (reserve_node(known, err) < 0) {
            node_spec_free(spec);
            return -1;
        }
        memmove(known->nodes + i + 1, known->nodes + i, (known->node_count - i) * sizeof *known->nodes);
        memmove(known->node_view + i + 1, known->node_view + i, (known->node_count - i) * sizeof *known->node_view);
        known->node_count++;
        known->nodes[i] = (struct known_node){.spec = spec};
    } else {
        node_spec_free(known->nodes[i].spec);
        known->nodes[i].spec = spec;
    }
    known->node_view[i] = spec;
    known->nodes[i].generation = known->node_generation;
    *is = &known->nodes[i];
    return 0;
}

struct node_spec *known_take_node(struct known *known, const char *name)
{
    size_t i = node_place(known, name);
    struct node_spec *spec;

    if (!is_node(known, i, name))
        return NULL;
    spec = known->nodes[i].spec;
    known->node_count--;
    memmove(known->nodes + i, known->nodes + i + 1, (known->node_count - i) * sizeof *known->nodes);
    memmove(known->node_view + i, known->node_view + i + 1, (known->node_count - i) * sizeof *known->node_view);
    return spec;
}

void known_free(struct known *known)
{
    for (size_t i = 0; i < known->pod_count; i++)
        known_pod_free(known->pods[i]);
    for (size_t i = 0; i < known->node_count; i++)
        node_spec_free(known->nodes[i].spec);
    free(known->pods);
    free(known->pod_view);
    free(known->nodes);
    free(known->node_view);
}

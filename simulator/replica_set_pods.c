/* replica_set_pods.c: see replica_set_pods.h. */
#include "simulator/replica_set_pods.h"

#include <stdlib.h>
#include <string.h>

#include "common/clock.h"

static int64_t time_of(struct span value)
{
    char text[40] = "";
    int64_t us;

    if (value.bytes < 3 || value.bytes >= sizeof text)
        return 0;
    memcpy(text, value.at + 1, value.bytes - 2);
    return clock_parse_rfc3339(text, &us) == 0 ? us : 0;
}

/* since when it is ready; -1: it is not. 0 would mean that nobody has looked */
static int64_t read_ready(const struct object *pod)
{
    struct span conditions, element, value;
    struct text_walk walk;

    if (!text_path(text_span(pod->text, pod->text_bytes), "status.conditions", &conditions) || *conditions.at != '[')
        return -1;
    walk = text_walk(conditions);
    while (text_next_element(&walk, &element)) {
        if (!text_get(element, "type", &value) || !text_is(value, "Ready"))
            continue;
        if (!text_get(element, "status", &value) || !text_is(value, "True"))
            return -1;
        return text_get(element, "lastTransitionTime", &value) && time_of(value) > 0 ? time_of(value) : 1;
    }
    return -1;
}

bool replica_set_pod_ready(const struct object *pod, int64_t *since_us)
{
    if (!pod->facts.ready_us)
        ((struct object *)pod)->facts.ready_us = read_ready(pod);
    *since_us = pod->facts.ready_us;
    return *since_us > 0;
}

/* what decides between two pods */
struct ranked {
    struct object *pod;
    int phase; /* Pending, Unknown, Running */
    bool ready;
    long cost;        /* controller.kubernetes.io/pod-deletion-cost */
    size_t colocated; /* ready ones of this ReplicaSet on its node */
    int64_t ready_us, created_us;
};

static struct ranked rank_of(struct object *pod)
{
    struct ranked ranked = {.pod = pod, .phase = !strcmp(pod->field[1], "Running") ? 2 : !strcmp(pod->field[1], "Unknown")};
    struct span annotations, value;

    ranked.ready = replica_set_pod_ready(pod, &ranked.ready_us);
    if (text_get(pod->metadata, "annotations", &annotations) &&
        text_get(annotations, "controller.kubernetes.io/pod-deletion-cost", &value) && *value.at == '"')
        ranked.cost = strtol(value.at + 1, NULL, 10);
    if (text_get(pod->metadata, "creationTimestamp", &value))
        ranked.created_us = time_of(value);
    return ranked;
}

static int order(bool first_is_less, bool different)
{
    return !different ? 0 : first_is_less ? -1 : 1;
}

static int compare(const void *left, const void *right)
{
    const struct ranked *a = left, *b = right;
    bool a_assigned = *a->pod->field[0], b_assigned = *b->pod->field[0];
    int ret = order(!a_assigned, a_assigned != b_assigned);

    ret = ret ? ret : order(a->phase < b->phase, a->phase != b->phase);
    ret = ret ? ret : order(!a->ready, a->ready != b->ready);
    ret = ret ? ret : order(a->cost < b->cost, a->cost != b->cost);
    ret = ret ? ret : order(a->colocated > b->colocated, a->colocated != b->colocated);
    ret = ret ? ret : order(a->ready_us > b->ready_us, a->ready_us != b->ready_us);
    ret = ret ? ret : order(a->created_us > b->created_us, a->created_us != b->created_us);
    return ret ? ret : strcmp(a->pod->uid, b->pod->uid);
}

static int compare_nodes(const void *left, const void *right)
{
    return strcmp(((const struct ranked *)left)->pod->field[0], ((const struct ranked *)right)->pod->field[0]);
}

/* how many ready ones share a node; the pods are in order of their nodes after it */
static void count_colocated(struct ranked *ranked, size_t count)
{
    size_t end;

    qsort(ranked, count, sizeof *ranked, compare_nodes);
    for (size_t from = 0; from < count; from = end) {
        size_t ready = 0;

        for (end = from; end < count && !compare_nodes(&ranked[from], &ranked[end]); end++)
            ready += ranked[end].ready;
        for (size_t i = from; i < end; i++)
            ranked[i].colocated = ready;
    }
}

int replica_set_rank(struct object_list *pods, struct error *err)
{
    struct ranked *ranked = calloc(pods->count + 1, sizeof *ranked);

    if (!ranked)
        return error_no_memory(err);
    for (size_t i = 0; i < pods->count; i++)
        ranked[i] = rank_of(pods->objects[i]);
    count_colocated(ranked, pods->count);
    qsort(ranked, pods->count, sizeof *ranked, compare);
    for (size_t i = 0; i < pods->count; i++)
        pods->objects[i] = ranked[i].pod;
    free(ranked);
    return 0;
}

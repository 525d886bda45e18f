/*
 * witness_states.c: what is known of the pods, state by state.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "grade/witness_internal.h"

/* ---- states ---- */

static int set_text(json_t *state, const char *key, const json_t *value)
{
    const char *text = json_string_value(value);

    return text && *text ? json_object_set_new(state, key, json_string(text)) : 0;
}

static json_t *summary(const char *type, const json_t *pod)
{
    const json_t *metadata = json_object_get(pod, "metadata"), *spec = json_object_get(pod, "spec"),
                 *status = json_object_get(pod, "status");
    json_t *state = json_pack("{s:s}", "type", type), *labels = json_object_get(metadata, "labels");
    int bad = !state;

    if (bad)
        return NULL;
    bad |= set_text(state, "namespace", json_object_get(metadata, "namespace"));
    bad |= set_text(state, "name", json_object_get(metadata, "name"));
    bad |= set_text(state, "uid", json_object_get(metadata, "uid"));
    bad |= set_text(state, "scheduler", json_object_get(spec, "schedulerName"));
    bad |= set_text(state, "node", json_object_get(spec, "nodeName"));
    bad |= set_text(state, "phase", json_object_get(status, "phase"));
    if (json_object_size(labels))
        bad |= json_object_set_new(state, "labels", json_deep_copy(labels));
    if (json_is_string(json_object_get(metadata, "deletionTimestamp")))
        bad |= json_object_set_new(state, "deleting", json_true());
    if (json_array_size(json_object_get(spec, "schedulingGates")))
        bad |= json_object_set_new(state, "gated", json_true());
    if (bad) {
        json_decref(state);
        return NULL;
    }
    return state;
}

const char *witness_text(const json_t *state, const char *key)
{
    const char *text = json_string_value(json_object_get(state, key));

    return text ? text : "";
}

static int grow(struct witness *w)
{
    size_t capacity = w->capacity ? 2 * w->capacity : 256;
    struct state *grown;

    if (w->count < w->capacity)
        return 0;
    if (w->count >= LIMIT_GRADE_STATES || !(grown = realloc(w->states, capacity * sizeof *grown)))
        return -1;
    w->states = grown;
    w->capacity = capacity;
    return 0;
}

void witness_add(struct witness *w, const char *type, const json_t *pod)
{
    json_t *state = summary(type, pod), *before;
    char key[600];

    if (!state || grow(w) < 0) {
        json_decref(state);
        w->truncated = true;
        return;
    }
    snprintf(key, sizeof key, "%s/%s", witness_text(state, "namespace"), witness_text(state, "name"));
    before = json_object_get(w->latest, key);
    w->states[w->count] =
        (struct state){clock_system()->monotonic_us(clock_system()), state, before ? (long)json_integer_value(before) : -1};
    if (json_object_set_new(w->latest, key, json_integer((json_int_t)w->count)) < 0)
        w->truncated = true;
    w->count++;
}

static const struct state *latest(const struct witness *w, const char *namespace_, const char *name)
{
    const json_t *index;
    char key[600];

    snprintf(key, sizeof key, "%s/%s", namespace_, name);
    index = json_object_get(w->latest, key);
    return index ? &w->states[json_integer_value(index)] : NULL;
}

static bool is_there(const struct state *state)
{
    return state && strcmp(witness_text(state->json, "type"), "DELETED") != 0;
}

/* ---- what it knows ---- */

int witness_check(struct witness *w, struct error *err)
{
    int ret = 0;

    pthread_mutex_lock(&w->lock);
    if (w->lost.kind != ERROR_NONE) {
        *err = w->lost;
        ret = -1;
    }
    pthread_mutex_unlock(&w->lock);
    return ret;
}

struct witness_pod witness_pod(struct witness *w, const char *namespace_, const char *name)
{
    struct witness_pod pod = {0};
    const struct state *state;

    pthread_mutex_lock(&w->lock);
    state = latest(w, namespace_, name);
    if (state) {
        pod.there = is_there(state);
        pod.since_us = state->t_us;
        snprintf(pod.node, sizeof pod.node, "%s", witness_text(state->json, "node"));
        snprintf(pod.phase, sizeof pod.phase, "%s", witness_text(state->json, "phase"));
    }
    pthread_mutex_unlock(&w->lock);
    return pod;
}

size_t witness_count(struct witness *w, const char *namespace_, size_t *bound)
{
    size_t count = 0, with_node = 0;
    const char *key;
    json_t *index;

    pthread_mutex_lock(&w->lock);
    json_object_foreach(w->latest, key, index)
    {
        const struct state *state = &w->states[json_integer_value(index)];

        if (!is_there(state) || strcmp(witness_text(state->json, "namespace"), namespace_) != 0)
            continue;
        count++;
        with_node += *witness_text(state->json, "node") != '\0';
    }
    pthread_mutex_unlock(&w->lock);
    if (bound)
        *bound = with_node;
    return count;
}

/* "history": from the last state before zero_us on; NULL when there is no memory, or the pod was gone before */
static json_t *history(const struct witness *w, long index, int64_t zero_us)
{
    json_t *states = json_array();

    for (; states && index >= 0; index = w->states[index].before) {
        const struct state *state = &w->states[index];
        json_t *copy;

        if (state->t_us < zero_us && !is_there(state))
            break;
        copy = json_deep_copy(state->json);
        json_object_del(copy, "namespace");
        json_object_del(copy, "name");
        json_object_del(copy, "scheduler");
        json_object_set_new(copy, "t", json_integer((json_int_t)(state->t_us - zero_us)));
        if (json_array_insert_new(states, 0, copy) < 0) {
            json_decref(states);
            return NULL;
        }
        if (state->t_us < zero_us)
            break;
    }
    return states;
}

json_t *witness_pods(struct witness *w, int64_t zero_us, bool *truncated, struct error *err)
{
    json_t *pods = json_array(), *index;
    const char *key;
    int bad = !pods;

    pthread_mutex_lock(&w->lock);
    json_object_foreach(w->latest, key, index)
    {
        const json_t *last = w->states[json_integer_value(index)].json;
        json_t *states = history(w, (long)json_integer_value(index), zero_us);

        if (states && !json_array_size(states))
            json_decref(states);
        else
            bad |= json_array_append_new(pods, json_pack("{s:s, s:s, s:s, s:o}", "namespace", witness_text(last, "namespace"), "name",
                                                         witness_text(last, "name"), "scheduler", witness_text(last, "scheduler"),
                                                         "history", states ? states : json_null()));
    }
    *truncated = w->truncated;
    pthread_mutex_unlock(&w->lock);
    if (!bad)
        return pods;
    json_decref(pods);
    error_no_memory(err);
    return NULL;
}

#include "grade/witness.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/limits.h"
#include "compare/api_client.h"

#define PAGE_ITEMS 500

/* one state of a pod; the texts are in one allocation behind it */
struct state {
    int64_t t_us;
    json_t
        *json;   /* {"namespace","name","uid","scheduler","node","phase","type","labels","deleting","gated"}: touched under the lock only */
    long before; /* the state before of the same pod name; -1: none */
};

struct witness {
    pthread_mutex_t lock;
    pthread_t thread;
    bool thread_runs, stop;
    struct api_client *client; /* of the thread, once that runs */
    CURLM *multi;
    CURL *easy;
    struct buffer line; /* of the thread */
    char version[LIMIT_RESOURCE_VERSION_BYTES];
    struct state *states;
    size_t count, capacity;
    json_t *latest; /* "namespace/name" → index of its last state */
    bool truncated;
    struct error lost; /* of kind ERROR_NONE: not */
};

static int64_t now_us(void)
{
    return clock_system()->monotonic_us(clock_system());
}

static void lose(struct witness *w, const char *why)
{
    if (w->lost.kind == ERROR_NONE)
        error_set(&w->lost, ERROR_RUNTIME, "the grader no longer sees the pods: %s", why);
}

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

static const char *text_of(const json_t *state, const char *key)
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

static void add(struct witness *w, const char *type, const json_t *pod)
{
    json_t *state = summary(type, pod), *before;
    char key[600];

    if (!state || grow(w) < 0) {
        json_decref(state);
        w->truncated = true;
        return;
    }
    snprintf(key, sizeof key, "%s/%s", text_of(state, "namespace"), text_of(state, "name"));
    before = json_object_get(w->latest, key);
    w->states[w->count] = (struct state){now_us(), state, before ? (long)json_integer_value(before) : -1};
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
    return state && strcmp(text_of(state->json, "type"), "DELETED") != 0;
}

/* ---- the list ---- */

static int on_page(void *ctx, const char *target, json_t *page, struct error *err)
{
    struct witness *w = ctx;
    json_t *items = json_object_get(page, "items"), *pod;
    size_t i;

    if (!json_is_array(items))
        return error_set(err, ERROR_RUNTIME, "%s: the answer is no list", target);
    json_array_foreach(items, i, pod) add(w, "ADDED", pod);
    snprintf(w->version, sizeof w->version, "%s", text_of(json_object_get(page, "metadata"), "resourceVersion"));
    return 0;
}

static int list_all(struct witness *w, struct error *err)
{
    struct api_list list = {.target = "/api/v1/pods", .page_items = PAGE_ITEMS, .on_page = on_page, .ctx = w};

    return api_client_list(w->client, &list, err);
}

/* ---- the watch, in the thread ---- */

static void take_line(struct witness *w)
{
    json_t *frame = json_loadb(w->line.data, w->line.bytes, 0, NULL);
    const json_t *object = json_object_get(frame, "object");
    const char *type = text_of(frame, "type"), *version = text_of(json_object_get(object, "metadata"), "resourceVersion");

    pthread_mutex_lock(&w->lock);
    if (!frame || !strcmp(type, "ERROR")) {
        lose(w, frame ? text_of(object, "message") : "a watch frame is no JSON");
    } else {
        if (strcmp(type, "BOOKMARK") != 0)
            add(w, type, object);
        snprintf(w->version, sizeof w->version, "%s", version);
    }
    pthread_mutex_unlock(&w->lock);
    json_decref(frame);
    buffer_clear(&w->line);
}

static size_t on_data(char *data, size_t size, size_t count, void *ctx)
{
    struct witness *w = ctx;
    struct error err = ERROR_INIT;
    size_t bytes = size * count, at = 0;

    while (at < bytes) {
        const char *end = memchr(data + at, '\n', bytes - at);
        size_t part = end ? (size_t)(end - (data + at)) : bytes - at;

        if (buffer_add(&w->line, data + at, part, &err) < 0)
            return 0;
        at += part + (end != NULL);
        if (end && w->line.bytes)
            take_line(w);
    }
    return bytes;
}

static int watch_on(struct witness *w, struct error *err)
{
    struct buffer url;
    int ret = -1;

    buffer_init(&url, LIMIT_TARGET_BYTES);
    buffer_clear(&w->line);
    if (buffer_printf(&url, err, "%s/api/v1/pods?watch=true&resourceVersion=%s", api_client_url(w->client), w->version) < 0 ||
        api_client_configure(w->client, w->easy, err) < 0)
        goto cleanup;
    curl_easy_setopt(w->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(w->easy, CURLOPT_WRITEFUNCTION, on_data);
    curl_easy_setopt(w->easy, CURLOPT_WRITEDATA, w);
    curl_easy_setopt(w->easy, CURLOPT_FAILONERROR, 1L);
    if (curl_easy_setopt(w->easy, CURLOPT_URL, url.data) || curl_multi_add_handle(w->multi, w->easy))
        error_no_memory(err);
    else
        ret = 0;
cleanup:
    buffer_free(&url);
    return ret;
}

/* a watch that ended in peace is begun again; anything else and the witness is lost */
static void ended(struct witness *w, CURLcode code)
{
    struct error err = ERROR_INIT;

    curl_multi_remove_handle(w->multi, w->easy);
    pthread_mutex_lock(&w->lock);
    if (code)
        lose(w, curl_easy_strerror(code));
    else if (w->lost.kind == ERROR_NONE && watch_on(w, &err) < 0)
        lose(w, err.text);
    pthread_mutex_unlock(&w->lock);
}

static void *work(void *ctx)
{
    struct witness *w = ctx;
    bool stop = false;

    while (!stop) {
        CURLMsg *message;
        int running, left;

        curl_multi_perform(w->multi, &running);
        while ((message = curl_multi_info_read(w->multi, &left)))
            if (message->msg == CURLMSG_DONE)
                ended(w, message->data.result);
        curl_multi_poll(w->multi, NULL, 0, 1000, NULL);
        pthread_mutex_lock(&w->lock);
        stop = w->stop;
        pthread_mutex_unlock(&w->lock);
    }
    return NULL;
}

static int start(struct witness *w, struct error *err)
{
    sigset_t all, before;
    int failed;

    if (watch_on(w, err) < 0)
        return -1;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    failed = pthread_create(&w->thread, NULL, work, w);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    w->thread_runs = !failed;
    return failed ? error_set(err, ERROR_RUNTIME, "the witness' thread cannot be started: %s", strerror(failed)) : 0;
}

struct witness *witness_open(const char *kubeconfig, struct error *err)
{
    struct witness *w = calloc(1, sizeof *w);

    if (!w) {
        error_no_memory(err);
        return NULL;
    }
    pthread_mutex_init(&w->lock, NULL);
    buffer_init(&w->line, LIMIT_OBJECT_BYTES);
    w->latest = json_object();
    w->client = api_client_open(kubeconfig, "grade/" LAB_VERSION, err);
    if (!w->client)
        goto failed;
    w->multi = curl_multi_init();
    w->easy = curl_easy_init();
    if (!w->latest || !w->multi || !w->easy) {
        error_no_memory(err);
        goto failed;
    }
    if (list_all(w, err) == 0 && start(w, err) == 0)
        return w;
failed:
    witness_close(w);
    return NULL;
}

void witness_close(struct witness *w)
{
    if (!w)
        return;
    if (w->thread_runs) {
        pthread_mutex_lock(&w->lock);
        w->stop = true;
        pthread_mutex_unlock(&w->lock);
        curl_multi_wakeup(w->multi);
        pthread_join(w->thread, NULL);
    }
    if (w->multi && w->easy)
        curl_multi_remove_handle(w->multi, w->easy);
    curl_easy_cleanup(w->easy);
    if (w->multi)
        curl_multi_cleanup(w->multi);
    api_client_close(w->client);
    for (size_t i = 0; i < w->count; i++)
        json_decref(w->states[i].json);
    free(w->states);
    json_decref(w->latest);
    buffer_free(&w->line);
    pthread_mutex_destroy(&w->lock);
    free(w);
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
        snprintf(pod.node, sizeof pod.node, "%s", text_of(state->json, "node"));
        snprintf(pod.phase, sizeof pod.phase, "%s", text_of(state->json, "phase"));
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

        if (!is_there(state) || strcmp(text_of(state->json, "namespace"), namespace_) != 0)
            continue;
        count++;
        with_node += *text_of(state->json, "node") != '\0';
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
            bad |= json_array_append_new(pods, json_pack("{s:s, s:s, s:s, s:o}", "namespace", text_of(last, "namespace"), "name",
                                                         text_of(last, "name"), "scheduler", text_of(last, "scheduler"), "history",
                                                         states ? states : json_null()));
    }
    *truncated = w->truncated;
    pthread_mutex_unlock(&w->lock);
    if (!bad)
        return pods;
    json_decref(pods);
    error_no_memory(err);
    return NULL;
}

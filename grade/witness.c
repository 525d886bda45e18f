#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compare/thread.h"
#include "grade/witness_internal.h"

#define PAGE_ITEMS 500

static void lose(struct witness *w, const char *why)
{
    if (w->lost.kind == ERROR_NONE)
        error_set(&w->lost, ERROR_RUNTIME, "the grader no longer sees the pods: %s", why);
}

/* ---- the list ---- */

static int on_page(void *ctx, const char *target, json_t *page, struct error *err)
{
    struct witness *w = ctx;
    json_t *items = json_object_get(page, "items"), *pod;
    size_t i;

    if (!json_is_array(items))
        return error_set(err, ERROR_RUNTIME, "%s: the answer is no list", target);
    json_array_foreach(items, i, pod) witness_add(w, "ADDED", pod);
    snprintf(w->version, sizeof w->version, "%s", witness_text(json_object_get(page, "metadata"), "resourceVersion"));
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
    const char *type = witness_text(frame, "type"), *version = witness_text(json_object_get(object, "metadata"), "resourceVersion");

    pthread_mutex_lock(&w->lock);
    if (!frame || !strcmp(type, "ERROR")) {
        lose(w, frame ? witness_text(object, "message") : "a watch frame is no JSON");
    } else {
        if (strcmp(type, "BOOKMARK") != 0)
            witness_add(w, type, object);
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
    int failed;

    if (watch_on(w, err) < 0)
        return -1;
    failed = thread_start(&w->thread, work, w);
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

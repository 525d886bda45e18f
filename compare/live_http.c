#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/limits.h"
#include "compare/live_http_internal.h"
#include "compare/thread.h"

#define ANSWER_MAX ((size_t)128 << 20)
#define CONNECT_MS 3000L

/* signals are the loop's: they are to wake it */
static int start_thread(struct live_http *http, struct error *err)
{
    int failed = thread_start(&http->thread, live_http_work, http);

    if (failed)
        return error_set(err, ERROR_RUNTIME, "the thread for requests cannot be started: %s", strerror(failed));
    http->thread_runs = true;
    return 0;
}

static int make_pipe(struct live_http *http, struct error *err)
{
    int i;

    if (pipe(http->wake) < 0) {
        http->wake[0] = http->wake[1] = -1;
        return error_set(err, ERROR_RUNTIME, "pipe: %s", strerror(errno));
    }
    for (i = 0; i < 2; i++) {
        fcntl(http->wake[i], F_SETFL, O_NONBLOCK);
        fcntl(http->wake[i], F_SETFD, FD_CLOEXEC);
    }
    return 0;
}

struct live_http *live_http_open(struct api_client *client, struct error *err)
{
    struct live_http *http = calloc(1, sizeof *http);
    size_t i;

    if (!http) {
        error_no_memory(err);
        return NULL;
    }
    http->client = client;
    http->last = &http->first;
    pthread_mutex_init(&http->lock, NULL);
    pthread_cond_init(&http->taken, NULL);
    http->wake[0] = http->wake[1] = -1;
    for (i = 0; i < LIVE_CALLS_MAX; i++) {
        http->slots[i].http = http;
        buffer_init(&http->slots[i].answer, ANSWER_MAX);
    }
    http->multi = curl_multi_init();
    if (!http->multi)
        error_no_memory(err);
    if (http->multi && make_pipe(http, err) == 0 && start_thread(http, err) == 0)
        return http;
    live_http_close(http);
    return NULL;
}

static void stop_thread(struct live_http *http)
{
    if (!http->thread_runs)
        return;
    pthread_mutex_lock(&http->lock);
    http->stop = true;
    pthread_cond_signal(&http->taken);
    pthread_mutex_unlock(&http->lock);
    curl_multi_wakeup(http->multi);
    pthread_join(http->thread, NULL);
}

void live_http_close(struct live_http *http)
{
    struct news *next;
    size_t i;

    if (!http)
        return;
    stop_thread(http);
    for (; http->first; http->first = next) {
        next = http->first->next;
        free(http->first);
    }
    for (i = 0; i < LIVE_CALLS_MAX; i++) {
        if (http->slots[i].owner == THREAD)
            curl_multi_remove_handle(http->multi, http->slots[i].easy);
        curl_easy_cleanup(http->slots[i].easy);
        free(http->slots[i].body);
        buffer_free(&http->slots[i].answer);
    }
    if (http->multi)
        curl_multi_cleanup(http->multi);
    for (i = 0; i < 2; i++)
        if (http->wake[i] >= 0)
            close(http->wake[i]);
    pthread_cond_destroy(&http->taken);
    pthread_mutex_destroy(&http->lock);
    free(http);
}

/* a handle that served another server keeps nothing of it */
static int set_up(struct slot *slot, const struct live_call *call, const char *url, struct error *err)
{
    bool ours = *call->target == '/', get = !strcmp(call->method, "GET");

    curl_easy_reset(slot->easy);
    if (ours && api_client_configure(slot->http->client, slot->easy, err) < 0)
        return -1;
    curl_easy_setopt(slot->easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(slot->easy, CURLOPT_PRIVATE, slot);
    curl_easy_setopt(slot->easy, CURLOPT_ERRORBUFFER, slot->problem);
    curl_easy_setopt(slot->easy, CURLOPT_WRITEFUNCTION, live_http_on_body);
    curl_easy_setopt(slot->easy, CURLOPT_WRITEDATA, slot);
    curl_easy_setopt(slot->easy, CURLOPT_XFERINFOFUNCTION, live_http_on_progress);
    curl_easy_setopt(slot->easy, CURLOPT_XFERINFODATA, slot);
    curl_easy_setopt(slot->easy, CURLOPT_NOPROGRESS, call->on_data ? 0L : 1L);
    curl_easy_setopt(slot->easy, CURLOPT_TIMEOUT_MS, call->timeout_ms);
    curl_easy_setopt(slot->easy, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
    curl_easy_setopt(slot->easy, CURLOPT_TCP_KEEPALIVE, 1L);
    if (!ours && curl_easy_setopt(slot->easy, CURLOPT_PROXY, ""))
        return error_no_memory(err);
    if (!get) {
        /* any request with a body; CUSTOMREQUEST names it */
        curl_easy_setopt(slot->easy, CURLOPT_POSTFIELDS, slot->body ? slot->body : "");
        curl_easy_setopt(slot->easy, CURLOPT_POSTFIELDSIZE, slot->body ? (long)strlen(slot->body) : 0L);
    }
    if ((!get && curl_easy_setopt(slot->easy, CURLOPT_CUSTOMREQUEST, call->method)) || curl_easy_setopt(slot->easy, CURLOPT_URL, url))
        return error_no_memory(err);
    return 0;
}

static struct slot *free_slot(struct live_http *http)
{
    size_t i;

    for (i = 0; i < LIVE_CALLS_MAX; i++)
        if (http->slots[i].owner == NOBODY)
            return &http->slots[i];
    return NULL;
}

static void release(struct slot *slot)
{
    slot->owner = NOBODY;
    free(slot->body);
    slot->body = NULL;
    buffer_free(&slot->answer);
}

static void hand_over(struct slot *slot)
{
    struct live_http *http = slot->http;

    slot->owner = THREAD;
    http->busy++;
    pthread_mutex_lock(&http->lock);
    slot->cancel = false;
    http->starting[http->starting_count++] = slot;
    pthread_mutex_unlock(&http->lock);
    curl_multi_wakeup(http->multi);
}

int live_http_send(struct live_http *http, const struct live_call *call, struct error *err)
{
    struct slot *slot = free_slot(http);
    struct buffer url;
    int ret = -1;

    if (!slot)
        return error_set(err, ERROR_RUNTIME, "%d requests are under way", LIVE_CALLS_MAX);
    buffer_init(&url, LIMIT_TARGET_BYTES);
    slot->owner = LOOP;
    *slot->problem = '\0';
    slot->on_data = call->on_data;
    slot->on_done = call->on_done;
    slot->ctx = call->ctx;
    if (!slot->easy)
        slot->easy = curl_easy_init();
    if (!slot->easy || (call->body && !(slot->body = strdup(call->body)))) {
        error_no_memory(err);
        goto cleanup;
    }
    if (buffer_printf(&url, err, "%s%s", *call->target == '/' ? api_client_url(http->client) : "", call->target) < 0 ||
        set_up(slot, call, url.data, err) < 0)
        goto cleanup;
    if (*call->target == '/')
        api_client_count(http->client, call->method, call->target);
    hand_over(slot);
    ret = 0;
cleanup:
    if (ret < 0)
        release(slot);
    buffer_free(&url);
    return ret;
}

size_t live_http_room(const struct live_http *http)
{
    return LIVE_CALLS_MAX - http->busy;
}

int live_http_fd(const struct live_http *http)
{
    return http->wake[0];
}

static void take_data(const struct news *news)
{
    struct slot *slot = news->slot;

    /* once it was told to end, what was still on its way is nothing to it */
    if (slot->cancel || slot->on_data(slot->ctx, news->data, news->bytes, &news->time))
        return;
    pthread_mutex_lock(&slot->http->lock);
    slot->cancel = true;
    pthread_mutex_unlock(&slot->http->lock);
}

static void take_end(const struct news *news)
{
    struct slot *slot = news->slot;
    struct live_answer answer = {.why = "", .body = "", .at_us = news->time.at_us};
    struct buffer body = slot->answer;
    char problem[CURL_ERROR_SIZE];
    long status = 0;

    curl_easy_getinfo(slot->easy, CURLINFO_RESPONSE_CODE, &status);
    memcpy(problem, slot->problem, sizeof problem);
    answer.status = news->code ? 0 : (int)status;
    if (news->code)
        answer.why = *problem ? problem : curl_easy_strerror(news->code);
    if (body.bytes) {
        answer.body = body.data;
        answer.bytes = body.bytes;
    }
    /* the callback may want the slot again */
    buffer_init(&slot->answer, ANSWER_MAX);
    release(slot);
    slot->http->busy--;
    slot->on_done(slot->ctx, &answer);
    buffer_free(&body);
}

int live_http_turn(struct live_http *http, struct error *err)
{
    struct news *news, *next;
    bool no_memory, failed;
    char bytes[256];

    while (read(http->wake[0], bytes, sizeof bytes) > 0)
        ;
    pthread_mutex_lock(&http->lock);
    news = http->first;
    http->first = NULL;
    http->last = &http->first;
    http->news_bytes = 0;
    no_memory = http->no_memory;
    failed = http->failed;
    pthread_cond_signal(&http->taken);
    pthread_mutex_unlock(&http->lock);
    for (; news; news = next) {
        next = news->next;
        if (news->done)
            take_end(news);
        else
            take_data(news);
        free(news);
    }
    if (no_memory)
        return error_no_memory(err);
    return failed ? error_set(err, ERROR_RUNTIME, "libcurl's loop failed") : 0;
}

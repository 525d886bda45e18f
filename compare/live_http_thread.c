/*
 * live_http_thread.c: the thread that makes the requests: reads, notes when, tells the loop.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "compare/live_http_internal.h"
#include "compare/process.h"

#define NEWS_BYTES_MAX ((size_t)256 << 20) /* what the loop has not taken yet; beyond it the thread reads no more */
#define TICK_MS 20

static int64_t now_us(void)
{
    return clock_system()->monotonic_us(clock_system());
}

static void tell(struct live_http *http, struct slot *slot, bool done, CURLcode code, const char *data, size_t bytes, int64_t at_us)
{
    struct news *news = malloc(sizeof *news + bytes);
    ssize_t ignored;
    char byte = 0;

    pthread_mutex_lock(&http->lock);
    if (!news) {
        http->no_memory = true;
    } else {
        *news = (struct news){.slot = slot, .time = {at_us, at_us - http->caught_up_us}, .done = done, .code = code, .bytes = bytes};
        if (bytes)
            memcpy(news->data, data, bytes);
        *http->last = news;
        http->last = &news->next;
        http->news_bytes += bytes;
    }
    while (http->news_bytes > NEWS_BYTES_MAX && !http->stop)
        pthread_cond_wait(&http->taken, &http->lock);
    pthread_mutex_unlock(&http->lock);
    /* a full pipe wakes it too */
    ignored = write(http->wake[1], &byte, 1);
    (void)ignored;
}

static bool is_cancelled(struct slot *slot)
{
    bool cancel;

    pthread_mutex_lock(&slot->http->lock);
    cancel = slot->cancel;
    pthread_mutex_unlock(&slot->http->lock);
    return cancel;
}

/* the time is taken first */
size_t live_http_on_body(char *data, size_t size, size_t count, void *ctx)
{
    int64_t at_us = now_us();
    struct slot *slot = ctx;
    struct error err = ERROR_INIT;
    long status = 0;

    if (!slot->on_data)
        return buffer_add(&slot->answer, data, size * count, &err) < 0 ? 0 : size * count;
    curl_easy_getinfo(slot->easy, CURLINFO_RESPONSE_CODE, &status);
    if (is_cancelled(slot))
        return 0;
    /* the body of a refusal is no stream */
    if (status >= 200 && status <= 299)
        tell(slot->http, slot, false, CURLE_OK, data, size * count, at_us);
    return size * count;
}

int live_http_on_progress(void *ctx, curl_off_t total, curl_off_t now, curl_off_t up_total, curl_off_t up_now)
{
    (void)total, (void)now, (void)up_total, (void)up_now;
    return is_cancelled(ctx);
}

static bool start_new(struct live_http *http)
{
    bool stop, fine = true;
    size_t i;

    pthread_mutex_lock(&http->lock);
    for (i = 0; i < http->starting_count; i++)
        fine = curl_multi_add_handle(http->multi, http->starting[i]->easy) == CURLM_OK && fine;
    http->starting_count = 0;
    stop = http->stop;
    pthread_mutex_unlock(&http->lock);
    return fine && !stop;
}

/*
 * If there is nothing to read at first, all was read up to now. A wait that took longer than it was asked to means that the thread was not let run, and what
 * came may have waited since.
 */
static bool wait_for_data(struct live_http *http)
{
    int64_t asked_us, over_us;
    int ready = 0;

    if (curl_multi_poll(http->multi, NULL, 0, 0, &ready))
        return false;
    if (ready)
        return true;
    asked_us = now_us();
    if (curl_multi_poll(http->multi, NULL, 0, TICK_MS, &ready))
        return false;
    http->caught_up_us = now_us();
    over_us = http->caught_up_us - asked_us - TICK_MS * 1000;
    if (over_us > 0)
        http->caught_up_us -= over_us;
    return true;
}

void *live_http_work(void *ctx)
{
    struct live_http *http = ctx;
    CURLMsg *message;
    int running, left;

    thread_goes_first();
    http->caught_up_us = now_us();
    while (start_new(http) && curl_multi_perform(http->multi, &running) == CURLM_OK) {
        while ((message = curl_multi_info_read(http->multi, &left)) != NULL) {
            CURLcode code = message->data.result;
            CURL *easy = message->easy_handle;
            char *slot = NULL;

            curl_easy_getinfo(easy, CURLINFO_PRIVATE, &slot);
            curl_multi_remove_handle(http->multi, easy);
            tell(http, (struct slot *)(void *)slot, true, code, NULL, 0, now_us());
        }
        if (!wait_for_data(http))
            break;
    }
    pthread_mutex_lock(&http->lock);
    http->failed = !http->stop;
    pthread_mutex_unlock(&http->lock);
    return NULL;
}

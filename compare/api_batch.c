/*
 * api_batch.c: many requests of one client at once, over curl_multi.
 */
#include <stdlib.h>

#include "common/clock.h"
#include "common/limits.h"
#include "compare/api_client.h"

#define WAIT_MS 200 /* how often a wait looks at the stop flag */

struct slot {
    CURL *easy;
    struct buffer target, url, body, answer;
    size_t index;
    bool busy;
};

struct run {
    struct api_client *client;
    const struct api_batch *batch;
    CURLM *multi;
    struct slot *slots;
    size_t started, finished;
};

static size_t on_body(char *data, size_t size, size_t count, void *ctx)
{
    struct error err = ERROR_INIT;
    struct buffer *answer = ctx;

    /* the answer matters only when it is an error, and its beginning says which */
    if (answer->bytes + size * count <= LIMIT_ERROR_BODY_BYTES && buffer_add(answer, data, size * count, &err) < 0)
        return 0;
    return size * count;
}

static int open_slot(struct run *run, struct slot *slot, struct error *err)
{
    CURL *easy = slot->easy = curl_easy_init();

    buffer_init(&slot->target, LIMIT_TARGET_BYTES);
    buffer_init(&slot->url, LIMIT_TARGET_BYTES);
    buffer_init(&slot->body, LIMIT_REQUEST_BODY_BYTES);
    buffer_init(&slot->answer, LIMIT_ERROR_BODY_BYTES);
    if (!easy)
        return error_no_memory(err);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, slot);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, 60000L);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &slot->answer);
    return api_client_configure(run->client, easy, err);
}

static int start_next(struct run *run, struct slot *slot, struct error *err)
{
    const struct api_batch *batch = run->batch;

    buffer_clear(&slot->target);
    buffer_clear(&slot->url);
    buffer_clear(&slot->body);
    buffer_clear(&slot->answer);
    if (batch->fill(batch->ctx, run->started, &slot->target, &slot->body, err) < 0 ||
        buffer_printf(&slot->url, err, "%s%s", api_client_url(run->client), slot->target.data) < 0)
        return -1;
    curl_easy_setopt(slot->easy, CURLOPT_POSTFIELDS, slot->body.bytes ? slot->body.data : "");
    curl_easy_setopt(slot->easy, CURLOPT_POSTFIELDSIZE, (long)slot->body.bytes);
    if (curl_easy_setopt(slot->easy, CURLOPT_URL, slot->url.data) || curl_easy_setopt(slot->easy, CURLOPT_CUSTOMREQUEST, batch->method) ||
        curl_multi_add_handle(run->multi, slot->easy))
        return error_no_memory(err);
    api_client_count(run->client, batch->method, slot->target.data);
    slot->busy = true;
    slot->index = run->started++;
    return 0;
}

/* starts what is due and has a free slot; *wait_ms becomes how long nothing more is due */
static int start_due(struct run *run, int *wait_ms, struct error *err)
{
    const struct api_batch *batch = run->batch;
    int i;

    *wait_ms = WAIT_MS;
    for (i = 0; i < batch->inflight && run->started < batch->count; i++) {
        if (run->slots[i].busy)
            continue;
        if (batch->due_us) {
            int64_t early_us = batch->due_us(batch->ctx, run->started) - clock_system()->monotonic_us(clock_system());

            if (early_us > 0) {
                *wait_ms = early_us < WAIT_MS * 1000 ? (int)((early_us + 999) / 1000) : WAIT_MS;
                return 0;
            }
        }
        if (start_next(run, &run->slots[i], err) < 0)
            return -1;
    }
    return 0;
}

static int finish_done(struct run *run, struct error *err)
{
    const struct api_batch *batch = run->batch;
    CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(run->multi, &left)) != NULL) {
        CURLcode code = message->data.result;
        CURL *easy = message->easy_handle;
        struct slot *slot;
        long status = 0;

        curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&slot);
        curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
        curl_multi_remove_handle(run->multi, easy);
        slot->busy = false;
        run->finished++;
        if (code)
            return error_set(err, ERROR_RUNTIME, "%s %s: %s", batch->method, slot->url.data, curl_easy_strerror(code));
        if ((status < 200 || status > 299) && status != batch->accept_status)
            return api_error(err, batch->method, slot->target.data, (int)status, &slot->answer);
        if (batch->on_answer)
            batch->on_answer(batch->ctx, slot->index);
    }
    return 0;
}

static int run_all(struct run *run, struct error *err)
{
    int running, wait_ms;
    size_t finished;

    while (run->finished < run->batch->count) {
        if (run->batch->stop && *run->batch->stop)
            return error_set(err, ERROR_RUNTIME, "interrupted");
        if (start_due(run, &wait_ms, err) < 0)
            return -1;
        if (curl_multi_perform(run->multi, &running))
            return error_set(err, ERROR_RUNTIME, "libcurl's loop failed");
        if (run->batch->on_turn)
            run->batch->on_turn(run->batch->ctx);
        finished = run->finished;
        if (finish_done(run, err) < 0)
            return -1;
        /* an answer frees a slot: there may be more to send, or nothing to wait for */
        if (run->finished == finished && curl_multi_poll(run->multi, NULL, 0, wait_ms, NULL))
            return error_set(err, ERROR_RUNTIME, "libcurl's loop failed");
    }
    return 0;
}

int api_client_run(struct api_client *client, const struct api_batch *batch, struct error *err)
{
    struct run run = {client, batch, NULL, NULL, 0, 0};
    int i, opened, ret = -1;

    run.multi = curl_multi_init();
    run.slots = calloc((size_t)batch->inflight, sizeof *run.slots);
    if (!run.multi || !run.slots) {
        error_no_memory(err);
        goto cleanup;
    }
    for (i = 0; i < batch->inflight; i++)
        if (open_slot(&run, &run.slots[i], err) < 0)
            goto cleanup;
    ret = run_all(&run, err);
cleanup:
    opened = run.slots ? batch->inflight : 0;
    for (i = 0; i < opened; i++) {
        if (run.slots[i].busy)
            curl_multi_remove_handle(run.multi, run.slots[i].easy);
        curl_easy_cleanup(run.slots[i].easy);
        buffer_free(&run.slots[i].target);
        buffer_free(&run.slots[i].url);
        buffer_free(&run.slots[i].body);
        buffer_free(&run.slots[i].answer);
    }
    free(run.slots);
    if (run.multi)
        curl_multi_cleanup(run.multi);
    return ret;
}

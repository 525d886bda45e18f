#include "compare/live_http.h"

#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/limits.h"

#define ANSWER_MAX ((size_t)128 << 20)
#define CONNECT_MS 3000L

struct slot {
    struct live_http *http;
    CURL *easy;
    bool busy, streams;
    char problem[CURL_ERROR_SIZE];
    struct buffer answer;
    char *body;
    bool (*on_data)(void *ctx, const char *data, size_t bytes, int64_t at_us);
    void (*on_done)(void *ctx, const struct live_answer *answer);
    void *ctx;
};

struct live_http {
    struct api_client *client;
    CURLM *multi;
    size_t busy;
    struct slot slots[LIVE_CALLS_MAX];
};

static int64_t now_us(void)
{
    return clock_system()->monotonic_us(clock_system());
}

struct live_http *live_http_open(struct api_client *client, struct error *err)
{
    struct live_http *http = calloc(1, sizeof *http);
    size_t i;

    if (http)
        http->multi = curl_multi_init();
    if (!http || !http->multi) {
        free(http);
        error_no_memory(err);
        return NULL;
    }
    http->client = client;
    for (i = 0; i < LIVE_CALLS_MAX; i++) {
        http->slots[i].http = http;
        buffer_init(&http->slots[i].answer, ANSWER_MAX);
    }
    return http;
}

static void drop(struct slot *slot)
{
    if (slot->busy) {
        curl_multi_remove_handle(slot->http->multi, slot->easy);
        slot->http->busy--;
    }
    slot->busy = false;
    free(slot->body);
    slot->body = NULL;
    buffer_free(&slot->answer);
}

void live_http_close(struct live_http *http)
{
    size_t i;

    if (!http)
        return;
    for (i = 0; i < LIVE_CALLS_MAX; i++) {
        drop(&http->slots[i]);
        curl_easy_cleanup(http->slots[i].easy);
    }
    curl_multi_cleanup(http->multi);
    free(http);
}

static size_t on_body(char *data, size_t size, size_t count, void *ctx)
{
    struct slot *slot = ctx;
    struct error err = ERROR_INIT;
    long status = 0;

    if (!slot->on_data)
        return buffer_add(&slot->answer, data, size * count, &err) < 0 ? 0 : size * count;
    curl_easy_getinfo(slot->easy, CURLINFO_RESPONSE_CODE, &status);
    /* the body of a refusal is no stream */
    return status < 200 || status > 299 || slot->on_data(slot->ctx, data, size * count, now_us()) ? size * count : 0;
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
    curl_easy_setopt(slot->easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(slot->easy, CURLOPT_WRITEDATA, slot);
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
        if (!http->slots[i].busy)
            return &http->slots[i];
    return NULL;
}

int live_http_send(struct live_http *http, const struct live_call *call, struct error *err)
{
    struct slot *slot = free_slot(http);
    struct buffer url;
    int ret = -1;

    if (!slot)
        return error_set(err, ERROR_RUNTIME, "%d requests are under way", LIVE_CALLS_MAX);
    buffer_init(&url, LIMIT_TARGET_BYTES);
    buffer_clear(&slot->answer);
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
    if (curl_multi_add_handle(http->multi, slot->easy)) {
        error_no_memory(err);
        goto cleanup;
    }
    slot->busy = true;
    http->busy++;
    ret = 0;
cleanup:
    if (ret < 0)
        drop(slot);
    buffer_free(&url);
    return ret;
}

size_t live_http_room(const struct live_http *http)
{
    return LIVE_CALLS_MAX - http->busy;
}

static void finish(struct slot *slot, CURLcode code)
{
    struct live_answer answer = {.why = "", .body = "", .at_us = now_us()};
    struct buffer body = slot->answer;
    void (*on_done)(void *, const struct live_answer *) = slot->on_done;
    void *ctx = slot->ctx;
    char problem[CURL_ERROR_SIZE];
    long status = 0;

    curl_easy_getinfo(slot->easy, CURLINFO_RESPONSE_CODE, &status);
    memcpy(problem, slot->problem, sizeof problem);
    answer.status = code ? 0 : (int)status;
    if (code)
        answer.why = *problem ? problem : curl_easy_strerror(code);
    if (body.bytes) {
        answer.body = body.data;
        answer.bytes = body.bytes;
    }
    /* the callback may want the slot again */
    buffer_init(&slot->answer, ANSWER_MAX);
    drop(slot);
    buffer_init(&slot->answer, ANSWER_MAX);
    on_done(ctx, &answer);
    buffer_free(&body);
}

int live_http_turn(struct live_http *http, struct error *err)
{
    CURLMsg *message;
    int running, left;

    if (curl_multi_perform(http->multi, &running))
        return error_set(err, ERROR_RUNTIME, "libcurl's loop failed");
    while ((message = curl_multi_info_read(http->multi, &left)) != NULL) {
        CURLcode code = message->data.result;
        char *slot = NULL;

        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &slot);
        finish((struct slot *)(void *)slot, code);
    }
    return 0;
}

int live_http_wait(struct live_http *http, struct curl_waitfd *fds, unsigned count, int timeout_ms, struct error *err)
{
    if (curl_multi_poll(http->multi, fds, count, timeout_ms, NULL))
        return error_set(err, ERROR_RUNTIME, "libcurl's loop failed");
    return 0;
}

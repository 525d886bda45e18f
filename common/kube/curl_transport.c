/*
 * curl_transport.c: the life of a call: started, cancelled, ended, run out. How to wait is curl_loop.c's; how an easy handle is
 * set up is curl_call.c's, how it is used again curl_pool.c's; what a failure means is curl_problem.c's.
 *
 * Two rules shape it. libcurl does not let its callbacks start or end transfers, so inside on_data both are put off until it
 * has returned. And time limits are ours, not libcurl's: one check of one deadline a turn, instead of timers per request.
 */
#include "common/kube/curl_transport.h"

#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/kube/curl_parts.h"
#include "common/limits.h"

struct curl_transport {
    struct transport base;
    struct curl_loop loop;
    struct curl_setup *setup;
    struct curl_pool pool;
    struct transport_call *active, *starting;
    bool cancels;        /* some of the active calls are cancelled, and wait for libcurl to return */
    int64_t deadline_us; /* no call runs out before this; NEVER: none can */
};

static struct curl_transport *from_base(struct transport *transport)
{
    return transport->impl;
}

/*
 * What libcurl calls.
 */

static size_t on_write(char *data, size_t size, size_t count, void *ctx)
{
    struct transport_call *call = ctx;
    size_t bytes = size * count;

    if (call->cancelled)
        return bytes;
    if (call->status == 0) {
        long status = 0;

        curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
        call->status = (int)status;
    }
    call->bytes_in += bytes;
    call->last_byte_us = call->owner->loop.now_us;
    call->owner->loop.progress = true;
    if (call->request.on_data && call->request.on_data(call->request.ctx, call->status, data, bytes) < 0) {
        call->aborted = true;
        return bytes + 1; /* any other number than `bytes` ends the transfer */
    }
    return bytes;
}

/*
 * Calls.
 */

static void link_call(struct transport_call **list, struct transport_call *call)
{
    call->previous = NULL;
    call->next = *list;
    if (*list)
        (*list)->previous = call;
    *list = call;
}

static void unlink_call(struct transport_call **list, struct transport_call *call)
{
    if (call->previous)
        call->previous->next = call->next;
    else
        *list = call->next;
    if (call->next)
        call->next->previous = call->previous;
}

static struct transport_call *take_call(struct curl_transport *t, struct error *err)
{
    struct transport_call *call = curl_pool_take(&t->pool, t->setup, curl_header_take, on_write, err);

    if (call)
        call->owner = t;
    return call;
}

/* when this call runs out, as far as is known now */
static int64_t deadline_of(const struct transport_call *call)
{
    int64_t total = call->request.timeout_ms ? call->started_us + call->request.timeout_ms * 1000 : NEVER;
    int64_t idle = call->request.idle_timeout_ms ? call->last_byte_us + call->request.idle_timeout_ms * 1000 : NEVER;

    return total < idle ? total : idle;
}

static void hand_to_curl(struct curl_transport *t, struct transport_call *call)
{
    call->added = true;
    if (curl_multi_add_handle(t->loop.multi, call->easy) == CURLM_OK)
        return;
    /* out of memory in libcurl: reported by the next turn, as a call that ran out */
    call->added = false;
    call->failed = CURLE_OUT_OF_MEMORY;
    t->deadline_us = 0;
}

static struct transport_call *transport_start(struct transport *transport, const struct transport_request *request, struct error *err)
{
    struct curl_transport *t = from_base(transport);
    struct transport_call *call;
    int64_t deadline;

    if (strlen(request->target) > LIMIT_TARGET_BYTES) {
        error_set(err, ERROR_RUNTIME, "a request target of more than %u bytes", LIMIT_TARGET_BYTES);
        return NULL;
    }
    call = take_call(t, err);
    if (!call)
        return NULL;
    call->request = *request;
    call->request.target = NULL;
    call->status = 0;
    call->bytes_in = 0;
    call->aborted = call->cancelled = call->added = false;
    call->failed = CURLE_OK;
    call->resend = call->headers_began = call->headers_ended = false;
    if (curl_call_set(t->setup, call, request, err) < 0) {
        curl_pool_give(&t->pool, t->setup, call);
        return NULL;
    }
    call->started_us = call->last_byte_us = clock_system()->monotonic_us(clock_system());
    deadline = deadline_of(call);
    if (deadline < t->deadline_us)
        t->deadline_us = deadline;
    link_call(&t->active, call);
    if (t->loop.inside) {
        call->deferred = t->starting;
        t->starting = call;
    } else {
        hand_to_curl(t, call);
    }
    return call;
}

/* ends a call without a word; not inside libcurl */
static void drop_call(struct curl_transport *t, struct transport_call *call)
{
    if (call->added)
        curl_multi_remove_handle(t->loop.multi, call->easy);
    unlink_call(&t->active, call);
    curl_pool_give(&t->pool, t->setup, call);
}

static void transport_cancel(struct transport *transport, struct transport_call *call)
{
    struct curl_transport *t = from_base(transport);

    call->cancelled = true;
    if (t->loop.inside)
        t->cancels = true;
    else
        drop_call(t, call);
}

static int transport_set_token(struct transport *transport, const char *token, struct error *err)
{
    return curl_setup_token(from_base(transport)->setup, token, err);
}

static int transport_set_client_certificate(struct transport *transport, const char *cert_pem, const char *key_pem, struct error *err)
{
    return curl_setup_certificate(from_base(transport)->setup, cert_pem, key_pem, err);
}

static int transport_add_source(struct transport *transport, const struct transport_source *source, struct error *err)
{
    return curl_loop_add_source(&from_base(transport)->loop, source, err);
}

/*
 * Ends of calls.
 */

static int64_t retry_after_ms(const struct transport_call *call)
{
    curl_off_t seconds = 0;

    if (curl_easy_getinfo(call->easy, CURLINFO_RETRY_AFTER, &seconds) != CURLE_OK || seconds <= 0)
        return -1;
    return seconds < INT64_MAX / 1000 ? (int64_t)seconds * 1000 : -1;
}

static void finish_call(struct curl_transport *t, struct transport_call *call, CURLcode code, enum call_limit limit)
{
    struct transport_result result = {.retry_after_ms = -1};
    long status = 0;
    curl_off_t sent = 0;

    if (call->added)
        curl_easy_getinfo(call->easy, CURLINFO_SIZE_UPLOAD_T, &sent);
    if (call->headers_began) { /* else the handle may still tell of its last request */
        curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
        result.retry_after_ms = status >= 300 ? retry_after_ms(call) : -1;
        result.date = *call->date ? call->date : NULL;
    }
    result.status = (int)status;
    result.bytes_in = call->bytes_in;
    result.bytes_out = (uint64_t)sent;
    curl_problem_fill(t->setup, call, code, limit, &result);
    if (call->added)
        curl_multi_remove_handle(t->loop.multi, call->easy);
    unlink_call(&t->active, call);
    t->loop.progress = true;
    call->request.on_done(call->request.ctx, &result);
    curl_pool_give(&t->pool, t->setup, call);
}

/* what callbacks asked for while libcurl was on the stack */
static void settle(struct curl_transport *t)
{
    struct transport_call *call, *next;

    for (call = t->starting; call; call = next) {
        next = call->deferred;
        hand_to_curl(t, call);
    }
    t->starting = NULL;
    for (call = t->cancels ? t->active : NULL; call; call = next) {
        next = call->next;
        if (call->cancelled)
            drop_call(t, call);
    }
    t->cancels = false;
}

static void finish_completed(struct curl_transport *t)
{
    CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(t->loop.multi, &left))) {
        CURLcode code = message->data.result;
        char *call = NULL;

        if (message->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &call);
        finish_call(t, (struct transport_call *)(void *)call, code, LIMIT_NONE);
    }
}

/* Ends the calls that have run out, and finds the time of the next. */
static void finish_expired(struct curl_transport *t)
{
    struct transport_call *call;

again:
    t->deadline_us = NEVER;
    for (call = t->active; call; call = call->next) {
        int64_t deadline = deadline_of(call);

        if (call->failed != CURLE_OK || deadline <= t->loop.now_us) {
            bool total = call->request.timeout_ms && call->started_us + call->request.timeout_ms * 1000 <= t->loop.now_us;

            finish_call(t, call, call->failed, call->failed ? LIMIT_NONE : total ? LIMIT_TOTAL : LIMIT_IDLE);
            goto again; /* the callback may have changed the list anywhere */
        }
        if (deadline < t->deadline_us)
            t->deadline_us = deadline;
    }
}

/* lets libcurl do what is due, and makes the callbacks of the calls that have ended */
static int run_due(struct curl_transport *t, struct error *err)
{
    int ret = curl_loop_run_due(&t->loop, err);

    settle(t);
    if (ret == 0)
        finish_completed(t);
    return ret;
}

/* one poll(2) and what it brings */
static int turn(struct curl_transport *t, int64_t until_us, struct error *err)
{
    int ret;

    if (t->deadline_us < until_us)
        until_us = t->deadline_us;
    ret = curl_loop_poll(&t->loop, t->loop.progress ? 0 : until_us, err);
    settle(t);
    if (ret < 0)
        return -1;
    curl_loop_dispatch(&t->loop);
    if (run_due(t, err) < 0)
        return -1;
    /* after all bytes that are there were read: the caller may have been away for longer than a limit */
    if (t->deadline_us <= t->loop.now_us)
        finish_expired(t);
    return 0;
}

static int transport_wait(struct transport *transport, int64_t timeout_ms, struct error *err)
{
    struct curl_transport *t = from_base(transport);
    int64_t until_us;

    t->loop.progress = false;
    curl_loop_read_clock(&t->loop);
    until_us = timeout_ms < 0 || timeout_ms > (NEVER - t->loop.now_us) / 1000 ? NEVER : t->loop.now_us + timeout_ms * 1000;
    if (run_due(t, err) < 0)
        return -1;
    do {
        if (turn(t, until_us, err) < 0)
            return -1;
    } while (!t->loop.progress && t->loop.now_us < until_us);
    return 0;
}

static void transport_close(struct transport *transport)
{
    struct curl_transport *t = from_base(transport);

    while (t->active)
        drop_call(t, t->active);
    curl_pool_free(&t->pool);
    curl_loop_close(&t->loop);
    curl_setup_free(t->setup);
    free(t);
    curl_global_cleanup();
}

struct transport *curl_transport_open(const struct kube_config *config, const char *user_agent, struct error *err)
{
    struct curl_transport *t;
    struct transport_call *first;

    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        error_set(err, ERROR_RUNTIME, "libcurl cannot be set up");
        return NULL;
    }
    t = calloc(1, sizeof *t);
    if (!t) {
        curl_global_cleanup();
        error_no_memory(err);
        return NULL;
    }
    t->base = (struct transport){t,
                                 transport_start,
                                 transport_cancel,
                                 transport_wait,
                                 transport_set_token,
                                 transport_set_client_certificate,
                                 transport_add_source,
                                 transport_close};
    t->deadline_us = NEVER;
    t->setup = curl_setup_open(config, user_agent, err);
    /* the first handle is made here, so that what libcurl cannot do is said at the start */
    if (!t->setup || curl_loop_open(&t->loop, t->setup->http2, err) < 0 || !(first = take_call(t, err))) {
        transport_close(&t->base);
        return NULL;
    }
    curl_pool_give(&t->pool, t->setup, first);
    return &t->base;
}

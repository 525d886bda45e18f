#include "tests/unit/support/fake_transport.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define START_US 1000000000
#define WALL_US INT64_C(1700000000000000) /* at START_US */

/* ---- the clock ---- */

static int64_t monotonic_us(const struct clock *clock)
{
    const struct fake *fake = clock->impl;

    return fake->now_us;
}

static int64_t wall_us(const struct clock *clock)
{
    return WALL_US + monotonic_us(clock) - START_US;
}

void fake_pump(struct fake *fake)
{
    kube_timers_fire(&fake->timers, fake->now_us);
}

void fake_advance_ms(struct fake *fake, int64_t ms)
{
    int64_t until = fake->now_us + ms * 1000, next;

    /* one that sets itself again without end must not hold the test up */
    for (int turns = 0; turns < 10000 && (next = kube_timers_next(&fake->timers)) <= until; turns++) {
        if (next > fake->now_us)
            fake->now_us = next;
        fake_pump(fake);
    }
    fake->now_us = until;
}

int64_t fake_step(struct fake *fake)
{
    int64_t before = fake->now_us, next = kube_timers_next(&fake->timers);

    if (next == TIMER_NEVER)
        return -1;
    if (next > fake->now_us)
        fake->now_us = next;
    fake_pump(fake);
    return fake->now_us - before;
}

/* ---- the transport ---- */

static void free_call(struct fake_call *call)
{
    free(call->target);
    free(call->body);
    free(call);
}

static struct transport_call *start(struct transport *transport, const struct transport_request *request, struct error *err)
{
    struct fake *fake = transport->impl;
    struct fake_call *call = fake->refuse_starts > 0 ? NULL : calloc(1, sizeof *call);

    if (fake->refuse_starts > 0)
        fake->refuse_starts--;
    if (call) {
        call->target = strdup(request->target);
        call->body = strndup(request->body ? request->body : "", request->body_bytes);
    }
    if (!call || !call->target || !call->body) {
        if (call)
            free_call(call);
        error_no_memory(err);
        return NULL;
    }
    call->request = *request;
    call->method = request->method;
    call->content_type = request->content_type ? request->content_type : "";
    call->body_bytes = request->body_bytes;
    call->timeout_ms = request->timeout_ms;
    call->idle_timeout_ms = request->idle_timeout_ms;
    call->at_us = fake->now_us;
    if (fake->last)
        fake->last->next = call;
    else
        fake->first = call;
    fake->last = call;
    if (!fake->untaken)
        fake->untaken = call;
    fake->count++;
    return (struct transport_call *)call;
}

static void cancel(struct transport *transport, struct transport_call *call)
{
    (void)transport;
    ((struct fake_call *)call)->state = FAKE_CANCELLED;
}

static int wait_for(struct transport *transport, int64_t timeout_ms, struct error *err)
{
    struct fake *fake = transport->impl;

    (void)err;
    if (fake->on_wait)
        fake->on_wait(fake, timeout_ms);
    return 0;
}

static int set_token(struct transport *transport, const char *token, struct error *err)
{
    struct fake *fake = transport->impl;

    if (fake->refuse_tokens > 0) {
        fake->refuse_tokens--;
        return error_no_memory(err);
    }
    snprintf(fake->token, sizeof fake->token, "%s", token ? token : "");
    fake->tokens++;
    return 0;
}

static int set_client_certificate(struct transport *transport, const char *cert_pem, const char *key_pem, struct error *err)
{
    struct fake *fake = transport->impl;

    (void)err;
    snprintf(fake->cert, sizeof fake->cert, "%s", cert_pem);
    snprintf(fake->key, sizeof fake->key, "%s", key_pem);
    fake->certs++;
    return 0;
}

static int add_source(struct transport *transport, const struct transport_source *source, struct error *err)
{
    (void)transport, (void)source, (void)err;
    return 0;
}

static void close_transport(struct transport *transport)
{
    (void)transport;
}

static void on_warning(void *ctx, const char *text)
{
    struct fake *fake = ctx;

    snprintf(fake->warning[fake->warnings++ % FAKE_WARNINGS], sizeof fake->warning[0], "%s", text);
}

const char *fake_warning(const struct fake *fake)
{
    return fake->warnings ? fake->warning[(fake->warnings - 1) % FAKE_WARNINGS] : "";
}

int fake_open(struct fake *fake, struct kube_credentials *credentials, struct metrics *metrics, struct error *err)
{
    struct kube_client_options options = {&fake->transport, &fake->clock, &fake->timers, credentials, metrics, 1, on_warning, fake};
    bool no_certificates = fake->no_certificates;

    *fake = (struct fake){.clock = {fake, monotonic_us, wall_us}, .now_us = START_US};
    fake->transport = (struct transport){
        fake, start, cancel, wait_for, set_token, no_certificates ? NULL : set_client_certificate, add_source, close_transport};
    fake->client = kube_client_new(&options, err);
    return fake->client ? 0 : -1;
}

void fake_close(struct fake *fake)
{
    while (fake->first) {
        struct fake_call *call = fake->first;

        fake->first = call->next;
        free_call(call);
    }
    kube_client_free(fake->client);
    fake->client = NULL;
    fake->last = fake->untaken = NULL;
}

/* ---- the server's side ---- */

struct fake_call *fake_take(struct fake *fake)
{
    struct fake_call *call = fake->untaken;

    while (call && call->state == FAKE_CANCELLED)
        call = call->next;
    fake->untaken = call ? call->next : NULL;
    return call;
}

int fake_open_calls(const struct fake *fake)
{
    int open = 0;

    for (const struct fake_call *call = fake->first; call; call = call->next)
        open += call->state == FAKE_OPEN;
    return open;
}

static void finish(struct fake_call *call, struct transport_result result)
{
    if (call->state != FAKE_OPEN)
        abort(); /* the test answers what is over */
    call->state = FAKE_DONE;
    result.bytes_in = call->bytes_in;
    result.bytes_out = call->body_bytes;
    call->request.on_done(call->request.ctx, &result);
}

bool fake_feed(struct fake_call *call, int status, const char *text, size_t bytes)
{
    if (call->state != FAKE_OPEN)
        abort();
    call->status = status;
    call->bytes_in += bytes;
    if (!call->request.on_data || call->request.on_data(call->request.ctx, status, text, bytes) == 0)
        return true;
    finish(call, (struct transport_result){.status = status, .aborted = true, .retry_after_ms = -1, .problem = "stopped"});
    return false;
}

bool fake_feed_text(struct fake_call *call, const char *text)
{
    return fake_feed(call, 200, text, strlen(text));
}

void fake_answer_with(struct fake_call *call, int status, int64_t retry_after_s, const char *body)
{
    if (*body && !fake_feed(call, status, body, strlen(body)))
        return;
    finish(call,
           (struct transport_result){.status = status, .complete = true, .retry_after_ms = retry_after_s < 0 ? -1 : retry_after_s * 1000});
}

void fake_answer(struct fake_call *call, int status, const char *body)
{
    fake_answer_with(call, status, -1, body);
}

void fake_fail(struct fake_call *call, int status, const char *reason, const char *message)
{
    char body[1024];

    snprintf(body, sizeof body,
             "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":\"Failure\",\"message\":\"%s\",\"reason\":\"%s\","
             "\"code\":%d}",
             message, reason, status);
    fake_answer(call, status, body);
}

void fake_answer_pieces(struct fake_call *call, int status, const char *body, size_t piece)
{
    size_t bytes = strlen(body);

    for (size_t at = 0; at < bytes; at += piece)
        if (!fake_feed(call, status, body + at, bytes - at < piece ? bytes - at : piece))
            return;
    finish(call, (struct transport_result){.status = status, .complete = true, .retry_after_ms = -1});
}

void fake_end(struct fake_call *call)
{
    finish(call, (struct transport_result){.status = call->status ? call->status : 200, .complete = true, .retry_after_ms = -1});
}

void fake_cut(struct fake_call *call)
{
    finish(call, (struct transport_result){.status = call->status, .retry_after_ms = -1, .problem = "the connection broke"});
}

void fake_lose(struct fake_call *call)
{
    finish(call, (struct transport_result){.retry_after_ms = -1, .problem = "no answer came"});
}

void fake_refuse(struct fake_call *call)
{
    finish(call, (struct transport_result){.unsent = true, .retry_after_ms = -1, .problem = "connection refused"});
}

#include "tests/faults/support/world_call.h"

#include <stdlib.h>
#include <string.h>

static void free_call(struct call *call)
{
    struct call **link = &call->client->calls;

    while (*link != call)
        link = &(*link)->next;
    *link = call->next;
    if (call->has_response) {
        if (call->response.watch)
            sim_watch_close(call->response.watch);
        sim_response_free(&call->response);
    }
    free(call->target);
    free(call->body);
    free(call);
}

static struct transport_call *start(struct transport *transport, const struct transport_request *request, struct error *err)
{
    struct client *client = transport->impl;
    struct call *call = calloc(1, sizeof *call), **last = &client->calls;

    if (!call) {
        error_no_memory(err);
        return NULL;
    }
    call->client = client;
    call->request = *request;
    call->target = strdup(request->target);
    call->body = request->body ? strndup(request->body, request->body_bytes) : NULL;
    call->due_us = client->world->now_us + world_latency(client->world);
    while (*last)
        last = &(*last)->next;
    *last = call;
    return (struct transport_call *)call;
}

static void cancel(struct transport *transport, struct transport_call *transport_call)
{
    (void)transport;
    free_call((struct call *)transport_call);
}

static void end_call(struct call *call, bool complete, bool aborted, const char *problem)
{
    struct transport_result result = {.status = call->has_response && !call->broken ? call->response.status
                                                : call->delivered                   ? 200
                                                                                    : 0,
                                      .complete = complete,
                                      .aborted = aborted,
                                      .unsent = call->refused,
                                      .retry_after_ms = -1,
                                      .bytes_in = call->delivered,
                                      .problem = problem};
    struct transport_request request = call->request;

    if (call->has_response && call->response.retry_after_s)
        result.retry_after_ms = call->response.retry_after_s * 1000;
    free_call(call);
    request.on_done(request.ctx, &result);
}

/* hands out bytes in pieces of chance, so that every cut of a stream comes up; false when the client said stop */
static bool hand_out(struct call *call, const char *data, size_t bytes)
{
    struct world *world = call->client->world;

    while (bytes) {
        size_t piece = world_chance(world, 60) ? bytes : 1 + world_random(world, (uint32_t)bytes);

        if (call->request.on_data(call->request.ctx, call->response.status, data, piece) < 0)
            return false;
        call->delivered += piece;
        data += piece;
        bytes -= piece;
    }
    return true;
}

static void deliver_answer(struct call *call)
{
    const struct sim_fault *fault = &call->response.fault;
    size_t bytes = call->response.body.bytes;
    bool cut = fault->cut_at_byte >= 0 && (size_t)fault->cut_at_byte < bytes;

    if (cut)
        bytes = (size_t)fault->cut_at_byte;
    if (!hand_out(call, call->response.body.data, bytes))
        end_call(call, false, true, "stopped");
    else
        end_call(call, !cut, false, cut ? "the connection broke" : NULL);
}

static void deliver_stream(struct call *call)
{
    struct sim_watch *watch = call->response.watch;
    char piece[4096];
    size_t bytes;

    call->due_us = INT64_MAX;
    while ((bytes = sim_watch_read(watch, piece, sizeof piece)) > 0)
        if (!hand_out(call, piece, bytes)) {
            end_call(call, false, true, "stopped");
            return;
        }
    if (sim_watch_torn(watch))
        end_call(call, false, false, "the connection broke");
    else if (sim_watch_ended(watch))
        end_call(call, true, false, NULL);
}

/* makes the callbacks that are due for a client; true when there was one */
static bool deliver(struct client *client)
{
    int64_t now = client->world->now_us;
    bool any = false;

again:
    for (struct call *call = client->calls; call; call = call->next) {
        if (call->due_us > now || (call->state == ON_THE_WAY && !call->refused))
            continue;
        any = true;
        if (call->refused)
            end_call(call, false, false, "connection refused");
        else if (call->broken)
            end_call(call, false, false, "the connection broke");
        else if (call->state == STREAMING)
            deliver_stream(call);
        else
            deliver_answer(call);
        goto again; /* the list has changed */
    }
    return any;
}

static int wait_for(struct transport *transport, int64_t timeout_ms, struct error *err)
{
    struct client *client = transport->impl;
    struct world *world = client->world;
    int64_t deadline = timeout_ms < 0 ? INT64_MAX : world->now_us + timeout_ms * 1000;

    for (;;) {
        if (client->dead)
            return error_set(err, ERROR_RUNTIME, "killed");
        if (deliver(client) || timeout_ms == 0)
            return 0;
        if (!world_advance(world, client, deadline)) {
            if (deadline == INT64_MAX)
                return error_set(err, ERROR_RUNTIME, "stuck: nothing will ever happen");
            return 0;
        }
    }
}

void call_drop_all(struct client *client)
{
    while (client->calls)
        free_call(client->calls);
}

static int set_token(struct transport *transport, const char *token, struct error *err)
{
    (void)transport;
    (void)token;
    (void)err;
    return 0;
}

static int add_source(struct transport *transport, const struct transport_source *source, struct error *err)
{
    (void)transport;
    (void)source;
    (void)err;
    return 0;
}

static void close_transport(struct transport *transport)
{
    call_drop_all(transport->impl);
}

void call_open_transport(struct client *client)
{
    client->transport = (struct transport){client, start, cancel, wait_for, set_token, NULL, add_source, close_transport};
}

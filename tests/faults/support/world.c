#include "tests/faults/support/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum call_state { ON_THE_WAY, ANSWERED, STREAMING };

struct call {
    struct client *client;
    struct transport_request request;
    char *target, *body;
    enum call_state state;
    int64_t due_us; /* when it reaches the other side; INT64_MAX: waits for the stream */
    struct sim_response response;
    bool has_response, refused, broken; /* broken: no (more) answer will come */
    size_t delivered;
    struct call *next;
};

/* ---- chance and time ---- */

static uint64_t next_random(struct world *world)
{
    uint64_t z = world->random += 0x9e3779b97f4a7c15u;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

uint32_t world_random(struct world *world, uint32_t n)
{
    return (uint32_t)((next_random(world) >> 32) % n);
}

bool world_chance(struct world *world, uint32_t percent)
{
    return world_random(world, 100) < percent;
}

static int64_t virtual_monotonic_us(const struct clock *clock)
{
    const struct world *world = clock->impl;

    return world->now_us;
}

static int64_t virtual_wall_us(const struct clock *clock)
{
    const struct world *world = clock->impl;

    return 1700000000000000 + world->now_us;
}

static int64_t latency(struct world *world)
{
    return 1 + world_random(world, (uint32_t)world->latency_us);
}

/* ---- a client's side of a call ---- */

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
    call->due_us = client->world->now_us + latency(client->world);
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

/* ---- the server's side ---- */

static void on_stream_ready(void *ctx)
{
    struct call *call = ctx;
    struct world *world = call->client->world;

    if (call->due_us == INT64_MAX)
        call->due_us = world->now_us + latency(world);
}

static void arrive(struct call *call)
{
    struct world *world = call->client->world;
    struct sim_request request = {.method = call->request.method,
                                  .target = call->target,
                                  .content_type = call->request.content_type,
                                  .user = "scheduler",
                                  .body = call->body,
                                  .body_bytes = call->request.body_bytes};
    struct error err = ERROR_INIT;

    call->due_us = world->now_us + latency(world);
    if (world->now_us < world->down_until_us) {
        call->refused = true;
        return;
    }
    if (sim_handle(world->sim, &request, &call->response, &err) < 0) {
        fprintf(stderr, "simulator: %s\n", err.text);
        abort();
    }
    call->has_response = true;
    if (world->on_request)
        world->on_request(world->ctx, request.method, call->target, call->body, call->response.fault.reset ? 0 : call->response.status);
    call->broken = call->response.fault.reset || call->response.fault.lost_answer;
    call->due_us += call->response.fault.delay_ms * 1000;
    call->state = ANSWERED;
    if (call->response.watch && !call->broken) {
        call->state = STREAMING;
        call->due_us = INT64_MAX;
        sim_watch_on_ready(call->response.watch, on_stream_ready, call);
        on_stream_ready(call);
    }
}

void world_server_down(struct world *world, int64_t for_us)
{
    world->down_until_us = world->now_us + for_us;
    for (int i = 0; i < WORLD_SCHEDULERS; i++)
        for (struct call *call = world->clients[i].calls; call; call = call->next) {
            if (call->state == ON_THE_WAY)
                call->refused = true;
            call->broken = true;
            call->due_us = world->now_us + latency(world);
        }
}

/* ---- time goes on ---- */

static void step_client(struct client *client)
{
    if (!client->scheduler || client->in_turn || client->dead)
        return;
    client->in_turn = true;
    scheduler_turn(client->scheduler, 0);
    client->in_turn = false;
}

static bool client_is_due(struct client *client, int64_t now)
{
    if (!client->scheduler || client->in_turn || client->dead)
        return false;
    for (struct call *call = client->calls; call; call = call->next)
        if (call->due_us <= now && (call->state != ON_THE_WAY || call->refused))
            return true;
    return scheduler_next_us(client->scheduler) <= now;
}

/* Whether something that reaches this client can be handed to it now: it waits for it itself, or the world can step it. One that is in the middle
 * of something else gets it later. */
static bool can_take(const struct client *client, const struct client *waiting)
{
    return client == waiting || (client->scheduler && !client->in_turn && !client->dead);
}

static int64_t next_event(struct world *world, const struct client *waiting)
{
    int64_t next = sim_next_tick_us(world->sim), other = world->next_us ? world->next_us(world->ctx) : INT64_MAX;

    if (other < next)
        next = other;
    for (int i = 0; i < WORLD_SCHEDULERS; i++) {
        struct client *client = &world->clients[i];

        for (struct call *call = client->calls; call; call = call->next)
            if (call->due_us < next && ((call->state == ON_THE_WAY && !call->refused) || can_take(client, waiting)))
                next = call->due_us;
        if (client->scheduler && !client->in_turn && !client->dead && (other = scheduler_next_us(client->scheduler)) < next)
            next = other;
    }
    return next;
}

/* Goes to the next event, unless that is after the deadline; then time stands at the deadline and false is returned. */
static bool advance(struct world *world, const struct client *waiting, int64_t deadline)
{
    struct error err = ERROR_INIT;
    int64_t next = next_event(world, waiting);

    if (next > deadline) {
        if (world->now_us < deadline && deadline != INT64_MAX)
            world->now_us = deadline;
        return false;
    }
    if (next > world->now_us)
        world->now_us = next;
    world->steps++;
    for (int i = 0; i < WORLD_SCHEDULERS; i++)
        for (struct call *call = world->clients[i].calls; call; call = call->next)
            if (call->state == ON_THE_WAY && !call->refused && call->due_us <= world->now_us)
                arrive(call);
    if (sim_next_tick_us(world->sim) <= world->now_us && sim_tick(world->sim, &err) < 0)
        abort();
    if (world->next_us && world->next_us(world->ctx) <= world->now_us)
        world->act(world->ctx);
    for (int i = 0; i < WORLD_SCHEDULERS; i++)
        if (client_is_due(&world->clients[i], world->now_us))
            step_client(&world->clients[i]);
    return true;
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
        if (!advance(world, client, deadline)) {
            if (deadline == INT64_MAX)
                return error_set(err, ERROR_RUNTIME, "stuck: nothing will ever happen");
            return 0;
        }
    }
}

void world_run(struct world *world, int64_t until_us, bool (*done)(void *ctx))
{
    while (!(done && done(world->ctx)) && advance(world, NULL, until_us))
        ;
}

/* ---- the rest of the transport ---- */

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
    struct client *client = transport->impl;

    while (client->calls)
        free_call(client->calls);
}

void world_kill(struct client *client)
{
    client->dead = true;
}

void world_revive(struct client *client)
{
    while (client->calls)
        free_call(client->calls);
    client->dead = false;
}

int world_request(struct world *world, const char *method, const char *target, const char *content_type, const char *body,
                  struct buffer *out)
{
    struct sim_request request = {.method = method,
                                  .target = target,
                                  .content_type = content_type,
                                  .user = "admin",
                                  .body = body,
                                  .body_bytes = body ? strlen(body) : 0};
    struct sim_response response;
    struct error err = ERROR_INIT;
    int status;

    if (sim_handle(world->sim, &request, &response, &err) < 0)
        abort();
    status = response.status;
    buffer_clear(out);
    if (response.body.bytes && buffer_add(out, response.body.data, response.body.bytes, &err) < 0)
        abort();
    sim_response_free(&response);
    return status;
}

void world_init(struct world *world, uint64_t seed)
{
    struct sim_options options = {
        .clock = &world->clock, .seed = seed, .cluster_name = "chaos", .kubelet_start_ms = 300, .history = 200, .bookmark_ms = 5000};
    struct error err = ERROR_INIT;

    *world = (struct world){.clock = {world, virtual_monotonic_us, virtual_wall_us}, .now_us = 1000000, .random = seed, .latency_us = 3000};
    world->sim = sim_new(&options, &err);
    if (!world->sim)
        abort();
    for (int i = 0; i < WORLD_SCHEDULERS; i++) {
        struct client *client = &world->clients[i];

        client->world = world;
        client->transport = (struct transport){client, start, cancel, wait_for, set_token, NULL, add_source, close_transport};
    }
}

void world_free(struct world *world)
{
    for (int i = 0; i < WORLD_SCHEDULERS; i++)
        close_transport(&world->clients[i].transport);
    sim_free(world->sim);
}

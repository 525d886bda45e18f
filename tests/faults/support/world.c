#include "tests/faults/support/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/faults/support/world_call.h"

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

int64_t world_latency(struct world *world)
{
    return 1 + world_random(world, (uint32_t)world->latency_us);
}

/* ---- the server's side ---- */

static void on_stream_ready(void *ctx)
{
    struct call *call = ctx;
    struct world *world = call->client->world;

    if (call->due_us == INT64_MAX)
        call->due_us = world->now_us + world_latency(world);
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

    call->due_us = world->now_us + world_latency(world);
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
            call->due_us = world->now_us + world_latency(world);
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

bool world_advance(struct world *world, const struct client *waiting, int64_t deadline)
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

void world_run(struct world *world, int64_t until_us, bool (*done)(void *ctx))
{
    while (!(done && done(world->ctx)) && world_advance(world, NULL, until_us))
        ;
}

/* ---- clients and requests ---- */

void world_kill(struct client *client)
{
    client->dead = true;
}

void world_revive(struct client *client)
{
    call_drop_all(client);
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
                                  .body_bytes = body ? strlen(body) : 0,
                                  .no_faults = true};
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
        call_open_transport(client);
    }
}

void world_free(struct world *world)
{
    for (int i = 0; i < WORLD_SCHEDULERS; i++)
        call_drop_all(&world->clients[i]);
    sim_free(world->sim);
}

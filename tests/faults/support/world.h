/*
 * world.h: a small world on virtual time: one simulated API server, schedulers that talk to it in the same process, and things that
 * happen at set times. Nothing here sleeps; the same seed gives the same run to the last byte.
 */
#ifndef TESTS_FAULTS_WORLD_H
#define TESTS_FAULTS_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#include "common/clock.h"
#include "common/kube/transport.h"
#include "common/scheduler_open.h"
#include "simulator/sim.h"

#define WORLD_SCHEDULERS 2

struct call;
struct world;

/* what a client of the world sees: a transport, and the scheduler that is stepped when something arrives */
struct client {
    struct world *world;
    struct transport transport;
    struct scheduler *scheduler; /* stepped by the world; NULL: it drives itself (polling) */
    struct call *calls;
    bool in_turn, dead;
};

struct world {
    struct clock clock;
    int64_t now_us;
    uint64_t random;
    struct sim *sim;
    struct client clients[WORLD_SCHEDULERS];
    int64_t down_until_us; /* nobody listens before */
    int64_t latency_us;    /* of a request, and of an answer, at most */
    unsigned long steps;
    /* something that happens by itself: what is next, and doing it */
    int64_t (*next_us)(void *ctx);
    void (*act)(void *ctx);
    /* every request of a scheduler, before and after it was carried out */
    void (*on_request)(void *ctx, const char *method, const char *target, const char *body, int status);
    void *ctx;
};

void world_init(struct world *world, uint64_t seed);
void world_free(struct world *world);

/* uniform in 0..n-1 */
uint32_t world_random(struct world *world, uint32_t n);
/* true with a chance of percent */
bool world_chance(struct world *world, uint32_t percent);

/* Runs until the time, or until `done` says so (NULL: never). */
void world_run(struct world *world, int64_t until_us, bool (*done)(void *ctx));

/* As the API server dying: every connection breaks, and none is accepted for so long. */
void world_server_down(struct world *world, int64_t for_us);
/* As SIGKILL of a client: its loop is broken from now on, and what it had under way is gone. */
void world_kill(struct client *client);
void world_revive(struct client *client);

/* One request of the test itself, without latency. Returns the status; the body is in *out. */
int world_request(struct world *world, const char *method, const char *target, const char *content_type, const char *body,
                  struct buffer *out);

#endif

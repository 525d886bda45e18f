/*
 * world_call.h: what world.c (time, chance, the server's side of a call) and world_call.c (a client's side, its transport) share; nobody else
 * includes it.
 */
#ifndef TESTS_FAULTS_WORLD_CALL_H
#define TESTS_FAULTS_WORLD_CALL_H

#include "tests/faults/support/world.h"

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

/* Makes the client's transport. */
void call_open_transport(struct client *client);
/* Ends all calls of the client without a word. */
void call_drop_all(struct client *client);

/* How long something is on its way this time. */
int64_t world_latency(struct world *world);
/*
 * Goes to the next event, unless that is after the deadline; then time stands at the deadline and false is returned. `waiting`: the client that
 * waits for it, NULL: none.
 */
bool world_advance(struct world *world, const struct client *waiting, int64_t deadline);

#endif

/*
 * server.h: HTTP in front of a simulated API server: libmicrohttpd, one thread, one loop.
 */
#ifndef SIMULATOR_SERVER_H
#define SIMULATOR_SERVER_H

#include <stdbool.h>

#include "common/clock.h"
#include "common/error.h"
#include "simulator/sim.h"
#include "simulator/tokens.h"

struct server;

struct server_options {
    struct sim *sim;                /* borrowed */
    const struct clock *clock;      /* borrowed; the one the sim has */
    const struct tokens *tokens;    /* borrowed */
    bool rbac;                      /* as the sim has it */
    const char *address;            /* numeric, IPv4 or IPv6 */
    int port;                       /* 0: any free one */
    const char *tls_cert, *tls_key; /* PEM texts, borrowed while the server lives; NULL: plain HTTP */
    int wake_fd;                    /* when it can be read, on_wake is called, which must read it; -1: none */
    void (*on_wake)(void *ctx);
    void *ctx;
};

/* Listens. ERROR_USAGE names the address when it cannot be listened on, or says what is wrong with the certificate. End with server_close(). */
struct server *server_open(const struct server_options *options, struct error *err);

/* The port it listens on. */
int server_port(const struct server *server);

/* Serves until server_stop(). Open watches are then ended cleanly. -1 only when the loop itself or the memory is broken. */
int server_run(struct server *server, struct error *err);

/* Makes server_run() return. From on_wake, or between calls. */
void server_stop(struct server *server);

void server_close(struct server *server); /* NULL allowed */

#endif

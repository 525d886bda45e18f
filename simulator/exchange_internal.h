/*
 * exchange_internal.h: an exchange from the inside. Between exchange.c and waiting.c only.
 */
#ifndef SIMULATOR_EXCHANGE_INTERNAL_H
#define SIMULATOR_EXCHANGE_INTERNAL_H

#include "simulator/exchange.h"
#include "simulator/identity.h"

struct exchange {
    struct exchange_host *host;
    struct MHD_Connection *connection; /* NULL until the headers are there */
    const char *method;                /* libmicrohttpd's */
    char *target;
    struct buffer body;
    bool too_large, handled, suspended, in_list, dead;
    uint64_t dropped_bytes;   /* of a body over the limit */
    int64_t due_us;           /* of a delayed answer; INT64_MAX: not delayed */
    struct identity identity; /* once it is handled */
    struct sim_response response;
    struct exchange *previous, *next; /* in host->waiting */
};

/* Suspends the connection and puts the exchange into host->waiting. */
void waiting_suspend(struct exchange *exchange);
/* Takes it out and goes on; nothing when it is not suspended. */
void waiting_resume(struct exchange *exchange);
/* Takes it out, its connection being gone. */
void waiting_leave(struct exchange *exchange);

#endif

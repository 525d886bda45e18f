/*
 * exchange.h: one request and its answer on one connection. Between server.c, exchange.c and admin.c only.
 */
#ifndef SIMULATOR_EXCHANGE_H
#define SIMULATOR_EXCHANGE_H

#include <microhttpd.h>
#include <stdbool.h>

#include "simulator/request_log.h"
#include "simulator/server.h"

struct exchange;

/* What all exchanges of a server share. */
struct exchange_host {
    struct sim *sim;
    const struct clock *clock;
    const struct tokens *tokens;
    struct request_log *log;
    struct exchange *waiting; /* suspended: answers that are delayed, watches with nothing to say */
    bool rbac;                /* who sends no token is anonymous, and not unknown */
    int64_t started_us;
    size_t active;     /* exchanges begun and not ended */
    int64_t outage_ms; /* an outage was asked for, and has not begun */
    bool tls;
    bool resumed; /* something was resumed that the daemon has not looked at: it must be run before the next wait */
};

/* Callbacks for MHD_start_daemon(); the first argument of each is the exchange_host. */
void *exchange_begin(void *host, const char *uri, struct MHD_Connection *connection);
enum MHD_Result exchange_continue(void *host, struct MHD_Connection *connection, const char *url, const char *method, const char *version,
                                  const char *upload, size_t *upload_bytes, void **exchange);
void exchange_end(void *host, struct MHD_Connection *connection, void **exchange, enum MHD_RequestTerminationCode code);

/* When the next delayed answer is due, on the monotonic clock; INT64_MAX: none. */
int64_t exchange_next_due_us(const struct exchange_host *host);
/* Goes on with delayed answers that are due. */
void exchange_resume_due(struct exchange_host *host, int64_t now_us);
/* Ends watches whose client has gone. libmicrohttpd does not look at a suspended connection. */
void exchange_drop_dead(struct exchange_host *host);
/* Goes on with all that waits, so that the daemon can be stopped; delayed answers are not waited for. */
void exchange_resume_all(struct exchange_host *host);

/*
 * The simulator's own pages, /simulator/… and /metrics (admin.c). Fills a response that was all zero. Returns 1 when the target is one of them, 0 when not,
 * -1 with *err on ERROR_NO_MEMORY. `body` is NUL-terminated or NULL.
 */
int admin_handle(struct exchange_host *host, const char *method, const char *target, const char *body, struct sim_response *response,
                 struct error *err);

/* Fills a response (all zero before) with a Status of kind Failure. -1 with *err on ERROR_NO_MEMORY. */
int exchange_failure(struct sim_response *response, int status, const char *reason, const char *message, struct error *err);

#endif

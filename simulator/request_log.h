/*
 * request_log.h: the requests the server saw, newest kept, for tests to judge by (GET /simulator/requests).
 */
#ifndef SIMULATOR_REQUEST_LOG_H
#define SIMULATOR_REQUEST_LOG_H

#include <stddef.h>
#include <stdint.h>

#include "common/buffer.h"
#include "common/error.h"

struct request_log;

struct request_seen {
    int64_t since_start_us;
    const char *method, *target;   /* path and query, escaped */
    const char *user, *user_agent; /* NULL: none */
    int code;                      /* 0: no answer was sent (a fault) */
    const char *fault;             /* "reset", "lost_answer"; NULL: none */
};

/* Keeps the last `max` requests. NULL on ERROR_NO_MEMORY. Free with request_log_free(). */
struct request_log *request_log_new(size_t max, struct error *err);
void request_log_free(struct request_log *log); /* NULL allowed */

/* Adds one; everything is copied. Without memory it is left out, and its number is missing. */
void request_log_add(struct request_log *log, const struct request_seen *seen);

/*
 * Appends the requests whose number is over `after` (they count from 1), one JSON object a line: n, t_us, verb, method, path, query, group,
 * namespace, resource, subresource, name, code, user_agent, user, and fault when there was one.
 */
int request_log_render(const struct request_log *log, uint64_t after, struct buffer *out, struct error *err);

#endif

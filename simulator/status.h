/*
 * status.h: metav1.Status answers, in the API server's words.
 */
#ifndef SIMULATOR_STATUS_H
#define SIMULATOR_STATUS_H

#include "common/buffer.h"
#include "common/error.h"
#include "simulator/resource.h"
#include "simulator/sim.h"

struct status_cause {
    const char *reason, *message, *field; /* NULL: left out */
};

struct status_details {
    const char *name, *group, *kind, *uid; /* NULL or "": left out */
    const struct status_cause *causes;
    size_t cause_count;
    int retry_after_s;
};

struct status {
    int code;
    const char *reason; /* NULL: left out */
    const char *message;
    const char *continue_;                /* metadata.continue; NULL: none */
    const struct status_details *details; /* NULL: left out */
};

/* Appends the Status as JSON, without a line end. Success below 400. */
int status_render(struct buffer *out, const struct status *status, struct error *err);

/*
 * All below put a Status into the response and return 1 ("answered"), or -1 when memory ran out.
 */
int status_answer(struct sim_response *response, const struct status *status, struct error *err);
/* No details. */
int status_plain(struct sim_response *response, struct error *err, int code, const char *reason, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
/* The reason of that code, and details that are empty: what the server's own errors look like. */
int status_bare(struct sim_response *response, int code, const char *message, struct error *err);
/* 404: pods "p" not found. */
int status_not_found(struct sim_response *response, const struct resource *resource, const char *name, struct error *err);
/* 409 Conflict: Operation cannot be fulfilled on pods "p": …; `kind` NULL: the resource's name. */
int status_conflict(struct sim_response *response, const struct resource *resource, const char *kind, const char *name, struct error *err,
                    const char *format, ...) __attribute__((format(printf, 6, 7)));
/* 422 Invalid: Pod "p" is invalid: cause; the messages of more than one are put into brackets, each
 * once. */
int status_invalid(struct sim_response *response, const char *group, const char *kind, const char *name, const struct status_cause *causes,
                   size_t cause_count, struct error *err);
/* 504 Timeout for a resourceVersion that is not there yet. */
int status_too_large(struct sim_response *response, int64_t wanted, int64_t current, struct error *err);

#define STATUS_TOO_LARGE_BYTES 96
/* The same without a response, for a stream: fills `status`, which then points to the other two. */
void status_too_large_fill(struct status *status, struct status_details *details, char message[STATUS_TOO_LARGE_BYTES], int64_t wanted,
                           int64_t current);

/* The reason Kubernetes has for an HTTP status, or NULL. */
const char *status_reason(int code);

#endif

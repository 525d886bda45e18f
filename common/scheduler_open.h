/*
 * scheduler_open.h: a scheduler on given seams. scheduler_start() uses it with libcurl and the system's clock; tests use it with the
 * simulator's store in their own process and virtual time.
 */
#ifndef COMMON_SCHEDULER_OPEN_H
#define COMMON_SCHEDULER_OPEN_H

#include "common/clock.h"
#include "common/kube/kubeconfig.h"
#include "common/kube/transport.h"
#include "common/scheduler.h"
#include "common/service/log.h"
#include "common/service/options.h"

struct scheduler_seams {
    struct transport *transport;          /* borrowed */
    const struct clock *clock;            /* borrowed */
    struct kube_credentials *credentials; /* borrowed; NULL: none */
    const char *host;                     /* of the API server, for the metrics; borrowed during the call */
    bool (*stop_requested)(void);         /* NULL: never */
    const char *machine;                  /* what events and leases call the place where we run; borrowed. NULL: its host name */
};

/*
 * `program` ("polling", "watch"; static), `options` and `seams` are borrowed and must outlive the scheduler; `log` is copied. NULL on
 * ERROR_NO_MEMORY. End with scheduler_close().
 */
struct scheduler *scheduler_open(const char *program, const struct options *options, const struct scheduler_seams *seams,
                                 const struct log *log, struct error *err);
/* As scheduler_finish(), for a scheduler that was opened; the seams stay the caller's. */
int scheduler_close(struct scheduler *s);

/* One turn of the loop: timers, decisions, reports, then at most max_wait_ms of waiting (-1: until something is due). For watch in tests. */
void scheduler_turn(struct scheduler *s, int64_t max_wait_ms);
/* When the scheduler next has something to do without being told; INT64_MAX: never. */
int64_t scheduler_next_us(struct scheduler *s);
/* Asks it to stop, as SIGTERM does. */
void scheduler_stop(struct scheduler *s);

#endif

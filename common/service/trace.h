/*
 * trace.h: when a pod was in the scheduler's hands, and when its binding was sent, for who measures (--trace-file). A line each:
 *
 *   seen 81234567 default/test-pod 0d6f…      MICROSECONDS of the monotonic clock, NAMESPACE/NAME, UID
 *   bind 81234790 default/test-pod 0d6f…
 *
 * The monotonic clock is the same for all processes of a machine, so an observer can set its own times beside these. Lines are written in
 * blocks and at the end: tracing is to cost next to nothing, and without the flag there is no trace (NULL) and nothing is done.
 */
#ifndef COMMON_SERVICE_TRACE_H
#define COMMON_SERVICE_TRACE_H

#include "common/clock.h"
#include "common/error.h"

struct trace;

/* Makes the file, or empties it. ERROR_USAGE when it cannot be made. `clock` is borrowed. */
struct trace *trace_open(const char *path, const struct clock *clock, struct error *err);
/* Writes what is left. NULL is allowed. */
void trace_close(struct trace *trace);

/* One line; `what` is "seen" or "bind". A pod may be seen more than once: the first counts. NULL: nothing. */
void trace_pod(struct trace *trace, const char *what, const char *namespace_, const char *name, const char *uid);

#endif

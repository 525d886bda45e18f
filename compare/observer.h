/*
 * observer.h: watches the pods of a namespace on a connection and a thread of its own, so that what it sees does not depend on the
 * scheduler that is measured, nor on how busy the program that measures is. Times are the monotonic clock's, in microseconds.
 *
 * It watches itself too. It knows when it last had read all there was to read, so it knows how long an event may have waited to be timed; it wakes every
 * 20 ms, so it knows when it was not let run; and it follows the wall clock, which shows a machine that slept.
 */
#ifndef COMPARE_OBSERVER_H
#define COMPARE_OBSERVER_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/clock.h"
#include "common/error.h"
#include "compare/observation.h"

struct observer;

/* What there is to see so far. */
struct observer_counts {
    size_t added, bound, gone;
    int64_t first_bound_us, last_bound_us; /* NOT_SEEN until there is one */
    bool invalid;
};

/*
 * Starts watching pods PREFIX0 .. PREFIX<count-1> of a namespace from now on, and returns once the API server has accepted the watch.
 * `kubeconfig` as for api_client_open(). End with observer_close().
 */
struct observer *observer_open(const char *kubeconfig, const char *namespace_, const char *prefix, size_t count, struct error *err);
/* As observer_open(), with another clock (for tests); borrowed. */
struct observer *observer_open_with_clock(const char *kubeconfig, const char *namespace_, const char *prefix, size_t count,
                                          const struct clock *clock, struct error *err);
void observer_close(struct observer *observer);

struct observer_counts observer_counts(struct observer *observer);

/* Which count observer_wait() waits for. */
enum observer_event { OBSERVER_ADDED, OBSERVER_BOUND, OBSERVER_GONE };

/* Waits until so many pods were added, bound or gone (true); false after timeout_ms, or when the observation has become invalid. */
bool observer_wait(struct observer *observer, enum observer_event event, size_t count, int64_t timeout_ms);

/*
 * Ends the watch, compares what it said with a list of the API server, and hands out the observation with its verdict; the caller
 * frees it. Pods that were deleted on purpose must still be there: finish before cleaning up. The observer can only be closed afterwards.
 */
struct observation *observer_finish(struct observer *observer, struct error *err);

#endif

/*
 * verdict.h: what makes a run INVALID beside what the observer saw of the pods: counters that disagree, clocks that moved, an observer that did not
 * keep up. Pure.
 */
#ifndef COMPARE_VERDICT_H
#define COMPARE_VERDICT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compare/results.h"

/*
 * Whether two counts of the same requests agree: those that were on their way while the two pages were read make a few, and of many requests a
 * hundredth may fail before the server counts them. -1 (not measured) agrees with everything.
 */
bool verdict_counts_agree(int64_t server, int64_t client);

/*
 * Sets what the server counted beside what the scheduler counted, for the busy and the idle phase (start-up has requests about resources that
 * are not counted here): INVALID when they do not agree. And INVALID when bindings were refused with 409: some pod was bound twice, or by two.
 * `others_ask`: the server's count is not of this scheduler alone (but for bindings, which no kubelet makes): then it has to agree with nothing, and
 * afterwards no phase has it any more.
 */
void verdict_requests(struct results_run *run, bool others_ask);

/* Follows the wall clock beside the monotonic one. Zero it to begin. */
struct clock_watch {
    bool begun;
    int64_t difference_us; /* wall - monotonic, when last looked at */
    int64_t step_us;       /* the largest step so far, with its sign */
};

#define CLOCK_STEP_US                                                                                                                      \
    50000 /* slewing (500 ppm) moves a clock by 10 µs between two looks; what moves it more is a step, or the machine slept */

/* One look: the monotonic clock before and after the wall clock was read. A look that was itself interrupted says nothing and is passed over: false. */
bool clock_watch_look(struct clock_watch *watch, int64_t before_us, int64_t wall_us, int64_t after_us);

#define LATE_LEAST_US 10000   /* a latency may be wrong by so much, or by a tenth of itself */
#define LATE_PODS_PERCENT 5.0 /* of more pods it may not be: the median stands, a mean may be off */

/* Whether a latency is to be doubted when its events may have waited delay_us before they were timed. */
bool verdict_is_late(int64_t latency_us, int64_t delay_us);

/* Whether the observer was late with more of the run's pods than is allowed: no fault of the scheduler. */
bool verdict_fell_behind(const struct results_run *run);

/* INVALID when the observer was late with too many of the pods, or the clock stepped while it worked. Reads run->observer and pod_count. */
void verdict_observer(struct results_run *run);

#endif

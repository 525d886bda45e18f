/*
 * live_results.h: what a live session showed, as results: latencies alone, and INVALID with the reason wherever something came between.
 */
#ifndef COMPARE_LIVE_RESULTS_H
#define COMPARE_LIVE_RESULTS_H

#include "compare/live_model.h"
#include "compare/results.h"

#define LIVE_PODS_LEAST 10 /* of each scheduler; with fewer there is no table */

/*
 * Adds a run to each contestant of `results`, which stand in the order of the model's sides. Pods that came in the last moments (two intervals and a second before
 * ended_us) are left out, bound or not: to keep those that happened to be bound would make the latencies look shorter. Returns the fewest pods that a
 * run has, or -1.
 */
long live_results_fill(const struct live_model *m, int64_t ended_us, struct results *results, struct error *err);

#endif

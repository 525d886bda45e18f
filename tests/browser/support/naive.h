/*
 * naive.h: figures of a comparison, computed once more and as plainly as can be, to judge the pages by.
 */
#ifndef TESTS_BROWSER_NAIVE_H
#define TESTS_BROWSER_NAIVE_H

#include "compare/results.h"

/* The parts: 0 whole, 1 accepted → seen, 2 seen → bind sent, 3 bind sent → visible; of the valid runs, or of the one numbered `only` (0: all). In ms,
 * sorted, malloc'd; *count gets how many. */
double *naive_latencies(const struct results_contestant *c, int part, int64_t only, size_t *count);

double naive_mean(const double *sorted, size_t count);
/* by nearest rank */
double naive_percentile(const double *sorted, size_t count, double percent);

size_t naive_valid_runs(const struct results_contestant *c);

/* Requests per pod (RESULTS_BUSY) or per minute (RESULTS_IDLE) as the server counts; kind -1: all but the workload's. NAN: not measured. */
double naive_requests(const struct results_contestant *c, enum results_phase phase, int kind);
/* The same as the scheduler counts. */
double naive_client_requests(const struct results_contestant *c, enum results_phase phase);

#endif

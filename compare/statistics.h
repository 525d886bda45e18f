/*
 * statistics.h: what a set of measured times says. Pure. Percentiles are by nearest rank: the p-th percentile of n sorted samples is
 * the one at place ceil(p/100 * n), counted from 1. It is always a value that was measured, never one in between.
 */
#ifndef COMPARE_STATISTICS_H
#define COMPARE_STATISTICS_H

#include <stddef.h>
#include <stdint.h>

struct statistics {
    size_t count; /* 0: nothing was measured, and no other field means anything */
    int64_t min, median, p95, p99, max;
    double mean;
};

/* Sorts `samples` (the caller's) in place and describes them, in their own unit. */
struct statistics statistics_of(int64_t *samples, size_t count);

/* The nearest-rank percentile of sorted samples; `percent` from 0 to 100, count at least 1. */
int64_t statistics_percentile(const int64_t *sorted, size_t count, double percent);

/*
 * The median of a few ratios, for rounds side by side. Sorts `values` in place. An even count gives the mean of the middle two: with
 * two or four rounds the nearest rank would always take the lower side. NAN when count is 0.
 */
double statistics_median_ratio(double *values, size_t count);

/* Several runs of one thing. */
struct sample_run {
    const int64_t *samples;
    size_t count; /* at least 1 */
};

/*
 * The 95 % interval of the mean of all samples by the bootstrap: runs are drawn with replacement, then samples within each, as often as there are. So
 * the interval holds the spread between runs where there are several; with a single run it knows only that of its samples. Deterministic. Both
 * NAN when there is no run.
 */
void statistics_bootstrap(const struct sample_run *runs, size_t run_count, double *low, double *high);

#endif

/*
 * results_summary.h: what follows from the results: latency and its uncertainty, sums over runs, theory, the sentence. Pure. Only valid runs
 * count. NAN: not measured.
 */
#ifndef COMPARE_RESULTS_SUMMARY_H
#define COMPARE_RESULTS_SUMMARY_H

#include "compare/results.h"
#include "compare/statistics.h"

/* Latency and what it is made of. A part that was measured for no pod has a count of 0. */
enum results_part {
    PART_WHOLE,  /* accepted → binding visible */
    PART_WAIT,   /* accepted → seen by the scheduler */
    PART_DECIDE, /* seen → bind sent */
    PART_BIND,   /* bind sent → binding visible */
    PARTS
};

/* "accepted → seen" and so on, for tables. */
const char *results_part_name(enum results_part part);

/* In microseconds. */
struct results_latency {
    struct statistics all;                 /* of the pods of all valid runs together */
    size_t runs;                           /* valid ones */
    double mean_low, mean_high;            /* 95 % interval of the mean (statistics_bootstrap) */
    double least_mean, greatest_mean;      /* of a single run */
    int64_t least_median, greatest_median; /* of a single run */
};

/* ERROR_NO_MEMORY only. */
int results_latency(const struct results_contestant *contestant, enum results_part part, struct results_latency *out, struct error *err);

/* The times of a part, of valid runs, run by run; `out` (may be NULL: count only) holds them. Returns how many. */
size_t results_samples(const struct results_contestant *contestant, enum results_part part, int64_t *out);
/* The same of one run, whether valid or not. */
size_t results_run_samples(const struct results_run *run, enum results_part part, int64_t *out);

/* Sums over the valid runs. */
struct results_total {
    size_t runs, pods;
    struct results_span phase[RESULTS_PHASES]; /* a figure that one run lacks is not measured: a part of a sum would be too small */
    int64_t ready_us;                          /* mean; -1 */
    int64_t peak_bytes;                        /* of the largest run; -1 */
};
struct results_total results_total(const struct results_contestant *contestant);

/* When the last pod of all runs was due, in microseconds from the start of its run; 0 without pods. */
int64_t results_last_arrival_us(const struct results *results);

/* Rates; NAN where the total lacks what they need. */
double results_per_pod(const struct results_total *total, int64_t value, bool measured);
double results_per_idle_minute(const struct results_total *total, int64_t value, bool measured);

/*
 * Polling in theory: a pod waits evenly between 0 and T for the next look, then it is served. Its mean is T/2 and its p95 0.95 T, plus the service
 * time, which is what this run measured from the pod being seen to its binding being visible (0 where that is not known).
 */
struct results_theory {
    double mean_us, p95_us, service_us;
};
/* mean_us and p95_us are NAN for a contestant without an interval. ERROR_NO_MEMORY only. */
int results_theory(const struct results_contestant *contestant, struct results_theory *out, struct error *err);

/*
 * What the runs showed, in one or two sentences: which of the contestants was quicker on average and by how much, with 95 % intervals, what each asked while idle,
 * and with a sweep what the interval did. Says that nothing is concluded when a run is INVALID, that no difference was shown where the intervals
 * of the means overlap, and nothing about what was not measured. Malloc'd.
 */
char *results_sentence(const struct results *results, struct error *err);

#endif

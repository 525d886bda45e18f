/*
 * workload.h: when pods arrive. The same description gives the same arrivals, so that all contestants get the same ones.
 */
#ifndef COMPARE_WORKLOAD_H
#define COMPARE_WORKLOAD_H

#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

#define WORKLOAD_PODS_MAX 10000

enum workload_kind {
    WORKLOAD_BURST,   /* all at once */
    WORKLOAD_STEADY,  /* one every 1/rate seconds */
    WORKLOAD_TRICKLE, /* a Poisson process: independent users, gaps exponentially distributed with mean 1/rate */
    WORKLOAD_FILE     /* as they were recorded */
};

struct workload {
    enum workload_kind kind;
    size_t pods;
    double rate;   /* pods per second, above 0; of no meaning for a burst and a file */
    uint64_t seed; /* of the trickle */
    /*
     * Of the trickle: the interval of the pollers, in seconds; 0: none. What a poller makes a pod wait is where in its interval the pod arrives. With a few pods
     * the mean of that is luck: 30 pods drawn freely miss T/2 by 10 % one time in three. So the arrivals are spread over the nearest whole number of
     * intervals (at least one); in which a pod falls is chance, as in a Poisson process, but where in it is not: the pods share out the interval evenly, in an order
     * of chance. The mean wait then misses T/2 by at most T/(2 pods), wherever the poller began. Over a few intervals the gaps are exponential to within the
     * noise; over one or two they are more even than that.
     */
    double stratum_s;
    const char *file;        /* of WORKLOAD_FILE, for headings */
    const int64_t *recorded; /* at least `pods` of them; the caller's */
};

/* The kind called `name` (not "file"), or -1. */
int workload_by_name(const char *name);
const char *workload_name(enum workload_kind kind);

/* Fills at_us[0 .. pods-1] with the arrivals in microseconds after the start, ascending; the first is at 0, but for a file. */
void workload_arrivals(const struct workload *workload, int64_t *at_us);

/*
 * Reads recorded arrivals: on each line a pod's offset in seconds after the start, ascending; what follows it behind a comma or a blank is passed over, and so
 * are empty lines and those that begin with '#'. *at_us is malloc'd. ERROR_USAGE naming the file and line: no number, negative, going back, over a
 * day, more than WORKLOAD_PODS_MAX, none at all.
 */
int workload_read(const char *path, int64_t **at_us, size_t *count, struct error *err);

/*
 * Where in the interval the arrivals of round `round` of `rounds` begin, 0 to 1: another part of it in each round, since a burst that always came just
 * after a poll would measure the phase and not the scheduler.
 */
double workload_phase(uint64_t seed, long round, long rounds);

#endif

/*
 * workload.h: when pods arrive. Pure: the same description gives the same arrivals, so that both contestants get the same ones.
 */
#ifndef COMPARE_WORKLOAD_H
#define COMPARE_WORKLOAD_H

#include <stddef.h>
#include <stdint.h>

enum workload_kind {
    WORKLOAD_BURST,  /* all at once */
    WORKLOAD_STEADY, /* one every 1/rate seconds */
    WORKLOAD_TRICKLE /* a Poisson process: independent users, gaps exponentially distributed with mean 1/rate */
};

struct workload {
    enum workload_kind kind;
    size_t pods;
    double rate;   /* pods per second, above 0; of no meaning for a burst */
    uint64_t seed; /* of the trickle */
};

/* The kind called `name`, or -1. */
int workload_by_name(const char *name);
const char *workload_name(enum workload_kind kind);

/* Fills at_us[0 .. pods-1] with the arrivals in microseconds after the start, ascending; the first is at 0. */
void workload_arrivals(const struct workload *workload, int64_t *at_us);

#endif

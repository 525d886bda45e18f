/*
 * figure.h: the figures that a comparison is read by, each with its name and unit: the same for the terminal, for report.html and for
 * `compare diff`. Pure. Only valid runs count.
 */
#ifndef COMPARE_FIGURE_H
#define COMPARE_FIGURE_H

#include "compare/results_summary.h"

/* A contestant and what follows from its runs. */
struct side {
    const struct results_contestant *contestant; /* the caller's */
    struct results_latency part[PARTS];
    struct results_total total;
};

/* ERROR_NO_MEMORY only. Owns nothing. */
int side_look(const struct results_contestant *contestant, struct side *side, struct error *err);

enum figure {
    FIGURE_MEDIAN, /* of the latency, ms */
    FIGURE_MEAN,
    FIGURE_WAIT, /* the parts of the latency: means */
    FIGURE_DECIDE,
    FIGURE_BIND,
    FIGURE_P95,
    FIGURE_P99,
    FIGURE_MAX,
    FIGURE_REQUESTS,        /* per pod, as the API server counts */
    FIGURE_CLIENT_REQUESTS, /* per pod, as the scheduler counts */
    FIGURE_KILOBYTES,       /* in and out, per pod, as the scheduler counts */
    FIGURE_IDLE_REQUESTS,   /* per idle minute */
    FIGURE_IDLE_CLIENT_REQUESTS,
    FIGURE_IDLE_KILOBYTES,
    FIGURE_IDLE_CPU, /* ms per idle minute */
    FIGURE_CPU,      /* ms per pod */
    FIGURE_PEAK,     /* MiB */
    FIGURE_READY,    /* ms to the first pod bound */
    FIGURE_START_REQUESTS,
    FIGURE_WATCHES, /* opened in a run */
    FIGURES
};

struct figure_kind {
    const char *key;  /* "latency_median_ms": for JSON, it holds the unit */
    const char *name; /* "latency, median": for people */
    const char *unit; /* "ms"; "" where the name says it all */
    int digits;       /* after the point */
};
const struct figure_kind *figure_kind(enum figure figure);

/* NAN: not measured. */
double figure_of(enum figure figure, const struct side *side);

/* Requests of one kind, per pod and per idle minute, as the API server counts. NAN: not measured. */
double figure_requests(const struct side *side, enum load_kind kind);
double figure_idle_requests(const struct side *side, enum load_kind kind);

/* All requests per idle minute: as the API server counts, or else as the scheduler does. */
double figure_idle_load(const struct side *side);

/* The kinds of request that a scheduler makes, in the order of tables: `count` gets how many. */
const enum load_kind *figure_load_kinds(size_t *count);

#endif

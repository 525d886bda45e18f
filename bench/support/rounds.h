/*
 * rounds.h: what backlog and startup share: in a round each side has a turn, and then another in the opposite order; medians over the rounds are printed.
 */
#ifndef BENCH_SUPPORT_ROUNDS_H
#define BENCH_SUPPORT_ROUNDS_H

#include "bench/support/options.h"
#include "compare/objects.h"

#define NODE_PREFIX "bench-node-"
#define ROUND_TURNS 2 /* there and back: what changes steadily while a round lasts costs every side the same */

/* One run of a program: all zero before but for the first two. */
struct rounds {
    const struct rounds_program *program;
    const struct bench_options *options;
    struct api_client *client;
    char namespace_[64];
    struct side_result results[ROUNDS_MAX][ROUND_TURNS][SIDE_MAX];
};

/* One column of the last table: a figure of a result, NAN where it was not measured. */
struct rounds_column {
    const char *head;
    double (*figure)(const struct side_result *result);
    bool ratio; /* to the first side's, both means of their turns in a round */
    int decimals;
};

/* What the programs differ in. */
struct rounds_program {
    const char *name, *help;
    size_t pods;       /* that wait for a side; 0: as many as --pods says */
    int inflight;      /* requests at once that make them */
    bool refuse_bound; /* a pod that is bound before the side was started ends the run */
    /* Makes the cluster: nodes NODE_PREFIX0 .., rounds->namespace_, and what else is in it. */
    int (*make)(struct rounds *rounds, struct error *err);
    /* Takes away what make() put into the namespace; NULL: nothing. */
    int (*empty)(struct rounds *rounds, struct error *err);
    /* One line about a result; what makes it INVALID follows by itself. */
    void (*print)(int round, const struct side *side, const struct side_result *result);
    const struct rounds_column *columns;
    size_t column_count;
};

/*
 * The program's main(): reads the command line over *options, makes the cluster, lets each side take its turns, prints each result and the
 * medians over the valid rounds, and leaves the cluster as it was found. Returns the exit code; 1 also for an INVALID turn.
 */
int rounds_main(int argc, char **argv, const struct rounds_program *program, struct bench_options *options);

/* Microseconds in `unit` microseconds (1e3: ms); NAN for -1. */
double rounds_time(int64_t us, double unit);

/* Peak memory in MiB; NAN when it was not measured. */
double rounds_peak_mib(const struct side_result *result);

#endif

/*
 * comparison.h: a whole comparison: all runs of all contestants in their order, the sweep, and what they found.
 */
#ifndef COMPARE_COMPARISON_H
#define COMPARE_COMPARISON_H

#include "compare/contest.h"

/*
 * Runs it in a namespace of its own. `beside` is the folder of our own programs, `kubeconfig` of the server to measure on, and `progress` gets a line
 * now and then. *results (freed by the caller) is also there after a failure, with the runs so far. Runs that cannot be believed are no failure.
 */
struct comparison {
    const struct compare_options *options;
    const char *kubeconfig, *beside;
    const volatile sig_atomic_t *stop;
    void (*progress)(void *ctx, const char *line);
    void (*on_stage)(void *ctx, const struct stage *stages, size_t count);
    void *ctx;
};

/* Adds the contestants of the options to *results, with their commands. */
int comparison_add_contestants(const struct comparison *comparison, struct results *results, struct error *err);

int comparison_run(const struct comparison *comparison, struct results **results, struct error *err);

#endif

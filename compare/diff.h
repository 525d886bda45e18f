/*
 * diff.h: two comparisons side by side: what changed from the first to the second, and whether that is more than chance.
 *
 * A change is outside of the spread when every run of one comparison gave a higher figure than every run of the other. Two comparisons of the same
 * thing look so by chance once in (n+m)!/(2 n! m!) times, with n and m runs: that is said beside it. With fewer than DIFF_RUNS_LEAST runs on
 * either side nothing is said: one run knows no spread.
 */
#ifndef COMPARE_DIFF_H
#define COMPARE_DIFF_H

#include <stdbool.h>
#include <stdio.h>

#include "compare/figure.h"

#define DIFF_RUNS_LEAST 3

enum diff_verdict {
    DIFF_OUTSIDE,   /* of the spread between runs */
    DIFF_NOT_SHOWN, /* within it: no difference shown */
    DIFF_UNKNOWN,   /* too few runs on a side */
    DIFF_NOT_MEASURED
};

struct diff_figure {
    enum figure figure;
    double value[2];              /* of all valid runs; NAN: not measured */
    double least[2], greatest[2]; /* of a single run; NAN */
    double change;                /* in per cent; NAN where there is none to tell (from 0) */
    enum diff_verdict verdict;
};

/* A contestant, or a point of the sweep, that both comparisons have. */
struct diff_pair {
    const struct results_contestant *contestant[2];
    bool swept;
    size_t runs[2]; /* valid ones */
    double chance;  /* of a change being outside by chance; NAN: too few runs */
    struct diff_figure figures[FIGURES];
};

/* Looks at one contestant of both. ERROR_NO_MEMORY only. */
int diff_pair(const struct results_contestant *a, const struct results_contestant *b, struct diff_pair *out, struct error *err);

/* What was asked for, or where it took place, and differs. */
struct diff_option {
    const char *name;
    char text[2][128];
    bool decisive; /* the figures of both do not mean the same */
};
#define DIFF_OPTIONS_MAX 16
/* Fills `out` (DIFF_OPTIONS_MAX) and returns how many differ. */
size_t diff_options(const struct results *a, const struct results *b, struct diff_option *out);

struct diff_input {
    const char *const *files; /* the names of both */
    const struct results *results[2];
    bool json, force;
};

/*
 * Prints all of it as text or JSON. ERROR_USAGE when there is no contestant that both have, or when a decisive option differs and `force` is not set;
 * then nothing was printed.
 */
int diff_print(const struct diff_input *input, FILE *out, struct error *err);

#endif

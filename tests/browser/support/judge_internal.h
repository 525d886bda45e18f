/*
 * judge_internal.h: what the files of judge.c share.
 */
#ifndef TESTS_BROWSER_JUDGE_INTERNAL_H
#define TESTS_BROWSER_JUDGE_INTERNAL_H

#include <stdbool.h>

#include "tests/browser/support/judge.h"
#include "tests/browser/support/markup.h"

#define PIXEL 0.11 /* places are written with one digit */

struct judge {
    const char *page;
    const struct results *results;
    int faults, checked;
};

struct axis {
    double log, from, to, start, end;
};

/* a chart: its element, where it ends, its axes */
struct chart {
    struct judge *judge;
    const char *id, *end;
    struct tag svg;
    struct axis x, y;
};

/* Counts, and says so when it is not fine. */
void check(struct judge *judge, bool fine, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* Equal but for the digits that a page leaves out. */
bool same(double a, double b);
/* Where a value lies. */
double place(const struct axis *axis, double value);
/* Finds a chart that must be there, or must not; false: there is nothing to look at. */
bool open_chart(struct judge *judge, const char *id, bool expected, struct chart *chart);
/* Whether an attribute has that value; `wanted` NULL: any. */
bool attribute_is(const struct tag *tag, const char *name, const char *wanted);
/* The mark with these attributes, of which there must be one. */
bool find(const struct chart *chart, const char *element, const char *class, const char *name, const char *group, struct tag *found);

void judge_latency(struct judge *judge);
void judge_bars(struct judge *judge);
void judge_rows(struct judge *judge);
void judge_sweep(struct judge *judge);

#endif

/*
 * judge.h: whether a page of charts shows what its results say. Its own arithmetic, straight from the runs; where a mark stands is read back through the
 * chart's axes, so it is the drawing that is judged and not only what it says of itself.
 */
#ifndef TESTS_BROWSER_JUDGE_H
#define TESTS_BROWSER_JUDGE_H

#include "compare/results.h"

/* Judges the page (as it was written, or as a browser gives its elements back). Prints each fault to stdout, and returns how many; *checked counts. */
int judge_page(const char *page, const struct results *results, int *checked);

#endif

/*
 * report.h: what a comparison showed, in tables: one with a column for each contestant, one for the sweep; and for the terminal all of it,
 * the reasons of INVALID runs and the sentence.
 */
#ifndef COMPARE_REPORT_H
#define COMPARE_REPORT_H

#include <stdio.h>

#include "compare/results.h"
#include "compare/table.h"

/* Prints all of it. INVALID runs are named, with their reasons, and no figure comes from them. Fails for want of memory only. */
int report_print(const struct results *results, FILE *out, struct error *err);

/*
 * Fills a table, which the caller ends with text_table_free() whether or not this failed. The first row holds the headings, a row with nothing but
 * its first cell is a heading of those that follow, blanks in front of a first cell say how deep the row is. Fails for want of memory only.
 */
int report_table(const struct results *results, struct text_table *table, struct error *err);
/* Polling at each interval beside theory, and below the contestants that do not poll. No rows without a sweep (report_sweep.c). */
int report_sweep_table(const struct results *results, struct text_table *table, struct error *err);

/* A contestant's name for a heading, with INVALID behind it when a run of it is; `out` has TABLE_CELL_BYTES. Returns it. */
const char *report_name(const struct results_contestant *contestant, char *out);

#endif

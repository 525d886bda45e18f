/*
 * report.h: what a comparison showed, for the terminal: a table with a column for each contestant, one for the sweep, the reasons of INVALID
 * runs, the sentence.
 */
#ifndef COMPARE_REPORT_H
#define COMPARE_REPORT_H

#include <stdio.h>

#include "compare/results.h"

/* Prints all of it. INVALID runs are named, with their reasons, and no figure comes from them. Fails for want of memory only. */
int report_print(const struct results *results, FILE *out, struct error *err);

/* The table of the sweep alone, where there is one (report_sweep.c). */
int report_print_sweep(const struct results *results, FILE *out, struct error *err);

#endif

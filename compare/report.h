/*
 * report.h: what a comparison showed, as a table for the terminal and one sentence.
 */
#ifndef COMPARE_REPORT_H
#define COMPARE_REPORT_H

#include <stdio.h>

#include "compare/contest.h"

/* Prints the table and the sentence for two contests (sorts their latencies). An invalid contest is shown, with its reason, and no sentence is drawn from it. */
int report_print(struct contest contests[2], FILE *out, struct error *err);

#endif

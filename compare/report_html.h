/*
 * report_html.h: report.html: the sentence, charts and tables of a comparison in one file that asks for nothing else: no network, no script.
 * Every mark of a chart carries its figure in data-* attributes, under the names and in the units of the chart's axes.
 */
#ifndef COMPARE_REPORT_HTML_H
#define COMPARE_REPORT_HTML_H

#include <stdio.h>

#include "compare/results.h"

/* Writes the page. Names and commands are escaped; a run that is INVALID is named with its reason, and no figure comes from it. */
int report_html_print(const struct results *results, FILE *out, struct error *err);

/* The same to a file, which is replaced. ERROR_RUNTIME naming it when it cannot be written. */
int report_html_write(const struct results *results, const char *path, struct error *err);

#endif

/*
 * report_page.h: what the files that make report.html share.
 */
#ifndef COMPARE_REPORT_PAGE_H
#define COMPARE_REPORT_PAGE_H

#include <stdio.h>

#include "compare/figure.h"
#include "compare/svg.h"

struct page {
    FILE *out;
    const struct results *results;
    struct side sides[RESULTS_CONTESTANTS_MAX]; /* as many as results->contestant_count */
    struct side sweep[RESULTS_SWEEP_MAX];
    double names; /* as wide as the widest name in a chart */
};

/* All drawings are as wide, and most as high. */
#define CHART_WIDTH 720.0
#define CHART_HEIGHT 430.0
#define CHART_LEFT 84.0
#define CHART_TOP 46.0
#define CHART_BOTTOM 366.0 /* of what is drawn; below are the ticks */

/* The rules of the style sheet, for <style>; NULL ends them. */
extern const char *const report_style[];

/* A figure: heading, a line of text (escaped; may be NULL) and the drawing between begin and end. `table` is the id of the table with its values. */
void figure_begin(FILE *out, const char *heading, const char *text);
void figure_end(FILE *out, const char *table);

/* Whether anything of a contestant may be drawn: it has a run that counts. */
bool side_counts(const struct side *side);

/* The charts, each a figure; none where nothing of its kind was measured. ERROR_NO_MEMORY only. */
int chart_latency(const struct page *page, struct error *err);
int chart_arrivals(const struct page *page, struct error *err);
void chart_requests(const struct page *page);
void chart_idle(const struct page *page);
void chart_costs(const struct page *page);
void chart_split(const struct page *page);
int chart_runs(const struct page *page, struct error *err);
int chart_sweep(const struct page *page, struct error *err);

/* The tables below the charts, those of report.h among them. ERROR_NO_MEMORY only. */
int page_tables(const struct page *page, struct error *err);

#endif

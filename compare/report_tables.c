/*
 * report_tables.c: the tables of report.html: those of the terminal, and what the charts show besides.
 */
#include <math.h>
#include <stdlib.h>

#include "compare/html.h"
#include "compare/report.h"
#include "compare/report_page.h"

#define SLICES 10

static int headings(const struct page *page, struct text_table *table, const char *first, struct error *err)
{
    char name[TABLE_CELL_BYTES];
    size_t i;

    text_table_init(table, page->results->contestant_count + 1);
    if (text_table_row(table, err) < 0)
        return -1;
    text_table_cell(table, 0, "%s", first);
    for (i = 0; i < page->results->contestant_count; i++)
        text_table_cell(table, i + 1, "%s", report_name(&page->results->contestants[i], name));
    return 0;
}

/* the latencies of a contestant's valid runs, sorted; malloc'd, NULL for want of memory */
static int64_t *sorted_latencies(const struct side *side, struct error *err)
{
    size_t count = side->part[PART_WHOLE].all.count;
    int64_t *sorted = calloc(count + 1, sizeof *sorted);

    if (!sorted) {
        error_no_memory(err);
        return NULL;
    }
    results_samples(side->contestant, PART_WHOLE, sorted);
    statistics_of(sorted, count);
    return sorted;
}

/* ---- distribution ---- */

static int fill_latency(const struct page *page, struct text_table *table, struct error *err)
{
    static const double percents[] = {0, 10, 25, 50, 75, 90, 95, 99, 100};
    size_t i, row, rows = sizeof percents / sizeof *percents;

    if (headings(page, table, "of the pods were bound by, ms", err) < 0)
        return -1;
    for (row = 0; row < rows; row++) {
        if (text_table_row(table, err) < 0)
            return -1;
        if (row)
            text_table_cell(table, 0, "%g %%", percents[row]);
        else
            text_table_cell(table, 0, "the first");
    }
    for (i = 0; i < page->results->contestant_count; i++) {
        size_t count = page->sides[i].part[PART_WHOLE].all.count;
        int64_t *sorted = sorted_latencies(&page->sides[i], err);

        if (!sorted)
            return -1;
        for (row = 0; row < rows; row++) {
            char text[32];
            double ms = count ? (double)statistics_percentile(sorted, count, percents[row]) / 1e3 : NAN;

            snprintf(table->cells[row + 1][i + 1], TABLE_CELL_BYTES, "%s", text_figure(ms, 2, text));
        }
        free(sorted);
    }
    return 0;
}

/* ---- over time ---- */

/* the latencies of the pods that were due in a slice of the run; returns how many */
static size_t slice_of(const struct results_contestant *c, int64_t from, int64_t to, int64_t *out)
{
    size_t run, pod, count = 0;

    for (run = 0; run < c->run_count; run++)
        for (pod = 0; c->runs[run].valid && pod < c->runs[run].pod_count; pod++) {
            const struct results_pod *p = &c->runs[run].pods[pod];

            if (p->accepted_us != NOT_MEASURED && p->bound_us != NOT_MEASURED && p->arrival_us >= from && p->arrival_us < to)
                out[count++] = p->bound_us - p->accepted_us;
        }
    return count;
}

static int fill_slice(const struct page *page, struct text_table *table, int64_t from, int64_t to, struct error *err)
{
    size_t i;

    if (text_table_row(table, err) < 0)
        return -1;
    text_table_cell(table, 0, "%.1f s–%.1f s", (double)from / 1e6, (double)(to - 1) / 1e6);
    for (i = 0; i < page->results->contestant_count; i++) {
        int64_t *samples = sorted_latencies(&page->sides[i], err);
        struct statistics s;
        char median[32], most[32];

        if (!samples)
            return -1;
        s = statistics_of(samples, slice_of(page->sides[i].contestant, from, to, samples));
        if (s.count)
            text_table_cell(table, i + 1, "%s, %s", text_figure((double)s.median / 1e3, 2, median),
                            text_figure((double)s.max / 1e3, 2, most));
        else
            text_table_number(table, i + 1, NAN, 0);
        free(samples);
    }
    return 0;
}

static int fill_arrivals(const struct page *page, struct text_table *table, struct error *err)
{
    int64_t last = results_last_arrival_us(page->results), slice = last / SLICES + 1, from;

    if (headings(page, table, "pods due (median, max; ms)", err) < 0)
        return -1;
    for (from = 0; from <= last; from += slice)
        if (fill_slice(page, table, from, from + slice, err) < 0)
            return -1;
    return 0;
}

/* ---- idle ---- */

static int fill_idle(const struct page *page, struct text_table *table, struct error *err)
{
    static const enum figure sums[] = {FIGURE_IDLE_REQUESTS, FIGURE_IDLE_CLIENT_REQUESTS};
    static const char *const names[] = {"in all", "in all, as the scheduler counts"};
    size_t i, row, count;
    const enum load_kind *kinds = figure_load_kinds(&count);

    if (headings(page, table, "requests in an idle minute", err) < 0)
        return -1;
    for (row = results_server_counts(page->results) ? 0 : count + 1; row < count + 2; row++) {
        if (text_table_row(table, err) < 0)
            return -1;
        text_table_cell(table, 0, "%s", row < count ? load_kind_name(kinds[row]) : names[row - count]);
        for (i = 0; i < page->results->contestant_count; i++)
            text_table_number(
                table, i + 1,
                row < count ? figure_idle_requests(&page->sides[i], kinds[row]) : figure_of(sums[row - count], &page->sides[i]), 1);
    }
    return 0;
}

/* ---- runs ---- */

enum { RUN, TURN, ATTEMPTS, VERDICT, PODS, MEAN, MEDIAN, P95, DELAY, LATE, RUN_COLUMNS };

static int add_run(struct text_table *table, const struct results_contestant *c, bool swept, size_t number, struct error *err)
{
    const struct results_run *run = &c->runs[number];
    const struct results_contestant alone = {.run_count = 1, .runs = &c->runs[number]};
    struct side side;

    if (text_table_row(table, err) < 0 || side_look(&alone, &side, err) < 0)
        return -1;
    if (swept)
        text_table_cell(table, RUN, "%s, %g s, run %lld", c->name, c->interval_s, (long long)run->number);
    else
        text_table_cell(table, RUN, "%s, run %lld", c->name, (long long)run->number);
    text_table_cell(table, TURN, "%lld", (long long)run->order);
    text_table_cell(table, ATTEMPTS, "%lld", (long long)run->attempts);
    text_table_cell(table, VERDICT, "%s", run->valid ? "VALID" : "INVALID");
    text_table_cell(table, PODS, "%zu", run->pod_count);
    text_table_number(table, MEAN, figure_of(FIGURE_MEAN, &side), 2);
    text_table_number(table, MEDIAN, figure_of(FIGURE_MEDIAN, &side), 2);
    text_table_number(table, P95, figure_of(FIGURE_P95, &side), 2);
    text_table_number(table, DELAY, run->observer.worst_delay_us < 0 ? NAN : (double)run->observer.worst_delay_us / 1e3, 2);
    text_table_number(table, LATE, run->observer.late_pods < 0 ? NAN : (double)run->observer.late_pods, 0);
    return 0;
}

static int fill_runs(const struct page *page, struct text_table *table, struct error *err)
{
    static const char *const names[RUN_COLUMNS] = {
        "run", "turn", "attempts", "verdict", "pods", "mean ms", "median ms", "p95 ms", "observer late by at most, ms", "pods timed late"};
    const struct results *r = page->results;
    size_t i, run;

    text_table_init(table, RUN_COLUMNS);
    if (text_table_row(table, err) < 0)
        return -1;
    for (i = 0; i < RUN_COLUMNS; i++)
        text_table_cell(table, i, "%s", names[i]);
    for (i = 0; i < r->contestant_count; i++)
        for (run = 0; run < r->contestants[i].run_count; run++)
            if (add_run(table, &r->contestants[i], false, run, err) < 0)
                return -1;
    for (i = 0; i < r->sweep_count; i++)
        for (run = 0; run < r->sweep[i].run_count; run++)
            if (add_run(table, &r->sweep[i], true, run, err) < 0)
                return -1;
    return 0;
}

/* ---- all ---- */

static int fill_figures(const struct page *page, struct text_table *table, struct error *err)
{
    return report_table(page->results, table, err);
}

static int fill_sweep(const struct page *page, struct text_table *table, struct error *err)
{
    return report_sweep_table(page->results, table, err);
}

int page_tables(const struct page *page, struct error *err)
{
    static const struct {
        const char *id, *caption;
        int (*fill)(const struct page *, struct text_table *, struct error *);
    } tables[] = {
        {"table-figures", "All figures", fill_figures},
        {"table-sweep", "Polling at each interval, beside theory (a pod waits evenly between 0 and T)", fill_sweep},
        {"table-latency", "Distribution of latency", fill_latency},
        {"table-arrivals", "Latency over the time of the run", fill_arrivals},
        {"table-idle", "Requests while idle", fill_idle},
        {"table-runs", "Runs", fill_runs},
    };
    struct text_table table;
    size_t i;

    for (i = 0; i < sizeof tables / sizeof *tables; i++) {
        int ret = tables[i].fill(page, &table, err);

        if (ret == 0)
            html_table(page->out, tables[i].id, tables[i].caption, &table);
        text_table_free(&table);
        if (ret < 0)
            return -1;
    }
    return 0;
}

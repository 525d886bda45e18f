/*
 * report_sweep.c: polling at each interval beside theory, and the others below.
 */
#include <math.h>
#include <string.h>

#include "compare/report.h"
#include "compare/results_summary.h"
#include "compare/table.h"

enum { INTERVAL, MEAN, MEAN_THEORY, P95, P95_THEORY, IDLE, IDLE_THEORY, COLUMNS };

static int add_headings(struct text_table *table, struct error *err)
{
    static const char *const headings[COLUMNS] = {"interval",         "mean ms",           "T/2 + service", "p95 ms",
                                                  "0.95 T + service", "idle requests/min", "60/T"};
    size_t i;

    if (text_table_row(table, err) < 0)
        return -1;
    for (i = 0; i < COLUMNS; i++)
        text_table_cell(table, i, "%s", headings[i]);
    return 0;
}

static double idle_per_minute(const struct results_total *total)
{
    const struct results_span *idle = &total->phase[RESULTS_IDLE];
    int64_t requests = idle->server_measured ? load_sum(&idle->server) : idle->client.requests;

    return results_per_idle_minute(total, requests, true);
}

static int add_line(struct text_table *table, const struct results_contestant *c, bool swept, struct error *err)
{
    struct results_total total = results_total(c);
    struct results_theory theory;
    struct results_latency latency;
    bool measured;

    if (text_table_row(table, err) < 0 || results_latency(c, PART_WHOLE, &latency, err) < 0 || results_theory(c, &theory, err) < 0)
        return -1;
    if (swept)
        text_table_cell(table, INTERVAL, "%s, %g s%s", c->name, c->interval_s, total.runs < c->run_count ? " INVALID" : "");
    else
        text_table_cell(table, INTERVAL, "%s%s", c->name, total.runs < c->run_count ? " INVALID" : "");
    measured = latency.all.count > 0;
    text_table_number(table, MEAN, measured ? latency.all.mean / 1e3 : NAN, 1);
    text_table_number(table, P95, measured ? (double)latency.all.p95 / 1e3 : NAN, 1);
    text_table_number(table, IDLE, idle_per_minute(&total), 0);
    if (!swept)
        return 0;
    text_table_number(table, MEAN_THEORY, measured ? theory.mean_us / 1e3 : NAN, 1);
    text_table_number(table, P95_THEORY, measured ? theory.p95_us / 1e3 : NAN, 1);
    text_table_number(table, IDLE_THEORY, 60 / c->interval_s, 0);
    return 0;
}

int report_print_sweep(const struct results *results, FILE *out, struct error *err)
{
    struct text_table table;
    size_t i;
    int ret = -1;

    if (!results->sweep_count)
        return 0;
    text_table_init(&table, COLUMNS);
    if (add_headings(&table, err) < 0)
        goto cleanup;
    for (i = 0; i < results->sweep_count; i++)
        if (add_line(&table, &results->sweep[i], true, err) < 0)
            goto cleanup;
    for (i = 0; i < results->contestant_count; i++)
        if (!(results->contestants[i].interval_s > 0) && add_line(&table, &results->contestants[i], false, err) < 0)
            goto cleanup;
    fputs("\npolling at each interval, beside theory (a pod waits evenly between 0 and T)\n\n", out);
    text_table_print(&table, out);
    ret = 0;
cleanup:
    text_table_free(&table);
    return ret;
}

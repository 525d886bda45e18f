#include "compare/report.h"

#include <math.h>

#include "compare/figure.h"

struct sheet {
    struct text_table *table;
    const struct results *results;
    struct side sides[RESULTS_CONTESTANTS_MAX];
};

static int row(struct sheet *sheet, const char *label, enum figure figure, struct error *err)
{
    size_t i;

    if (text_table_row(sheet->table, err) < 0)
        return -1;
    text_table_cell(sheet->table, 0, "%s", label);
    for (i = 0; i < sheet->results->contestant_count; i++)
        text_table_number(sheet->table, i + 1, figure_of(figure, &sheet->sides[i]), figure_kind(figure)->digits);
    return 0;
}

static int requests_row(struct sheet *sheet, enum load_kind kind, struct error *err)
{
    size_t i;

    if (text_table_row(sheet->table, err) < 0)
        return -1;
    text_table_cell(sheet->table, 0, "  %s", load_kind_name(kind));
    for (i = 0; i < sheet->results->contestant_count; i++)
        text_table_number(sheet->table, i + 1, figure_requests(&sheet->sides[i], kind), 2);
    return 0;
}

/* a row of "from–to", of the mean's interval or of the means of single runs */
static int range_row(struct sheet *sheet, const char *label, bool interval, struct error *err)
{
    char low[32], high[32];
    size_t i;

    if (text_table_row(sheet->table, err) < 0)
        return -1;
    text_table_cell(sheet->table, 0, "%s", label);
    for (i = 0; i < sheet->results->contestant_count; i++) {
        const struct results_latency *l = &sheet->sides[i].part[PART_WHOLE];
        double from = interval ? l->mean_low : l->least_mean, to = interval ? l->mean_high : l->greatest_mean;

        if (l->all.count)
            text_table_cell(sheet->table, i + 1, "%s–%s", text_figure(from / 1e3, 1, low), text_figure(to / 1e3, 1, high));
        else
            text_table_number(sheet->table, i + 1, NAN, 0);
    }
    return 0;
}

static int title(struct sheet *sheet, const char *text, struct error *err)
{
    if (text_table_row(sheet->table, err) < 0 || text_table_row(sheet->table, err) < 0)
        return -1;
    text_table_cell(sheet->table, 0, "%s", text);
    return 0;
}

static bool several_runs(const struct sheet *sheet)
{
    size_t i;

    for (i = 0; i < sheet->results->contestant_count; i++)
        if (sheet->sides[i].part[PART_WHOLE].runs > 1)
            return true;
    return false;
}

static int add_latency(struct sheet *s, struct error *err)
{
    static const enum figure parts[] = {FIGURE_WAIT, FIGURE_DECIDE, FIGURE_BIND};
    char label[64];
    size_t i;

    if (title(s, "latency, ms (accepted → binding visible)", err) < 0 || row(s, "  median", FIGURE_MEDIAN, err) < 0 ||
        row(s, "  mean", FIGURE_MEAN, err) < 0 || range_row(s, "    95 % interval", true, err) < 0 ||
        (several_runs(s) && range_row(s, "    of single runs", false, err) < 0))
        return -1;
    for (i = 0; i < sizeof parts / sizeof *parts; i++) {
        snprintf(label, sizeof label, "    %s", results_part_name((enum results_part)(PART_WAIT + i)));
        if (row(s, label, parts[i], err) < 0)
            return -1;
    }
    return row(s, "  p95", FIGURE_P95, err) < 0 || row(s, "  p99", FIGURE_P99, err) < 0 || row(s, "  max", FIGURE_MAX, err) < 0 ? -1 : 0;
}

static int add_requests(struct sheet *s, struct error *err)
{
    size_t i, count;
    const enum load_kind *kinds = figure_load_kinds(&count);
    const bool counted = results_server_counts(s->results);

    if (title(s, counted ? "requests per pod, counted by the API server" : "requests per pod", err) < 0)
        return -1;
    for (i = 0; counted && i < count; i++)
        if (requests_row(s, kinds[i], err) < 0)
            return -1;
    return (counted && row(s, "  in all", FIGURE_REQUESTS, err) < 0) ||
                   row(s, "  in all, as the scheduler counts", FIGURE_CLIENT_REQUESTS, err) < 0 ||
                   row(s, "  kB in and out, as the scheduler counts", FIGURE_KILOBYTES, err) < 0
               ? -1
               : 0;
}

static int add_costs(struct sheet *s, struct error *err)
{
    const struct results_span *idle = &s->sides[0].total.phase[RESULTS_IDLE];
    const bool counted = results_server_counts(s->results);
    char heading[64] = "while idle, per minute";

    if (idle->duration_us > 0)
        snprintf(heading, sizeof heading, "while idle (for %.0f s), per minute", (double)idle->duration_us / 1e6);
    return title(s, heading, err) < 0 || (counted && row(s, "  requests", FIGURE_IDLE_REQUESTS, err) < 0) ||
                   row(s, "  requests, as the scheduler counts", FIGURE_IDLE_CLIENT_REQUESTS, err) < 0 ||
                   row(s, "  kB in and out, as the scheduler counts", FIGURE_IDLE_KILOBYTES, err) < 0 ||
                   row(s, "  CPU ms", FIGURE_IDLE_CPU, err) < 0 || title(s, "the process", err) < 0 ||
                   row(s, "  CPU ms per pod", FIGURE_CPU, err) < 0 || row(s, "  peak memory, MiB", FIGURE_PEAK, err) < 0 ||
                   row(s, "  ms to the first pod bound", FIGURE_READY, err) < 0 ||
                   (counted &&
                    (row(s, "  requests to start", FIGURE_START_REQUESTS, err) < 0 || row(s, "  watches opened", FIGURE_WATCHES, err) < 0))
               ? -1
               : 0;
}

static void print_invalid(const struct results_contestant *contestants, size_t count, FILE *out)
{
    size_t i, run;

    for (i = 0; i < count; i++)
        for (run = 0; run < contestants[i].run_count; run++)
            if (!contestants[i].runs[run].valid)
                fprintf(out, "\nINVALID: %s, run %zu: %s\n", contestants[i].name, run + 1, contestants[i].runs[run].reason);
}

const char *report_name(const struct results_contestant *contestant, char *out)
{
    size_t run, valid = 0;

    for (run = 0; run < contestant->run_count; run++)
        valid += contestant->runs[run].valid;
    snprintf(out, TABLE_CELL_BYTES, "%s%s", contestant->name, valid < contestant->run_count ? " INVALID" : "");
    return out;
}

int report_table(const struct results *results, struct text_table *table, struct error *err)
{
    struct sheet sheet = {.table = table, .results = results};
    char name[TABLE_CELL_BYTES];
    size_t i;

    text_table_init(table, results->contestant_count + 1);
    if (text_table_row(table, err) < 0)
        return -1;
    for (i = 0; i < results->contestant_count; i++) {
        if (side_look(&results->contestants[i], &sheet.sides[i], err) < 0)
            return -1;
        text_table_cell(table, i + 1, "%s", report_name(&results->contestants[i], name));
    }
    return add_latency(&sheet, err) < 0 || add_requests(&sheet, err) < 0 ? -1 : add_costs(&sheet, err);
}

static int print_sweep(const struct results *results, FILE *out, struct error *err)
{
    struct text_table table;
    int ret = report_sweep_table(results, &table, err);

    if (ret == 0 && table.rows) {
        fputs("\npolling at each interval, beside theory (a pod waits evenly between 0 and T)\n\n", out);
        text_table_print(&table, out);
    }
    text_table_free(&table);
    return ret;
}

int report_print(const struct results *results, FILE *out, struct error *err)
{
    struct text_table table;
    int ret = -1;

    if (report_table(results, &table, err) < 0)
        goto cleanup;
    text_table_print(&table, out);
    if (print_sweep(results, out, err) < 0)
        goto cleanup;
    if (!results_server_counts(results))
        fprintf(out, "\n%s, so its counts say nothing of a scheduler: requests are as the scheduler counts\n",
                results->environment.kubelets ? "kubelets ask this API server too" : "all asked the API server at once");
    print_invalid(results->contestants, results->contestant_count, out);
    print_invalid(results->sweep, results->sweep_count, out);
    if (results->sentence)
        fprintf(out, "\n%s\n", results->sentence);
    ret = 0;
cleanup:
    text_table_free(&table);
    return ret;
}

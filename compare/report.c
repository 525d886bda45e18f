#include "compare/report.h"

#include <math.h>

#include "compare/process.h"
#include "compare/results_summary.h"
#include "compare/table.h"

struct column {
    const struct results_contestant *contestant;
    struct results_latency part[PARTS];
    struct results_total total;
};

struct sheet {
    struct text_table table;
    const struct results *results;
    struct column columns[RESULTS_CONTESTANTS_MAX];
};

/* a figure of one column; NAN: not measured */
typedef double (*figure)(const struct column *column, int which);

static int row(struct sheet *sheet, const char *label, figure of, int which, int digits, struct error *err)
{
    size_t i;

    if (text_table_row(&sheet->table, err) < 0)
        return -1;
    text_table_cell(&sheet->table, 0, "%s", label);
    for (i = 0; i < sheet->results->contestant_count; i++)
        text_table_number(&sheet->table, i + 1, of(&sheet->columns[i], which), digits);
    return 0;
}

/* a row of "from–to" */
static int range_row(struct sheet *sheet, const char *label, figure from, figure to, struct error *err)
{
    char low[32], high[32];
    size_t i;

    if (text_table_row(&sheet->table, err) < 0)
        return -1;
    text_table_cell(&sheet->table, 0, "%s", label);
    for (i = 0; i < sheet->results->contestant_count; i++) {
        double least = from(&sheet->columns[i], 0), greatest = to(&sheet->columns[i], 0);

        if (isnan(least))
            text_table_number(&sheet->table, i + 1, NAN, 0);
        else
            text_table_cell(&sheet->table, i + 1, "%s–%s", text_figure(least, 1, low), text_figure(greatest, 1, high));
    }
    return 0;
}

static int title(struct sheet *sheet, const char *text, struct error *err)
{
    if (text_table_row(&sheet->table, err) < 0 || text_table_row(&sheet->table, err) < 0)
        return -1;
    text_table_cell(&sheet->table, 0, "%s", text);
    return 0;
}

static double ms(const struct column *c, double us)
{
    return c->part[PART_WHOLE].all.count ? us / 1e3 : NAN;
}

enum { MEDIAN, MEAN, P95, P99, MOST };

static double latency(const struct column *c, int which)
{
    const struct statistics *s = &c->part[PART_WHOLE].all;
    const double us[] = {(double)s->median, s->mean, (double)s->p95, (double)s->p99, (double)s->max};

    return ms(c, us[which]);
}

static double mean_low(const struct column *c, int which)
{
    (void)which;
    return ms(c, c->part[PART_WHOLE].mean_low);
}

static double mean_high(const struct column *c, int which)
{
    (void)which;
    return ms(c, c->part[PART_WHOLE].mean_high);
}

static double least_mean(const struct column *c, int which)
{
    (void)which;
    return ms(c, c->part[PART_WHOLE].least_mean);
}

static double greatest_mean(const struct column *c, int which)
{
    (void)which;
    return ms(c, c->part[PART_WHOLE].greatest_mean);
}

static double part_mean(const struct column *c, int part)
{
    return c->part[part].all.count ? c->part[part].all.mean / 1e3 : NAN;
}

static bool several_runs(const struct sheet *sheet)
{
    size_t i;

    for (i = 0; i < sheet->results->contestant_count; i++)
        if (sheet->columns[i].part[PART_WHOLE].runs > 1)
            return true;
    return false;
}

static int add_latency(struct sheet *s, struct error *err)
{
    char label[64];
    int part;

    if (title(s, "latency, ms (accepted → binding visible)", err) < 0 || row(s, "  median", latency, MEDIAN, 1, err) < 0 ||
        row(s, "  mean", latency, MEAN, 1, err) < 0 || range_row(s, "    95 % interval", mean_low, mean_high, err) < 0 ||
        (several_runs(s) && range_row(s, "    of single runs", least_mean, greatest_mean, err) < 0))
        return -1;
    for (part = PART_WAIT; part < PARTS; part++) {
        snprintf(label, sizeof label, "    %s", results_part_name((enum results_part)part));
        if (row(s, label, part_mean, part, 1, err) < 0)
            return -1;
    }
    return row(s, "  p95", latency, P95, 1, err) < 0 || row(s, "  p99", latency, P99, 1, err) < 0 ||
                   row(s, "  max", latency, MOST, 1, err) < 0
               ? -1
               : 0;
}

static double requests_of_kind(const struct column *c, int kind)
{
    const struct results_span *busy = &c->total.phase[RESULTS_BUSY];

    return results_per_pod(&c->total, busy->server.count[kind], busy->server_measured);
}

static double requests_in_all(const struct column *c, int which)
{
    const struct results_span *busy = &c->total.phase[RESULTS_BUSY];

    (void)which;
    return results_per_pod(&c->total, load_sum(&busy->server), busy->server_measured);
}

static double client_requests(const struct column *c, int which)
{
    (void)which;
    return results_per_pod(&c->total, c->total.phase[RESULTS_BUSY].client.requests, true);
}

static double kilobytes(const struct client_metrics *client)
{
    return client->bytes_in < 0 || client->bytes_out < 0 ? NAN : (double)(client->bytes_in + client->bytes_out) / 1e3;
}

static double client_kilobytes(const struct column *c, int which)
{
    (void)which;
    return c->total.pods ? kilobytes(&c->total.phase[RESULTS_BUSY].client) / (double)c->total.pods : NAN;
}

static int add_requests(struct sheet *s, struct error *err)
{
    static const enum load_kind kinds[] = {LOAD_PODS_LIST, LOAD_NODES_LIST, LOAD_PODS_WATCH, LOAD_NODES_WATCH, LOAD_PODS_GET,
                                           LOAD_BIND,      LOAD_EVENTS,     LOAD_STATUS,     LOAD_NODES_OTHER};
    char label[64];
    size_t i;

    if (title(s, "requests per pod, counted by the API server", err) < 0)
        return -1;
    for (i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        snprintf(label, sizeof label, "  %s", load_kind_name(kinds[i]));
        if (row(s, label, requests_of_kind, (int)kinds[i], 2, err) < 0)
            return -1;
    }
    return row(s, "  in all", requests_in_all, 0, 2, err) < 0 ||
                   row(s, "  in all, as the scheduler counts", client_requests, 0, 2, err) < 0 ||
                   row(s, "  kB in and out, as the scheduler counts", client_kilobytes, 0, 1, err) < 0
               ? -1
               : 0;
}

static double idle_requests(const struct column *c, int which)
{
    const struct results_span *idle = &c->total.phase[RESULTS_IDLE];

    (void)which;
    return results_per_idle_minute(&c->total, load_sum(&idle->server), idle->server_measured);
}

static double idle_client_requests(const struct column *c, int which)
{
    (void)which;
    return results_per_idle_minute(&c->total, c->total.phase[RESULTS_IDLE].client.requests, true);
}

static double idle_kilobytes(const struct column *c, int which)
{
    const struct client_metrics *client = &c->total.phase[RESULTS_IDLE].client;

    (void)which;
    return results_per_idle_minute(&c->total, 1, true) * kilobytes(client);
}

static double idle_cpu(const struct column *c, int which)
{
    (void)which;
    return results_per_idle_minute(&c->total, c->total.phase[RESULTS_IDLE].cpu_us, true) / 1e3;
}

static double busy_cpu(const struct column *c, int which)
{
    (void)which;
    return results_per_pod(&c->total, c->total.phase[RESULTS_BUSY].cpu_us, true) / 1e3;
}

static double peak(const struct column *c, int which)
{
    (void)which;
    return bytes_in_mib(c->total.peak_bytes);
}

static double start_requests(const struct column *c, int which)
{
    const struct results_span *start = &c->total.phase[RESULTS_STARTUP];

    (void)which;
    return start->server_measured && c->total.runs ? (double)load_sum(&start->server) / (double)c->total.runs : NAN;
}

static double watches(const struct column *c, int which)
{
    int64_t sum = 0;
    int phase;

    (void)which;
    for (phase = 0; phase < RESULTS_PHASES; phase++) {
        if (!c->total.phase[phase].server_measured)
            return NAN;
        sum += load_watches(&c->total.phase[phase].server);
    }
    return (double)sum / (double)c->total.runs;
}

static double ready(const struct column *c, int which)
{
    (void)which;
    return c->total.ready_us < 0 ? NAN : (double)c->total.ready_us / 1e3;
}

static int add_costs(struct sheet *s, struct error *err)
{
    const struct results_span *idle = &s->columns[0].total.phase[RESULTS_IDLE];
    char heading[64] = "while idle, per minute";

    if (idle->duration_us > 0)
        snprintf(heading, sizeof heading, "while idle (for %.0f s), per minute", (double)idle->duration_us / 1e6);
    return title(s, heading, err) < 0 || row(s, "  requests", idle_requests, 0, 0, err) < 0 ||
                   row(s, "  requests, as the scheduler counts", idle_client_requests, 0, 0, err) < 0 ||
                   row(s, "  kB in and out, as the scheduler counts", idle_kilobytes, 0, 1, err) < 0 ||
                   row(s, "  CPU ms", idle_cpu, 0, 1, err) < 0 || title(s, "the process", err) < 0 ||
                   row(s, "  CPU ms per pod", busy_cpu, 0, 2, err) < 0 || row(s, "  peak memory, MiB", peak, 0, 1, err) < 0 ||
                   row(s, "  ms to the first pod bound", ready, 0, 0, err) < 0 ||
                   row(s, "  requests to start", start_requests, 0, 0, err) < 0 || row(s, "  watches opened", watches, 0, 0, err) < 0
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

static int fill(struct sheet *sheet, struct error *err)
{
    const struct results *results = sheet->results;
    size_t i;
    int part;

    if (text_table_row(&sheet->table, err) < 0)
        return -1;
    for (i = 0; i < results->contestant_count; i++) {
        const struct results_contestant *contestant = &results->contestants[i];
        struct column *column = &sheet->columns[i];

        column->contestant = contestant;
        column->total = results_total(contestant);
        for (part = 0; part < PARTS; part++)
            if (results_latency(contestant, (enum results_part)part, &column->part[part], err) < 0)
                return -1;
        text_table_cell(&sheet->table, i + 1, "%s%s", contestant->name, column->total.runs < contestant->run_count ? " INVALID" : "");
    }
    return add_latency(sheet, err) < 0 || add_requests(sheet, err) < 0 ? -1 : add_costs(sheet, err);
}

int report_print(const struct results *results, FILE *out, struct error *err)
{
    struct sheet sheet = {.results = results};
    int ret = -1;

    text_table_init(&sheet.table, results->contestant_count + 1);
    if (fill(&sheet, err) < 0)
        goto cleanup;
    text_table_print(&sheet.table, out);
    if (report_print_sweep(results, out, err) < 0)
        goto cleanup;
    print_invalid(results->contestants, results->contestant_count, out);
    print_invalid(results->sweep, results->sweep_count, out);
    if (results->sentence)
        fprintf(out, "\n%s\n", results->sentence);
    ret = 0;
cleanup:
    text_table_free(&sheet.table);
    return ret;
}

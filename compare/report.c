#include "compare/report.h"

#include <math.h>
#include <stdio.h>

#include "compare/process.h"
#include "compare/statistics.h"
#include "compare/table.h"

struct column {
    const struct contest *contest;
    struct statistics latency;
};

static double per_pod(const struct contest *c, int64_t value, bool measured)
{
    return measured && c->pods ? (double)value / (double)c->pods : NAN;
}

static double per_minute(const struct contest *c, int64_t value, bool measured)
{
    return measured && c->idle_us > 0 ? (double)value * 60e6 / (double)c->idle_us : NAN;
}

static double per_turn(const struct contest *c, int64_t value)
{
    return c->load_measured && c->turns ? (double)value / (double)c->turns : NAN;
}

static double latency_ms(const struct column *column, int64_t us)
{
    return column->latency.count ? (double)us / 1e3 : NAN;
}

static int row(struct text_table *table, const char *label, double left, double right, int digits, struct error *err)
{
    if (text_table_row(table, err) < 0)
        return -1;
    text_table_cell(table, 0, "%s", label);
    text_table_number(table, 1, left, digits);
    text_table_number(table, 2, right, digits);
    return 0;
}

static int title(struct text_table *table, const char *text, struct error *err)
{
    if (text_table_row(table, err) < 0 || text_table_row(table, err) < 0)
        return -1;
    text_table_cell(table, 0, "%s", text);
    return 0;
}

static int add_latency(struct text_table *t, const struct column *a, const struct column *b, struct error *err)
{
    return title(t, "latency, ms (accepted → binding visible)", err) < 0 ||
                   row(t, "  median", latency_ms(a, a->latency.median), latency_ms(b, b->latency.median), 1, err) < 0 ||
                   row(t, "  mean", a->latency.count ? a->latency.mean / 1e3 : NAN, b->latency.count ? b->latency.mean / 1e3 : NAN, 1,
                       err) < 0 ||
                   row(t, "  p95", latency_ms(a, a->latency.p95), latency_ms(b, b->latency.p95), 1, err) < 0 ||
                   row(t, "  max", latency_ms(a, a->latency.max), latency_ms(b, b->latency.max), 1, err) < 0
               ? -1
               : 0;
}

static int add_requests(struct text_table *t, const struct contest *a, const struct contest *b, struct error *err)
{
    static const enum load_kind kinds[] = {LOAD_PODS_LIST, LOAD_NODES_LIST, LOAD_PODS_WATCH, LOAD_NODES_WATCH, LOAD_PODS_GET,
                                           LOAD_BIND,      LOAD_EVENTS,     LOAD_STATUS,     LOAD_NODES_OTHER};
    char label[64];
    size_t i;

    if (title(t, "requests per pod, counted by the API server", err) < 0)
        return -1;
    for (i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        enum load_kind kind = kinds[i];

        snprintf(label, sizeof label, "  %s", load_kind_name(kind));
        if (row(t, label, per_pod(a, a->busy.count[kind], a->load_measured), per_pod(b, b->busy.count[kind], b->load_measured), 2, err) < 0)
            return -1;
    }
    return row(t, "  in all", per_pod(a, load_sum(&a->busy), a->load_measured), per_pod(b, load_sum(&b->busy), b->load_measured), 2, err);
}

static int add_costs(struct text_table *t, const struct contest *a, const struct contest *b, struct error *err)
{
    int64_t bytes_a = a->client_busy.bytes_in + a->client_busy.bytes_out, bytes_b = b->client_busy.bytes_in + b->client_busy.bytes_out;
    int64_t idle_a = a->client_idle.bytes_in + a->client_idle.bytes_out, idle_b = b->client_idle.bytes_in + b->client_idle.bytes_out;

    if (row(t, "  in all, as the scheduler counts", per_pod(a, a->client_busy.requests, a->client_measured),
            per_pod(b, b->client_busy.requests, b->client_measured), 2, err) < 0 ||
        row(t, "  kB in and out, as the scheduler counts", per_pod(a, bytes_a, a->client_measured) / 1e3,
            per_pod(b, bytes_b, b->client_measured) / 1e3, 1, err) < 0)
        return -1;
    if (title(t, "while idle, per minute", err) < 0 ||
        row(t, "  requests", per_minute(a, load_sum(&a->idle), a->load_measured), per_minute(b, load_sum(&b->idle), b->load_measured), 0,
            err) < 0 ||
        row(t, "  kB in and out, as the scheduler counts", per_minute(a, idle_a, a->client_measured) / 1e3,
            per_minute(b, idle_b, b->client_measured) / 1e3, 1, err) < 0 ||
        row(t, "  CPU ms", per_minute(a, a->cpu_idle_us, a->cpu_measured) / 1e3, per_minute(b, b->cpu_idle_us, b->cpu_measured) / 1e3, 1,
            err) < 0)
        return -1;
    return title(t, "the process", err) < 0 ||
                   row(t, "  CPU ms per pod", per_pod(a, a->cpu_busy_us, a->cpu_measured) / 1e3,
                       per_pod(b, b->cpu_busy_us, b->cpu_measured) / 1e3, 2, err) < 0 ||
                   row(t, "  peak memory, MiB", bytes_in_mib(a->peak_bytes), bytes_in_mib(b->peak_bytes), 1, err) < 0 ||
                   row(t, "  requests to start", per_turn(a, load_sum(&a->startup)), per_turn(b, load_sum(&b->startup)), 0, err) < 0 ||
                   row(t, "  watches opened", per_turn(a, a->watches), per_turn(b, b->watches), 0, err) < 0
               ? -1
               : 0;
}

static void print_idle_part(const struct contest *a, const struct contest *b, FILE *out)
{
    if (a->load_measured && b->load_measured)
        fprintf(out, "; while idle it asked the API server %.0f times a minute, %s %.0f times", per_minute(b, load_sum(&b->idle), true),
                a->label, per_minute(a, load_sum(&a->idle), true));
    fputs(".\n", out);
}

/* two figures: a run as short as this one knows no more */
static const char *times_text(double times, char *text, size_t size)
{
    double step = 1;

    if (times < 10) {
        snprintf(text, size, "%.1f times quicker", times);
        return text;
    }
    while (times / step >= 100)
        step *= 10;
    snprintf(text, size, "%.0f times quicker", floor(times / step + 0.5) * step);
    return text;
}

/* what this run showed, in whichever direction it went */
static void print_sentence(const struct column *a, const struct column *b, FILE *out)
{
    double left = a->latency.mean, right = b->latency.mean;
    const struct column *quick = left < right ? a : b, *slow = left < right ? b : a;
    char text[40];

    if (a->contest->invalid || b->contest->invalid || !a->latency.count || !b->latency.count) {
        fputs("\nNothing is concluded from an INVALID run.\n", out);
        return;
    }
    fprintf(out, "\nIn this run %s bound a pod %.1f ms after the API server had accepted it, on average, %s %.1f ms: about %s",
            quick->contest->label, quick->latency.mean / 1e3, slow->contest->label, slow->latency.mean / 1e3,
            times_text(slow->latency.mean / quick->latency.mean, text, sizeof text));
    print_idle_part(slow->contest, quick->contest, out);
}

int report_print(struct contest contests[2], FILE *out, struct error *err)
{
    struct column columns[2];
    struct text_table table;
    int i, ret = -1;

    for (i = 0; i < 2; i++) {
        columns[i].contest = &contests[i];
        columns[i].latency = statistics_of(contests[i].latencies_us, contests[i].latency_count);
    }
    text_table_init(&table, 3);
    if (text_table_row(&table, err) < 0)
        goto cleanup;
    for (i = 0; i < 2; i++)
        text_table_cell(&table, (size_t)i + 1, "%s%s", contests[i].label, contests[i].invalid ? " INVALID" : "");
    if (add_latency(&table, &columns[0], &columns[1], err) < 0 || add_requests(&table, &contests[0], &contests[1], err) < 0 ||
        add_costs(&table, &contests[0], &contests[1], err) < 0)
        goto cleanup;
    text_table_print(&table, out);
    for (i = 0; i < 2; i++)
        if (contests[i].invalid)
            fprintf(out, "\nINVALID: %s: %s\n", contests[i].label, contests[i].reason);
    print_sentence(&columns[0], &columns[1], out);
    ret = 0;
cleanup:
    text_table_free(&table);
    return ret;
}

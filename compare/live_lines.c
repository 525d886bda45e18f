/*
 * live_lines.c: what a live session prints as plain lines: one a second where there is no terminal, and the results at the end.
 */
#include <math.h>
#include <stdio.h>

#include "compare/live_results.h"
#include "compare/live_session.h"
#include "compare/results_summary.h"
#include "compare/table.h"

static void print_side(const struct live_side *side)
{
    struct statistics latency = live_model_latency(side);
    double rate = live_model_per_minute(side);
    char median[16], requests[32] = "-", minute[32] = "-";
    const char *unit = live_frame_latency(latency.count ? latency.median : NOT_SEEN, median);

    if (side->count_count)
        snprintf(requests, sizeof requests, "%lld", (long long)side->requests);
    if (rate >= 0)
        snprintf(minute, sizeof minute, "%.0f", rate);
    printf(" | %s%s%s%s: %zu waiting, %zu bound, median %s%s%s, requests %s, %s a minute", side->name,
           side->state == LIVE_ENDED ? " (ended: " : "", side->end, side->state == LIVE_ENDED ? ")" : "", side->waiting, side->bound,
           median, *unit ? " " : "", unit, requests, minute);
}

void session_print_line(const struct session *s, int64_t now_us)
{
    const struct live_model *m = &s->model;
    size_t i;

    printf("%6.1f s%s%s", (double)(now_us - m->began_us) / 1e6, m->paused ? " paused" : "",
           m->connected                     ? ""
           : s->deeds.cut_until_us > now_us ? " cut"
                                            : " away");
    for (i = 0; i < m->side_count; i++)
        print_side(&m->sides[i]);
    putchar('\n');
    fflush(stdout);
}

/* a row of figures: `digits` after the point */
static int add_row(struct text_table *table, const char *name, const double *figures, size_t count, int digits, struct error *err)
{
    size_t i;

    if (text_table_row(table, err) < 0)
        return -1;
    text_table_cell(table, 0, "%s", name);
    for (i = 0; i < count; i++)
        text_table_number(table, i + 1, figures[i], digits);
    return 0;
}

static int add_heading(struct text_table *table, const char *text, struct error *err)
{
    if (text_table_row(table, err) < 0 || text_table_row(table, err) < 0)
        return -1;
    text_table_cell(table, 0, "%s", text);
    return 0;
}

/* of runs that are valid; a dash for the others */
static int add_latencies(const struct session *s, struct text_table *table, struct error *err)
{
    double median[LIVE_SIDES_MAX], mean[LIVE_SIDES_MAX], p95[LIVE_SIDES_MAX], max[LIVE_SIDES_MAX];
    size_t i, count = s->model.side_count;

    for (i = 0; i < count; i++) {
        struct results_latency latency;

        if (results_latency(&s->results->contestants[i], PART_WHOLE, &latency, err) < 0)
            return -1;
        median[i] = latency.all.count ? (double)latency.all.median / 1e3 : NAN;
        mean[i] = latency.all.count ? latency.all.mean / 1e3 : NAN;
        p95[i] = latency.all.count ? (double)latency.all.p95 / 1e3 : NAN;
        max[i] = latency.all.count ? (double)latency.all.max / 1e3 : NAN;
    }
    return add_heading(table, "latency, ms (accepted \xe2\x86\x92 binding visible)", err) < 0 ||
                   add_row(table, "  median", median, count, 1, err) < 0 || add_row(table, "  mean", mean, count, 1, err) < 0 ||
                   add_row(table, "  p95", p95, count, 1, err) < 0 || add_row(table, "  max", max, count, 1, err) < 0
               ? -1
               : 0;
}

/* the kinds are the same for all where the simulator counts; elsewhere each scheduler names its own */
static int add_requests(const struct session *s, struct text_table *table, struct error *err)
{
    size_t i, j, kinds = 0, count = s->model.side_count;
    double figures[LIVE_SIDES_MAX];
    char name[32];

    if (add_heading(table, s->options->kubeconfig ? "requests, as the scheduler counts" : "requests, counted by the server", err) < 0)
        return -1;
    for (i = 0; i < count; i++)
        if (s->model.sides[i].count_count > s->model.sides[kinds].count_count)
            kinds = i;
    for (j = 0; j < s->model.sides[kinds].count_count; j++) {
        const char *kind = s->model.sides[kinds].counts[j].name;

        for (i = 0; i < count; i++)
            figures[i] = live_model_count(&s->model.sides[i], kind);
        snprintf(name, sizeof name, "  %s", kind);
        if (add_row(table, name, figures, count, 0, err) < 0)
            return -1;
    }
    for (i = 0; i < count; i++)
        figures[i] = s->model.sides[i].count_count ? (double)s->model.sides[i].requests : NAN;
    return add_row(table, "  in all", figures, count, 0, err);
}

static int print_table(const struct session *s, struct error *err)
{
    size_t i, count = s->model.side_count;
    struct text_table table;
    int ret = -1;

    text_table_init(&table, 1 + count);
    if (text_table_row(&table, err) < 0)
        goto cleanup;
    for (i = 0; i < count; i++)
        text_table_cell(&table, i + 1, "%s", s->model.sides[i].name);
    if (add_latencies(s, &table, err) < 0 || add_requests(s, &table, err) < 0)
        goto cleanup;
    text_table_print(&table, stdout);
    ret = 0;
cleanup:
    text_table_free(&table);
    return ret;
}

static void print_verdicts(const struct results *results)
{
    size_t i;

    if (!results_valid(results))
        puts("");
    for (i = 0; i < results->contestant_count; i++)
        if (!results->contestants[i].runs[0].valid)
            printf("INVALID: %s: %s\n", results->contestants[i].name, results->contestants[i].runs[0].reason);
}

int session_print_results(struct session *s, int64_t ended_us, struct error *err)
{
    long pods = live_results_fill(&s->model, ended_us, s->results, err);

    if (pods < 0)
        return -1;
    printf("live, not a measurement: %s, %s, %.0f s\n\n", s->workload, s->where, (double)(ended_us - s->model.began_us) / 1e6);
    if (print_table(s, err) < 0)
        return -1;
    print_verdicts(s->results);
    if (pods < LIVE_PODS_LEAST) {
        printf("\nToo few pods to say what it showed: %ld of each were there long enough, %d are needed.\n", pods, LIVE_PODS_LEAST);
    } else {
        s->results->sentence = results_sentence(s->results, err);
        if (!s->results->sentence)
            return -1;
        printf("\n%s\n", s->results->sentence);
    }
    puts("The schedulers shared the CPU and the server with each other and with this view; compare without --live measures each alone.");
    fflush(stdout);
    return 0;
}

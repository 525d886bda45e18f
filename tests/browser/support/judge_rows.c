/*
 * judge_rows.c: the parts of the latency, and run by run.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/browser/support/judge_internal.h"
#include "tests/browser/support/naive.h"

static void judge_dot(const struct chart *chart, const struct tag *tag, double expected, const char *name, const char *group)
{
    check(chart->judge,
          same(markup_number(tag, "data-value"), expected) && fabs(markup_number(tag, "cx") - place(&chart->x, expected)) <= PIXEL,
          "%s: the dot %s of '%s' is not at %g ms", chart->id, group, name, expected);
}

static void judge_split(struct judge *judge)
{
    static const char *const names[] = {"", "accepted → seen", "seen → bind sent", "bind sent → visible"};
    const struct results *r = judge->results;
    struct chart chart;
    struct tag tag;
    size_t i, count, any = 0;
    int part;

    for (i = 0; i < r->contestant_count; i++) {
        free(naive_latencies(&r->contestants[i], 1, 0, &count));
        any += count;
    }
    if (!open_chart(judge, "chart-split", any > 0, &chart))
        return;
    for (i = 0; i < r->contestant_count; i++)
        for (part = 1; part < 4; part++) {
            double *sorted = naive_latencies(&r->contestants[i], part, 0, &count);

            if (count && find(&chart, "circle", "dot", r->contestants[i].name, names[part], &tag))
                judge_dot(&chart, &tag, naive_mean(sorted, count), r->contestants[i].name, names[part]);
            free(sorted);
        }
}

static void judge_run(const struct chart *chart, const struct results_contestant *c, int64_t number, const double *sorted, size_t count)
{
    const char *at = chart->svg.end;
    struct tag tag;
    int found = 0;

    while (markup_next(&at, chart->end, &tag)) {
        bool mean = attribute_is(&tag, "data-group", "mean");

        if (!markup_has_class(&tag, "dot") || !attribute_is(&tag, "data-name", c->name) ||
            !same(markup_number(&tag, "data-run"), (double)number))
            continue;
        judge_dot(chart, &tag, mean ? naive_mean(sorted, count) : naive_percentile(sorted, count, 50), c->name, mean ? "mean" : "median");
        found++;
    }
    check(chart->judge, found == 2, "%s: %d dots for '%s', run %lld", chart->id, found, c->name, (long long)number);
}

static void judge_runs(struct judge *judge)
{
    const struct results *r = judge->results;
    struct chart chart;
    size_t i, run, count;
    bool several = false;

    for (i = 0; i < r->contestant_count; i++)
        several = several || naive_valid_runs(&r->contestants[i]) > 1;
    if (!open_chart(judge, "chart-runs", several, &chart))
        return;
    for (i = 0; i < r->contestant_count; i++)
        for (run = 0; run < r->contestants[i].run_count; run++) {
            const struct results_contestant *c = &r->contestants[i];
            double *sorted = naive_latencies(c, 0, c->runs[run].number, &count);

            if (c->runs[run].valid && naive_valid_runs(c) > 1)
                judge_run(&chart, c, c->runs[run].number, sorted, count);
            free(sorted);
        }
}

void judge_rows(struct judge *judge)
{
    judge_split(judge);
    judge_runs(judge);
}

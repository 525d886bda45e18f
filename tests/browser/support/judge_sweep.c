/*
 * judge_sweep.c: the sweep beside theory.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/browser/support/judge_internal.h"
#include "tests/browser/support/naive.h"

/* the mark of a kind at an interval, and whether it stands where its value is */
static void judge_point(const struct chart *chart, const char *kind, double interval_s, double expected)
{
    const char *at = chart->svg.end;
    double x = place(&chart->x, interval_s), y = place(&chart->y, expected), mark_x = NAN, mark_y = NAN;
    char path[200];
    struct tag tag;

    while (markup_next(&at, chart->end, &tag)) {
        if (!attribute_is(&tag, "data-kind", kind) || !same(markup_number(&tag, "data-interval"), interval_s))
            continue;
        mark_x = markup_number(&tag, "cx");
        mark_y = markup_number(&tag, "cy");
        if (isnan(mark_x) && markup_attribute(&tag, "d", path, sizeof path) && sscanf(path, "M%lf %lf", &mark_x, &mark_y) != 2)
            mark_x = NAN;
        check(chart->judge, same(markup_number(&tag, "data-value"), expected), "%s: %s at %g s is not %g", chart->id, kind, interval_s,
              expected);
    }
    check(chart->judge, fabs(mark_x - x) <= PIXEL && fabs(mark_y - y) <= PIXEL, "%s: %s at %g s does not stand at %g", chart->id, kind,
          interval_s, expected);
}

static void judge_theory(const struct chart *chart, const char *kind, double interval_s, double expected)
{
    const char *at = chart->svg.end, *p;
    double x = place(&chart->x, interval_s), y = place(&chart->y, expected), point_x, point_y;
    char path[2000] = "";
    struct tag tag;
    bool there = false;

    while (markup_next(&at, chart->end, &tag))
        if (markup_has_class(&tag, "theory") && attribute_is(&tag, "data-kind", kind))
            markup_attribute(&tag, "d", path, sizeof path);
    for (p = path; *p; p++)
        if ((*p == 'M' || *p == 'L') && sscanf(p + 1, "%lf %lf", &point_x, &point_y) == 2)
            there = there || (fabs(point_x - x) <= PIXEL && fabs(point_y - y) <= PIXEL);
    check(chart->judge, there, "%s: theory's %s at %g s does not stand at %g", chart->id, kind, interval_s, expected);
}

/* the service time theory adds: from seen to visible, on average */
static double service_ms(const struct results_contestant *c)
{
    size_t decided, bound;
    double *decide = naive_latencies(c, 2, 0, &decided), *bind = naive_latencies(c, 3, 0, &bound), sum = 0;

    if (decided && bound)
        sum = naive_mean(decide, decided) + naive_mean(bind, bound);
    free(decide);
    free(bind);
    return sum;
}

static double idle_load(const struct results_contestant *c)
{
    double served = naive_requests(c, RESULTS_IDLE, -1);

    return isnan(served) ? naive_client_requests(c, RESULTS_IDLE) : served;
}

static void judge_sweep_point(const struct chart *latency, const struct chart *requests, const struct results_contestant *c)
{
    size_t count;
    double *sorted = naive_latencies(c, 0, 0, &count), service = service_ms(c);

    if (count) {
        judge_point(latency, "mean", c->interval_s, naive_mean(sorted, count));
        judge_point(latency, "p95", c->interval_s, naive_percentile(sorted, count, 95));
        judge_theory(latency, "mean", c->interval_s, c->interval_s * 500 + service);
        judge_theory(latency, "p95", c->interval_s, c->interval_s * 950 + service);
        if (!isnan(idle_load(c)))
            judge_point(requests, "requests", c->interval_s, idle_load(c));
    }
    judge_theory(requests, "requests", c->interval_s, 60 / c->interval_s);
    free(sorted);
}

static void judge_level(const struct chart *chart, const char *name, double expected)
{
    char path[200] = "";
    double x, y;
    struct tag tag;

    if (isnan(expected) || !find(chart, "path", "line", name, NULL, &tag))
        return;
    markup_attribute(&tag, "d", path, sizeof path);
    check(chart->judge,
          same(markup_number(&tag, "data-value"), expected) && sscanf(path, "M%lf %lf", &x, &y) == 2 &&
              fabs(y - place(&chart->y, expected)) <= PIXEL,
          "%s: the line of '%s' is not at %g", chart->id, name, expected);
}

void judge_sweep(struct judge *judge)
{
    const struct results *r = judge->results;
    struct chart latency, requests;
    size_t i, count, any = 0;

    for (i = 0; i < r->sweep_count; i++)
        any += naive_valid_runs(&r->sweep[i]);
    if (!open_chart(judge, "chart-sweep-latency", any > 0, &latency) | !open_chart(judge, "chart-sweep-requests", any > 0, &requests))
        return;
    for (i = 0; i < r->sweep_count; i++)
        judge_sweep_point(&latency, &requests, &r->sweep[i]);
    for (i = 0; i < r->contestant_count; i++) {
        const struct results_contestant *c = &r->contestants[i];
        double *sorted = naive_latencies(c, 0, 0, &count);

        if (!(c->interval_s > 0) && count) {
            judge_level(&latency, c->name, naive_mean(sorted, count));
            judge_level(&requests, c->name, idle_load(c));
        }
        free(sorted);
    }
}

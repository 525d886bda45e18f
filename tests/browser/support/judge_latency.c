/*
 * judge_latency.c: the distribution, and pod by pod.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/browser/support/judge_internal.h"
#include "tests/browser/support/naive.h"

#define CELL 2.9 /* marks so close together are drawn once */

static void judge_summary(const struct chart *chart, const struct tag *tag, const char *name, const double *sorted, size_t count)
{
    check(chart->judge,
          same(markup_number(tag, "data-count"), (double)count) && same(markup_number(tag, "data-min"), sorted[0]) &&
              same(markup_number(tag, "data-max"), sorted[count - 1]) && same(markup_number(tag, "data-mean"), naive_mean(sorted, count)) &&
              same(markup_number(tag, "data-median"), naive_percentile(sorted, count, 50)) &&
              same(markup_number(tag, "data-p95"), naive_percentile(sorted, count, 95)),
          "%s: the figures of '%s'", chart->id, name);
}

/* the heights of a curve just before and just after x, from its path of M, H and V */
static bool heights_at(const char *path, double x, double *before, double *after)
{
    double at_x = NAN, at_y = NAN, value;
    bool met = false;
    char command;
    int used;

    for (; sscanf(path, " %c%lf%n", &command, &value, &used) == 2; path += used) {
        double from = at_y;

        if (command == 'M') {
            at_x = value;
            path += used;
            if (sscanf(path, "%lf%n", &at_y, &used) != 1)
                return false;
            from = at_y;
        } else if (command == 'H') {
            at_x = value;
        } else if (command == 'V') {
            at_y = value;
        } else {
            return false;
        }
        if (fabs(at_x - x) > 0.5)
            continue;
        *before = met ? fmax(*before, from) : from; /* a low share is far down */
        *after = met ? fmin(*after, at_y) : at_y;
        met = true;
    }
    return met;
}

static void judge_curve(const struct chart *chart, const struct tag *tag, const char *name, const double *sorted, size_t count)
{
    static char path[1 << 20];
    double before = 0, after = 0;
    size_t i;

    if (!markup_attribute(tag, "d", path, sizeof path))
        path[0] = '\0';
    for (i = 0; i < count; i++) {
        bool met = heights_at(path, place(&chart->x, sorted[i]), &before, &after);

        check(chart->judge,
              met && before + PIXEL >= place(&chart->y, 100.0 * (double)i / (double)count) &&
                  after - PIXEL <= place(&chart->y, 100.0 * (double)(i + 1) / (double)count),
              "%s: '%s' does not rise at its sample %zu, %g ms", chart->id, name, i, sorted[i]);
    }
}

/* whether a path of marks ("Mx y" and a shape after it) has one there */
static bool has_mark(const char *path, double x, double y, double near)
{
    double mark_x, mark_y;

    for (; (path = strchr(path, 'M')); path++)
        if (sscanf(path, "M%lf %lf", &mark_x, &mark_y) == 2 && fabs(mark_x - x) <= near && fabs(mark_y - y) <= near)
            return true;
    return false;
}

/* counts the pods of a contestant's valid runs that stand at x, y */
static bool has_pod(const struct chart *chart, const struct results_contestant *c, double x, double y)
{
    size_t run, i;

    for (run = 0; run < c->run_count; run++)
        for (i = 0; c->runs[run].valid && i < c->runs[run].pod_count; i++) {
            const struct results_pod *p = &c->runs[run].pods[i];

            if (fabs(place(&chart->x, (double)p->arrival_us / 1e6) - x) <= PIXEL &&
                fabs(place(&chart->y, (double)(p->bound_us - p->accepted_us) / 1e3) - y) <= PIXEL)
                return true;
        }
    return false;
}

static void judge_marks(const struct chart *chart, const struct tag *tag, const struct results_contestant *c)
{
    static char path[1 << 22];
    const char *at = path;
    double x, y;
    size_t run, i;

    if (!markup_attribute(tag, "d", path, sizeof path))
        path[0] = '\0';
    for (run = 0; run < c->run_count; run++)
        for (i = 0; c->runs[run].valid && i < c->runs[run].pod_count; i++) {
            const struct results_pod *p = &c->runs[run].pods[i];

            check(chart->judge,
                  has_mark(path, place(&chart->x, (double)p->arrival_us / 1e6),
                           place(&chart->y, (double)(p->bound_us - p->accepted_us) / 1e3), CELL),
                  "%s: no mark for '%s', run %zu, pod %zu", chart->id, c->name, run + 1, i);
        }
    for (; (at = strchr(at, 'M')); at++)
        check(chart->judge, sscanf(at, "M%lf %lf", &x, &y) == 2 && has_pod(chart, c, x, y), "%s: '%s' has a mark that is no pod: %.20s",
              chart->id, c->name, at);
}

void judge_latency(struct judge *judge)
{
    const struct results *r = judge->results;
    struct chart curves, marks;
    struct tag tag;
    size_t i, count, any = 0;

    for (i = 0; i < r->contestant_count; i++)
        any += naive_valid_runs(&r->contestants[i]);
    if (!open_chart(judge, "chart-latency", any > 0, &curves) | !open_chart(judge, "chart-arrivals", any > 0, &marks))
        return;
    for (i = 0; i < r->contestant_count; i++) {
        double *sorted = naive_latencies(&r->contestants[i], 0, 0, &count);

        if (count && find(&curves, "path", "line", r->contestants[i].name, NULL, &tag)) {
            judge_summary(&curves, &tag, r->contestants[i].name, sorted, count);
            judge_curve(&curves, &tag, r->contestants[i].name, sorted, count);
        }
        if (count && find(&marks, "path", "marks", r->contestants[i].name, NULL, &tag)) {
            judge_summary(&marks, &tag, r->contestants[i].name, sorted, count);
            judge_marks(&marks, &tag, &r->contestants[i]);
        }
        free(sorted);
    }
}

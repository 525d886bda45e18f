/*
 * judge_bars.c: requests, CPU and memory.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/browser/support/judge_internal.h"
#include "tests/browser/support/naive.h"

/* one figure of all contestants; *per_value is how long a bar is for a unit, NAN until one was seen */
static void judge_group(const struct chart *chart, const char *group, enum results_phase phase, int kind, bool own, double *per_value)
{
    const struct results *r = chart->judge->results;
    struct tag tag;
    size_t i;

    for (i = 0; i < r->contestant_count; i++) {
        const struct results_contestant *c = &r->contestants[i];
        double expected = own ? naive_client_requests(c, phase) : naive_requests(c, phase, kind), width;

        if (isnan(expected) || !find(chart, "rect", "bar", c->name, group, &tag))
            continue;
        check(chart->judge, same(markup_number(&tag, "data-value"), expected), "%s: %s of '%s' is not %g", chart->id, group, c->name,
              expected);
        width = markup_number(&tag, "width");
        if (expected > 0 && width > 20 && isnan(*per_value))
            *per_value = width / expected;
        check(chart->judge, isnan(*per_value) || fabs(width - fmax(2, expected * *per_value)) < 1, "%s: the bar %s of '%s' is %g long",
              chart->id, group, c->name, width);
    }
}

static void judge_requests(struct judge *judge, const char *id, enum results_phase phase)
{
    const struct results *r = judge->results;
    double per_value = NAN;
    bool served = false, counted = false;
    struct chart chart;
    size_t i;
    int kind;

    for (i = 0; i < r->contestant_count; i++) {
        served = served || !isnan(naive_requests(&r->contestants[i], phase, -1));
        counted = counted || !isnan(naive_client_requests(&r->contestants[i], phase));
    }
    if (!open_chart(judge, id, served || counted, &chart))
        return;
    if (!served) {
        judge_group(&chart, "in all, own count", phase, -1, true, &per_value);
        return;
    }
    judge_group(&chart, "in all", phase, -1, false, &per_value);
    for (kind = 0; kind < LOAD_KINDS; kind++) {
        bool any = false;

        for (i = 0; i < r->contestant_count; i++)
            any = any || naive_requests(&r->contestants[i], phase, kind) > 0;
        if (any && kind != LOAD_PODS_CREATE && kind != LOAD_PODS_DELETE && kind != LOAD_BIND_REFUSED)
            judge_group(&chart, load_kind_name((enum load_kind)kind), phase, kind, false, &per_value);
    }
}

/* ---- the process ---- */

/* of the valid runs: CPU per pod in ms, or the highest peak in MiB; NAN: not measured */
static double process_figure(const struct results_contestant *c, bool cpu)
{
    double sum = 0, pods = 0, peak = -1;
    size_t run;

    for (run = 0; run < c->run_count; run++) {
        const struct results_run *r = &c->runs[run];

        if (!r->valid)
            continue;
        if (r->phase[RESULTS_BUSY].cpu_us < 0)
            sum = NAN;
        sum += (double)r->phase[RESULTS_BUSY].cpu_us / 1e3;
        pods += (double)r->pod_count;
        peak = fmax(peak, (double)r->peak_bytes);
    }
    if (cpu)
        return pods > 0 ? sum / pods : NAN;
    return peak < 0 ? NAN : peak / 1048576;
}

static void judge_process(struct judge *judge)
{
    static const char *const groups[] = {"peak memory", "CPU per pod"};
    const struct results *r = judge->results;
    bool any = false;
    struct chart chart;
    struct tag tag;
    size_t i;
    int cpu;

    for (i = 0; i < r->contestant_count; i++)
        any = any || !isnan(process_figure(&r->contestants[i], true)) || !isnan(process_figure(&r->contestants[i], false));
    if (!any || !open_chart(judge, "chart-costs", true, &chart))
        return;
    for (cpu = 0; cpu < 2; cpu++)
        for (i = 0; i < r->contestant_count; i++) {
            double expected = process_figure(&r->contestants[i], cpu);

            if (!isnan(expected) && find(&chart, "rect", "bar", r->contestants[i].name, groups[cpu], &tag))
                check(judge, same(markup_number(&tag, "data-value"), expected), "%s: %s of '%s' is not %g", chart.id, groups[cpu],
                      r->contestants[i].name, expected);
        }
}

void judge_bars(struct judge *judge)
{
    judge_requests(judge, "chart-requests", RESULTS_BUSY);
    judge_requests(judge, "chart-idle", RESULTS_IDLE);
    judge_process(judge);
}

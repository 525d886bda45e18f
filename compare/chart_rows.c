/*
 * chart_rows.c: rows along a logarithmic axis of time: what the latency is made of, and how far runs of one thing lie apart.
 */
#include <math.h>
#include <stdlib.h>

#include "compare/html.h"
#include "compare/report_page.h"

#define LABELS 190.0
#define NUMBERS 100.0 /* room for a figure on the right, behind the name */
#define RANGES 240.0  /* for a range */
#define ROW 26.0
#define GROUP_GAP 20.0
#define TOP 12.0

struct rows {
    const struct page *page;
    struct svg_axis x;
    double y;
};

static void name_group(struct rows *rows, const char *label, size_t lines)
{
    svg_text(rows->page->out, "tick", LABELS - 14, rows->y + ROW * (double)lines / 2 + 5, "end", label);
}

static void name_row(struct rows *rows, size_t side, const char *text)
{
    svg_label(rows->page->out, side, rows->x.end + 14, rows->y + ROW / 2 + 5, "start", text);
}

static void draw_line(struct rows *rows, size_t side, double from, double to)
{
    fprintf(rows->page->out, "<path class=\"range s%zu\" d=\"M%.1f %.1fH%.1f\"/>", side, svg_place(&rows->x, from), rows->y + ROW / 2,
            svg_place(&rows->x, to));
}

/* `group` and the number of a run, where it is of one, go with the value */
static void draw_dot(struct rows *rows, size_t side, const char *group, int64_t run, double ms)
{
    FILE *out = rows->page->out;

    fprintf(out, "<circle class=\"dot s%zu\" cx=\"%.1f\" cy=\"%.1f\" r=\"6\" data-name=\"", side, svg_place(&rows->x, ms),
            rows->y + ROW / 2);
    html_text(out, rows->page->results->contestants[side].name);
    fputs("\" data-group=\"", out);
    html_text(out, group);
    if (run)
        fprintf(out, "\" data-run=\"%lld", (long long)run);
    fprintf(out, "\" data-value=\"%.9g\"/>\n", ms);
}

static void begin(struct rows *rows, const char *id, double right, size_t lines, size_t groups, double least, double greatest,
                  const char *heading, const char *text, const char *desc)
{
    FILE *out = rows->page->out;
    double bottom = TOP + ROW * (double)lines + GROUP_GAP * (double)groups;
    struct svg_plot plot = {.x_number = svg_round_ms, .x_name = "time (logarithmic)"};

    rows->y = TOP;
    rows->x = svg_axis_log(least, greatest, LABELS, CHART_WIDTH - right);
    figure_begin(out, heading, text);
    svg_begin(out, id, CHART_WIDTH, bottom + 60, heading, desc);
    plot.x = rows->x;
    plot.y = (struct svg_axis){false, 0, 1, bottom, TOP};
    svg_grid(out, &plot);
}

/* ---- what the latency is made of ---- */

static void split_range(const struct page *page, double *least, double *greatest)
{
    size_t i;
    int part;

    *least = INFINITY;
    *greatest = 0;
    for (i = 0; i < page->results->contestant_count; i++)
        for (part = PART_WAIT; part < PARTS; part++) {
            const struct statistics *s = &page->sides[i].part[part].all;

            if (!s->count)
                continue;
            *greatest = fmax(*greatest, (double)s->max / 1e3);
            *least = fmin(*least, fmax((double)s->min / 1e3, 0.01)); /* two watches are not in step to the microsecond */
        }
}

static void split_row(struct rows *rows, size_t side, enum results_part part)
{
    const struct statistics *s = &rows->page->sides[side].part[part].all;
    char number[SVG_NUMBER_BYTES], more[64], text[96];

    if (!s->count) {
        name_row(rows, side, svg_name(rows->page->results->contestants[side].name, ": –", text));
    } else {
        draw_line(rows, side, (double)s->min / 1e3, (double)s->max / 1e3);
        draw_dot(rows, side, results_part_name(part), 0, s->mean / 1e3);
        snprintf(more, sizeof more, " %s", svg_ms(s->mean / 1e3, number));
        name_row(rows, side, svg_name(rows->page->results->contestants[side].name, more, text));
    }
    rows->y += ROW;
}

void chart_split(const struct page *page)
{
    struct rows rows = {.page = page};
    size_t i, sides = 0;
    double least, greatest;
    int part;

    split_range(page, &least, &greatest);
    if (!(greatest > 0))
        return;
    for (i = 0; i < page->results->contestant_count; i++)
        sides += side_counts(&page->sides[i]);
    begin(&rows, "chart-split", page->names + NUMBERS, sides * (PARTS - PART_WAIT), PARTS - PART_WAIT, least, greatest,
          "Where the time goes",
          "The dot is the mean, the line goes from the least to the greatest. Seen and bind sent are the scheduler's own word.",
          "The parts of the latency of each contestant: accepted until seen, seen until bind sent, bind sent until visible.");
    for (part = PART_WAIT; part < PARTS; part++) {
        name_group(&rows, results_part_name((enum results_part)part), sides);
        for (i = 0; i < page->results->contestant_count; i++)
            if (side_counts(&page->sides[i]))
                split_row(&rows, i, (enum results_part)part);
        rows.y += GROUP_GAP;
    }
    svg_end(page->out);
    figure_end(page->out, "table-figures");
}

/* ---- runs ---- */

static int run_statistics(const struct results_run *run, struct statistics *s, struct error *err)
{
    size_t count = results_run_samples(run, PART_WHOLE, NULL);
    int64_t *samples = calloc(count + 1, sizeof *samples);

    if (!samples)
        return error_no_memory(err);
    results_run_samples(run, PART_WHOLE, samples);
    *s = statistics_of(samples, count);
    free(samples);
    return 0;
}

static int runs_row(struct rows *rows, size_t side, bool mean, struct error *err)
{
    const struct results_contestant *c = rows->page->sides[side].contestant;
    const struct results_latency *l = &rows->page->sides[side].part[PART_WHOLE];
    double least = mean ? l->least_mean : (double)l->least_median, greatest = mean ? l->greatest_mean : (double)l->greatest_median;
    char range[2 * SVG_NUMBER_BYTES], text[96];
    struct statistics s;
    size_t run;

    draw_line(rows, side, least / 1e3, greatest / 1e3);
    for (run = 0; run < c->run_count; run++) {
        if (!c->runs[run].valid || !results_run_samples(&c->runs[run], PART_WHOLE, NULL))
            continue;
        if (run_statistics(&c->runs[run], &s, err) < 0)
            return -1;
        draw_dot(rows, side, mean ? "mean" : "median", c->runs[run].number, mean ? s.mean / 1e3 : (double)s.median / 1e3);
    }
    snprintf(text, sizeof text, "%s %s", mean ? "mean" : "median", svg_ms_range(least / 1e3, greatest / 1e3, range));
    name_row(rows, side, text);
    rows->y += ROW;
    return 0;
}

static void runs_range(const struct page *page, size_t *sides, double *least, double *greatest)
{
    size_t i;

    *sides = 0;
    *least = INFINITY;
    *greatest = 0;
    for (i = 0; i < page->results->contestant_count; i++) {
        const struct results_latency *l = &page->sides[i].part[PART_WHOLE];

        if (l->runs < 2)
            continue;
        ++*sides;
        *least = fmin(*least, fmin(l->least_mean, (double)l->least_median) / 1e3);
        *greatest = fmax(*greatest, fmax(l->greatest_mean, (double)l->greatest_median) / 1e3);
    }
}

int chart_runs(const struct page *page, struct error *err)
{
    struct rows rows = {.page = page};
    double least, greatest;
    char text[96];
    size_t i, sides;

    runs_range(page, &sides, &least, &greatest);
    if (!sides)
        return 0;
    begin(&rows, "chart-runs", RANGES, sides * 2, sides, least, greatest, "Run by run",
          "A dot for each run, the same arrivals again: what differs between two comparisons by less than this is chance.",
          "Mean and median latency of each single run.");
    for (i = 0; i < page->results->contestant_count; i++) {
        if (page->sides[i].part[PART_WHOLE].runs < 2)
            continue;
        name_group(&rows, svg_name(page->results->contestants[i].name, "", text), 2);
        if (runs_row(&rows, i, true, err) < 0 || runs_row(&rows, i, false, err) < 0)
            return -1;
        rows.y += GROUP_GAP;
    }
    svg_end(page->out);
    figure_end(page->out, "table-runs");
    return 0;
}

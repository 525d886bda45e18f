/*
 * chart_latency.c: how long pods waited: the distribution, and pod by pod as they came. Both on a logarithmic axis, where 1 ms and 1 s can be read.
 */
#include <math.h>
#include <stdlib.h>

#include "compare/html.h"
#include "compare/report_page.h"

#define STEP 0.4 /* steps closer together than this cannot be told apart */
#define CELL 2   /* nor marks within so small a square */
#define MANY 600 /* so many marks of a contestant are a cloud: dots, through which others can be seen */
#define CELLS_ACROSS ((size_t)(CHART_WIDTH / CELL))
#define CELLS ((size_t)(CHART_WIDTH / CELL) * (size_t)(CHART_HEIGHT / CELL))

/* Each contestant has its own mark, for who cannot tell the colours apart; drawn from the place of a value. */
static const char *const marks[] = {"m-3.5 0a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0-7 0", "m0-5l5 5-5 5-5-5z", "m-4-4h8v8h-8z", "m0-5l5 9h-10z"};

/* least and greatest latency of all that is drawn, in ms; false when there is none */
static bool latency_range(const struct page *page, double *least, double *greatest)
{
    bool any = false;
    size_t i;

    for (i = 0; i < page->results->contestant_count; i++) {
        const struct statistics *s = &page->sides[i].part[PART_WHOLE].all;

        if (!s->count)
            continue;
        *least = any ? fmin(*least, (double)s->min / 1e3) : (double)s->min / 1e3;
        *greatest = any ? fmax(*greatest, (double)s->max / 1e3) : (double)s->max / 1e3;
        any = true;
    }
    return any;
}

static void data_of(FILE *out, const struct side *side)
{
    const struct statistics *s = &side->part[PART_WHOLE].all;

    fputs(" data-name=\"", out);
    html_text(out, side->contestant->name);
    fprintf(out, "\" data-count=\"%zu\" data-min=\"%.9g\" data-median=\"%.9g\" data-p95=\"%.9g\" data-max=\"%.9g\" data-mean=\"%.9g\"",
            s->count, (double)s->min / 1e3, (double)s->median / 1e3, (double)s->p95 / 1e3, (double)s->max / 1e3, s->mean / 1e3);
}

/* the share of pods that had been bound after so long: a step at each sample */
static void draw_steps(FILE *out, const struct svg_plot *plot, const int64_t *sorted, size_t count)
{
    double last = -1;
    size_t i;

    fprintf(out, "M%.1f %.1f", svg_place(&plot->x, (double)sorted[0] / 1e3), plot->y.start);
    for (i = 0; i < count; i++) {
        double x = svg_place(&plot->x, (double)sorted[i] / 1e3);

        if (x - last < STEP && i + 1 < count)
            continue;
        fprintf(out, "V%.1fH%.1f", svg_place(&plot->y, 100.0 * (double)i / (double)count), x);
        last = x;
    }
    fprintf(out, "V%.1f", plot->y.end);
}

/* beside its curve, at a height of its own, on the side where there is room */
static void draw_label(FILE *out, const struct svg_plot *plot, const struct side *side, size_t index, const int64_t *sorted, double percent)
{
    const struct statistics *s = &side->part[PART_WHOLE].all;
    double x = svg_place(&plot->x, (double)statistics_percentile(sorted, s->count, percent) / 1e3);
    char number[SVG_NUMBER_BYTES], more[64], text[96];

    snprintf(more, sizeof more, " %s", svg_ms((double)s->median / 1e3, number));
    svg_name(side->contestant->name, more, text);
    if (x + 12 + svg_width(text) < CHART_WIDTH)
        svg_label(out, index, x + 12, svg_place(&plot->y, percent) + 12, "start", text);
    else
        svg_label(out, index, x - 12, svg_place(&plot->y, percent), "end", text);
}

static int draw_curve(const struct page *page, const struct svg_plot *plot, size_t index, double percent, struct error *err)
{
    const struct side *side = &page->sides[index];
    size_t count = side->part[PART_WHOLE].all.count;
    int64_t *sorted = calloc(count + 1, sizeof *sorted);

    if (!sorted)
        return error_no_memory(err);
    results_samples(side->contestant, PART_WHOLE, sorted);
    statistics_of(sorted, count);
    fprintf(page->out, "<path class=\"line s%zu\"", index);
    data_of(page->out, side);
    fputs(" d=\"", page->out);
    draw_steps(page->out, plot, sorted, count);
    fputs("\"/>\n", page->out);
    draw_label(page->out, plot, side, index, sorted, percent);
    free(sorted);
    return 0;
}

int chart_latency(const struct page *page, struct error *err)
{
    struct svg_plot plot = {.y = {false, 0, 100, CHART_BOTTOM, CHART_TOP},
                            .x_number = svg_round_ms,
                            .y_number = svg_percent,
                            .x_name = "latency (logarithmic)",
                            .y_name = "share of pods bound by then"};
    size_t i, drawn = 0, count = page->results->contestant_count;
    double least, greatest;

    if (!latency_range(page, &least, &greatest))
        return 0;
    plot.x = svg_axis_log(least, greatest, CHART_LEFT, CHART_WIDTH - 30);
    figure_begin(page->out, "How long until a pod is bound",
                 "From the API server accepting a pod to its binding being visible. Further left is quicker; beside each name its median.");
    svg_begin(page->out, "chart-latency", CHART_WIDTH, CHART_HEIGHT, "Distribution of latency",
              "For each contestant the share of its pods that had been bound after a time. The time axis is logarithmic.");
    svg_grid(page->out, &plot);
    for (i = 0; i < count; i++)
        if (page->sides[i].part[PART_WHOLE].all.count &&
            draw_curve(page, &plot, i, count > 1 ? 80 - 50 * (double)drawn++ / (double)(count - 1) : 50, err) < 0)
            return -1;
    svg_end(page->out);
    figure_end(page->out, "table-latency");
    return 0;
}

/* whether a place is free yet; takes it */
static bool take_cell(char *taken, double x, double y)
{
    char *cell = &taken[(size_t)(y / CELL) * CELLS_ACROSS + (size_t)(x / CELL)];
    bool free = !*cell;

    *cell = 1;
    return free;
}

static void draw_pods(FILE *out, const struct svg_plot *plot, const struct results_run *run, const char *mark, char *taken)
{
    size_t i;

    for (i = 0; i < run->pod_count; i++) {
        const struct results_pod *pod = &run->pods[i];
        double x = svg_place(&plot->x, (double)pod->arrival_us / 1e6),
               y = svg_place(&plot->y, (double)(pod->bound_us - pod->accepted_us) / 1e3);

        if (pod->accepted_us != NOT_MEASURED && pod->bound_us != NOT_MEASURED && take_cell(taken, x, y))
            fprintf(out, "M%.1f %.1f%s", x, y, mark);
    }
}

static int draw_marks(const struct page *page, const struct svg_plot *plot, size_t index, struct error *err)
{
    const struct side *side = &page->sides[index];
    bool many = side->part[PART_WHOLE].all.count > MANY;
    char *taken = calloc(CELLS, 1);
    size_t run;

    if (!taken)
        return error_no_memory(err);
    fprintf(page->out, "<path class=\"marks%s s%zu\"", many ? " many" : "", index);
    data_of(page->out, side);
    fputs(" d=\"", page->out);
    for (run = 0; run < side->contestant->run_count; run++)
        if (side->contestant->runs[run].valid)
            draw_pods(page->out, plot, &side->contestant->runs[run], many ? "h0" : marks[index % (sizeof marks / sizeof *marks)], taken);
    fputs("\"/>\n", page->out);
    free(taken);
    return 0;
}

/* names on the right, each as high as its median */
static void draw_names(const struct page *page, const struct svg_plot *plot)
{
    double places[RESULTS_CONTESTANTS_MAX];
    size_t of[RESULTS_CONTESTANTS_MAX], i, count = 0;
    char text[96];

    for (i = 0; i < page->results->contestant_count; i++) {
        if (!page->sides[i].part[PART_WHOLE].all.count)
            continue;
        places[count] = svg_place(&plot->y, figure_of(FIGURE_MEDIAN, &page->sides[i])) + 6;
        of[count++] = i;
    }
    svg_spread(places, count, 22, CHART_TOP, CHART_BOTTOM);
    for (i = 0; i < count; i++) {
        svg_label(page->out, of[i], plot->x.end + 10, places[i], "start", svg_name(page->results->contestants[of[i]].name, "", text));
    }
}

int chart_arrivals(const struct page *page, struct error *err)
{
    struct svg_plot plot = {.x_number = svg_seconds,
                            .y_number = svg_round_ms,
                            .x_name = "when the pod was due, after the run's start",
                            .y_name = "latency of each pod (logarithmic)"};
    double least, greatest;
    size_t i;

    if (!latency_range(page, &least, &greatest))
        return 0;
    plot.x = svg_axis_linear((double)results_last_arrival_us(page->results) / 1e6, CHART_LEFT, CHART_WIDTH - page->names - 24);
    plot.y = svg_axis_log(least, greatest, CHART_BOTTOM, CHART_TOP);
    figure_begin(page->out, "Pod by pod, as they came", "A polled pod waits for the next look, so it takes anything up to the interval.");
    svg_begin(page->out, "chart-arrivals", CHART_WIDTH, CHART_HEIGHT, "Latency of each pod over time",
              "A mark for each pod of each run: when it was due, and how long it took to be bound.");
    svg_grid(page->out, &plot);
    for (i = 0; i < page->results->contestant_count; i++)
        if (page->sides[i].part[PART_WHOLE].all.count && draw_marks(page, &plot, i, err) < 0)
            return -1;
    draw_names(page, &plot);
    svg_end(page->out);
    figure_end(page->out, "table-arrivals");
    return 0;
}

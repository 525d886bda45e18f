/*
 * chart_sweep.c: polling at each interval, beside theory and those that do not poll: latency in one chart, requests while idle in the other.
 */
#include <math.h>
#include <string.h>

#include "compare/html.h"
#include "compare/report_page.h"

#define MORE 106.0 /* room on the right, behind the name */
#define LABELS_MAX (RESULTS_CONTESTANTS_MAX + 2)

/* names of lines, on the right at their ends */
struct labels {
    size_t count;
    double places[LABELS_MAX];
    size_t colors[LABELS_MAX];
    char texts[LABELS_MAX][96];
};

struct sweep {
    const struct page *page;
    struct svg_plot plot;
    size_t color;
    struct results_theory theory[RESULTS_SWEEP_MAX];
    struct labels labels;
};

static void add_label(struct labels *labels, double place, size_t color, const char *text)
{
    size_t i = labels->count++;

    labels->places[i] = place + 6;
    labels->colors[i] = color;
    snprintf(labels->texts[i], sizeof labels->texts[i], "%s", text);
}

static void draw_labels(FILE *out, const struct svg_plot *plot, struct labels *labels)
{
    size_t i;

    svg_spread(labels->places, labels->count, 22, CHART_TOP, CHART_BOTTOM + 4);
    for (i = 0; i < labels->count; i++)
        svg_label(out, labels->colors[i], plot->x.end + 14, labels->places[i], "start", labels->texts[i]);
}

/* as the contestant of the same name has it */
static size_t color_of(const struct page *page)
{
    size_t i;

    for (i = 0; i < page->results->contestant_count; i++)
        if (!strcmp(page->results->contestants[i].name, page->results->sweep[0].name))
            return i;
    return page->results->contestant_count % RESULTS_CONTESTANTS_MAX;
}

static bool does_not_poll(const struct page *page, size_t contestant)
{
    return !(page->results->contestants[contestant].interval_s > 0) && side_counts(&page->sides[contestant]);
}

static void intervals(const struct page *page, struct svg_axis *x)
{
    const struct results *r = page->results;

    *x = svg_axis_log(r->sweep[0].interval_s, r->sweep[r->sweep_count - 1].interval_s, CHART_LEFT, CHART_WIDTH - page->names - MORE);
}

/* a line through the points of the sweep that were measured; `of` may give NAN */
static void draw_theory(const struct sweep *sweep, const char *kind, double (*of)(const struct sweep *, size_t))
{
    FILE *out = sweep->page->out;
    char command = 'M';
    size_t i;

    fprintf(out, "<path class=\"theory s%zu\" data-kind=\"%s\" d=\"", sweep->color, kind);
    for (i = 0; i < sweep->page->results->sweep_count; i++) {
        double value = of(sweep, i);

        if (isnan(value))
            continue;
        fprintf(out, "%c%.1f %.1f", command, svg_place(&sweep->plot.x, sweep->page->results->sweep[i].interval_s),
                svg_place(&sweep->plot.y, value));
        command = 'L';
    }
    fputs("\"/>\n", out);
}

/* the line of one that does not poll, across the chart */
static void draw_level(struct sweep *sweep, size_t contestant, double value, const char *more)
{
    FILE *out = sweep->page->out;
    double y = svg_place(&sweep->plot.y, value);
    char text[96];

    if (isnan(value))
        return;
    fprintf(out, "<path class=\"line s%zu\" d=\"M%.1f %.1fH%.1f\" data-name=\"", contestant, sweep->plot.x.start, y, sweep->plot.x.end);
    html_text(out, sweep->page->results->contestants[contestant].name);
    fprintf(out, "\" data-value=\"%.9g\"/>\n", value);
    add_label(&sweep->labels, y, contestant, svg_name(sweep->page->results->contestants[contestant].name, more, text));
}

/* ---- latency ---- */

static double mean_theory(const struct sweep *sweep, size_t i)
{
    return side_counts(&sweep->page->sweep[i]) ? sweep->theory[i].mean_us / 1e3 : NAN;
}

static double p95_theory(const struct sweep *sweep, size_t i)
{
    return side_counts(&sweep->page->sweep[i]) ? sweep->theory[i].p95_us / 1e3 : NAN;
}

static void latency_range(struct sweep *sweep)
{
    const struct page *page = sweep->page;
    double least = INFINITY, greatest = 0;
    size_t i;

    for (i = 0; i < page->results->sweep_count; i++) {
        least = fmin(fmin(least, figure_of(FIGURE_MEAN, &page->sweep[i])), mean_theory(sweep, i));
        greatest = fmax(fmax(greatest, figure_of(FIGURE_P95, &page->sweep[i])), p95_theory(sweep, i));
    }
    for (i = 0; i < page->results->contestant_count; i++)
        if (does_not_poll(page, i)) {
            least = fmin(least, figure_of(FIGURE_MEAN, &page->sides[i]));
            greatest = fmax(greatest, figure_of(FIGURE_MEAN, &page->sides[i]));
        }
    sweep->plot.y = svg_axis_log(least * 0.7, greatest * 1.05, CHART_BOTTOM, CHART_TOP);
}

static void latency_point(const struct sweep *sweep, size_t i)
{
    const struct side *side = &sweep->page->sweep[i];
    const struct results_latency *l = &side->part[PART_WHOLE];
    const struct svg_axis *y = &sweep->plot.y;
    double x = svg_place(&sweep->plot.x, side->contestant->interval_s), mean = figure_of(FIGURE_MEAN, side),
           p95 = figure_of(FIGURE_P95, side);
    FILE *out = sweep->page->out;

    if (!l->all.count)
        return;
    fprintf(out, "<path class=\"range s%zu\" d=\"M%.1f %.1fV%.1f\"/>", sweep->color, x, svg_place(y, l->mean_low / 1e3),
            svg_place(y, l->mean_high / 1e3));
    fprintf(out,
            "<circle class=\"dot s%zu\" cx=\"%.1f\" cy=\"%.1f\" r=\"6\" data-kind=\"mean\" data-interval=\"%.9g\" data-value=\"%.9g\"/>",
            sweep->color, x, svg_place(y, mean), side->contestant->interval_s, mean);
    fprintf(out,
            "<path class=\"marks s%zu\" d=\"M%.1f %.1fm0-7l7 7-7 7-7-7z\" data-kind=\"p95\" data-interval=\"%.9g\" data-value=\"%.9g\"/>\n",
            sweep->color, x, svg_place(y, p95), side->contestant->interval_s, p95);
}

/* the last point of a line, where its name goes; NAN: it has none */
static double last_of(const struct sweep *sweep, double (*of)(const struct sweep *, size_t))
{
    size_t i;

    for (i = sweep->page->results->sweep_count; i-- > 0;)
        if (!isnan(of(sweep, i)))
            return svg_place(&sweep->plot.y, of(sweep, i));
    return NAN;
}

static void sweep_latency(struct sweep *sweep)
{
    const struct page *page = sweep->page;
    size_t i;

    sweep->plot.y_number = svg_round_ms;
    sweep->plot.y_name = "latency (logarithmic)";
    latency_range(sweep);
    figure_begin(
        page->out, "A shorter interval: quicker …",
        "Dots: mean, with its 95 % interval. Diamonds: p95. Dashed: theory, where a pod waits evenly between 0 and T, then is served.");
    svg_begin(page->out, "chart-sweep-latency", CHART_WIDTH, CHART_HEIGHT, "Latency against the polling interval",
              "Mean and p95 of the latency at each polling interval, beside what theory says, T/2 and 0.95 T and the service time, and the "
              "mean of those that do not poll.");
    svg_grid(page->out, &sweep->plot);
    draw_theory(sweep, "p95", p95_theory);
    draw_theory(sweep, "mean", mean_theory);
    for (i = 0; i < page->results->contestant_count; i++)
        if (does_not_poll(page, i))
            draw_level(sweep, i, figure_of(FIGURE_MEAN, &page->sides[i]), " (mean)");
    for (i = 0; i < page->results->sweep_count; i++)
        latency_point(sweep, i);
    if (!isnan(last_of(sweep, p95_theory))) {
        add_label(&sweep->labels, last_of(sweep, p95_theory), sweep->color, "p95 (0.95 T)");
        add_label(&sweep->labels, last_of(sweep, mean_theory), sweep->color, "mean (T/2)");
    }
    draw_labels(page->out, &sweep->plot, &sweep->labels);
    svg_end(page->out);
    figure_end(page->out, "table-sweep");
}

/* ---- requests ---- */

static double requests_theory(const struct sweep *sweep, size_t i)
{
    return 60 / sweep->page->results->sweep[i].interval_s;
}

static void requests_point(const struct sweep *sweep, size_t i)
{
    const struct side *side = &sweep->page->sweep[i];
    double value = figure_idle_load(side);

    if (!isnan(value))
        fprintf(sweep->page->out,
                "<circle class=\"dot s%zu\" cx=\"%.1f\" cy=\"%.1f\" r=\"6\" data-kind=\"requests\" data-interval=\"%.9g\" "
                "data-value=\"%.9g\"/>\n",
                sweep->color, svg_place(&sweep->plot.x, side->contestant->interval_s), svg_place(&sweep->plot.y, value),
                side->contestant->interval_s, value);
}

static void sweep_requests(struct sweep *sweep)
{
    const struct page *page = sweep->page;
    double greatest = requests_theory(sweep, 0);
    char text[96];
    size_t i;

    for (i = 0; i < page->results->sweep_count; i++)
        greatest = fmax(greatest, figure_idle_load(&page->sweep[i]));
    for (i = 0; i < page->results->contestant_count; i++)
        if (does_not_poll(page, i))
            greatest = fmax(greatest, figure_idle_load(&page->sides[i]));
    sweep->plot.y = svg_axis_linear(greatest, CHART_BOTTOM, CHART_TOP);
    sweep->plot.y_number = svg_plain;
    sweep->plot.y_name = "requests in an idle minute";
    sweep->labels.count = 0;
    figure_begin(page->out, "… and dearer", "Dots: what the API server was asked while there was nothing to do. Dashed: 60/T.");
    svg_begin(page->out, "chart-sweep-requests", CHART_WIDTH, CHART_HEIGHT, "Requests against the polling interval",
              "Requests in an idle minute at each polling interval, beside 60/T, and those of the contestants that do not poll.");
    svg_grid(page->out, &sweep->plot);
    draw_theory(sweep, "requests", requests_theory);
    for (i = 0; i < page->results->contestant_count; i++)
        if (does_not_poll(page, i))
            draw_level(sweep, i, figure_idle_load(&page->sides[i]), "");
    for (i = 0; i < page->results->sweep_count; i++)
        requests_point(sweep, i);
    add_label(&sweep->labels, last_of(sweep, requests_theory), sweep->color, svg_name(page->results->sweep[0].name, " (60/T)", text));
    draw_labels(page->out, &sweep->plot, &sweep->labels);
    svg_end(page->out);
    figure_end(page->out, "table-sweep");
}

int chart_sweep(const struct page *page, struct error *err)
{
    struct sweep sweep = {.page = page, .plot = {.x_number = svg_seconds, .x_name = "polling interval T (logarithmic)"}};
    size_t i, counting = 0;

    for (i = 0; i < page->results->sweep_count; i++) {
        if (results_theory(&page->results->sweep[i], &sweep.theory[i], err) < 0)
            return -1;
        counting += page->sweep[i].part[PART_WHOLE].all.count > 0;
    }
    if (!counting)
        return 0;
    sweep.color = color_of(page);
    intervals(page, &sweep.plot.x);
    sweep_latency(&sweep);
    sweep_requests(&sweep);
    return 0;
}

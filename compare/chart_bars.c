/*
 * chart_bars.c: what it costs: requests by verb and resource, CPU and memory. A bar for each contestant, with its figure behind it.
 */
#include <math.h>

#include "compare/html.h"
#include "compare/report_page.h"

#define LABELS 186.0  /* room on the left */
#define NUMBERS 112.0 /* room for a figure on the right, behind the name */
#define BAR 22.0
#define BAR_STEP 27.0
#define GROUP_GAP 18.0

struct group {
    const char *label, *unit;
    int digits;
    double value[RESULTS_CONTESTANTS_MAX]; /* NAN: not measured */
};

struct bars {
    size_t groups;
    bool one_scale; /* for all groups; else each fills the width */
    struct group group[LOAD_KINDS + 2];
};

static struct group *add_group(struct bars *bars, const char *label, const char *unit, int digits)
{
    struct group *group = &bars->group[bars->groups++];

    *group = (struct group){.label = label, .unit = unit, .digits = digits};
    return group;
}

static void add_figure(struct bars *bars, const struct page *page, enum figure figure, const char *label)
{
    const struct figure_kind *kind = figure_kind(figure);
    struct group *group = add_group(bars, label, kind->unit, kind->digits);
    size_t i;

    for (i = 0; i < page->results->contestant_count; i++)
        group->value[i] = figure_of(figure, &page->sides[i]);
}

/* a group for each kind of request that anybody made */
static void add_kinds(struct bars *bars, const struct page *page, double (*of)(const struct side *, enum load_kind), int digits)
{
    size_t i, side, count;
    const enum load_kind *kinds = figure_load_kinds(&count);

    for (i = 0; i < count; i++) {
        struct group *group = add_group(bars, load_kind_name(kinds[i]), "", digits);
        bool any = false;

        for (side = 0; side < page->results->contestant_count; side++) {
            group->value[side] = of(&page->sides[side], kinds[i]);
            any = any || group->value[side] > 0;
        }
        if (!any)
            bars->groups--;
    }
}

static double greatest_of(const struct group *group, size_t count)
{
    double greatest = 0;
    size_t i;

    for (i = 0; i < count; i++)
        greatest = fmax(greatest, group->value[i]); /* NAN is passed over */
    return greatest;
}

static bool measured(const struct group *group, const struct page *page)
{
    size_t i;

    for (i = 0; i < page->results->contestant_count; i++)
        if (!isnan(group->value[i]))
            return true;
    return false;
}

static void draw_bar(const struct page *page, const struct group *group, size_t side, double scale, double y)
{
    const char *name = page->results->contestants[side].name;
    double value = group->value[side], width = value > 0 && scale > 0 ? value / scale * (CHART_WIDTH - LABELS - page->names - NUMBERS) : 0;
    char more[64], text[96];

    if (isnan(value)) {
        svg_text(page->out, "muted", LABELS, y + BAR - 5, "start", svg_name(name, ": not measured", text));
        return;
    }
    fprintf(page->out, "<rect class=\"bar s%zu\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%g\" data-name=\"", side, LABELS, y,
            fmax(width, 2), BAR);
    html_text(page->out, name);
    fputs("\" data-group=\"", page->out);
    html_text(page->out, group->label);
    fprintf(page->out, "\" data-value=\"%.9g\"/>", value);
    snprintf(more, sizeof more, " %.*f%s%s", group->digits, value, *group->unit ? " " : "", group->unit);
    svg_label(page->out, side, LABELS + fmax(width, 2) + 8, y + BAR - 5, "start", svg_name(name, more, text));
}

static size_t sides_drawn(const struct page *page)
{
    size_t i, count = 0;

    for (i = 0; i < page->results->contestant_count; i++)
        count += side_counts(&page->sides[i]);
    return count;
}

static void draw_groups(const struct page *page, const struct bars *bars)
{
    size_t i, side, count = page->results->contestant_count;
    double scale = 0, y = 8;

    for (i = 0; i < bars->groups; i++)
        scale = fmax(scale, greatest_of(&bars->group[i], count));
    for (i = 0; i < bars->groups; i++) {
        const struct group *group = &bars->group[i];

        svg_text(page->out, "tick", LABELS - 12, y + BAR_STEP * (double)sides_drawn(page) / 2 + 3, "end", group->label);
        for (side = 0; side < count; side++) {
            if (!side_counts(&page->sides[side]))
                continue;
            draw_bar(page, group, side, bars->one_scale ? scale : greatest_of(group, count), y);
            y += BAR_STEP;
        }
        fprintf(page->out, "<path class=\"axis\" d=\"M%.1f %.1fV%.1f\"/>\n", LABELS, y - BAR_STEP * (double)sides_drawn(page) - 3, y);
        y += GROUP_GAP;
    }
}

/* `text` is the figure's line, `desc` for those who don't see the chart */
static void draw(const struct page *page, const struct bars *bars, const char *id, const char *heading, const char *text, const char *desc,
                 const char *table)
{
    double height = (BAR_STEP * (double)sides_drawn(page) + GROUP_GAP) * (double)bars->groups + 8;

    figure_begin(page->out, heading, text);
    svg_begin(page->out, id, CHART_WIDTH, height, heading, desc);
    draw_groups(page, bars);
    svg_end(page->out);
    figure_end(page->out, table);
}

void chart_requests(const struct page *page)
{
    struct bars bars = {.one_scale = true};

    add_kinds(&bars, page, figure_requests, 2);
    add_figure(&bars, page, FIGURE_REQUESTS, "in all");
    if (!measured(&bars.group[bars.groups - 1], page)) {
        bars.groups = 0;
        add_figure(&bars, page, FIGURE_CLIENT_REQUESTS, "in all, own count");
    }
    if (measured(&bars.group[bars.groups - 1], page))
        draw(page, &bars, "chart-requests", "Requests for each pod",
             "What the API server was asked while pods arrived, divided by their number.",
             "Requests to the API server for each pod, by kind of request.", "table-figures");
}

void chart_idle(const struct page *page)
{
    struct bars bars = {.one_scale = true};
    char text[160] = "What the API server was asked when there was nothing to do.";
    double interval_s = page->results->options.interval_s;
    size_t i;

    add_kinds(&bars, page, figure_idle_requests, 1);
    add_figure(&bars, page, FIGURE_IDLE_REQUESTS, "in all");
    bars.group[bars.groups - 1].digits = 1;
    if (!measured(&bars.group[bars.groups - 1], page)) {
        bars.groups = 0;
        add_figure(&bars, page, FIGURE_IDLE_CLIENT_REQUESTS, "in all, own count");
    }
    if (!measured(&bars.group[bars.groups - 1], page))
        return;
    for (i = 0; i < page->results->contestant_count; i++)
        if (page->sides[i].contestant->interval_s > 0 && interval_s > 0)
            snprintf(text, sizeof text, "What the API server was asked when there was nothing to do. Polling every %g s makes %g a minute.",
                     interval_s, 60 / interval_s);
    draw(page, &bars, "chart-idle", "Requests in an idle minute", text,
         "Requests to the API server in a minute in which no pod came, by kind of request.", "table-idle");
}

void chart_costs(const struct page *page)
{
    static const struct {
        enum figure figure;
        const char *label;
    } shown[] = {{FIGURE_CPU, "CPU per pod"},
                 {FIGURE_IDLE_CPU, "CPU, idle minute"},
                 {FIGURE_PEAK, "peak memory"},
                 {FIGURE_READY, "to its first pod"}};
    struct bars bars = {0};
    size_t i;

    for (i = 0; i < sizeof shown / sizeof *shown; i++) {
        add_figure(&bars, page, shown[i].figure, shown[i].label);
        if (!measured(&bars.group[bars.groups - 1], page))
            bars.groups--;
    }
    if (bars.groups)
        draw(page, &bars, "chart-costs", "The process",
             "Each group has a scale of its own. To its first pod: from the start of the process until the first pod is bound.",
             "CPU time and memory of each scheduler's process.", "table-figures");
}

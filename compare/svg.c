#include "compare/svg.h"

#include <math.h>
#include <string.h>

#include "compare/html.h"

/* a hair: 10 to the power of log10(x) is not always x */
#define HAIR 1e-9

/* the round number (1, 2, 5 times a power of ten) at or below a positive value */
static double round_below(double value)
{
    double decade = pow(10, floor(log10(value) + HAIR)), times = value / decade + HAIR;

    return decade * (times >= 5 ? 5 : times >= 2 ? 2 : 1);
}

static double round_above(double value)
{
    double below = round_below(value), times = below / pow(10, floor(log10(below) + HAIR));

    if (value <= below * (1 + HAIR))
        return below;
    return below * (times > 1.5 && times < 3 ? 2.5 : 2);
}

struct svg_axis svg_axis_linear(double greatest, double start, double end)
{
    struct svg_axis axis = {false, 0, 1, start, end};
    double step;

    if (!(greatest > 0) || isinf(greatest))
        return axis;
    step = round_above(greatest / 5);
    axis.to = step * ceil(greatest / step - HAIR);
    return axis;
}

struct svg_axis svg_axis_log(double least, double greatest, double start, double end)
{
    struct svg_axis axis = {true, 0, 0, start, end};

    if (!(greatest > 0) || isinf(greatest))
        greatest = 1;
    if (!(least > 0) || least > greatest)
        least = greatest / 10;
    axis.from = round_below(least);
    axis.to = round_above(greatest);
    if (axis.to / axis.from < 1.5)
        axis.to = round_above(axis.from * 1.5);
    return axis;
}

double svg_place(const struct svg_axis *axis, double value)
{
    double share;

    if (axis->log)
        share = value > axis->from ? log(value / axis->from) / log(axis->to / axis->from) : 0;
    else
        share = (value - axis->from) / (axis->to - axis->from);
    share = share < 0 ? 0 : share > 1 ? 1 : share;
    return axis->start + share * (axis->end - axis->start);
}

size_t svg_ticks(const struct svg_axis *axis, double *ticks)
{
    double at = axis->from, step = round_above(axis->to / 5);
    size_t count = 0;

    if (!axis->log) {
        for (; at <= axis->to * (1 + HAIR) && count < SVG_TICKS_MAX; at = step * (double)count)
            ticks[count++] = at;
        return count;
    }
    for (; at <= axis->to * (1 + HAIR) && count < SVG_TICKS_MAX; at = round_above(at * 1.5)) {
        bool power = fabs(log10(at) - round(log10(at))) < HAIR;

        if (power || axis->to / axis->from < 999)
            ticks[count++] = at;
    }
    return count;
}

const char *svg_plain(double value, char *text)
{
    snprintf(text, SVG_NUMBER_BYTES, "%.6g", value);
    return text;
}

/* how a time is shown with three figures */
static int digits_of(double ms, double *per_unit)
{
    double size = fabs(ms);

    *per_unit = size >= 999.5 ? 1e3 : 1;
    size /= *per_unit;
    return size < 9.995 ? 2 : size < 99.95 ? 1 : 0;
}

const char *svg_ms(double ms, char *text)
{
    double per_unit;
    int digits = digits_of(ms, &per_unit);

    snprintf(text, SVG_NUMBER_BYTES, "%.*f %s", digits, ms / per_unit, per_unit > 1 ? "s" : "ms");
    return text;
}

const char *svg_ms_range(double low, double high, char *text)
{
    double per_unit;
    int digits = digits_of(high, &per_unit);

    snprintf(text, 2 * SVG_NUMBER_BYTES, "%.*f–%.*f %s", digits, low / per_unit, digits, high / per_unit, per_unit > 1 ? "s" : "ms");
    return text;
}

const char *svg_round_ms(double ms, char *text)
{
    if (ms >= 1000)
        snprintf(text, SVG_NUMBER_BYTES, "%.6g s", ms / 1e3);
    else
        snprintf(text, SVG_NUMBER_BYTES, "%.6g ms", ms);
    return text;
}

const char *svg_seconds(double s, char *text)
{
    snprintf(text, SVG_NUMBER_BYTES, "%.6g s", s);
    return text;
}

const char *svg_percent(double share, char *text)
{
    snprintf(text, SVG_NUMBER_BYTES, "%.6g %%", share);
    return text;
}

void svg_begin(FILE *out, const char *id, double width, double height, const char *title, const char *desc)
{
    fprintf(out, "<svg id=\"%s\" role=\"img\" aria-labelledby=\"%s-title %s-desc\" viewBox=\"0 0 %g %g\">\n<title id=\"%s-title\">", id, id,
            id, width, height, id);
    html_text(out, title);
    fprintf(out, "</title><desc id=\"%s-desc\">", id);
    html_text(out, desc);
    fputs("</desc>\n", out);
}

void svg_end(FILE *out)
{
    fputs("</svg>\n", out);
}

static void data_of(FILE *out, char name, const struct svg_axis *axis)
{
    fprintf(out, " data-%c-log=\"%d\" data-%c-from=\"%.9g\" data-%c-to=\"%.9g\" data-%c-start=\"%g\" data-%c-end=\"%g\"", name, axis->log,
            name, axis->from, name, axis->to, name, axis->start, name, axis->end);
}

void svg_grid(FILE *out, const struct svg_plot *plot)
{
    const struct svg_axis *x = &plot->x, *y = &plot->y;
    double ticks[SVG_TICKS_MAX], bottom = y->start, left = x->start, free_from = 0;
    char number[SVG_NUMBER_BYTES];
    double width;
    size_t i, count = plot->y_number ? svg_ticks(y, ticks) : 0;

    fputs("<g class=\"axes\"", out);
    data_of(out, 'x', x);
    data_of(out, 'y', y);
    fputs(">\n", out);
    for (i = 0; i < count; i++) {
        double at = svg_place(y, ticks[i]);

        fprintf(out, "<path class=\"grid\" d=\"M%.1f %.1fH%.1f\"/>", left, at, x->end);
        svg_text(out, "tick", left - 8, at + 6, "end", plot->y_number(ticks[i], number));
    }
    count = svg_ticks(x, ticks);
    for (i = 0; i < count; i++) {
        double at = svg_place(x, ticks[i]);

        fprintf(out, "<path class=\"grid\" d=\"M%.1f %.1fV%.1f\"/>", at, y->end, bottom + 5);
        width = svg_width(plot->x_number(ticks[i], number)) * 0.85; /* ticks are thinner than labels */
        if (at - width / 2 < free_from)
            continue;
        free_from = at + width / 2 + 6;
        svg_text(out, "tick", at, bottom + 24, "middle", number);
    }
    fprintf(out, "<path class=\"axis\" d=\"M%.1f %.1fH%.1f\"/>\n", left, bottom, x->end);
    svg_text(out, "axis-name", (left + x->end) / 2, bottom + 48, "middle", plot->x_name);
    if (plot->y_number)
        svg_text(out, "axis-name", 4, y->end - 16, "start", plot->y_name);
    fputs("</g>\n", out);
}

void svg_text(FILE *out, const char *classes, double x, double y, const char *anchor, const char *text)
{
    fprintf(out, "<text class=\"%s\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">", classes, x, y, anchor);
    html_text(out, text);
    fputs("</text>\n", out);
}

void svg_label(FILE *out, size_t color, double x, double y, const char *anchor, const char *text)
{
    char classes[SVG_NUMBER_BYTES];

    snprintf(classes, sizeof classes, "name s%zu", color);
    svg_text(out, classes, x, y, anchor, text);
}

const char *svg_name(const char *name, const char *more, char *text)
{
    size_t bytes = strlen(name);

    if (bytes > SVG_NAME_PLACES)
        snprintf(text, 96, "%.*s…%s%s", SVG_NAME_PLACES / 2, name, name + bytes - SVG_NAME_PLACES / 2 + 1, more);
    else
        snprintf(text, 96, "%s%s", name, more);
    return text;
}

double svg_width(const char *text)
{
    size_t letters = 0;

    for (; *text; text++)
        letters += ((unsigned char)*text & 0xc0) != 0x80;
    return (double)letters * SVG_LETTER;
}

void svg_spread(double *places, size_t count, double gap, double low, double high)
{
    size_t order[SVG_TICKS_MAX], i, j;

    if (count > SVG_TICKS_MAX)
        return;
    for (i = 0; i < count; i++) {
        for (j = i; j > 0 && places[order[j - 1]] > places[i]; j--)
            order[j] = order[j - 1];
        order[j] = i;
    }
    for (i = 0; i < count; i++) {
        double least = i ? places[order[i - 1]] + gap : low;

        if (places[order[i]] < least)
            places[order[i]] = least;
    }
    for (i = count; i-- > 0;) {
        double most = i + 1 < count ? places[order[i + 1]] - gap : high;

        if (places[order[i]] > most)
            places[order[i]] = most;
    }
}

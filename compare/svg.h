/*
 * svg.h: what charts are drawn with: axes, ticks, labels that keep out of each other's way. Colours and line widths are the page's style, by
 * class: "s0", "s1", … is a contestant. Written to a FILE, whose error flag the caller looks at in the end.
 */
#ifndef COMPARE_SVG_H
#define COMPARE_SVG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define SVG_TICKS_MAX 40
#define SVG_NUMBER_BYTES 32
#define SVG_NAME_PLACES 14 /* of a name in a chart; longer ones lose their middle */
#define SVG_LETTER 11.3    /* about as wide is a letter of a label, in a wide font */

/* Values from `from` to `to` lie between `start` and `end` of the drawing. */
struct svg_axis {
    bool log;
    double from, to;
    double start, end;
};

/* From 0 to a round number that is not below `greatest`. */
struct svg_axis svg_axis_linear(double greatest, double start, double end);
/* Logarithmic, round numbers around both; what is not positive stands at the axis' beginning. Any pair of numbers is taken. */
struct svg_axis svg_axis_log(double least, double greatest, double start, double end);
/* Where a value lies; beyond the ends, at the end. */
double svg_place(const struct svg_axis *axis, double value);
/* The round numbers along it, ascending; `ticks` has SVG_TICKS_MAX places. A logarithmic axis of three decades or more has the powers of ten. */
size_t svg_ticks(const struct svg_axis *axis, double *ticks);

/* Writes a number for a tick or a label to `text` (SVG_NUMBER_BYTES), which it returns. */
typedef const char *(*svg_number)(double value, char *text);
const char *svg_plain(double value, char *text); /* "0.5", "20" */
const char *svg_ms(double ms, char *text);       /* three figures: "0.52 ms", "898 ms", "1.50 s" */
/* "0.41–0.69 ms", both as fine as the higher; `text` has twice the bytes */
const char *svg_ms_range(double low, double high, char *text);
const char *svg_round_ms(double ms, char *text);   /* a tick: "0.5 ms", "20 ms", "5 s" */
const char *svg_seconds(double s, char *text);     /* a tick: "0.25 s" */
const char *svg_percent(double share, char *text); /* "50 %" */

/* A drawing: <svg> with its title and what it shows for those who don't see it. */
void svg_begin(FILE *out, const char *id, double width, double height, const char *title, const char *desc);
void svg_end(FILE *out);

/* The grid, ticks and names of two axes; x below, y on the left. Their data-* attributes tell where a value is. */
struct svg_plot {
    struct svg_axis x, y;          /* y.start is below */
    svg_number x_number, y_number; /* y_number NULL: no ticks and no name on the left */
    const char *x_name, *y_name;
};
void svg_grid(FILE *out, const struct svg_plot *plot);

/* Text, escaped. `anchor`: "start", "middle", "end". */
void svg_text(FILE *out, const char *classes, double x, double y, const char *anchor, const char *text);
/* The same in the colour of a contestant. */
void svg_label(FILE *out, size_t color, double x, double y, const char *anchor, const char *text);
/* A contestant's name, the middle of a long one cut out, with more behind it; `text` has 96 bytes. Returns it. */
const char *svg_name(const char *name, const char *more, char *text);

/* About as wide as a label is: UTF-8 counts by character. */
double svg_width(const char *text);

/* Moves places apart until there is `gap` between any two, within `low` and `high` as far as there is room; their order stays. */
void svg_spread(double *places, size_t count, double gap, double low, double high);

#endif

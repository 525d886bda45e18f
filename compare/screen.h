/*
 * screen.h: a picture made of characters, and the bytes that turn what a terminal shows into it: plain ANSI escape codes, and only where something
 * has changed. Pure: it writes into a buffer.
 */
#ifndef COMPARE_SCREEN_H
#define COMPARE_SCREEN_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buffer.h"
#include "common/error.h"

#define SCREEN_WIDTH_MAX 500
#define SCREEN_HEIGHT_MAX 200

/* How a cell looks. The colours of the sides are told apart by the colour-blind, and nothing is said by colour alone. */
enum screen_style {
    STYLE_PLAIN,
    STYLE_BOLD,
    STYLE_DIM,
    STYLE_TITLE, /* reversed */
    STYLE_KEY,   /* reversed and bold */
    STYLE_ALARM, /* reversed, bold, red */
    STYLE_SIDE,  /* STYLE_SIDE + n: the colour of side n, 0 to 3 */
    STYLES = STYLE_SIDE + 4
};

struct screen_cell {
    uint32_t code; /* Unicode, one column wide */
    uint8_t style;
};

struct screen {
    int width, height;
    struct screen_cell *cells; /* row by row */
};

/* Makes it of that size, cut to the maximum and at least 1x1, and blank. Zero the struct before the first time. Free with screen_free(). */
int screen_resize(struct screen *screen, int width, int height, struct error *err);
void screen_free(struct screen *screen);
void screen_clear(struct screen *screen);

/* Puts one character; outside of the screen nothing happens. */
void screen_put(struct screen *screen, int x, int y, uint32_t code, enum screen_style style);
/* Puts UTF-8 text, at most `columns` of it; returns how many it took. Characters that are no text become '?'. */
int screen_text(struct screen *screen, int x, int y, int columns, enum screen_style style, const char *text);
int screen_printf(struct screen *screen, int x, int y, int columns, enum screen_style style, const char *format, ...)
    __attribute__((format(printf, 6, 7)));
/* The columns that a text takes. */
int screen_columns(const char *text);

struct screen_look {
    bool colour; /* else bold, dim and reverse only (NO_COLOR) */
    bool ascii;  /* the terminal knows no UTF-8 */
};

/*
 * Appends what turns `before` (NULL, or of another size: a terminal of unknown content) into `now`. The cursor ends up anywhere, attributes are off.
 */
int screen_render(const struct screen *now, const struct screen *before, const struct screen_look *look, struct buffer *out,
                  struct error *err);

/* Appends the text alone, a line a row, without the blanks at its end. */
int screen_plain(const struct screen *screen, bool ascii, struct buffer *out, struct error *err);

#endif

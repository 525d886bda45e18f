#include "compare/screen.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int between(int value, int least, int most)
{
    return value < least ? least : value > most ? most : value;
}

int screen_resize(struct screen *screen, int width, int height, struct error *err)
{
    struct screen_cell *cells;

    width = between(width, 1, SCREEN_WIDTH_MAX);
    height = between(height, 1, SCREEN_HEIGHT_MAX);
    if (screen->cells && width == screen->width && height == screen->height) {
        screen_clear(screen);
        return 0;
    }
    cells = malloc((size_t)width * (size_t)height * sizeof *cells);
    if (!cells)
        return error_no_memory(err);
    free(screen->cells);
    *screen = (struct screen){width, height, cells};
    screen_clear(screen);
    return 0;
}

void screen_free(struct screen *screen)
{
    free(screen->cells);
    memset(screen, 0, sizeof *screen);
}

void screen_clear(struct screen *screen)
{
    int i;

    for (i = 0; i < screen->width * screen->height; i++)
        screen->cells[i] = (struct screen_cell){' ', STYLE_PLAIN};
}

void screen_put(struct screen *screen, int x, int y, uint32_t code, enum screen_style style)
{
    if (x >= 0 && y >= 0 && x < screen->width && y < screen->height)
        screen->cells[y * screen->width + x] = (struct screen_cell){code, (uint8_t)style};
}

/* the next character of UTF-8, and *text behind it; '?' for what is none, or would move the cursor */
static uint32_t next_code(const char **text)
{
    const unsigned char *at = (const unsigned char *)*text;
    int more = *at < 0x80 ? 0 : *at >= 0xf0 ? 3 : *at >= 0xe0 ? 2 : *at >= 0xc2 ? 1 : -1, i;
    uint32_t code = more <= 0 ? *at : *at & (0x3fu >> more);

    for (i = 1; i <= more && (at[i] & 0xc0) == 0x80; i++)
        code = code << 6 | (at[i] & 0x3fu);
    *text += more < 0 ? 1 : i;
    return more < 0 || i <= more || code < 0x20 || (code >= 0x7f && code < 0xa0) ? '?' : code;
}

int screen_text(struct screen *screen, int x, int y, int columns, enum screen_style style, const char *text)
{
    int taken = 0;

    for (; *text && taken < columns; taken++)
        screen_put(screen, x + taken, y, next_code(&text), style);
    return taken;
}

int screen_printf(struct screen *screen, int x, int y, int columns, enum screen_style style, const char *format, ...)
{
    char text[1024];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return screen_text(screen, x, y, columns, style, text);
}

int screen_columns(const char *text)
{
    int columns = 0;

    for (; *text; columns++)
        next_code(&text);
    return columns;
}

/* what stands for a character where there is no UTF-8 */
static uint32_t plain_code(uint32_t code)
{
    static const struct {
        uint32_t code;
        char plain;
    } table[] = {{0x2588, '#'}, {0x25a0, '#'}, {0x2593, '#'}, {0x2592, '+'}, {0x2591, '.'}, {0x2502, '|'}, {0x2500, '-'},
                 {0x2534, '+'}, {0x252c, '+'}, {0x253c, '+'}, {0xb7, '-'},   {0x2026, '~'}, {0x2192, '>'}, {0x2581, '_'},
                 {0x2582, '_'}, {0x2583, '.'}, {0x2584, '.'}, {0x2585, '-'}, {0x2586, '='}, {0x2587, '='}};
    size_t i;

    for (i = 0; code >= 0x80 && i < sizeof table / sizeof table[0]; i++)
        if (table[i].code == code)
            return (unsigned char)table[i].plain;
    return code < 0x80 ? code : '?';
}

static int add_code(struct buffer *out, uint32_t code, bool ascii, struct error *err)
{
    char bytes[4];
    size_t count = 1;

    if (ascii)
        code = plain_code(code);
    if (code < 0x80) {
        bytes[0] = (char)code;
    } else if (code < 0x800) {
        bytes[0] = (char)(0xc0 | code >> 6);
        bytes[1] = (char)(0x80 | (code & 0x3f));
        count = 2;
    } else if (code < 0x10000) {
        bytes[0] = (char)(0xe0 | code >> 12);
        bytes[1] = (char)(0x80 | (code >> 6 & 0x3f));
        bytes[2] = (char)(0x80 | (code & 0x3f));
        count = 3;
    } else {
        bytes[0] = (char)(0xf0 | code >> 18);
        bytes[1] = (char)(0x80 | (code >> 12 & 0x3f));
        bytes[2] = (char)(0x80 | (code >> 6 & 0x3f));
        bytes[3] = (char)(0x80 | (code & 0x3f));
        count = 4;
    }
    return buffer_add(out, bytes, count, err);
}

static int add_style(struct buffer *out, int style, const struct screen_look *look, struct error *err)
{
    /* orange and blue as far as 16 colours go; beside them magenta and green, which differ in brightness too */
    static const char *const coloured[STYLES] = {"0", "0;1", "0;2", "0;7", "0;1;7", "0;1;7;31", "0;33", "0;94", "0;35", "0;92"};
    static const char *const plain[STYLES] = {"0", "0;1", "0;2", "0;7", "0;1;7", "0;1;7", "0", "0", "0", "0"};

    return buffer_printf(out, err, "\033[%sm", look->colour ? coloured[style] : plain[style]);
}

int screen_render(const struct screen *now, const struct screen *before, const struct screen_look *look, struct buffer *out,
                  struct error *err)
{
    int x, y, style = -1, at_x = -1, at_y = -1;

    if (before && (!before->cells || before->width != now->width || before->height != now->height))
        before = NULL;
    if (!before && buffer_add_string(out, "\033[0m\033[2J", err) < 0)
        return -1;
    for (y = 0; y < now->height; y++)
        for (x = 0; x < now->width; x++) {
            const struct screen_cell *cell = &now->cells[y * now->width + x];
            const struct screen_cell *old = before ? &before->cells[y * now->width + x] : NULL;

            if (old ? old->code == cell->code && old->style == cell->style : cell->code == ' ' && cell->style == STYLE_PLAIN)
                continue;
            if ((x != at_x || y != at_y) && buffer_printf(out, err, "\033[%d;%dH", y + 1, x + 1) < 0)
                return -1;
            if (cell->style != style && add_style(out, cell->style, look, err) < 0)
                return -1;
            if (add_code(out, cell->code, look->ascii, err) < 0)
                return -1;
            style = cell->style;
            /* in the last column terminals differ in where the cursor is then */
            at_x = x + 1 < now->width ? x + 1 : -1;
            at_y = y;
        }
    return style > 0 ? buffer_add_string(out, "\033[0m", err) : 0;
}

int screen_plain(const struct screen *screen, bool ascii, struct buffer *out, struct error *err)
{
    int x, y, last;

    for (y = 0; y < screen->height; y++) {
        const struct screen_cell *row = &screen->cells[y * screen->width];

        for (last = screen->width; last && row[last - 1].code == ' '; last--)
            ;
        for (x = 0; x < last; x++)
            if (add_code(out, row[x].code, ascii, err) < 0)
                return -1;
        if (buffer_add(out, "\n", 1, err) < 0)
            return -1;
    }
    return 0;
}

/*
 * live_map.c: the nodes filling up, and the last latencies.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "compare/live_frame.h"

#define BLOCK 0x25a0
#define FULL 0x2588
#define LABEL_LEAST 6
#define LABEL_MOST 24
#define COUNT_COLUMNS 4
#define STEP_MOST 3 /* of a large block: two columns, which are a square, and a gap */
#define NODE_ROWS_MOST 3
#define DECADES 5
#define LEAST_US 100.0
#define AXIS_COLUMNS 7

static const struct live_node *node_at(const struct live_model *m, size_t place)
{
    return &m->nodes[m->node_order[place]];
}

/* of all sides: their maps have the same scale */
static size_t fullest(const struct live_model *m)
{
    size_t i, side, most = 0;

    for (i = 0; i < m->node_there; i++)
        for (side = 0; side < m->side_count; side++)
            if (node_at(m, i)->pods[side] > most)
                most = node_at(m, i)->pods[side];
    return most;
}

static const char *word_of(const struct live_node *node)
{
    return node->cordoned ? "cordoned" : !node->ready ? "not ready" : node->tainted ? "tainted" : "";
}

/* pods that a block stands for, so that the fullest node has room: 1, 2, 5, 10, … */
static size_t pods_per_block(size_t most, size_t room)
{
    size_t per = 1, steps[] = {2, 5, 10}, scale = 1, i = 0;

    while (room && (most + per - 1) / per > room) {
        per = steps[i] * scale;
        if (++i == 3) {
            i = 0;
            scale *= 10;
        }
    }
    return per;
}

static int label_columns(const struct live_model *m, size_t prefix, int columns)
{
    int longest = LABEL_LEAST, most = columns / 3 < LABEL_MOST ? columns / 3 + 1 : LABEL_MOST;
    size_t i;

    for (i = 0; i < m->node_there; i++) {
        int length = (int)strlen(node_at(m, i)->name + prefix);

        if (length > longest)
            longest = length;
    }
    return longest < most ? longest : most;
}

/* what a row of the map looks like, the same for all of its nodes */
struct row_shape {
    int label, room, step, lines, used; /* columns of the name, of the blocks, of one block; lines for each node, with blocks in them */
    size_t per;
};

static void draw_block(struct screen *s, int x, int y, int step, enum screen_style style)
{
    screen_put(s, x, y, step == STEP_MOST ? FULL : BLOCK, style);
    if (step == STEP_MOST)
        screen_put(s, x + 1, y, FULL, style);
}

static void draw_node(const struct live_node *node, size_t side, const struct live_area *area, const struct row_shape *shape, size_t prefix,
                      struct screen *s)
{
    int x = area->x + shape->label + 1 + COUNT_COLUMNS, per_line = shape->room / shape->step, word = (int)strlen(word_of(node));
    size_t blocks = (node->pods[side] + shape->per - 1) / shape->per, i;

    screen_text(s, area->x, area->y, shape->label, *word_of(node) ? STYLE_DIM : STYLE_PLAIN, node->name + prefix);
    screen_printf(s, area->x + shape->label, area->y, COUNT_COLUMNS, STYLE_BOLD, "%*zu", COUNT_COLUMNS, node->pods[side]);
    for (i = 0; i < blocks && i < (size_t)(per_line * shape->used); i++)
        draw_block(s, x + (int)i % per_line * shape->step, area->y + (int)i / per_line, shape->step,
                   (enum screen_style)(STYLE_SIDE + side));
    /* behind the blocks, over the last of them where it must be */
    if (word) {
        int at = blocks >= (size_t)per_line ? shape->room - word - 1 : (int)blocks * shape->step;

        screen_text(s, x + (at < shape->room - word ? at : shape->room - word), area->y, word, STYLE_TITLE, word_of(node));
    }
}

static void draw_rows(const struct live_model *m, size_t side, const struct live_area *area, struct screen *s)
{
    size_t prefix = live_model_node_prefix(m), i;
    struct row_shape shape = {.label = label_columns(m, prefix, area->columns)};

    shape.room = area->columns - shape.label - 1 - COUNT_COLUMNS;
    if (shape.room < 1)
        return;
    shape.lines = (area->rows - 1) / (int)m->node_there;
    shape.lines = shape.lines > NODE_ROWS_MOST ? NODE_ROWS_MOST : shape.lines;
    /* a blank line between two nodes, where there is room for it */
    shape.used = shape.lines == NODE_ROWS_MOST ? shape.lines - 1 : shape.lines;
    for (shape.step = STEP_MOST; shape.step > 1 && (size_t)(shape.room / shape.step * shape.used) < fullest(m); shape.step--)
        ;
    shape.per = pods_per_block(fullest(m), (size_t)(shape.room / shape.step * shape.used));
    screen_printf(s, area->x, area->y, area->columns, STYLE_DIM, "nodes, %s = %zu pod%s",
                  shape.step == STEP_MOST ? "\xe2\x96\x88\xe2\x96\x88" : "\xe2\x96\xa0", shape.per, shape.per == 1 ? "" : "s");
    for (i = 0; i < m->node_there; i++) {
        struct live_area row = *area;

        row.y += 1 + (int)i * shape.lines;
        draw_node(node_at(m, i), side, &row, &shape, prefix, s);
    }
}

/* more nodes than rows: a cell each, the fuller the darker */
static void draw_cells(const struct live_model *m, size_t side, const struct live_area *area, struct screen *s)
{
    static const uint32_t shades[] = {0xb7, 0x2591, 0x2592, 0x2593, 0x2588};
    size_t most = fullest(m), cells = (size_t)area->columns * (size_t)(area->rows - 1), i, shown;
    int step = cells >= 2 * m->node_there ? 2 : 1;

    shown = cells / (size_t)step < m->node_there ? cells / (size_t)step : m->node_there;
    screen_printf(s, area->x, area->y, area->columns, STYLE_DIM, "%zu nodes, \xe2\x96\x88 = %zu pod%s%s", m->node_there, most,
                  most == 1 ? "" : "s", shown < m->node_there ? ", not all are shown" : "");
    for (i = 0; i < shown; i++) {
        const struct live_node *node = node_at(m, i);
        size_t per_row = (size_t)(area->columns / step), shade = most ? (node->pods[side] * 4 + most - 1) / most : 0;
        uint32_t code = *word_of(node) && !node->pods[side] ? 'x' : shades[shade];

        screen_put(s, area->x + (int)(i % per_row) * step, area->y + 1 + (int)(i / per_row), code,
                   code == 'x' || !shade ? STYLE_DIM : (enum screen_style)(STYLE_SIDE + side));
    }
}

void live_map_draw(const struct live_model *m, size_t side, const struct live_area *area, struct screen *s)
{
    if (!m->node_there || area->rows < 2 || area->columns < 2)
        return;
    if (m->node_there <= (size_t)(area->rows - 1))
        draw_rows(m, side, area, s);
    else
        draw_cells(m, side, area, s);
}

/* eighths of a row above the bottom */
static int height_of(int64_t us, int rows)
{
    double share = log10((double)(us > 0 ? us : 1) / LEAST_US) / DECADES;
    int eighths = (int)(share * rows * 8 + 0.5);

    return eighths < 1 ? 1 : eighths > rows * 8 ? rows * 8 : eighths;
}

static int draw_axis(const struct live_area *area, struct screen *s)
{
    static const char *const labels[] = {"  10 s ", "   1 s ", "100 ms ", " 10 ms ", "  1 ms "};
    int i;

    /* with a row for each decade a label is true for the upper edge of its row */
    if (area->rows != DECADES || area->columns < 4 * AXIS_COLUMNS)
        return 0;
    for (i = 0; i < DECADES; i++)
        screen_text(s, area->x, area->y + i, AXIS_COLUMNS, STYLE_DIM, labels[i]);
    return AXIS_COLUMNS;
}

void live_plot_draw(const struct live_side *side, const struct live_area *area, enum screen_style style, struct screen *s)
{
    int axis = draw_axis(area, s), columns = area->columns - axis, i, row;

    for (i = 0; i < columns && (size_t)i < side->sample_count && i < LIVE_WINDOW; i++) {
        const struct live_sample *sample = &side->samples[(side->sample_count - 1 - (size_t)i) % LIVE_WINDOW];
        int height = height_of(sample->latency_us, area->rows);

        for (row = 0; row < area->rows && row * 8 < height; row++) {
            int part = height - row * 8;

            screen_put(s, area->x + area->columns - 1 - i, area->y + area->rows - 1 - row, 0x2580 + (uint32_t)(part > 8 ? 8 : part), style);
        }
    }
}

#include "compare/live_frame.h"

#include <stdio.h>
#include <string.h>

#define BIG_HEIGHT 34 /* from here on, and that wide, there is room for large figures */
#define BIG_COLUMNS 44
#define DIGIT_ROWS 5
#define PLOT_LEAST 2
#define PLOT_MOST 5 /* a row for each decade */
#define VERTICAL 0x2502
#define HORIZONTAL 0x2500

/* one scheduler's column of the picture */
struct panel {
    const struct live_model *m;
    const struct live_side *side;
    size_t index;
    struct screen *screen;
    enum screen_style style;
    int x, y, columns, bottom; /* y: the next free row; bottom: the first that is not its own */
    bool big;
};

const char *live_frame_latency(int64_t us, char *value)
{
    double ms = (double)us / 1e3;

    if (us == NOT_SEEN) {
        memcpy(value, "-", 2);
        return "";
    }
    if (ms >= 9999.5) {
        snprintf(value, 16, ms < 99950 ? "%.1f" : "%.0f", ms / 1e3);
        return "s";
    }
    snprintf(value, 16, "%.*f", ms < 9.995 ? 2 : ms < 99.95 ? 1 : 0, ms);
    return "ms";
}

static void latency_text(int64_t us, char *text, size_t size)
{
    char value[16];
    const char *unit = live_frame_latency(us, value);

    snprintf(text, size, "%s%s%s", value, *unit ? " " : "", unit);
}

/* "word figure word figure…": the figures in bold */
static int add_pair(struct panel *p, int x, const char *word, const char *figure)
{
    int end = p->x + p->columns;

    x += screen_text(p->screen, x, p->y, end - x, STYLE_PLAIN, word);
    return x + screen_text(p->screen, x, p->y, end - x, STYLE_BOLD, figure);
}

static void draw_head(struct panel *p)
{
    char polls[48] = "", state[64];
    int x = p->x + screen_printf(p->screen, p->x, p->y, p->columns, p->style, "\xe2\x96\x88\xe2\x96\x88 ");

    x += screen_text(p->screen, x, p->y, p->x + p->columns - x, STYLE_BOLD, p->side->name);
    if (p->side->interval_s > 0)
        snprintf(polls, sizeof polls, "  asks every %g s", p->side->interval_s);
    screen_text(p->screen, x, p->y, p->x + p->columns - x, STYLE_PLAIN, polls);
    if (p->side->state != LIVE_RUNNING) {
        snprintf(state, sizeof state, p->side->state == LIVE_STARTING ? " starts " : " ENDED: %s ", p->side->end);
        x = p->x + p->columns - screen_columns(state);
        screen_text(p->screen, x, p->y, p->columns, p->side->state == LIVE_ENDED ? STYLE_ALARM : STYLE_TITLE, state);
    }
    p->y++;
}

static void draw_pods(struct panel *p)
{
    char waiting[32], bound[32], placed[32];
    int x = p->x;

    snprintf(waiting, sizeof waiting, "%zu", p->side->waiting);
    snprintf(bound, sizeof bound, "%zu", p->side->bound);
    snprintf(placed, sizeof placed, "%zu", p->side->placed);
    x = add_pair(p, x, "waiting ", waiting);
    x = add_pair(p, x, "  bound ", bound);
    add_pair(p, x, "  on nodes ", placed);
    p->y++;
}

static void draw_latency(struct panel *p)
{
    struct statistics s = live_model_latency(p->side);
    char median[32], p95[32], last[32], value[16];
    const char *unit = live_frame_latency(s.count ? s.median : NOT_SEEN, value);
    int x = p->x;

    latency_text(s.count ? s.median : NOT_SEEN, median, sizeof median);
    latency_text(s.count ? s.p95 : NOT_SEEN, p95, sizeof p95);
    latency_text(live_model_last_latency(p->side), last, sizeof last);
    if (p->big) {
        x += live_digits_draw(p->screen, x, p->y + 1, p->columns - 12, p->style, value);
        screen_printf(p->screen, x + 1, p->y + DIGIT_ROWS, 10, STYLE_BOLD, "%s", unit);
        screen_text(p->screen, x + 1, p->y + DIGIT_ROWS - 1, 10, STYLE_PLAIN, "median");
        p->y += DIGIT_ROWS + 2;
        x = p->x;
    }
    x = add_pair(p, x, "latency median ", median);
    x = add_pair(p, x, "  p95 ", p95);
    /* in a narrow column the last one goes without its word */
    add_pair(p, x, p->columns >= 46 ? "  last " : "  ", p->columns >= 46 || x + screen_columns(last) + 2 <= p->x + p->columns ? last : "");
    p->y++;
}

static void draw_requests(struct panel *p)
{
    double rate = live_model_per_minute(p->side);
    char sum[32], minute[32];
    int x = p->x;
    size_t i;

    snprintf(sum, sizeof sum, p->side->count_count ? "%lld" : "-", (long long)p->side->requests);
    snprintf(minute, sizeof minute, rate < 0 ? "-" : "%.0f", rate);
    x = add_pair(p, x, "requests ", sum);
    x = add_pair(p, x, "  ", minute);
    screen_text(p->screen, x, p->y, p->x + p->columns - x, STYLE_PLAIN, " a minute");
    p->y++;
    x = p->x;
    for (i = 0; i < p->side->count_count; i++) {
        char word[32], figure[32];

        if (!p->side->counts[i].count && p->columns < 60)
            continue;
        snprintf(word, sizeof word, "%s%s ", x > p->x ? "  " : "", p->side->counts[i].name);
        snprintf(figure, sizeof figure, "%lld", (long long)p->side->counts[i].count);
        x = add_pair(p, x, word, figure);
    }
    p->y++;
}

static void draw_panel(struct panel *p)
{
    /* head, pods, latency, two of requests, the heading of the nodes: what the nodes leave beyond them makes the plot higher */
    int left = p->bottom - p->y - 6 - PLOT_LEAST - (int)p->m->node_there, plot = PLOT_LEAST + (left > 0 ? left : 0);

    if (p->big || plot > PLOT_MOST)
        plot = PLOT_MOST;
    draw_head(p);
    draw_pods(p);
    p->y += p->big;
    draw_latency(p);
    p->y += p->big;
    live_plot_draw(p->side, &(struct live_area){p->x, p->y, p->columns, plot}, p->style, p->screen);
    p->y += plot + p->big;
    draw_requests(p);
    p->y += p->big;
    if (p->y < p->bottom)
        live_map_draw(p->m, p->index, &(struct live_area){p->x, p->y, p->columns, p->bottom - p->y}, p->screen);
}

static void draw_rule(struct screen *s, int y)
{
    int x;

    for (x = 0; x < s->width; x++)
        screen_put(s, x, y, HORIZONTAL, STYLE_DIM);
}

static void time_text(int64_t us, char *text, size_t size)
{
    long long seconds = us / 1000000;

    if (seconds < 3600)
        snprintf(text, size, "%02lld:%02lld", seconds / 60, seconds % 60);
    else
        snprintf(text, size, "%lld:%02lld:%02lld", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

static void draw_title(const struct live_model *m, const struct live_view *view, struct screen *s)
{
    char text[512], right[128], elapsed[32];
    enum screen_style style = STYLE_TITLE;
    int x;

    time_text(view->now_us - m->began_us, elapsed, sizeof elapsed);
    snprintf(right, sizeof right, " %s%s ", m->paused ? "PAUSED  " : "", elapsed);
    if (view->cut_until_us > view->now_us) {
        snprintf(right, sizeof right, " SERVER CUT: %lld s  %s ", (long long)(view->cut_until_us - view->now_us + 999999) / 1000000,
                 elapsed);
        style = STYLE_ALARM;
    } else if (!m->connected) {
        snprintf(right, sizeof right, " NO CONNECTION  %s ", elapsed);
        style = STYLE_ALARM;
    }
    snprintf(text, sizeof text, " live: %s%s%s", view->workload, s->width >= 100 ? " \xc2\xb7 on " : ", ", view->where);
    for (x = 0; x < s->width; x++)
        screen_put(s, x, 0, ' ', STYLE_TITLE);
    screen_text(s, 0, 0, s->width - screen_columns(right), STYLE_TITLE, text);
    screen_text(s, s->width - screen_columns(right), 0, s->width, style, right);
}

static int add_key(struct screen *s, int x, const char *key, const char *what)
{
    x += screen_text(s, x, s->height - 1, s->width - x, STYLE_KEY, key);
    return x + screen_text(s, x, s->height - 1, s->width - x, STYLE_PLAIN, what);
}

static void draw_keys(const struct live_model *m, const struct live_view *view, struct screen *s)
{
    char burst[32];
    int x = 0;

    snprintf(burst, sizeof burst, " burst of %d  ", view->burst);
    x = add_key(s, x, " b ", burst);
    if (view->can_cut)
        x = add_key(s, x, " x ", " cut 5 s  ");
    x = add_key(s, x, " c ", view->cordoned ? " uncordon  " : " cordon  ");
    x = add_key(s, x, " p ", m->paused ? " go on  " : " pause  ");
    x = add_key(s, x, " q ", " quit ");
    if (view->url && screen_columns(view->url) + x + 2 <= s->width)
        screen_text(s, s->width - screen_columns(view->url) - 1, s->height - 1, s->width, STYLE_BOLD, view->url);
}

static int log_rows(int height)
{
    return height >= 50 ? 8 : height >= BIG_HEIGHT ? 5 : height >= 22 ? 3 : height >= 16 ? 1 : 0;
}

static void draw_log(const struct live_model *m, struct screen *s, int y, int rows)
{
    size_t shown = m->log_count < (size_t)rows ? m->log_count : (size_t)rows, i;

    for (i = 0; i < shown; i++) {
        const struct live_line *line = &m->log[(m->log_count - shown + i) % LIVE_LOG_LINES];
        char at[32];
        int x;

        time_text(line->at_us - m->began_us, at, sizeof at);
        x = 1 + screen_text(s, 1, y + (int)i, s->width - 1, STYLE_DIM, at);
        screen_text(s, x + 1, y + (int)i, s->width - x - 1, STYLE_PLAIN, line->text);
    }
}

void live_frame_draw(const struct live_model *m, const struct live_view *view, struct screen *s)
{
    int sides = m->side_count ? (int)m->side_count : 1, columns = (s->width - 3 * (sides - 1) - 2) / sides, rows = log_rows(s->height);
    int bottom = s->height - 1 - rows - (rows > 0), y;
    size_t i;

    draw_title(m, view, s);
    for (i = 0; i < m->side_count && columns > 0; i++) {
        struct panel panel = {.m = m, .side = &m->sides[i], .index = i, .screen = s, .style = (enum screen_style)(STYLE_SIDE + i)};

        panel.x = 1 + (int)i * (columns + 3);
        panel.y = 1;
        panel.columns = columns;
        panel.bottom = bottom;
        panel.big = s->height >= BIG_HEIGHT && columns >= BIG_COLUMNS;
        draw_panel(&panel);
        for (y = 1; i && y < bottom; y++)
            screen_put(s, panel.x - 2, y, VERTICAL, STYLE_DIM);
    }
    /* what is too low for all of it loses its lower part, never the keys */
    for (y = bottom; y < s->height; y++)
        for (int x = 0; x < s->width && y > 0; x++)
            screen_put(s, x, y, ' ', STYLE_PLAIN);
    if (rows) {
        draw_rule(s, bottom);
        draw_log(m, s, bottom + 1, rows);
    }
    if (s->height > 1)
        draw_keys(m, view, s);
}

/*
 * live_frame.h: the live view's model as a picture for a terminal, schedulers side by side. Pure.
 */
#ifndef COMPARE_LIVE_FRAME_H
#define COMPARE_LIVE_FRAME_H

#include "compare/live_model.h"
#include "compare/screen.h"

/* What is shown beside the model. Strings are the caller's. */
struct live_view {
    int64_t now_us;
    const char *where;      /* "simulator", or the server's URL */
    const char *workload;   /* "trickle, 3 pods a second" */
    const char *url;        /* of the page; NULL: none */
    const char *cordoned;   /* the node that `c` has cordoned; NULL: none */
    int64_t cut_until_us;   /* the server is cut until then; 0: it is not */
    bool can_cut;           /* the server is our own */
    int burst;              /* pods that `b` adds */
    size_t still_to_arrive; /* of a workload that ends; SIZE_MAX: it does not */
};

/* Draws it over the whole of a blank screen; made for 80x24 to 200x60, cut where there is less. */
void live_frame_draw(const struct live_model *m, const struct live_view *view, struct screen *screen);

/* A latency for people, three figures: "0.84" and "ms", "1012" and "ms", "12.3" and "s"; "-" and "" for NOT_SEEN. `value`: at least 16 bytes. */
const char *live_frame_latency(int64_t us, char *value);

/* Draws digits and points five rows high; returns the columns taken (live_digits.c). */
int live_digits_draw(struct screen *screen, int x, int y, int columns, enum screen_style style, const char *digits);

/* What each node carries, in `rows` rows from y on (live_map.c). */
struct live_area {
    int x, y, columns, rows;
};
void live_map_draw(const struct live_model *m, size_t side, const struct live_area *area, struct screen *screen);

/* The last latencies, a column each, the newest on the right; a logarithmic scale from 0.1 ms to 10 s (live_map.c). */
void live_plot_draw(const struct live_side *side, const struct live_area *area, enum screen_style style, struct screen *screen);

#endif

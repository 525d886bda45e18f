/*
 * live_session.h: a live session from the inside. Private to live*.c.
 */
#ifndef COMPARE_LIVE_SESSION_H
#define COMPARE_LIVE_SESSION_H

#include "compare/live.h"
#include "compare/live_arrivals.h"
#include "compare/live_deeds.h"
#include "compare/live_feed.h"
#include "compare/live_frame.h"
#include "compare/live_requests.h"
#include "compare/live_web.h"
#include "compare/terminal.h"

#define LIVE_BURST 20
#define LIVE_TOKENS "tokens" /* in home's folder */

struct session {
    const struct comparison *comparison;
    const struct compare_options *options;
    const struct home *home;
    char namespace_[64];
    char schedulers[LIVE_SIDES_MAX][64]; /* schedulerName of each */
    int ports[LIVE_SIDES_MAX];
    struct contestant contestants[LIVE_SIDES_MAX];
    struct results *results; /* contestants with their commands; runs at the end */
    struct api_client *client;
    struct live_http *http;
    struct live_model model;
    struct live_feed *feed;
    struct live_arrivals *arrivals;
    struct live_requests requests;
    struct live_deeds deeds;
    struct terminal *terminal; /* NULL: lines */
    struct live_web *web;      /* NULL: none */
    struct screen screen;
    char where[128], workload[64];
    int64_t next_frame_us, next_line_us, next_web_us, next_look_us;
    char pressed[16]; /* in the browser, and not done yet */
    size_t pressed_count;
    size_t browsers; /* as the log last said */
    bool begun;      /* pods arrive */
    bool quit;
};

/* Microseconds of the monotonic clock. */
int64_t session_now_us(void);

/* What to show beside the model. */
struct live_view session_view(const struct session *s, int64_t now_us);

/* The schedulers: starts each, looks now and then whether they still run, stops them all (live_schedulers.c). */
int session_start_schedulers(struct session *s, struct error *err);
void session_look_at_schedulers(struct session *s, int64_t now_us);
void session_stop_schedulers(struct session *s);

/* Shows and serves until it is over (live_loop.c). */
int session_loop(struct session *s, struct error *err);
/* A key of the page: done at the next turn. */
void session_press(struct session *s, char key);
/* Sends the last word to the browsers, and waits until they have it, at most half a second. */
int session_say_goodbye(struct session *s, const char *words, struct error *err);

/* A line that sums up now, for who has no terminal (live_lines.c). */
void session_print_line(const struct session *s, int64_t now_us);
/* What it showed, on stdout. */
int session_print_results(struct session *s, int64_t ended_us, struct error *err);

#endif

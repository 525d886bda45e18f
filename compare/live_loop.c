/*
 * live_loop.c: the loop of a live session: requests, keys, frames, browsers, and nothing that waits for any one of them.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/limits.h"
#include "compare/live_json.h"
#include "compare/live_session.h"

#define FRAME_US 100000
#define LINE_US 1000000
#define WEB_US 250000
#define WEB_MANY_US 1000000 /* with so many nodes that a snapshot is large */
#define MANY_NODES 500
#define WAIT_MOST_US 100000
#define GOODBYE_US 500000
#define START_US 5000000
#define FDS_MAX (LIVE_WEB_CLIENTS + 8)

static volatile sig_atomic_t suspend_requested;

int64_t session_now_us(void)
{
    return clock_system()->monotonic_us(clock_system());
}

struct live_view session_view(const struct session *s, int64_t now_us)
{
    struct live_view view = {.now_us = now_us, .where = s->where, .workload = s->workload, .burst = LIVE_BURST};

    view.url = s->web ? live_web_url(s->web) : NULL;
    view.cordoned = *s->deeds.cordoned ? s->deeds.cordoned : NULL;
    view.cut_until_us = s->deeds.cut_until_us;
    view.can_cut = s->deeds.can_cut;
    view.still_to_arrive = live_arrivals_left(s->arrivals);
    return view;
}

/* ---- keys ---- */

static void on_suspend(int number)
{
    (void)number;
    suspend_requested = 1;
}

/* the whole group stops, so that nothing goes on behind the back of who pressed Ctrl-Z; the shell, or somebody else, lets it go on */
static void suspend(struct session *s)
{
    struct sigaction action = {.sa_handler = SIG_DFL};
    int64_t since_us = session_now_us();
    size_t i;

    suspend_requested = 0;
    terminal_leave(s->terminal);
    sigemptyset(&action.sa_mask);
    sigaction(SIGTSTP, &action, NULL);
    kill(0, SIGTSTP);
    action.sa_handler = on_suspend;
    sigaction(SIGTSTP, &action, NULL);
    /* who was only sent CONT by hand would wake alone */
    for (i = 0; i < s->model.side_count; i++)
        if (s->contestants[i].pid)
            kill(s->contestants[i].pid, SIGCONT);
    if (s->home->simulator.pid)
        kill(s->home->simulator.pid, SIGCONT);
    live_model_stopped(&s->model, session_now_us() - since_us, session_now_us());
    terminal_return(s->terminal);
}

static int press(struct session *s, int key, int64_t now_us, struct error *err)
{
    switch (key) {
    case 'b':
        live_arrivals_burst(s->arrivals, LIVE_BURST);
        live_model_say(&s->model, now_us, "b: a burst of %d pods for each", LIVE_BURST);
        return 0;
    case 'x':
        return live_deeds_cut(&s->deeds, now_us, err);
    case 'c':
        return live_deeds_cordon(&s->deeds, now_us, err);
    case 'p':
        live_model_pause(&s->model, !s->model.paused, now_us);
        live_arrivals_pause(s->arrivals, s->model.paused, now_us);
        return 0;
    case 'q':
    case TERMINAL_CTRL_C:
        s->quit = true;
        return 0;
    case TERMINAL_CTRL_L:
        terminal_redraw(s->terminal);
        return 0;
    case TERMINAL_CTRL_Z:
        suspend(s);
        return 0;
    default:
        return 0;
    }
}

void session_press(struct session *s, char key)
{
    if (s->pressed_count < sizeof s->pressed)
        s->pressed[s->pressed_count++] = key;
}

static int do_pressed(struct session *s, int64_t now_us, struct error *err)
{
    size_t i, count = s->pressed_count;

    s->pressed_count = 0;
    for (i = 0; i < count; i++)
        if (press(s, s->pressed[i], now_us, err) < 0)
            return -1;
    return 0;
}

static int read_keys(struct session *s, int64_t now_us, struct error *err)
{
    int key;

    if (!s->terminal)
        return 0;
    if (suspend_requested)
        suspend(s);
    while (!s->quit && (key = terminal_key(s->terminal)) != TERMINAL_NO_KEY)
        if (press(s, key, now_us, err) < 0)
            return -1;
    return 0;
}

/* ---- showing ---- */

static int draw(struct session *s, int64_t now_us, struct error *err)
{
    struct live_view view = session_view(s, now_us);
    int width, height;

    terminal_size(s->terminal, &width, &height);
    if (screen_resize(&s->screen, width, height, err) < 0)
        return -1;
    live_frame_draw(&s->model, &view, &s->screen);
    return terminal_show(s->terminal, &s->screen, err);
}

static int publish(struct session *s, int64_t now_us, const char *ended, struct error *err)
{
    struct live_view view = session_view(s, now_us);
    struct buffer json;
    int ret;

    buffer_init(&json, LIMIT_OBJECT_BYTES);
    ret = live_json_render(&s->model, &view, ended, &json, err);
    if (ret == 0)
        ret = live_web_publish(s->web, json.data, json.bytes, err);
    buffer_free(&json);
    return ret;
}

static int show(struct session *s, int64_t now_us, struct error *err)
{
    if (s->terminal && now_us >= s->next_frame_us) {
        s->next_frame_us = now_us + FRAME_US;
        if (draw(s, now_us, err) < 0)
            return -1;
    }
    if (!s->terminal && now_us >= s->next_line_us) {
        s->next_line_us = now_us + LINE_US;
        session_print_line(s, now_us);
    }
    if (s->web && live_web_clients(s->web) != s->browsers) {
        s->browsers = live_web_clients(s->web);
        live_model_say(&s->model, now_us, "%zu browser%s on", s->browsers, s->browsers == 1 ? " looks" : "s look");
    }
    if (s->web && now_us >= s->next_web_us) {
        s->next_web_us = now_us + (s->model.node_there > MANY_NODES ? WEB_MANY_US : WEB_US);
        return publish(s, now_us, NULL, err);
    }
    return 0;
}

/* ---- the loop ---- */

/* once all schedulers have asked the server something, or took too long for that */
static bool may_arrive(struct session *s, int64_t now_us)
{
    size_t i, starting = 0;

    for (i = 0; i < s->model.side_count; i++)
        starting += s->model.sides[i].state == LIVE_STARTING;
    s->begun = s->begun || !starting || now_us - s->model.began_us > START_US;
    return s->begun;
}

/* what is due, of all parts; *due_us: when something is next */
static int turn(struct session *s, int64_t now_us, int64_t *due_us, struct error *err)
{
    if (live_http_turn(s->http, err) < 0 || live_feed_turn(s->feed, now_us, err) < 0)
        return -1;
    /* nothing arrives before all can see it; and a server that is away is asked by the feed alone */
    if (s->model.connected && may_arrive(s, now_us) && live_arrivals_turn(s->arrivals, now_us, due_us, err) < 0)
        return -1;
    if (live_requests_turn(&s->requests, now_us, err) < 0)
        return -1;
    session_look_at_schedulers(s, now_us);
    return 0;
}

/* whoever is ready is served at the next turn; the browsers at once */
static int wait_for_more(struct session *s, int64_t due_us, struct error *err)
{
    struct pollfd fds[FDS_MAX];
    int64_t left_us = due_us - session_now_us();
    int timeout_ms = left_us <= 0 ? 0 : (int)((left_us + 999) / 1000);
    unsigned count = 0;

    if (s->web)
        count = live_web_prepare(s->web, fds, FDS_MAX - 3, &timeout_ms);
    fds[count++] = (struct pollfd){live_http_fd(s->http), POLLIN, 0};
    if (s->terminal)
        fds[count++] = (struct pollfd){terminal_input(s->terminal), POLLIN, 0};
    if (s->terminal && terminal_pending(s->terminal))
        fds[count++] = (struct pollfd){terminal_output(s->terminal), POLLOUT, 0};
    if (poll(fds, count, timeout_ms) < 0 && errno != EINTR)
        return error_set(err, ERROR_RUNTIME, "poll: %s", strerror(errno));
    if (s->web)
        live_web_turn(s->web);
    return 0;
}

static int64_t earliest(const struct session *s, int64_t now_us)
{
    int64_t due_us = now_us + WAIT_MOST_US;

    if (s->terminal && s->next_frame_us < due_us)
        due_us = s->next_frame_us;
    if (!s->terminal && s->next_line_us < due_us)
        due_us = s->next_line_us;
    if (s->web && s->next_web_us < due_us)
        due_us = s->next_web_us;
    return due_us;
}

int session_loop(struct session *s, struct error *err)
{
    struct sigaction action = {.sa_handler = on_suspend};
    int64_t now_us, due_us;

    sigemptyset(&action.sa_mask);
    if (s->terminal)
        sigaction(SIGTSTP, &action, NULL);
    while (!s->quit && !*s->comparison->stop) {
        now_us = session_now_us();
        if (read_keys(s, now_us, err) < 0 || do_pressed(s, now_us, err) < 0 || show(s, now_us, err) < 0)
            return -1;
        due_us = earliest(s, now_us);
        if (turn(s, now_us, &due_us, err) < 0 || wait_for_more(s, due_us, err) < 0)
            return -1;
    }
    return 0;
}

int session_say_goodbye(struct session *s, const char *words, struct error *err)
{
    int64_t until_us = session_now_us() + GOODBYE_US;

    if (!s->web)
        return 0;
    if (publish(s, session_now_us(), words, err) < 0)
        return -1;
    do {
        live_web_turn(s->web);
        if (wait_for_more(s, session_now_us() + 10000, err) < 0)
            return -1;
    } while (!live_web_sent(s->web) && session_now_us() < until_us);
    return 0;
}

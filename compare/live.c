#include "compare/live.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compare/live_session.h"
#include "compare/objects.h"

#define NODE_PREFIX "compare-node-"
#define NODE_PODS 110

static bool is_endless(const struct compare_options *o)
{
    return !o->pods_given && (o->workload.kind == WORKLOAD_STEADY || o->workload.kind == WORKLOAD_TRICKLE);
}

size_t live_pods(const struct compare_options *o)
{
    if (!is_endless(o))
        return o->workload.pods;
    return (size_t)(o->workload.rate * LIVE_POD_LIFE_US / 1e6) + 2 * LIVE_BURST;
}

static void describe(struct session *s)
{
    const struct workload *w = &s->options->workload;

    if (s->options->kubeconfig)
        snprintf(s->where, sizeof s->where, "%s", api_client_url(s->client));
    else
        snprintf(s->where, sizeof s->where, "a simulator of its own");
    if (w->kind == WORKLOAD_BURST || w->kind == WORKLOAD_FILE)
        snprintf(s->workload, sizeof s->workload, "%s of %zu pods", w->kind == WORKLOAD_FILE ? "recorded arrivals" : "burst", w->pods);
    else if (is_endless(s->options))
        snprintf(s->workload, sizeof s->workload, "%s, %g pods a second", workload_name(w->kind), w->rate);
    else
        snprintf(s->workload, sizeof s->workload, "%s of %zu pods, %g a second", workload_name(w->kind), w->pods, w->rate);
}

static size_t extra_nodes(const struct session *s)
{
    return s->options->kubeconfig && s->options->nodes > 0 ? (size_t)s->options->nodes : 0;
}

static int add_sides(struct session *s, struct error *err)
{
    size_t i;

    if (s->results->contestant_count > LIVE_SIDES_MAX)
        return error_set(err, ERROR_USAGE, "--live: %zu schedulers, it shows at most %d", s->results->contestant_count, LIVE_SIDES_MAX);
    for (i = 0; i < s->results->contestant_count; i++)
        live_model_add_side(&s->model, s->results->contestants[i].name, s->results->contestants[i].interval_s);
    return 0;
}

static int open_arrivals(struct session *s, struct error *err)
{
    struct live_arrivals_options options = {.http = s->http,
                                            .m = &s->model,
                                            .namespace_ = s->namespace_,
                                            .schedulers = s->schedulers,
                                            .workload = s->options->workload,
                                            .endless = is_endless(s->options)};

    options.workload.stratum_s = s->options->interval_s;
    s->arrivals = live_arrivals_open(&options, err);
    return s->arrivals ? 0 : -1;
}

static void on_web_key(void *ctx, char key)
{
    struct session *s = ctx;

    session_press(s, key);
}

/* what takes a while, and may fail with words on a terminal that is still as it was */
static int prepare(struct session *s, struct error *err)
{
    if (live_model_init(&s->model, session_now_us(), err) < 0)
        return -1;
    s->results = results_new(err);
    if (!s->results || comparison_add_contestants(s->comparison, s->results, err) < 0 || add_sides(s, err) < 0)
        return -1;
    s->client = api_client_open(s->comparison->kubeconfig, "compare-live/" LAB_VERSION, err);
    if (!s->client)
        return -1;
    describe(s);
    if (s->options->web >= 0 && !(s->web = live_web_open((int)s->options->web, on_web_key, s, err)))
        return -1;
    if (objects_make_nodes(s->client, NODE_PREFIX, extra_nodes(s), NODE_PODS, s->comparison->stop, err) < 0 ||
        objects_make_namespace(s->client, "live", s->namespace_, err) < 0 || session_start_schedulers(s, err) < 0)
        return -1;
    s->http = live_http_open(s->client, err);
    return s->http ? 0 : -1;
}

static int open_view(struct session *s, struct error *err)
{
    s->model.began_us = session_now_us();
    s->feed = live_feed_open(s->http, &s->model, s->namespace_, err);
    if (!s->feed || open_arrivals(s, err) < 0)
        return -1;
    live_requests_init(&s->requests, s->http, &s->model, s->options->kubeconfig ? s->ports : NULL);
    s->deeds = (struct live_deeds){.http = s->http, .m = &s->model, .can_cut = !s->options->kubeconfig};
    if (s->web) {
        fprintf(stderr, "live: %s\n", live_web_url(s->web));
        live_model_say(&s->model, s->model.began_us, "the page is at %s", live_web_url(s->web));
    }
    if (terminal_is_there())
        s->terminal = terminal_open(err);
    return !terminal_is_there() || s->terminal ? 0 : -1;
}

/* the cluster as it was before; a simulator of our own ends anyway */
static void tidy_up(struct session *s)
{
    struct error ignored = ERROR_INIT;

    session_stop_schedulers(s);
    if (!s->options->kubeconfig || !s->client)
        return;
    live_deeds_undo(&s->deeds, s->client);
    if (*s->namespace_ && objects_delete_namespace(s->client, s->namespace_, &ignored) < 0)
        fprintf(stderr, "live: namespace %s is left behind: %s\n", s->namespace_, ignored.text);
    if (objects_delete_nodes(s->client, NODE_PREFIX, extra_nodes(s), &ignored) < 0)
        fprintf(stderr, "live: nodes %s* are left behind: %s\n", NODE_PREFIX, ignored.text);
}

static bool all_alive(const struct session *s)
{
    size_t i;

    for (i = 0; i < s->model.side_count; i++)
        if (s->model.sides[i].state == LIVE_ENDED)
            return false;
    return true;
}

static void close_all(struct session *s)
{
    terminal_close(s->terminal);
    tidy_up(s);
    live_web_close(s->web);
    live_http_close(s->http);
    live_arrivals_close(s->arrivals);
    live_feed_close(s->feed);
    api_client_close(s->client);
    results_free(s->results);
    live_model_free(&s->model);
    screen_free(&s->screen);
}

int live_run(const struct comparison *comparison, const struct home *home, struct error *err)
{
    struct session *s = calloc(1, sizeof *s);
    int64_t ended_us;
    int ret = -1;

    if (!s)
        return error_no_memory(err);
    s->comparison = comparison;
    s->options = comparison->options;
    s->home = home;
    if (prepare(s, err) < 0 || open_view(s, err) < 0 || session_loop(s, err) < 0)
        goto cleanup;
    ended_us = session_now_us();
    terminal_close(s->terminal);
    s->terminal = NULL;
    ret = !all_alive(s);
    if (session_print_results(s, ended_us, err) < 0 ||
        session_say_goodbye(s, s->results->sentence ? s->results->sentence : "It was too short to say anything.", err) < 0)
        ret = -1;
cleanup:
    close_all(s);
    free(s);
    return ret;
}

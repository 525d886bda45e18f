/*
 * live_schedulers.c: the schedulers of a live session.
 */
#include <stdio.h>

#include "compare/client_metrics.h"
#include "compare/live_session.h"

#define LOOK_US 100000
#define GRACE_MS 5000

static int start(struct session *s, size_t i, struct error *err)
{
    const struct results_contestant *contestant = &s->results->contestants[i];
    double interval_s = contestant->interval_s > 0 ? contestant->interval_s : s->options->interval_s;
    char interval[32], port[16], stem[4096], trace[4096], kubeconfig[512], tokens[512];
    const char *pairs[] = {"kubeconfig", kubeconfig, "name", s->schedulers[i], "interval", interval, "port", port, "trace", trace, NULL};
    char **argv;
    int ret;

    snprintf(interval, sizeof interval, "%g", interval_s);
    snprintf(port, sizeof port, "%d", s->ports[i]);
    snprintf(stem, sizeof stem, "%s/%s-live", s->options->out, contestant->name);
    snprintf(trace, sizeof trace, "%s/%s-live.trace", s->options->out, contestant->name);
    snprintf(kubeconfig, sizeof kubeconfig, "%s", s->comparison->kubeconfig);
    if (!s->options->kubeconfig) {
        snprintf(tokens, sizeof tokens, "%s/%s", s->home->folder, LIVE_TOKENS);
        snprintf(kubeconfig, sizeof kubeconfig, "%s/%s.kubeconfig", s->home->folder, contestant->name);
        if (live_users_kubeconfig(tokens, s->home->kubeconfig, contestant->name, kubeconfig, err) < 0)
            return -1;
    }
    argv = command_split(contestant->command, pairs, err);
    ret = argv ? contestant_start(&s->contestants[i], argv, stem, err) : -1;
    command_free(argv);
    return ret < 0 ? error_prefix(err, "%s", contestant->name) : 0;
}

int session_start_schedulers(struct session *s, struct error *err)
{
    size_t i;

    for (i = 0; i < s->model.side_count; i++) {
        snprintf(s->schedulers[i], sizeof s->schedulers[i], "live-%s", s->model.sides[i].name);
        s->ports[i] = client_metrics_free_port();
        if (start(s, i, err) < 0)
            return -1;
    }
    return 0;
}

void session_look_at_schedulers(struct session *s, int64_t now_us)
{
    char how[32];
    size_t i;

    if (now_us < s->next_look_us)
        return;
    s->next_look_us = now_us + LOOK_US;
    for (i = 0; i < s->model.side_count; i++)
        if (s->model.sides[i].state != LIVE_ENDED && !contestant_running(&s->contestants[i])) {
            contestant_describe_end(&s->contestants[i], how);
            live_model_ended(&s->model, i, how, now_us);
        }
}

void session_stop_schedulers(struct session *s)
{
    size_t i;

    /* all are told first, so that they end side by side */
    for (i = 0; i < s->model.side_count; i++)
        if (s->contestants[i].pid)
            kill(s->contestants[i].pid, SIGTERM);
    for (i = 0; i < s->model.side_count; i++)
        contestant_stop(&s->contestants[i], GRACE_MS);
}

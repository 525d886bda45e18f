#include "compare/turn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"
#include "compare/verdict.h"

#define LOOK_MS 50     /* how often a running scheduler is looked at */
#define SETTLE_MS 3000 /* at most so long for the events after a bind */
#define GRACE_MS 5000
#define METRICS_BYTES ((size_t)256 << 20)

int64_t turn_now_us(void)
{
    return clock_system()->monotonic_us(clock_system());
}

struct results_run *turn_run(const struct turn *turn)
{
    return &turn->entrant->contestant->runs[turn->run];
}

static void name_everything(struct turn *turn)
{
    const struct arena *arena = turn->arena;
    const char *name = turn->entrant->contestant->name;

    snprintf(turn->prefix, sizeof turn->prefix, "%s-%lld-", name, (long long)turn->order);
    snprintf(turn->probe_prefix, sizeof turn->probe_prefix, "%s-%lld-probe-", name, (long long)turn->order);
    snprintf(turn->scheduler_name, sizeof turn->scheduler_name, "compare-%s", name);
    snprintf(turn->trace, sizeof turn->trace, "%s/%s-%lld.trace", arena->output_dir, name, (long long)turn->order);
    turn->probe = (struct pods_plan){.namespace_ = arena->namespace_,
                                     .prefix = turn->probe_prefix,
                                     .scheduler_name = turn->scheduler_name,
                                     .count = 1,
                                     .inflight = 1,
                                     .stop = arena->stop};
    turn->pods = turn->probe;
    turn->pods.prefix = turn->prefix;
    turn->pods.count = arena->options->workload.pods;
    turn->pods.inflight = 32;
}

int turn_open(struct turn *turn, const struct arena *arena, const struct entrant *entrant, int64_t order, bool alone, struct error *err)
{
    struct results_run *run;

    *turn = (struct turn){.arena = arena, .entrant = entrant, .order = order, .alone = alone, .doing = "starting"};
    name_everything(turn);
    turn->pods.answered_us = calloc(turn->pods.count, sizeof *turn->pods.answered_us);
    if (!turn->pods.answered_us)
        return error_no_memory(err);
    run = results_add_run(entrant->contestant, turn->pods.count, err);
    if (!run)
        return -1;
    run->order = order;
    turn->run = entrant->contestant->run_count - 1;
    turn->port = client_metrics_free_port();
    turn->probe_observer = observer_open(arena->kubeconfig, arena->namespace_, turn->probe_prefix, 1, err);
    if (!turn->probe_observer)
        return -1;
    turn->observer = observer_open(arena->kubeconfig, arena->namespace_, turn->prefix, turn->pods.count, err);
    return turn->observer ? 0 : -1;
}

int turn_read(struct turn *turn, struct error *err)
{
    struct reading *r = &turn->readings[turn->readings_taken];
    struct api_client *client = turn->arena->client;
    struct error why = ERROR_INIT;
    struct buffer page;
    int status = 0, ret;

    buffer_init(&page, METRICS_BYTES);
    r->cpu_us = contestant_cpu_us(&turn->scheduler);
    r->client = turn->scheduler.pid ? client_metrics_read(turn->port) : (struct client_metrics){-1, -1, -1};
    ret = api_client_call(client, "GET", "/metrics", NULL, 30000, &status, &page, err);
    r->at_us = turn_now_us();
    r->own = *api_client_own_load(client);
    r->load_ok = ret == 0 && status == 200 && load_parse_metrics(page.data, &r->server, &why) == 0;
    buffer_free(&page);
    turn->readings_taken += ret == 0;
    return ret;
}

static int start_scheduler(struct turn *turn, struct error *err)
{
    const struct arena *arena = turn->arena;
    char interval[32], port[16], stem[4096];
    const char *pairs[] = {"kubeconfig", arena->kubeconfig, "name", turn->scheduler_name, "interval", interval, "port", port,
                           "trace",      turn->trace,       NULL};
    char **argv;
    int ret;

    snprintf(interval, sizeof interval, "%g", turn->entrant->interval_s);
    snprintf(port, sizeof port, "%d", turn->port);
    snprintf(stem, sizeof stem, "%s/%s-%lld", arena->output_dir, turn->entrant->contestant->name, (long long)turn->order);
    unlink(turn->trace);
    argv = command_split(turn->entrant->contestant->command, pairs, err);
    ret = argv ? contestant_start(&turn->scheduler, argv, stem, err) : -1;
    command_free(argv);
    return ret < 0 ? error_prefix(err, "%s", turn->entrant->contestant->name) : 0;
}

/* whether the probe pod was bound in time; -1: somebody wants to stop */
static int wait_ready(struct turn *turn, struct error *err)
{
    int64_t deadline = turn_now_us() + (int64_t)((3 * turn->entrant->interval_s + turn->arena->options->patience_s) * 1e6);

    while (turn_now_us() < deadline) {
        struct stage stage = {turn->entrant->contestant->name, turn->doing, turn->pods.count, 0, 0};

        if (*turn->arena->stop)
            return error_set(err, ERROR_RUNTIME, "interrupted");
        if (turn->arena->on_stage)
            turn->arena->on_stage(turn->arena->ctx, &stage, 1);
        if (observer_wait(turn->probe_observer, OBSERVER_BOUND, 1, LOOK_MS))
            return 1;
        if (!contestant_running(&turn->scheduler) || observer_counts(turn->probe_observer).invalid)
            return 0;
    }
    return 0;
}

int turn_start(struct turn *turn, struct error *err)
{
    char end[32];
    int ready;

    if (objects_make_pods(turn->arena->client, &turn->probe, err) < 0 || turn_read(turn, err) < 0 || start_scheduler(turn, err) < 0)
        return -1;
    ready = wait_ready(turn, err);
    if (ready < 0)
        return -1;
    if (ready) {
        turn->ready_us = turn_now_us() - turn->scheduler.started_us;
        turn_run(turn)->ready_us = turn->ready_us;
        contestant_wait_idle(&turn->scheduler, SETTLE_MS, turn->arena->stop);
        return turn_read(turn, err);
    }
    turn->out = true;
    contestant_describe_end(&turn->scheduler, end);
    results_invalidate(turn_run(turn), "it did not bind a first pod (%s), see %s/%s-%lld.err", end, turn->arena->output_dir,
                       turn->entrant->contestant->name, (long long)turn->order);
    return 0;
}

static int64_t difference(int64_t before, int64_t after)
{
    return before < 0 || after < before ? -1 : after - before;
}

/* what was counted between two readings */
static void fill_span(struct turn *turn, struct results_span *span, const struct reading *before, const struct reading *after)
{
    span->duration_us = after->at_us - before->at_us;
    span->cpu_us = difference(before->cpu_us, after->cpu_us);
    span->client.requests = difference(before->client.requests, after->client.requests);
    span->client.bytes_out = difference(before->client.bytes_out, after->client.bytes_out);
    span->client.bytes_in = difference(before->client.bytes_in, after->client.bytes_in);
    if (!turn->alone || !before->load_ok || !after->load_ok)
        return;
    span->server_measured = load_between(&before->server, &after->server, &before->own, &after->own, &span->server);
    if (!span->server_measured)
        results_invalidate(turn_run(turn), "the API server's request counters went back during the run");
}

static void fill_phases(struct turn *turn)
{
    struct results_run *run = turn_run(turn);
    int phase;

    for (phase = 0; phase + 1 < turn->readings_taken && phase < RESULTS_PHASES; phase++) {
        struct reading before = turn->readings[phase];

        if (phase == RESULTS_STARTUP) {
            /* a process begins with nothing */
            before.cpu_us = 0;
            before.client = (struct client_metrics){0, 0, 0};
        }
        fill_span(turn, &run->phase[phase], &before, &turn->readings[phase + 1]);
    }
}

/* how it ended is the first thing that can have gone wrong, and often the cause of the rest */
int turn_finish(struct turn *turn, struct error *err)
{
    struct results_run *run = turn_run(turn);
    char how[32];

    contestant_running(&turn->scheduler);
    if (turn->scheduler.ended_by_itself) {
        contestant_describe_end(&turn->scheduler, how);
        results_invalidate(run, "it ended by itself (%s)", how);
    } else if (!contestant_stop(&turn->scheduler, GRACE_MS)) {
        results_invalidate(run, "it did not end within %d s of TERM", GRACE_MS / 1000);
    }
    run->peak_bytes = turn->scheduler.peak_bytes;
    fill_phases(turn);
    if (turn->out)
        return 0;
    if (turn_take_samples(turn, err) < 0)
        return -1;
    verdict_observer(run);
    verdict_requests(run, turn->arena->kubelets);
    return 0;
}

int turn_close(struct turn *turn, struct error *err)
{
    int ret = 0;

    contestant_stop(&turn->scheduler, GRACE_MS);
    observer_close(turn->probe_observer);
    observer_close(turn->observer);
    /* the next turn begins with an empty namespace, and so does the next user of the cluster */
    if (turn->probe.prefix &&
        (objects_delete_pods(turn->arena->client, &turn->probe, err) < 0 || objects_delete_pods(turn->arena->client, &turn->pods, err) < 0))
        ret = -1;
    free(turn->pods.answered_us);
    return ret;
}

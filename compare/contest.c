#include "compare/contest.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/clock.h"
#include "common/limits.h"
#include "compare/contestant.h"
#include "compare/objects.h"
#include "compare/observer.h"

#define LOOK_MS 50             /* how often a running scheduler's memory is looked at */
#define READY_TIMEOUT_MS 20000 /* beyond two intervals */
#define BOUND_TIMEOUT_MS 20000 /* beyond three intervals */
#define BOUND_POD_MS 100       /* and so much more for each pod */
#define SETTLE_MS 3000         /* at most so long for the events after the last bind */
#define IDLE_S 6.0             /* at least so long, in whole intervals */
#define GRACE_MS 5000
#define METRICS_BYTES ((size_t)256 << 20)

/* one reading of everything that is counted */
struct reading {
    bool load_ok;
    struct load server, own;
    struct client_metrics client;
    int64_t cpu_us, at_us;
};

struct turn {
    const struct arena *arena;
    struct contest *contest;
    struct contestant scheduler;
    struct observer *probe_observer, *observer;
    struct pods_plan probe, pods;
    char probe_prefix[64], prefix[64], scheduler_name[64];
    int port;
    struct reading before, ready, done, after_idle;
};

static int64_t now_us(void)
{
    return clock_system()->monotonic_us(clock_system());
}

void contest_init(struct contest *contest, const char *label, const char *command)
{
    memset(contest, 0, sizeof *contest);
    contest->label = label;
    contest->command = command;
    contest->load_measured = contest->client_measured = contest->cpu_measured = true;
    contest->peak_bytes = -1;
}

void contest_free(struct contest *contest)
{
    free(contest->latencies_us);
    contest->latencies_us = NULL;
}

static void __attribute__((format(printf, 2, 3))) invalidate(struct contest *contest, const char *format, ...)
{
    va_list args;

    if (contest->invalid)
        return;
    contest->invalid = true;
    va_start(args, format);
    vsnprintf(contest->reason, sizeof contest->reason, format, args);
    va_end(args);
}

static void __attribute__((format(printf, 2, 3))) progress(const struct turn *turn, const char *format, ...)
{
    char line[200];
    va_list args;

    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    turn->arena->progress(line);
}

/* A server that hides its /metrics is no failure: its figures are then shown as not measured. */
static int read_all(struct turn *turn, struct reading *r, struct error *err)
{
    struct api_client *client = turn->arena->client;
    struct error why = ERROR_INIT;
    struct buffer page;
    int status = 0, ret;

    buffer_init(&page, METRICS_BYTES);
    r->cpu_us = contestant_cpu_us(&turn->scheduler);
    r->client = turn->scheduler.pid ? client_metrics_read(turn->port) : (struct client_metrics){-1, -1, -1};
    ret = api_client_call(client, "GET", "/metrics", NULL, 30000, &status, &page, err);
    r->at_us = now_us();
    r->own = *api_client_own_load(client);
    r->load_ok = ret == 0 && status == 200 && load_parse_metrics(page.data, &r->server, &why) == 0;
    buffer_free(&page);
    return ret;
}

/* Waits for bindings, or, with an observer of NULL, for the time. -1: somebody wants to stop; else whether it came about. */
static int wait_for(struct turn *turn, struct observer *observer, size_t bound, int64_t timeout_us, struct error *err)
{
    int64_t deadline = now_us() + timeout_us, left_us;

    while ((left_us = deadline - now_us()) > 0) {
        int64_t slice_ms = left_us < LOOK_MS * 1000 ? left_us / 1000 + 1 : LOOK_MS;
        struct timespec slice = {0, (long)slice_ms * 1000000};

        if (*turn->arena->stop)
            return error_set(err, ERROR_RUNTIME, "interrupted");
        if (observer && observer_wait(observer, OBSERVER_BOUND, bound, slice_ms))
            return 1;
        if ((observer && observer_counts(observer).invalid) || (turn->scheduler.started_us && !contestant_running(&turn->scheduler)))
            return 0;
        if (!observer)
            nanosleep(&slice, NULL);
    }
    return observer ? 0 : 1;
}

static int start_scheduler(struct turn *turn, int round, struct error *err)
{
    const struct arena *arena = turn->arena;
    char interval[32], port[16], stem[4096];
    const char *pairs[] = {"kubeconfig", arena->kubeconfig, "name", turn->scheduler_name, "interval", interval, "port", port, NULL};
    char **argv;
    int ret;

    snprintf(interval, sizeof interval, "%g", arena->options->interval_s);
    snprintf(port, sizeof port, "%d", turn->port);
    snprintf(stem, sizeof stem, "%s/%s-%d", arena->output_dir, turn->contest->label, round + 1);
    argv = command_split(turn->contest->command, pairs, err);
    ret = argv ? contestant_start(&turn->scheduler, argv, stem, err) : -1;
    command_free(argv);
    return ret < 0 ? error_prefix(err, "%s", turn->contest->label) : 0;
}

/* 1: ready; 0: it did not get there, and the contest says why */
static int get_ready(struct turn *turn, int round, struct error *err)
{
    int64_t interval_us = (int64_t)(turn->arena->options->interval_s * 1e6);
    char end[32];
    int ready;

    if (objects_make_pods(turn->arena->client, &turn->probe, err) < 0 || read_all(turn, &turn->before, err) < 0 ||
        start_scheduler(turn, round, err) < 0)
        return -1;
    ready = wait_for(turn, turn->probe_observer, 1, 2 * interval_us + READY_TIMEOUT_MS * 1000, err);
    if (ready < 0)
        return -1;
    if (ready) {
        turn->contest->ready_us = now_us() - turn->scheduler.started_us;
        contestant_wait_idle(&turn->scheduler, SETTLE_MS, turn->arena->stop);
        return read_all(turn, &turn->ready, err) < 0 ? -1 : 1;
    }
    contestant_describe_end(&turn->scheduler, end);
    invalidate(turn->contest, "it did not bind a first pod (%s), see %s/%s-%d.err", end, turn->arena->output_dir, turn->contest->label,
               round + 1);
    return 0;
}

/* 0 to 1, the same for both contestants of a round */
static double phase_of(uint64_t seed)
{
    uint64_t mixed = (seed + 1) * 0x9e3779b97f4a7c15u;

    mixed = (mixed ^ (mixed >> 29)) * 0xbf58476d1ce4e5b9u;
    return (double)((mixed ^ (mixed >> 32)) >> 11) / 9007199254740992.0;
}

static int work(struct turn *turn, int round, struct error *err)
{
    const struct compare_options *options = turn->arena->options;
    struct workload workload = options->workload;
    int64_t *arrivals = calloc(workload.pods, sizeof *arrivals), interval_us = (int64_t)(options->interval_s * 1e6);
    int bound = -1;

    if (!arrivals)
        return error_no_memory(err);
    workload.seed += (uint64_t)round;
    workload_arrivals(&workload, arrivals);
    progress(turn, "%s: ready after %.2f s; %zu pods arrive over %.1f s", turn->contest->label, (double)turn->contest->ready_us / 1e6,
             workload.pods, (double)arrivals[workload.pods - 1] / 1e6);
    turn->pods.at_us = arrivals;
    turn->pods.start_us = now_us() + (int64_t)(phase_of(workload.seed) * (double)interval_us);
    if (objects_make_pods(turn->arena->client, &turn->pods, err) == 0)
        bound = wait_for(turn, turn->observer, workload.pods,
                         3 * interval_us + (BOUND_TIMEOUT_MS + BOUND_POD_MS * (int64_t)workload.pods) * 1000, err);
    turn->pods.at_us = NULL;
    free(arrivals);
    if (bound > 0)
        contestant_wait_idle(&turn->scheduler, SETTLE_MS, turn->arena->stop);
    return bound < 0 ? -1 : read_all(turn, &turn->done, err);
}

static int idle(struct turn *turn, struct error *err)
{
    double interval_s = turn->arena->options->interval_s, idle_s = ceil(IDLE_S / interval_s) * interval_s;

    progress(turn, "%s: %zu bound; idle for %.1f s", turn->contest->label, observer_counts(turn->observer).bound, idle_s);
    if (wait_for(turn, NULL, 0, (int64_t)(idle_s * 1e6), err) < 0)
        return -1;
    return read_all(turn, &turn->after_idle, err);
}

static void add_load(struct load *sum, const struct load *part)
{
    int kind;

    for (kind = 0; kind < LOAD_KINDS; kind++)
        sum->count[kind] += part->count[kind];
}

/* a figure that one turn lacks is not measured for the contest: a part of a sum would be too small */
static void add_server_load(struct turn *turn)
{
    struct contest *contest = turn->contest;
    const struct reading *r[] = {&turn->before, &turn->ready, &turn->done, &turn->after_idle};
    struct load *sums[] = {&contest->startup, &contest->busy, &contest->idle}, part[3];
    int i;

    for (i = 0; i < 4; i++)
        if (!r[i]->load_ok) {
            contest->load_measured = false;
            return;
        }
    for (i = 0; i < 3; i++)
        if (!load_between(&r[i]->server, &r[i + 1]->server, &r[i]->own, &r[i + 1]->own, &part[i])) {
            invalidate(contest, "the API server's request counters went back during the run");
            return;
        }
    for (i = 0; i < 3; i++) {
        add_load(sums[i], &part[i]);
        contest->watches += load_watches(&part[i]);
    }
}

static bool add_difference(int64_t *sum, int64_t before, int64_t after)
{
    if (before < 0 || after < before)
        return false;
    *sum += after - before;
    return true;
}

static void add_own_figures(struct turn *turn)
{
    struct contest *c = turn->contest;
    const struct reading *ready = &turn->ready, *done = &turn->done, *idle_end = &turn->after_idle;

    c->idle_us += idle_end->at_us - done->at_us;
    if (!add_difference(&c->cpu_busy_us, ready->cpu_us, done->cpu_us) || !add_difference(&c->cpu_idle_us, done->cpu_us, idle_end->cpu_us))
        c->cpu_measured = false;
    if (!add_difference(&c->client_busy.requests, ready->client.requests, done->client.requests) ||
        !add_difference(&c->client_busy.bytes_in, ready->client.bytes_in, done->client.bytes_in) ||
        !add_difference(&c->client_busy.bytes_out, ready->client.bytes_out, done->client.bytes_out) ||
        !add_difference(&c->client_idle.requests, done->client.requests, idle_end->client.requests) ||
        !add_difference(&c->client_idle.bytes_in, done->client.bytes_in, idle_end->client.bytes_in) ||
        !add_difference(&c->client_idle.bytes_out, done->client.bytes_out, idle_end->client.bytes_out))
        c->client_measured = false;
    if (turn->scheduler.peak_bytes > c->peak_bytes)
        c->peak_bytes = turn->scheduler.peak_bytes;
}

static int add_latencies(struct turn *turn, struct error *err)
{
    struct contest *contest = turn->contest;
    struct observation *seen = observer_finish(turn->observer, err);
    int64_t *longer;

    if (!seen)
        return -1;
    if (seen->invalid)
        invalidate(contest, "%s", seen->reason);
    longer = realloc(contest->latencies_us, (contest->latency_count + seen->count) * sizeof *longer);
    if (!longer) {
        observation_free(seen);
        return error_no_memory(err);
    }
    contest->latencies_us = longer;
    contest->latency_count += observation_latencies(seen, longer + contest->latency_count);
    contest->pods += seen->count;
    observation_free(seen);
    return 0;
}

static int end_turn(struct turn *turn, struct error *err)
{
    bool ended = turn->scheduler.ended_by_itself;
    char how[32];

    if (!contestant_stop(&turn->scheduler, GRACE_MS))
        invalidate(turn->contest, "it did not end within %d s of TERM", GRACE_MS / 1000);
    contestant_describe_end(&turn->scheduler, how);
    if (ended)
        invalidate(turn->contest, "it ended by itself (%s)", how);
    add_server_load(turn);
    add_own_figures(turn);
    turn->contest->turns++;
    return add_latencies(turn, err);
}

static int run_turn(struct turn *turn, int round, struct error *err)
{
    const struct arena *arena = turn->arena;
    int ready;

    turn->port = client_metrics_free_port();
    turn->probe_observer = observer_open(arena->kubeconfig, arena->namespace_, turn->probe_prefix, 1, err);
    if (!turn->probe_observer)
        return -1;
    turn->observer = observer_open(arena->kubeconfig, arena->namespace_, turn->prefix, turn->pods.count, err);
    if (!turn->observer)
        return -1;
    ready = get_ready(turn, round, err);
    if (ready <= 0)
        return ready;
    if (work(turn, round, err) < 0 || idle(turn, err) < 0)
        return -1;
    return end_turn(turn, err);
}

int contest_turn(const struct arena *arena, struct contest *contest, int round, struct error *err)
{
    struct turn *turn = calloc(1, sizeof *turn);
    struct error ignored = ERROR_INIT;
    int ret;

    if (!turn)
        return error_no_memory(err);
    turn->arena = arena;
    turn->contest = contest;
    snprintf(turn->prefix, sizeof turn->prefix, "%s-%d-", contest->label, round + 1);
    snprintf(turn->probe_prefix, sizeof turn->probe_prefix, "%s-%d-probe-", contest->label, round + 1);
    snprintf(turn->scheduler_name, sizeof turn->scheduler_name, "compare-%s", contest->label);
    turn->probe = (struct pods_plan){arena->namespace_, turn->probe_prefix, turn->scheduler_name, NULL, 0, 1, NULL, 0, 1, arena->stop};
    turn->pods = turn->probe;
    turn->pods.prefix = turn->prefix;
    turn->pods.count = arena->options->workload.pods;
    turn->pods.inflight = 32;
    ret = run_turn(turn, round, err);
    contestant_stop(&turn->scheduler, GRACE_MS);
    observer_close(turn->probe_observer);
    observer_close(turn->observer);
    /* the next turn begins with an empty namespace, and so does the next user of the cluster */
    if (objects_delete_pods(arena->client, &turn->probe, ret < 0 ? &ignored : err) < 0 ||
        objects_delete_pods(arena->client, &turn->pods, ret < 0 ? &ignored : err) < 0)
        ret = -1;
    free(turn);
    return ret;
}

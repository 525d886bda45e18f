#include "bench/support/side.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/clock.h"
#include "compare/client_metrics.h"

#define LOOK_MS 20 /* how often a running side's memory is looked at */
#define GRACE_MS 10000

int side_parse(const char *text, struct side *side, struct error *err)
{
    size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-");

    if (!length || length >= sizeof side->name || text[length] != '=' || !text[length + 1])
        return error_set(err, ERROR_USAGE, "--side: '%s' is not NAME=COMMAND with a name of lower case letters, digits and dashes", text);
    snprintf(side->name, sizeof side->name, "%.*s", (int)length, text);
    snprintf(side->scheduler_name, sizeof side->scheduler_name, "bench-%s", side->name);
    side->command = text + length + 1;
    return 0;
}

/* one side at work */
struct turn {
    const struct bench *bench;
    const struct side *side;
    struct observer *observer;
    struct contestant scheduler;
    int port; /* 0: the command takes none */
    int64_t deadline_us, ready_us;
};

static int start(struct turn *turn, struct error *err)
{
    const struct bench *bench = turn->bench;
    const struct side *side = turn->side;
    char port[16];
    const char *pairs[] = {"kubeconfig", bench->kubeconfig, "name", side->scheduler_name, "port", port, NULL};
    char stem[4096], **argv;
    int ret;

    turn->port = strstr(side->command, "{port}") ? client_metrics_free_port() : 0;
    snprintf(port, sizeof port, "%d", turn->port);
    argv = command_split(side->command, pairs, err);
    if (!argv)
        return error_prefix(err, "--side %s", side->name);
    snprintf(stem, sizeof stem, "%s/%s", bench->output_dir, side->name);
    ret = contestant_start(&turn->scheduler, argv, stem, err);
    command_free(argv);
    return ret < 0 ? error_prefix(err, "--side %s", side->name) : 0;
}

static void __attribute__((format(printf, 2, 3))) set_invalid(struct side_result *result, const char *format, ...)
{
    va_list args;

    result->valid = false;
    va_start(args, format);
    vsnprintf(result->reason, sizeof result->reason, format, args);
    va_end(args);
}

static int64_t now_us(void)
{
    return clock_system()->monotonic_us(clock_system());
}

static void look_whether_ready(struct turn *turn)
{
    if (turn->port > 0 && turn->ready_us < 0 && client_metrics_answers(turn->port, "/readyz"))
        turn->ready_us = now_us();
}

/* waits until `count` are bound; false: time is up, the side has ended before, the watch is invalid, or somebody wants to stop */
static bool wait_bound(struct turn *turn, size_t count)
{
    while (!observer_wait(turn->observer, OBSERVER_BOUND, count, LOOK_MS)) {
        bool runs = contestant_running(&turn->scheduler);

        look_whether_ready(turn);
        if (observer_counts(turn->observer).invalid || *turn->bench->stop || now_us() > turn->deadline_us)
            return false;
        /* its last bindings may still be on their way to us */
        if (!runs)
            return observer_wait(turn->observer, OBSERVER_BOUND, count, 1000);
    }
    return true;
}

static void wait_ready(struct turn *turn)
{
    const struct timespec pause = {0, LOOK_MS * 1000000L};

    while (turn->port > 0 && turn->ready_us < 0 && contestant_running(&turn->scheduler) && now_us() < turn->deadline_us &&
           !*turn->bench->stop) {
        look_whether_ready(turn);
        nanosleep(&pause, NULL);
    }
}

static void take_times(const struct turn *turn, const struct observation *seen, struct side_result *result)
{
    int64_t started_us = turn->scheduler.started_us;
    bool bound = seen->first_bound_us != NOT_SEEN;

    result->first_us = bound ? seen->first_bound_us - started_us : -1;
    result->all_us = bound ? seen->last_bound_us - started_us : -1;
    result->binding_us = bound ? seen->last_bound_us - seen->first_bound_us : -1;
    result->ready_us = turn->ready_us < 0 ? -1 : turn->ready_us - started_us;
    result->cpu_us = turn->scheduler.cpu_us;
    result->peak_bytes = turn->scheduler.peak_bytes;
    if (seen->invalid && result->valid)
        set_invalid(result, "%s", seen->reason);
}

/* what the observer cannot know: how the process ended */
static void judge_end(const struct turn *turn, bool all, struct side_result *result)
{
    const struct contestant *c = &turn->scheduler;
    char end[32];

    contestant_describe_end(c, end);
    if (c->ended_by_itself && c->exit_status)
        set_invalid(result, "it ended by itself (%s), see %s/%s.err", end, turn->bench->output_dir, turn->side->name);
    else if (c->ended_by_itself && !all)
        set_invalid(result, "it ended before all pods were bound, see %s/%s.err", turn->bench->output_dir, turn->side->name);
}

int side_measure(const struct bench *bench, const struct side *side, struct observer *observer, size_t pods, struct side_result *result,
                 struct error *err)
{
    struct turn turn = {bench, side, observer, {0}, 0, now_us() + bench->bind_timeout_ms * 1000, -1};
    struct observation *seen;
    bool all;

    *result = (struct side_result){true, "", pods, -1, -1, -1, -1, -1, -1, -1};
    if (start(&turn, err) < 0)
        return -1;
    if (wait_bound(&turn, 1))
        result->cpu_first_us = contestant_cpu_us(&turn.scheduler);
    all = wait_bound(&turn, pods);
    if (all) {
        wait_ready(&turn);
        contestant_wait_idle(&turn.scheduler, bench->idle_timeout_ms, bench->stop);
    }
    if (!contestant_stop(&turn.scheduler, GRACE_MS))
        set_invalid(result, "it did not end within %d s of TERM", GRACE_MS / 1000);
    if (*bench->stop)
        return error_set(err, ERROR_RUNTIME, "interrupted");
    judge_end(&turn, all, result);
    seen = observer_finish(observer, err);
    if (!seen)
        return -1;
    take_times(&turn, seen, result);
    observation_free(seen);
    return 0;
}

double side_rate(const struct side_result *result)
{
    return result->pods < 2 || result->binding_us <= 0 ? NAN : (double)(result->pods - 1) * 1e6 / (double)result->binding_us;
}

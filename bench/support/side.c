#include "bench/support/side.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"

#define LOOK_MS 20 /* how often a running side's memory is looked at */
#define GRACE_MS 10000

static volatile sig_atomic_t stop_requested;

static void on_signal(int number)
{
    (void)number;
    stop_requested = 1;
}

const volatile sig_atomic_t *bench_stop_flag(void)
{
    struct sigaction action = {0};

    action.sa_handler = on_signal;
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    action.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &action, NULL);
    return &stop_requested;
}

int bench_number(const char *flag, const char *text, long min, long max, long *value, struct error *err)
{
    char *end;
    long read = strtol(text, &end, 10);

    if (!*text || *end || read < min || read > max)
        return error_set(err, ERROR_USAGE, "%s: '%s' is no whole number from %ld to %ld", flag, text, min, max);
    *value = read;
    return 0;
}

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

static int start(const struct bench *bench, const struct side *side, struct contestant *c, struct error *err)
{
    const char *pairs[] = {"kubeconfig", bench->kubeconfig, "name", side->scheduler_name, NULL};
    char **argv = command_split(side->command, pairs, err);
    char stem[4096];
    int ret;

    if (!argv)
        return error_prefix(err, "--side %s", side->name);
    snprintf(stem, sizeof stem, "%s/%s", bench->output_dir, side->name);
    ret = contestant_start(c, argv, stem, err);
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

/* waits until `count` are bound; false: time is up, the side has ended before, the watch is invalid, or somebody wants to stop */
static bool wait_bound(const struct bench *bench, struct contestant *c, struct observer *observer, size_t count, int64_t deadline_us)
{
    while (!observer_wait(observer, OBSERVER_BOUND, count, LOOK_MS)) {
        bool runs = contestant_running(c);

        if (observer_counts(observer).invalid || *bench->stop || clock_system()->monotonic_us(clock_system()) > deadline_us)
            return false;
        /* its last bindings may still be on their way to us */
        if (!runs)
            return observer_wait(observer, OBSERVER_BOUND, count, 1000);
    }
    return true;
}

static void take_times(struct side_result *result, const struct contestant *c, const struct observation *seen)
{
    result->first_us = seen->first_bound_us == NOT_SEEN ? -1 : seen->first_bound_us - c->started_us;
    result->all_us = seen->last_bound_us == NOT_SEEN ? -1 : seen->last_bound_us - c->started_us;
    result->binding_us = seen->last_bound_us == NOT_SEEN ? -1 : seen->last_bound_us - seen->first_bound_us;
    result->cpu_us = c->cpu_us;
    result->peak_bytes = c->peak_bytes;
    if (!seen->invalid)
        return;
    set_invalid(result, "%s", seen->reason);
}

int side_measure(const struct bench *bench, const struct side *side, struct observer *observer, size_t pods, struct side_result *result,
                 struct error *err)
{
    int64_t deadline_us = clock_system()->monotonic_us(clock_system()) + bench->bind_timeout_ms * 1000;
    struct contestant c;
    struct observation *seen;
    bool all;
    char end[32];

    *result = (struct side_result){true, "", pods, -1, -1, -1, -1, -1, -1};
    if (start(bench, side, &c, err) < 0)
        return -1;
    if (wait_bound(bench, &c, observer, 1, deadline_us))
        result->cpu_first_us = contestant_cpu_us(&c);
    all = wait_bound(bench, &c, observer, pods, deadline_us);
    if (all)
        contestant_wait_idle(&c, bench->idle_timeout_ms, bench->stop);
    if (!contestant_stop(&c, GRACE_MS))
        set_invalid(result, "it did not end within 10 s of TERM");
    if (*bench->stop)
        return error_set(err, ERROR_RUNTIME, "interrupted");
    seen = observer_finish(observer, err);
    if (!seen)
        return -1;
    take_times(result, &c, seen);
    observation_free(seen);
    contestant_describe_end(&c, end);
    if (!all && c.ended_by_itself)
        set_invalid(result, "it ended (%s) before all pods were bound, see %s/%s.err", end, bench->output_dir, side->name);
    return 0;
}

double side_rate(const struct side_result *result)
{
    return result->pods < 2 || result->binding_us <= 0 ? NAN : (double)(result->pods - 1) * 1e6 / (double)result->binding_us;
}

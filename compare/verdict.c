#include "compare/verdict.h"

#include <stdlib.h>

#define COUNTS_APART 3
#define COUNTS_APART_SHARE 0.01
#define LOOK_US 1000 /* a look that takes longer was interrupted */

bool verdict_counts_agree(int64_t server, int64_t client)
{
    int64_t apart = server > client ? server - client : client - server;

    return server < 0 || client < 0 || apart <= COUNTS_APART || (double)apart <= COUNTS_APART_SHARE * (double)client;
}

void verdict_requests(struct results_run *run, bool others_ask)
{
    static const char *const names[RESULTS_PHASES] = {"starting", "busy", "idle"};
    int phase;

    for (phase = RESULTS_STARTUP; phase < RESULTS_PHASES; phase++) {
        struct results_span *span = &run->phase[phase];
        int64_t server = span->server_measured ? load_sum(&span->server) : -1;

        if (span->server_measured && span->server.count[LOAD_BIND_REFUSED])
            results_invalidate(run, "it bound twice: %lld bindings were refused (409), since the pod had a node already or was another one",
                               (long long)span->server.count[LOAD_BIND_REFUSED]);
        if (others_ask)
            span->server_measured = false;
        else if (phase != RESULTS_STARTUP && !verdict_counts_agree(server, span->client.requests))
            results_invalidate(run, "the counters do not agree: while %s the API server counted %lld requests, the scheduler %lld",
                               names[phase], (long long)server, (long long)span->client.requests);
    }
}

bool clock_watch_look(struct clock_watch *watch, int64_t before_us, int64_t wall_us, int64_t after_us)
{
    int64_t difference = wall_us - before_us, step = difference - watch->difference_us;

    if (after_us - before_us > LOOK_US)
        return false;
    if (watch->begun && llabs(step) > CLOCK_STEP_US && llabs(step) > llabs(watch->step_us))
        watch->step_us = step;
    watch->difference_us = difference;
    watch->begun = true;
    return true;
}

bool verdict_is_late(int64_t latency_us, int64_t delay_us)
{
    return delay_us > LATE_LEAST_US && delay_us > latency_us / 10;
}

bool verdict_fell_behind(const struct results_run *run)
{
    return run->observer.late_pods > 0 && (double)run->observer.late_pods * 100 > LATE_PODS_PERCENT * (double)run->pod_count;
}

void verdict_observer(struct results_run *run)
{
    const struct results_observer *o = &run->observer;

    if (o->clock_step_us)
        results_invalidate(run, "the clock stepped by %+.3f s during the run, or the machine slept", (double)o->clock_step_us / 1e6);
    if (verdict_fell_behind(run))
        results_invalidate(run, "the observer fell behind: the latency of %lld of %zu pods may be wrong (by up to %.1f ms)",
                           (long long)o->late_pods, run->pod_count, (double)o->worst_delay_us / 1e3);
}

#include "compare/figure.h"

#include <math.h>

#include "compare/process.h"

static const struct figure_kind kinds[FIGURES] = {
    [FIGURE_MEDIAN] = {"latency_median_ms", "latency, median", "ms", 1},
    [FIGURE_MEAN] = {"latency_mean_ms", "latency, mean", "ms", 1},
    [FIGURE_WAIT] = {"wait_mean_ms", "accepted → seen, mean", "ms", 1},
    [FIGURE_DECIDE] = {"decide_mean_ms", "seen → bind sent, mean", "ms", 1},
    [FIGURE_BIND] = {"bind_mean_ms", "bind sent → visible, mean", "ms", 1},
    [FIGURE_P95] = {"latency_p95_ms", "latency, p95", "ms", 1},
    [FIGURE_P99] = {"latency_p99_ms", "latency, p99", "ms", 1},
    [FIGURE_MAX] = {"latency_max_ms", "latency, max", "ms", 1},
    [FIGURE_REQUESTS] = {"requests_per_pod", "requests per pod", "", 2},
    [FIGURE_CLIENT_REQUESTS] = {"client_requests_per_pod", "requests per pod, own count", "", 2},
    [FIGURE_KILOBYTES] = {"client_kilobytes_per_pod", "bytes in and out per pod", "kB", 1},
    [FIGURE_IDLE_REQUESTS] = {"idle_requests_per_minute", "requests per idle minute", "", 0},
    [FIGURE_IDLE_CLIENT_REQUESTS] = {"idle_client_requests_per_minute", "requests per idle minute, own count", "", 0},
    [FIGURE_IDLE_KILOBYTES] = {"idle_client_kilobytes_per_minute", "bytes per idle minute", "kB", 1},
    [FIGURE_IDLE_CPU] = {"idle_cpu_ms_per_minute", "CPU per idle minute", "ms", 1},
    [FIGURE_CPU] = {"cpu_ms_per_pod", "CPU per pod", "ms", 2},
    [FIGURE_PEAK] = {"peak_mib", "peak memory", "MiB", 1},
    [FIGURE_READY] = {"ready_ms", "to the first pod bound", "ms", 0},
    [FIGURE_START_REQUESTS] = {"start_requests", "requests to start", "", 0},
    [FIGURE_WATCHES] = {"watches_opened", "watches opened", "", 0},
};

const struct figure_kind *figure_kind(enum figure figure)
{
    return &kinds[figure];
}

int side_look(const struct results_contestant *contestant, struct side *out, struct error *err)
{
    struct side side = {.contestant = contestant, .total = results_total(contestant)};
    int part;

    for (part = 0; part < PARTS; part++)
        if (results_latency(contestant, (enum results_part)part, &side.part[part], err) < 0)
            return -1;
    *out = side;
    return 0;
}

static double latency(enum figure figure, const struct side *side)
{
    const struct statistics *s = &side->part[PART_WHOLE].all;

    if (!s->count)
        return NAN;
    switch (figure) {
    case FIGURE_MEDIAN:
        return (double)s->median / 1e3;
    case FIGURE_P95:
        return (double)s->p95 / 1e3;
    case FIGURE_P99:
        return (double)s->p99 / 1e3;
    case FIGURE_MAX:
        return (double)s->max / 1e3;
    default:
        return s->mean / 1e3;
    }
}

static double part_mean(const struct side *side, enum results_part part)
{
    return side->part[part].all.count ? side->part[part].all.mean / 1e3 : NAN;
}

static double kilobytes(const struct client_metrics *client)
{
    return client->bytes_in < 0 || client->bytes_out < 0 ? NAN : (double)(client->bytes_in + client->bytes_out) / 1e3;
}

static double watches(const struct side *side)
{
    int64_t sum = 0;
    int phase;

    for (phase = 0; phase < RESULTS_PHASES; phase++) {
        if (!side->total.phase[phase].server_measured)
            return NAN;
        sum += load_watches(&side->total.phase[phase].server);
    }
    return side->total.runs ? (double)sum / (double)side->total.runs : NAN;
}

static double of_startup(enum figure figure, const struct side *side)
{
    const struct results_span *start = &side->total.phase[RESULTS_STARTUP];

    if (figure == FIGURE_READY)
        return side->total.ready_us < 0 ? NAN : (double)side->total.ready_us / 1e3;
    return start->server_measured && side->total.runs ? (double)load_sum(&start->server) / (double)side->total.runs : NAN;
}

static double of_busy(enum figure figure, const struct side *side)
{
    const struct results_span *busy = &side->total.phase[RESULTS_BUSY];

    switch (figure) {
    case FIGURE_REQUESTS:
        return results_per_pod(&side->total, load_sum(&busy->server), busy->server_measured);
    case FIGURE_CLIENT_REQUESTS:
        return results_per_pod(&side->total, busy->client.requests, true);
    case FIGURE_KILOBYTES:
        return side->total.pods ? kilobytes(&busy->client) / (double)side->total.pods : NAN;
    default:
        return results_per_pod(&side->total, busy->cpu_us, true) / 1e3;
    }
}

static double of_idle(enum figure figure, const struct side *side)
{
    const struct results_span *idle = &side->total.phase[RESULTS_IDLE];

    switch (figure) {
    case FIGURE_IDLE_REQUESTS:
        return results_per_idle_minute(&side->total, load_sum(&idle->server), idle->server_measured);
    case FIGURE_IDLE_CLIENT_REQUESTS:
        return results_per_idle_minute(&side->total, idle->client.requests, true);
    case FIGURE_IDLE_KILOBYTES:
        return results_per_idle_minute(&side->total, 1, true) * kilobytes(&idle->client);
    default:
        return results_per_idle_minute(&side->total, idle->cpu_us, true) / 1e3;
    }
}

double figure_of(enum figure figure, const struct side *side)
{
    switch (figure) {
    case FIGURE_WAIT:
        return part_mean(side, PART_WAIT);
    case FIGURE_DECIDE:
        return part_mean(side, PART_DECIDE);
    case FIGURE_BIND:
        return part_mean(side, PART_BIND);
    case FIGURE_REQUESTS:
    case FIGURE_CLIENT_REQUESTS:
    case FIGURE_KILOBYTES:
    case FIGURE_CPU:
        return of_busy(figure, side);
    case FIGURE_IDLE_REQUESTS:
    case FIGURE_IDLE_CLIENT_REQUESTS:
    case FIGURE_IDLE_KILOBYTES:
    case FIGURE_IDLE_CPU:
        return of_idle(figure, side);
    case FIGURE_PEAK:
        return bytes_in_mib(side->total.peak_bytes);
    case FIGURE_READY:
    case FIGURE_START_REQUESTS:
        return of_startup(figure, side);
    case FIGURE_WATCHES:
        return watches(side);
    default:
        return latency(figure, side);
    }
}

double figure_requests(const struct side *side, enum load_kind kind)
{
    const struct results_span *busy = &side->total.phase[RESULTS_BUSY];

    return results_per_pod(&side->total, busy->server.count[kind], busy->server_measured);
}

double figure_idle_requests(const struct side *side, enum load_kind kind)
{
    const struct results_span *idle = &side->total.phase[RESULTS_IDLE];

    return results_per_idle_minute(&side->total, idle->server.count[kind], idle->server_measured);
}

double figure_idle_load(const struct side *side)
{
    double counted = figure_of(FIGURE_IDLE_REQUESTS, side);

    return isnan(counted) ? figure_of(FIGURE_IDLE_CLIENT_REQUESTS, side) : counted;
}

const enum load_kind *figure_load_kinds(size_t *count)
{
    static const enum load_kind shown[] = {LOAD_PODS_LIST, LOAD_NODES_LIST, LOAD_PODS_WATCH, LOAD_NODES_WATCH, LOAD_PODS_GET,
                                           LOAD_BIND,      LOAD_EVENTS,     LOAD_STATUS,     LOAD_NODES_OTHER};

    *count = sizeof shown / sizeof *shown;
    return shown;
}

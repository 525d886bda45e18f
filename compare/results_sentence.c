/*
 * results_sentence.c: the answer in words. Each claim stands behind the condition that the figures meet it.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/buffer.h"
#include "compare/results_summary.h"

#define SENTENCE_BYTES 16384
#define NOISE 2.0

/* one contestant as the sentence sees it */
struct side {
    const struct results_contestant *contestant;
    struct results_latency latency;
    struct results_total total;
};

/* three figures: a run as short as these knows no more */
static const char *ms_text(double us, char *text, size_t size)
{
    double ms = us / 1e3;

    snprintf(text, size, "%.*f", ms < 1 ? 2 : ms < 100 ? 1 : 0, ms);
    return text;
}

/* two figures */
static const char *times_text(double times, char *text, size_t size)
{
    double step = 1;

    if (times < 10) {
        snprintf(text, size, "%.1f", times);
        return text;
    }
    while (times / step >= 100)
        step *= 10;
    snprintf(text, size, "%.0f", floor(times / step + 0.5) * step);
    return text;
}

static int by_mean(const void *left, const void *right)
{
    double a = ((const struct side *)left)->latency.all.mean, b = ((const struct side *)right)->latency.all.mean;

    return (a > b) - (a < b);
}

static int look_at(const struct results_contestant *contestant, struct side *side, struct error *err)
{
    side->contestant = contestant;
    side->total = results_total(contestant);
    return results_latency(contestant, PART_WHOLE, &side->latency, err);
}

/* requests of a span: the server's count where there is one, else the scheduler's own; -1: nobody's */
static int64_t requests_of(const struct results_span *span)
{
    return span->server_measured ? load_sum(&span->server) : span->client.requests;
}

static int add_latency(struct buffer *out, const struct side *side, struct error *err)
{
    char mean[32], low[32], high[32];

    return buffer_printf(out, err, "%s ms (95 %% interval %s to %s)", ms_text(side->latency.all.mean, mean, sizeof mean),
                         ms_text(side->latency.mean_low, low, sizeof low), ms_text(side->latency.mean_high, high, sizeof high));
}

/* how much quicker the quickest was than the slowest */
static int add_ratio(struct buffer *out, const struct side *quick, const struct side *slow, struct error *err)
{
    double least = slow->latency.mean_low / quick->latency.mean_high, greatest = slow->latency.mean_high / quick->latency.mean_low;
    char from[32], to[32];

    if (!(least > 1))
        return buffer_add_string(out, "; the intervals overlap, so no difference between them was shown", err);
    /* the interval of one run knows nothing of what another would have been: on a busy machine twice as slow */
    if (quick->latency.runs == 1 && least < NOISE)
        return buffer_add_string(out, "; from a single run that is no more than the machine's noise may be (--repeat 3)", err);
    return buffer_printf(out, err, ": %s was %s to %s times as quick as %s", quick->contestant->name, times_text(least, from, sizeof from),
                         times_text(greatest, to, sizeof to), slow->contestant->name);
}

static int add_latencies(struct buffer *out, const struct side *sides, size_t count, size_t runs, struct error *err)
{
    size_t i;

    if (buffer_printf(out, err, "In %s %s bound a pod ", runs == 1 ? "this run" : "these runs", sides[0].contestant->name) < 0 ||
        add_latency(out, &sides[0], err) < 0 || buffer_add_string(out, " after the API server had accepted it, on average", err) < 0)
        return -1;
    for (i = 1; i < count; i++)
        if (buffer_printf(out, err, ", %s ", sides[i].contestant->name) < 0 || add_latency(out, &sides[i], err) < 0)
            return -1;
    if (count > 1 && add_ratio(out, &sides[0], &sides[count - 1], err) < 0)
        return -1;
    return buffer_add_string(out, ".", err);
}

/* each side's figure of one kind, if all have it */
static int add_requests(struct buffer *out, const struct side *sides, size_t count, enum results_phase phase, struct error *err)
{
    size_t i;

    for (i = 0; i < count; i++)
        if (requests_of(&sides[i].total.phase[phase]) < 0)
            return 0;
    if (phase == RESULTS_BUSY
            ? buffer_add_string(out, " Requests for each pod: ", err)
            : buffer_printf(out, err, " Requests while idle for %.0f s: ", (double)sides[0].total.phase[RESULTS_IDLE].duration_us / 1e6))
        return -1;
    for (i = 0; i < count; i++) {
        const struct results_total *total = &sides[i].total;
        int64_t requests = requests_of(&total->phase[phase]);
        double figure = phase == RESULTS_BUSY ? results_per_pod(total, requests, true) : (double)requests;

        if (buffer_printf(out, err, "%s%s %.*f", i ? ", " : "", sides[i].contestant->name, phase == RESULTS_BUSY ? 2 : 0, figure) < 0)
            return -1;
    }
    return buffer_add_string(out, ".", err);
}

/* the most requests a minute that so many in that time are still compatible with, at 95 % (Poisson, after Byar) */
static double most_per_minute(const struct side *side)
{
    double n = (double)requests_of(&side->total.phase[RESULTS_IDLE]), more = n + 1,
           minutes = (double)side->total.phase[RESULTS_IDLE].duration_us / 60e6;

    if (n < 0 || !(minutes > 0))
        return INFINITY;
    return more * pow(1 - 1 / (9 * more) + 1.645 / (3 * sqrt(more)), 3) / minutes;
}

/* a poller's requests are as regular as its interval: a window of them is right to within one */
static double least_per_minute(const struct side *side)
{
    double n = (double)requests_of(&side->total.phase[RESULTS_IDLE]);

    return n < 0 ? NAN : (n - 1) * 60e6 / (double)side->total.phase[RESULTS_IDLE].duration_us;
}

static int add_watch_line(struct buffer *out, const struct side *watch, const struct side *shortest, const struct side *longest,
                          struct error *err)
{
    bool quicker = watch->latency.mean_high < shortest->latency.mean_low, cheaper = most_per_minute(watch) < least_per_minute(longest);

    if (!quicker && !cheaper)
        return 0;
    return buffer_printf(out, err, " %s was%s%s%s.", watch->contestant->name, quicker ? " quicker than the shortest of them" : "",
                         quicker && cheaper ? " and" : "", cheaper ? " asked less while idle than the longest" : "");
}

static int add_idle_rates(struct buffer *out, const struct side *shortest, const struct side *longest, struct error *err)
{
    double few = results_per_idle_minute(&longest->total, requests_of(&longest->total.phase[RESULTS_IDLE]), true),
           many = results_per_idle_minute(&shortest->total, requests_of(&shortest->total.phase[RESULTS_IDLE]), true);

    if (isnan(few) || isnan(many))
        return 0;
    return buffer_printf(out, err, ", and from %.0f to %.0f requests a minute while idle", few, many);
}

static int add_sweep(struct buffer *out, const struct results *results, const struct side *watch, struct error *err)
{
    struct side shortest, longest;
    char from[32], to[32];
    size_t i;

    if (results->sweep_count < 2)
        return 0;
    for (i = 0; i < results->sweep_count; i++)
        if (!results_samples(&results->sweep[i], PART_WHOLE, NULL))
            return buffer_add_string(out, " Of the sweep nothing is concluded: a run of it is INVALID.", err);
    if (look_at(&results->sweep[0], &shortest, err) < 0 || look_at(&results->sweep[results->sweep_count - 1], &longest, err) < 0)
        return -1;
    if (!(shortest.latency.mean_high < longest.latency.mean_low))
        return buffer_add_string(out, " The sweep shows no difference in latency between its shortest and its longest interval.", err);
    if (buffer_printf(out, err, " As the interval of %s shrank from %g s to %g s its mean latency fell from %s to %s ms",
                      longest.contestant->name, longest.contestant->interval_s, shortest.contestant->interval_s,
                      ms_text(longest.latency.all.mean, from, sizeof from), ms_text(shortest.latency.all.mean, to, sizeof to)) < 0 ||
        add_idle_rates(out, &shortest, &longest, err) < 0 || buffer_add_string(out, ".", err) < 0)
        return -1;
    return watch ? add_watch_line(out, watch, &shortest, &longest, err) : 0;
}

static const struct results_contestant *first_invalid(const struct results *results)
{
    size_t i, run;

    for (i = 0; i < results->contestant_count; i++)
        for (run = 0; run < results->contestants[i].run_count; run++)
            if (!results->contestants[i].runs[run].valid)
                return &results->contestants[i];
    return NULL;
}

static int write_sentence(struct buffer *out, const struct results *results, struct side *sides, struct error *err)
{
    const struct results_contestant *invalid = first_invalid(results);
    const struct side *watch = NULL;
    size_t i, count = results->contestant_count;

    if (invalid)
        return buffer_printf(out, err, "Nothing is concluded: a run of %s is INVALID.", invalid->name);
    for (i = 0; i < count; i++) {
        if (look_at(&results->contestants[i], &sides[i], err) < 0)
            return -1;
        if (!sides[i].latency.all.count)
            return buffer_printf(out, err, "Nothing is concluded: %s was not measured.", results->contestants[i].name);
    }
    qsort(sides, count, sizeof *sides, by_mean);
    for (i = count; i-- > 0;)
        if (!(sides[i].contestant->interval_s > 0))
            watch = &sides[i];
    if (add_latencies(out, sides, count, count ? sides[0].latency.runs : 0, err) < 0 ||
        add_requests(out, sides, count, RESULTS_BUSY, err) < 0 || add_requests(out, sides, count, RESULTS_IDLE, err) < 0)
        return -1;
    return add_sweep(out, results, watch, err);
}

char *results_sentence(const struct results *results, struct error *err)
{
    struct side sides[RESULTS_CONTESTANTS_MAX];
    struct buffer out;

    buffer_init(&out, SENTENCE_BYTES);
    if (!results->contestant_count)
        return error_set(err, ERROR_RUNTIME, "no contestant"), NULL;
    if (write_sentence(&out, results, sides, err) < 0) {
        buffer_free(&out);
        return NULL;
    }
    return buffer_steal(&out);
}

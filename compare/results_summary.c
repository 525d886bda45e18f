#include "compare/results_summary.h"

#include <math.h>
#include <stdlib.h>

const char *results_part_name(enum results_part part)
{
    static const char *const names[PARTS] = {"accepted → binding visible", "accepted → seen", "seen → bind sent", "bind sent → visible"};

    return names[part];
}

static int64_t part_of(const struct results_pod *pod, enum results_part part)
{
    const int64_t from[] = {pod->accepted_us, pod->accepted_us, pod->seen_us, pod->bind_sent_us},
                  to[] = {pod->bound_us, pod->seen_us, pod->bind_sent_us, pod->bound_us};

    return from[part] == NOT_MEASURED || to[part] == NOT_MEASURED ? NOT_MEASURED : to[part] - from[part];
}

size_t results_run_samples(const struct results_run *run, enum results_part part, int64_t *out)
{
    size_t i, count = 0;

    for (i = 0; i < run->pod_count; i++) {
        int64_t sample = part_of(&run->pods[i], part);

        if (sample == NOT_MEASURED)
            continue;
        if (out)
            out[count] = sample;
        count++;
    }
    return count;
}

size_t results_samples(const struct results_contestant *c, enum results_part part, int64_t *out)
{
    size_t run, count = 0;

    for (run = 0; run < c->run_count; run++)
        if (c->runs[run].valid)
            count += results_run_samples(&c->runs[run], part, out ? out + count : NULL);
    return count;
}

static void take_run(struct results_latency *out, const struct statistics *run)
{
    if (!out->runs++) {
        out->least_mean = out->greatest_mean = run->mean;
        out->least_median = out->greatest_median = run->median;
        return;
    }
    out->least_mean = fmin(out->least_mean, run->mean);
    out->greatest_mean = fmax(out->greatest_mean, run->mean);
    if (run->median < out->least_median)
        out->least_median = run->median;
    if (run->median > out->greatest_median)
        out->greatest_median = run->median;
}

int results_latency(const struct results_contestant *c, enum results_part part, struct results_latency *out, struct error *err)
{
    size_t count = results_samples(c, part, NULL), run, runs = 0, taken = 0;
    int64_t *samples = calloc(count + 1, sizeof *samples);
    struct sample_run *of_runs = calloc(c->run_count + 1, sizeof *of_runs);
    struct results_latency found = {0};
    int ret = -1;

    if (!samples || !of_runs) {
        error_no_memory(err);
        goto cleanup;
    }
    for (run = 0; run < c->run_count; run++) {
        size_t of_run = c->runs[run].valid ? results_run_samples(&c->runs[run], part, samples + taken) : 0;
        struct statistics s = statistics_of(samples + taken, of_run);

        if (!of_run)
            continue;
        of_runs[runs++] = (struct sample_run){samples + taken, of_run};
        take_run(&found, &s);
        taken += of_run;
    }
    statistics_bootstrap(of_runs, runs, &found.mean_low, &found.mean_high);
    found.all = statistics_of(samples, count);
    *out = found;
    ret = 0;
cleanup:
    free(samples);
    free(of_runs);
    return ret;
}

/* -1 stays -1, and a part that is not known makes the sum unknown */
static int64_t add(int64_t sum, int64_t part)
{
    return sum < 0 || part < 0 ? -1 : sum + part;
}

static void add_span(struct results_span *sum, const struct results_span *part)
{
    sum->duration_us = add(sum->duration_us, part->duration_us);
    sum->server_measured = sum->server_measured && part->server_measured;
    load_add(&sum->server, &part->server);
    sum->client.requests = add(sum->client.requests, part->client.requests);
    sum->client.bytes_out = add(sum->client.bytes_out, part->client.bytes_out);
    sum->client.bytes_in = add(sum->client.bytes_in, part->client.bytes_in);
    sum->cpu_us = add(sum->cpu_us, part->cpu_us);
}

static void add_run(struct results_total *total, const struct results_run *run)
{
    size_t i;

    if (!total->runs++)
        total->ready_us = 0;
    total->pods += run->pod_count;
    for (i = 0; i < RESULTS_PHASES; i++)
        add_span(&total->phase[i], &run->phase[i]);
    total->ready_us = add(total->ready_us, run->ready_us);
    if (run->peak_bytes > total->peak_bytes)
        total->peak_bytes = run->peak_bytes;
}

struct results_total results_total(const struct results_contestant *c)
{
    struct results_total total = {0};
    size_t i;

    total.ready_us = total.peak_bytes = -1;
    for (i = 0; i < RESULTS_PHASES; i++)
        total.phase[i].server_measured = true;
    for (i = 0; i < c->run_count; i++)
        if (c->runs[i].valid)
            add_run(&total, &c->runs[i]);
    if (total.runs && total.ready_us >= 0)
        total.ready_us /= (int64_t)total.runs;
    if (!total.runs)
        for (i = 0; i < RESULTS_PHASES; i++)
            total.phase[i] = (struct results_span){-1, false, {{0}}, {-1, -1, -1}, -1};
    return total;
}

int64_t results_last_arrival_us(const struct results *results)
{
    int64_t last = 0;
    size_t i, run, pod;

    for (i = 0; i < results->contestant_count; i++)
        for (run = 0; run < results->contestants[i].run_count; run++)
            for (pod = 0; pod < results->contestants[i].runs[run].pod_count; pod++)
                if (results->contestants[i].runs[run].pods[pod].arrival_us > last)
                    last = results->contestants[i].runs[run].pods[pod].arrival_us;
    return last;
}

double results_per_pod(const struct results_total *total, int64_t value, bool measured)
{
    return measured && value >= 0 && total->pods ? (double)value / (double)total->pods : NAN;
}

double results_per_idle_minute(const struct results_total *total, int64_t value, bool measured)
{
    int64_t idle_us = total->phase[RESULTS_IDLE].duration_us;

    return measured && value >= 0 && idle_us > 0 ? (double)value * 60e6 / (double)idle_us : NAN;
}

int results_theory(const struct results_contestant *c, struct results_theory *out, struct error *err)
{
    struct results_theory theory = {NAN, NAN, 0};
    struct results_latency decide, bind;

    if (results_latency(c, PART_DECIDE, &decide, err) < 0 || results_latency(c, PART_BIND, &bind, err) < 0)
        return -1;
    if (decide.all.count && bind.all.count)
        theory.service_us = decide.all.mean + bind.all.mean;
    if (c->interval_s > 0) {
        theory.mean_us = c->interval_s * 1e6 / 2 + theory.service_us;
        theory.p95_us = c->interval_s * 1e6 * 0.95 + theory.service_us;
    }
    *out = theory;
    return 0;
}

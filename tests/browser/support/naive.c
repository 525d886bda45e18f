#include "tests/browser/support/naive.h"

#include <math.h>
#include <stdlib.h>

static int by_size(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;

    return (a > b) - (a < b);
}

double *naive_latencies(const struct results_contestant *c, int part, int64_t only, size_t *count)
{
    double *found = NULL;
    size_t run, i, n = 0;

    for (run = 0; run < c->run_count; run++)
        n += c->runs[run].pod_count;
    found = calloc(n + 1, sizeof *found);
    if (!found)
        abort();
    for (n = run = 0; run < c->run_count; run++)
        for (i = 0; i < c->runs[run].pod_count; i++) {
            const struct results_pod *p = &c->runs[run].pods[i];
            const int64_t from = part == 2   ? p->seen_us
                                 : part == 3 ? p->bind_sent_us
                                             : p->accepted_us,
                          to = part == 1   ? p->seen_us
                               : part == 2 ? p->bind_sent_us
                                           : p->bound_us;

            if (c->runs[run].valid && (!only || c->runs[run].number == only) && from != NOT_MEASURED && to != NOT_MEASURED)
                found[n++] = (double)(to - from) / 1000;
        }
    qsort(found, n, sizeof *found, by_size);
    *count = n;
    return found;
}

double naive_mean(const double *sorted, size_t count)
{
    double sum = 0;
    size_t i;

    for (i = 0; i < count; i++)
        sum += sorted[i];
    return sum / (double)count;
}

double naive_percentile(const double *sorted, size_t count, double percent)
{
    size_t i;

    for (i = 0; i + 1 < count; i++)
        if ((double)(i + 1) * 100 >= percent * (double)count - 1e-6)
            break;
    return sorted[i];
}

size_t naive_valid_runs(const struct results_contestant *c)
{
    size_t run, count = 0;

    for (run = 0; run < c->run_count; run++)
        count += c->runs[run].valid;
    return count;
}

/* what the sum of a phase's requests is divided by */
static double divisor(const struct results_contestant *c, enum results_phase phase)
{
    double sum = 0;
    size_t run;

    for (run = 0; run < c->run_count; run++)
        if (c->runs[run].valid)
            sum += phase == RESULTS_BUSY ? (double)c->runs[run].pod_count : (double)c->runs[run].phase[phase].duration_us / 60e6;
    return sum;
}

double naive_requests(const struct results_contestant *c, enum results_phase phase, int kind)
{
    double sum = 0;
    size_t run;
    int i;

    for (run = 0; run < c->run_count; run++) {
        const struct results_span *span = &c->runs[run].phase[phase];

        if (!c->runs[run].valid)
            continue;
        if (!span->server_measured || span->duration_us < 0)
            return NAN;
        for (i = 0; i < LOAD_KINDS; i++)
            if (i == kind || (kind < 0 && i != LOAD_PODS_CREATE && i != LOAD_PODS_DELETE && i != LOAD_BIND_REFUSED))
                sum += (double)span->server.count[i];
    }
    return naive_valid_runs(c) ? sum / divisor(c, phase) : NAN;
}

double naive_client_requests(const struct results_contestant *c, enum results_phase phase)
{
    double sum = 0;
    size_t run;

    for (run = 0; run < c->run_count; run++) {
        if (!c->runs[run].valid)
            continue;
        if (c->runs[run].phase[phase].client.requests < 0)
            return NAN;
        sum += (double)c->runs[run].phase[phase].client.requests;
    }
    return naive_valid_runs(c) ? sum / divisor(c, phase) : NAN;
}

#include "compare/statistics.h"

#include <math.h>
#include <stdlib.h>

#include "compare/random.h"

#define DRAWS 1000

static int compare_times(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;

    return (a > b) - (a < b);
}

static int compare_ratios(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;

    return (a > b) - (a < b);
}

int64_t statistics_percentile(const int64_t *sorted, size_t count, double percent)
{
    /* 0.95 * 20 is 19.000000000000004 in binary: a hair above a whole number is that number */
    double place = ceil(percent / 100 * (double)count - 1e-9);
    size_t rank = place < 1 ? 1 : (size_t)place;

    return sorted[(rank > count ? count : rank) - 1];
}

struct statistics statistics_of(int64_t *samples, size_t count)
{
    struct statistics s = {0};
    double sum = 0;
    size_t i;

    if (!count)
        return s;
    qsort(samples, count, sizeof *samples, compare_times);
    for (i = 0; i < count; i++)
        sum += (double)samples[i];
    s.count = count;
    s.min = samples[0];
    s.median = statistics_percentile(samples, count, 50);
    s.p95 = statistics_percentile(samples, count, 95);
    s.p99 = statistics_percentile(samples, count, 99);
    s.max = samples[count - 1];
    s.mean = sum / (double)count;
    return s;
}

double statistics_median_ratio(double *values, size_t count)
{
    if (!count)
        return NAN;
    qsort(values, count, sizeof *values, compare_ratios);
    return count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

static double mean_of_draw(const struct sample_run *runs, size_t run_count, uint64_t *state)
{
    double sum = 0;
    size_t i, j, count = 0;

    for (i = 0; i < run_count; i++) {
        const struct sample_run *run = &runs[random_below(state, run_count)];

        for (j = 0; j < run->count; j++)
            sum += (double)run->samples[random_below(state, run->count)];
        count += run->count;
    }
    return sum / (double)count;
}

void statistics_bootstrap(const struct sample_run *runs, size_t run_count, double *low, double *high)
{
    uint64_t state = 1;
    double means[DRAWS];
    size_t i;

    *low = *high = NAN;
    if (!run_count)
        return;
    for (i = 0; i < DRAWS; i++)
        means[i] = mean_of_draw(runs, run_count, &state);
    qsort(means, DRAWS, sizeof *means, compare_ratios);
    *low = means[DRAWS / 40];
    *high = means[DRAWS - 1 - DRAWS / 40];
}

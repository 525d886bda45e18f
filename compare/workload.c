#include "compare/workload.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compare/random.h"

#define OFFSET_MAX_S 86400.0

static const char *const names[] = {"burst", "steady", "trickle", "file"};

int workload_by_name(const char *name)
{
    int i;

    for (i = 0; i < WORKLOAD_FILE; i++)
        if (!strcmp(names[i], name))
            return i;
    return -1;
}

const char *workload_name(enum workload_kind kind)
{
    return names[kind];
}

/* a gap of a Poisson process with that many arrivals a second */
static double exponential_s(uint64_t *state, double rate)
{
    return -log(1 - random_unit(state)) / rate;
}

static int compare_times(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;

    return (a > b) - (a < b);
}

/* Given their number, the arrivals of a Poisson process are that many times drawn evenly; here each has its cycle by chance, and a phase of its own in it. */
static void stratified(const struct workload *w, int64_t *at_us)
{
    double whole = floor((double)w->pods / w->rate / w->stratum_s + 0.5), cycles = whole < 1 ? 1 : whole;
    uint64_t state = w->seed;
    double offset = random_unit(&state);
    int64_t first;
    size_t i;

    for (i = 0; i < w->pods; i++) {
        size_t other = random_below(&state, i + 1); /* a shuffle, from inside out */

        at_us[i] = at_us[other];
        at_us[other] = (int64_t)i;
    }
    for (i = 0; i < w->pods; i++) {
        double phase = ((double)at_us[i] + offset) / (double)w->pods, cycle = floor(random_unit(&state) * cycles);

        at_us[i] = (int64_t)((cycle + phase) * w->stratum_s * 1e6);
    }
    qsort(at_us, w->pods, sizeof *at_us, compare_times);
    first = at_us[0];
    for (i = 0; i < w->pods; i++)
        at_us[i] -= first;
}

static void poisson(const struct workload *w, int64_t *at_us)
{
    uint64_t state = w->seed;
    double at_s = 0;
    size_t i;

    for (i = 0; i < w->pods; i++) {
        at_us[i] = (int64_t)(at_s * 1e6);
        at_s += exponential_s(&state, w->rate);
    }
}

void workload_arrivals(const struct workload *w, int64_t *at_us)
{
    size_t i;

    if (w->kind == WORKLOAD_FILE)
        memcpy(at_us, w->recorded, w->pods * sizeof *at_us);
    else if (w->kind == WORKLOAD_TRICKLE && w->stratum_s > 0)
        stratified(w, at_us);
    else if (w->kind == WORKLOAD_TRICKLE)
        poisson(w, at_us);
    else
        for (i = 0; i < w->pods; i++)
            at_us[i] = w->kind == WORKLOAD_STEADY ? (int64_t)((double)i / w->rate * 1e6) : 0;
}

static int read_line(char *line, int64_t *at_us, size_t count, struct error *err)
{
    char *end;
    double offset_s = strtod(line, &end);

    line[strcspn(line, "\r\n")] = '\0';
    if (end == line || !strchr(", \t\r\n", *end) || !(offset_s >= 0 && offset_s <= OFFSET_MAX_S))
        return error_set(err, ERROR_USAGE, "'%.40s' does not begin with seconds from 0 to %g", line, OFFSET_MAX_S);
    if (count == WORKLOAD_PODS_MAX)
        return error_set(err, ERROR_USAGE, "more than %d arrivals", WORKLOAD_PODS_MAX);
    at_us[count] = (int64_t)floor(offset_s * 1e6 + 0.5);
    if (count && at_us[count] < at_us[count - 1])
        return error_set(err, ERROR_USAGE, "%g is before the arrival of the line above: offsets must ascend", offset_s);
    return 0;
}

static int read_lines(FILE *file, int64_t *at_us, size_t *count, struct error *err)
{
    char line[1024];
    size_t number, read = 0;

    for (number = 1; fgets(line, sizeof line, file); number++) {
        if (!strchr(line, '\n') && !feof(file))
            return error_set(err, ERROR_USAGE, "line %zu: longer than %zu bytes", number, sizeof line - 2);
        if (*line == '#' || !line[strspn(line, " \t\r\n")])
            continue;
        if (read_line(line, at_us, read, err) < 0)
            return error_prefix(err, "line %zu", number);
        read++;
    }
    if (ferror(file))
        return error_set(err, ERROR_USAGE, "%s", strerror(errno));
    if (!read)
        return error_set(err, ERROR_USAGE, "no arrival in it");
    *count = read;
    return 0;
}

int workload_read(const char *path, int64_t **at_us, size_t *count, struct error *err)
{
    int64_t *read = calloc(WORKLOAD_PODS_MAX, sizeof *read);
    FILE *file = fopen(path, "r");
    int ret = -1;

    if (!read)
        error_no_memory(err);
    else if (!file)
        error_set(err, ERROR_USAGE, "%s: %s", path, strerror(errno));
    else if (read_lines(file, read, count, err) < 0)
        error_prefix(err, "%s", path);
    else
        ret = 0;
    if (file)
        fclose(file);
    if (ret == 0)
        *at_us = read;
    else
        free(read);
    return ret;
}

double workload_phase(uint64_t seed, long round, long rounds)
{
    uint64_t state = seed ^ 0x7068617365u; /* not the trickle's own numbers */

    return ((double)round + random_unit(&state)) / (double)rounds;
}

/*
 * plan_cost.c: what one event costs with one-per-node, in a cluster of 1,000, 10,000 and 100,000 pods (bench/support/plan_events.h says which events): reading and
 * decoding its frames of JSON, as the watch brings them, and what the planner makes of it. The planner's share stands beside it. That has the same work to do in a large plan
 * as in a small one (tests/unit/test_plan_cost.c counts it), but a large plan's memory is farther away: each of its three to five waits for it costs what the machine
 * takes, 20 ns from a cache of its own, 100 to 300 ns from memory. `--bare` leaves the JSON out, and judges the planner alone.
 * usage: bin/bench/plan_cost [--bare] [EVENTS]     medians in ns of EVENTS (2000) of each kind, of three rounds; exit code 1: an event costs more than twice what it costs at 1,000
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench/support/plan_events.h"

#define ROUNDS 3
#define SIZES 3
#define KINDS 8
#define MOST 2.0

static int64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int by_value(const void *a, const void *b)
{
    int64_t l = *(const int64_t *)a, r = *(const int64_t *)b;

    return (l > r) - (l < r);
}

static int64_t median(int64_t *values, size_t count)
{
    qsort(values, count, sizeof *values, by_value);
    return values[count / 2];
}

/* what reading the clock twice costs */
static int64_t clock_cost(void)
{
    int64_t sample[1001];

    for (size_t i = 0; i < 1001; i++) {
        int64_t start = now_ns();

        sample[i] = now_ns() - start;
    }
    return median(sample, 1001);
}

/* ns of an event: of all of it, and of the planner's share */
struct cost {
    int64_t whole[SIZES][ROUNDS], plan[SIZES][ROUNDS];
};

static void measure(struct plan_events *events, const struct plan_event_kind *kind, int64_t *sample, size_t count, int64_t *whole,
                    int64_t *plan)
{
    for (size_t i = 0; i < count; i++) {
        sample[i] = plan_events_next(events, kind);
        sample[count + i] = sample[i] + plan_events_reading(events);
    }
    *plan = median(sample, count);
    *whole = median(sample + count, count);
}

/* the costs at each size, and how they grow; true: flat */
static bool print_costs(int64_t (*cost)[ROUNDS])
{
    double ns[SIZES];

    for (size_t s = 0; s < SIZES; s++) {
        ns[s] = (double)median(cost[s], ROUNDS);
        printf(" %7.0f", ns[s]);
    }
    printf("  x %.2f x %.2f", ns[1] / ns[0], ns[2] / ns[0]);
    return ns[1] <= MOST * ns[0] && ns[2] <= MOST * ns[0];
}

static bool print(const unsigned *sizes, struct cost *cost, bool bare)
{
    bool flat = true;

    printf("%-9s %7s %7u %7u %7u %14s %7s %7u %7u %7u\n", "ns", bare ? "" : "event", sizes[0], sizes[1], sizes[2], "", "planner", sizes[0],
           sizes[1], sizes[2]);
    for (size_t k = 0; k < plan_event_kind_count; k++) {
        bool whole, plan;

        printf("%-9s %7s", plan_event_kinds[k].name, "");
        whole = print_costs(cost[k].whole);
        printf("  %7s", "");
        plan = print_costs(cost[k].plan);
        printf("   %s\n", plan_event_kinds[k].what);
        flat = flat && (bare ? plan : whole);
    }
    return flat;
}

int main(int argc, char **argv)
{
    static const unsigned sizes[SIZES] = {1000, 10000, 100000};
    static struct cost cost[KINDS];
    bool bare = argc > 1 && strcmp(argv[1], "--bare") == 0;
    int count = argc > 1 + bare ? atoi(argv[1 + bare]) : 2000;
    int64_t *sample = count > 0 ? malloc((size_t)count * 2 * sizeof *sample) : NULL;

    if (!sample || plan_event_kind_count > KINDS) {
        fprintf(stderr, "usage: plan_cost [--bare] [EVENTS]\n");
        return 2;
    }
    printf("reading the clock costs %lld ns, and is in each call's time\n", (long long)clock_cost());
    for (size_t r = 0; r < ROUNDS; r++)
        for (size_t s = 0; s < SIZES; s++) {
            struct plan_events *events = plan_events_new(sizes[s], !bare, now_ns);

            for (size_t k = 0; k < plan_event_kind_count; k++)
                measure(events, &plan_event_kinds[k], sample, (size_t)count, &cost[k].whole[s][r], &cost[k].plan[s][r]);
            plan_events_free(events);
        }
    free(sample);
    if (print(sizes, cost, bare))
        return 0;
    printf("an event costs more than %.0f times what it costs at %u pods\n", MOST, sizes[0]);
    return 1;
}

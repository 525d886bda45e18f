/*
 * What one event costs with one-per-node, timed, from the bytes that the watch brings to what the plan says: no more than twice as much at 10,000 and at 100,000 pods
 * as at 1,000. The sizes take turns in one process, an event of each after the other, so that a busy machine is busy for all; each turn gives medians of single events,
 * and what counts is the median of the turns' ratios. bench/plan_cost.c prints the figures, the planner's share of them too.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench/support/plan_events.h"

#define TURNS 11
#define EVENTS 41 /* of each kind and size in a turn */
#define SIZES 3
#define MOST 2.0

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED true
#else
#define SANITIZED false
#endif

static const unsigned sizes[SIZES] = {1000, 10000, 100000};

static int64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int by_value(const void *a, const void *b)
{
    double l = *(const double *)a, r = *(const double *)b;

    return (l > r) - (l < r);
}

static double median(double *values, size_t count)
{
    qsort(values, count, sizeof *values, by_value);
    return values[count / 2];
}

/* of one turn: how many times as much as in the smallest */
static void take_turn(struct plan_events **events, const struct plan_event_kind *kind, double *ratio)
{
    double sample[SIZES][EVENTS], ns[SIZES];

    for (size_t i = 0; i < EVENTS; i++)
        for (size_t s = 0; s < SIZES; s++) {
            int64_t plan = plan_events_next(events[s], kind);

            sample[s][i] = (double)(plan + plan_events_reading(events[s]));
        }
    for (size_t s = 0; s < SIZES; s++) {
        ns[s] = median(sample[s], EVENTS);
        ck_assert_msg(ns[s] > 0, "%s: took no time", kind->name);
        ratio[s] = ns[s] / ns[0];
    }
}

static void judge(struct plan_events **events, const struct plan_event_kind *kind)
{
    double ratio[SIZES], all[SIZES][TURNS];

    for (size_t t = 0; t < TURNS; t++) {
        take_turn(events, kind, ratio);
        for (size_t s = 0; s < SIZES; s++)
            all[s][t] = ratio[s];
    }
    for (size_t s = 1; s < SIZES; s++) {
        double times = median(all[s], TURNS);

        printf("%-10s %6u pods: x %.2f\n", kind->name, sizes[s], times);
        ck_assert_msg(times <= MOST, "%s: an event at %u pods costs %.2f times what it costs at %u", kind->name, sizes[s], times, sizes[0]);
    }
}

/* a time says nothing under valgrind, where LAB_EVENTS is small, nor with a sanitizer built in */
static bool times_mean_something(void)
{
    const char *few = getenv("LAB_EVENTS");

    return !SANITIZED && !(few && atoi(few) < 100000);
}

START_TEST(an_event_costs_the_same_at_any_size)
{
    struct plan_events *events[SIZES];

    if (!times_mean_something()) {
        printf("not timed here\n");
        return;
    }
    for (size_t s = 0; s < SIZES; s++)
        events[s] = plan_events_new(sizes[s], true, now_ns);
    for (size_t k = 0; k < plan_event_kind_count; k++)
        judge(events, &plan_event_kinds[k]);
    for (size_t s = 0; s < SIZES; s++)
        plan_events_free(events[s]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("event, cost");
    TCase *tcase = tcase_create("times");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tcase, an_event_costs_the_same_at_any_size);
    tcase_set_timeout(tcase, 600);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}

/*
 * What an event costs the planner of one-per-node, counted, not timed: common/policy is built once more with a call at every branch of the program, and an event of
 * a plan of 100,000 pods may take no more than twice the steps that it takes at 1,000. A busy machine changes nothing about it. What it can't see is
 * what the C library does in one call, and what waiting for memory costs: that is for bench/plan_cost.c.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench/support/plan_events.h"

#define EVENTS 400
#define MOST 2.0

static int64_t steps;

/* called by what is built with -fsanitize-coverage=trace-pc */
void __sanitizer_cov_trace_pc(void);
void __sanitizer_cov_trace_pc(void)
{
    steps++;
}

static int64_t counted(void)
{
    return steps;
}

static void count(unsigned pods, double *mean)
{
    struct plan_events *events = plan_events_new(pods, false, counted);

    for (size_t k = 0; k < plan_event_kind_count; k++) {
        int64_t sum = 0;

        for (int i = 0; i < EVENTS; i++)
            sum += plan_events_next(events, &plan_event_kinds[k]);
        mean[k] = (double)sum / EVENTS;
    }
    plan_events_free(events);
}

START_TEST(an_event_costs_the_same_in_a_large_plan)
{
    static const unsigned sizes[] = {1000, 10000, 100000};
    const char *few = getenv("LAB_EVENTS"); /* set where everything is slow */
    size_t measured = few && atoi(few) < 100000 ? 2 : 3;
    double mean[3][8];

    ck_assert_uint_le(plan_event_kind_count, 8);
    for (size_t s = 0; s < measured; s++)
        count(sizes[s], mean[s]);
    for (size_t s = 1; s < measured; s++)
        for (size_t k = 0; k < plan_event_kind_count; k++) {
            printf("%-10s %6u pods: %8.0f steps, at %u %8.0f: x %.2f\n", plan_event_kinds[k].name, sizes[s], mean[s][k], sizes[0],
                   mean[0][k], mean[s][k] / mean[0][k]);
            ck_assert_msg(mean[0][k] > 0, "%s: no step was counted", plan_event_kinds[k].name);
            ck_assert_msg(mean[s][k] <= MOST * mean[0][k], "%s: %.0f steps at %u pods, %.0f at %u", plan_event_kinds[k].name, mean[s][k],
                          sizes[s], mean[0][k], sizes[0]);
        }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("plan, cost");
    TCase *tcase = tcase_create("steps");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tcase, an_event_costs_the_same_in_a_large_plan);
    tcase_set_timeout(tcase, 600);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}

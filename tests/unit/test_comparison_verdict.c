/*
 * test_comparison_verdict.c: when a run is INVALID: counters that disagree, bindings that were refused, an observer that fell behind, a clock that
 * stepped. And when it is not.
 */
#include <check.h>
#include <string.h>

#include "compare/verdict.h"

static struct results_run run;

static void setup(void)
{
    int i;

    memset(&run, 0, sizeof run);
    run.valid = true;
    run.pod_count = 100;
    for (i = 0; i < RESULTS_PHASES; i++) {
        run.phase[i].server_measured = true;
        run.phase[i].client.requests = 0;
    }
}

#define assert_invalid(words)                                                                                                              \
    do {                                                                                                                                   \
        ck_assert(!run.valid);                                                                                                             \
        ck_assert_msg(strstr(run.reason, words) != NULL, "reason: %s", run.reason);                                                        \
    } while (0)

START_TEST(test_counts)
{
    ck_assert(verdict_counts_agree(200, 200));
    ck_assert(verdict_counts_agree(200, 203) && verdict_counts_agree(203, 200));
    ck_assert(!verdict_counts_agree(200, 204) && !verdict_counts_agree(204, 200));
    ck_assert(verdict_counts_agree(10000, 10100));
    ck_assert(!verdict_counts_agree(10000, 10200));
    ck_assert(!verdict_counts_agree(0, 100) && !verdict_counts_agree(100, 0));
    /* what was not measured agrees with everything */
    ck_assert(verdict_counts_agree(-1, 100) && verdict_counts_agree(100, -1));
}
END_TEST

START_TEST(test_reconciled)
{
    run.phase[RESULTS_BUSY].server.count[LOAD_BIND] = 100;
    run.phase[RESULTS_BUSY].server.count[LOAD_PODS_CREATE] = 100; /* the workload's */
    run.phase[RESULTS_BUSY].client.requests = 101;
    verdict_requests(&run, false);
    ck_assert_msg(run.valid, "%s", run.reason);
}
END_TEST

START_TEST(test_not_reconciled)
{
    run.phase[_i].server.count[LOAD_PODS_LIST] = 50;
    run.phase[_i].client.requests = 30;
    verdict_requests(&run, false);
    assert_invalid(_i == RESULTS_BUSY ? "while busy the API server counted 50 requests, the scheduler 30"
                                      : "while idle the API server counted 50 requests, the scheduler 30");
}
END_TEST

/* kube-scheduler lists a dozen other resources first, which are not counted here */
START_TEST(test_startup_need_not_agree)
{
    run.phase[RESULTS_STARTUP].server.count[LOAD_PODS_LIST] = 2;
    run.phase[RESULTS_STARTUP].client.requests = 40;
    verdict_requests(&run, false);
    ck_assert_msg(run.valid, "%s", run.reason);
}
END_TEST

START_TEST(test_bound_twice)
{
    run.phase[RESULTS_BUSY].server.count[LOAD_BIND] = 101;
    run.phase[RESULTS_BUSY].server.count[LOAD_BIND_REFUSED] = 1;
    run.phase[RESULTS_BUSY].client.requests = 101;
    verdict_requests(&run, false);
    assert_invalid("it bound twice: 1 bindings were refused (409)");
}
END_TEST

START_TEST(test_others_ask_too)
{
    run.phase[RESULTS_BUSY].server.count[LOAD_BIND] = 100;
    run.phase[RESULTS_BUSY].server.count[LOAD_PODS_GET] = 200; /* kubelets' */
    run.phase[RESULTS_BUSY].client.requests = 101;
    verdict_requests(&run, true);
    ck_assert_msg(run.valid, "%s", run.reason);
    for (int phase = 0; phase < RESULTS_PHASES; phase++)
        ck_assert(!run.phase[phase].server_measured);
}
END_TEST

START_TEST(test_bound_twice_where_others_ask_too)
{
    run.phase[RESULTS_BUSY].server.count[LOAD_BIND_REFUSED] = 1;
    run.phase[RESULTS_BUSY].client.requests = 101;
    verdict_requests(&run, true);
    assert_invalid("it bound twice: 1 bindings were refused (409)");
}
END_TEST

START_TEST(test_server_not_measured)
{
    run.phase[RESULTS_BUSY].server_measured = false;
    run.phase[RESULTS_BUSY].server.count[LOAD_BIND_REFUSED] = 1;
    run.phase[RESULTS_BUSY].client.requests = 500;
    verdict_requests(&run, false);
    ck_assert_msg(run.valid, "%s", run.reason);
}
END_TEST

START_TEST(test_late)
{
    ck_assert(!verdict_is_late(500, 10000)); /* 10 ms are allowed to every pod */
    ck_assert(verdict_is_late(500, 10001));
    ck_assert(!verdict_is_late(1000000, 100000)); /* and a tenth of its latency */
    ck_assert(verdict_is_late(1000000, 100001));
}
END_TEST

START_TEST(test_slow_observer)
{
    run.observer.late_pods = 5;
    verdict_observer(&run);
    ck_assert_msg(run.valid, "%s", run.reason);
    run.observer.late_pods = 6;
    run.observer.worst_delay_us = 123456;
    verdict_observer(&run);
    assert_invalid("the observer fell behind: the latency of 6 of 100 pods may be wrong (by up to 123.5 ms)");
}
END_TEST

static void look(struct clock_watch *watch, int64_t monotonic_us, int64_t wall_us)
{
    ck_assert(clock_watch_look(watch, monotonic_us, wall_us, monotonic_us + 1));
}

START_TEST(test_clock_that_is_slewed_is_fine)
{
    struct clock_watch watch = {0};
    int64_t t;

    /* 500 ppm for an hour, looked at 50 times a second */
    for (t = 0; t < 3600 * INT64_C(1000000); t += 20000)
        look(&watch, t, 1700000000000000 + t + t / 2000);
    ck_assert_int_eq(watch.step_us, 0);
}
END_TEST

START_TEST(test_clock_that_steps)
{
    struct clock_watch watch = {0};

    look(&watch, 1000, 1700000000000000);
    look(&watch, 21000, 1700000000020000);
    look(&watch, 41000, 1700000000040000 - 2000000);
    look(&watch, 61000, 1700000000060000 - 2000000);
    ck_assert_int_eq(watch.step_us, -2000000);
    run.observer.clock_step_us = watch.step_us;
    verdict_observer(&run);
    assert_invalid("the clock stepped by -2.000 s");
}
END_TEST

/* preempted between the two readings: that is no step, and the next look tells */
START_TEST(test_look_that_was_interrupted)
{
    struct clock_watch watch = {0};

    look(&watch, 1000, 1700000000000000);
    ck_assert(!clock_watch_look(&watch, 21000, 1700000000020000 + 300000, 321100));
    look(&watch, 341000, 1700000000340000);
    ck_assert_int_eq(watch.step_us, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("comparison_verdict");
    TCase *core = tcase_create("core");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(core, setup, NULL);
    tcase_add_test(core, test_counts);
    tcase_add_test(core, test_reconciled);
    tcase_add_loop_test(core, test_not_reconciled, RESULTS_BUSY, RESULTS_PHASES);
    tcase_add_test(core, test_startup_need_not_agree);
    tcase_add_test(core, test_bound_twice);
    tcase_add_test(core, test_others_ask_too);
    tcase_add_test(core, test_bound_twice_where_others_ask_too);
    tcase_add_test(core, test_server_not_measured);
    tcase_add_test(core, test_late);
    tcase_add_test(core, test_slow_observer);
    tcase_add_test(core, test_clock_that_is_slewed_is_fine);
    tcase_add_test(core, test_clock_that_steps);
    tcase_add_test(core, test_look_that_was_interrupted);
    suite_add_tcase(suite, core);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}

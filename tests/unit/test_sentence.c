/*
 * test_sentence.c: what follows from the results, and what is said of them: never more than they show.
 */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "compare/results_summary.h"

static struct results *results;
static struct error err;

static void setup(void)
{
    results = results_new(&err);
}

static void teardown(void)
{
    results_free(results);
}

/* a run of pods with these latencies, in ms; the last is repeated */
static struct results_run *add_run(struct results_contestant *c, size_t pods, const double *ms, size_t count)
{
    struct results_run *run = results_add_run(c, pods, &err);
    size_t i;

    for (i = 0; i < pods; i++) {
        run->pods[i].accepted_us = (int64_t)i * 1000;
        run->pods[i].bound_us = run->pods[i].accepted_us + (int64_t)(ms[i < count ? i : count - 1] * 1e3);
    }
    return run;
}

static void idle(struct results_run *run, double seconds, int64_t requests)
{
    struct results_span *span = &run->phase[RESULTS_IDLE];

    span->duration_us = (int64_t)(seconds * 1e6);
    span->server_measured = true;
    span->server.count[LOAD_PODS_LIST] = requests;
}

static struct results_contestant *contestant(const char *name, double interval_s)
{
    return results_add_contestant(results, name, "c", interval_s, &err);
}

/* polls every interval_s: latencies spread evenly */
static struct results_run *add_polling(struct results_contestant *c, double interval_s)
{
    double ms[40];
    size_t i;

    for (i = 0; i < 40; i++)
        ms[i] = interval_s * 1e3 * ((double)i + 0.5) / 40;
    return add_run(c, 40, ms, 40);
}

#define assert_says(words)                                                                                                                 \
    do {                                                                                                                                   \
        char *said = results_sentence(results, &err);                                                                                      \
        ck_assert_ptr_nonnull(said);                                                                                                       \
        ck_assert_msg(strstr(said, words) != NULL, "it said: %s", said);                                                                   \
        free(said);                                                                                                                        \
    } while (0)
#define assert_silent(words)                                                                                                               \
    do {                                                                                                                                   \
        char *said = results_sentence(results, &err);                                                                                      \
        ck_assert_ptr_nonnull(said);                                                                                                       \
        ck_assert_msg(strstr(said, words) == NULL, "it said: %s", said);                                                                   \
        free(said);                                                                                                                        \
    } while (0)

START_TEST(test_quicker)
{
    const double ms[] = {1};
    struct results_run *watch = add_run(contestant("watch", 0), 40, ms, 1), *polling;

    idle(watch, 6, 0);
    polling = add_polling(contestant("polling", 2), 2);
    idle(polling, 6, 3);
    assert_says("In this run watch bound a pod 1.0 ms (95 % interval 1.0 to 1.0) after the API server had accepted it, on average, polling "
                "1000 ms (95 % interval ");
    assert_says(": watch was ");
    assert_says(" times as quick as polling.");
    assert_says("Requests while idle for 6 s: watch 0, polling 3.");
}
END_TEST

/* whichever way it went */
START_TEST(test_the_other_way_round)
{
    const double ms[] = {100};

    add_run(contestant("watch", 0), 10, ms, 1);
    add_polling(contestant("polling", 0.05), 0.05);
    assert_says("In this run polling bound a pod 25.0 ms");
    assert_says(": polling was ");
}
END_TEST

START_TEST(test_no_difference)
{
    struct results_contestant *one = contestant("one", 0), *two = contestant("two", 0);

    add_polling(one, 2);
    add_polling(two, 2.1);
    assert_says("the intervals overlap, so no difference between them was shown");
    assert_silent("times as quick");
}
END_TEST

/* a machine is twice as slow from one minute to the next: a single run cannot tell that from a difference, several can */
START_TEST(test_small_difference_takes_several_runs)
{
    struct results_contestant *one = contestant("one", 0), *two = contestant("two", 0);
    const double quick[] = {1}, slow[] = {1.5};
    int i;

    add_run(one, 10, quick, 1);
    add_run(two, 10, slow, 1);
    assert_says("from a single run that is no more than the machine's noise may be");
    assert_silent("times as quick");
    for (i = 0; i < 2; i++) {
        add_run(one, 10, quick, 1);
        add_run(two, 10, slow, 1);
    }
    assert_says("In these runs one bound a pod 1.0 ms");
    assert_says("one was 1.5 to 1.5 times as quick as two.");
}
END_TEST

START_TEST(test_invalid_run_concludes_nothing)
{
    const double ms[] = {1};

    add_run(contestant("watch", 0), 10, ms, 1);
    results_invalidate(add_polling(contestant("polling", 2), 2), "x");
    assert_says("Nothing is concluded: a run of polling is INVALID.");
    assert_silent("quick");
}
END_TEST

/* figures of an INVALID run are nowhere */
START_TEST(test_invalid_run_counts_nowhere)
{
    struct results_contestant *c = contestant("watch", 0);
    const double one[] = {1}, thousand[] = {1000};
    struct results_latency latency;
    struct results_total total;

    add_run(c, 10, one, 1);
    idle(&c->runs[0], 6, 1);
    results_invalidate(add_run(c, 10, thousand, 1), "x");
    ck_assert_int_eq(results_latency(c, PART_WHOLE, &latency, &err), 0);
    ck_assert_uint_eq(latency.all.count, 10);
    ck_assert_int_eq(latency.all.max, 1000);
    total = results_total(c);
    ck_assert(total.runs == 1 && total.pods == 10);
    ck_assert_int_eq(load_sum(&total.phase[RESULTS_IDLE].server), 1);
}
END_TEST

START_TEST(test_nothing_measured_is_no_zero)
{
    struct results_contestant *c = contestant("watch", 0);
    struct results_latency latency;
    struct results_total total;

    results_invalidate(results_add_run(c, 10, &err), "x");
    total = results_total(c);
    ck_assert_int_eq(results_latency(c, PART_WHOLE, &latency, &err), 0);
    ck_assert_uint_eq(latency.all.count, 0);
    ck_assert(isnan(latency.mean_low));
    ck_assert(isnan(results_per_pod(&total, 0, total.phase[RESULTS_BUSY].server_measured)));
    ck_assert(isnan(results_per_idle_minute(&total, 0, true)));
}
END_TEST

START_TEST(test_spread_between_runs)
{
    struct results_contestant *c = contestant("watch", 0);
    const double ms[][1] = {{1}, {3}, {2}};
    struct results_latency latency;
    size_t i;

    for (i = 0; i < 3; i++)
        add_run(c, 10, ms[i], 1);
    ck_assert_int_eq(results_latency(c, PART_WHOLE, &latency, &err), 0);
    ck_assert(latency.runs == 3 && latency.least_mean == 1000 && latency.greatest_mean == 3000);
    ck_assert(latency.least_median == 1000 && latency.greatest_median == 3000 && latency.all.mean == 2000);
    /* all pods of a run alike: the interval comes from the runs alone */
    ck_assert_double_le(latency.mean_low, 1400);
    ck_assert_double_ge(latency.mean_high, 2600);
}
END_TEST

START_TEST(test_theory_takes_the_measured_service)
{
    struct results_contestant *c = contestant("polling", 2);
    struct results_run *run = add_polling(c, 2);
    struct results_theory theory;
    size_t i;

    ck_assert_int_eq(results_theory(c, &theory, &err), 0);
    ck_assert_double_eq(theory.mean_us, 1e6);
    for (i = 0; i < run->pod_count; i++) {
        run->pods[i].seen_us = run->pods[i].bound_us - 5000;
        run->pods[i].bind_sent_us = run->pods[i].bound_us - 4000;
    }
    ck_assert_int_eq(results_theory(c, &theory, &err), 0);
    ck_assert_double_eq(theory.service_us, 5000);
    ck_assert_double_eq(theory.mean_us, 1005000);
    ck_assert_double_eq(theory.p95_us, 1905000);
}
END_TEST

static void add_sweep(double interval_s, double idle_s, int64_t requests)
{
    struct results_contestant *c = results_add_sweep_point(results, "polling", "c", interval_s, &err);

    idle(add_polling(c, interval_s), idle_s, requests);
}

START_TEST(test_sweep)
{
    const double ms[] = {1};

    idle(add_run(contestant("watch", 0), 40, ms, 1), 120, 0);
    add_sweep(0.25, 60, 240);
    add_sweep(5, 60, 12);
    assert_says(
        "As the interval of polling shrank from 5 s to 0.25 s its mean latency fell from 2500 to 125 ms, and from 12 to 240 requests a "
        "minute while idle. watch was quicker than the shortest of them and asked less while idle than the longest.");
}
END_TEST

/* none in 6 s may still be 30 a minute: nothing is said of what costs less */
START_TEST(test_sweep_watched_too_briefly)
{
    const double ms[] = {1};

    idle(add_run(contestant("watch", 0), 40, ms, 1), 6, 0);
    add_sweep(0.25, 6, 24);
    add_sweep(5, 10, 2);
    assert_says("watch was quicker than the shortest of them.");
    assert_silent("asked less");
}
END_TEST

START_TEST(test_sweep_that_shows_nothing)
{
    add_polling(contestant("polling", 1), 1);
    add_sweep(1, 6, 6);
    add_sweep(1.1, 6, 6);
    assert_says("The sweep shows no difference in latency");
    assert_silent("fell");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sentence");
    TCase *core = tcase_create("core");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(core, setup, teardown);
    tcase_add_test(core, test_quicker);
    tcase_add_test(core, test_the_other_way_round);
    tcase_add_test(core, test_no_difference);
    tcase_add_test(core, test_small_difference_takes_several_runs);
    tcase_add_test(core, test_invalid_run_concludes_nothing);
    tcase_add_test(core, test_invalid_run_counts_nowhere);
    tcase_add_test(core, test_nothing_measured_is_no_zero);
    tcase_add_test(core, test_spread_between_runs);
    tcase_add_test(core, test_theory_takes_the_measured_service);
    tcase_add_test(core, test_sweep);
    tcase_add_test(core, test_sweep_watched_too_briefly);
    tcase_add_test(core, test_sweep_that_shows_nothing);
    suite_add_tcase(suite, core);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}

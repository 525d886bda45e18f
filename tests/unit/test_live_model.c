/*
 * test_live_model.c: what the live view counts, what it times, and what it does not dare to time; what it sums up in the end.
 */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "compare/live_results.h"

#define S(seconds) ((int64_t)((seconds)*1e6))

static struct live_model m;
static struct error err;

static void setup(void)
{
    err = (struct error)ERROR_INIT;
    ck_assert_int_eq(live_model_init(&m, 0, &err), 0);
    live_model_add_side(&m, "polling", 2);
    live_model_add_side(&m, "watch", 0);
    live_model_node_seen(&m, "n1", true, false, false);
    live_model_node_seen(&m, "n2", true, false, false);
    live_model_connected(&m, 0);
}

static void teardown(void)
{
    live_model_free(&m);
}

static void accepted(size_t side, size_t pod, int64_t at_us)
{
    ck_assert_int_eq(live_model_pod_accepted(&m, side, pod, at_us, &err), 0);
}

static void seen(size_t side, size_t pod, const char *node, int64_t at_us)
{
    ck_assert_int_eq(live_model_pod_seen(&m, side, pod, node, at_us, 0, &err), 0);
}

static void listed(size_t side, size_t pod, const char *node, int64_t at_us)
{
    ck_assert_int_eq(live_model_pod_seen(&m, side, pod, node, at_us, LIVE_LISTED, &err), 0);
}

static void counts(size_t side, size_t waiting, size_t bound, size_t placed, size_t samples)
{
    const struct live_side *s = &m.sides[side];

    ck_assert_msg(s->waiting == waiting && s->bound == bound && s->placed == placed && s->sample_count == samples,
                  "%zu waiting, %zu bound, %zu placed, %zu samples", s->waiting, s->bound, s->placed, s->sample_count);
}

static bool says(const char *text)
{
    for (size_t i = 0; i < m.log_count && i < LIVE_LOG_LINES; i++)
        if (strstr(m.log[i].text, text))
            return true;
    return false;
}

/* ---- pods ---- */

START_TEST(test_a_pod_s_life)
{
    accepted(0, 0, S(1));
    counts(0, 1, 0, 0, 0);
    seen(0, 0, NULL, S(1.001));
    seen(0, 0, "", S(1.002));
    counts(0, 1, 0, 0, 0);
    seen(0, 0, "n2", S(2.5));
    counts(0, 0, 1, 1, 1);
    ck_assert_int_eq(live_model_last_latency(&m.sides[0]), S(1.5));
    ck_assert_uint_eq(m.nodes[live_model_find_node(&m, "n2")].pods[0], 1);
    ck_assert_uint_eq(m.nodes[live_model_find_node(&m, "n2")].pods[1], 0);
    seen(0, 0, "n2", S(2.6));
    counts(0, 0, 1, 1, 1);
    live_model_pod_gone(&m, 0, 0, S(3));
    live_model_pod_gone(&m, 0, 0, S(3));
    counts(0, 0, 1, 0, 1);
    ck_assert_uint_eq(m.nodes[live_model_find_node(&m, "n2")].pods[0], 0);
    counts(1, 0, 0, 0, 0);
}
END_TEST

/* the watch may be quicker than the answer: the earlier of the two is when it was accepted */
START_TEST(test_accepted_by_the_earlier_word)
{
    seen(0, 0, NULL, S(1));
    accepted(0, 0, S(1.01));
    seen(0, 0, "n1", S(2));
    ck_assert_int_eq(live_model_last_latency(&m.sides[0]), S(1));
    accepted(0, 1, S(1));
    seen(0, 1, NULL, S(1.01));
    seen(0, 1, "n1", S(3));
    ck_assert_int_eq(live_model_last_latency(&m.sides[0]), S(2));
    /* bound before the answer was read: no negative time, and no second start */
    seen(0, 2, NULL, S(4));
    seen(0, 2, "n1", S(4.001));
    accepted(0, 2, S(4.002));
    ck_assert_int_eq(live_model_last_latency(&m.sides[0]), S(0.001));
    counts(0, 0, 3, 3, 3);
}
END_TEST

START_TEST(test_gone_before_it_was_bound)
{
    accepted(0, 0, S(1));
    live_model_pod_gone(&m, 0, 0, S(2));
    counts(0, 0, 0, 0, 0);
    seen(0, 0, "n1", S(3));
    counts(0, 0, 0, 0, 0);
    live_model_pod_gone(&m, 0, 77, S(2));
}
END_TEST

START_TEST(test_bound_twice)
{
    accepted(1, 3, S(1));
    seen(1, 3, "n1", S(2));
    seen(1, 3, "n2", S(3));
    ck_assert_str_eq(m.sides[1].invalid, "pod 3 was bound twice: to n1, then to n2");
    ck_assert_uint_eq(m.nodes[live_model_find_node(&m, "n1")].pods[1], 0);
    ck_assert_uint_eq(m.nodes[live_model_find_node(&m, "n2")].pods[1], 1);
    counts(1, 0, 1, 1, 1);
}
END_TEST

START_TEST(test_too_many_pods)
{
    accepted(0, LIVE_PODS_MAX - 1, S(1));
    ck_assert_int_eq(live_model_pod_accepted(&m, 0, LIVE_PODS_MAX, S(1), &err), -1);
    ck_assert_int_eq(err.kind, ERROR_RUNTIME);
    counts(0, 1, 0, 0, 0);
}
END_TEST

/* ---- a cut ---- */

/* what a list brings to light is counted, and not timed; what happens after it is timed again */
START_TEST(test_a_list_times_nothing)
{
    accepted(0, 0, S(1));
    accepted(0, 1, S(1));
    seen(0, 2, NULL, S(1));
    seen(0, 2, "n1", S(2));
    live_model_disconnected(&m, "Connection refused", S(3));
    live_model_list_begins(&m, false);
    listed(0, 0, "n1", S(8));
    listed(0, 1, NULL, S(8));
    live_model_list_ends(&m, false, S(8));
    live_model_connected(&m, S(8));
    counts(0, 1, 2, 1, 1);
    ck_assert_uint_eq(m.sides[0].untimed, 1);
    seen(0, 1, "n2", S(8.5));
    counts(0, 0, 3, 2, 2);
    ck_assert_int_eq(live_model_last_latency(&m.sides[0]), S(7.5));
    ck_assert_msg(strstr(m.invalid, "away"), "%s", m.invalid);
    ck_assert(says("the API server is away: Connection refused") && says("the API server is back"));
}
END_TEST

/* a pod that nobody saw being made has no latency */
START_TEST(test_made_unseen)
{
    listed(1, 0, NULL, S(1));
    counts(1, 1, 0, 0, 0);
    seen(1, 0, "n1", S(2));
    counts(1, 0, 1, 1, 0);
    ck_assert_uint_eq(m.sides[1].untimed, 1);
}
END_TEST

START_TEST(test_recovery_is_told)
{
    accepted(0, 0, S(1));
    accepted(1, 0, S(1));
    live_model_disconnected(&m, "gone", S(2));
    live_model_disconnected(&m, "gone", S(2.1));
    live_model_connected(&m, S(7));
    seen(1, 0, "n1", S(7.25));
    ck_assert(says("watch binds again, 0.2 s after the server was back") || says("watch binds again, 0.3 s after the server was back"));
    ck_assert(!says("polling binds again"));
    seen(0, 0, "n1", S(9));
    ck_assert(says("polling binds again, 2.0 s after the server was back"));
}
END_TEST

START_TEST(test_stopped_view_times_nothing)
{
    accepted(0, 0, S(1));
    live_model_stopped(&m, S(60), S(61));
    seen(0, 0, "n1", S(61));
    counts(0, 0, 1, 1, 0);
    accepted(0, 1, S(62));
    seen(0, 1, "n1", S(63));
    counts(0, 0, 2, 2, 1);
    ck_assert_msg(strstr(m.invalid, "stopped"), "%s", m.invalid);
}
END_TEST

START_TEST(test_nodes_of_a_list)
{
    live_model_list_begins(&m, true);
    live_model_node_seen(&m, "n2", true, true, false);
    live_model_node_seen(&m, "n3", true, false, false);
    live_model_list_ends(&m, true, S(1));
    ck_assert_uint_eq(m.node_there, 2);
    ck_assert_str_eq(m.nodes[m.node_order[0]].name, "n2");
    ck_assert(m.nodes[m.node_order[0]].cordoned);
    /* comes back as the same node */
    live_model_node_seen(&m, "n1", true, false, false);
    ck_assert_uint_eq(m.node_there, 3);
    ck_assert_uint_eq(m.node_count, 3);
    ck_assert_str_eq(m.nodes[m.node_order[0]].name, "n1");
}
END_TEST

START_TEST(test_order_and_prefix_of_names)
{
    static const char *const names[] = {"lab-worker10", "lab-worker9", "lab-control-plane", "lab-worker"};
    static const char *const ordered[] = {"lab-control-plane", "lab-worker", "lab-worker9", "lab-worker10"};

    live_model_node_gone(&m, "n1");
    live_model_node_gone(&m, "n2");
    for (size_t i = 0; i < 4; i++)
        live_model_node_seen(&m, names[i], true, false, false);
    for (size_t i = 0; i < 4; i++)
        ck_assert_str_eq(m.nodes[m.node_order[i]].name, ordered[i]);
    ck_assert_uint_eq(live_model_node_prefix(&m), 4);
    live_model_node_seen(&m, "other", true, false, false);
    ck_assert_uint_eq(live_model_node_prefix(&m), 0);
}
END_TEST

START_TEST(test_as_many_nodes_as_there_may_be)
{
    char name[32];

    for (int i = 0; i < LIVE_NODES_MAX + 10; i++) {
        snprintf(name, sizeof name, "node-%d", i);
        live_model_node_seen(&m, name, true, false, false);
    }
    ck_assert_uint_eq(m.node_there, LIVE_NODES_MAX);
    ck_assert_int_ge(live_model_find_node(&m, "node-4000"), 0);
    ck_assert_int_eq(live_model_find_node(&m, "node-5009"), -1);
}
END_TEST

/* ---- figures ---- */

START_TEST(test_figures_are_of_the_last_ones)
{
    struct statistics s;

    ck_assert_int_eq(live_model_last_latency(&m.sides[0]), NOT_SEEN);
    ck_assert_uint_eq(live_model_latency(&m.sides[0]).count, 0);
    for (size_t i = 0; i < 2 * LIVE_WINDOW; i++) {
        accepted(0, i, S(i));
        seen(0, i, "n1", S(i) + (i < LIVE_WINDOW ? S(0.5) : (int64_t)(i - LIVE_WINDOW + 1)));
    }
    s = live_model_latency(&m.sides[0]);
    ck_assert_uint_eq(s.count, LIVE_WINDOW);
    ck_assert_int_eq(s.median, LIVE_WINDOW / 2);
    ck_assert_int_eq(s.p95, LIVE_WINDOW * 95 / 100);
    ck_assert_int_eq(s.max, LIVE_WINDOW);
}
END_TEST

static void count_to(int64_t count, int64_t at_us)
{
    struct live_count list = {"list", count};

    live_model_requests(&m, 0, &list, 1, at_us);
}

START_TEST(test_requests_a_minute)
{
    ck_assert_double_eq(live_model_per_minute(&m.sides[0]), -1);
    count_to(0, 0);
    count_to(4, S(4));
    ck_assert_double_eq(live_model_per_minute(&m.sides[0]), -1);
    count_to(8, S(8));
    ck_assert_double_eq_tol(live_model_per_minute(&m.sides[0]), 60, 0.01);
    /* a burst long ago is not in it */
    count_to(1000, S(9));
    for (int second = 10; second <= 100; second++)
        count_to(1000 + (second - 9) / 2, S(second));
    ck_assert_double_eq_tol(live_model_per_minute(&m.sides[0]), 30, 1);
    ck_assert_int_eq(m.sides[0].requests, 1045);
    ck_assert(isnan(live_model_count(&m.sides[0], "bind")));
    ck_assert_double_eq(live_model_count(&m.sides[0], "list"), 1045);
}
END_TEST

/* looked at ten times a second, as while a scheduler starts: the minute is still a minute */
START_TEST(test_requests_a_minute_of_many_looks)
{
    for (int tenth = 0; tenth <= 1200; tenth++)
        count_to(tenth, (int64_t)tenth * 100000);
    ck_assert_double_eq_tol(live_model_per_minute(&m.sides[0]), 600, 15);
    ck_assert_int_ge(m.sides[0].looks[(m.sides[0].look_count - 1) % LIVE_RATE_LOOKS].at_us -
                         m.sides[0].looks[m.sides[0].look_count % LIVE_RATE_LOOKS].at_us,
                     S(55));
}
END_TEST

START_TEST(test_states)
{
    ck_assert_int_eq(m.sides[0].state, LIVE_STARTING);
    count_to(0, S(1));
    ck_assert_int_eq(m.sides[0].state, LIVE_STARTING);
    count_to(1, S(2));
    ck_assert_int_eq(m.sides[0].state, LIVE_RUNNING);
    accepted(1, 0, S(1));
    seen(1, 0, "n1", S(2));
    ck_assert_int_eq(m.sides[1].state, LIVE_RUNNING);
    live_model_ended(&m, 1, "signal 9", S(3));
    live_model_ended(&m, 1, "signal 15", S(4));
    ck_assert_str_eq(m.sides[1].end, "signal 9");
    ck_assert_str_eq(m.sides[1].invalid, "it ended by itself (signal 9)");
}
END_TEST

/* ---- results ---- */

static struct results *fill(int64_t ended_us, long *least)
{
    struct results *results = results_new(&err);

    ck_assert_ptr_nonnull(results);
    ck_assert_ptr_nonnull(results_add_contestant(results, "polling", "x", 2, &err));
    ck_assert_ptr_nonnull(results_add_contestant(results, "watch", "x", 0, &err));
    *least = live_results_fill(&m, ended_us, results, &err);
    return results;
}

/* the last five seconds (two intervals and one) are left out for both, bound or not */
START_TEST(test_results_without_the_last_moments)
{
    struct results *results;
    long least;

    for (size_t i = 0; i < 20; i++)
        for (size_t side = 0; side < 2; side++) {
            accepted(side, i, S(i));
            if (i < 18 || side)
                seen(side, i, "n1", S(i) + S(0.1));
        }
    results = fill(S(20), &least);
    ck_assert_int_eq(least, 16);
    for (size_t side = 0; side < 2; side++) {
        const struct results_run *run = &results->contestants[side].runs[0];

        ck_assert(run->valid);
        ck_assert_uint_eq(run->pod_count, 16);
        ck_assert_int_eq(run->pods[15].bound_us - run->pods[15].accepted_us, S(0.1));
        ck_assert_str_eq(run->pods[15].node, "n1");
    }
    results_free(results);
}
END_TEST

START_TEST(test_results_say_what_was_wrong)
{
    static const char *const reasons[] = {"pod 2 of polling stayed unbound", "the server was cut", "it ended by itself (exit code 1)",
                                          "1 pods were bound while nobody could see when"};
    struct results *results;
    long least;

    for (size_t i = 0; i < 20; i++)
        for (size_t side = 0; side < 2; side++) {
            accepted(side, i, S(i));
            if (_i != 0 || i != 2 || side)
                (_i == 3 && i == 4 ? listed : seen)(side, i, "n1", S(i) + S(0.1));
        }
    if (_i == 1)
        live_model_invalidate(&m, "the server was cut");
    if (_i == 2)
        live_model_ended(&m, 0, "exit code 1", S(19));
    results = fill(S(30), &least);
    ck_assert(!results->contestants[0].runs[0].valid);
    ck_assert_str_eq(results->contestants[0].runs[0].reason, reasons[_i]);
    ck_assert_int_eq(results->contestants[1].runs[0].valid, _i == 0 || _i == 2);
    results_free(results);
}
END_TEST

START_TEST(test_results_of_nothing)
{
    struct results *results;
    long least;

    results = fill(S(1), &least);
    ck_assert_int_eq(least, 0);
    results_free(results);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("live_model");
    TCase *tc = tcase_create("model");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, test_a_pod_s_life);
    tcase_add_test(tc, test_accepted_by_the_earlier_word);
    tcase_add_test(tc, test_gone_before_it_was_bound);
    tcase_add_test(tc, test_bound_twice);
    tcase_add_test(tc, test_too_many_pods);
    tcase_add_test(tc, test_a_list_times_nothing);
    tcase_add_test(tc, test_made_unseen);
    tcase_add_test(tc, test_recovery_is_told);
    tcase_add_test(tc, test_stopped_view_times_nothing);
    tcase_add_test(tc, test_nodes_of_a_list);
    tcase_add_test(tc, test_order_and_prefix_of_names);
    tcase_add_test(tc, test_as_many_nodes_as_there_may_be);
    tcase_add_test(tc, test_figures_are_of_the_last_ones);
    tcase_add_test(tc, test_requests_a_minute);
    tcase_add_test(tc, test_requests_a_minute_of_many_looks);
    tcase_add_test(tc, test_states);
    tcase_add_test(tc, test_results_without_the_last_moments);
    tcase_add_loop_test(tc, test_results_say_what_was_wrong, 0, 4);
    tcase_add_test(tc, test_results_of_nothing);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}

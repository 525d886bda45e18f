/*
 * test_report.c: events and conditions: their exact words, their order, when they are sent, and when not.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/kube/report.h"
#include "common/kube/report_body.h"
#include "common/limits.h"
#include "tests/unit/support/fake_transport.h"

static struct fake fake;
static struct reporter *reporter;
static struct metrics *metrics;
static bool closed; /* the gate */
static int forbidden;
static char forbidden_what[50];

static bool may_send(void *ctx)
{
    ck_assert_ptr_eq(ctx, &fake);
    return !closed;
}

static void on_forbidden(void *ctx, const char *what, const char *message)
{
    (void)ctx;
    ck_assert_str_eq(message, "events is forbidden");
    forbidden++;
    snprintf(forbidden_what, sizeof forbidden_what, "%s", what);
}

static void set_up(void)
{
    struct error err = ERROR_INIT;
    struct reporter_options options = {.scheduler_name = "my-scheduler",
                                       .instance = "my-scheduler-host",
                                       .may_send = may_send,
                                       .on_forbidden = on_forbidden,
                                       .ctx = &fake};

    closed = false;
    forbidden = 0;
    ck_assert_int_eq(fake_open(&fake, NULL, NULL, &err), 0);
    metrics = metrics_new("s", "h", &err);
    options.client = fake.client;
    options.metrics = metrics;
    reporter = reporter_new(&options, &err);
    ck_assert(metrics && reporter);
}

static void tear_down(void)
{
    reporter_free(reporter);
    ck_assert_int_eq(fake_open_calls(&fake), 0);
    metrics_free(metrics);
    fake_close(&fake);
}

static void assert_dropped(int count)
{
    struct error err = ERROR_INIT;
    struct buffer page;
    char line[100];

    buffer_init(&page, LIMIT_METRICS_PAGE_BYTES);
    snprintf(line, sizeof line, "\nscheduler_event_recorder_dropped_total %d\n", count);
    ck_assert_int_eq(metrics_render(metrics, &page, &err), 0);
    ck_assert_msg(strstr(page.data, line) != NULL, "not dropped: %d\n%s", count, page.data);
    buffer_free(&page);
}

static void failed(const char *uid, const char *message)
{
    report_failed(reporter, "default", "p", uid, "Unschedulable", message);
}

static void scheduled(const char *uid)
{
    report_scheduled(reporter, "default", "p", uid, "n1");
}

static struct fake_call *take(const char *method, const char *target)
{
    struct fake_call *call;

    reporter_pump(reporter);
    call = fake_take(&fake);
    ck_assert_msg(call != NULL, "no request, expected %s %s", method, target);
    ck_assert_str_eq(call->method, method);
    ck_assert_str_eq(call->target, target);
    ck_assert_int_eq(call->timeout_ms, REPORT_TIMEOUT_MS);
    return call;
}

static void assert_nothing(void)
{
    reporter_pump(reporter);
    ck_assert_ptr_null(fake_take(&fake));
}

#define EVENTS "/apis/events.k8s.io/v1/namespaces/default/events"
#define STATUS "/api/v1/namespaces/default/pods/p/status"

/* ---- words ---- */

START_TEST(test_scheduled)
{
    struct fake_call *call;

    report_scheduled(reporter, "default", "p", "u", "n1");
    ck_assert_int_eq(fake.count, 0);
    ck_assert_uint_eq(reporter_pending(reporter), 1);
    call = take("POST", EVENTS);
    ck_assert_str_eq(call->content_type, "application/json");
    ck_assert_str_eq(
        call->body,
        "{\"apiVersion\":\"events.k8s.io/v1\",\"kind\":\"Event\",\"metadata\":{\"name\":\"p.17979cfe362a0000\",\"namespace\":\"default\"},"
        "\"eventTime\":\"2023-11-14T22:13:20.000000Z\",\"reportingController\":\"my-scheduler\",\"reportingInstance\":"
        "\"my-scheduler-host\",\"action\":\"Binding\",\"reason\":\"Scheduled\",\"type\":\"Normal\",\"regarding\":{\"apiVersion\":"
        "\"v1\",\"kind\":\"Pod\",\"namespace\":\"default\",\"name\":\"p\",\"uid\":\"u\"},\"note\":\"Successfully assigned "
        "default/p to n1\"}");
    ck_assert_uint_eq(call->body_bytes, strlen(call->body));
    fake_answer(call, 201, "{}");
    ck_assert_uint_eq(reporter_pending(reporter), 0);
    assert_nothing();
}
END_TEST

START_TEST(test_failed)
{
    struct fake_call *call;

    ck_assert(report_failed(reporter, "default", "p", "u", "Unschedulable", "0/1 nodes: \"x\""));
    call = take("POST", EVENTS);
    ck_assert_str_eq(
        call->body,
        "{\"apiVersion\":\"events.k8s.io/v1\",\"kind\":\"Event\",\"metadata\":{\"name\":\"p.17979cfe362a0000\",\"namespace\":\"default\"},"
        "\"eventTime\":\"2023-11-14T22:13:20.000000Z\",\"reportingController\":\"my-scheduler\",\"reportingInstance\":"
        "\"my-scheduler-host\",\"action\":\"Scheduling\",\"reason\":\"FailedScheduling\",\"type\":\"Warning\",\"regarding\":{"
        "\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"namespace\":\"default\",\"name\":\"p\",\"uid\":\"u\"},\"note\":\"0/1 nodes: "
        "\\\"x\\\"\"}");
    fake_answer(call, 201, "{}");
    call = take("PATCH", STATUS);
    ck_assert_str_eq(call->content_type, "application/strategic-merge-patch+json");
    ck_assert_str_eq(
        call->body,
        "{\"metadata\":{\"uid\":\"u\"},\"status\":{\"conditions\":[{\"type\":\"PodScheduled\",\"status\":\"False\",\"lastProbeTime\":"
        "null,\"lastTransitionTime\":\"2023-11-14T22:13:20Z\",\"reason\":\"Unschedulable\",\"message\":\"0/1 nodes: \\\"x\\\"\"}]}}");
    fake_answer(call, 200, "{}");
    assert_nothing();
}
END_TEST

START_TEST(test_note_is_cut_and_condition_is_not)
{
    static char message[3000], expected[1100];
    struct fake_call *call;

    memset(message, 'x', 1023);
    strcpy(message + 1023, "\xc3\xa4"); /* would be split */
    memset(message + 1025, 'y', 1500);
    failed("u", message);
    snprintf(expected, sizeof expected, "\"note\":\"%.1023s\"}", message);
    call = take("POST", EVENTS);
    ck_assert_ptr_nonnull(strstr(call->body, expected));
    call = take("PATCH", STATUS);
    ck_assert_ptr_nonnull(strstr(call->body, message));
}
END_TEST

START_TEST(test_names_are_escaped)
{
    struct fake_call *call;

    report_failed(reporter, "a/b", "p?\"", "u\"", "Unschedulable", "m");
    call = take("POST", "/apis/events.k8s.io/v1/namespaces/a%2Fb/events");
    ck_assert_ptr_nonnull(strstr(call->body, "\"namespace\":\"a/b\",\"name\":\"p?\\\"\",\"uid\":\"u\\\"\""));
    call = take("PATCH", "/api/v1/namespaces/a%2Fb/pods/p%3F%22/status");
    ck_assert_ptr_nonnull(strstr(call->body, "{\"uid\":\"u\\\"\"}"));
}
END_TEST

START_TEST(test_event_names_are_names)
{
    char name[254], expected[300];
    struct fake_call *call;

    memset(name, 'a', 253);
    name[253] = '\0';
    memcpy(name + 230, "b.-.-.", 6); /* the cut comes behind it */
    report_scheduled(reporter, "default", name, "u", "n1");
    call = take("POST", EVENTS);
    snprintf(expected, sizeof expected, "\"name\":\"%.231s.17979cfe362a0000\"", name);
    ck_assert_msg(strstr(call->body, expected) != NULL, "%s", call->body);
    scheduled("u");
    scheduled("u"); /* in the same microsecond, and yet another name */
    ck_assert_ptr_nonnull(strstr(take("POST", EVENTS)->body, "\"name\":\"p.17979cfe362a0001\""));
    ck_assert_ptr_nonnull(strstr(take("POST", EVENTS)->body, "\"name\":\"p.17979cfe362a0002\""));
}
END_TEST

START_TEST(test_cut)
{
    ck_assert_uint_eq(report_cut("abc", 3), 3);
    ck_assert_uint_eq(report_cut("abc", 2), 2);
    ck_assert_uint_eq(report_cut("", 0), 0);
    ck_assert_uint_eq(report_cut("a\xc3\xa4", 2), 1);
    ck_assert_uint_eq(report_cut("a\xe2\x82\xac", 3), 1);
    ck_assert_uint_eq(report_cut("\xf0\x9f\x98\x80", 3), 0);
    ck_assert_uint_eq(report_cut("\x80\x80\x80", 2), 0);
}
END_TEST

/* ---- when ---- */

START_TEST(test_gate)
{
    closed = true;
    scheduled("u");
    assert_nothing();
    ck_assert_uint_eq(reporter_pending(reporter), 1);
    closed = false;
    take("POST", EVENTS);
    ck_assert_uint_eq(reporter_inflight(reporter), 1);
}
END_TEST

START_TEST(test_order_and_limit)
{
    for (int i = 0; i < 40; i++) {
        char name[10];

        snprintf(name, sizeof name, "p%d", i);
        report_scheduled(reporter, "default", name, "u", "n");
    }
    reporter_pump(reporter);
    ck_assert_int_eq(fake.count, REPORT_MAX_INFLIGHT);
    for (int i = 0; i < 40; i++) {
        char expected[30];
        struct fake_call *call = take("POST", EVENTS);

        ck_assert_uint_le(reporter_inflight(reporter), REPORT_MAX_INFLIGHT);
        snprintf(expected, sizeof expected, "assigned default/p%d to n\"", i);
        ck_assert_msg(strstr(call->body, expected) != NULL, "%s", call->body);
        fake_answer(call, 201, "");
    }
    ck_assert_uint_eq(reporter_pending(reporter), 0);
}
END_TEST

/* ---- the same again ---- */

START_TEST(test_same_message_is_said_once)
{
    failed("u", "m");
    fake_answer(take("POST", EVENTS), 201, "");
    fake_answer(take("PATCH", STATUS), 200, "");
    for (int i = 0; i < 10; i++) {
        fake.now_us += 29000000;
        ck_assert(!report_failed(reporter, "default", "p", "u", "Unschedulable", "m"));
    }
    assert_nothing();
    ck_assert(report_failed(reporter, "default", "p", "v", "Unschedulable", "m")); /* another pod */
    ck_assert(report_failed(reporter, "default", "p", "u", "Unschedulable", "M")); /* other words */
    ck_assert(!report_failed(reporter, "default", "p", "u", "Unschedulable", "M"));
    ck_assert_uint_eq(reporter_pending(reporter), 4);
}
END_TEST

START_TEST(test_series_after_five_minutes)
{
    struct fake_call *call;

    failed("u", "m");
    fake_answer(take("POST", EVENTS), 201, "");
    fake_answer(take("PATCH", STATUS), 200, "");
    fake.now_us += 200000000;
    failed("u", "m");
    fake.now_us += 99999999;
    failed("u", "m");
    assert_nothing();
    fake.now_us += 1;
    ck_assert(!report_failed(reporter, "default", "p", "u", "Unschedulable", "m"));
    call = take("PATCH", EVENTS "/p.17979cfe362a0000");
    ck_assert_str_eq(call->content_type, "application/merge-patch+json");
    ck_assert_str_eq(call->body, "{\"series\":{\"count\":4,\"lastObservedTime\":\"2023-11-14T22:18:20.000000Z\"}}");
    fake_answer(call, 200, "");
    fake.now_us += 299999999;
    failed("u", "m");
    assert_nothing();
}
END_TEST

START_TEST(test_what_nobody_spoke_of_for_long_is_forgotten)
{
    failed("u", "m");
    fake.now_us += 2 * (int64_t)REPORT_SERIES_US + 1;
    ck_assert(report_failed(reporter, "default", "p", "u", "Unschedulable", "m"));
}
END_TEST

START_TEST(test_forget)
{
    closed = true;
    failed("u", "m");
    failed("v", "m");
    report_forget(reporter, "u");
    report_forget(reporter, "unknown");
    ck_assert_uint_eq(reporter_pending(reporter), 3);
    closed = false;
    ck_assert_ptr_nonnull(strstr(take("POST", EVENTS)->body, "\"uid\":\"u\""));
    ck_assert_ptr_nonnull(strstr(take("POST", EVENTS)->body, "\"uid\":\"v\""));
    ck_assert_ptr_nonnull(strstr(take("PATCH", STATUS)->body, "\"uid\":\"v\""));
    assert_nothing();
    ck_assert(report_failed(reporter, "default", "p", "u", "Unschedulable", "m"));
}
END_TEST

/* written after the binding it would say False of a pod that is placed */
START_TEST(test_condition_on_the_wire_is_not_sent_again_once_forgotten)
{
    struct fake_call *call;

    failed("u", "m");
    fake_answer(take("POST", EVENTS), 201, "");
    call = take("PATCH", STATUS);
    report_forget(reporter, "u");
    fake_fail(call, 503, "", "no");
    ck_assert_uint_eq(reporter_pending(reporter), 0);
    fake_advance_ms(&fake, 10000);
    assert_nothing();
    assert_dropped(0);
}
END_TEST

/* ---- answers ---- */

START_TEST(test_answers_that_end_it)
{
    static const int codes[] = {200, 201, 409, 404};

    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        scheduled("u");
        fake_fail(take("POST", EVENTS), codes[i], "", "x");
        assert_nothing();
    }
    assert_dropped(0);
    ck_assert_int_eq(fake.warnings, 0);
    scheduled("u");
    fake_fail(take("POST", EVENTS), 422, "Invalid", "no name");
    ck_assert_str_eq(fake_warning(&fake), "cannot report on default/p: no name");
    assert_dropped(1);
    assert_nothing();
}
END_TEST

START_TEST(test_forbidden_is_said_once_for_each_right)
{
    for (int i = 0; i < 2; i++) {
        scheduled("u");
        fake_fail(take("POST", EVENTS), 403, "Forbidden", "events is forbidden");
    }
    ck_assert_int_eq(forbidden, 1);
    ck_assert_str_eq(forbidden_what, "create events");
    failed("u", "m");
    fake_fail(take("POST", EVENTS), 403, "Forbidden", "events is forbidden");
    ck_assert_int_eq(forbidden, 1);
    fake_fail(take("PATCH", STATUS), 403, "Forbidden", "events is forbidden");
    ck_assert_int_eq(forbidden, 2);
    ck_assert_str_eq(forbidden_what, "patch pods/status");
    fake.now_us += REPORT_SERIES_US;
    failed("u", "m");
    fake_fail(take("PATCH", EVENTS "/p.17979cfe362a0002"), 403, "Forbidden", "events is forbidden");
    ck_assert_int_eq(forbidden, 3);
    ck_assert_str_eq(forbidden_what, "patch events");
    assert_dropped(5);
}
END_TEST

START_TEST(test_namespace_that_goes_away_is_no_missing_right)
{
    scheduled("u");
    fake_fail(take("POST", EVENTS), 403, "Forbidden", "unable to create new content in namespace x because it is being terminated");
    ck_assert_int_eq(forbidden, 0);
    assert_dropped(1);
}
END_TEST

/* time at which the pause is over */
static int64_t pause_ms(void)
{
    int64_t waited;

    assert_nothing();
    waited = fake_step(&fake);
    ck_assert_int_ge(waited, 0);
    return waited / 1000;
}

START_TEST(test_trouble_pauses_all_and_goes_first)
{
    struct fake_call *call;

    scheduled("1");
    call = take("POST", EVENTS);
    scheduled("2");
    fake_answer_with(call, 429, 7, "slow down");
    ck_assert_int_eq(pause_ms(), 7000);
    ck_assert_ptr_nonnull(strstr(take("POST", EVENTS)->body, "\"uid\":\"1\""));
    ck_assert_ptr_nonnull(strstr(take("POST", EVENTS)->body, "\"uid\":\"2\""));
}
END_TEST

START_TEST(test_longest_pause_counts)
{
    struct fake_call *a, *b;

    scheduled("1");
    scheduled("2");
    a = take("POST", EVENTS);
    b = take("POST", EVENTS);
    fake_answer_with(a, 429, 30, "");
    fake_answer_with(b, 503, -1, "");
    ck_assert_int_eq(pause_ms(), 30000);
}
END_TEST

START_TEST(test_pause_has_an_end)
{
    scheduled("1");
    fake_answer_with(take("POST", EVENTS), 429, INT64_MAX / 1000 - 1, "");
    ck_assert_int_eq(pause_ms(), KUBE_RETRY_AFTER_MAX_MS);
    take("POST", EVENTS);
}
END_TEST

START_TEST(test_three_attempts)
{
    struct fake_call *call;
    int64_t wait;

    scheduled("1");
    fake_lose(take("POST", EVENTS));
    wait = pause_ms();
    ck_assert(wait >= 1000 && wait < 1500);
    fake_refuse(take("POST", EVENTS));
    wait = pause_ms();
    ck_assert(wait >= 2000 && wait < 3000);
    call = take("POST", EVENTS);
    scheduled("2");
    fake_fail(call, 500, "", "no");
    assert_dropped(1);
    ck_assert_uint_eq(reporter_pending(reporter), 1);
    wait = pause_ms(); /* the server is no better off because we gave one up */
    ck_assert(wait >= 4000 && wait < 6000);
    ck_assert_ptr_nonnull(strstr(take("POST", EVENTS)->body, "\"uid\":\"2\""));
}
END_TEST

START_TEST(test_queue_has_a_ceiling)
{
    char uid[20];

    closed = true;
    for (unsigned i = 0; i < LIMIT_EVENT_QUEUE + 3; i++) {
        snprintf(uid, sizeof uid, "%u", i);
        scheduled(uid);
    }
    ck_assert_uint_eq(reporter_pending(reporter), LIMIT_EVENT_QUEUE);
    assert_dropped(3);
    closed = false;
    ck_assert_ptr_nonnull(strstr(take("POST", EVENTS)->body, "\"uid\":\"3\""));
}
END_TEST

START_TEST(test_request_that_cannot_start)
{
    fake.refuse_starts = 1;
    scheduled("1");
    scheduled("2");
    ck_assert_ptr_nonnull(strstr(take("POST", EVENTS)->body, "\"uid\":\"2\""));
    assert_dropped(1);
}
END_TEST

START_TEST(test_free_with_much_under_way)
{
    reporter_free(NULL);
    for (int i = 0; i < 30; i++)
        failed(i % 2 ? "u" : "v", i % 3 ? "m" : "n");
    reporter_pump(reporter);
    ck_assert_uint_eq(reporter_inflight(reporter), REPORT_MAX_INFLIGHT);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("report");
    TCase *words = tcase_create("words"), *when = tcase_create("when"), *again = tcase_create("again"), *answers = tcase_create("answers");
    TCase *const all[] = {words, when, again, answers};
    SRunner *runner;
    int bad;

    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        tcase_add_checked_fixture(all[i], set_up, tear_down);
        suite_add_tcase(suite, all[i]);
    }
    tcase_add_test(words, test_scheduled);
    tcase_add_test(words, test_failed);
    tcase_add_test(words, test_note_is_cut_and_condition_is_not);
    tcase_add_test(words, test_names_are_escaped);
    tcase_add_test(words, test_event_names_are_names);
    tcase_add_test(words, test_cut);
    tcase_add_test(when, test_gate);
    tcase_add_test(when, test_order_and_limit);
    tcase_add_test(when, test_queue_has_a_ceiling);
    tcase_add_test(when, test_free_with_much_under_way);
    tcase_add_test(again, test_same_message_is_said_once);
    tcase_add_test(again, test_series_after_five_minutes);
    tcase_add_test(again, test_what_nobody_spoke_of_for_long_is_forgotten);
    tcase_add_test(again, test_forget);
    tcase_add_test(again, test_condition_on_the_wire_is_not_sent_again_once_forgotten);
    tcase_add_test(answers, test_answers_that_end_it);
    tcase_add_test(answers, test_forbidden_is_said_once_for_each_right);
    tcase_add_test(answers, test_namespace_that_goes_away_is_no_missing_right);
    tcase_add_test(answers, test_trouble_pauses_all_and_goes_first);
    tcase_add_test(answers, test_longest_pause_counts);
    tcase_add_test(answers, test_pause_has_an_end);
    tcase_add_test(answers, test_three_attempts);
    tcase_add_test(answers, test_request_that_cannot_start);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    bad = srunner_ntests_failed(runner);
    srunner_free(runner);
    return bad != 0;
}

/*
 * test_report_preemption.c: what is written of a preemption: the event Preempted, and the nominated node, which shares its request with the condition.
 */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "common/kube/report.h"
#include "tests/unit/support/fake_transport.h"

static struct fake fake;
static struct reporter *reporter;
static bool closed; /* the gate */

static bool may_send(void *ctx)
{
    (void)ctx;
    return !closed;
}

static void set_up(void)
{
    struct error err = ERROR_INIT;
    struct reporter_options options = {.scheduler_name = "my-scheduler", .instance = "my-scheduler-host", .may_send = may_send};

    closed = false;
    ck_assert_int_eq(fake_open(&fake, NULL, NULL, &err), 0);
    options.client = fake.client;
    reporter = reporter_new(&options, &err);
    ck_assert_ptr_nonnull(reporter);
}

static void tear_down(void)
{
    reporter_free(reporter);
    ck_assert_int_eq(fake_open_calls(&fake), 0);
    fake_close(&fake);
}

#define EVENTS "/apis/events.k8s.io/v1/namespaces/default/events"
#define STATUS "/api/v1/namespaces/default/pods/p/status"

static struct fake_call *take(const char *method, const char *target)
{
    struct fake_call *call;

    reporter_pump(reporter);
    call = fake_take(&fake);
    ck_assert_msg(call != NULL, "no request, expected %s %s", method, target);
    ck_assert_str_eq(call->method, method);
    ck_assert_str_eq(call->target, target);
    return call;
}

static void assert_nothing(void)
{
    reporter_pump(reporter);
    ck_assert_ptr_null(fake_take(&fake));
}

static void nominated(const char *uid, const char *node)
{
    report_nominated(reporter, "default", "p", uid, node);
}

static void failed(const char *message)
{
    ck_assert(report_failed(reporter, "default", "p", "u", "Unschedulable", message));
}

/* the pod's status is patched with `status`, and that alone */
static void assert_patch(struct fake_call *call, const char *status)
{
    char body[500];

    snprintf(body, sizeof body, "{\"metadata\":{\"uid\":\"u\"},\"status\":{%s}}", status);
    ck_assert_str_eq(call->content_type, "application/strategic-merge-patch+json");
    ck_assert_str_eq(call->body, body);
    ck_assert_uint_eq(call->body_bytes, strlen(body));
}

#define CONDITION(message)                                                                                                                 \
    "\"conditions\":[{\"type\":\"PodScheduled\",\"status\":\"False\",\"lastProbeTime\":null,\"lastTransitionTime\":"                       \
    "\"2023-11-14T22:13:20Z\",\"reason\":\"Unschedulable\",\"message\":\"" message "\"}]"
#define NODE(node) "\"nominatedNodeName\":\"" node "\""
#define NO_NODE "\"nominatedNodeName\":null"

/* ---- the event ---- */

#define EVENT_HEAD                                                                                                                         \
    "{\"apiVersion\":\"events.k8s.io/v1\",\"kind\":\"Event\",\"metadata\":{\"name\":\"p.17979cfe362a0000\",\"namespace\":\"default\"},"    \
    "\"eventTime\":\"2023-11-14T22:13:20.000000Z\",\"reportingController\":\"my-scheduler\",\"reportingInstance\":"                        \
    "\"my-scheduler-host\",\"action\":\"Preempting\",\"reason\":\"Preempted\",\"type\":\"Normal\",\"regarding\":{\"apiVersion\":\"v1\","   \
    "\"kind\":\"Pod\",\"namespace\":\"default\",\"name\":\"p\",\"uid\":\"u\"},"

START_TEST(test_preempted)
{
    struct fake_call *call;

    report_preempted(reporter, "default", "p", "u", "other", "q", "v", "n1", "not this");
    call = take("POST", EVENTS);
    ck_assert_str_eq(call->content_type, "application/json");
    ck_assert_str_eq(call->body,
                     EVENT_HEAD "\"related\":{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"namespace\":\"other\",\"name\":\"q\",\"uid\":"
                                "\"v\"},\"note\":\"Preempted by pod v on node n1\"}");
    fake_answer(call, 201, "{}");
    assert_nothing();
}
END_TEST

START_TEST(test_preempted_without_a_cause)
{
    report_preempted(reporter, "default", "p", "u", "", "", "", "n1", "its gang cannot be bound whole");
    ck_assert_str_eq(take("POST", EVENTS)->body, EVENT_HEAD "\"note\":\"its gang cannot be bound whole\"}");
    assert_nothing();
}
END_TEST

START_TEST(test_event_is_kept_when_its_pod_is_forgotten)
{
    closed = true;
    report_preempted(reporter, "default", "p", "u", "default", "q", "v", "n1", "");
    report_forget(reporter, "u");
    closed = false;
    take("POST", EVENTS);
}
END_TEST

/* ---- the node ---- */

START_TEST(test_nominated)
{
    struct fake_call *call;

    nominated("u", "n\"1");
    call = take("PATCH", STATUS);
    assert_patch(call, NODE("n\\\"1"));
    fake_answer(call, 200, "{}");
    nominated("u", "");
    call = take("PATCH", STATUS);
    assert_patch(call, NO_NODE);
    fake_answer(call, 200, "{}");
    assert_nothing();
    ck_assert_uint_eq(reporter_pending(reporter), 0);
}
END_TEST

START_TEST(test_last_node_counts)
{
    closed = true;
    nominated("u", "n1");
    nominated("u", "");
    nominated("u", "n2");
    nominated("v", "n3");
    ck_assert_uint_eq(reporter_pending(reporter), 2);
    closed = false;
    assert_patch(take("PATCH", STATUS), NODE("n2"));
    ck_assert_ptr_nonnull(strstr(take("PATCH", STATUS)->body, "\"uid\":\"v\""));
    assert_nothing();
}
END_TEST

START_TEST(test_node_and_condition_go_together)
{
    closed = true;
    failed("m");
    nominated("u", "n1");
    ck_assert_uint_eq(reporter_pending(reporter), 2);
    closed = false;
    take("POST", EVENTS);
    assert_patch(take("PATCH", STATUS), CONDITION("m") "," NODE("n1"));
    assert_nothing();
}
END_TEST

START_TEST(test_condition_follows_the_node)
{
    closed = true;
    nominated("u", "n1");
    failed("m");
    failed("o"); /* the last condition counts, and the node stays */
    closed = false;
    assert_patch(take("PATCH", STATUS), CONDITION("o") "," NODE("n1"));
    take("POST", EVENTS);
    take("POST", EVENTS);
    assert_nothing();
}
END_TEST

/* the time of a condition is its own, whenever the node was said */
START_TEST(test_condition_keeps_its_time)
{
    closed = true;
    failed("m");
    fake.now_us += 5000000;
    nominated("u", "");
    closed = false;
    take("POST", EVENTS);
    assert_patch(take("PATCH", STATUS), CONDITION("m") "," NO_NODE);
}
END_TEST

START_TEST(test_many_pods_with_statuses_that_wait)
{
    char uid[20];
    int patches = 0;

    closed = true;
    for (int i = 0; i < 3000; i++) {
        snprintf(uid, sizeof uid, "%d", i);
        report_failed(reporter, "default", "p", uid, "Unschedulable", "m");
    }
    for (int i = 0; i < 3000; i++) {
        snprintf(uid, sizeof uid, "%d", i);
        if (i % 3)
            nominated(uid, "n1");
        else
            report_forget(reporter, uid);
    }
    ck_assert_uint_eq(reporter_pending(reporter), 5000);
    closed = false;
    while (reporter_pending(reporter)) {
        struct fake_call *call;

        reporter_pump(reporter);
        call = fake_take(&fake);
        ck_assert_ptr_nonnull(call);
        patches += !strcmp(call->method, "PATCH");
        ck_assert_int_eq(strstr(call->body, "nominatedNodeName") != NULL, !strcmp(call->method, "PATCH"));
        fake_answer(call, 200, "{}");
    }
    ck_assert_int_eq(patches, 2000);
}
END_TEST

/* ---- on the wire ---- */

/* two patches on the wire could change places */
START_TEST(test_one_patch_of_a_pod_at_a_time)
{
    struct fake_call *first;

    nominated("u", "n1");
    first = take("PATCH", STATUS);
    nominated("u", "");
    report_preempted(reporter, "default", "p", "x", "", "", "", "n1", "m"); /* does not wait for it */
    take("POST", EVENTS);
    assert_nothing();
    fake_answer(first, 200, "{}");
    assert_patch(take("PATCH", STATUS), NO_NODE);
}
END_TEST

START_TEST(test_what_failed_gives_way_to_what_came_later)
{
    struct fake_call *call;

    failed("m");
    fake_answer(take("POST", EVENTS), 201, "{}");
    call = take("PATCH", STATUS);
    nominated("u", "n1");
    nominated("u", "n2");
    fake_fail(call, 503, "ServiceUnavailable", "no");
    ck_assert_uint_eq(reporter_pending(reporter), 1);
    assert_nothing(); /* a pause */
    fake_step(&fake);
    assert_patch(take("PATCH", STATUS), CONDITION("m") "," NODE("n2"));
    assert_nothing();
}
END_TEST

START_TEST(test_forgotten_is_not_nominated)
{
    struct fake_call *call;

    nominated("u", "n1");
    call = take("PATCH", STATUS);
    nominated("u", "n2");
    report_forget(reporter, "u");
    fake_fail(call, 503, "ServiceUnavailable", "no");
    ck_assert_uint_eq(reporter_pending(reporter), 0);
    fake_step(&fake);
    assert_nothing();
}
END_TEST

/* as kube-apiserver 1.34.4 refuses a patch with the UID of a pod that was there before */
START_TEST(test_another_pod_is_no_trouble)
{
    nominated("u", "n1");
    fake_fail(take("PATCH", STATUS), 422, "Invalid", "Pod 'p' is invalid: metadata.uid: Invalid value: 'u': field is immutable");
    ck_assert_int_eq(fake.warnings, 0);
    nominated("u", "n1");
    fake_fail(take("PATCH", STATUS), 422, "Invalid", "Pod 'p' is invalid: status.nominatedNodeName: Invalid value");
    ck_assert_int_eq(fake.warnings, 1);
    assert_nothing();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("report preemption");
    TCase *tcase = tcase_create("core");
    SRunner *runner;
    int bad;

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, test_preempted);
    tcase_add_test(tcase, test_preempted_without_a_cause);
    tcase_add_test(tcase, test_event_is_kept_when_its_pod_is_forgotten);
    tcase_add_test(tcase, test_nominated);
    tcase_add_test(tcase, test_last_node_counts);
    tcase_add_test(tcase, test_node_and_condition_go_together);
    tcase_add_test(tcase, test_condition_follows_the_node);
    tcase_add_test(tcase, test_condition_keeps_its_time);
    tcase_add_test(tcase, test_many_pods_with_statuses_that_wait);
    tcase_add_test(tcase, test_one_patch_of_a_pod_at_a_time);
    tcase_add_test(tcase, test_what_failed_gives_way_to_what_came_later);
    tcase_add_test(tcase, test_forgotten_is_not_nominated);
    tcase_add_test(tcase, test_another_pod_is_no_trouble);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    bad = srunner_ntests_failed(runner);
    srunner_free(runner);
    return bad != 0;
}

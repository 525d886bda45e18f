/* test_elector.c: who leads, and until when: client-go's rules, on a clock that stands until it is moved. */
#include <check.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "common/kube/elector.h"
#include "tests/unit/support/fake_transport.h"

#define TARGET "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases"

static struct fake fake;
static struct elector *elector;
static int leading, lost;
static char leader[64], why[128], forbidden[64], problem[128];

static void on_leading(void *ctx)
{
    (void)ctx;
    leading++;
}

static void on_lost(void *ctx, const char *text)
{
    (void)ctx;
    lost++;
    snprintf(why, sizeof why, "%s", text);
}

static void on_leader(void *ctx, const char *identity)
{
    (void)ctx;
    snprintf(leader, sizeof leader, "%s", identity);
}

static void on_forbidden(void *ctx, const char *verb, const char *message)
{
    (void)ctx;
    (void)message;
    snprintf(forbidden, sizeof forbidden, "%s", verb);
}

static void on_problem(void *ctx, const char *verb, const char *message)
{
    (void)ctx;
    snprintf(problem, sizeof problem, "%s: %s", verb, message);
}

static void begin(void)
{
    struct elector_options options = {.namespace_ = "kube-system",
                                      .name = "s",
                                      .identity = "me",
                                      .on_leading = on_leading,
                                      .on_lost = on_lost,
                                      .on_leader = on_leader,
                                      .on_forbidden = on_forbidden,
                                      .on_problem = on_problem};
    struct error err = ERROR_INIT;

    leading = lost = 0;
    leader[0] = why[0] = forbidden[0] = problem[0] = '\0';
    ck_assert_int_eq(fake_open(&fake, NULL, NULL, &err), 0);
    options.client = fake.client;
    elector = elector_start(&options, &err);
    ck_assert_ptr_nonnull(elector);
    fake_pump(&fake);
}

static void end(void)
{
    elector_free(elector);
    fake_close(&fake);
}

/* the request that is due now: this method, this target */
static struct fake_call *next(const char *method, const char *target)
{
    struct fake_call *call = fake_take(&fake);

    ck_assert_msg(call != NULL, "no request, expected %s %s", method, target);
    ck_assert_str_eq(call->method, method);
    ck_assert_str_eq(call->target, target);
    return call;
}

static const char *lease_of(const char *holder, int renewal, int version)
{
    static char text[600];

    snprintf(text, sizeof text,
             "{\"kind\":\"Lease\",\"apiVersion\":\"coordination.k8s.io/v1\",\"metadata\":{\"name\":\"s\",\"namespace\":\"kube-system\","
             "\"resourceVersion\":\"%d\",\"labels\":{\"a\":\"b\"}},\"spec\":{\"holderIdentity\":\"%s\",\"leaseDurationSeconds\":15,"
             "\"acquireTime\":\"2023-11-14T22:00:00.000000Z\",\"renewTime\":\"2023-11-14T22:00:%02d.000000Z\",\"leaseTransitions\":4}}",
             version, holder, renewal);
    return text;
}

/* takes a write, looks at it, and answers with what was written */
static void take_write(const char *method, const char *target, const char *holder, int transitions, const char *version)
{
    struct fake_call *call = next(method, target);
    json_t *lease = json_loads(call->body, 0, NULL), *spec = json_object_get(lease, "spec");
    const char *sent = json_string_value(json_object_get(json_object_get(lease, "metadata"), "resourceVersion"));

    ck_assert_str_eq(json_string_value(json_object_get(spec, "holderIdentity")), holder);
    ck_assert_int_eq(json_integer_value(json_object_get(spec, "leaseTransitions")), transitions);
    ck_assert_str_eq(sent ? sent : "", version);
    json_decref(lease);
    fake_answer(call, strcmp(method, "POST") ? 200 : 201, call->body);
}

static void lead(void)
{
    fake_fail(next("GET", TARGET "/s"), 404, "NotFound", "no");
    take_write("POST", TARGET, "me", 0, "");
    ck_assert_int_eq(leading, 1);
}

START_TEST(test_makes_the_lease)
{
    lead();
    ck_assert(elector_leads(elector));
    fake_advance_ms(&fake, 1999);
    ck_assert_ptr_null(fake_take(&fake));
    fake_advance_ms(&fake, 1);
    take_write("PUT", TARGET "/s", "me", 0, ""); /* renewed without reading it */
    ck_assert_int_eq(leading, 1);
}
END_TEST

START_TEST(test_waits_for_its_end_by_our_clock)
{
    int64_t waited_ms = 0;

    fake_answer(next("GET", TARGET "/s"), 200, lease_of("other", 1, 7));
    ck_assert_str_eq(leader, "other");
    while (waited_ms < 14900) { /* its renewTime is long past, which is no news of ours */
        fake_advance_ms(&fake, 100);
        waited_ms += 100;
        for (struct fake_call *call; (call = fake_take(&fake));) {
            ck_assert_str_eq(call->method, "GET");
            fake_answer(call, 200, lease_of("other", 1, 7));
        }
    }
    fake_advance_ms(&fake, 4500);
    fake_answer(next("GET", TARGET "/s"), 200, lease_of("other", 1, 7));
    take_write("PUT", TARGET "/s", "me", 5, "7");
    ck_assert_int_eq(leading, 1);
}
END_TEST

START_TEST(test_a_renewed_lease_is_not_taken)
{
    for (int i = 0; i < 12; i++) {
        fake_answer(next("GET", TARGET "/s"), 200, lease_of("other", i, 7 + i));
        fake_advance_ms(&fake, 4500);
    }
    ck_assert_int_eq(leading, 0);
}
END_TEST

START_TEST(test_a_released_lease_is_taken_at_once)
{
    fake_answer(next("GET", TARGET "/s"), 200, lease_of("", 1, 7));
    take_write("PUT", TARGET "/s", "me", 5, "7");
    ck_assert_int_eq(leading, 1);
}
END_TEST

START_TEST(test_who_is_slower_waits)
{
    fake_answer(next("GET", TARGET "/s"), 200, lease_of("", 1, 7));
    fake_fail(next("PUT", TARGET "/s"), 409, "Conflict", "the object has been modified");
    ck_assert_int_eq(leading, 0);
    ck_assert_str_eq(problem, "");
    fake_advance_ms(&fake, 4500);
    fake_answer(next("GET", TARGET "/s"), 200, lease_of("other", 2, 8));
    ck_assert_str_eq(leader, "other");
}
END_TEST

START_TEST(test_lost_when_it_cannot_be_renewed)
{
    lead();
    for (int64_t ms = 0; ms < 9900; ms += 100) {
        fake_advance_ms(&fake, 100);
        for (struct fake_call *call; (call = fake_take(&fake));)
            fake_refuse(call);
        ck_assert_int_eq(lost, 0);
    }
    for (int i = 0; i < 30 && !lost; i++) {
        fake_advance_ms(&fake, 100);
        for (struct fake_call *call; (call = fake_take(&fake));)
            fake_refuse(call);
    }
    ck_assert_int_eq(lost, 1);
    ck_assert(!elector_leads(elector));
    fake_advance_ms(&fake, 60000);
    ck_assert_ptr_null(fake_take(&fake));
}
END_TEST

START_TEST(test_lost_when_somebody_took_it)
{
    lead();
    fake_advance_ms(&fake, 2000);
    fake_fail(next("PUT", TARGET "/s"), 409, "Conflict", "the object has been modified");
    fake_advance_ms(&fake, 2000);
    fake_answer(next("GET", TARGET "/s"), 200, lease_of("other", 2, 8));
    ck_assert_int_eq(lost, 1);
    ck_assert_str_eq(why, "somebody else holds it");
}
END_TEST

START_TEST(test_given_up)
{
    lead();
    elector_release(elector);
    ck_assert(elector_busy(elector));
    take_write("PUT", TARGET "/s", "", 0, "");
    ck_assert(!elector_busy(elector));
    ck_assert_int_eq(lost, 0);
}
END_TEST

START_TEST(test_forbidden_is_told_and_tried_again)
{
    fake_fail(next("GET", TARGET "/s"), 403, "Forbidden", "no");
    ck_assert_str_eq(forbidden, "get");
    fake_advance_ms(&fake, 4500);
    fake_fail(next("GET", TARGET "/s"), 404, "NotFound", "no");
    fake_fail(next("POST", TARGET), 403, "Forbidden", "no");
    ck_assert_str_eq(forbidden, "create");
    ck_assert_str_eq(problem, "");
}
END_TEST

START_TEST(test_a_problem_is_told_and_tried_again)
{
    fake_fail(next("GET", TARGET "/s"), 404, "NotFound", "no");
    fake_fail(next("POST", TARGET), 422, "Invalid", "Lease is invalid");
    ck_assert_str_eq(problem, "create: Lease is invalid");
    fake_advance_ms(&fake, 4500);
    fake_fail(next("GET", TARGET "/s"), 500, "InternalError", "etcd is away");
    ck_assert_str_eq(problem, "get: etcd is away");
    fake_advance_ms(&fake, 4500);
    fake_answer(next("GET", TARGET "/s"), 200, lease_of("", 1, 7));
    take_write("PUT", TARGET "/s", "me", 5, "7");
    ck_assert_int_eq(leading, 1);
}
END_TEST

START_TEST(test_what_others_wrote_survives)
{
    struct fake_call *call;

    fake_answer(next("GET", TARGET "/s"), 200, lease_of("", 1, 7));
    call = next("PUT", TARGET "/s");
    ck_assert_ptr_nonnull(strstr(call->body, "\"labels\":{\"a\":\"b\"}"));
}
END_TEST

START_TEST(test_nonsense_is_tried_again)
{
    fake_answer(next("GET", TARGET "/s"), 200, "<html>");
    fake_advance_ms(&fake, 4500);
    fake_fail(next("GET", TARGET "/s"), 404, "NotFound", "no");
    ck_assert_int_eq(lost, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("elector");
    TCase *tcase = tcase_create("core");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tcase, begin, end);
    tcase_add_test(tcase, test_makes_the_lease);
    tcase_add_test(tcase, test_waits_for_its_end_by_our_clock);
    tcase_add_test(tcase, test_a_renewed_lease_is_not_taken);
    tcase_add_test(tcase, test_a_released_lease_is_taken_at_once);
    tcase_add_test(tcase, test_who_is_slower_waits);
    tcase_add_test(tcase, test_lost_when_it_cannot_be_renewed);
    tcase_add_test(tcase, test_lost_when_somebody_took_it);
    tcase_add_test(tcase, test_given_up);
    tcase_add_test(tcase, test_forbidden_is_told_and_tried_again);
    tcase_add_test(tcase, test_a_problem_is_told_and_tried_again);
    tcase_add_test(tcase, test_what_others_wrote_survives);
    tcase_add_test(tcase, test_nonsense_is_tried_again);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}

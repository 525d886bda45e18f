/*
 * test_evict.c: the two requests of a preemption, what each answer to each of them means, lost answers, retries, the limit, and the end.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/kube/evict.h"
#include "tests/unit/support/fake_transport.h"

static struct {
    int dones;
    enum evict_result result;
    int attempt;
    int64_t retry_after_ms;
    char message[300], right[40]; /* "patch pods/status" or "delete pods" */
    char order[100];              /* of the ends: names, each with its result */
    const char *start_again;      /* on_done starts an eviction of this uid */
    const char *drop;             /* on_done drops this one */
    bool dropped;
} seen;

static struct fake fake;
static struct evictor *evictor;

static void start_named(const char *name, const char *uid)
{
    struct error err = ERROR_INIT;

    ck_assert_msg(evict_start(evictor, "default", name, uid, "m", &err) == 0, "%s", err.text);
}

static void on_done(void *ctx, const struct eviction *eviction, enum evict_result result, const char *verb, const char *resource,
                    int64_t retry_after_ms, const char *message)
{
    const char *again = seen.start_again;

    ck_assert_ptr_eq(ctx, &seen);
    seen.dones++;
    seen.result = result;
    seen.attempt = eviction->attempt;
    seen.retry_after_ms = retry_after_ms;
    snprintf(seen.message, sizeof seen.message, "%s", message);
    snprintf(seen.right, sizeof seen.right, "%s %s", verb, resource);
    snprintf(seen.order + strlen(seen.order), sizeof seen.order - strlen(seen.order), "%s%d ", eviction->name, (int)result);
    ck_assert_ptr_null(evict_find(evictor, eviction->uid));
    seen.start_again = NULL;
    if (again)
        start_named(eviction->name, again);
    if (seen.drop)
        seen.dropped |= evict_drop(evictor, seen.drop);
    ck_assert_str_eq(eviction->namespace_, "default"); /* still there */
}

static void open_evictor(struct evictor_options options)
{
    struct error err = ERROR_INIT;

    memset(&seen, 0, sizeof seen);
    ck_assert_int_eq(fake_open(&fake, NULL, NULL, &err), 0);
    options.client = fake.client;
    options.on_done = on_done;
    options.ctx = &seen;
    evictor = evictor_new(&options, &err);
    ck_assert_ptr_nonnull(evictor);
}

static void set_up(void)
{
    open_evictor((struct evictor_options){.max_inflight = 2, .max_attempts = 3, .backoff_ms = 500});
}

static void tear_down(void)
{
    evictor_free(evictor);
    ck_assert_int_eq(fake_open_calls(&fake), 0);
    ck_assert_int_eq(fake_step(&fake), -1);
    fake_close(&fake);
}

/* another evictor in the same test */
static void reopen(struct evictor_options options)
{
    tear_down();
    open_evictor(options);
}

#define POD "/api/v1/namespaces/default/pods/p"
#define JSON "{\"kind\":\"Pod\"}"

static struct fake_call *take(const char *method, const char *target)
{
    struct fake_call *call = fake_take(&fake);

    ck_assert_msg(call != NULL, "no request, expected %s %s", method, target);
    ck_assert_str_eq(call->method, method);
    ck_assert_str_eq(call->target, target);
    ck_assert_int_eq(call->timeout_ms, EVICT_TIMEOUT_MS);
    return call;
}

static struct fake_call *take_patch(void)
{
    return take("PATCH", POD "/status");
}

static struct fake_call *take_delete(void)
{
    return take("DELETE", POD);
}

/* an eviction of the pod p, UID u, whose PATCH is on the wire */
static struct fake_call *begin(void)
{
    start_named("p", "u");
    fake_pump(&fake);
    return take_patch();
}

/* the same with the DELETE on the wire */
static struct fake_call *begin_delete(void)
{
    fake_answer(begin(), 200, JSON);
    return take_delete();
}

static void assert_result(enum evict_result result, const char *right)
{
    ck_assert_int_eq(seen.dones, 1);
    ck_assert_msg(seen.result == result, "%d: %s", (int)seen.result, seen.message);
    ck_assert_str_eq(seen.right, right);
    ck_assert_uint_eq(evictor_count(evictor), 0);
    ck_assert_ptr_null(fake_take(&fake));
}

static void assert_waits_ms(int64_t least, int64_t most)
{
    int64_t waited;

    ck_assert_ptr_null(fake.untaken);
    ck_assert_int_eq(seen.dones, 0);
    ck_assert_uint_eq(evictor_inflight(evictor), 0);
    waited = fake_step(&fake);
    ck_assert_msg(waited >= least * 1000 && waited <= most * 1000, "%lld us, expected %lld to %lld ms", (long long)waited, (long long)least,
                  (long long)most);
}

/* ---- the requests ---- */

START_TEST(test_requests_are_exact)
{
    struct error err = ERROR_INIT;
    struct fake_call *call;

    ck_assert_int_eq(evict_start(evictor, "default", "p", "u", "s: preempting to accommodate a higher priority pod", &err), 0);
    fake_pump(&fake);
    call = take_patch();
    ck_assert_str_eq(call->content_type, "application/strategic-merge-patch+json");
    ck_assert_str_eq(call->body,
                     "{\"metadata\":{\"uid\":\"u\"},\"status\":{\"conditions\":[{\"type\":\"DisruptionTarget\",\"status\":\"True\","
                     "\"lastProbeTime\":null,\"lastTransitionTime\":\"2023-11-14T22:13:20Z\",\"reason\":"
                     "\"PreemptionByScheduler\",\"message\":\"s: preempting to accommodate a higher priority pod\"}]}}");
    ck_assert_uint_eq(call->body_bytes, strlen(call->body));
    fake_answer(call, 200, JSON);
    ck_assert_int_eq(seen.dones, 0);
    call = take_delete();
    ck_assert_str_eq(call->content_type, "application/json");
    ck_assert_str_eq(call->body, "{\"apiVersion\":\"v1\",\"kind\":\"DeleteOptions\",\"preconditions\":{\"uid\":\"u\"}}");
    ck_assert_uint_eq(call->body_bytes, strlen(call->body));
    fake_answer(call, 200, JSON);
    assert_result(EVICT_OK, "delete pods");
    ck_assert_int_eq(seen.attempt, 1);
    ck_assert_int_eq(seen.retry_after_ms, -1);
    ck_assert_str_eq(seen.message, "");
}
END_TEST

START_TEST(test_names_are_escaped)
{
    struct error err = ERROR_INIT;
    struct fake_call *call;

    ck_assert_int_eq(evict_start(evictor, "a/b?", "p\"\\ %", "u\n\"", "\"m\"", &err), 0);
    fake_pump(&fake);
    call = take("PATCH", "/api/v1/namespaces/a%2Fb%3F/pods/p%22%5C%20%25/status");
    ck_assert_ptr_nonnull(strstr(call->body, "{\"uid\":\"u\\n\\\"\"}"));
    ck_assert_ptr_nonnull(strstr(call->body, "\"message\":\"\\\"m\\\"\"}"));
    fake_answer(call, 200, JSON);
    call = take("DELETE", "/api/v1/namespaces/a%2Fb%3F/pods/p%22%5C%20%25");
    ck_assert_ptr_nonnull(strstr(call->body, "{\"uid\":\"u\\n\\\"\"}"));
}
END_TEST

START_TEST(test_strings_are_copied_and_nothing_is_called_from_inside)
{
    struct error err = ERROR_INIT;
    char name[] = "p", uid[] = "u", message[] = "m";

    ck_assert_int_eq(evict_start(evictor, "default", name, uid, message, &err), 0);
    name[0] = uid[0] = message[0] = 'X';
    ck_assert_int_eq(fake.count, 0);
    ck_assert_int_eq(seen.dones, 0);
    ck_assert_ptr_nonnull(evict_find(evictor, "u"));
    ck_assert_int_eq(evict_find(evictor, "u")->attempt, 0);
    ck_assert_int_eq(evict_find(evictor, "u")->started_us, fake.now_us);
    ck_assert_uint_eq(evictor_count(evictor), 1);
    ck_assert_uint_eq(evictor_inflight(evictor), 0);
    fake_pump(&fake);
    ck_assert_uint_eq(evictor_inflight(evictor), 1);
    ck_assert_int_eq(evict_find(evictor, "u")->attempt, 1);
    ck_assert_ptr_nonnull(strstr(take_patch()->body, "\"message\":\"m\""));
}
END_TEST

/* ---- what each answer means, to either request ---- */

/* an error whose words hold quotes */
static void say(struct fake_call *call, int status, const char *reason, const char *message)
{
    char escaped[500], *to = escaped;

    for (; *message; *to++ = *message++)
        if (*message == '"')
            *to++ = '\\';
    *to = '\0';
    fake_fail(call, status, reason, escaped);
}

#define ANOTHER_UID                                                                                                                        \
    "Operation cannot be fulfilled on Pod \"p\": the UID in the precondition (u) does not match the UID in record (v). The object might "  \
    "have been deleted and then recreated"
#define STORAGE_UID                                                                                                                        \
    "Operation cannot be fulfilled on pods \"p\": StorageError: invalid object, Code: 4, Key: /registry/pods/default/p, "                  \
    "ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: u, UID in object meta: v"
#define IMMUTABLE_UID "Pod \"p\" is invalid: metadata.uid: Invalid value: \"u\": field is immutable"

/* as kube-apiserver 1.34.4 says it: 422 to the PATCH, 409 to the DELETE */
static const struct {
    int status;
    const char *reason, *message;
    enum evict_result result;
} rows[] = {
    {404, "NotFound", "pods \"p\" not found", EVICT_GONE},
    {409, "Conflict", ANOTHER_UID, EVICT_GONE},
    {409, "Conflict", STORAGE_UID, EVICT_GONE},
    {422, "Invalid", IMMUTABLE_UID, EVICT_GONE},
    {422, "Invalid", "Pod \"p\" is invalid: status.conditions: Required value", EVICT_FAILED},
    {400, "BadRequest", "the object provided is unrecognized", EVICT_FAILED},
    {413, "RequestEntityTooLarge", "limit is 3145728", EVICT_FAILED},
    {403, "Forbidden", "pods \"p\" is forbidden: User \"u\" cannot do that", EVICT_FORBIDDEN},
};

START_TEST(test_row_of_the_patch)
{
    say(begin(), rows[_i].status, rows[_i].reason, rows[_i].message);
    assert_result(rows[_i].result, "patch pods/status");
    ck_assert_str_eq(seen.message, rows[_i].message);
    ck_assert_int_eq(seen.attempt, 1);
}
END_TEST

START_TEST(test_row_of_the_delete)
{
    say(begin_delete(), rows[_i].status, rows[_i].reason, rows[_i].message);
    assert_result(rows[_i].result, "delete pods");
    ck_assert_str_eq(seen.message, rows[_i].message);
    ck_assert_int_eq(seen.attempt, 1);
}
END_TEST

/* what may pass */
static const struct {
    int status;
    const char *reason, *message;
} passing[] = {
    {409, "Conflict", "Operation cannot be fulfilled on pods \"p\": the object has been modified; please apply your changes"},
    {429, "TooManyRequests", "too many requests"},
    {500, "InternalError", "etcdserver: leader changed"},
    {503, "ServiceUnavailable", "shutting down"},
    {504, "Timeout", "the request did not complete"},
    {408, "", "timed out"},
    {401, "Unauthorized", "Unauthorized"},
};

START_TEST(test_patch_is_tried_again)
{
    char body[600];
    struct fake_call *call = begin();

    snprintf(body, sizeof body, "%s", call->body);
    say(call, passing[_i].status, passing[_i].reason, passing[_i].message);
    assert_waits_ms(500, 750);
    call = take_patch();
    ck_assert_str_eq(call->body, body); /* the time in it too: a patch that was carried out changes nothing the second time */
    ck_assert_int_eq(evict_find(evictor, "u")->attempt, 2);
    fake_answer(call, 200, JSON);
    fake_answer(take_delete(), 200, JSON);
    assert_result(EVICT_OK, "delete pods");
    ck_assert_int_eq(seen.attempt, 2);
}
END_TEST

START_TEST(test_delete_is_tried_again_without_the_patch)
{
    say(begin_delete(), passing[_i].status, passing[_i].reason, passing[_i].message);
    assert_waits_ms(500, 750);
    fake_answer(take_delete(), 200, JSON);
    assert_result(EVICT_OK, "delete pods");
    ck_assert_int_eq(seen.attempt, 2);
}
END_TEST

START_TEST(test_accepted_is_a_success)
{
    fake_answer(begin_delete(), 202, JSON);
    assert_result(EVICT_OK, "delete pods");
}
END_TEST

/* ---- attempts ---- */

START_TEST(test_max_attempts)
{
    fake_fail(begin(), 500, "InternalError", "no");
    assert_waits_ms(500, 750);
    fake_answer(take_patch(), 200, JSON);
    fake_fail(take_delete(), 500, "InternalError", "no");
    assert_waits_ms(1000, 1500);
    fake_answer_with(take_delete(), 503, 7, "{\"reason\":\"ServiceUnavailable\",\"message\":\"no\"}");
    assert_result(EVICT_FAILED, "delete pods");
    ck_assert_int_eq(seen.attempt, 3);
    ck_assert_int_eq(seen.retry_after_ms, 7000);
    ck_assert_str_eq(seen.message, "ServiceUnavailable");
}
END_TEST

START_TEST(test_patch_that_never_works_deletes_nothing)
{
    struct fake_call *call = begin();

    for (int i = 1; i < 3; i++) {
        fake_fail(call, 500, "InternalError", "no");
        fake_step(&fake);
        call = take_patch();
    }
    fake_fail(call, 500, "InternalError", "no");
    assert_result(EVICT_FAILED, "patch pods/status");
    ck_assert_int_eq(fake.count, 3);
}
END_TEST

START_TEST(test_retry_after)
{
    fake_answer_with(begin_delete(), 429, 20, "slow down");
    assert_waits_ms(20000, 20000);
    fake_answer(take_delete(), 200, JSON);
    assert_result(EVICT_OK, "delete pods");
}
END_TEST

START_TEST(test_request_that_cannot_start)
{
    start_named("p", "u");
    fake.refuse_starts = 1;
    fake_pump(&fake);
    assert_waits_ms(500, 750);
    fake.refuse_starts = 1;
    fake_answer(take_patch(), 200, JSON);
    assert_waits_ms(1000, 1500);
    fake_answer(take_delete(), 200, JSON);
    assert_result(EVICT_OK, "delete pods");
    ck_assert_int_eq(seen.attempt, 3);
}
END_TEST

/* ---- a lost answer ---- */

START_TEST(test_lost_answer_to_the_patch)
{
    fake_lose(begin());
    assert_waits_ms(500, 750);
    fake_fail(take_patch(), 404, "NotFound", "not found");
    assert_result(EVICT_GONE, "patch pods/status");
}
END_TEST

/* what may have been carried out before nothing is found, and whether it was */
static void delete_again_and_find(int status, const char *reason, const char *message)
{
    assert_waits_ms(500, 750);
    say(take_delete(), status, reason, message);
    assert_result(EVICT_OK, "delete pods");
}

START_TEST(test_lost_answer_to_the_delete)
{
    fake_lose(begin_delete());
    delete_again_and_find(404, "NotFound", "not found");
    reopen((struct evictor_options){.max_inflight = 1, .max_attempts = 2, .backoff_ms = 500});
    fake_lose(begin_delete());
    delete_again_and_find(409, "Conflict", ANOTHER_UID);
    reopen((struct evictor_options){.max_inflight = 1, .max_attempts = 2, .backoff_ms = 500});
    fake_fail(begin_delete(), 504, "Timeout", "the request did not complete");
    delete_again_and_find(404, "NotFound", "not found");
}
END_TEST

START_TEST(test_lost_answer_and_still_there)
{
    fake_lose(begin_delete());
    assert_waits_ms(500, 750);
    fake_answer(take_delete(), 200, JSON);
    assert_result(EVICT_OK, "delete pods");
}
END_TEST

START_TEST(test_refused_connection_is_no_lost_answer)
{
    fake_refuse(begin_delete());
    assert_waits_ms(500, 750);
    fake_fail(take_delete(), 404, "NotFound", "not found");
    assert_result(EVICT_GONE, "delete pods");
}
END_TEST

START_TEST(test_all_answers_lost_comes_to_an_end)
{
    struct fake_call *call = begin_delete();

    for (int i = 1; i < 3; i++) {
        fake_lose(call);
        fake_step(&fake);
        call = take_delete();
    }
    fake_lose(call);
    assert_result(EVICT_FAILED, "delete pods");
    ck_assert_str_eq(seen.message, "no answer came");
}
END_TEST

START_TEST(test_cut_answer_is_a_lost_one)
{
    struct fake_call *call = begin_delete();

    ck_assert(fake_feed(call, 200, "{\"ki", 5));
    fake_cut(call);
    delete_again_and_find(404, "NotFound", "not found");
}
END_TEST

START_TEST(test_page_of_a_proxy_is_no_answer)
{
    fake_answer(begin(), 200, "<html>{");
    assert_waits_ms(500, 750);
    fake_answer_pieces(take_patch(), 200, JSON, 1);
    fake_answer(take_delete(), 200, "");
    assert_waits_ms(1000, 1500);
    fake_answer(take_delete(), 200, "<html>{");
    assert_result(EVICT_FAILED, "delete pods");
    ck_assert_str_eq(seen.message, "not an answer of an API server");
}
END_TEST

/* ---- many, and dropping ---- */

START_TEST(test_max_inflight_first_come_first_served)
{
    struct fake_call *p, *q;

    start_named("p", "1");
    start_named("q", "2");
    start_named("r", "3");
    fake_pump(&fake);
    p = take_patch();
    q = take("PATCH", "/api/v1/namespaces/default/pods/q/status");
    ck_assert_ptr_null(fake_take(&fake));
    ck_assert_uint_eq(evictor_count(evictor), 3);
    ck_assert_uint_eq(evictor_inflight(evictor), 2);
    fake_answer(p, 200, JSON);
    p = take_delete(); /* its slot stays its own */
    ck_assert_ptr_null(fake_take(&fake));
    fake_fail(q, 500, "InternalError", "no"); /* waits for another attempt without a slot */
    fake_answer(take("PATCH", "/api/v1/namespaces/default/pods/r/status"), 200, JSON);
    fake_answer(take("DELETE", "/api/v1/namespaces/default/pods/r"), 200, JSON);
    fake_answer(p, 200, JSON);
    fake_step(&fake);
    fake_fail(take("PATCH", "/api/v1/namespaces/default/pods/q/status"), 404, "NotFound", "gone");
    ck_assert_str_eq(seen.order, "r0 p0 q1 ");
}
END_TEST

START_TEST(test_a_second_eviction_of_a_pod_is_refused)
{
    struct error err = ERROR_INIT;

    begin();
    ck_assert_int_eq(evict_start(evictor, "default", "p", "u", "m", &err), -1);
    ck_assert_int_eq(err.kind, ERROR_RUNTIME);
    ck_assert_str_eq(err.text, "eviction of this pod is under way already");
    ck_assert_uint_eq(evictor_count(evictor), 1);
}
END_TEST

START_TEST(test_on_done_may_start_another)
{
    struct fake_call *call = begin();

    seen.start_again = "u";
    fake_fail(call, 404, "NotFound", "gone");
    fake_pump(&fake);
    fake_answer(take_patch(), 200, JSON);
    fake_answer(take_delete(), 200, JSON);
    ck_assert_str_eq(seen.order, "p1 p0 ");
}
END_TEST

START_TEST(test_drop)
{
    struct fake_call *call;

    ck_assert(!evict_drop(evictor, "u"));
    start_named("p", "u"); /* not sent yet */
    ck_assert(evict_drop(evictor, "u"));
    fake_pump(&fake);
    ck_assert_int_eq(fake.count, 0);
    call = begin(); /* the condition is under way: no DELETE will come */
    ck_assert(evict_drop(evictor, "u"));
    ck_assert_int_eq(call->state, FAKE_CANCELLED);
    fake_fail(begin(), 500, "InternalError", "no"); /* waits for another attempt */
    ck_assert(evict_drop(evictor, "u"));
    ck_assert_ptr_null(evict_find(evictor, "u"));
    call = begin_delete(); /* too late */
    ck_assert(!evict_drop(evictor, "u"));
    fake_fail(call, 500, "InternalError", "no");
    ck_assert(evict_drop(evictor, "u"));
    ck_assert_uint_eq(evictor_count(evictor), 0);
    ck_assert_int_eq(seen.dones, 0);
    fake_pump(&fake);
    ck_assert_ptr_null(fake_take(&fake));
}
END_TEST

START_TEST(test_slot_of_a_dropped_patch_is_free)
{
    reopen((struct evictor_options){.max_inflight = 1, .max_attempts = 3, .backoff_ms = 500});
    begin();
    start_named("q", "2");
    fake_pump(&fake);
    ck_assert_ptr_null(fake_take(&fake));
    ck_assert(evict_drop(evictor, "u"));
    ck_assert_ptr_null(fake_take(&fake)); /* nothing from inside */
    fake_pump(&fake);
    take("PATCH", "/api/v1/namespaces/default/pods/q/status");
}
END_TEST

START_TEST(test_drop_of_others_in_on_done)
{
    struct fake_call *p = begin();

    start_named("q", "2");
    fake_pump(&fake);
    take("PATCH", "/api/v1/namespaces/default/pods/q/status");
    seen.drop = "2";
    fake_fail(p, 404, "NotFound", "gone");
    ck_assert(seen.dropped);
    assert_result(EVICT_GONE, "patch pods/status");
    fake_pump(&fake);
}
END_TEST

/* ---- the end ---- */

START_TEST(test_drain)
{
    struct error err = ERROR_INIT;
    struct fake_call *p = begin(), *q;

    start_named("q", "2");
    start_named("r", "3");
    fake_pump(&fake);
    q = take("PATCH", "/api/v1/namespaces/default/pods/q/status");
    fake_answer(q, 200, JSON);
    q = take("DELETE", "/api/v1/namespaces/default/pods/q");
    evictor_drain(evictor);
    ck_assert_uint_eq(evictor_count(evictor), 2); /* r is dropped */
    ck_assert_int_eq(evict_start(evictor, "default", "x", "9", "m", &err), -1);
    ck_assert_str_eq(err.text, "no eviction is started any more");
    fake_answer(p, 200, JSON); /* no DELETE follows */
    ck_assert_ptr_null(fake_take(&fake));
    ck_assert_uint_eq(evictor_count(evictor), 1);
    fake_answer(q, 200, JSON);
    ck_assert_str_eq(seen.order, "q0 ");
    ck_assert_uint_eq(evictor_count(evictor), 0);
    fake_pump(&fake);
    ck_assert_ptr_null(fake_take(&fake));
}
END_TEST

START_TEST(test_drain_tries_nothing_again)
{
    struct fake_call *call = begin_delete();

    evictor_drain(evictor);
    fake_fail(call, 500, "InternalError", "no");
    ck_assert_uint_eq(evictor_count(evictor), 0);
    ck_assert_int_eq(seen.dones, 0);
}
END_TEST

START_TEST(test_free_cancels)
{
    struct evictor_options options = {.max_inflight = 1, .max_attempts = 1, .backoff_ms = 500};

    evictor_free(NULL);
    begin();
    start_named("q", "2");
    reopen(options);
    begin_delete();
    reopen(options);
    ck_assert_int_eq(seen.dones, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("evict");
    TCase *request = tcase_create("request"), *answer = tcase_create("answer"), *attempt = tcase_create("attempt"),
          *lost = tcase_create("lost"), *many = tcase_create("many"), *end = tcase_create("end");
    TCase *const all[] = {request, answer, attempt, lost, many, end};
    SRunner *runner;
    int failed;

    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        tcase_add_checked_fixture(all[i], set_up, tear_down);
        suite_add_tcase(suite, all[i]);
    }
    tcase_add_test(request, test_requests_are_exact);
    tcase_add_test(request, test_names_are_escaped);
    tcase_add_test(request, test_strings_are_copied_and_nothing_is_called_from_inside);
    tcase_add_loop_test(answer, test_row_of_the_patch, 0, (int)(sizeof rows / sizeof *rows));
    tcase_add_loop_test(answer, test_row_of_the_delete, 0, (int)(sizeof rows / sizeof *rows));
    tcase_add_loop_test(answer, test_patch_is_tried_again, 0, (int)(sizeof passing / sizeof *passing));
    tcase_add_loop_test(answer, test_delete_is_tried_again_without_the_patch, 0, (int)(sizeof passing / sizeof *passing));
    tcase_add_test(answer, test_accepted_is_a_success);
    tcase_add_test(attempt, test_max_attempts);
    tcase_add_test(attempt, test_patch_that_never_works_deletes_nothing);
    tcase_add_test(attempt, test_retry_after);
    tcase_add_test(attempt, test_request_that_cannot_start);
    tcase_add_test(lost, test_lost_answer_to_the_patch);
    tcase_add_test(lost, test_lost_answer_to_the_delete);
    tcase_add_test(lost, test_lost_answer_and_still_there);
    tcase_add_test(lost, test_refused_connection_is_no_lost_answer);
    tcase_add_test(lost, test_all_answers_lost_comes_to_an_end);
    tcase_add_test(lost, test_cut_answer_is_a_lost_one);
    tcase_add_test(lost, test_page_of_a_proxy_is_no_answer);
    tcase_add_test(many, test_max_inflight_first_come_first_served);
    tcase_add_test(many, test_a_second_eviction_of_a_pod_is_refused);
    tcase_add_test(many, test_on_done_may_start_another);
    tcase_add_test(many, test_drop);
    tcase_add_test(many, test_slot_of_a_dropped_patch_is_free);
    tcase_add_test(many, test_drop_of_others_in_on_done);
    tcase_add_test(end, test_drain);
    tcase_add_test(end, test_drain_tries_nothing_again);
    tcase_add_test(end, test_free_cancels);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}

/*
 * test_bind.c: each row of the table of bindings, lost answers, retries, the limit, and the end.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/kube/bind.h"
#include "tests/unit/support/fake_transport.h"

struct log {
    int dones, transients, unreadable;
    enum bind_result result;
    int attempt, status;
    int64_t retry_after_ms;
    char message[300], reason[300], uid[50];
    char order[100];         /* of the ends: names, each with its result */
    const char *start_again; /* on_done starts a bind of this uid */
    const char *drop;        /* on_done and on_transient drop this one */
    bool dropped;
};

static struct fake fake;
static struct log seen;
static struct binder *binder;

static void start_named(const char *name, const char *uid)
{
    struct error err = ERROR_INIT;

    ck_assert_msg(bind_start(binder, "default", name, uid, "n1", &err) == 0, "%s", err.text);
}

static void on_transient(void *ctx, const struct bind *bind, int status, const char *reason)
{
    struct log *to = ctx;

    to->transients++;
    to->attempt = bind->attempt;
    to->status = status;
    snprintf(to->reason, sizeof to->reason, "%s", reason);
    if (to->drop)
        to->dropped |= bind_drop(binder, to->drop);
}

static void on_done(void *ctx, const struct bind *bind, enum bind_result result, int64_t retry_after_ms, const char *message)
{
    struct log *to = ctx;
    const char *again = to->start_again;

    to->dones++;
    to->result = result;
    to->attempt = bind->attempt;
    to->retry_after_ms = retry_after_ms;
    snprintf(to->message, sizeof to->message, "%s", message);
    snprintf(to->uid, sizeof to->uid, "%s", bind->uid);
    snprintf(to->order + strlen(to->order), sizeof to->order - strlen(to->order), "%s%d ", bind->name, (int)result);
    ck_assert_ptr_null(bind_find(binder, bind->uid));
    to->start_again = NULL;
    if (again)
        start_named(bind->name, again);
    if (to->drop)
        to->dropped |= bind_drop(binder, to->drop);
    ck_assert_str_eq(bind->node, "n1"); /* still there */
}

static void on_unreadable(void *ctx, const char *message)
{
    struct log *to = ctx;

    to->unreadable++;
    ck_assert_str_eq(message, "may not be read");
}

static void open_binder(struct binder_options options)
{
    struct error err = ERROR_INIT;

    memset(&seen, 0, sizeof seen);
    ck_assert_int_eq(fake_open(&fake, NULL, NULL, &err), 0);
    options.client = fake.client;
    options.on_transient = on_transient;
    options.on_unreadable = on_unreadable;
    options.on_done = on_done;
    options.ctx = &seen;
    binder = binder_new(&options, &err);
    ck_assert_ptr_nonnull(binder);
}

static void set_up(void)
{
    open_binder((struct binder_options){.max_inflight = 2, .max_attempts = 3, .backoff_ms = 500});
}

static void tear_down(void)
{
    binder_free(binder);
    ck_assert_int_eq(fake_open_calls(&fake), 0);
    ck_assert_int_eq(fake_step(&fake), -1);
    fake_close(&fake);
}

/* another binder in the same test */
static void reopen(struct binder_options options)
{
    tear_down();
    open_binder(options);
}

#define POST "/api/v1/namespaces/default/pods/p/binding"
#define GET "/api/v1/namespaces/default/pods/p"
#define CREATED "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":\"Success\",\"code\":201}"

static struct fake_call *take(const char *method, const char *target)
{
    struct fake_call *call = fake_take(&fake);

    ck_assert_msg(call != NULL, "no request, expected %s %s", method, target);
    ck_assert_str_eq(call->method, method);
    ck_assert_str_eq(call->target, target);
    ck_assert_int_eq(call->timeout_ms, BIND_TIMEOUT_MS);
    return call;
}

/* a bind of the pod p, UID u, to n1, whose request is on the wire */
static struct fake_call *begin(void)
{
    start_named("p", "u");
    fake_pump(&fake);
    return take("POST", POST);
}

static void assert_result(enum bind_result result)
{
    ck_assert_int_eq(seen.dones, 1);
    ck_assert_msg(seen.result == result, "%d: %s", (int)seen.result, seen.message);
    ck_assert_uint_eq(binder_count(binder), 0);
    ck_assert_ptr_null(fake_take(&fake));
}

static void assert_waits_ms(int64_t least, int64_t most)
{
    int64_t waited;

    ck_assert_ptr_null(fake.untaken);
    waited = fake_step(&fake);
    ck_assert_msg(waited >= least * 1000 && waited <= most * 1000, "%lld us, expected %lld to %lld ms", (long long)waited, (long long)least,
                  (long long)most);
}

/* ---- the request ---- */

START_TEST(test_request_is_exact)
{
    struct fake_call *call = begin();

    ck_assert_str_eq(call->content_type, "application/json");
    ck_assert_str_eq(call->body,
                     "{\"apiVersion\":\"v1\",\"kind\":\"Binding\",\"metadata\":{\"name\":\"p\",\"namespace\":\"default\",\"uid\":\"u\"},"
                     "\"target\":{\"apiVersion\":\"v1\",\"kind\":\"Node\",\"name\":\"n1\"}}");
    ck_assert_uint_eq(call->body_bytes, strlen(call->body));
    fake_answer(call, 201, CREATED);
    assert_result(BIND_OK);
    ck_assert_int_eq(seen.attempt, 1);
    ck_assert_int_eq(seen.retry_after_ms, -1);
    ck_assert_str_eq(seen.message, "");
}
END_TEST

START_TEST(test_names_are_escaped)
{
    struct error err = ERROR_INIT;
    struct fake_call *call;

    ck_assert_int_eq(bind_start(binder, "a/b?", "p\"\\ %", "u\n", "n\"", &err), 0);
    fake_pump(&fake);
    call = take("POST", "/api/v1/namespaces/a%2Fb%3F/pods/p%22%5C%20%25/binding");
    ck_assert_str_eq(
        call->body,
        "{\"apiVersion\":\"v1\",\"kind\":\"Binding\",\"metadata\":{\"name\":\"p\\\"\\\\ %\",\"namespace\":\"a/b?\",\"uid\":\"u\\n\"},"
        "\"target\":{\"apiVersion\":\"v1\",\"kind\":\"Node\",\"name\":\"n\\\"\"}}");
}
END_TEST

START_TEST(test_strings_are_copied_and_nothing_is_called_from_inside)
{
    char name[] = "p", uid[] = "u";

    start_named(name, uid);
    name[0] = uid[0] = 'X';
    ck_assert_int_eq(fake.count, 0);
    ck_assert_int_eq(seen.dones, 0);
    ck_assert_ptr_nonnull(bind_find(binder, "u"));
    ck_assert_int_eq(bind_find(binder, "u")->attempt, 0);
    ck_assert(binder_sending(binder));
    fake_pump(&fake);
    ck_assert(!binder_sending(binder));
    ck_assert_int_eq(bind_find(binder, "u")->attempt, 1);
    fake_answer(take("POST", POST), 201, CREATED);
    assert_result(BIND_OK);
}
END_TEST

/* ---- the table of bindings ---- */

#define HEAD "Operation cannot be fulfilled on pods/binding \\\"p\\\": "

static const struct {
    const char *what;
    int status;
    const char *reason, *message;
    enum bind_result expected;
} rows[] = {
    {"on our node", 409, "Conflict", HEAD "pod p is already assigned to node \\\"n1\\\"", BIND_OK},
    {"on another", 409, "Conflict", HEAD "pod p is already assigned to node \\\"n2\\\"", BIND_CONFLICT},
    {"on one whose name begins like ours", 409, "Conflict", HEAD "pod p is already assigned to node \\\"n10\\\"", BIND_CONFLICT},
    {"on one that ours begins like", 409, "Conflict", HEAD "pod p is already assigned to node \\\"n\\\"", BIND_CONFLICT},
    {"cut", 409, "Conflict", HEAD "pod p is already assigned to node \\\"n1", BIND_CONFLICT},
    {"being deleted", 409, "Conflict", HEAD "pod p is being deleted, cannot be assigned to a host", BIND_CONFLICT},
    {"gated", 409, "Conflict", HEAD "pod p has non-empty .spec.schedulingGates", BIND_CONFLICT},
    {"another UID", 409, "Conflict",
     "Operation cannot be fulfilled on pods \\\"p\\\": StorageError: invalid object, Code: 4, Key: /registry/pods/ns/p, ResourceVersion: "
     "0, "
     "AdditionalErrorMsg: Precondition failed: UID in precondition: u, UID in object meta: v",
     BIND_CONFLICT},
    {"gone", 404, "NotFound", "pods \\\"p\\\" not found", BIND_POD_GONE},
    {"mismatch", 400, "BadRequest", "the name of the object (x) does not match the name on the URL (p)", BIND_REJECTED},
    {"invalid", 422, "Invalid", "target.name: Required value", BIND_REJECTED},
    {"too large", 413, "RequestEntityTooLarge", "limit is 3145728", BIND_REJECTED},
    {"forbidden", 403, "Forbidden", "pods \\\"p\\\" is forbidden: User \\\"u\\\" cannot create resource \\\"pods/binding\\\"",
     BIND_FORBIDDEN},
};

START_TEST(test_row)
{
    fake_fail(begin(), rows[_i].status, rows[_i].reason, rows[_i].message);
    ck_assert_int_eq(seen.transients, 0);
    ck_assert_msg(seen.result == rows[_i].expected, "%s: %d", rows[_i].what, (int)seen.result);
    assert_result(rows[_i].expected);
}
END_TEST

START_TEST(test_conflict_without_words)
{
    fake_answer(begin(), 409, "");
    assert_result(BIND_CONFLICT);
}
END_TEST

START_TEST(test_redirect_is_rejected)
{
    fake_answer(begin(), 302, "<a>");
    assert_result(BIND_REJECTED);
}
END_TEST

/* ---- what may pass ---- */

START_TEST(test_transient_then_success)
{
    static const int codes[] = {500, 429, 503, 401, 408, 504};

    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        memset(&seen, 0, sizeof seen);
        fake_fail(begin(), codes[i], "Why", "words");
        ck_assert_int_eq(seen.transients, 1);
        ck_assert_int_eq(seen.status, codes[i]);
        ck_assert_str_eq(seen.reason, "Why");
        ck_assert_int_eq(seen.attempt, 1);
        ck_assert_uint_eq(binder_count(binder), 1);
        ck_assert_uint_eq(binder_inflight(binder), 0);
        ck_assert(!binder_sending(binder));
        assert_waits_ms(500, 750);
        fake_answer(take("POST", POST), 201, CREATED);
        assert_result(BIND_OK);
        ck_assert_int_eq(seen.attempt, 2);
    }
}
END_TEST

/* nothing arrived: no need to look */
START_TEST(test_refused_is_sent_again_without_reading)
{
    fake_refuse(begin());
    ck_assert_int_eq(seen.status, 0);
    ck_assert_str_eq(seen.reason, "connection refused");
    fake_step(&fake);
    take("POST", POST);
}
END_TEST

START_TEST(test_max_attempts)
{
    fake_fail(begin(), 500, "", "one");
    fake_step(&fake);
    fake_fail(take("POST", POST), 500, "", "two");
    fake_step(&fake);
    fake_answer_with(take("POST", POST), 503, 9, "three");
    assert_result(BIND_FAILED);
    ck_assert_int_eq(seen.transients, 3);
    ck_assert_int_eq(seen.attempt, 3);
    ck_assert_int_eq(seen.retry_after_ms, 9000);
    ck_assert_str_eq(seen.message, "three");
}
END_TEST

START_TEST(test_backoff_doubles_to_a_minute)
{
    static const int64_t base[] = {500, 1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000};
    struct fake_call *call;

    reopen((struct binder_options){.max_inflight = 1, .max_attempts = 100, .backoff_ms = 500});
    call = begin();
    for (size_t i = 0; i < sizeof base / sizeof *base; i++) {
        fake_fail(call, 500, "", "no");
        assert_waits_ms(base[i], base[i] * 3 / 2);
        call = take("POST", POST);
    }
}
END_TEST

START_TEST(test_backoff_of_nothing_and_of_very_much)
{
    struct fake_call *call;

    reopen((struct binder_options){.max_inflight = 1, .max_attempts = 3, .backoff_ms = 0});
    fake_fail(begin(), 500, "", "no");
    assert_waits_ms(0, 0);
    fake_fail(take("POST", POST), 500, "", "no");
    assert_waits_ms(0, 0);
    fake_fail(take("POST", POST), 500, "", "no");
    assert_result(BIND_FAILED);
    reopen((struct binder_options){.max_inflight = 1, .max_attempts = 3, .backoff_ms = INT64_MAX / 4});
    call = begin();
    fake_fail(call, 500, "", "no");
    assert_waits_ms(60000, 90000);
}
END_TEST

START_TEST(test_retry_after)
{
    fake_answer_with(begin(), 429, 7, "slow down");
    assert_waits_ms(7000, 7000);
    fake_answer_with(take("POST", POST), 429, INT64_MAX / 1000 - 1, "slow down");
    assert_waits_ms(60000, 60000);
    fake_answer(take("POST", POST), 201, CREATED);
    assert_result(BIND_OK);
}
END_TEST

/* ---- a lost answer ---- */

static struct fake_call *lose(void)
{
    fake_lose(begin());
    ck_assert_int_eq(seen.transients, 1);
    assert_waits_ms(500, 750);
    return take("GET", GET);
}

#define POD(uid, node)                                                                                                                     \
    "{\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\",\"uid\":\"" uid "\"},\"spec\":{\"nodeName\":\"" node "\",\"x\":{}},\"status\":{}}"
#define PENDING "{\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\",\"uid\":\"u\"},\"spec\":{\"x\":[]}}"

START_TEST(test_lost_and_not_to_be_read)
{
    fake_fail(lose(), 403, "Forbidden", "may not be read");
    ck_assert_int_eq(seen.unreadable, 1);
    assert_waits_ms(1000, 1500);
    fake_answer(take("GET", GET), 200, POD("u", "n1"));
    assert_result(BIND_OK);
    ck_assert_int_eq(seen.unreadable, 1);
}
END_TEST

START_TEST(test_lost_and_bound)
{
    fake_answer_pieces(lose(), 200, POD("u", "n1"), 1);
    assert_result(BIND_OK);
    ck_assert_int_eq(fake.count, 2);
}
END_TEST

START_TEST(test_lost_and_elsewhere)
{
    fake_answer(lose(), 200, POD("u", "n2"));
    assert_result(BIND_CONFLICT);
}
END_TEST

START_TEST(test_lost_and_recreated)
{
    fake_answer(lose(), 200, POD("v", "n1"));
    assert_result(BIND_POD_GONE);
}
END_TEST

START_TEST(test_lost_and_gone)
{
    fake_fail(lose(), 404, "NotFound", "pods \\\"p\\\" not found");
    assert_result(BIND_POD_GONE);
}
END_TEST

START_TEST(test_lost_and_not_there)
{
    fake_answer(lose(), 200, PENDING);
    ck_assert_int_eq(seen.dones, 0);
    fake_answer(take("POST", POST), 201, CREATED); /* at once: there is a slot */
    assert_result(BIND_OK);
    ck_assert_int_eq(seen.attempt, 2);
}
END_TEST

START_TEST(test_lost_and_the_reading_fails)
{
    fake_fail(lose(), 500, "InternalError", "no");
    ck_assert_int_eq(seen.transients, 2);
    assert_waits_ms(1000, 1500);
    fake_answer(take("GET", GET), 200, POD("u", "n1")); /* still in doubt: it is read again */
    assert_result(BIND_OK);
}
END_TEST

START_TEST(test_lost_and_the_reading_is_nonsense)
{
    static const char *const bodies[] = {"<html>",
                                         "",
                                         "{\"metadata\":{\"uid\":\"u\"},\"spec\":{\"nodeName\":\"n1\"",
                                         "[1]",
                                         "null",
                                         "{}",
                                         "{\"kind\":\"Status\",\"metadata\":{}}"};

    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        memset(&seen, 0, sizeof seen);
        fake_answer(lose(), 200, bodies[i]);
        ck_assert_msg(seen.dones == 0, "%s: %d", bodies[i], (int)seen.result);
        fake_step(&fake);
        fake_answer(take("GET", GET), 200, POD("u", "n1"));
        assert_result(BIND_OK);
    }
}
END_TEST

START_TEST(test_cut_answer_is_a_lost_one)
{
    struct fake_call *call = begin();

    fake_feed(call, 201, "{\"ki", 4);
    fake_cut(call);
    fake_step(&fake);
    fake_answer(take("GET", GET), 200, POD("u", "n1"));
    assert_result(BIND_OK);
}
END_TEST

/* a login page says 200 to everything */
START_TEST(test_success_that_is_not_201_is_looked_at)
{
    fake_answer(begin(), 200, "<html>log in</html>");
    ck_assert_int_eq(seen.dones, 0);
    fake_step(&fake);
    fake_answer(take("GET", GET), 200, PENDING);
    fake_answer(take("POST", POST), 201, CREATED);
    assert_result(BIND_OK);
}
END_TEST

/* else a bound pod would be reported as failed */
START_TEST(test_last_answer_lost_is_looked_at_once)
{
    reopen((struct binder_options){.max_inflight = 1, .max_attempts = 1, .backoff_ms = 500});
    fake_answer(lose(), 200, POD("u", "n1"));
    assert_result(BIND_OK);
    ck_assert_int_eq(seen.attempt, 1);
    memset(&seen, 0, sizeof seen);
    fake_answer(lose(), 200, PENDING);
    assert_result(BIND_FAILED);
    memset(&seen, 0, sizeof seen);
    fake_lose(lose());
    assert_result(BIND_FAILED);
    ck_assert_int_eq(seen.attempt, 1);
}
END_TEST

START_TEST(test_all_answers_lost_comes_to_an_end)
{
    fake_lose(begin());
    for (int i = 0; seen.dones == 0; i++) {
        struct fake_call *call;

        ck_assert_int_lt(i, 20);
        fake_step(&fake);
        while ((call = fake_take(&fake)))
            if (call->method[0] == 'G')
                fake_answer(call, 200, PENDING);
            else
                fake_lose(call);
    }
    assert_result(BIND_FAILED);
    ck_assert_int_eq(seen.attempt, 3);
}
END_TEST

/* ---- the limit ---- */

START_TEST(test_max_inflight_first_come_first_served)
{
    struct fake_call *a, *b;

    start_named("a", "1");
    start_named("b", "2");
    ck_assert(!binder_has_room(binder));
    start_named("c", "3");
    start_named("d", "4");
    fake_pump(&fake);
    ck_assert_int_eq(fake.count, 2);
    ck_assert_uint_eq(binder_count(binder), 4);
    ck_assert_uint_eq(binder_inflight(binder), 2);
    ck_assert(binder_sending(binder));
    a = fake_take(&fake);
    b = fake_take(&fake);
    fake_answer(b, 201, CREATED);
    ck_assert_str_eq(fake_take(&fake)->target, "/api/v1/namespaces/default/pods/c/binding");
    ck_assert_uint_eq(binder_inflight(binder), 2);
    fake_fail(a, 500, "", "no"); /* who waits for another attempt holds no slot */
    ck_assert_str_eq(fake_take(&fake)->target, "/api/v1/namespaces/default/pods/d/binding");
    ck_assert(!binder_sending(binder));
    ck_assert_str_eq(seen.order, "b0 ");
}
END_TEST

static int visits;

static void visit(void *ctx, const struct bind *bind)
{
    visits += bind->attempt == 1 ? 100 : 1;
    ck_assert_ptr_eq(ctx, &visits);
}

START_TEST(test_each_sees_all)
{
    begin();
    start_named("q", "2");
    fake_pump(&fake);
    fake_fail(fake_take(&fake), 500, "", "no");
    start_named("r", "3");
    visits = 0;
    bind_each(binder, visit, &visits);
    ck_assert_int_eq(visits, 201);
    ck_assert_ptr_null(bind_find(binder, "4"));
    ck_assert_ptr_null(bind_find(binder, ""));
}
END_TEST

START_TEST(test_a_second_bind_of_a_pod_is_refused)
{
    struct error err = ERROR_INIT;

    begin();
    ck_assert_int_eq(bind_start(binder, "default", "p", "u", "n2", &err), -1);
    ck_assert_int_eq(err.kind, ERROR_RUNTIME);
    ck_assert_uint_eq(binder_count(binder), 1);
}
END_TEST

START_TEST(test_on_done_may_start_another)
{
    seen.start_again = "u";
    fake_fail(begin(), 422, "Invalid", "no");
    ck_assert_int_eq(seen.dones, 1);
    ck_assert_uint_eq(binder_count(binder), 1);
    fake_pump(&fake);
    fake_answer(take("POST", POST), 201, CREATED);
    ck_assert_int_eq(seen.dones, 2);
    ck_assert_int_eq(seen.result, BIND_OK);
}
END_TEST

/* ---- dropping ---- */

START_TEST(test_drop)
{
    struct fake_call *call;

    ck_assert(!bind_drop(binder, "u"));
    start_named("p", "u");
    ck_assert(bind_drop(binder, "u"));
    fake_pump(&fake);
    ck_assert_int_eq(fake.count, 0);
    call = begin();
    ck_assert(!bind_drop(binder, "u"));
    fake_fail(call, 500, "", "no");
    ck_assert(bind_drop(binder, "u"));
    ck_assert_int_eq(seen.dones, 0);
    fake_step(&fake);
    ck_assert_int_eq(fake.count, 1);
}
END_TEST

START_TEST(test_drop_of_others_and_of_itself_in_the_callbacks)
{
    seen.drop = "u";
    fake_fail(begin(), 500, "", "no");
    ck_assert(!seen.dropped); /* its own on_transient: it is still on the wire */
    ck_assert(bind_drop(binder, "u"));
    fake_fail(begin(), 404, "NotFound", "no");
    ck_assert(!seen.dropped);
    memset(&seen, 0, sizeof seen);
    seen.drop = "2";
    start_named("p", "u");
    fake_pump(&fake);
    start_named("q", "2");
    fake_answer(take("POST", POST), 201, CREATED);
    ck_assert(seen.dropped);
    assert_result(BIND_OK);
}
END_TEST

/* ---- simulated errors ---- */

START_TEST(test_simulated_errors_are_never_sent)
{
    reopen((struct binder_options){.max_inflight = 2, .max_attempts = 3, .backoff_ms = 500, .simulate_errors = 2});
    start_named("p", "u");
    fake_pump(&fake);
    ck_assert_int_eq(fake.count, 0);
    ck_assert_int_eq(seen.transients, 1);
    ck_assert_int_eq(seen.status, 500);
    ck_assert_str_eq(seen.reason, "Simulated internal error");
    assert_waits_ms(500, 750);
    ck_assert_int_eq(seen.transients, 2);
    assert_waits_ms(1000, 1500);
    fake_answer(take("POST", POST), 201, CREATED);
    assert_result(BIND_OK);
    ck_assert_int_eq(seen.attempt, 3);
}
END_TEST

START_TEST(test_simulated_errors_count_over_all_binds_of_a_pod)
{
    reopen((struct binder_options){.max_inflight = 2, .max_attempts = 1, .backoff_ms = 500, .simulate_errors = 2});
    for (int i = 0; i < 2; i++) {
        start_named("p", "u");
        fake_pump(&fake);
        ck_assert_int_eq(seen.dones, i + 1);
        ck_assert_int_eq(seen.result, BIND_FAILED);
    }
    fake_answer(begin(), 201, CREATED);
    ck_assert_int_eq(seen.result, BIND_OK);
    start_named("q", "v"); /* another pod has its own */
    fake_pump(&fake);
    ck_assert_int_eq(seen.result, BIND_FAILED);
}
END_TEST

START_TEST(test_simulated_errors_and_drops_in_the_callbacks)
{
    reopen((struct binder_options){.max_inflight = 2, .max_attempts = 1, .backoff_ms = 500, .simulate_errors = 1});
    seen.drop = "u";
    seen.start_again = "w";
    start_named("p", "u");
    fake_pump(&fake);
    fake_pump(&fake);
    ck_assert(!seen.dropped);
    ck_assert_str_eq(seen.order, "p3 p3 ");
}
END_TEST

/* ---- the end ---- */

START_TEST(test_drain)
{
    struct error err = ERROR_INIT;
    struct fake_call *a, *b;

    start_named("a", "1");
    start_named("b", "2");
    start_named("c", "3");
    fake_pump(&fake);
    a = fake_take(&fake);
    b = fake_take(&fake);
    binder_drain(binder);
    ck_assert_uint_eq(binder_count(binder), 2);
    ck_assert_int_eq(bind_start(binder, "default", "d", "4", "n1", &err), -1);
    ck_assert_int_eq(err.kind, ERROR_RUNTIME);
    fake_answer(a, 201, CREATED);
    ck_assert_str_eq(seen.order, "a0 ");
    fake_lose(b); /* no time to look; and to call it failed could be wrong */
    ck_assert_str_eq(seen.order, "a0 ");
    ck_assert_uint_eq(binder_count(binder), 0);
    fake_advance_ms(&fake, 100000);
    ck_assert_int_eq(fake.count, 2);
}
END_TEST

START_TEST(test_free_cancels)
{
    struct binder_options options = {.max_inflight = 2, .max_attempts = 3, .backoff_ms = 500, .simulate_errors = 1};

    binder_free(NULL);
    begin();
    start_named("q", "2");
    reopen(options);
    start_named("q", "2");
    fake_pump(&fake);
    reopen(options);
    ck_assert_int_eq(seen.dones, 0);
}
END_TEST

START_TEST(test_request_that_cannot_start)
{
    start_named("p", "u");
    fake.refuse_starts = 1;
    fake_pump(&fake);
    ck_assert_int_eq(seen.transients, 1);
    ck_assert_str_eq(seen.reason, "out of memory");
    fake_step(&fake);
    fake_answer(take("POST", POST), 201, CREATED);
    assert_result(BIND_OK);
}
END_TEST

START_TEST(test_many_at_once)
{
    char name[20];

    reopen((struct binder_options){.max_inflight = 32, .max_attempts = 3, .backoff_ms = 500});
    for (int i = 0; i < 5000; i++) {
        snprintf(name, sizeof name, "p%d", i);
        start_named(name, name);
    }
    fake_pump(&fake);
    for (struct fake_call *call; (call = fake_take(&fake));) {
        ck_assert_uint_le(binder_inflight(binder), 32);
        fake_answer(call, 201, CREATED);
    }
    ck_assert_int_eq(seen.dones, 5000);
    ck_assert_uint_eq(binder_count(binder), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("bind");
    TCase *request = tcase_create("request"), *table = tcase_create("table"), *transient = tcase_create("transient"),
          *lost = tcase_create("lost"), *limit = tcase_create("limit"), *drop = tcase_create("drop"), *simulate = tcase_create("simulate"),
          *end = tcase_create("end");
    TCase *const all[] = {request, table, transient, lost, limit, drop, simulate, end};
    SRunner *runner;
    int failed;

    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        tcase_add_checked_fixture(all[i], set_up, tear_down);
        suite_add_tcase(suite, all[i]);
    }
    tcase_add_test(request, test_request_is_exact);
    tcase_add_test(request, test_names_are_escaped);
    tcase_add_test(request, test_strings_are_copied_and_nothing_is_called_from_inside);
    tcase_add_loop_test(table, test_row, 0, (int)(sizeof rows / sizeof *rows));
    tcase_add_test(table, test_conflict_without_words);
    tcase_add_test(table, test_redirect_is_rejected);
    tcase_add_test(transient, test_transient_then_success);
    tcase_add_test(transient, test_refused_is_sent_again_without_reading);
    tcase_add_test(transient, test_max_attempts);
    tcase_add_test(transient, test_backoff_doubles_to_a_minute);
    tcase_add_test(transient, test_backoff_of_nothing_and_of_very_much);
    tcase_add_test(transient, test_retry_after);
    tcase_add_test(lost, test_lost_and_not_to_be_read);
    tcase_add_test(lost, test_lost_and_bound);
    tcase_add_test(lost, test_lost_and_elsewhere);
    tcase_add_test(lost, test_lost_and_recreated);
    tcase_add_test(lost, test_lost_and_gone);
    tcase_add_test(lost, test_lost_and_not_there);
    tcase_add_test(lost, test_lost_and_the_reading_fails);
    tcase_add_test(lost, test_lost_and_the_reading_is_nonsense);
    tcase_add_test(lost, test_cut_answer_is_a_lost_one);
    tcase_add_test(lost, test_success_that_is_not_201_is_looked_at);
    tcase_add_test(lost, test_last_answer_lost_is_looked_at_once);
    tcase_add_test(lost, test_all_answers_lost_comes_to_an_end);
    tcase_add_test(limit, test_max_inflight_first_come_first_served);
    tcase_add_test(limit, test_each_sees_all);
    tcase_add_test(limit, test_a_second_bind_of_a_pod_is_refused);
    tcase_add_test(limit, test_on_done_may_start_another);
    tcase_add_test(drop, test_drop);
    tcase_add_test(drop, test_drop_of_others_and_of_itself_in_the_callbacks);
    tcase_add_test(simulate, test_simulated_errors_are_never_sent);
    tcase_add_test(simulate, test_simulated_errors_count_over_all_binds_of_a_pod);
    tcase_add_test(simulate, test_simulated_errors_and_drops_in_the_callbacks);
    tcase_add_test(end, test_drain);
    tcase_add_test(end, test_free_cancels);
    tcase_add_test(end, test_request_that_cannot_start);
    tcase_add_test(end, test_many_at_once);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}

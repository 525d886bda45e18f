/*
 * test_reflector.c: a store kept equal to what the API server has, rule by rule. The store of these tests is a text: "a1 b2 " is an object a of
 * version 1 and an object b of version 2.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/kube/json_parse.h"
#include "common/kube/reflector.h"
#include "tests/unit/support/fake_transport.h"

struct store {
    char objects[200], events[400]; /* events: what came, as "LA " for a listed a, "+a" added, "*a" modified, "-a" deleted, "[" and "]" */
    int replaced;
    int forbidden;
    char verb[20], message[100];
    bool refuse_odd; /* an object "x" makes no sense */
};

static struct fake fake;
static struct store store;
static struct reflector *reflector;

static void begin_replace(void *ctx)
{
    struct store *to = ctx;

    strcat(to->events, "[");
    to->objects[0] = '\0';
}

static void end_replace(void *ctx)
{
    struct store *to = ctx;

    strcat(to->events, "]");
    to->replaced++;
}

static int on_object(void *ctx, enum watch_event event, const json_t *object, struct error *err)
{
    static const char signs[] = "L+*-";
    struct store *to = ctx;
    const char *name = kube_json_text(json_object_get(object, "metadata"), "name");
    char *at;

    if (to->refuse_odd && !strcmp(name, "x"))
        return error_set(err, ERROR_RUNTIME, "x makes no sense");
    snprintf(to->events + strlen(to->events), sizeof to->events - strlen(to->events), "%c%s", signs[event], name);
    at = strstr(to->objects, name);
    if (at && event == WATCH_DELETED)
        memmove(at, at + strlen(name), strlen(at + strlen(name)) + 1);
    else if (!at && event != WATCH_DELETED)
        strcat(to->objects, name);
    return 0;
}

static void on_forbidden(void *ctx, const char *verb, const char *resource, const char *message)
{
    struct store *to = ctx;

    ck_assert_str_eq(resource, "pods");
    to->forbidden++;
    snprintf(to->verb, sizeof to->verb, "%s", verb);
    snprintf(to->message, sizeof to->message, "%s", message);
}

static void start(bool watch_list)
{
    static const struct json_field meta[] = {{"name", NULL}, {NULL, NULL}}, schema[] = {{"metadata", meta}, {NULL, NULL}};
    struct reflector_options options = {.path = "/api/v1/pods",
                                        .resource = "pods",
                                        .field_selector = "status.phase!=Failed",
                                        .schema = schema,
                                        .watch_list = watch_list,
                                        .begin_replace = begin_replace,
                                        .on_object = on_object,
                                        .end_replace = end_replace,
                                        .on_forbidden = on_forbidden,
                                        .ctx = &store};
    struct error err = ERROR_INIT;

    reflector = reflector_start(fake.client, &options, &err);
    ck_assert_ptr_nonnull(reflector);
    ck_assert_ptr_null(fake_take(&fake)); /* the loop begins it */
}

static void set_up(void)
{
    struct error err = ERROR_INIT;

    memset(&store, 0, sizeof store);
    ck_assert_int_eq(fake_open(&fake, NULL, NULL, &err), 0);
}

static void tear_down(void)
{
    reflector_stop(reflector);
    reflector = NULL;
    ck_assert_int_eq(fake_open_calls(&fake), 0);
    fake_close(&fake);
}

/* ---- what is asked ---- */

/* the next request, due at once */
static struct fake_call *take(void)
{
    struct fake_call *call;

    fake_pump(&fake);
    call = fake_take(&fake);
    ck_assert_ptr_nonnull(call);
    ck_assert_str_eq(call->method, "GET");
    return call;
}

static struct fake_call *take_list(const char *version)
{
    struct fake_call *call = take();
    char expected[200];

    snprintf(expected, sizeof expected, "/api/v1/pods?limit=500&fieldSelector=status.phase%%21%%3DFailed&resourceVersion=%s", version);
    ck_assert_str_eq(call->target, expected);
    return call;
}

/* asserts the target of a watch, of which only timeoutSeconds is left to chance */
static struct fake_call *take_watch_with(const char *end)
{
    static const char front[] = "/api/v1/pods?watch=true&allowWatchBookmarks=true&timeoutSeconds=";
    struct fake_call *call = take();
    char *rest;
    long timeout;

    ck_assert_msg(!strncmp(call->target, front, sizeof front - 1), "%s", call->target);
    timeout = strtol(call->target + sizeof front - 1, &rest, 10);
    ck_assert_int_ge(timeout, 300);
    ck_assert_int_le(timeout, 600);
    ck_assert_int_gt(call->idle_timeout_ms, 600000);
    ck_assert_msg(!strncmp(rest, "&fieldSelector=status.phase%21%3DFailed&", 40), "%s", rest);
    ck_assert_str_eq(rest + 40, end);
    return call;
}

static struct fake_call *take_watch(const char *version)
{
    char end[100];

    snprintf(end, sizeof end, "resourceVersion=%s", version);
    return take_watch_with(end);
}

static struct fake_call *take_watch_list(void)
{
    return take_watch_with("sendInitialEvents=true&resourceVersionMatch=NotOlderThan&resourceVersion=");
}

/* time passes until the next request is due, which is so far away */
static void assert_waits_ms(int64_t least, int64_t most)
{
    int64_t waited;

    fake_pump(&fake);
    ck_assert_ptr_null(fake.untaken);
    waited = fake_step(&fake);
    ck_assert_msg(waited >= least * 1000 && waited <= most * 1000, "%lld us, expected %lld to %lld ms", (long long)waited, (long long)least,
                  (long long)most);
}

/* ---- what is answered ---- */

#define OBJECT(name, rv) "{\"metadata\":{\"name\":\"" name "\",\"resourceVersion\":\"" rv "\"}}"
#define EVENT(type, name, rv) "{\"type\":\"" type "\",\"object\":" OBJECT(name, rv) "}\n"
#define BOOKMARK(rv) "{\"type\":\"BOOKMARK\",\"object\":{\"kind\":\"Pod\",\"metadata\":{\"resourceVersion\":\"" rv "\"}}}\n"
#define INITIAL_END(rv)                                                                                                                    \
    "{\"type\":\"BOOKMARK\",\"object\":{\"metadata\":{\"resourceVersion\":\"" rv                                                           \
    "\",\"annotations\":{\"k8s.io/initial-events-end\":\"true\"}}}}\n"
#define ERROR_FRAME(code, reason, message)                                                                                                 \
    "{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":\"Failure\",\"message\":"        \
    "\"" message "\",\"reason\":\"" reason "\",\"code\":" #code "}}\n"
#define LIST(items, rv) "{\"kind\":\"PodList\",\"metadata\":{\"resourceVersion\":\"" rv "\"},\"items\":[" items "]}"

/* listed a at version 10; the watch from there is open */
static struct fake_call *start_watching(void)
{
    struct fake_call *watch;

    start(false);
    fake_answer(take_list("0"), 200, LIST(OBJECT("a", "3"), "10"));
    watch = take_watch("10");
    store.events[0] = '\0';
    return watch;
}

static void pass_a_second(void)
{
    fake.now_us += 1000000;
}

/* ---- list, then watch ---- */

START_TEST(test_list_then_watch)
{
    struct fake_call *watch;

    start(false);
    ck_assert(!reflector_synced(reflector));
    fake_answer(take_list("0"), 200, LIST(OBJECT("a", "3") "," OBJECT("b", "4"), "10"));
    ck_assert(reflector_synced(reflector));
    ck_assert_str_eq(store.events, "[LaLb]");
    watch = take_watch("10");
    fake_feed_text(watch, EVENT("ADDED", "c", "11") EVENT("MODIFIED", "a", "12"));
    fake_feed_text(watch, EVENT("DELETED", "b", "13"));
    ck_assert_str_eq(store.events, "[LaLb]+c*a-b");
    ck_assert_str_eq(store.objects, "ac");
    pass_a_second();
    fake_end(watch);
    take_watch("13");
    ck_assert_int_eq(fake.warnings, 0);
}
END_TEST

START_TEST(test_pages)
{
    start(false);
    fake_answer(take_list("0"), 200, "{\"metadata\":{\"resourceVersion\":\"10\",\"continue\":\"c\"},\"items\":[" OBJECT("a", "1") "]}");
    ck_assert(!reflector_synced(reflector));
    fake_answer(take(), 200, LIST(OBJECT("b", "2"), "10"));
    ck_assert_str_eq(store.events, "[LaLb]");
    take_watch("10");
}
END_TEST

START_TEST(test_failed_list_is_made_again)
{
    start(false);
    fake_fail(take_list("0"), 500, "InternalError", "etcd is away");
    ck_assert_str_eq(fake_warning(&fake), "cannot list pods: InternalError: etcd is away");
    ck_assert(!reflector_synced(reflector));
    assert_waits_ms(800, 1200);
    fake_answer(take_list("0"), 200, LIST("", "10"));
    ck_assert_str_eq(store.events, "[[]");
    take_watch("10");
}
END_TEST

START_TEST(test_list_cut_half_way)
{
    struct fake_call *list;

    start(false);
    list = take_list("0");
    fake_feed_text(list, "{\"metadata\":{\"resourceVersion\":\"10\"},\"items\":[" OBJECT("a", "1") ",{\"meta");
    fake_cut(list);
    assert_waits_ms(800, 1200);
    fake_answer(take_list("0"), 200, LIST(OBJECT("b", "1"), "10"));
    ck_assert_str_eq(store.events, "[La[Lb]");
}
END_TEST

/* ---- WatchList ---- */

START_TEST(test_watch_list)
{
    struct fake_call *watch;

    start(true);
    watch = take_watch_list();
    ck_assert_str_eq(store.events, "[");
    fake_feed_text(watch, EVENT("ADDED", "a", "3") EVENT("ADDED", "b", "4"));
    ck_assert(!reflector_synced(reflector));
    fake_feed_text(watch, INITIAL_END("10"));
    ck_assert(reflector_synced(reflector));
    ck_assert_str_eq(store.events, "[LaLb]");
    fake_feed_text(watch, EVENT("ADDED", "c", "11"));
    ck_assert_str_eq(store.events, "[LaLb]+c");
    fake_advance_ms(&fake, 200000); /* nothing comes for long: it stays open */
    ck_assert_int_eq(watch->state, FAKE_OPEN);
    fake_end(watch);
    take_watch("11");
    ck_assert_int_eq(fake.warnings, 0);
}
END_TEST

START_TEST(test_watch_list_that_is_refused)
{
    static const int codes[] = {400, 405, 422};

    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        start(true);
        fake_fail(take_watch_list(), codes[i], "Invalid", "sendInitialEvents is forbidden for watch");
        fake_answer(take_list("0"), 200, LIST("", "10"));
        /* and the server is not asked again */
        fake_feed_text(take_watch("10"), ERROR_FRAME(410, "Expired", "too old"));
        take_list("10");
        ck_assert_int_eq(fake.warnings, 0);
        reflector_stop(reflector);
    }
    reflector = NULL;
}
END_TEST

START_TEST(test_bookmark_inside_the_initial_state_does_not_end_it)
{
    struct fake_call *watch;

    start(true);
    watch = take_watch_list();
    fake_feed_text(watch, EVENT("ADDED", "a", "3") BOOKMARK("5"));
    ck_assert_str_eq(store.events, "[La");
    ck_assert(!reflector_synced(reflector));
}
END_TEST

START_TEST(test_initial_state_that_is_torn_begins_again)
{
    struct fake_call *watch;

    start(true);
    watch = take_watch_list();
    fake_feed_text(watch, EVENT("ADDED", "a", "3"));
    fake_cut(watch);
    /* however fast it comes, a whole list is too much to ask for again at once */
    assert_waits_ms(800, 1200);
    fake_feed_text(take_watch_list(), EVENT("ADDED", "b", "3") INITIAL_END("10"));
    ck_assert_str_eq(store.events, "[La[Lb]");
}
END_TEST

START_TEST(test_initial_state_that_ends_early_begins_again)
{
    struct fake_call *watch;

    start(true);
    watch = take_watch_list();
    fake_feed_text(watch, EVENT("ADDED", "a", "3"));
    pass_a_second();
    fake_end(watch);
    assert_waits_ms(800, 1200);
    ck_assert_str_eq(fake_warning(&fake), "cannot watch pods: the watch ended before its initial state was whole");
    take_watch_list();
}
END_TEST

/* a storage that cannot tell its progress never sends the bookmark */
START_TEST(test_initial_state_without_end_leads_to_the_list)
{
    struct fake_call *watch;

    start(true);
    watch = take_watch_list();
    fake_advance_ms(&fake, 29000);
    fake_feed_text(watch, EVENT("ADDED", "a", "3"));
    fake_advance_ms(&fake, 29999);
    ck_assert_int_eq(watch->state, FAKE_OPEN);
    fake_advance_ms(&fake, 1);
    ck_assert_int_eq(watch->state, FAKE_CANCELLED);
    fake_answer(take_list("0"), 200, LIST("", "10"));
    ck_assert_str_eq(store.events, "[La[]");
    take_watch("10");
}
END_TEST

START_TEST(test_initial_state_without_a_beginning_leads_to_the_list)
{
    struct fake_call *watch;

    start(true);
    watch = take_watch_list();
    fake_advance_ms(&fake, 29999);
    ck_assert_int_eq(watch->state, FAKE_OPEN);
    fake_advance_ms(&fake, 1);
    ck_assert_int_eq(watch->state, FAKE_CANCELLED);
    take_list("0");
}
END_TEST

START_TEST(test_expired_in_the_initial_state_backs_off)
{
    start(true);
    fake_fail(take_watch_list(), 410, "Expired", "too old");
    assert_waits_ms(800, 1200);
    take_watch_list();
}
END_TEST

/* ---- what moves the version ---- */

START_TEST(test_bookmark_moves_the_version)
{
    struct fake_call *watch = start_watching();

    fake_feed_text(watch, BOOKMARK("900") "\n\n" BOOKMARK("1000"));
    ck_assert_str_eq(store.events, "");
    pass_a_second();
    fake_end(watch);
    watch = take_watch("1000");
    fake_feed_text(watch, BOOKMARK("7")); /* opaque: nobody compares */
    pass_a_second();
    fake_end(watch);
    take_watch("7");
}
END_TEST

START_TEST(test_version_is_opaque)
{
    struct fake_call *watch = start_watching();

    fake_feed_text(watch, BOOKMARK("a&b=c/ä"));
    pass_a_second();
    fake_end(watch);
    take_watch("a%26b%3Dc%2F%C3%A4");
}
END_TEST

START_TEST(test_event_without_a_version_leaves_it)
{
    struct fake_call *watch = start_watching();

    fake_feed_text(watch, "{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"name\":\"b\"}}}");
    ck_assert_str_eq(store.events, "+b");
    pass_a_second();
    fake_end(watch);
    take_watch("10");
}
END_TEST

START_TEST(test_bookmark_without_a_version_ends_the_watch)
{
    fake_feed_text(start_watching(), "{\"type\":\"BOOKMARK\",\"object\":{\"metadata\":{}}}");
    assert_waits_ms(800, 1200);
    take_watch("10");
}
END_TEST

START_TEST(test_absurdly_long_version_is_not_taken)
{
    static char frame[5000];
    int front = snprintf(frame, sizeof frame, "{\"type\":\"BOOKMARK\",\"object\":{\"metadata\":{\"resourceVersion\":\"");

    memset(frame + front, '9', 2000);
    strcpy(frame + front + 2000, "\"}}}");
    fake_feed_text(start_watching(), frame);
    assert_waits_ms(800, 1200);
    take_watch("10");
}
END_TEST

/* ---- 410 ---- */

START_TEST(test_expired_frame_leads_to_a_list_at_once)
{
    fake_feed_text(start_watching(), ERROR_FRAME(410, "Expired", "too old resource version: 10 (20)"));
    fake_answer(take_list("10"), 200, LIST(OBJECT("b", "15"), "21"));
    ck_assert_str_eq(store.events, "[Lb]");
    ck_assert_str_eq(store.objects, "b");
    take_watch("21");
    ck_assert_int_eq(fake.warnings, 0);
}
END_TEST

START_TEST(test_gone_frame_too)
{
    fake_feed_text(start_watching(), ERROR_FRAME(410, "Gone", "gone"));
    take_list("10");
}
END_TEST

START_TEST(test_expired_status_too)
{
    fake_fail(start_watching(), 410, "Expired", "too old resource version");
    take_list("10");
}
END_TEST

START_TEST(test_expired_list_asks_for_the_newest)
{
    fake_feed_text(start_watching(), ERROR_FRAME(410, "Expired", "too old"));
    fake_fail(take_list("10"), 410, "Expired", "too old");
    fake_answer(take_list(""), 200, LIST("", "30"));
    take_watch("30");
}
END_TEST

START_TEST(test_too_large_version_leads_to_a_list)
{
    fake_feed_text(start_watching(),
                   "{\"type\":\"ERROR\",\"object\":{\"code\":504,\"reason\":\"Timeout\",\"details\":{\"causes\":[{\"reason\":"
                   "\"ResourceVersionTooLarge\"}]}}}");
    take_list("10");
}
END_TEST

START_TEST(test_410_with_watch_list)
{
    struct fake_call *watch;

    start(true);
    watch = take_watch_list();
    fake_feed_text(watch, INITIAL_END("10") EVENT("ADDED", "a", "11") ERROR_FRAME(410, "Expired", "too old"));
    fake_feed_text(take_watch_list(), EVENT("ADDED", "b", "12") INITIAL_END("20"));
    ck_assert_str_eq(store.events, "[]+a[Lb]");
}
END_TEST

/* ---- trouble ---- */

START_TEST(test_429_backs_off_with_the_same_version)
{
    struct fake_call *watch = start_watching();

    fake_feed_text(watch, EVENT("ADDED", "b", "11"));
    fake_feed_text(watch, ERROR_FRAME(429, "TooManyRequests", "slow"));
    ck_assert_str_eq(fake_warning(&fake), "cannot watch pods: slow");
    assert_waits_ms(800, 1200);
    fake_answer_with(take_watch("11"), 429, 5, "Too many requests");
    assert_waits_ms(5000, 5000);
    take_watch("11");
}
END_TEST

START_TEST(test_refused_backs_off_with_the_same_version)
{
    fake_refuse(start_watching());
    assert_waits_ms(800, 1200);
    fake_refuse(take_watch("10"));
    assert_waits_ms(1600, 2400);
    /* nobody listens: such a try costs nothing, and the delay stays short */
    for (int i = 0; i < 8; i++) {
        fake_refuse(take_watch("10"));
        assert_waits_ms(2000, 3000);
    }
    take_watch("10");
}
END_TEST

START_TEST(test_other_error_frames_lead_to_a_list_after_a_while)
{
    fake_feed_text(start_watching(), ERROR_FRAME(500, "InternalError", "etcd event received with PrevKv=nil"));
    assert_waits_ms(800, 1200);
    take_list("10");
}
END_TEST

START_TEST(test_error_frame_of_nothing)
{
    fake_feed_text(start_watching(), "{\"type\":\"ERROR\",\"object\":{}}");
    assert_waits_ms(800, 1200);
    take_list("10");
}
END_TEST

/* a success inside an ERROR frame is a lie, and the watch must not go on as if nothing was */
START_TEST(test_error_frame_of_200)
{
    struct fake_call *watch = start_watching();

    fake_feed_text(watch, ERROR_FRAME(200, "", ""));
    ck_assert_int_eq(watch->state, FAKE_DONE);
    assert_waits_ms(800, 1200);
    take_list("10");
}
END_TEST

START_TEST(test_statuses_that_will_not_pass_lead_to_a_list)
{
    static const int codes[] = {400, 404, 409, 422};

    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        fake_fail(start_watching(), codes[i], "X", "no");
        assert_waits_ms(800, 1200);
        take_list("10");
        reflector_stop(reflector);
    }
    reflector = NULL;
}
END_TEST

START_TEST(test_statuses_that_may_pass_keep_the_version)
{
    static const int codes[] = {401, 408, 500, 503, 504};

    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        fake_fail(start_watching(), codes[i], "X", "no");
        assert_waits_ms(800, 1200);
        take_watch("10");
        reflector_stop(reflector);
    }
    reflector = NULL;
}
END_TEST

START_TEST(test_forbidden)
{
    fake_fail(start_watching(), 403, "Forbidden", "pods is forbidden: cannot watch");
    ck_assert_int_eq(store.forbidden, 1);
    ck_assert_str_eq(store.verb, "watch");
    ck_assert_str_eq(store.message, "pods is forbidden: cannot watch");
    ck_assert_int_eq(fake.warnings, 0);
    assert_waits_ms(800, 1200);
    take_watch("10");
    reflector_stop(reflector);
    start(false);
    fake_fail(take_list("0"), 403, "Forbidden", "cannot list");
    ck_assert_int_eq(store.forbidden, 2);
    ck_assert_str_eq(store.verb, "list");
}
END_TEST

START_TEST(test_retry_after_has_an_end)
{
    start(false);
    fake_answer_with(take_list("0"), 503, INT64_MAX / 1000 - 1, "");
    assert_waits_ms(60000, 60000);
    take_list("0");
}
END_TEST

/* ---- ends ---- */

START_TEST(test_clean_end_goes_on_from_the_same_version)
{
    struct fake_call *watch = start_watching();

    fake_advance_ms(&fake, 310000);
    fake_end(watch);
    take_watch("10");
    ck_assert_int_eq(fake.warnings, 0);
}
END_TEST

START_TEST(test_torn_watch_goes_on_when_it_had_worked)
{
    struct fake_call *watch = start_watching();

    fake_feed_text(watch, EVENT("ADDED", "b", "11") "{\"type\":\"MODI");
    pass_a_second();
    fake_cut(watch);
    watch = take_watch("11");
    fake_feed_text(watch, EVENT("MODIFIED", "b", "12"));
    ck_assert_str_eq(store.events, "+b*b");
}
END_TEST

START_TEST(test_torn_watch_backs_off_when_it_had_not)
{
    fake_lose(start_watching());
    assert_waits_ms(800, 1200);
    take_watch("10");
}
END_TEST

START_TEST(test_short_watch_without_an_event_is_an_error)
{
    struct fake_call *watch = start_watching();

    fake.now_us += 999999;
    fake_end(watch);
    assert_waits_ms(800, 1200);
    watch = take_watch("10");
    fake.now_us += 1000000;
    fake_end(watch);
    take_watch("10");
}
END_TEST

START_TEST(test_bookmarks_are_no_events)
{
    struct fake_call *watch = start_watching();

    fake_feed_text(watch, BOOKMARK("20"));
    fake_end(watch);
    assert_waits_ms(800, 1200);
    take_watch("20");
}
END_TEST

START_TEST(test_short_watches_with_events_do_not_spin)
{
    struct fake_call *watch = start_watching();

    for (int i = 0; i < 5; i++) {
        fake_feed_text(watch, EVENT("MODIFIED", "a", "11"));
        fake_end(watch);
        assert_waits_ms(50, 50);
        watch = take_watch("11");
    }
}
END_TEST

/* ---- frames that are none ---- */

START_TEST(test_unknown_types_are_skipped)
{
    struct fake_call *watch = start_watching();

    fake_feed_text(watch, EVENT("PATCHED", "b", "11") EVENT("ADDED", "c", "12"));
    ck_assert_str_eq(store.events, "+c");
    ck_assert_str_eq(fake_warning(&fake), "watch of pods: unknown event type PATCHED, skipped");
    ck_assert_int_eq(watch->state, FAKE_OPEN);
}
END_TEST

START_TEST(test_object_that_makes_no_sense_is_skipped)
{
    struct fake_call *watch;

    store.refuse_odd = true;
    start(false);
    fake_answer(take_list("0"), 200, LIST(OBJECT("x", "1") "," OBJECT("a", "2"), "10"));
    ck_assert_str_eq(store.events, "[La]");
    ck_assert_str_eq(fake_warning(&fake), "x makes no sense");
    watch = take_watch("10");
    fake_feed_text(watch, EVENT("ADDED", "x", "11") EVENT("ADDED", "b", "12"));
    ck_assert_str_eq(store.events, "[La]+b");
    ck_assert_int_eq(fake.warnings, 2);
}
END_TEST

/* one pod that nobody can read must not keep all others from being seen */
START_TEST(test_object_that_cannot_be_parsed_is_skipped)
{
    struct fake_call *watch;

    start(false);
    fake_answer(take_list("0"), 200, LIST("{\"metadata\":{\"name\":\"\xff\"}}," OBJECT("a", "2"), "10"));
    ck_assert_str_eq(store.events, "[La]");
    ck_assert_msg(!strncmp(fake_warning(&fake), "one of the pods is skipped: not JSON", 36), "%s", fake_warning(&fake));
    watch = take_watch("10");
    fake_feed_text(watch, "{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"name\":\"\xff\"}}}" EVENT("ADDED", "b", "12"));
    ck_assert_str_eq(store.events, "[La]+b");
    fake_feed_text(watch, EVENT("ADDED", "c\\u0000d", "13"));
    ck_assert_str_eq(store.events, "[La]+b+c");
    ck_assert_int_eq(fake.warnings, 2);
}
END_TEST

START_TEST(test_junk_ends_the_watch)
{
    static const char *const texts[] = {"<html>", "{}", "{\"type\":\"ADDED\"}", "{\"kind\":\"Status\",\"code\":500}", "]", "{\"a\":]"};

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct fake_call *watch = start_watching();

        if (fake_feed_text(watch, texts[i])) {
            pass_a_second();
            fake_end(watch); /* some junk is only known for it at its end */
        }
        ck_assert_str_eq(store.events, "");
        ck_assert_msg(fake.warnings > 0 && !strstr(fake_warning(&fake), "at once"), "%s: %s", texts[i], fake_warning(&fake));
        fake.warnings = 0;
        assert_waits_ms(800, 1200);
        take_watch("10");
        reflector_stop(reflector);
    }
    reflector = NULL;
}
END_TEST

static const char stream[] = EVENT("ADDED", "b", "11") BOOKMARK("12") EVENT("MODIFIED", "b", "13") "\r\n \n" EVENT("DELETED", "a", "14")
    EVENT("ADDED", "\xc3\xa4", "15");

START_TEST(test_every_cut_gives_the_same_objects)
{
    for (size_t at = 0; at < sizeof stream; at++) {
        struct fake_call *watch = start_watching();

        fake_feed(watch, 200, stream, at);
        fake_feed(watch, 200, stream + at, sizeof stream - 1 - (at < sizeof stream - 1 ? at : sizeof stream - 1));
        ck_assert_str_eq(store.events, "+b*b-a+\xc3\xa4");
        pass_a_second();
        fake_end(watch);
        take_watch("15");
        reflector_stop(reflector);
    }
    reflector = NULL;
}
END_TEST

START_TEST(test_byte_by_byte)
{
    struct fake_call *watch = start_watching();

    for (size_t at = 0; at < sizeof stream - 1; at++)
        ck_assert(fake_feed(watch, 200, stream + at, 1));
    ck_assert_str_eq(store.events, "+b*b-a+\xc3\xa4");
}
END_TEST

/* torn anywhere, what was whole was taken, and the next watch begins behind it */
START_TEST(test_torn_anywhere)
{
    static const char *const versions[] = {"10", "11", "12", "13", "14", "15"};

    for (size_t at = 1; at < sizeof stream; at++) {
        struct fake_call *watch = start_watching();
        size_t frames = 0;

        for (size_t i = 0, depth = 0; i < at; i++)
            if (stream[i] == '{')
                depth++;
            else if (stream[i] == '}' && --depth == 0)
                frames++;
        fake_feed(watch, 200, stream, at);
        pass_a_second();
        fake_cut(watch);
        fake_advance_ms(&fake, 1200);
        take_watch(versions[frames]);
        reflector_stop(reflector);
    }
    reflector = NULL;
}
END_TEST

/* ---- backoff ---- */

START_TEST(test_backoff_doubles_to_30_s)
{
    static const int64_t base[] = {800, 1600, 3200, 6400, 12800, 25600, 30000, 30000, 30000};

    start(false);
    for (size_t i = 0; i < sizeof base / sizeof *base; i++) {
        fake_fail(take_list("0"), 503, "", "no");
        assert_waits_ms(base[i], base[i] * 3 / 2);
    }
}
END_TEST

START_TEST(test_backoff_has_jitter)
{
    int64_t first = 0;
    bool differs = false;

    for (int i = 0; i < 10; i++) {
        int64_t waited;

        start(false);
        fake_fail(take_list("0"), 503, "", "no");
        waited = fake_step(&fake);
        differs |= first && waited != first;
        first = waited;
        reflector_stop(reflector);
    }
    reflector = NULL;
    ck_assert(differs);
}
END_TEST

START_TEST(test_backoff_is_forgotten_after_two_healthy_minutes)
{
    struct fake_call *watch = start_watching();

    for (int i = 0; i < 3; i++) {
        fake_fail(watch, 503, "", "no");
        fake_step(&fake);
        watch = take_watch("10");
    }
    fake_advance_ms(&fake, 110000);
    fake_fail(watch, 503, "", "no");
    assert_waits_ms(6400, 9600);
    watch = take_watch("10");
    fake_advance_ms(&fake, 120001);
    fake_fail(watch, 503, "", "no");
    assert_waits_ms(800, 1200);
}
END_TEST

/* ---- memory, and the end ---- */

START_TEST(test_request_that_cannot_start)
{
    start(true);
    fake.refuse_starts = 1;
    fake_pump(&fake);
    ck_assert_str_eq(store.events, "");
    assert_waits_ms(800, 1200);
    fake_feed_text(take_watch_list(), INITIAL_END("10"));
    ck_assert_str_eq(store.events, "[]");
}
END_TEST

START_TEST(test_stop_at_any_time)
{
    reflector_stop(NULL);
    start(true);
    reflector_stop(reflector);
    start(true);
    take_watch_list();
    reflector_stop(reflector);
    start(false);
    take_list("0");
    reflector_stop(reflector);
    start_watching();
    reflector_stop(reflector);
    fake_refuse(start_watching());
    reflector_stop(reflector);
    reflector = NULL;
    ck_assert_int_eq(fake_step(&fake), -1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("reflector");
    TCase *lists = tcase_create("list"), *initial = tcase_create("WatchList"), *versions = tcase_create("versions"),
          *expired = tcase_create("410"), *trouble = tcase_create("trouble"), *ends = tcase_create("ends"),
          *frames = tcase_create("frames"), *backoff = tcase_create("backoff");
    TCase *const all[] = {lists, initial, versions, expired, trouble, ends, frames, backoff};
    SRunner *runner;
    int failed;

    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        tcase_add_checked_fixture(all[i], set_up, tear_down);
        suite_add_tcase(suite, all[i]);
    }
    tcase_add_test(lists, test_list_then_watch);
    tcase_add_test(lists, test_pages);
    tcase_add_test(lists, test_failed_list_is_made_again);
    tcase_add_test(lists, test_list_cut_half_way);
    tcase_add_test(initial, test_watch_list);
    tcase_add_test(initial, test_watch_list_that_is_refused);
    tcase_add_test(initial, test_bookmark_inside_the_initial_state_does_not_end_it);
    tcase_add_test(initial, test_initial_state_that_is_torn_begins_again);
    tcase_add_test(initial, test_initial_state_that_ends_early_begins_again);
    tcase_add_test(initial, test_initial_state_without_end_leads_to_the_list);
    tcase_add_test(initial, test_initial_state_without_a_beginning_leads_to_the_list);
    tcase_add_test(initial, test_expired_in_the_initial_state_backs_off);
    tcase_add_test(versions, test_bookmark_moves_the_version);
    tcase_add_test(versions, test_version_is_opaque);
    tcase_add_test(versions, test_event_without_a_version_leaves_it);
    tcase_add_test(versions, test_bookmark_without_a_version_ends_the_watch);
    tcase_add_test(versions, test_absurdly_long_version_is_not_taken);
    tcase_add_test(expired, test_expired_frame_leads_to_a_list_at_once);
    tcase_add_test(expired, test_gone_frame_too);
    tcase_add_test(expired, test_expired_status_too);
    tcase_add_test(expired, test_expired_list_asks_for_the_newest);
    tcase_add_test(expired, test_too_large_version_leads_to_a_list);
    tcase_add_test(expired, test_410_with_watch_list);
    tcase_add_test(trouble, test_429_backs_off_with_the_same_version);
    tcase_add_test(trouble, test_refused_backs_off_with_the_same_version);
    tcase_add_test(trouble, test_other_error_frames_lead_to_a_list_after_a_while);
    tcase_add_test(trouble, test_error_frame_of_nothing);
    tcase_add_test(trouble, test_error_frame_of_200);
    tcase_add_test(trouble, test_statuses_that_will_not_pass_lead_to_a_list);
    tcase_add_test(trouble, test_statuses_that_may_pass_keep_the_version);
    tcase_add_test(trouble, test_forbidden);
    tcase_add_test(trouble, test_retry_after_has_an_end);
    tcase_add_test(ends, test_clean_end_goes_on_from_the_same_version);
    tcase_add_test(ends, test_torn_watch_goes_on_when_it_had_worked);
    tcase_add_test(ends, test_torn_watch_backs_off_when_it_had_not);
    tcase_add_test(ends, test_short_watch_without_an_event_is_an_error);
    tcase_add_test(ends, test_bookmarks_are_no_events);
    tcase_add_test(ends, test_short_watches_with_events_do_not_spin);
    tcase_add_test(frames, test_unknown_types_are_skipped);
    tcase_add_test(frames, test_object_that_makes_no_sense_is_skipped);
    tcase_add_test(frames, test_object_that_cannot_be_parsed_is_skipped);
    tcase_add_test(frames, test_junk_ends_the_watch);
    tcase_add_test(frames, test_every_cut_gives_the_same_objects);
    tcase_add_test(frames, test_byte_by_byte);
    tcase_add_test(frames, test_torn_anywhere);
    tcase_add_test(backoff, test_backoff_doubles_to_30_s);
    tcase_add_test(backoff, test_backoff_has_jitter);
    tcase_add_test(backoff, test_backoff_is_forgotten_after_two_healthy_minutes);
    tcase_add_test(backoff, test_request_that_cannot_start);
    tcase_add_test(backoff, test_stop_at_any_time);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}

/*
 * test_list.c: paged lists, and every way in which a server may not give one.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/kube/list.h"
#include "tests/unit/support/fake_transport.h"

struct outcome {
    int starts, items, dones;
    int items_since_start;
    char names[300]; /* of the items since the last start */
    enum kube_class class_;
    int64_t retry_after_ms;
    char message[300], version[100];
    int fail_at; /* on_item fails at this item; 0: never */
};

static struct fake fake;
static struct outcome outcome;
static struct kube_list *list;

static void on_start(void *ctx)
{
    struct outcome *to = ctx;

    to->starts++;
    to->items_since_start = 0;
    to->names[0] = '\0';
}

static int on_item(void *ctx, const char *text, size_t bytes, struct error *err)
{
    struct outcome *to = ctx;

    ck_assert_int_eq(strlen(text), bytes);
    if (++to->items == to->fail_at)
        return error_set(err, ERROR_RUNTIME, "no taste for %s", text);
    to->items_since_start++;
    strncat(to->names, text, sizeof to->names - strlen(to->names) - 1);
    return 0;
}

static void on_done(void *ctx, const struct kube_answer *answer, const char *resource_version)
{
    struct outcome *to = ctx;

    to->dones++;
    to->class_ = answer->class_;
    to->retry_after_ms = answer->retry_after_ms;
    snprintf(to->message, sizeof to->message, "%s", answer->message);
    snprintf(to->version, sizeof to->version, "%s", resource_version);
}

static void start_with(const char *selector, const char *version)
{
    static const struct json_field schema[] = {{"n", NULL}, {NULL, NULL}};
    struct kube_list_options options = {"/api/v1/pods", selector, version, schema, on_start, on_item, on_done, &outcome};
    struct error err = ERROR_INIT;

    list = kube_list_start(fake.client, &options, &err);
    ck_assert_msg(list != NULL, "%s", err.text);
}

static void start(const char *version)
{
    start_with(NULL, version);
}

static void set_up(void)
{
    struct error err = ERROR_INIT;

    memset(&outcome, 0, sizeof outcome);
    ck_assert_int_eq(fake_open(&fake, NULL, NULL, &err), 0);
}

static void tear_down(void)
{
    fake_close(&fake);
}

/* the next request, which has this target */
static struct fake_call *take(const char *target)
{
    struct fake_call *call = fake_take(&fake);

    ck_assert_msg(call != NULL, "no request, expected %s", target);
    ck_assert_str_eq(call->method, "GET");
    ck_assert_str_eq(call->target, target);
    return call;
}

static void assert_over(enum kube_class class_)
{
    ck_assert_int_eq(outcome.dones, 1);
    ck_assert_msg(outcome.class_ == class_, "%s: %s", kube_class_name(outcome.class_), outcome.message);
    ck_assert_ptr_null(fake_take(&fake));
    ck_assert_int_eq(fake_open_calls(&fake), 0);
}

#define FIRST "/api/v1/pods?limit=500&resourceVersion=0"
#define NEWEST "/api/v1/pods?limit=500&resourceVersion="
#define PAGE(items, rv, next)                                                                                                              \
    "{\"kind\":\"PodList\",\"items\":[" items "],\"metadata\":{\"resourceVersion\":\"" rv "\",\"continue\":\"" next "\"}}"

START_TEST(test_one_page)
{
    struct fake_call *call;

    start("0");
    ck_assert_int_eq(outcome.starts, 1);
    call = take(FIRST);
    ck_assert_int_eq(call->idle_timeout_ms, KUBE_LIST_IDLE_TIMEOUT_MS);
    ck_assert_int_eq(call->timeout_ms, 0);
    fake_answer(call, 200, "{\"metadata\":{\"resourceVersion\":\"12\"},\"items\":[{\"n\":1,\"m\":2},{\"n\":2}]}");
    assert_over(KUBE_OK);
    ck_assert_str_eq(outcome.names, "{\"n\":1}{\"n\":2}");
    ck_assert_str_eq(outcome.version, "12");
}
END_TEST

START_TEST(test_no_items)
{
    static const char *const bodies[] = {
        "{\"metadata\":{\"resourceVersion\":\"1\"},\"items\":[]}", "{\"metadata\":{\"resourceVersion\":\"1\"},\"items\":null}",
        "{\"items\":[],\"metadata\":{\"resourceVersion\":\"1\",\"continue\":\"\"}}", " {\"metadata\":{\"resourceVersion\":\"1\"}}\n"};

    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        memset(&outcome, 0, sizeof outcome);
        start("0");
        fake_answer(take(FIRST), 200, bodies[i]);
        assert_over(KUBE_OK);
        ck_assert_int_eq(outcome.items, 0);
        ck_assert_str_eq(outcome.version, "1");
    }
}
END_TEST

START_TEST(test_pages)
{
    start("0");
    fake_answer(take(FIRST), 200, PAGE("{\"n\":1}", "5", "a+/=b"));
    ck_assert_int_eq(outcome.dones, 0);
    /* a resourceVersion beside a continue token is a 400; a page may hold nothing */
    fake_answer(take("/api/v1/pods?limit=500&continue=a%2B%2F%3Db"), 200, PAGE("", "5", "c"));
    fake_answer(take("/api/v1/pods?limit=500&continue=c"), 200, PAGE("{\"n\":3}", "6", ""));
    assert_over(KUBE_OK);
    ck_assert_int_eq(outcome.starts, 1);
    ck_assert_str_eq(outcome.names, "{\"n\":1}{\"n\":3}");
    ck_assert_str_eq(outcome.version, "6");
}
END_TEST

START_TEST(test_field_selector_on_every_page)
{
    start_with("spec.nodeName=,a!=b", "");
    fake_answer(take("/api/v1/pods?limit=500&fieldSelector=spec.nodeName%3D%2Ca%21%3Db&resourceVersion="), 200, PAGE("", "5", "c"));
    fake_answer(take("/api/v1/pods?limit=500&fieldSelector=spec.nodeName%3D%2Ca%21%3Db&continue=c"), 200, PAGE("", "5", ""));
    assert_over(KUBE_OK);
}
END_TEST

START_TEST(test_byte_by_byte)
{
    start("0");
    fake_answer_pieces(take(FIRST), 200, PAGE("{\"n\":1},{\"n\":\"]}\"}", "5", "c"), 1);
    fake_answer_pieces(take("/api/v1/pods?limit=500&continue=c"), 200, PAGE("{\"n\":3}", "5", ""), 1);
    assert_over(KUBE_OK);
    ck_assert_str_eq(outcome.names, "{\"n\":1}{\"n\":\"]}\"}{\"n\":3}");
}
END_TEST

/* ---- 410 ---- */

START_TEST(test_410_on_page_two_leads_to_one_list_without_pages)
{
    start("0");
    fake_answer(take(FIRST), 200, PAGE("{\"n\":1}", "5", "c"));
    fake_fail(take("/api/v1/pods?limit=500&continue=c"), 410, "Expired", "the continue token is too old");
    ck_assert_int_eq(outcome.starts, 2);
    ck_assert_str_eq(outcome.names, "");
    fake_answer(take("/api/v1/pods?resourceVersion="), 200, PAGE("{\"n\":1},{\"n\":2}", "9", ""));
    assert_over(KUBE_OK);
    ck_assert_str_eq(outcome.names, "{\"n\":1}{\"n\":2}");
    ck_assert_str_eq(outcome.version, "9");
}
END_TEST

START_TEST(test_410_after_that_is_the_answer)
{
    start("0");
    fake_answer(take(FIRST), 200, PAGE("{\"n\":1}", "5", "c"));
    fake_fail(take("/api/v1/pods?limit=500&continue=c"), 410, "Expired", "old");
    fake_fail(take("/api/v1/pods?resourceVersion="), 410, "Expired", "still old");
    assert_over(KUBE_EXPIRED);
    ck_assert_str_eq(outcome.message, "still old");
}
END_TEST

START_TEST(test_server_that_pages_though_not_asked_and_expires)
{
    start("0");
    fake_answer(take(FIRST), 200, PAGE("", "5", "c"));
    fake_fail(take("/api/v1/pods?limit=500&continue=c"), 410, "Expired", "old");
    fake_answer(take("/api/v1/pods?resourceVersion="), 200, PAGE("", "5", "d"));
    fake_fail(take("/api/v1/pods?continue=d"), 410, "Expired", "old");
    assert_over(KUBE_EXPIRED);
}
END_TEST

START_TEST(test_410_on_page_one_asks_for_the_newest_at_once)
{
    start("77");
    fake_fail(take("/api/v1/pods?limit=500&resourceVersion=77"), 410, "Expired", "too old");
    fake_answer(take(NEWEST), 200, PAGE("", "90", ""));
    assert_over(KUBE_OK);
    ck_assert_int_eq(outcome.starts, 2);
}
END_TEST

START_TEST(test_too_large_version_asks_for_the_newest_at_once)
{
    start("77");
    fake_answer(take("/api/v1/pods?limit=500&resourceVersion=77"), 504,
                "{\"kind\":\"Status\",\"reason\":\"Timeout\",\"code\":504,\"details\":{\"retryAfterSeconds\":1,\"causes\":[{\"reason\":"
                "\"ResourceVersionTooLarge\",\"message\":\"Too large resource version\"}]}}");
    fake_fail(take(NEWEST), 410, "Expired", "no");
    assert_over(KUBE_EXPIRED);
}
END_TEST

START_TEST(test_start_over_that_cannot_start)
{
    start("77");
    fake.refuse_starts = 1;
    fake_fail(take("/api/v1/pods?limit=500&resourceVersion=77"), 410, "Expired", "too old");
    assert_over(KUBE_EXPIRED);
}
END_TEST

START_TEST(test_next_page_that_cannot_start)
{
    start("0");
    fake.refuse_starts = 1;
    fake_answer(take(FIRST), 200, PAGE("", "5", "c"));
    assert_over(KUBE_TRANSIENT);
    ck_assert_str_eq(outcome.message, "out of memory");
}
END_TEST

/* ---- what is no list ---- */

START_TEST(test_errors_are_passed_on)
{
    start("0");
    fake_fail(take(FIRST), 403, "Forbidden", "pods is forbidden");
    assert_over(KUBE_FORBIDDEN);
    ck_assert_str_eq(outcome.message, "pods is forbidden");
    memset(&outcome, 0, sizeof outcome);
    start("0");
    fake_answer_with(take(FIRST), 429, 7, "slow down");
    assert_over(KUBE_TRANSIENT);
    ck_assert_int_eq(outcome.retry_after_ms, 7000);
    memset(&outcome, 0, sizeof outcome);
    start("0");
    fake_lose(take(FIRST));
    assert_over(KUBE_TRANSIENT); /* reading is safe to repeat */
}
END_TEST

START_TEST(test_no_list)
{
    static const char *const bodies[] = {"<html>not here</html>",
                                         "plain text",
                                         "",
                                         "[]",
                                         "{}",
                                         "{\"metadata\":{}}",
                                         "{\"metadata\":{\"resourceVersion\":7},\"items\":[]}",
                                         "{\"metadata\":[],\"items\":[]}",
                                         "{\"kind\":\"Status\",\"metadata\":{},\"status\":\"Success\"}",
                                         "{\"metadata\":{\"resourceVersion\":\"\"},\"items\":[]}",
                                         "{\"items\":[{\"n\":1}",
                                         "{\"items\":[{\"n\":1}]",
                                         "{\"items\":{\"n\":1},\"metadata\":{\"resourceVersion\":\"1\"}}",
                                         "{\"metadata\":{\"resourceVersion\":\"1\"}} {\"items\":[]}"};

    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        memset(&outcome, 0, sizeof outcome);
        start("0");
        fake_answer(take(FIRST), 200, bodies[i]);
        ck_assert_msg(outcome.class_ == KUBE_TRANSIENT, "%s: %s", bodies[i], kube_class_name(outcome.class_));
        ck_assert_msg(outcome.message[0] != '\0', "%s: no message", bodies[i]);
        assert_over(KUBE_TRANSIENT);
    }
}
END_TEST

START_TEST(test_cut)
{
    const char *page = PAGE("{\"n\":1},{\"n\":2}", "5", "");

    for (size_t at = 0; at < strlen(page); at++) {
        struct fake_call *call;

        memset(&outcome, 0, sizeof outcome);
        start("0");
        call = take(FIRST);
        if (at)
            fake_feed(call, 200, page, at);
        fake_cut(call);
        assert_over(KUBE_TRANSIENT);
        ck_assert_str_eq(outcome.message, "the connection broke");
    }
}
END_TEST

START_TEST(test_redirect)
{
    start("0");
    fake_answer(take(FIRST), 302, "<a href=x>");
    assert_over(KUBE_REJECTED);
}
END_TEST

/* the same token again and again: it comes to an end, and nothing piles up on the stack */
START_TEST(test_list_without_end)
{
    int pages = 0;

    start("0");
    for (struct fake_call *call; (call = fake_take(&fake)); pages++) {
        ck_assert_int_le(pages, KUBE_LIST_MAX_PAGES);
        fake_answer(call, 200, PAGE("", "5", "c"));
    }
    ck_assert_int_eq(pages, KUBE_LIST_MAX_PAGES);
    assert_over(KUBE_TRANSIENT);
    ck_assert_str_eq(outcome.message, "the list does not end");
}
END_TEST

START_TEST(test_continue_token_too_long_for_a_request)
{
    static char page[20000];
    int front = snprintf(page, sizeof page, "{\"items\":[],\"metadata\":{\"resourceVersion\":\"1\",\"continue\":\"");

    memset(page + front, 'x', 12000);
    strcpy(page + front + 12000, "\"}}");
    start("0");
    fake_answer(take(FIRST), 200, page);
    assert_over(KUBE_TRANSIENT);
}
END_TEST

START_TEST(test_item_that_the_caller_cannot_take)
{
    outcome.fail_at = 2;
    start("0");
    fake_answer(take(FIRST), 200, PAGE("{\"n\":1},{\"n\":2},{\"n\":3}", "5", ""));
    assert_over(KUBE_TRANSIENT);
    ck_assert_str_eq(outcome.message, "no taste for {\"n\":2}");
    ck_assert_int_eq(outcome.items, 2);
}
END_TEST

START_TEST(test_cancel)
{
    start("0");
    kube_list_cancel(list);
    ck_assert_int_eq(fake_open_calls(&fake), 0);
    start("0");
    fake_answer(take(FIRST), 200, PAGE("{\"n\":1}", "5", "c"));
    fake_feed_text(take("/api/v1/pods?limit=500&continue=c"), "{\"items\":[{\"n\":");
    kube_list_cancel(list);
    ck_assert_int_eq(fake_open_calls(&fake), 0);
    ck_assert_int_eq(outcome.dones, 0);
}
END_TEST

START_TEST(test_start_fails)
{
    struct kube_list_options options = {.path = "/x", .resource_version = "0", .on_item = on_item, .on_done = on_done, .ctx = &outcome};
    struct error err = ERROR_INIT;

    fake.refuse_starts = 1;
    ck_assert_ptr_null(kube_list_start(fake.client, &options, &err));
    ck_assert_int_eq(err.kind, ERROR_NO_MEMORY);
    ck_assert_int_eq(outcome.dones, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("list");
    TCase *pages = tcase_create("pages"), *expired = tcase_create("expired"), *broken = tcase_create("broken");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(pages, set_up, tear_down);
    tcase_add_test(pages, test_one_page);
    tcase_add_test(pages, test_no_items);
    tcase_add_test(pages, test_pages);
    tcase_add_test(pages, test_field_selector_on_every_page);
    tcase_add_test(pages, test_byte_by_byte);
    tcase_add_test(pages, test_cancel);
    tcase_add_test(pages, test_start_fails);
    tcase_add_checked_fixture(expired, set_up, tear_down);
    tcase_add_test(expired, test_410_on_page_two_leads_to_one_list_without_pages);
    tcase_add_test(expired, test_410_after_that_is_the_answer);
    tcase_add_test(expired, test_server_that_pages_though_not_asked_and_expires);
    tcase_add_test(expired, test_410_on_page_one_asks_for_the_newest_at_once);
    tcase_add_test(expired, test_too_large_version_asks_for_the_newest_at_once);
    tcase_add_test(expired, test_start_over_that_cannot_start);
    tcase_add_test(expired, test_next_page_that_cannot_start);
    tcase_add_checked_fixture(broken, set_up, tear_down);
    tcase_add_test(broken, test_errors_are_passed_on);
    tcase_add_test(broken, test_no_list);
    tcase_add_test(broken, test_cut);
    tcase_add_test(broken, test_redirect);
    tcase_add_test(broken, test_list_without_end);
    tcase_add_test(broken, test_continue_token_too_long_for_a_request);
    tcase_add_test(broken, test_item_that_the_caller_cannot_take);
    suite_add_tcase(suite, pages);
    suite_add_tcase(suite, expired);
    suite_add_tcase(suite, broken);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}

/*
 * test_client.c: from an outcome to an answer; the credential; what is counted.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/limits.h"
#include "tests/unit/support/fake_transport.h"
#include "tests/unit/support/scratch.h"

struct reply {
    int count;
    struct kube_answer answer; /* without its strings */
    size_t message_bytes;
    char reason[100], message[300], data[300];
    bool stop; /* on_data says stop */
    struct kube_client *client;
    struct kube_call *cancel; /* cancelled in on_done */
};

static struct fake fake;
static struct reply reply;

static int on_data(void *ctx, const char *data, size_t bytes)
{
    struct reply *to = ctx;

    strncat(to->data, data, bytes);
    return to->stop ? -1 : 0;
}

static void on_done(void *ctx, const struct kube_answer *answer)
{
    struct reply *to = ctx;

    to->count++;
    to->answer = *answer;
    to->answer.message = to->answer.reason = NULL;
    to->message_bytes = strlen(answer->message);
    snprintf(to->reason, sizeof to->reason, "%s", answer->reason);
    snprintf(to->message, sizeof to->message, "%s", answer->message);
    if (to->cancel)
        kube_cancel(to->client, to->cancel);
}

static struct kube_call *start_as(struct kube_request request)
{
    struct error err = ERROR_INIT;
    struct kube_call *call;

    request.on_data = on_data;
    request.on_done = on_done;
    request.ctx = &reply;
    call = kube_start(fake.client, &request, &err);
    ck_assert_msg(call != NULL, "%s", err.text);
    return call;
}

static struct kube_call *start(void)
{
    memset(&reply, 0, sizeof reply);
    return start_as((struct kube_request){.method = "GET", .target = "/x", .timeout_ms = 7, .idle_timeout_ms = 8});
}

static void open_fake(struct kube_credentials *credentials, struct metrics *metrics)
{
    struct error err = ERROR_INIT;

    memset(&reply, 0, sizeof reply);
    ck_assert_int_eq(fake_open(&fake, credentials, metrics, &err), 0);
}

static void set_up(void)
{
    open_fake(NULL, NULL);
}

static void tear_down(void)
{
    fake_close(&fake);
}

/* ---- answers ---- */

START_TEST(test_request_is_passed_on)
{
    struct fake_call *call;

    start_as((struct kube_request){.method = "POST",
                                   .target = "/a?b=c",
                                   .content_type = "application/json",
                                   .body = "{}!",
                                   .body_bytes = 2,
                                   .timeout_ms = 7,
                                   .idle_timeout_ms = 8});
    call = fake_take(&fake);
    ck_assert_str_eq(call->method, "POST");
    ck_assert_str_eq(call->target, "/a?b=c");
    ck_assert_str_eq(call->content_type, "application/json");
    ck_assert_str_eq(call->body, "{}");
    ck_assert_int_eq(call->timeout_ms, 7);
    ck_assert_int_eq(call->idle_timeout_ms, 8);
    ck_assert_int_eq(fake.tokens, 0);
    fake_answer(call, 201, "{\"kind\":\"Status\"}");
    ck_assert_int_eq(reply.count, 1);
    ck_assert_int_eq(reply.answer.class_, KUBE_OK);
    ck_assert_int_eq(reply.answer.status, 201);
    ck_assert_int_eq(reply.answer.retry_after_ms, -1);
    ck_assert_str_eq(reply.data, "{\"kind\":\"Status\"}");
    ck_assert_str_eq(reply.reason, "");
    ck_assert_str_eq(reply.message, "");
}
END_TEST

START_TEST(test_status_body)
{
    start();
    fake_fail(fake_take(&fake), 403, "Forbidden", "pods is forbidden");
    ck_assert_int_eq(reply.answer.class_, KUBE_FORBIDDEN);
    ck_assert_str_eq(reply.reason, "Forbidden");
    ck_assert_str_eq(reply.message, "pods is forbidden");
    ck_assert_str_eq(reply.data, "");
}
END_TEST

START_TEST(test_status_body_in_pieces)
{
    start();
    fake_answer_pieces(
        fake_take(&fake), 504,
        "{\"reason\":\"Timeout\",\"message\":\"Too large resource version\",\"details\":{\"retryAfterSeconds\":2,\"causes\":[{\"reason\":"
        "\"ResourceVersionTooLarge\"}]}}",
        1);
    ck_assert_int_eq(reply.answer.class_, KUBE_EXPIRED);
    ck_assert_str_eq(reply.message, "Too large resource version");
    ck_assert_int_eq(reply.answer.retry_after_ms, 2000);
}
END_TEST

START_TEST(test_body_that_is_no_status)
{
    static const struct {
        const char *body, *message;
    } cases[] = {{"Too many requests, please try again later.\n", "Too many requests, please try again later."},
                 {"<html>\r\n<body>no</body>", "<html>"},
                 {"a\tb\x1b[31mc\x7f", "a b [31mc "},
                 {"", ""},
                 {"[1,2]", "[1,2]"},
                 {"{\"message\":7,\"details\":[],\"reason\":null}", ""},
                 {"{\"reason\":\"x\",\"message\":", "{\"reason\":\"x\",\"message\":"},
                 {"\n\nlate", ""}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        start();
        fake_answer(fake_take(&fake), 503, cases[i].body);
        ck_assert_int_eq(reply.answer.class_, KUBE_TRANSIENT);
        ck_assert_str_eq(reply.message, cases[i].message);
        ck_assert_str_eq(reply.reason, "");
    }
}
END_TEST

START_TEST(test_error_body_is_bounded)
{
    static char big[3 * LIMIT_ERROR_BODY_BYTES];
    struct fake_call *call;

    memset(big, 'x', sizeof big);
    start();
    call = fake_take(&fake);
    for (int i = 0; i < 3; i++)
        ck_assert(fake_feed(call, 500, big, sizeof big));
    fake_end(call);
    ck_assert_uint_eq(reply.message_bytes, LIMIT_ERROR_BODY_BYTES);
    ck_assert_int_eq(reply.message[0], 'x');
    ck_assert_int_eq(reply.answer.class_, KUBE_TRANSIENT);
}
END_TEST

START_TEST(test_retry_after)
{
    static const struct {
        int64_t header_s;
        const char *body;
        int64_t expected_ms;
    } cases[] = {{3, "slow", 3000},
                 {-1, "slow", -1},
                 {0, "slow", -1},
                 {3, "{\"details\":{\"retryAfterSeconds\":9}}", 3000},
                 {-1, "{\"details\":{\"retryAfterSeconds\":9}}", 9000},
                 {-1, "{\"details\":{\"retryAfterSeconds\":-9}}", -1},
                 {-1, "{\"details\":{\"retryAfterSeconds\":9223372036854775807}}", KUBE_RETRY_AFTER_MAX_MS},
                 {INT64_MAX / 1000 - 1, "slow", KUBE_RETRY_AFTER_MAX_MS}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        start();
        fake_answer_with(fake_take(&fake), 429, cases[i].header_s, cases[i].body);
        ck_assert_int_eq(reply.answer.retry_after_ms, cases[i].expected_ms);
    }
}
END_TEST

START_TEST(test_no_answer)
{
    start();
    fake_refuse(fake_take(&fake));
    ck_assert_int_eq(reply.answer.class_, KUBE_TRANSIENT);
    ck_assert(reply.answer.unsent);
    ck_assert_str_eq(reply.message, "connection refused");
    start();
    fake_lose(fake_take(&fake));
    ck_assert_int_eq(reply.answer.class_, KUBE_UNKNOWN);
    ck_assert(!reply.answer.unsent);
    ck_assert_int_eq(reply.answer.status, 0);
}
END_TEST

START_TEST(test_cut_answer)
{
    struct fake_call *call;

    start();
    call = fake_take(&fake);
    fake_feed_text(call, "{\"a\"");
    fake_cut(call);
    ck_assert_int_eq(reply.answer.class_, KUBE_UNKNOWN);
    ck_assert_str_eq(reply.data, "{\"a\"");
}
END_TEST

START_TEST(test_on_data_says_stop)
{
    start();
    reply.stop = true;
    ck_assert(!fake_feed_text(fake_take(&fake), "abc"));
    ck_assert_int_eq(reply.count, 1);
    ck_assert(reply.answer.aborted);
}
END_TEST

START_TEST(test_cancel)
{
    struct kube_call *call = start();

    kube_cancel(fake.client, call);
    ck_assert_int_eq(fake.first->state, FAKE_CANCELLED);
    ck_assert_ptr_null(fake_take(&fake));
    ck_assert_int_eq(reply.count, 0);
}
END_TEST

START_TEST(test_cancel_of_another_in_on_done)
{
    struct fake_call *first;

    start();
    first = fake_take(&fake);
    reply.cancel = start_as((struct kube_request){.method = "GET", .target = "/y"});
    reply.client = fake.client;
    fake_answer(first, 200, "");
    ck_assert_int_eq(reply.count, 1);
    ck_assert_int_eq(fake_open_calls(&fake), 0);
}
END_TEST

START_TEST(test_transport_that_cannot_start)
{
    struct kube_request request = {.method = "GET", .target = "/x", .on_done = on_done, .ctx = &reply};
    struct error err = ERROR_INIT;

    fake.refuse_starts = 1;
    ck_assert_ptr_null(kube_start(fake.client, &request, &err));
    ck_assert_int_eq(err.kind, ERROR_NO_MEMORY);
    ck_assert_int_eq(reply.count, 0);
}
END_TEST

/* ---- jitter ---- */

START_TEST(test_jitter)
{
    int64_t least = INT64_MAX, most = 0;

    for (int i = 0; i < 2000; i++) {
        int64_t wait = kube_client_jitter(fake.client, 1000000);

        least = wait < least ? wait : least;
        most = wait > most ? wait : most;
    }
    ck_assert_int_ge(least, 1000000);
    ck_assert_int_lt(least, 1010000);
    ck_assert_int_gt(most, 1490000);
    ck_assert_int_lt(most, 1500000);
    ck_assert_int_eq(kube_client_jitter(fake.client, 0), 0);
}
END_TEST

/* ---- the credential ---- */

static struct kube_config config;
static struct kube_credentials *credentials;

static void open_token_file(const char *token)
{
    struct error err = ERROR_INIT;

    scratch_begin();
    config = (struct kube_config){.token_file = (char *)scratch_write("token", token, 0600)};
    credentials = kube_credentials_new(&config, &fake.clock, &err);
    open_fake(credentials, NULL);
}

static void close_credentials(void)
{
    fake_close(&fake);
    kube_credentials_free(credentials);
    scratch_end();
}

START_TEST(test_token_is_handed_over_once)
{
    open_token_file("one");
    start();
    ck_assert_str_eq(fake.token, "one");
    fake_answer(fake_take(&fake), 200, "");
    start();
    fake_answer(fake_take(&fake), 200, "");
    ck_assert_int_eq(fake.tokens, 1);
    ck_assert_int_eq(fake.certs, 0);
    close_credentials();
}
END_TEST

START_TEST(test_401_is_sent_once_more_with_a_fresh_token)
{
    struct fake_call *call;

    open_token_file("one");
    start_as((struct kube_request){.method = "POST", .target = "/x?y", .body = "{}", .body_bytes = 2});
    call = fake_take(&fake);
    scratch_write("token", "two", 0600);
    fake.now_us += 2000000;
    fake_fail(call, 401, "Unauthorized", "Unauthorized");
    ck_assert_int_eq(reply.count, 0);
    call = fake_take(&fake);
    ck_assert_ptr_nonnull(call);
    ck_assert_str_eq(fake.token, "two");
    ck_assert_str_eq(call->method, "POST");
    ck_assert_str_eq(call->target, "/x?y");
    ck_assert_str_eq(call->body, "{}");
    fake_answer(call, 200, "ok");
    ck_assert_int_eq(reply.count, 1);
    ck_assert_int_eq(reply.answer.class_, KUBE_OK);
    ck_assert_str_eq(reply.data, "ok");
    close_credentials();
}
END_TEST

START_TEST(test_401_twice_is_the_answer)
{
    open_token_file("one");
    start();
    fake_fail(fake_take(&fake), 401, "Unauthorized", "first");
    fake_fail(fake_take(&fake), 401, "Unauthorized", "second");
    ck_assert_ptr_null(fake_take(&fake));
    ck_assert_int_eq(reply.count, 1);
    ck_assert_int_eq(reply.answer.class_, KUBE_UNAUTHORIZED);
    ck_assert_str_eq(reply.message, "second");
    close_credentials();
}
END_TEST

START_TEST(test_401_without_credentials_is_the_answer)
{
    open_fake(NULL, NULL);
    start();
    fake_fail(fake_take(&fake), 401, "Unauthorized", "who?");
    ck_assert_int_eq(reply.answer.class_, KUBE_UNAUTHORIZED);
    ck_assert_int_eq(fake.count, 1);
    fake_close(&fake);
}
END_TEST

START_TEST(test_call_can_be_cancelled_after_its_401)
{
    struct kube_call *call;

    open_token_file("one");
    call = start();
    fake_fail(fake_take(&fake), 401, "Unauthorized", "who?");
    kube_cancel(fake.client, call);
    ck_assert_int_eq(fake_open_calls(&fake), 0);
    ck_assert_int_eq(reply.count, 0);
    close_credentials();
}
END_TEST

START_TEST(test_401_when_the_second_try_cannot_start)
{
    open_token_file("one");
    start();
    fake.refuse_starts = 1;
    fake_fail(fake_take(&fake), 401, "Unauthorized", "who?");
    ck_assert_int_eq(reply.count, 1);
    ck_assert_int_eq(reply.answer.class_, KUBE_UNAUTHORIZED);
    close_credentials();
}
END_TEST

/* a token that could not be handed over is handed over next time, though the credentials no longer call it changed */
START_TEST(test_token_that_could_not_be_set_is_set_later)
{
    struct fake_call *call;

    open_token_file("one");
    start();
    call = fake_take(&fake);
    scratch_write("token", "two", 0600);
    fake.now_us += 2000000;
    fake.refuse_tokens = 1;
    fake_fail(call, 401, "Unauthorized", "who?");
    ck_assert_int_eq(reply.count, 1);
    ck_assert_str_eq(fake.token, "one");
    start();
    ck_assert_str_eq(fake.token, "two");
    fake_answer(fake_take(&fake), 200, "");
    close_credentials();
}
END_TEST

START_TEST(test_old_token_is_used_on_with_a_warning)
{
    open_token_file("one");
    start();
    fake_answer(fake_take(&fake), 200, "");
    scratch_write("token", "", 0600);
    fake.now_us += 61000000;
    start();
    ck_assert_str_eq(fake.token, "one");
    ck_assert_int_eq(fake.warnings, 1);
    ck_assert_msg(!strncmp(fake_warning(&fake), "the old credential is used on: token file", 41), "%s", fake_warning(&fake));
    fake_answer(fake_take(&fake), 200, "");
    start();
    ck_assert_int_eq(fake.warnings, 1);
    fake_answer(fake_take(&fake), 200, "");
    fake.now_us += 61000000;
    start();
    ck_assert_int_eq(fake.warnings, 2);
    fake_answer(fake_take(&fake), 200, "");
    scratch_write("token", "two", 0600);
    fake.now_us += 61000000;
    start();
    ck_assert_int_eq(fake.warnings, 2);
    ck_assert_str_eq(fake.token, "two");
    fake_answer(fake_take(&fake), 200, "");
    close_credentials();
}
END_TEST

START_TEST(test_no_credential_is_a_warning)
{
    open_token_file("");
    start();
    ck_assert_int_eq(fake.warnings, 1);
    ck_assert_str_eq(fake.token, "");
    fake_answer(fake_take(&fake), 200, "");
    ck_assert_int_eq(reply.answer.class_, KUBE_OK);
    close_credentials();
}
END_TEST

static void open_plugin(const char *script)
{
    struct error err = ERROR_INIT;

    scratch_begin();
    config = (struct kube_config){.server = (char *)"https://h", .exec_api_version = (char *)"client.authentication.k8s.io/v1"};
    config.exec_command = (char *)scratch_write("plugin", script, 0700);
    credentials = kube_credentials_new(&config, &fake.clock, &err);
    open_fake(credentials, NULL);
}

#define PLUGIN(cert, key)                                                                                                                  \
    "#!/bin/sh\nprintf %s '{\"apiVersion\":\"client.authentication.k8s.io/v1\",\"kind\":\"ExecCredential\",\"status\":{"                   \
    "\"clientCertificateData\":\"-----BEGIN CERTIFICATE-----\\n" cert "\\n-----END CERTIFICATE-----\\n\",\"clientKeyData\":\"-----BEGIN "  \
    "PRIVATE KEY-----\\n" key "\\n-----END PRIVATE KEY-----\\n\"}}'\n"

START_TEST(test_certificate_of_a_plugin)
{
    struct fake_call *call;

    fake.no_certificates = false;
    open_plugin(PLUGIN("Yw==", "aw=="));
    start();
    call = fake_take(&fake);
    ck_assert_msg(fake.warnings == 0, "%s", fake_warning(&fake));
    ck_assert_int_eq(fake.certs, 1);
    ck_assert_msg(strstr(fake.cert, "Yw==") && strstr(fake.key, "aw=="), "%s %s", fake.cert, fake.key);
    scratch_write("plugin", PLUGIN("ZA==", "aw=="), 0700);
    fake.now_us += 2000000;
    fake_fail(call, 401, "Unauthorized", "expired");
    ck_assert_int_eq(fake.certs, 2);
    ck_assert_ptr_nonnull(strstr(fake.cert, "ZA=="));
    fake_answer(fake_take(&fake), 200, "");
    start();
    ck_assert_int_eq(fake.certs, 2);
    fake_answer(fake_take(&fake), 200, "");
    close_credentials();
}
END_TEST

START_TEST(test_certificate_where_the_transport_has_no_tls)
{
    fake.no_certificates = true;
    open_plugin(PLUGIN("Yw==", "aw=="));
    start();
    ck_assert_int_eq(fake.certs, 0);
    ck_assert_int_eq(fake.warnings, 0);
    fake_answer(fake_take(&fake), 200, "");
    close_credentials();
    fake.no_certificates = false;
}
END_TEST

/* ---- counting ---- */

static struct metrics *metrics;
static struct buffer page;

static void assert_counted(const char *line)
{
    struct error err = ERROR_INIT;

    buffer_clear(&page);
    ck_assert_int_eq(metrics_render(metrics, &page, &err), 0);
    ck_assert_msg(strstr(page.data, line) != NULL, "not in the page: %s\n%s", line, page.data);
}

static void set_up_counting(void)
{
    struct error err = ERROR_INIT;

    buffer_init(&page, LIMIT_METRICS_PAGE_BYTES);
    metrics = metrics_new("s", "h", &err);
    open_fake(NULL, metrics);
}

static void tear_down_counting(void)
{
    fake_close(&fake);
    metrics_free(metrics);
    buffer_free(&page);
}

START_TEST(test_counts)
{
    start();
    fake.now_us += 250000;
    fake_answer(fake_take(&fake), 200, "12345");
    assert_counted("rest_client_requests_total{code=\"200\",host=\"h\",method=\"GET\"} 1\n");
    assert_counted("rest_client_response_size_bytes_sum{host=\"h\",verb=\"GET\"} 5\n");
    assert_counted("rest_client_request_duration_seconds_sum{host=\"h\",verb=\"GET\"} 0.25\n");
    start();
    fake_refuse(fake_take(&fake));
    assert_counted("rest_client_requests_total{code=\"<error>\",host=\"h\",method=\"GET\"} 1\n");
    start_as((struct kube_request){.method = "POST", .target = "/x", .body = "1234567", .body_bytes = 7});
    fake_answer(fake_take(&fake), 409, "no");
    assert_counted("rest_client_requests_total{code=\"409\",host=\"h\",method=\"POST\"} 1\n");
    assert_counted("rest_client_request_size_bytes_sum{host=\"h\",verb=\"POST\"} 7\n");
}
END_TEST

START_TEST(test_counts_a_stream_when_it_begins)
{
    struct fake_call *call;

    start_as((struct kube_request){.method = "GET", .target = "/x", .is_stream = true});
    call = fake_take(&fake);
    ck_assert_int_eq(metrics_requests(metrics, "GET"), 0);
    fake_feed_text(call, "123");
    ck_assert_int_eq(metrics_requests(metrics, "GET"), 1);
    fake_feed_text(call, "45");
    fake_end(call);
    ck_assert_int_eq(metrics_requests(metrics, "GET"), 1);
    assert_counted("lab_stream_received_bytes_total{host=\"h\",verb=\"GET\"} 5\n");
    start_as((struct kube_request){.method = "GET", .target = "/x", .is_stream = true});
    fake_end(fake_take(&fake));
    ck_assert_int_eq(metrics_requests(metrics, "GET"), 2);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("client");
    TCase *answers = tcase_create("answers"), *secrets = tcase_create("credential"), *counting = tcase_create("counting");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(answers, set_up, tear_down);
    tcase_add_test(answers, test_request_is_passed_on);
    tcase_add_test(answers, test_status_body);
    tcase_add_test(answers, test_status_body_in_pieces);
    tcase_add_test(answers, test_body_that_is_no_status);
    tcase_add_test(answers, test_error_body_is_bounded);
    tcase_add_test(answers, test_retry_after);
    tcase_add_test(answers, test_no_answer);
    tcase_add_test(answers, test_cut_answer);
    tcase_add_test(answers, test_on_data_says_stop);
    tcase_add_test(answers, test_cancel);
    tcase_add_test(answers, test_cancel_of_another_in_on_done);
    tcase_add_test(answers, test_transport_that_cannot_start);
    tcase_add_test(answers, test_jitter);
    tcase_add_test(secrets, test_token_is_handed_over_once);
    tcase_add_test(secrets, test_401_is_sent_once_more_with_a_fresh_token);
    tcase_add_test(secrets, test_401_twice_is_the_answer);
    tcase_add_test(secrets, test_401_without_credentials_is_the_answer);
    tcase_add_test(secrets, test_call_can_be_cancelled_after_its_401);
    tcase_add_test(secrets, test_401_when_the_second_try_cannot_start);
    tcase_add_test(secrets, test_token_that_could_not_be_set_is_set_later);
    tcase_add_test(secrets, test_old_token_is_used_on_with_a_warning);
    tcase_add_test(secrets, test_no_credential_is_a_warning);
    tcase_add_test(secrets, test_certificate_of_a_plugin);
    tcase_add_test(secrets, test_certificate_where_the_transport_has_no_tls);
    tcase_add_checked_fixture(counting, set_up_counting, tear_down_counting);
    tcase_add_test(counting, test_counts);
    tcase_add_test(counting, test_counts_a_stream_when_it_begins);
    suite_add_tcase(suite, answers);
    suite_add_tcase(suite, secrets);
    suite_add_tcase(suite, counting);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}

/*
 * test_frame.c: watch frames, and the schema they are scanned with.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/kube/classify.h"
#include "common/kube/frame.h"
#include "common/kube/json_parse.h"

static json_t *json;

static int read_text(const char *text, struct frame *frame)
{
    struct error err = ERROR_INIT;
    int ret;

    json = kube_json_parse(text, strlen(text), &err);
    ck_assert_msg(json != NULL, "%s", err.text);
    ret = frame_read(json, frame, &err);
    ck_assert_int_eq(ret < 0, err.kind == ERROR_RUNTIME);
    return ret;
}

static void done(void)
{
    json_decref(json);
}

START_TEST(test_types)
{
    static const struct {
        const char *text;
        enum frame_type type;
    } cases[] = {{"ADDED", FRAME_ADDED}, {"MODIFIED", FRAME_MODIFIED}, {"DELETED", FRAME_DELETED}, {"BOOKMARK", FRAME_BOOKMARK},
                 {"ERROR", FRAME_ERROR}, {"PATCHED", FRAME_UNKNOWN},   {"added", FRAME_UNKNOWN},   {"ADDEDX", FRAME_UNKNOWN}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct frame frame;
        char text[200];

        snprintf(text, sizeof text, "{\"type\":\"%s\",\"object\":{\"metadata\":{\"resourceVersion\":\"7\"}}}", cases[i].text);
        ck_assert_int_eq(read_text(text, &frame), 0);
        ck_assert_int_eq(frame.type, cases[i].type);
        ck_assert_str_eq(frame.type_text, cases[i].text);
        ck_assert_str_eq(frame.resource_version, "7");
        ck_assert(json_is_object(frame.object));
        ck_assert(!frame.initial_events_end);
        ck_assert_int_eq(frame.retry_after_ms, -1);
        done();
    }
}
END_TEST

START_TEST(test_bookmark)
{
    static const struct {
        const char *annotations;
        bool end;
    } cases[] = {{"{\"k8s.io/initial-events-end\":\"true\"}", true},
                 {"{\"k8s.io/initial-events-end\":\"false\"}", false},
                 {"{\"k8s.io/initial-events-end\":true}", false},
                 {"{}", false},
                 {"null", false},
                 {"[]", false}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct frame frame;
        char text[200];

        snprintf(text, sizeof text, "{\"type\":\"BOOKMARK\",\"object\":{\"metadata\":{\"annotations\":%s}}}", cases[i].annotations);
        ck_assert_int_eq(read_text(text, &frame), 0);
        ck_assert_int_eq(frame.initial_events_end, cases[i].end);
        ck_assert_str_eq(frame.resource_version, "");
        done();
    }
}
END_TEST

START_TEST(test_only_a_bookmark_ends_the_initial_state)
{
    struct frame frame;

    ck_assert_int_eq(
        read_text("{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"annotations\":{\"k8s.io/initial-events-end\":\"true\"}}}}", &frame), 0);
    ck_assert(!frame.initial_events_end);
    done();
}
END_TEST

START_TEST(test_error)
{
    struct frame frame;

    ck_assert_int_eq(
        read_text("{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":\"Failure\","
                  "\"message\":\"too old resource version: 657887 (680402)\",\"reason\":\"Expired\",\"code\":410}}",
                  &frame),
        0);
    ck_assert_int_eq(frame.code, 410);
    ck_assert_str_eq(frame.reason, "Expired");
    ck_assert_str_eq(frame.message, "too old resource version: 657887 (680402)");
    ck_assert(!frame.too_large_rv);
    done();
    ck_assert_int_eq(
        read_text("{\"type\":\"ERROR\",\"object\":{\"reason\":\"Timeout\",\"code\":504,\"details\":{\"retryAfterSeconds\":1,\"causes\":[7,"
                  "{\"reason\":\"X\"},{\"reason\":\"ResourceVersionTooLarge\"}]}}}",
                  &frame),
        0);
    ck_assert(frame.too_large_rv);
    ck_assert_int_eq(frame.retry_after_ms, 1000);
    ck_assert_str_eq(frame.message, "");
    done();
}
END_TEST

START_TEST(test_error_with_absurd_numbers)
{
    static const struct {
        const char *code, *retry;
        int expected_code;
        int64_t expected_retry;
    } cases[] = {{"4294967706", "9223372036854775807", 0, KUBE_RETRY_AFTER_MAX_MS},
                 {"-410", "-9223372036854775808", 0, -1},
                 {"410.5", "1e300", 0, -1},
                 {"\"410\"", "\"5\"", 0, -1},
                 {"999", "0", 999, -1},
                 {"1000", "301", 0, KUBE_RETRY_AFTER_MAX_MS}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct frame frame;
        char text[200];

        snprintf(text, sizeof text, "{\"type\":\"ERROR\",\"object\":{\"code\":%s,\"details\":{\"retryAfterSeconds\":%s,\"causes\":{}}}}",
                 cases[i].code, cases[i].retry);
        ck_assert_int_eq(read_text(text, &frame), 0);
        ck_assert_int_eq(frame.code, cases[i].expected_code);
        ck_assert_int_eq(frame.retry_after_ms, cases[i].expected_retry);
        done();
    }
}
END_TEST

START_TEST(test_no_frame)
{
    static const char *const texts[] = {"{}",
                                        "{\"type\":\"ADDED\"}",
                                        "{\"object\":{}}",
                                        "{\"type\":\"\",\"object\":{}}",
                                        "{\"type\":7,\"object\":{}}",
                                        "{\"type\":\"ADDED\",\"object\":[]}",
                                        "{\"type\":\"ADDED\",\"object\":null}",
                                        "[]",
                                        "{\"kind\":\"Status\",\"code\":410}"};
    struct error err = ERROR_INIT;
    struct frame frame;

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        ck_assert_int_eq(read_text(texts[i], &frame), -1);
        done();
    }
    ck_assert_int_eq(frame_read(NULL, &frame, &err), -1);
}
END_TEST

/* ---- the schema ---- */

static char *found; /* what came out of a scan */

static int on_object(void *ctx, const char *text, size_t bytes, size_t raw_bytes, struct error *err)
{
    struct error ignored;
    json_t *parsed = kube_json_parse(text, bytes, &ignored);

    (void)ctx, (void)raw_bytes, (void)err;
    found = json_dumps(parsed, JSON_COMPACT | JSON_SORT_KEYS);
    json_decref(parsed);
    return 0;
}

static void assert_projects(const struct json_field *object_schema, const char *in, const char *out)
{
    struct json_scan_callbacks callbacks = {on_object, NULL, NULL};
    struct error err = ERROR_INIT;
    struct json_field *schema = frame_schema_new(object_schema, &err);
    struct json_scan *scan = json_scan_new(JSON_SCAN_FRAMES, schema, 10000, 0, &callbacks, &err);

    ck_assert(schema && scan);
    found = NULL;
    ck_assert_msg(json_scan_feed(scan, in, strlen(in), &err) == 0, "%s", err.text);
    ck_assert_ptr_nonnull(found);
    ck_assert_str_eq(found, out);
    free(found);
    json_scan_free(scan);
    free(schema);
}

static const char whole[] =
    "{\"type\":\"ADDED\",\"more\":1,\"object\":{\"kind\":\"Pod\",\"code\":1,\"message\":\"m\",\"reason\":\"r\",\"details\":{\"a\":[1]},"
    "\"other\":2,\"metadata\":{\"name\":\"a\",\"uid\":\"u\",\"resourceVersion\":\"3\",\"annotations\":{\"k8s.io/initial-events-end\":"
    "\"true\",\"x\":\"y\",\"z\":\"w\"}},\"spec\":{\"nodeName\":\"n\",\"q\":1}}}";

#define STATUS_FIELDS "\"code\":1,\"details\":{\"a\":[1]},\"kind\":\"Pod\",\"message\":\"m\","

START_TEST(test_schema_adds_what_a_frame_needs)
{
    static const struct json_field spec[] = {{"nodeName", NULL}, {NULL, NULL}}, schema[] = {{"spec", spec}, {NULL, NULL}};

    assert_projects(schema, whole,
                    "{\"object\":{" STATUS_FIELDS
                    "\"metadata\":{\"annotations\":{\"k8s.io/initial-events-end\":\"true\"},\"resourceVersion\":\"3\"},"
                    "\"reason\":\"r\",\"spec\":{\"nodeName\":\"n\"}},\"type\":\"ADDED\"}");
}
END_TEST

START_TEST(test_schema_merges)
{
    static const struct json_field notes[] = {{"x", NULL}, {NULL, NULL}},
                                   meta[] = {{"annotations", notes}, {"resourceVersion", NULL}, {"uid", NULL}, {NULL, NULL}},
                                   details[] = {{"b", NULL}, {NULL, NULL}},
                                   schema[] = {{"details", details}, {"metadata", meta}, {NULL, NULL}};

    /* the owner's own wish for `details` stands */
    assert_projects(
        schema, whole,
        "{\"object\":{\"code\":1,\"details\":{},\"kind\":\"Pod\",\"message\":\"m\",\"metadata\":{\"annotations\":{\"k8s.io/"
        "initial-events-end\":\"true\",\"x\":\"y\"},\"resourceVersion\":\"3\",\"uid\":\"u\"},\"reason\":\"r\"},\"type\":\"ADDED\"}");
}
END_TEST

START_TEST(test_schema_keeps_what_was_wanted_whole)
{
    static const struct json_field meta[] = {{"annotations", NULL}, {NULL, NULL}}, notes[] = {{"metadata", meta}, {NULL, NULL}},
                                   all[] = {{"metadata", NULL}, {NULL, NULL}};

    assert_projects(notes, whole,
                    "{\"object\":{" STATUS_FIELDS
                    "\"metadata\":{\"annotations\":{\"k8s.io/initial-events-end\":\"true\",\"x\":\"y\",\"z\":\"w\"},"
                    "\"resourceVersion\":\"3\"},\"reason\":\"r\"},\"type\":\"ADDED\"}");
    assert_projects(all, whole,
                    "{\"object\":{" STATUS_FIELDS
                    "\"metadata\":{\"annotations\":{\"k8s.io/initial-events-end\":\"true\",\"x\":\"y\",\"z\":\"w\"},"
                    "\"name\":\"a\",\"resourceVersion\":\"3\",\"uid\":\"u\"},\"reason\":\"r\"},\"type\":\"ADDED\"}");
    assert_projects(NULL, "{\"type\":\"ADDED\",\"object\":{\"a\":{\"b\":1}}}", "{\"object\":{\"a\":{\"b\":1}},\"type\":\"ADDED\"}");
}
END_TEST

/* a user may write it into an annotation, and the server keeps it */
START_TEST(test_nul_in_a_string_is_taken)
{
    static const char text[] = "{\"a\":\"b\\u0000c\"}";
    struct error err = ERROR_INIT;
    json_t *parsed = kube_json_parse(text, sizeof text - 1, &err);

    ck_assert_ptr_nonnull(parsed);
    ck_assert_str_eq(kube_json_text(parsed, "a"), "b");
    ck_assert_str_eq(kube_json_text(parsed, "none"), "");
    ck_assert_str_eq(kube_json_text(NULL, "a"), "");
    json_decref(parsed);
    ck_assert_ptr_null(kube_json_parse("{\"a\":1,\"a\":2}", 13, &err));
    ck_assert_int_eq(err.kind, ERROR_RUNTIME);
    ck_assert_ptr_null(kube_json_parse("{\"a\":\"\xff\"}", 9, &err));
    ck_assert_ptr_null(kube_json_parse("", 0, &err));
    ck_assert_int_eq(err.kind, ERROR_RUNTIME);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("frame");
    TCase *frames = tcase_create("frames"), *schemas = tcase_create("schema");
    SRunner *runner;
    int failed;

    tcase_add_test(frames, test_types);
    tcase_add_test(frames, test_bookmark);
    tcase_add_test(frames, test_only_a_bookmark_ends_the_initial_state);
    tcase_add_test(frames, test_error);
    tcase_add_test(frames, test_error_with_absurd_numbers);
    tcase_add_test(frames, test_no_frame);
    tcase_add_test(frames, test_nul_in_a_string_is_taken);
    tcase_add_test(schemas, test_schema_adds_what_a_frame_needs);
    tcase_add_test(schemas, test_schema_merges);
    tcase_add_test(schemas, test_schema_keeps_what_was_wanted_whole);
    suite_add_tcase(suite, frames);
    suite_add_tcase(suite, schemas);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}

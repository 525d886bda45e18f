/* json_peek: strings of projected JSON, found without building it; what is not there, or no such JSON, is not found. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/kube/json_peek.h"

static const char frame[] =
    "{\"type\":\"MODIFIED\",\"object\":{\"metadata\":{\"name\":\"a\",\"labels\":{\"uid\":\"no\",\"}\":\"]{\"},\"uid\":\"u\"},"
    "\"spec\":{\"list\":[1,{\"x\":\"\\\"}\"},null],\"number\":-1.5e3,\"flag\":true,\"nodeName\":\"n\"}}}";

START_TEST(finds_a_string_at_each_depth)
{
    struct json_piece object = json_peek(frame, "object"), text;

    ck_assert(json_piece_is(json_peek(frame, "type"), "\"MODIFIED\""));
    ck_assert(json_peek_string(json_peek(json_peek(object.at, "metadata").at, "uid"), &text) && json_piece_is(text, "u"));
    ck_assert(json_peek_string(json_peek(json_peek(object.at, "spec").at, "nodeName"), &text) && json_piece_is(text, "n"));
    ck_assert(json_piece_is(json_peek(json_peek(object.at, "spec").at, "number"), "-1.5e3"));
    ck_assert(json_piece_is(json_peek(json_peek(object.at, "spec").at, "list"), "[1,{\"x\":\"\\\"}\"},null]"));
}
END_TEST

START_TEST(what_is_not_there_is_not_found)
{
    struct json_piece text;

    ck_assert_ptr_null(json_peek(frame, "uid").at);
    ck_assert_ptr_null(json_peek(frame, "typ").at);
    ck_assert_ptr_null(json_peek(NULL, "type").at);
    ck_assert_ptr_null(json_peek("{}", "type").at);
    ck_assert(!json_peek_string(json_peek(json_peek(json_peek(frame, "object").at, "spec").at, "flag"), &text));
    ck_assert(!json_peek_string(json_peek("{\"a\":\"x\\n\"}", "a"), &text));
    ck_assert(!json_piece_is((struct json_piece){NULL, 0}, ""));
}
END_TEST

/* every prefix of a text, on the heap so that a byte too far is seen by the sanitizers */
START_TEST(a_cut_text_is_never_read_past_its_end)
{
    for (size_t length = 0; length < sizeof frame; length++) {
        char *cut = malloc(length + 1);

        memcpy(cut, frame, length);
        cut[length] = '\0';
        json_peek(json_peek(json_peek(cut, "object").at, "spec").at, "nodeName");
        ck_assert(length == sizeof frame - 1 || !json_peek(cut, "object").at || length >= sizeof frame - 2);
        free(cut);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("json_peek");
    TCase *peek = tcase_create("peek");
    SRunner *runner;
    int failed;

    tcase_add_test(peek, finds_a_string_at_each_depth);
    tcase_add_test(peek, what_is_not_there_is_not_found);
    tcase_add_test(peek, a_cut_text_is_never_read_past_its_end);
    suite_add_tcase(suite, peek);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}

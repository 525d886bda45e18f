/*
 * test_grade_sheet.c: the sheet keeps what a checkpoint found; the bundle keeps what was seen; both hold only text that can be shown.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/limits.h"
#include "grade/evidence.h"
#include "tests/unit/support/scratch.h"

static void cleaned(const char *from, size_t bytes, size_t max, const char *expected)
{
    char *clean = text_clean(from, bytes, max);

    ck_assert_str_eq(clean, expected);
    free(clean);
}

START_TEST(test_text_can_be_shown)
{
    json_t *json;

    cleaned("plain \xC3\xA9 \xE2\x86\x92", 12, 100, "plain \xC3\xA9 \xE2\x86\x92");
    cleaned("a\nb\tc\x1b[31m\0d\x7f", 13, 100, "a?b?c?[31m?d?");
    cleaned("\xC2\x9b!\xE2\x80\xA8!\xE2\x80\xAE!\xEF\xBF\xBF!", 15, 100, "?!?!?!?!");
    cleaned("\xFF\xC0\x80", 3, 100, "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
    cleaned("\xED\xA0\x80", 3, 100, "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"); /* a surrogate */
    cleaned("\xE2\x86", 2, 100, "\xEF\xBF\xBD\xEF\xBF\xBD");                 /* cut */
    cleaned("", 0, 4, "");
    json = text_json("\xFE ok\n", 5, 100);
    ck_assert_str_eq(json_string_value(json), "\xEF\xBF\xBD ok?");
    json_decref(json);
}
END_TEST

START_TEST(test_text_cut_between_characters)
{
    cleaned("abcdefgh", 8, 8, "abcdefgh");
    cleaned("abcdefghi", 9, 8, "abcde\xE2\x80\xA6");
    cleaned("abcd\xC3\xA9\xC3\xA9\xC3\xA9", 10, 8, "abcd\xE2\x80\xA6");
    cleaned("\xF0\x9F\x98\x80\xF0\x9F\x98\x80", 8, 4, "\xE2\x80\xA6");
}
END_TEST

static void add(struct grade_sheet *sheet, int checkpoint, int points, enum grade_verdict verdict, char *actual)
{
    struct error err = ERROR_INIT;
    char name[] = "a test";
    struct grade_test test = {
        .checkpoint = checkpoint, .name = name, .points = points, .verdict = verdict, .took_us = 1000, .actual = actual};

    ck_assert_int_eq(sheet_add(sheet, &test, &err), 0);
}

START_TEST(test_sheet_points_of_skipped_do_not_count)
{
    struct grade_sheet sheet;
    int earned, total;
    char forged[] = "x\nok 1 - a test";

    sheet_init(&sheet);
    add(&sheet, 2, 3, GRADE_OK, NULL);
    add(&sheet, 2, 2, GRADE_FAIL, forged);
    add(&sheet, 2, 5, GRADE_SKIPPED, forged);
    add(&sheet, 4, 7, GRADE_OK, NULL);
    ck_assert_int_eq(sheet.earned, 10);
    ck_assert_int_eq(sheet.total, 12);
    sheet_points(&sheet, 2, &earned, &total);
    ck_assert_int_eq(earned, 3);
    ck_assert_int_eq(total, 5);
    sheet_points(&sheet, 1, &earned, &total);
    ck_assert_int_eq(total, 0);
    ck_assert_str_eq(sheet.tests[1].actual, "x?ok 1 - a test");
    ck_assert_ptr_null(sheet.tests[1].expected);
    sheet_free(&sheet);
    ck_assert_uint_eq(sheet.count, 0);
}
END_TEST

START_TEST(test_bundle_comes_back_as_it_was_written)
{
    struct error err = ERROR_INIT;
    json_t *options = json_pack("{s:i}", "seed", 7);
    struct evidence_bundle *bundle = bundle_new(options, &err), *again;
    const char *path = scratch_write("bundle.json", "", 0600);

    json_decref(options);
    ck_assert_int_eq(
        bundle_add(bundle, json_pack("{s:s, s:i, s:o}", "scene", "one", "checkpoint", 2, "line", text_json("\x01", 1, 4)), &err), 0);
    ck_assert_int_eq(bundle_add(bundle, json_pack("{s:s, s:i}", "scene", "two", "checkpoint", 5), &err), 0);
    ck_assert_int_eq(bundle_write(bundle, path, &err), 0);
    again = bundle_read(path, &err);
    ck_assert_msg(again != NULL, "%s", err.text);
    ck_assert(json_equal(bundle_pieces(bundle), bundle_pieces(again)));
    ck_assert_uint_eq(json_array_size(bundle_pieces(again)), 2);
    ck_assert_int_eq(json_integer_value(json_object_get(bundle_options(again), "seed")), 7);
    bundle_free(again);
    ck_assert_int_eq(bundle_write(bundle, scratch_path("none/bundle.json"), &err), -1);
    bundle_free(bundle);
}
END_TEST

static const struct {
    const char *text, *message;
} refused[] = {
    {"{\n\"bundle\": 1,\n", ":3: "},
    {"{\"bundle\": \"scheduler-lab grade\", \"bundle\": 1}", "duplicate"},
    {"{\"bundle\": \"another\"}", "bundle: expected"},
    {"{\"bundle\": \"scheduler-lab grade\", \"format\": 2}", "format: expected 1"},
    {"{\"bundle\": \"scheduler-lab grade\", \"format\": 1, \"options\": {}, \"pieces\": {}}", "pieces: expected an array"},
    {"{\"bundle\": \"scheduler-lab grade\", \"format\": 1, \"options\": {}, \"pieces\": [{\"scene\": \"a\", \"checkpoint\": 6}]}",
     "pieces[0].checkpoint: expected 1 to 5"},
    {"{\"bundle\": \"scheduler-lab grade\", \"format\": 1, \"options\": {}, \"pieces\": [3]}", "pieces[0]: expected an object"},
};

START_TEST(test_bundle_refused_with_the_place)
{
    struct error err = ERROR_INIT;
    const char *path = scratch_write("bundle.json", refused[_i].text, 0600);

    ck_assert_ptr_null(bundle_read(path, &err));
    ck_assert_int_eq(err.kind, ERROR_USAGE);
    ck_assert_msg(strncmp(err.text, path, strlen(path)) == 0 && strstr(err.text, refused[_i].message), "%s", err.text);
}
END_TEST

START_TEST(test_bundle_is_no_pipe)
{
    struct error err = ERROR_INIT;
    const char *path = scratch_path("pipe");

    ck_assert_int_eq(mkfifo(path, 0600), 0);
    ck_assert_ptr_null(bundle_read(path, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "is no file"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("grade sheet");
    TCase *sheet = tcase_create("sheet"), *bundle = tcase_create("bundle");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(sheet, test_text_can_be_shown);
    tcase_add_test(sheet, test_text_cut_between_characters);
    tcase_add_test(sheet, test_sheet_points_of_skipped_do_not_count);
    tcase_add_checked_fixture(bundle, scratch_begin, scratch_end);
    tcase_add_test(bundle, test_bundle_comes_back_as_it_was_written);
    tcase_add_test(bundle, test_bundle_is_no_pipe);
    tcase_add_loop_test(bundle, test_bundle_refused_with_the_place, 0, (int)(sizeof refused / sizeof *refused));
    suite_add_tcase(suite, sheet);
    suite_add_tcase(suite, bundle);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}

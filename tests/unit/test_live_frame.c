/*
 * test_live_frame.c: the picture of the live view: whole frames against golden files, and sizes that nobody has.
 * LAB_GOLDEN=write makes the files anew: look at what git says then.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/support/live_scene.h"

#define FOLDER "tests/unit/golden/"

static struct live_model m;
static struct screen screen;
static struct buffer text;

static void setup(void)
{
    buffer_init(&text, 1 << 20);
    memset(&screen, 0, sizeof screen);
}

static void teardown(void)
{
    buffer_free(&text);
    screen_free(&screen);
    live_model_free(&m);
}

static const char *draw(const struct live_view *view, int width, int height, bool ascii)
{
    struct error err = ERROR_INIT;

    buffer_clear(&text);
    ck_assert_int_eq(screen_resize(&screen, width, height, &err), 0);
    live_frame_draw(&m, view, &screen);
    ck_assert_int_eq(screen_plain(&screen, ascii, &text, &err), 0);
    return text.data;
}

static void write_golden(const char *path, const char *got)
{
    FILE *file = fopen(path, "w");

    ck_assert_ptr_nonnull(file);
    fputs(got, file);
    fclose(file);
}

static void same_as_golden(const char *name, const char *got)
{
    static char expected[1 << 16];
    char path[128];
    FILE *file;
    size_t bytes;

    snprintf(path, sizeof path, FOLDER "%s", name);
    if (getenv("LAB_GOLDEN"))
        write_golden(path, got);
    file = fopen(path, "r");
    ck_assert_msg(file != NULL, "%s is missing (tests run from the top of the tree)", path);
    bytes = fread(expected, 1, sizeof expected - 1, file);
    fclose(file);
    expected[bytes] = '\0';
    ck_assert_msg(!strcmp(got, expected), "%s: got\n%s\nexpected\n%s", name, got, expected);
}

START_TEST(test_80x24)
{
    struct live_view view = live_scene_view();

    live_scene(&m, 6);
    same_as_golden("live-80x24.txt", draw(&view, 80, 24, false));
}
END_TEST

START_TEST(test_200x60)
{
    struct live_view view = live_scene_view();

    live_scene(&m, 6);
    same_as_golden("live-200x60.txt", draw(&view, 200, 60, false));
}
END_TEST

/* all that can go wrong, and no UTF-8 */
START_TEST(test_80x24_in_trouble)
{
    struct live_view view = live_scene_view();

    live_scene(&m, 6);
    live_model_ended(&m, 0, "signal 11", 25000000);
    live_model_disconnected(&m, "Connection refused", 26000000);
    live_model_pause(&m, true, 27000000);
    view.cut_until_us = SCENE_US + 2500000;
    same_as_golden("live-80x24-trouble.txt", draw(&view, 80, 24, true));
}
END_TEST

/* more nodes than rows: a cell each */
START_TEST(test_80x24_many_nodes)
{
    struct live_view view = live_scene_view();

    live_scene(&m, 60);
    same_as_golden("live-80x24-nodes.txt", draw(&view, 80, 24, false));
}
END_TEST

/* the last line of a picture, whose newline is the last byte */
static const char *last_line(const char *picture)
{
    const char *at = picture + strlen(picture) - 1;

    while (at > picture && at[-1] != '\n')
        at--;
    return at;
}

static int lines_of(const char *picture)
{
    int lines = 0;

    for (; *picture; picture++)
        lines += *picture == '\n';
    return lines;
}

/* whatever the size: as many lines, the keys on the last one, nothing written where nothing is (the sanitizers look) */
START_TEST(test_any_size)
{
    static const int widths[] = {1, 2, 3, 7, 20, 39, 40, 79, 81, 120, 199, 500, 900}, heights[] = {1, 2, 3, 5, 11, 16, 23, 25, 34, 61, 300};
    struct live_view view = live_scene_view();

    live_scene(&m, _i);
    for (size_t w = 0; w < sizeof widths / sizeof widths[0]; w++)
        for (size_t h = 0; h < sizeof heights / sizeof heights[0]; h++) {
            const char *picture = draw(&view, widths[w], heights[h], false);
            int height = heights[h] > SCREEN_HEIGHT_MAX ? SCREEN_HEIGHT_MAX : heights[h];

            ck_assert_int_eq(lines_of(picture), height);
            if (widths[w] > 3 && height > 1)
                ck_assert_msg(!strncmp(last_line(picture), " b ", 3), "%dx%d: no keys:\n%s", widths[w], height, picture);
        }
}
END_TEST

/* before anything happened: dashes, no figure that nobody measured */
START_TEST(test_nothing_yet)
{
    struct live_view view = {.now_us = 500000, .where = "x", .workload = "burst of 3 pods", .burst = 20};
    struct error err = ERROR_INIT;
    const char *picture;

    ck_assert_int_eq(live_model_init(&m, 0, &err), 0);
    live_model_add_side(&m, "polling", 2);
    live_model_add_side(&m, "watch", 0);
    picture = draw(&view, 80, 24, false);
    ck_assert_ptr_nonnull(strstr(picture, "latency median -  p95 -"));
    ck_assert_ptr_nonnull(strstr(picture, "requests -  - a minute"));
    ck_assert_ptr_nonnull(strstr(picture, " starts "));
    ck_assert_ptr_nonnull(strstr(picture, "NO CONNECTION"));
    ck_assert_ptr_null(strstr(picture, " x  cut"));
}
END_TEST

START_TEST(test_latency_for_people)
{
    static const struct {
        int64_t us;
        const char *value, *unit;
    } cases[] = {{0, "0.00", "ms"},      {4, "0.00", "ms"},       {840, "0.84", "ms"},    {9994, "9.99", "ms"},
                 {9996, "10.0", "ms"},   {99949, "99.9", "ms"},   {99951, "100", "ms"},   {9999400, "9999", "ms"},
                 {9999600, "10.0", "s"}, {99949000, "99.9", "s"}, {99951000, "100", "s"}, {NOT_SEEN, "-", ""}};
    char value[16];

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ck_assert_str_eq(live_frame_latency(cases[i].us, value), cases[i].unit);
        ck_assert_str_eq(value, cases[i].value);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("live_frame");
    TCase *tc = tcase_create("frames");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, test_80x24);
    tcase_add_test(tc, test_200x60);
    tcase_add_test(tc, test_80x24_in_trouble);
    tcase_add_test(tc, test_80x24_many_nodes);
    tcase_add_loop_test(tc, test_any_size, 2, 40);
    tcase_add_test(tc, test_nothing_yet);
    tcase_add_test(tc, test_latency_for_people);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}

/*
 * test_grade_formats.c: each format against its golden file, of a sheet that a hostile submission had a word in: control characters, the ends of other languages'
 * quotes, forged verdicts. The golden files are read again as TAP, XML, JSON and workflow commands are, to see that the verdicts are ours.
 */
#define _DEFAULT_SOURCE /* strsep() */

#include <check.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "grade/format.h"
#include "tests/unit/support/scratch.h"

#define HOSTILE                                                                                                                            \
    "\x1b[31mred\x1b[0m ]]> </failure> \"quoted\" \n::error::forged\nok 1 - forged\r\n1..1\n  ...\n# SKIP \xff\xfe %0A::notice::x | `a` "  \
    "<b> "                                                                                                                                 \
    "\xE2\x80\xAE"

static struct grade_sheet sheet;

static void add(int checkpoint, const char *name, int points, enum grade_verdict verdict, const char *expected, const char *actual)
{
    struct error err = ERROR_INIT;
    char texts[3][512];
    struct grade_test test = {.checkpoint = checkpoint,
                              .name = texts[0],
                              .points = points,
                              .verdict = verdict,
                              .took_us = 1234567,
                              .expected = expected ? texts[1] : NULL,
                              .actual = actual ? texts[2] : NULL};

    snprintf(texts[0], sizeof texts[0], "%s", name);
    snprintf(texts[1], sizeof texts[1], "%s", expected ? expected : "");
    snprintf(texts[2], sizeof texts[2], "%s", actual ? actual : "");
    ck_assert_int_eq(sheet_add(&sheet, &test, &err), 0);
}

static void begin(void)
{
    scratch_begin();
    sheet_init(&sheet);
    add(1, "the path of a pod", 2, GRADE_OK, NULL, NULL);
    add(2, "polling: binds only its own pods", 4, GRADE_FAIL, "no pod of others", "bound default/web-1, default/web-2");
    add(2, "watch: odd # name: 100%, \\ and so on", 4, GRADE_FAIL, HOSTILE, HOSTILE);
    add(3, "polling: says Bound of nothing else", 1, GRADE_OK, NULL, NULL);
    add(4, "watch: survives 410", 3, GRADE_SKIPPED, NULL, "not played: " HOSTILE);
    add(5, "watch: taints", 3, GRADE_FAIL, NULL, NULL);
}

static void end(void)
{
    sheet_free(&sheet);
    scratch_end();
}

/* what a format writes; freed by the caller */
static char *formatted(const char *name)
{
    const char *path = scratch_path("out");
    FILE *out = fopen(path, "w");
    struct error err = ERROR_INIT;

    ck_assert_ptr_nonnull(out);
    ck_assert_msg(format_by_name(name)(&sheet, out, &err) == 0, "%s", err.text);
    fclose(out);
    return scratch_read(path);
}

static const struct {
    const char *format, *golden;
} goldens[] = {{"text", "tests/unit/golden/grade.txt"},
               {"tap", "tests/unit/golden/grade.tap"},
               {"junit", "tests/unit/golden/grade-junit.xml"},
               {"gradescope", "tests/unit/golden/grade-gradescope.json"},
               {"github", "tests/unit/golden/grade-github.txt"}};

/* LAB_GOLDEN=write makes them anew */
START_TEST(test_format_is_the_golden_one)
{
    char *text, *golden;

    unsetenv("GITHUB_STEP_SUMMARY");
    text = formatted(goldens[_i].format);
    if (getenv("LAB_GOLDEN")) {
        FILE *file = fopen(goldens[_i].golden, "w");

        fputs(text, file);
        fclose(file);
    }
    golden = scratch_read(goldens[_i].golden);
    ck_assert_str_eq(text, golden);
    free(text);
    free(golden);
}
END_TEST

/* lines of TAP 14: version, plan, tests in order, and nothing in between but comments and diagnostics */
START_TEST(test_format_tap_is_tap)
{
    char *text = formatted("tap"), *line, *rest = text;
    int number = 0, ok = 0, not_ok = 0, skipped = 0;
    bool diagnostic = false;

    ck_assert_int_eq(strncmp(text, "TAP version 14\n1..6\n", 20), 0);
    rest += 20;
    while ((line = strsep(&rest, "\n")) != NULL && *line) {
        int found = 0;

        if (diagnostic) {
            ck_assert_int_eq(strncmp(line, "  ", 2), 0);
            diagnostic = strcmp(line, "  ...") != 0;
        } else if (!strcmp(line, "  ---")) {
            diagnostic = true;
        } else if (*line != '#') {
            bool is_ok = sscanf(line, "ok %d - ", &found) == 1;

            ck_assert_msg(is_ok || sscanf(line, "not ok %d - ", &found) == 1, "%s", line);
            ck_assert_int_eq(found, ++number);
            ok += is_ok;
            not_ok += !is_ok;
            skipped += strstr(line, " # SKIP ") != NULL;
        }
    }
    ck_assert(!diagnostic);
    ck_assert_int_eq(ok, 3);
    ck_assert_int_eq(not_ok, 3);
    ck_assert_int_eq(skipped, 1);
    free(text);
}
END_TEST

/* elements open and close in order, attributes are quoted, nothing but what jenkins-junit.xsd has, where it has it */
static const struct {
    const char *element, *parent;
} places[] = {{"testsuites", ""},        {"testsuite", "testsuites"}, {"properties", "testsuite"}, {"property", "properties"},
              {"testcase", "testsuite"}, {"failure", "testcase"},     {"skipped", "testcase"}};

static void check_place(const char *element, const char *parent)
{
    size_t i;

    for (i = 0; i < sizeof places / sizeof *places; i++)
        if (!strcmp(places[i].element, element) && !strcmp(places[i].parent, parent))
            return;
    ck_abort_msg("<%s> in <%s>", element, parent);
}

static const char *skip_attributes(const char *at)
{
    while (*at == ' ') {
        at += 1 + strcspn(at + 1, "=<>\"");
        ck_assert_msg(at[0] == '=' && at[1] == '"', "%.40s", at);
        at += 2 + strcspn(at + 2, "\"<");
        ck_assert_msg(*at == '"', "%.40s", at);
        at++;
    }
    return at;
}

START_TEST(test_format_junit_is_xml)
{
    char *text = formatted("junit"), open[8][32] = {""};
    const char *at = strchr(text, '\n');
    int depth = 0, failures = 0, cases = 0;

    ck_assert_int_eq(strncmp(text, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n", 39), 0);
    for (; *at; at++) {
        char name[32] = "";

        ck_assert_msg((unsigned char)*at >= 0x20 || *at == '\n', "a control character");
        ck_assert_msg(strncmp(at, "]]>", 3) != 0, "%.40s", at);
        if (*at != '<')
            continue;
        if (at[1] == '/') {
            ck_assert_int_eq(sscanf(at, "</%31[a-z]>", name), 1);
            ck_assert_str_eq(name, open[depth--]);
            continue;
        }
        ck_assert_msg(sscanf(at, "<%31[a-z]", name) == 1, "%.40s", at);
        check_place(name, open[depth]);
        failures += !strcmp(name, "failure");
        cases += !strcmp(name, "testcase");
        at = skip_attributes(at + 1 + strlen(name));
        if (*at == '/')
            continue;
        ck_assert_msg(*at == '>', "%.40s", at);
        snprintf(open[++depth], sizeof open[0], "%s", name);
    }
    ck_assert_int_eq(depth, 0);
    ck_assert_int_eq(failures, 3);
    ck_assert_int_eq(cases, 6);
    free(text);
}
END_TEST

START_TEST(test_format_gradescope_adds_up)
{
    char *text = formatted("gradescope");
    json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, NULL), *test;
    int score = 0, most = 0;
    size_t i;

    ck_assert_ptr_nonnull(json);
    ck_assert_str_eq(json_string_value(json_object_get(json, "stdout_visibility")), "hidden");
    json_array_foreach(json_object_get(json, "tests"), i, test)
    {
        score += (int)json_integer_value(json_object_get(test, "score"));
        most += (int)json_integer_value(json_object_get(test, "max_score"));
    }
    ck_assert_uint_eq(i, 6);
    ck_assert_int_eq(score, sheet.earned);
    ck_assert_int_eq(most, sheet.total);
    ck_assert_int_eq(json_integer_value(json_object_get(json, "score")), 3);
    json_decref(json);
    free(text);
}
END_TEST

/* every line that the runner takes for a command is one of ours */
START_TEST(test_format_github_forges_nothing)
{
    char *text, *summary, *line, *rest;
    const char *path = scratch_write("summary", "before\n", 0600);
    int errors = 0, notices = 0, warnings = 0, rows = 0;

    setenv("GITHUB_STEP_SUMMARY", path, 1);
    text = rest = formatted("github");
    while ((line = strsep(&rest, "\n")) != NULL)
        if (!strncmp(line, "::error title=Checkpoint ", 25))
            errors++;
        else if (!strncmp(line, "::warning title=Checkpoint ", 27))
            warnings++;
        else if (!strncmp(line, "::notice title=Autograding ", 27))
            notices++;
        else
            ck_assert_msg(!*line || !strncmp(line, "test ", 5), "%s", line);
    ck_assert_int_eq(errors, 3);
    ck_assert_int_eq(warnings, 1);
    ck_assert_int_eq(notices, 2);
    free(text);

    summary = rest = scratch_read(path);
    ck_assert_int_eq(strncmp(summary, "before\n### Score: 3/14\n", 23), 0);
    while ((line = strsep(&rest, "\n")) != NULL)
        if (*line == '|') {
            int bars = 0;

            for (; *line; line++)
                bars += *line == '|';
            ck_assert_int_eq(bars, 6);
            rows++;
        }
    ck_assert_int_eq(rows, 8);
    free(summary);
}
END_TEST

START_TEST(test_format_full_disk_is_told)
{
    FILE *full = fopen("/dev/full", "w");
    struct error err = ERROR_INIT;

    if (!full)
        return;
    ck_assert_int_eq(format_by_name(goldens[_i].format)(&sheet, full, &err), -1);
    ck_assert_int_eq(err.kind, ERROR_RUNTIME);
    fclose(full);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("grade formats");
    TCase *tcase = tcase_create("formats");
    const int count = (int)(sizeof goldens / sizeof *goldens);
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tcase, begin, end);
    tcase_add_loop_test(tcase, test_format_is_the_golden_one, 0, count);
    tcase_add_loop_test(tcase, test_format_full_disk_is_told, 0, count);
    tcase_add_test(tcase, test_format_tap_is_tap);
    tcase_add_test(tcase, test_format_junit_is_xml);
    tcase_add_test(tcase, test_format_gradescope_adds_up);
    tcase_add_test(tcase, test_format_github_forges_nothing);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}

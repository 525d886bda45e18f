/*
 * test_compare_diff.c: two comparisons side by side: what is said of a change, what is refused, and the subcommands' files and flags.
 */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compare/diff.h"
#include "compare/subcommand.h"
#include "tests/unit/support/scratch.h"

#define FOLDER "tests/unit/report/"

static struct error err;
static struct results *a, *b;

static void setup(void)
{
    err = (struct error)ERROR_INIT;
    a = results_read_json(FOLDER "results.json", &err);
    b = results_read_json(FOLDER "other.json", &err);
    ck_assert_msg(a && b, "%s", err.text);
    scratch_begin();
}

static void teardown(void)
{
    scratch_end();
    results_free(a);
    results_free(b);
}

/* what is printed of a and b; malloc'd, NULL when it was refused */
static char *print(bool json, bool force)
{
    static const char *const files[] = {FOLDER "results.json", FOLDER "other.json"};
    FILE *out = fopen(scratch_path("out"), "w");
    int ret;

    ck_assert_ptr_nonnull(out);
    ret = diff_print(&(struct diff_input){files, {a, b}, json, force}, out, &err);
    fclose(out);
    return ret < 0 ? NULL : scratch_read(scratch_path("out"));
}

/* ---- what is printed: bin/compare diff makes the golden files anew ---- */

START_TEST(is_the_golden_text)
{
    char *got = print(_i, false), *expected = scratch_read(_i ? FOLDER "diff.json" : FOLDER "diff.txt");
    size_t at;

    ck_assert_msg(got != NULL, "%s", err.text);
    for (at = 0; got[at] && got[at] == expected[at];)
        at++;
    ck_assert_msg(got[at] == expected[at], "got … %.200s\nexpected … %.200s", got + (at > 60 ? at - 60 : 0),
                  expected + (at > 60 ? at - 60 : 0));
    free(got);
    free(expected);
}
END_TEST

/* ---- what is said of a change ---- */

/* a contestant whose runs took so long, each with a pod or two; 0 ends them */
static struct results_contestant *with_runs(struct results *results, const char *name, const int64_t *latencies)
{
    struct results_contestant *c = results_add_contestant(results, name, "x", 0, &err);

    for (; *latencies; latencies++) {
        struct results_run *run = results_add_run(c, 1, &err);

        run->pods[0].accepted_us = 0;
        run->pods[0].bound_us = *latencies;
    }
    return c;
}

static const struct {
    int64_t a[5], b[5];
    enum diff_verdict verdict;
    double change, chance;
} changes[] = {
    {{10, 12, 14}, {15, 17, 16}, DIFF_OUTSIDE, 100.0 / 3, 0.1},
    {{15, 17, 16}, {10, 12, 14}, DIFF_OUTSIDE, -25, 0.1},
    {{10, 12, 14}, {14, 20, 30}, DIFF_NOT_SHOWN, 1600 / 9.0 - 100, 0.1}, /* they touch */
    {{10, 20, 30}, {12, 22, 32, 21}, DIFF_NOT_SHOWN, 8.75, 2 / 35.0},
    {{10, 12, 14, 11}, {100, 110, 120, 130}, DIFF_OUTSIDE, 115 / 11.75 * 100 - 100, 2 / 70.0},
    {{10, 12}, {100, 110, 120}, DIFF_UNKNOWN, 900, NAN},
    {{10}, {20}, DIFF_UNKNOWN, 100, NAN},
};

START_TEST(change)
{
    const struct results_contestant *x = with_runs(a, "x", changes[_i].a), *y = with_runs(b, "x", changes[_i].b);
    const struct diff_figure *mean;
    struct diff_pair pair;

    ck_assert_int_eq(diff_pair(x, y, &pair, &err), 0);
    mean = &pair.figures[FIGURE_MEAN];
    ck_assert_int_eq(mean->verdict, changes[_i].verdict);
    ck_assert_double_eq_tol(mean->change, changes[_i].change, 1e-6);
    if (isnan(changes[_i].chance))
        ck_assert(isnan(pair.chance));
    else
        ck_assert_double_eq_tol(pair.chance, changes[_i].chance, 1e-9);
    ck_assert_int_eq(pair.figures[FIGURE_CPU].verdict, DIFF_NOT_MEASURED);
    ck_assert(isnan(pair.figures[FIGURE_CPU].change));
}
END_TEST

/* a run that is INVALID counts on neither side */
START_TEST(invalid_runs_do_not_count)
{
    static const int64_t low[] = {10, 12, 14, 1000, 0}, high[] = {15, 16, 17, 0};
    struct results_contestant *x = with_runs(a, "x", low), *y = with_runs(b, "x", high);
    struct diff_pair pair;

    results_invalidate(&x->runs[3], "no");
    ck_assert_int_eq(diff_pair(x, y, &pair, &err), 0);
    ck_assert_uint_eq(pair.runs[0], 3);
    ck_assert_int_eq(pair.figures[FIGURE_MEAN].verdict, DIFF_OUTSIDE);
    results_invalidate(&x->runs[0], "no");
    ck_assert_int_eq(diff_pair(x, y, &pair, &err), 0);
    ck_assert_int_eq(pair.figures[FIGURE_MEAN].verdict, DIFF_UNKNOWN);
}
END_TEST

/* from nothing there are no per cent */
START_TEST(change_from_zero)
{
    struct diff_pair pair;

    ck_assert_int_eq(diff_pair(&a->contestants[1], &b->contestants[1], &pair, &err), 0);
    ck_assert(pair.figures[FIGURE_IDLE_REQUESTS].value[0] == 0 && isnan(pair.figures[FIGURE_IDLE_REQUESTS].change));
    ck_assert_int_eq(pair.figures[FIGURE_IDLE_REQUESTS].verdict, DIFF_NOT_SHOWN);
}
END_TEST

/* ---- what is refused ---- */

static void assert_refused(const char *why)
{
    char *text = print(false, false);

    ck_assert_ptr_null(text);
    ck_assert_int_eq(err.kind, ERROR_USAGE);
    ck_assert_msg(strstr(err.text, why) != NULL, "%s", err.text);
    text = print(false, true);
    ck_assert_msg(text != NULL, "%s", err.text);
    ck_assert_ptr_nonnull(strstr(text, "(the figures do not mean the same)"));
    free(text);
}

START_TEST(another_workload)
{
    ck_assert_int_eq(results_set_text(&b->options.workload, "steady", &err), 0);
    assert_refused("workload is trickle and steady");
}
END_TEST

START_TEST(another_rate)
{
    b->options.rate = 50;
    assert_refused("rate is 2 and 50");
}
END_TEST

START_TEST(all_at_once)
{
    b->options.together = true;
    assert_refused("together is no and yes");
}
END_TEST

/* of a trickle more pods are only more of the same; of a burst each waits for those before it */
START_TEST(more_pods)
{
    char *text;

    b->options.pods = 9;
    text = print(false, false);
    ck_assert_msg(text && strstr(text, "  pods: 8 → 9\n"), "%s", text ? text : err.text);
    free(text);
    ck_assert_int_eq(results_set_text(&a->options.workload, "burst", &err) | results_set_text(&b->options.workload, "burst", &err), 0);
    assert_refused("pods is 8 and 9");
}
END_TEST

START_TEST(nobody_in_both)
{
    size_t i;

    for (i = 0; i < b->contestant_count; i++)
        b->contestants[i].name[0] = 'X';
    for (i = 0; i < b->sweep_count; i++)
        b->sweep[i].interval_s = 77 + (double)i;
    ck_assert_ptr_null(print(true, true));
    ck_assert_ptr_nonnull(strstr(err.text, "no contestant is in both"));
}
END_TEST

/* ---- subcommands ---- */

static int command(const char *first, const char *second, const char *third, const char *fourth)
{
    char program[] = "compare", *argv[] = {program, (char *)first, (char *)second, (char *)third, (char *)fourth, NULL};
    int argc = 1, code = -1;

    while (argv[argc])
        argc++;
    err = (struct error)ERROR_INIT;
    return subcommand_run(argc, argv, &code, &err) ? code : -1;
}

START_TEST(report_again)
{
    char *written, *golden = scratch_read(FOLDER "report.html");

    ck_assert_int_eq(command("report", FOLDER "results.json", "--out", scratch_path("again.html")), 0);
    written = scratch_read(scratch_path("again.html"));
    ck_assert_int_eq(strcmp(written, golden), 0);
    free(written);
    free(golden);
}
END_TEST

/* without --out it stands beside its results */
START_TEST(report_beside)
{
    char *json = scratch_read(FOLDER "results.json");
    const char *path = scratch_write("r.json", json, 0600);

    free(json);
    ck_assert_int_eq(command("report", path, NULL, NULL), 0);
    ck_assert_int_eq(access(scratch_path("report.html"), R_OK), 0);
}
END_TEST

static const struct {
    const char *arguments[4], *message;
} wrong[] = {
    {{"diff", FOLDER "results.json"}, "compare diff: 1 files given, expected 2"},
    {{"diff", FOLDER "results.json", FOLDER "other.json", FOLDER "other.json"}, "compare diff: 3 files given, expected 2"},
    {{"report"}, "compare report: 0 files given, expected 1"},
    {{"report", "--out"}, "--out: a value is missing"},
    {{"report", "--force", "x"}, "'--force' is no flag of compare report"},
    {{"report", "/no/such.json"}, "/no/such.json: cannot be read: No such file or directory"},
    {{"diff", FOLDER "results.json", "/no/such.json"}, "/no/such.json"},
    {{"diff", "--format=xml", FOLDER "results.json", FOLDER "other.json"}, "--format: 'xml' is none of text, json"},
};

START_TEST(wrong_use)
{
    const char *const *w = wrong[_i].arguments;

    ck_assert_int_eq(command(w[0], w[1], w[2], w[3]), 2);
    ck_assert_msg(strstr(err.text, wrong[_i].message) != NULL, "%s", err.text);
}
END_TEST

/* the file and the key are named, whichever of the two it is */
START_TEST(bad_file)
{
    const char *bad = scratch_write("bad.json", "{\"schema\": 1, \"options\": {\"seed\": 1}}", 0600);

    ck_assert_int_eq(command("diff", FOLDER "results.json", bad, NULL), 2);
    ck_assert_msg(strstr(err.text, "bad.json: seed: expected a text") != NULL, "%s", err.text);
    ck_assert_int_eq(command("diff", bad, FOLDER "results.json", NULL), 2);
    ck_assert_msg(strstr(err.text, "bad.json: seed: expected a text") != NULL, "%s", err.text);
    ck_assert_int_eq(command("report", bad, NULL, NULL), 2);
    ck_assert_msg(strstr(err.text, "bad.json: seed: expected a text") != NULL, "%s", err.text);
}
END_TEST

START_TEST(no_subcommand)
{
    ck_assert_int_eq(command("--pods", "3", NULL, NULL), -1);
    ck_assert_int_eq(command(NULL, NULL, NULL, NULL), -1);
    ck_assert_int_eq(command("differ", NULL, NULL, NULL), -1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("compare_diff");
    TCase *core = tcase_create("core");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(core, setup, teardown);
    tcase_add_loop_test(core, is_the_golden_text, 0, 2);
    tcase_add_loop_test(core, change, 0, (int)(sizeof changes / sizeof *changes));
    tcase_add_test(core, invalid_runs_do_not_count);
    tcase_add_test(core, change_from_zero);
    tcase_add_test(core, another_workload);
    tcase_add_test(core, another_rate);
    tcase_add_test(core, all_at_once);
    tcase_add_test(core, more_pods);
    tcase_add_test(core, nobody_in_both);
    tcase_add_test(core, report_again);
    tcase_add_test(core, report_beside);
    tcase_add_loop_test(core, wrong_use, 0, (int)(sizeof wrong / sizeof *wrong));
    tcase_add_test(core, bad_file);
    tcase_add_test(core, no_subcommand);
    suite_add_tcase(suite, core);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}

/*
 * format_github.c: workflow commands of GitHub Actions: an error for each failure, and the points in the two notices by which GitHub Classroom's reporter
 * (classroom-resources/autograding-grading-reporter) hands them over. In a workflow also a table in the job's summary.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "grade/format.h"

/* As the runner undoes it: in properties ':' and ',' too. */
static void write_data(const char *text, bool property, FILE *out)
{
    for (; *text; text++)
        if (*text == '%')
            fputs("%25", out);
        else if (property && *text == ':')
            fputs("%3A", out);
        else if (property && *text == ',')
            fputs("%2C", out);
        else
            fputc(*text, out);
}

static void write_test(const struct grade_test *test, FILE *out)
{
    if (test->verdict == GRADE_OK) {
        fprintf(out, "test %s: OK\n", test->name);
        return;
    }
    fprintf(out, "::%s title=Checkpoint %d%%3A ", test->verdict == GRADE_FAIL ? "error" : "warning", test->checkpoint);
    write_data(test->name, true, out);
    fputs("::", out);
    if (test->verdict == GRADE_FAIL) {
        fputs("expected: ", out);
        write_data(test->expected ? test->expected : "", false, out);
        fputs("%0Aactual: ", out);
    } else {
        fputs("not judged: ", out);
    }
    write_data(test->actual ? test->actual : "", false, out);
    fputc('\n', out);
}

/* a cell of a Markdown table: nothing in it is markup */
static void write_cell(const char *text, FILE *out)
{
    for (; *text; text++)
        if (*text == '<')
            fputs("&lt;", out);
        else if (*text == '&')
            fputs("&amp;", out);
        else if (strchr("\\`*_{}[]()#+-.!|~>@:$", *text))
            fprintf(out, "&#%d;", *text);
        else
            fputc(*text, out);
}

static void write_table(const struct grade_sheet *sheet, FILE *out)
{
    static const char *const marks[] = {"✅", "❌", "➖"};
    size_t i;

    fprintf(out, "### Score: %d/%d\n\n| | checkpoint | test | points | found |\n|---|---|---|---|---|\n", sheet->earned, sheet->total);
    for (i = 0; i < sheet->count; i++) {
        const struct grade_test *test = &sheet->tests[i];

        fprintf(out, "| %s | %d | ", marks[test->verdict], test->checkpoint);
        write_cell(test->name, out);
        if (test->verdict == GRADE_SKIPPED)
            fputs(" | – | ", out);
        else
            fprintf(out, " | %d/%d | ", test->verdict == GRADE_OK ? test->points : 0, test->points);
        write_cell(test->actual && test->verdict != GRADE_OK ? test->actual : "", out);
        fputs(" |\n", out);
    }
}

/* for the job's page, where the runner says that there is one */
static int write_summary(const struct grade_sheet *sheet, struct error *err)
{
    const char *path = getenv("GITHUB_STEP_SUMMARY");
    FILE *file;
    int ret;

    if (!path || !*path)
        return 0;
    file = fopen(path, "a");
    if (!file)
        return error_set(err, ERROR_RUNTIME, "GITHUB_STEP_SUMMARY: %s: %s", path, strerror(errno));
    write_table(sheet, file);
    ret = format_end(file, err);
    fclose(file);
    return ret;
}

int format_github(const struct grade_sheet *sheet, FILE *out, struct error *err)
{
    size_t i;

    for (i = 0; i < sheet->count; i++)
        write_test(&sheet->tests[i], out);
    fprintf(out, "::notice title=Autograding complete::Points %d/%d\n", sheet->earned, sheet->total);
    fprintf(out, "::notice title=Autograding report::{\"totalPoints\":%d,\"maxPoints\":%d}\n", sheet->earned, sheet->total);
    return format_end(out, err) < 0 ? -1 : write_summary(sheet, err);
}

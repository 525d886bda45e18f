/*
 * format_junit.c: JUnit XML as Jenkins, GitLab and others read it (the elements and attributes of jenkins-junit.xsd): a suite for each checkpoint, points as its properties.
 */
#include <string.h>

#include "grade/format.h"

/* Texts of a sheet hold no character that XML 1.0 forbids. */
static void write_escaped(const char *text, FILE *out)
{
    static const char special[] = "&<>\"'";
    static const char *const entities[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&apos;"};

    for (; *text; text++) {
        const char *at = strchr(special, *text);

        if (at)
            fputs(entities[at - special], out);
        else
            fputc(*text, out);
    }
}

static void write_seconds(const char *name, int64_t us, FILE *out)
{
    fprintf(out, " %s=\"%lld.%03lld\"", name, (long long)(us / 1000000), (long long)(us / 1000 % 1000));
}

static void write_detail(const char *what, const char *text, FILE *out)
{
    if (!text)
        return;
    fprintf(out, "%s: ", what);
    write_escaped(text, out);
    fputc('\n', out);
}

static void write_test(const struct grade_test *test, FILE *out)
{
    fprintf(out, "    <testcase classname=\"checkpoint-%d\" name=\"", test->checkpoint);
    write_escaped(test->name, out);
    fputc('"', out);
    write_seconds("time", test->took_us, out);
    if (test->verdict == GRADE_OK) {
        fputs("/>\n", out);
        return;
    }
    fprintf(out, ">\n      <%s message=\"", test->verdict == GRADE_FAIL ? "failure" : "skipped");
    write_escaped(test->actual ? test->actual : "", out);
    if (test->verdict == GRADE_FAIL) {
        fputs("\" type=\"grade\">", out);
        write_detail("expected", test->expected, out);
        write_detail("actual", test->actual, out);
        fputs("</failure>\n", out);
    } else {
        fputs("\"/>\n", out);
    }
    fputs("    </testcase>\n", out);
}

struct counts {
    int tests, failures, skipped;
    int64_t took_us;
};

/* checkpoint 0: all */
static struct counts count(const struct grade_sheet *sheet, int checkpoint)
{
    struct counts counts = {0};
    size_t i;

    for (i = 0; i < sheet->count; i++) {
        const struct grade_test *test = &sheet->tests[i];

        if (checkpoint && test->checkpoint != checkpoint)
            continue;
        counts.tests++;
        counts.failures += test->verdict == GRADE_FAIL;
        counts.skipped += test->verdict == GRADE_SKIPPED;
        counts.took_us += test->took_us;
    }
    return counts;
}

static void write_suite(const struct grade_sheet *sheet, int checkpoint, FILE *out)
{
    struct counts counts = count(sheet, checkpoint);
    int earned, total;
    size_t i;

    if (!counts.tests)
        return;
    sheet_points(sheet, checkpoint, &earned, &total);
    fprintf(out, "  <testsuite name=\"Checkpoint %d: %s\" tests=\"%d\" failures=\"%d\" errors=\"0\" skipped=\"%d\"", checkpoint,
            format_checkpoint(checkpoint), counts.tests, counts.failures, counts.skipped);
    write_seconds("time", counts.took_us, out);
    fprintf(out,
            ">\n    <properties>\n      <property name=\"points\" value=\"%d\"/>\n      <property name=\"points-possible\" value=\"%d\"/>\n"
            "    </properties>\n",
            earned, total);
    for (i = 0; i < sheet->count; i++)
        if (sheet->tests[i].checkpoint == checkpoint)
            write_test(&sheet->tests[i], out);
    fputs("  </testsuite>\n", out);
}

int format_junit(const struct grade_sheet *sheet, FILE *out, struct error *err)
{
    struct counts counts = count(sheet, 0);
    int checkpoint;

    fprintf(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"grade\" tests=\"%d\" failures=\"%d\" errors=\"0\"",
            counts.tests, counts.failures);
    write_seconds("time", counts.took_us, out);
    fputs(">\n", out);
    for (checkpoint = 1; checkpoint <= CHECKPOINTS; checkpoint++)
        write_suite(sheet, checkpoint, out);
    fputs("</testsuites>\n", out);
    return format_end(out, err);
}

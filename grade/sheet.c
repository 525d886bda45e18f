#include "grade/sheet.h"

#include <stdlib.h>
#include <string.h>

#include "common/limits.h"
#include "grade/text.h"

void sheet_init(struct grade_sheet *sheet)
{
    memset(sheet, 0, sizeof *sheet);
}

static void test_free(struct grade_test *test)
{
    free(test->name);
    free(test->expected);
    free(test->actual);
}

void sheet_free(struct grade_sheet *sheet)
{
    size_t i;

    for (i = 0; i < sheet->count; i++)
        test_free(&sheet->tests[i]);
    free(sheet->tests);
    sheet_init(sheet);
}

/* a copy that can be shown; NULL stays NULL */
static int copy_text(const char *from, char **to)
{
    if (!from)
        return 0;
    *to = text_clean(from, strlen(from), LIMIT_GRADE_TEXT_BYTES);
    return *to ? 0 : -1;
}

int sheet_add(struct grade_sheet *sheet, const struct grade_test *test, struct error *err)
{
    struct grade_test *grown, copy = *test;

    copy.name = copy.expected = copy.actual = NULL;
    if (copy_text(test->name, &copy.name) < 0 || copy_text(test->expected, &copy.expected) < 0 || copy_text(test->actual, &copy.actual) < 0)
        goto failed;
    grown = realloc(sheet->tests, (sheet->count + 1) * sizeof *grown);
    if (!grown)
        goto failed;
    sheet->tests = grown;
    sheet->tests[sheet->count++] = copy;
    if (copy.verdict != GRADE_SKIPPED)
        sheet->total += copy.points;
    if (copy.verdict == GRADE_OK)
        sheet->earned += copy.points;
    return 0;
failed:
    test_free(&copy);
    return error_no_memory(err);
}

void sheet_points(const struct grade_sheet *sheet, int checkpoint, int *earned, int *total)
{
    size_t i;

    *earned = *total = 0;
    for (i = 0; i < sheet->count; i++) {
        const struct grade_test *test = &sheet->tests[i];

        if (test->checkpoint != checkpoint || test->verdict == GRADE_SKIPPED)
            continue;
        *total += test->points;
        if (test->verdict == GRADE_OK)
            *earned += test->points;
    }
}

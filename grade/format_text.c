#include "grade/format.h"

static void write_test(const struct grade_test *test, FILE *out)
{
    static const char *const words[] = {"OK", "FAIL", "SKIPPED"};

    fprintf(out, "test %s: %s", test->name, words[test->verdict]);
    if (test->verdict != GRADE_SKIPPED)
        fprintf(out, " (%.1fs)", (double)test->took_us / 1e6);
    fputc('\n', out);
    if (test->expected)
        fprintf(out, "    expected: %s\n", test->expected);
    if (test->actual)
        fprintf(out, "    %s: %s\n", test->verdict == GRADE_SKIPPED ? "why" : "actual", test->actual);
}

int format_text(const struct grade_sheet *sheet, FILE *out, struct error *err)
{
    int checkpoint, earned, total;
    size_t i;

    for (checkpoint = 1; checkpoint <= CHECKPOINTS; checkpoint++) {
        bool any = false;

        for (i = 0; i < sheet->count; i++) {
            if (sheet->tests[i].checkpoint != checkpoint)
                continue;
            if (!any)
                fprintf(out, "== Checkpoint %d: %s ==\n", checkpoint, format_checkpoint(checkpoint));
            any = true;
            write_test(&sheet->tests[i], out);
        }
        sheet_points(sheet, checkpoint, &earned, &total);
        if (any)
            fprintf(out, "Checkpoint %d: %d/%d\n\n", checkpoint, earned, total);
    }
    fprintf(out, "Score: %d/%d\n", sheet->earned, sheet->total);
    return format_end(out, err);
}

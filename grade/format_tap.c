/*
 * format_tap.c: TAP version 14. A failure has a YAML diagnostic; points are a comment, TAP has no word for them.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "grade/format.h"

/* '#' would begin a directive */
static void write_description(const char *text, FILE *out)
{
    for (; *text; text++) {
        if (*text == '#' || *text == '\\')
            fputc('\\', out);
        fputc(*text, out);
    }
}

/* a JSON string is a YAML string in double quotes */
static int write_key(const char *key, const char *text, FILE *out)
{
    json_t *json = text ? json_string(text) : NULL;
    char *quoted = json ? json_dumps(json, JSON_ENCODE_ANY) : NULL;
    int ret = text && !quoted ? -1 : 0;

    if (quoted)
        fprintf(out, "  %s: %s\n", key, quoted);
    free(quoted);
    json_decref(json);
    return ret;
}

static int write_test(const struct grade_test *test, size_t number, FILE *out)
{
    fprintf(out, "%s %zu - checkpoint %d: ", test->verdict == GRADE_FAIL ? "not ok" : "ok", number, test->checkpoint);
    write_description(test->name, out);
    if (test->verdict == GRADE_SKIPPED) {
        fputs(" # SKIP ", out);
        write_description(test->actual ? test->actual : "not judged", out);
    }
    fputc('\n', out);
    if (test->verdict != GRADE_FAIL)
        return 0;
    fputs("  ---\n", out);
    if (write_key("expected", test->expected, out) < 0 || write_key("actual", test->actual, out) < 0)
        return -1;
    fprintf(out, "  points: %d\n  duration_ms: %lld\n  ...\n", test->points, (long long)(test->took_us / 1000));
    return 0;
}

int format_tap(const struct grade_sheet *sheet, FILE *out, struct error *err)
{
    size_t i;

    fprintf(out, "TAP version 14\n1..%zu\n", sheet->count);
    for (i = 0; i < sheet->count; i++)
        if (write_test(&sheet->tests[i], i + 1, out) < 0)
            return error_no_memory(err);
    fprintf(out, "# Score: %d/%d\n", sheet->earned, sheet->total);
    return format_end(out, err);
}

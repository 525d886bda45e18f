/*
 * format_gradescope.c: results.json as Gradescope's autograder specification has it. The score is the sum of the tests'; what the harness itself printed stays hidden.
 */
#include <jansson.h>
#include <stdio.h>

#include "grade/format.h"

#define OUTPUT_BYTES 8192

static void describe(const struct grade_test *test, char *out, size_t size)
{
    const char *actual = test->actual ? test->actual : "";

    if (test->verdict == GRADE_OK)
        *out = '\0';
    else if (test->verdict == GRADE_SKIPPED)
        snprintf(out, size, "not judged: %s", actual);
    else
        snprintf(out, size, "expected: %s\nactual: %s", test->expected ? test->expected : "", actual);
}

/* number: "2.3", the third of checkpoint 2 */
static json_t *test_json(const struct grade_test *test, int ordinal)
{
    char output[OUTPUT_BYTES], number[32];
    json_t *json;

    describe(test, output, sizeof output);
    snprintf(number, sizeof number, "%d.%d", test->checkpoint, ordinal);
    json = json_pack("{s:i, s:i, s:s, s:s, s:s, s:s, s:s, s:s}", "score", test->verdict == GRADE_OK ? test->points : 0, "max_score",
                     test->verdict == GRADE_SKIPPED ? 0 : test->points, "name", test->name, "name_format", "text", "number", number,
                     "output", output, "output_format", "text", "visibility", "visible");
    if (json && test->verdict != GRADE_SKIPPED &&
        json_object_set_new(json, "status", json_string(test->verdict == GRADE_OK ? "passed" : "failed")) < 0) {
        json_decref(json);
        return NULL;
    }
    return json;
}

static json_t *tests_json(const struct grade_sheet *sheet, int64_t *took_us)
{
    int ordinals[CHECKPOINTS + 1] = {0};
    json_t *tests = json_array();
    size_t i;

    for (i = 0; tests && i < sheet->count; i++) {
        *took_us += sheet->tests[i].took_us;
        if (json_array_append_new(tests, test_json(&sheet->tests[i], ++ordinals[sheet->tests[i].checkpoint])) < 0) {
            json_decref(tests);
            return NULL;
        }
    }
    return tests;
}

int format_gradescope(const struct grade_sheet *sheet, FILE *out, struct error *err)
{
    int64_t took_us = 0;
    json_t *tests = tests_json(sheet, &took_us), *json = NULL;
    char output[64];

    snprintf(output, sizeof output, "Score: %d/%d", sheet->earned, sheet->total);
    if (tests)
        json = json_pack("{s:i, s:I, s:s, s:s, s:s, s:s, s:o}", "score", sheet->earned, "execution_time", (json_int_t)(took_us / 1000000),
                         "output", output, "output_format", "text", "visibility", "visible", "stdout_visibility", "hidden", "tests", tests);
    if (!json)
        return error_no_memory(err);
    json_dumpf(json, out, JSON_INDENT(2));
    fputc('\n', out);
    json_decref(json);
    return format_end(out, err);
}

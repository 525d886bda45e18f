/*
 * sheet.h: what a grading found, test by test. Checkpoints write it, the formats print it, nothing else may change it.
 */
#ifndef GRADE_SHEET_H
#define GRADE_SHEET_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

enum { CHECKPOINTS = 5, SHEET_SCENES = 3 };

enum grade_verdict { GRADE_OK, GRADE_FAIL, GRADE_SKIPPED /* not judged, with the reason; its points do not count */ };

/* One test. Texts are UTF-8 without control characters, whatever the submission printed: sheet_add() sees to it. */
struct grade_test {
    int checkpoint; /* 1 to CHECKPOINTS */
    char *name;     /* "binds only its own pods": the same in every run, unique within its checkpoint */
    int points;     /* 1 and more */
    enum grade_verdict verdict;
    int64_t took_us;
    char *expected;            /* of a failure: what should have been; NULL: nothing to say */
    char *actual;              /* of a failure: what was, from evidence; of a skipped one: why. NULL: nothing to say */
    const char *program;       /* that it judges, "": none; static, or NULL in a test that no scene belongs to */
    const char *const *scenes; /* that it looked at: SHEET_SCENES, NULL beyond its own; static. NULL: none */
};

struct grade_sheet {
    struct grade_test *tests;
    size_t count;
    int earned, total; /* points; skipped tests are in neither */
};

void sheet_init(struct grade_sheet *sheet);
void sheet_free(struct grade_sheet *sheet);

/*
 * Adds a test. Everything is copied; expected and actual (NULL allowed) are cut at 2 KiB, and they and the name are cleaned as text_clean() does.
 * Fails with ERROR_NO_MEMORY, the sheet is then as it was.
 */
int sheet_add(struct grade_sheet *sheet, const struct grade_test *test, struct error *err);

/* Points of one checkpoint, earned and possible. */
void sheet_points(const struct grade_sheet *sheet, int checkpoint, int *earned, int *total);

#endif

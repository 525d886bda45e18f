/* report.h: what was found, check by check, in the order in which it is told. */
#ifndef DOCTOR_REPORT_H
#define DOCTOR_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "common/error.h"

enum level { LEVEL_OK, LEVEL_WARN, LEVEL_FAIL, LEVEL_SKIP };
#define LEVELS 4

struct finding {
    const char *part;  /* "laptop", "cluster"; static */
    const char *check; /* static */
    enum level level;
    char *found; /* one line */
    char *mend;  /* the command, one line; NULL for none. Never NULL for LEVEL_WARN and LEVEL_FAIL */
};

/* Zero it to begin; report_free() ends it. */
struct report {
    struct finding *finding;
    size_t count, room;
    const char *part; /* of what is added from now on */
    bool no_memory;   /* something is missing: the report is not to be printed */
};

#define REPORT_LINE_BYTES 2048 /* a line is cut there */

/* Adds what is well, or not looked at. */
void report_ok(struct report *report, const char *check, const char *format, ...) __attribute__((format(printf, 3, 4)));
void report_skip(struct report *report, const char *check, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* Adds what is not well; report_mend() follows. */
void report_bad(struct report *report, enum level level, const char *check, const char *format, ...) __attribute__((format(printf, 4, 5)));
/* The command for the last one added. */
void report_mend(struct report *report, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The same for the one of that place. */
void report_mend_at(struct report *report, size_t place, const char *format, ...) __attribute__((format(printf, 3, 4)));

size_t report_count(const struct report *report, enum level level);
void report_free(struct report *report);

/* "ok", "warn", "fail", "skip" */
const char *level_name(enum level level);

/* The whole report as text, or as JSON (doctor/README.md). ERROR_NO_MEMORY, or ERROR_RUNTIME when it cannot be written. */
int report_print_text(const struct report *report, FILE *out, struct error *err);
int report_print_json(const struct report *report, FILE *out, struct error *err);

#endif

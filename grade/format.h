/*
 * format.h: how a sheet is shown. One format is one function in one file; format.c is the table.
 */
#ifndef GRADE_FORMAT_H
#define GRADE_FORMAT_H

#include <stdio.h>

#include "grade/sheet.h"

/* Writes the whole sheet. Everything in it can be shown as it is (sheet.h). ERROR_RUNTIME when it cannot be written. */
typedef int (*format_write)(const struct grade_sheet *sheet, FILE *out, struct error *err);

/* By the name of --format; NULL: there is none of that name. */
format_write format_by_name(const char *name);
/* The other way round; and how its files end: "txt", "tap", "xml", "json". Static. */
const char *format_name(format_write format);
const char *format_suffix(format_write format);
/* "text, tap, …", for messages. Static. */
const char *format_names(void);

/* As xv6's grader has it: "test NAME: OK (1.2s)", and "Score: 7/9" at the end. */
int format_text(const struct grade_sheet *sheet, FILE *out, struct error *err);

/* TAP 14; JUnit XML; Gradescope's results.json; workflow commands of GitHub Actions with GitHub Classroom's points. */
int format_tap(const struct grade_sheet *sheet, FILE *out, struct error *err);
int format_junit(const struct grade_sheet *sheet, FILE *out, struct error *err);
int format_gradescope(const struct grade_sheet *sheet, FILE *out, struct error *err);
int format_github(const struct grade_sheet *sheet, FILE *out, struct error *err);

/* For the formats: what a checkpoint (1 to CHECKPOINTS) is about, static; the end of each, which tells whether all was written. */
const char *format_checkpoint(int checkpoint);
int format_end(FILE *out, struct error *err);

#endif

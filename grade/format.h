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
/* "text, tap, …", for messages. Static. */
const char *format_names(void);

/* As xv6's grader has it: "test NAME: OK (1.2s)", and "Score: 7/9" at the end. */
int format_text(const struct grade_sheet *sheet, FILE *out, struct error *err);

#endif

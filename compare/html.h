/*
 * html.h: text and tables in an HTML page. Everything is written to a FILE, whose error flag the caller looks at when it has come to an end.
 */
#ifndef COMPARE_HTML_H
#define COMPARE_HTML_H

#include <stdio.h>

#include "compare/table.h"

/*
 * Writes text as it may stand between tags and within a quoted attribute, of HTML and of XML. What neither may hold (control characters, bytes that
 * are no UTF-8: a name may have been cut) becomes U+FFFD.
 */
void html_text(FILE *out, const char *text);

/* The same, formatted; what is longer than 1023 bytes is cut. */
void html_printf(FILE *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A table with its caption, in the shape that report_table() describes: a row of headings, groups, rows by depth. None without rows. */
void html_table(FILE *out, const char *id, const char *caption, const struct text_table *table);

#endif

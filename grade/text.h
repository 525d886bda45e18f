/*
 * text.h: what came from a submission, made fit to be shown: by a terminal, a browser, an XML or JSON reader, or a CI system.
 */
#ifndef GRADE_TEXT_H
#define GRADE_TEXT_H

#include <jansson.h>
#include <stddef.h>

/*
 * A copy of `bytes` bytes at `from` as UTF-8, at most `max` bytes long, a cut one ending in "…". '?' stands for each control character (C0, C1,
 * line and paragraph separators, marks that turn the writing direction) and for what is no character at all; U+FFFD for each byte that is no UTF-8. NUL-terminated,
 * freed by the caller; NULL when there is no memory. max: 4 and more.
 */
char *text_clean(const char *from, size_t bytes, size_t max);

/* The same as a JSON string, for evidence. New reference; NULL when there is no memory. */
json_t *text_json(const char *from, size_t bytes, size_t max);

#endif

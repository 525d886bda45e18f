/*
 * buffer.h: a growing byte buffer with a ceiling given at birth.
 */
#ifndef COMMON_BUFFER_H
#define COMMON_BUFFER_H

#include <stdarg.h>
#include <stddef.h>

#include "common/error.h"

struct buffer {
    char *data; /* always NUL-terminated once something was added; NULL before */
    size_t bytes;
    size_t capacity;
    size_t max; /* bytes it may hold at most, the NUL not counted */
};

/* Makes *b empty with a ceiling of `max` bytes. Allocates nothing. */
void buffer_init(struct buffer *b, size_t max);

/* Appends. On failure (ceiling: ERROR_RUNTIME; memory: ERROR_NO_MEMORY) the content is as before. `data` is copied. */
int buffer_add(struct buffer *b, const void *data, size_t bytes, struct error *err);
int buffer_add_string(struct buffer *b, const char *s, struct error *err);
int buffer_printf(struct buffer *b, struct error *err, const char *format, ...) __attribute__((format(printf, 3, 4)));
int buffer_vprintf(struct buffer *b, struct error *err, const char *format, va_list args);

/* Appends `s` as a JSON string with its quotes, escaped as RFC 8259 asks. */
int buffer_add_json_string(struct buffer *b, const char *s, struct error *err);

/* Appends `s` percent-encoded for a URL query (everything but unreserved characters of RFC 3986). */
int buffer_add_query_escaped(struct buffer *b, const char *s, struct error *err);

/* Empties it and keeps the memory. */
void buffer_clear(struct buffer *b);

/* Hands the content (NUL-terminated, malloc'd, NULL when nothing was ever added) to the caller; *b is empty afterwards. */
char *buffer_steal(struct buffer *b);

/* Frees the memory; *b is empty and usable afterwards. */
void buffer_free(struct buffer *b);

#endif

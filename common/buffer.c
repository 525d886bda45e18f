#include "common/buffer.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void buffer_init(struct buffer *b, size_t max)
{
    *b = (struct buffer){.max = max};
}

/* makes room for `bytes` more and a NUL */
static int reserve(struct buffer *b, size_t bytes, struct error *err)
{
    size_t capacity = b->capacity ? b->capacity : 128;
    char *data;

    if (bytes > b->max - b->bytes)
        return error_set(err, ERROR_RUNTIME, "more than %zu bytes", b->max);
    if (b->bytes + bytes < b->capacity)
        return 0;
    while (capacity <= b->bytes + bytes)
        capacity *= 2;
    data = realloc(b->data, capacity);
    if (!data)
        return error_no_memory(err);
    b->data = data;
    b->capacity = capacity;
    return 0;
}

int buffer_add(struct buffer *b, const void *data, size_t bytes, struct error *err)
{
    if (reserve(b, bytes, err) < 0)
        return -1;
    if (bytes)
        memcpy(b->data + b->bytes, data, bytes);
    b->bytes += bytes;
    b->data[b->bytes] = '\0';
    return 0;
}

int buffer_add_string(struct buffer *b, const char *s, struct error *err)
{
    return buffer_add(b, s, strlen(s), err);
}

int buffer_vprintf(struct buffer *b, struct error *err, const char *format, va_list args)
{
    va_list again;
    int need;

    va_copy(again, args);
    need = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (need < 0)
        return error_set(err, ERROR_RUNTIME, "cannot format '%s'", format);
    if (reserve(b, (size_t)need, err) < 0)
        return -1;
    vsnprintf(b->data + b->bytes, (size_t)need + 1, format, args);
    b->bytes += (size_t)need;
    return 0;
}

int buffer_printf(struct buffer *b, struct error *err, const char *format, ...)
{
    va_list args;
    int ret;

    va_start(args, format);
    ret = buffer_vprintf(b, err, format, args);
    va_end(args);
    return ret;
}

/* the two-character escape of a byte in a JSON string, or NULL when it has none */
static const char *short_escape(unsigned char c)
{
    switch (c) {
    case '"':
        return "\\\"";
    case '\\':
        return "\\\\";
    case '\n':
        return "\\n";
    case '\r':
        return "\\r";
    case '\t':
        return "\\t";
    default:
        return NULL;
    }
}

int buffer_add_json_string(struct buffer *b, const char *s, struct error *err)
{
    size_t before = b->bytes;
    const char *run = s;

    if (buffer_add(b, "\"", 1, err) < 0)
        return -1;
    for (;; s++) {
        unsigned char c = (unsigned char)*s;
        const char *escape = short_escape(c);

        if (c >= 0x20 && !escape)
            continue;
        if (buffer_add(b, run, (size_t)(s - run), err) < 0)
            goto undo;
        if (!c)
            break;
        if ((escape ? buffer_add_string(b, escape, err) : buffer_printf(b, err, "\\u%04x", c)) < 0)
            goto undo;
        run = s + 1;
    }
    if (buffer_add(b, "\"", 1, err) == 0)
        return 0;
undo:
    b->bytes = before;
    if (b->data)
        b->data[before] = '\0';
    return -1;
}

static bool unreserved(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
}

int buffer_add_query_escaped(struct buffer *b, const char *s, struct error *err)
{
    static const char hex[] = "0123456789ABCDEF";
    size_t before = b->bytes;

    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;
        char escaped[3] = {'%', hex[c >> 4], hex[c & 15]};

        if (buffer_add(b, unreserved(c) ? s : escaped, unreserved(c) ? 1 : 3, err) < 0) {
            b->bytes = before;
            if (b->data)
                b->data[before] = '\0';
            return -1;
        }
    }
    return 0;
}

void buffer_clear(struct buffer *b)
{
    b->bytes = 0;
    if (b->data)
        b->data[0] = '\0';
}

char *buffer_steal(struct buffer *b)
{
    char *data = b->data;

    buffer_init(b, b->max);
    return data;
}

void buffer_free(struct buffer *b)
{
    free(b->data);
    buffer_init(b, b->max);
}

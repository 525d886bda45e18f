/*
 * json_peek.h: looks up a few strings in the compact JSON that json_scan has projected, without building it. For the events that come by the
 * thousand and say what is known already.
 */
#ifndef COMMON_KUBE_JSON_PEEK_H
#define COMMON_KUBE_JSON_PEEK_H

#include <stdbool.h>
#include <stddef.h>

/* A piece of a JSON text; points into it. `at` is NULL when there is none. */
struct json_piece {
    const char *at;
    size_t bytes;
};

/*
 * One step over the members of an object. *at stands on its `{` at first, and is moved on. Returns false at the end of the object, or when the
 * text is not what json_scan writes. `key` is without its quotes, `value` the whole value as it stands.
 */
bool json_peek_member(const char **at, struct json_piece *key, struct json_piece *value);

/* The member of that name of the object that starts at `object`; a piece with NULL when it has none, or `object` is NULL or no object. */
struct json_piece json_peek(const char *object, const char *name);

/* The inside of a string value: false when the piece is none, no string, or holds an escape. */
bool json_peek_string(struct json_piece value, struct json_piece *text);

/*
 * Copies the member of that name of an object, a string without escapes, to `out`, which holds `size` bytes, and ends it with NUL. False when there is none, or it
 * is too long; `out` is then as it was.
 */
bool json_peek_copy(struct json_piece object, const char *name, char *out, size_t size);

/* Whether a piece holds just this text. */
bool json_piece_is(struct json_piece piece, const char *text);

#endif

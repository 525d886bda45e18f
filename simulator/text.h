/*
 * text.h: looks into serialized JSON, and edits it, without building it: an object of the store is parsed only when its structure changes.
 * Only for text of our own making: valid and compact.
 */
#ifndef SIMULATOR_TEXT_H
#define SIMULATOR_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "common/buffer.h"
#include "common/error.h"

/* A piece of somebody else's text; a string value with its quotes. */
struct span {
    const char *at;
    size_t bytes;
};

struct span text_span(const char *text, size_t bytes);

/* A walk over the members of an object or the elements of an array. */
struct text_walk {
    const char *at;
};

struct text_walk text_walk(struct span container);
/* The next member; false at the end. `key` is without its quotes, escapes as written. */
bool text_next_member(struct text_walk *walk, struct span *key, struct span *value);
bool text_next_element(struct text_walk *walk, struct span *value);

/* The member `key` of an object; false when it has none or `object` is none. */
bool text_get(struct span object, const char *key, struct span *value);
/* The member reached by `path` ("spec.nodeName": keys without dots). */
bool text_path(struct span object, const char *path, struct span *value);
/* Is the value the JSON string `plain` (which needs no escapes)? */
bool text_is(struct span value, const char *plain);
bool text_span_is(struct span key, const char *plain);

/* Appends the value without quotes and escapes (a number or literal as written). */
int text_add_decoded(struct buffer *out, struct span value, struct error *err);

/* One replacement in a text: `remove` bytes at `at` (a pointer into it) give way to `insert`. */
struct text_edit {
    const char *at;
    size_t remove;
    const char *insert;
    size_t insert_bytes;
};

/* Appends `text` with the edits carried out; they are in order of `at` and do not overlap. */
int text_add_edited(struct buffer *out, struct span text, const struct text_edit *edits, size_t count, struct error *err);

#endif

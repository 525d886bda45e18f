/*
 * json_scan.h: frames and projects a JSON stream as its bytes come. A list answer or a watch body is never held: of each
 * object only the wanted fields are copied out, as a small JSON text that jansson then parses. What nobody reads is skipped
 * without being built. The same objects come out for every way the stream is cut into pieces.
 */
#ifndef COMMON_KUBE_JSON_SCAN_H
#define COMMON_KUBE_JSON_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

/*
 * A field to keep. `fields` NULL: its whole value; else only those fields of it (of each element, when it is an array).
 * A table ends with a name of NULL. Where the value is neither object nor array, it is kept as it is.
 */
struct json_field {
    const char *name;
    const struct json_field *fields;
};

enum json_scan_mode {
    JSON_SCAN_FRAMES, /* one JSON object after another, white space between: a watch. `schema` is the frame's */
    JSON_SCAN_LIST    /* one object with an `items` array: each element of items is reported with `schema`; then the rest of the
                         top level (all of it but items, unprojected) is reported once, as the envelope */
};

struct json_scan_callbacks {
    /* One object, projected: `text` is NUL-terminated JSON, valid during the call. raw_bytes: its length as it came. Return 0 to go on, -1 (with *err filled) to stop. */
    int (*on_object)(void *ctx, const char *text, size_t bytes, size_t raw_bytes, struct error *err);
    /* JSON_SCAN_LIST only, after the last item. May be NULL. */
    int (*on_envelope)(void *ctx, const char *text, size_t bytes, struct error *err);
    void *ctx;
};

struct json_scan;

/*
 * `schema` is borrowed and must outlive the scan; NULL keeps everything. `max_object_bytes` bounds one object as it comes (also a
 * list's envelope), `max_total_bytes` the whole stream (0: none). Returns NULL on ERROR_NO_MEMORY. Free with json_scan_free().
 */
struct json_scan *json_scan_new(enum json_scan_mode mode, const struct json_field *schema, size_t max_object_bytes,
                                uint64_t max_total_bytes, const struct json_scan_callbacks *callbacks, struct error *err);

/*
 * Takes the next bytes. -1: not JSON (says what was found instead: an HTML page, text), structure broken, depth over
 * LIMIT_JSON_DEPTH, a limit passed, or a callback's -1; the scan is then dead and every further call fails with the same error.
 * Strings are checked for their end, escapes and control characters, not for valid UTF-8; of a value that is kept or skipped whole
 * only the brackets and strings are looked at, of a number only the characters: jansson checks again what is kept. Messages count
 * bytes from 1. What is not JSON is reported at the end of its line, or by json_scan_finish(). Not to be called from a callback.
 */
int json_scan_feed(struct json_scan *scan, const char *data, size_t bytes, struct error *err);

/* The stream has ended. -1 when it ended inside an object ("cut after N bytes"), or, for a list, before one came. */
int json_scan_finish(struct json_scan *scan, struct error *err);

/* Bytes taken so far. */
uint64_t json_scan_bytes(const struct json_scan *scan);

/* Ready for a new stream with the same settings; keeps its memory. */
void json_scan_reset(struct json_scan *scan);

void json_scan_free(struct json_scan *scan);

#endif

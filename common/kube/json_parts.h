/*
 * json_parts.h: what json_scan.c, which reads, and json_project.c, which decides what is kept, share; nobody else includes it.
 */
#ifndef COMMON_KUBE_JSON_PARTS_H
#define COMMON_KUBE_JSON_PARTS_H

#include "common/buffer.h"
#include "common/kube/json_scan.h"
#include "common/kube/json_skip.h"
#include "common/limits.h"

#define JSON_OPENING_BYTES 40 /* how much of what is not JSON goes into the message */

/* What the next byte is expected to belong to. */
enum json_state {
    BETWEEN,      /* before an object of the top level */
    NOT_JSON,     /* collecting what came instead, for the message */
    KEY_OR_CLOSE, /* after { */
    KEY,          /* after a comma in an object */
    IN_KEY,
    COLON,
    VALUE,
    VALUE_OR_CLOSE, /* after [ */
    IN_VALUE,       /* an object, array or string that is kept or skipped whole */
    IN_SCALAR,
    COMMA_OR_CLOSE,
    ENDED, /* behind the one object of a list */
    DEAD
};

/* An open bracket that the schema looks into. */
struct json_level {
    const struct json_field *fields; /* what to keep; NULL: all */
    bool object;
    bool filled; /* something was put out: a comma goes first */
};

struct json_scan {
    enum json_scan_mode mode;
    const struct json_field *schema;
    size_t max_object_bytes;
    uint64_t max_total_bytes;
    struct json_scan_callbacks callbacks;

    enum json_state state;
    struct json_skip skip;
    struct json_level levels[LIMIT_JSON_DEPTH + 1]; /* [depth]; those that the schema looks into */
    bool keep;                                      /* the value under way */
    const struct json_field *fields;                /* and what of it */
    bool items;                                     /* it is the list's items */
    bool items_seen;
    const char *literal; /* what is left of true, false or null; NULL in a number */
    char opening[JSON_OPENING_BYTES + 1];
    size_t opening_bytes;

    uint64_t position;     /* bytes taken, the one at hand included: messages count from 1 */
    uint64_t object_start; /* the position before the object under way */
    size_t envelope_bytes; /* of the envelope, as it came */
    size_t envelope_kept;  /* of `out`, what belongs to the envelope */
    bool in_object;
    bool objects; /* one came already */
    struct buffer out;
    struct buffer key; /* one that came in pieces */
    struct error error;
};

/* "broken JSON at byte N: expected …, found …". Returns -1. */
int json_broken(const struct json_scan *scan, const char *expected, char found, struct error *err);
/* The same for what json_skip found. Returns -1. */
int json_skip_error(const struct json_scan *scan, enum json_skip_result result, struct error *err);

/* Appends to what is kept of the object or the envelope at hand. */
int json_put(struct json_scan *scan, const char *data, size_t bytes, struct error *err);
/* Gives back the memory of a giant. */
void json_shrink(struct buffer *b);

/*
 * What follows from a byte that the state machine has read. Each sets the next state; scan->position counts the byte already.
 */

/* The { of a frame or of a list. */
int json_top_begins(struct json_scan *scan, char c, struct error *err);
/* The first byte of a member's or an element's value. */
int json_value_begins(struct json_scan *scan, char c, struct error *err);
/* A value is complete, be it kept, skipped or looked into. */
int json_value_ended(struct json_scan *scan, struct error *err);
/* } or ] of a level that the schema looks into. */
int json_level_closed(struct json_scan *scan, char c, struct error *err);
/* A key is complete, as it stands between its quotes. */
int json_key_ended(struct json_scan *scan, const char *raw, size_t raw_bytes, struct error *err);

#endif

/*
 * json_scan.c: a byte state machine over the levels that a schema looks into; whole values below, kept or not, are json_skip's.
 * What is kept of an object is copied into one buffer, behind what is kept of the envelope so far.
 */
#include "common/kube/json_scan.h"

#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "common/kube/json_skip.h"
#include "common/limits.h"

#define BUFFER_KEPT_BYTES (64u << 10) /* memory beyond this is given back after each object */
#define KEY_BYTES 320                 /* a key with escapes is compared that far: longer than any name in a schema */
#define OPENING_BYTES 40              /* how much of what is not JSON goes into the message */

enum state {
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

struct level {
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

    enum state state;
    struct json_skip skip;
    struct level levels[LIMIT_JSON_DEPTH + 1]; /* [depth]; those that the schema looks into */
    bool keep;                                 /* the value under way */
    const struct json_field *fields;           /* and what of it */
    bool items;                                /* it is the list's items */
    bool items_seen;
    const char *literal; /* what is left of true, false or null; NULL in a number */
    char opening[OPENING_BYTES + 1];
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

static int broken(struct json_scan *scan, struct error *err, const char *expected, char found)
{
    if ((unsigned char)found >= 0x20 && (unsigned char)found < 0x7f)
        return error_set(err, ERROR_RUNTIME, "broken JSON at byte %llu: expected %s, found '%c'", (unsigned long long)scan->position,
                         expected, found);
    return error_set(err, ERROR_RUNTIME, "broken JSON at byte %llu: expected %s, found 0x%02x", (unsigned long long)scan->position,
                     expected, (unsigned char)found);
}

static int skip_error(const struct json_scan *scan, enum json_skip_result result, struct error *err)
{
    static const char *const what[] = {
        [JSON_SKIP_MISMATCH] = "a bracket closes one of the other kind",
        [JSON_SKIP_ESCAPE] = "no such escape in a string",
        [JSON_SKIP_CONTROL] = "a control character in a string",
        [JSON_SKIP_BACKSLASH] = "a backslash outside a string",
    };

    if (result == JSON_SKIP_TOO_DEEP)
        return error_set(err, ERROR_RUNTIME, "JSON nested deeper than %u at byte %llu", LIMIT_JSON_DEPTH,
                         (unsigned long long)scan->position);
    return error_set(err, ERROR_RUNTIME, "broken JSON at byte %llu: %s", (unsigned long long)scan->position, what[result]);
}

static bool is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* the levels of a list above its objects: the list itself and its items */
static unsigned outer_levels(const struct json_scan *scan)
{
    return scan->mode == JSON_SCAN_LIST ? 2 : 0;
}

static int put(struct json_scan *scan, const char *data, size_t bytes, struct error *err)
{
    return buffer_add(&scan->out, data, bytes, err);
}

/* the comma between what was put out on this level and what comes */
static int put_comma(struct json_scan *scan, struct error *err)
{
    struct level *level = &scan->levels[scan->skip.depth];

    if (level->filled)
        return put(scan, ",", 1, err);
    level->filled = true;
    return 0;
}

/* gives back the memory of a giant; what could not be given back is kept */
static void shrink(struct buffer *b)
{
    char *data;

    if (b->capacity <= BUFFER_KEPT_BYTES || b->bytes >= BUFFER_KEPT_BYTES)
        return;
    data = realloc(b->data, BUFFER_KEPT_BYTES);
    if (data) {
        b->data = data;
        b->capacity = BUFFER_KEPT_BYTES;
    }
}

static int object_ended(struct json_scan *scan, struct error *err)
{
    size_t start = scan->envelope_kept, raw = (size_t)(scan->position - scan->object_start);

    scan->in_object = false;
    scan->objects = true;
    scan->state = scan->mode == JSON_SCAN_LIST ? COMMA_OR_CLOSE : BETWEEN;
    if (scan->callbacks.on_object(scan->callbacks.ctx, scan->out.data + start, scan->out.bytes - start, raw, err) < 0)
        return -1;
    scan->out.bytes = start;
    shrink(&scan->out);
    return 0;
}

static int envelope_ended(struct json_scan *scan, struct error *err)
{
    scan->state = ENDED;
    if (scan->callbacks.on_envelope && scan->callbacks.on_envelope(scan->callbacks.ctx, scan->out.data, scan->out.bytes, err) < 0)
        return -1;
    buffer_clear(&scan->out);
    shrink(&scan->out);
    return 0;
}

/* a value is complete, its last byte included */
static int value_ended(struct json_scan *scan, struct error *err)
{
    scan->state = COMMA_OR_CLOSE;
    if (scan->in_object && scan->skip.depth == outer_levels(scan))
        return object_ended(scan, err);
    if (scan->mode == JSON_SCAN_LIST && scan->skip.depth == 0)
        return envelope_ended(scan, err);
    if (scan->mode == JSON_SCAN_LIST && scan->skip.depth == 1)
        scan->items = false;
    return 0;
}

/* opens a level that the schema looks into */
static int level_opened(struct json_scan *scan, char c, struct error *err)
{
    enum json_skip_result result = json_skip_bracket(&scan->skip, c);

    if (result != JSON_SKIP_MORE)
        return skip_error(scan, result, err);
    scan->levels[scan->skip.depth] = (struct level){scan->fields, c == '{', false};
    scan->state = c == '{' ? KEY_OR_CLOSE : VALUE_OR_CLOSE;
    return scan->items && !scan->in_object ? 0 : put(scan, &c, 1, err);
}

static int level_closed(struct json_scan *scan, char c, struct error *err)
{
    bool of_items = scan->items && !scan->in_object;
    enum json_skip_result result = json_skip_bracket(&scan->skip, c);

    if (result != JSON_SKIP_MORE)
        return skip_error(scan, result, err);
    if (!of_items && put(scan, &c, 1, err) < 0)
        return -1;
    return value_ended(scan, err);
}

/* the first byte of a scalar */
static int scalar_begins(struct json_scan *scan, char c, struct error *err)
{
    if (c == 't')
        scan->literal = "rue";
    else if (c == 'f')
        scan->literal = "alse";
    else if (c == 'n')
        scan->literal = "ull";
    else if (c == '-' || (c >= '0' && c <= '9'))
        scan->literal = NULL;
    else
        return broken(scan, err, "a value", c);
    scan->state = IN_SCALAR;
    return scan->keep ? put(scan, &c, 1, err) : 0;
}

/* the first byte of a value whose `keep` and `fields` are set */
static int value_begins(struct json_scan *scan, char c, struct error *err)
{
    enum json_skip_result result;

    if (c != '{' && c != '[' && c != '"')
        return scalar_begins(scan, c, err);
    if (c != '"' && scan->keep && scan->fields)
        return level_opened(scan, c, err);
    result = json_skip_begin(&scan->skip, c);
    if (result != JSON_SKIP_MORE)
        return skip_error(scan, result, err);
    scan->state = IN_VALUE;
    return scan->keep ? put(scan, &c, 1, err) : 0;
}

static int object_begins(struct json_scan *scan, char c, struct error *err)
{
    scan->in_object = true;
    scan->object_start = scan->position - 1;
    scan->keep = true;
    scan->fields = scan->schema;
    return value_begins(scan, c, err);
}

static int value_byte(struct json_scan *scan, char c, struct error *err)
{
    const struct level *level = &scan->levels[scan->skip.depth];

    if (scan->items && !scan->in_object && scan->skip.depth == 2)
        return c == '{' ? object_begins(scan, c, err) : broken(scan, err, "an object in items", c);
    if (scan->items && !scan->in_object) {
        if (c == '[')
            return level_opened(scan, c, err);
        scan->keep = false;
        return c == 'n' ? scalar_begins(scan, c, err) : broken(scan, err, "items to be an array", c);
    }
    if (!level->object) {
        scan->keep = true;
        scan->fields = level->fields;
        if (put_comma(scan, err) < 0)
            return -1;
    }
    return value_begins(scan, c, err);
}

/* Decodes a key as it stands between its quotes, as far as `max`; what is not ASCII becomes a byte that no name has. */
static size_t decode_key(const char *raw, size_t raw_bytes, char *key, size_t max)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    size_t used = 0;

    for (size_t i = 0; i < raw_bytes && used < max; i++) {
        if (raw[i] != '\\') {
            key[used++] = raw[i];
        } else if (raw[++i] != 'u') {
            key[used++] = to[strchr(from, raw[i]) - from];
        } else {
            char hex[5] = {raw[i + 1], raw[i + 2], raw[i + 3], raw[i + 4], '\0'};
            unsigned long code = strtoul(hex, NULL, 16);

            key[used++] = code < 0x80 ? (char)code : '\xff';
            i += 4;
        }
    }
    return used;
}

static const struct json_field *find_field(const struct json_field *fields, const char *key, size_t bytes)
{
    for (; fields->name; fields++)
        if (strlen(fields->name) == bytes && memcmp(fields->name, key, bytes) == 0)
            return fields;
    return NULL;
}

static int put_key(struct json_scan *scan, const char *key, size_t bytes, struct error *err)
{
    if (put_comma(scan, err) < 0 || put(scan, "\"", 1, err) < 0 || put(scan, key, bytes, err) < 0)
        return -1;
    return put(scan, "\":", 2, err);
}

/* a member of a list: all are kept, with their keys as they came, but items */
static int list_key(struct json_scan *scan, const char *raw, size_t raw_bytes, bool is_items, struct error *err)
{
    scan->items = is_items;
    scan->keep = !is_items;
    scan->fields = NULL;
    if (!is_items)
        return put_key(scan, raw, raw_bytes, err);
    if (scan->items_seen)
        return error_set(err, ERROR_RUNTIME, "broken list at byte %llu: a second items", (unsigned long long)scan->position);
    scan->items_seen = true;
    scan->envelope_kept = scan->out.bytes;
    return 0;
}

/* a key is complete: decides about its value */
static int key_ended(struct json_scan *scan, const char *raw, size_t raw_bytes, struct error *err)
{
    char decoded[KEY_BYTES];
    const char *key = raw;
    size_t bytes = raw_bytes;
    const struct json_field *field;

    scan->state = COLON;
    if (memchr(raw, '\\', raw_bytes)) {
        bytes = decode_key(raw, raw_bytes, decoded, sizeof decoded);
        key = decoded;
    }
    if (scan->mode == JSON_SCAN_LIST && scan->skip.depth == 1)
        return list_key(scan, raw, raw_bytes, bytes == 5 && memcmp(key, "items", 5) == 0, err);
    field = find_field(scan->levels[scan->skip.depth].fields, key, bytes);
    scan->keep = field != NULL;
    scan->fields = field ? field->fields : NULL;
    return field ? put_key(scan, field->name, bytes, err) : 0;
}

/*
 * The states that take more than a byte at once. Each returns the byte to go on with, or NULL for an error.
 */

static const char *key_run(struct json_scan *scan, const char *p, const char *end, struct error *err)
{
    enum json_skip_result result;
    const char *next = json_skip_run(&scan->skip, p, end, &result);
    size_t bytes = (size_t)(next - p);
    int ret;

    scan->position += bytes;
    if (result > JSON_SKIP_DONE) {
        scan->position++;
        skip_error(scan, result, err);
        return NULL;
    }
    if (result == JSON_SKIP_DONE && scan->key.bytes == 0)
        return key_ended(scan, p, bytes - 1, err) < 0 ? NULL : next;
    if (buffer_add(&scan->key, p, bytes, err) < 0)
        return NULL;
    if (result == JSON_SKIP_MORE)
        return next;
    ret = key_ended(scan, scan->key.data, scan->key.bytes - 1, err);
    buffer_clear(&scan->key);
    shrink(&scan->key);
    return ret < 0 ? NULL : next;
}

static const char *value_run(struct json_scan *scan, const char *p, const char *end, struct error *err)
{
    enum json_skip_result result;
    const char *next = json_skip_run(&scan->skip, p, end, &result);

    scan->position += (size_t)(next - p);
    if (result > JSON_SKIP_DONE) {
        scan->position++;
        skip_error(scan, result, err);
        return NULL;
    }
    if (scan->keep && put(scan, p, (size_t)(next - p), err) < 0)
        return NULL;
    return result == JSON_SKIP_DONE && value_ended(scan, err) < 0 ? NULL : next;
}

static bool is_number_byte(char c)
{
    return (c >= '0' && c <= '9') || c == '.' || c == 'e' || c == 'E' || c == '+' || c == '-';
}

static const char *scalar_run(struct json_scan *scan, const char *p, const char *end, struct error *err)
{
    const char *start = p;
    bool whole;

    while (p < end && (scan->literal ? *scan->literal && *p == *scan->literal : is_number_byte(*p))) {
        scan->literal += scan->literal != NULL;
        p++;
    }
    scan->position += (size_t)(p - start);
    if (scan->keep && put(scan, start, (size_t)(p - start), err) < 0)
        return NULL;
    if (p == end)
        return p;
    whole = !scan->literal || !*scan->literal;
    if (whole && (*p == ',' || *p == '}' || *p == ']' || is_space(*p)))
        return value_ended(scan, err) < 0 ? NULL : p;
    scan->position++;
    broken(scan, err, scan->literal ? "true, false or null" : "a number", *p);
    return NULL;
}

static int not_json(const struct json_scan *scan, struct error *err)
{
    unsigned long long at = scan->position - scan->opening_bytes;
    const char *what = scan->opening[0] == '[' || scan->opening[0] == '"' ? "not a JSON object" : "not JSON";

    if (scan->objects)
        return error_set(err, ERROR_RUNTIME, "%s behind byte %llu: '%s'", what, at, scan->opening);
    return error_set(err, ERROR_RUNTIME, "%s: starts with '%s'", what, scan->opening);
}

/* collects what stands where an object was expected, up to the end of its line */
static const char *not_json_run(struct json_scan *scan, const char *p, const char *end, struct error *err)
{
    for (; p < end; p++) {
        if (*p == '\n' || *p == '\r' || scan->opening_bytes == OPENING_BYTES) {
            not_json(scan, err);
            return NULL;
        }
        scan->opening[scan->opening_bytes++] = *p >= 0x20 && *p < 0x7f ? *p : '.';
        scan->opening[scan->opening_bytes] = '\0';
        scan->position++;
    }
    return p;
}

/* The states that take one byte at a time. White space is taken by the caller. */
static int structural_byte(struct json_scan *scan, char c, struct error *err)
{
    const struct level *level = &scan->levels[scan->skip.depth];

    switch (scan->state) {
    case BETWEEN:
        return scan->mode == JSON_SCAN_LIST ? level_opened(scan, c, err) : object_begins(scan, c, err);
    case KEY_OR_CLOSE:
    case KEY:
        if (c == '"') {
            scan->state = IN_KEY;
            json_skip_begin(&scan->skip, c);
            return 0;
        }
        if (c == '}' && scan->state == KEY_OR_CLOSE)
            return level_closed(scan, c, err);
        return broken(scan, err, scan->state == KEY ? "a key" : "a key or }", c);
    case COLON:
        scan->state = VALUE;
        return c == ':' ? 0 : broken(scan, err, "a colon", c);
    case VALUE_OR_CLOSE:
        if (c == ']')
            return level_closed(scan, c, err);
        return value_byte(scan, c, err);
    case VALUE:
        return value_byte(scan, c, err);
    case COMMA_OR_CLOSE:
        if (c == '}' || c == ']')
            return level_closed(scan, c, err);
        scan->state = level->object ? KEY : VALUE;
        return c == ',' ? 0 : broken(scan, err, level->object ? "a comma or }" : "a comma or ]", c);
    default: /* ENDED */
        return error_set(err, ERROR_RUNTIME, "more behind the end of the list, at byte %llu", (unsigned long long)scan->position);
    }
}

static const char *structural_run(struct json_scan *scan, const char *p, const char *end, struct error *err)
{
    const char *start = p;

    while (p < end && is_space(*p))
        p++;
    scan->position += (size_t)(p - start);
    if (p == end)
        return p;
    if (scan->state == BETWEEN && *p != '{') {
        scan->state = NOT_JSON;
        return p;
    }
    scan->position++;
    return structural_byte(scan, *p, err) < 0 ? NULL : p + 1;
}

/* Whether the bytes at hand belong to the envelope: not to an item, nor between two. */
static bool in_envelope(const struct json_scan *scan)
{
    return scan->mode == JSON_SCAN_LIST && !scan->in_object && scan->skip.depth > 0 && !(scan->items && scan->skip.depth == 2);
}

/* Cuts [p, end) where the object or the envelope under way reaches its limit. NULL: it has, and more came. */
static const char *within_limit(const struct json_scan *scan, const char *p, const char *end, struct error *err)
{
    bool envelope = in_envelope(scan);
    uint64_t used = envelope ? scan->envelope_bytes : scan->position - scan->object_start;

    if (!envelope && !scan->in_object)
        return end;
    if (used >= scan->max_object_bytes) {
        error_set(err, ERROR_RUNTIME, "%s of more than %zu bytes", envelope ? "a list envelope" : "an object", scan->max_object_bytes);
        return NULL;
    }
    return (uint64_t)(end - p) > scan->max_object_bytes - used ? p + (scan->max_object_bytes - used) : end;
}

static int feed(struct json_scan *scan, const char *p, const char *end, struct error *err)
{
    while (p < end) {
        bool envelope = in_envelope(scan);
        const char *start = p, *stop = within_limit(scan, p, end, err);

        if (!stop)
            return -1;
        if (scan->state == IN_VALUE)
            p = value_run(scan, p, stop, err);
        else if (scan->state == IN_KEY)
            p = key_run(scan, p, stop, err);
        else if (scan->state == IN_SCALAR)
            p = scalar_run(scan, p, stop, err);
        else if (scan->state == NOT_JSON)
            p = not_json_run(scan, p, stop, err);
        else
            p = structural_run(scan, p, stop, err);
        if (!p)
            return -1;
        if (envelope)
            scan->envelope_bytes += (size_t)(p - start);
    }
    return 0;
}

int json_scan_feed(struct json_scan *scan, const char *data, size_t bytes, struct error *err)
{
    uint64_t room = scan->max_total_bytes ? scan->max_total_bytes - scan->position : UINT64_MAX;
    size_t taken = bytes > room ? (size_t)room : bytes;

    if (scan->state != DEAD && feed(scan, data, data + taken, &scan->error) == 0) {
        if (taken == bytes)
            return 0;
        error_set(&scan->error, ERROR_RUNTIME, "more than %llu bytes", (unsigned long long)scan->max_total_bytes);
    }
    scan->state = DEAD;
    *err = scan->error;
    return -1;
}

int json_scan_finish(struct json_scan *scan, struct error *err)
{
    switch (scan->state) {
    case DEAD:
        break;
    case ENDED:
        return 0;
    case BETWEEN:
        if (scan->mode == JSON_SCAN_FRAMES)
            return 0;
        error_set(&scan->error, ERROR_RUNTIME, "not JSON: nothing came");
        break;
    case NOT_JSON:
        not_json(scan, &scan->error);
        break;
    default:
        error_set(&scan->error, ERROR_RUNTIME, "cut after %llu bytes", (unsigned long long)scan->position);
        break;
    }
    scan->state = DEAD;
    *err = scan->error;
    return -1;
}

uint64_t json_scan_bytes(const struct json_scan *scan)
{
    return scan->position;
}

struct json_scan *json_scan_new(enum json_scan_mode mode, const struct json_field *schema, size_t max_object_bytes,
                                uint64_t max_total_bytes, const struct json_scan_callbacks *callbacks, struct error *err)
{
    struct json_scan *scan = calloc(1, sizeof *scan);

    if (!scan) {
        error_no_memory(err);
        return NULL;
    }
    scan->mode = mode;
    scan->schema = schema;
    scan->max_object_bytes = max_object_bytes;
    scan->max_total_bytes = max_total_bytes;
    scan->callbacks = *callbacks;
    /* no field takes more than it came with, so an envelope and an object are never more than this */
    buffer_init(&scan->out, 2 * max_object_bytes + 1);
    buffer_init(&scan->key, max_object_bytes);
    return scan;
}

void json_scan_reset(struct json_scan *scan)
{
    scan->state = BETWEEN;
    memset(&scan->skip, 0, sizeof scan->skip);
    scan->items = scan->items_seen = scan->in_object = scan->objects = false;
    scan->opening_bytes = scan->envelope_bytes = scan->envelope_kept = 0;
    scan->position = 0;
    buffer_clear(&scan->out);
    buffer_clear(&scan->key);
    shrink(&scan->out);
}

void json_scan_free(struct json_scan *scan)
{
    if (!scan)
        return;
    buffer_free(&scan->out);
    buffer_free(&scan->key);
    free(scan);
}

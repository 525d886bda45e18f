/*
 * json_scan.c: a byte state machine over the levels that a schema looks into. What is kept of them is json_project.c's; whole
 * values below, kept or not, are run over by json_skip.c.
 */
#include "common/kube/json_scan.h"

#include <stdlib.h>
#include <string.h>

#include "common/kube/json_parts.h"

int json_broken(const struct json_scan *scan, const char *expected, char found, struct error *err)
{
    if ((unsigned char)found >= 0x20 && (unsigned char)found < 0x7f)
        return error_set(err, ERROR_RUNTIME, "broken JSON at byte %llu: expected %s, found '%c'", (unsigned long long)scan->position,
                         expected, found);
    return error_set(err, ERROR_RUNTIME, "broken JSON at byte %llu: expected %s, found 0x%02x", (unsigned long long)scan->position,
                     expected, (unsigned char)found);
}

int json_skip_error(const struct json_scan *scan, enum json_skip_result result, struct error *err)
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
        json_skip_error(scan, result, err);
        return NULL;
    }
    if (result == JSON_SKIP_DONE && scan->key.bytes == 0)
        return json_key_ended(scan, p, bytes - 1, err) < 0 ? NULL : next;
    if (buffer_add(&scan->key, p, bytes, err) < 0)
        return NULL;
    if (result == JSON_SKIP_MORE)
        return next;
    ret = json_key_ended(scan, scan->key.data, scan->key.bytes - 1, err);
    buffer_clear(&scan->key);
    json_shrink(&scan->key);
    return ret < 0 ? NULL : next;
}

static const char *value_run(struct json_scan *scan, const char *p, const char *end, struct error *err)
{
    enum json_skip_result result;
    const char *next = json_skip_run(&scan->skip, p, end, &result);

    scan->position += (size_t)(next - p);
    if (result > JSON_SKIP_DONE) {
        scan->position++;
        json_skip_error(scan, result, err);
        return NULL;
    }
    if (scan->keep && json_put(scan, p, (size_t)(next - p), err) < 0)
        return NULL;
    return result == JSON_SKIP_DONE && json_value_ended(scan, err) < 0 ? NULL : next;
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
    if (scan->keep && json_put(scan, start, (size_t)(p - start), err) < 0)
        return NULL;
    if (p == end)
        return p;
    whole = !scan->literal || !*scan->literal;
    if (whole && (*p == ',' || *p == '}' || *p == ']' || is_space(*p)))
        return json_value_ended(scan, err) < 0 ? NULL : p;
    scan->position++;
    json_broken(scan, scan->literal ? "true, false or null" : "a number", *p, err);
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
        if (*p == '\n' || *p == '\r' || scan->opening_bytes == JSON_OPENING_BYTES) {
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
    const struct json_level *level = &scan->levels[scan->skip.depth];

    switch (scan->state) {
    case BETWEEN:
        return json_top_begins(scan, c, err);
    case KEY_OR_CLOSE:
    case KEY:
        if (c == '"') {
            scan->state = IN_KEY;
            json_skip_begin(&scan->skip, c);
            return 0;
        }
        if (c == '}' && scan->state == KEY_OR_CLOSE)
            return json_level_closed(scan, c, err);
        return json_broken(scan, scan->state == KEY ? "a key" : "a key or }", c, err);
    case COLON:
        scan->state = VALUE;
        return c == ':' ? 0 : json_broken(scan, "a colon", c, err);
    case VALUE_OR_CLOSE:
        if (c == ']')
            return json_level_closed(scan, c, err);
        return json_value_begins(scan, c, err);
    case VALUE:
        return json_value_begins(scan, c, err);
    case COMMA_OR_CLOSE:
        if (c == '}' || c == ']')
            return json_level_closed(scan, c, err);
        scan->state = level->object ? KEY : VALUE;
        return c == ',' ? 0 : json_broken(scan, level->object ? "a comma or }" : "a comma or ]", c, err);
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
    json_shrink(&scan->out);
}

void json_scan_free(struct json_scan *scan)
{
    if (!scan)
        return;
    buffer_free(&scan->out);
    buffer_free(&scan->key);
    free(scan);
}

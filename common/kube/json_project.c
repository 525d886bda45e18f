/*
 * json_project.c: what is kept of an object. It goes into one buffer, behind what is kept of the envelope so far.
 */
#include <stdlib.h>
#include <string.h>

#include "common/kube/json_parts.h"

#define BUFFER_KEPT_BYTES (64u << 10) /* memory beyond this is given back after each object */
#define KEY_BYTES 320                 /* a key with escapes is compared that far: longer than any name in a schema */

/* the levels of a list above its objects: the list itself and its items */
static unsigned outer_levels(const struct json_scan *scan)
{
    return scan->mode == JSON_SCAN_LIST ? 2 : 0;
}

int json_put(struct json_scan *scan, const char *data, size_t bytes, struct error *err)
{
    return buffer_add(&scan->out, data, bytes, err);
}

/* the comma between what was put out on this level and what comes */
static int put_comma(struct json_scan *scan, struct error *err)
{
    struct json_level *level = &scan->levels[scan->skip.depth];

    if (level->filled)
        return json_put(scan, ",", 1, err);
    level->filled = true;
    return 0;
}

/* gives back the memory of a giant; what could not be given back is kept */
void json_shrink(struct buffer *b)
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
    json_shrink(&scan->out);
    return 0;
}

static int envelope_ended(struct json_scan *scan, struct error *err)
{
    scan->state = ENDED;
    if (scan->callbacks.on_envelope && scan->callbacks.on_envelope(scan->callbacks.ctx, scan->out.data, scan->out.bytes, err) < 0)
        return -1;
    buffer_clear(&scan->out);
    json_shrink(&scan->out);
    return 0;
}

/* a value is complete, its last byte included */
int json_value_ended(struct json_scan *scan, struct error *err)
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
        return json_skip_error(scan, result, err);
    scan->levels[scan->skip.depth] = (struct json_level){scan->fields, c == '{', false};
    scan->state = c == '{' ? KEY_OR_CLOSE : VALUE_OR_CLOSE;
    return scan->items && !scan->in_object ? 0 : json_put(scan, &c, 1, err);
}

int json_level_closed(struct json_scan *scan, char c, struct error *err)
{
    bool of_items = scan->items && !scan->in_object;
    enum json_skip_result result = json_skip_bracket(&scan->skip, c);

    if (result != JSON_SKIP_MORE)
        return json_skip_error(scan, result, err);
    if (!of_items && json_put(scan, &c, 1, err) < 0)
        return -1;
    return json_value_ended(scan, err);
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
        return json_broken(scan, "a value", c, err);
    scan->state = IN_SCALAR;
    return scan->keep ? json_put(scan, &c, 1, err) : 0;
}

/* the first byte of a value whose `keep` and `fields` are set */
static int chosen_value_begins(struct json_scan *scan, char c, struct error *err)
{
    enum json_skip_result result;

    if (c != '{' && c != '[' && c != '"')
        return scalar_begins(scan, c, err);
    if (c != '"' && scan->keep && scan->fields)
        return level_opened(scan, c, err);
    result = json_skip_begin(&scan->skip, c);
    if (result != JSON_SKIP_MORE)
        return json_skip_error(scan, result, err);
    scan->state = IN_VALUE;
    return scan->keep ? json_put(scan, &c, 1, err) : 0;
}

static int object_begins(struct json_scan *scan, char c, struct error *err)
{
    scan->in_object = true;
    scan->object_start = scan->position - 1;
    scan->keep = true;
    scan->fields = scan->schema;
    return chosen_value_begins(scan, c, err);
}

int json_value_begins(struct json_scan *scan, char c, struct error *err)
{
    const struct json_level *level = &scan->levels[scan->skip.depth];

    if (scan->items && !scan->in_object && scan->skip.depth == 2)
        return c == '{' ? object_begins(scan, c, err) : json_broken(scan, "an object in items", c, err);
    if (scan->items && !scan->in_object) {
        if (c == '[')
            return level_opened(scan, c, err);
        scan->keep = false;
        return c == 'n' ? scalar_begins(scan, c, err) : json_broken(scan, "items to be an array", c, err);
    }
    if (!level->object) {
        scan->keep = true;
        scan->fields = level->fields;
        if (put_comma(scan, err) < 0)
            return -1;
    }
    return chosen_value_begins(scan, c, err);
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
    if (put_comma(scan, err) < 0 || json_put(scan, "\"", 1, err) < 0 || json_put(scan, key, bytes, err) < 0)
        return -1;
    return json_put(scan, "\":", 2, err);
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
int json_key_ended(struct json_scan *scan, const char *raw, size_t raw_bytes, struct error *err)
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

int json_top_begins(struct json_scan *scan, char c, struct error *err)
{
    return scan->mode == JSON_SCAN_LIST ? level_opened(scan, c, err) : object_begins(scan, c, err);
}

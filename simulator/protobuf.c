/*
 * protobuf.c: a reader driven by tables of field numbers (generated.proto of k8s.io/api and k8s.io/apimachinery).
 */
#include "simulator/protobuf.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "simulator/protobuf_fields.h"

struct reader {
    const unsigned char *at, *end;
    bool broken;
};

static uint64_t read_varint(struct reader *r)
{
    uint64_t value = 0;

    for (int shift = 0; shift < 64 && r->at < r->end; shift += 7) {
        unsigned char byte = *r->at++;

        value |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80))
            return value;
    }
    r->broken = true;
    return 0;
}

/* what follows a length; empty and broken when it would go past the end */
static struct reader read_part(struct reader *r)
{
    uint64_t bytes = read_varint(r);
    struct reader part = {r->at, r->at, r->broken};

    if (r->broken || bytes > (uint64_t)(r->end - r->at)) {
        r->broken = true;
        return part;
    }
    r->at += bytes;
    part.end = r->at;
    return part;
}

static json_t *read_message(struct reader *r, const struct field *fields);

static json_t *text_of(const struct reader *part)
{
    return json_stringn((const char *)part->at, (size_t)(part->end - part->at));
}

/* key and value of one entry of a map, put into *object */
static bool read_map_entry(struct reader *part, json_t **object)
{
    struct reader key = {NULL, NULL, false}, value = {NULL, NULL, false};
    json_t *text = NULL;
    char *name;
    bool ok;

    while (part->at < part->end && !part->broken) {
        uint64_t tag = read_varint(part);

        if (tag != (1 << 3 | 2) && tag != (2 << 3 | 2))
            return false;
        *(tag >> 3 == 1 ? &key : &value) = read_part(part);
    }
    if (part->broken || (!*object && !(*object = json_object())))
        return false;
    name = key.at ? strndup((const char *)key.at, (size_t)(key.end - key.at)) : strdup("");
    text = value.at ? text_of(&value) : json_string("");
    ok = name && text && json_object_set(*object, name, text) == 0;
    free(name);
    json_decref(text);
    return ok;
}

/* an empty time is an absent one */
static json_t *read_time(struct reader *part, int digits)
{
    int64_t seconds = 0, nanos = 0;
    char text[32];

    while (part->at < part->end && !part->broken) {
        uint64_t tag = read_varint(part);

        if (tag == (1 << 3))
            seconds = (int64_t)read_varint(part);
        else if (tag == (2 << 3))
            nanos = (int64_t)read_varint(part);
        else
            return NULL;
    }
    if (part->broken || seconds < -62135596800 || seconds > 253402300799)
        return NULL;
    if (!seconds)
        return json_null();
    clock_format_rfc3339(seconds * 1000000 + nanos / 1000, digits, text);
    return json_string(text);
}

static json_t *read_value(struct reader *r, const struct field *field, unsigned wire)
{
    struct reader part;

    if (field->type == INTEGER || field->type == BOOLEAN || field->type == SOME_INTEGER || field->type == TRUTH) {
        uint64_t value = wire == 0 ? read_varint(r) : 0;

        if (wire != 0 || r->broken)
            return NULL;
        if (!value && (field->type == SOME_INTEGER || field->type == TRUTH))
            return json_null();
        return field->type == INTEGER || field->type == SOME_INTEGER ? json_integer((json_int_t)value) : json_boolean(value != 0);
    }
    if (wire != 2)
        return NULL;
    part = read_part(r);
    if (r->broken)
        return NULL;
    switch (field->type) {
    case STRING:
        return text_of(&part);
    case TIME:
        return read_time(&part, 0);
    case MICRO_TIME:
        return read_time(&part, 6);
    default:
        return read_message(&part, field->fields);
    }
}

/* Go writes an empty text where JSON leaves the key out */
static bool is_absent(const json_t *value)
{
    return json_is_null(value) || (json_is_string(value) && !json_string_length(value));
}

static bool add_value(json_t *object, const struct field *field, json_t *value)
{
    json_t *array = json_object_get(object, field->name);

    if (!value)
        return false;
    if (field->repeated) {
        if (!array && (!(array = json_array()) || json_object_set_new(object, field->name, array) < 0)) {
            json_decref(value);
            return false;
        }
        return json_array_append_new(array, value) == 0;
    }
    if (is_absent(value)) {
        json_decref(value);
        return true;
    }
    return json_object_set_new(object, field->name, value) == 0;
}

static bool read_field(struct reader *r, const struct field *field, unsigned wire, json_t *object)
{
    json_t *map = json_object_get(object, field->name);
    struct reader part;
    bool fresh = !map;

    if (field->type != MAP)
        return add_value(object, field, read_value(r, field, wire));
    if (wire != 2)
        return false;
    part = read_part(r);
    if (r->broken || !read_map_entry(&part, &map)) {
        if (fresh)
            json_decref(map);
        return false;
    }
    return !fresh || json_object_set_new(object, field->name, map) == 0;
}

/* NULL when it is broken, holds what is not in the table, or memory is out */
static json_t *read_message(struct reader *r, const struct field *fields)
{
    json_t *object = json_object();

    while (object && r->at < r->end) {
        uint64_t tag = read_varint(r);
        const struct field *field = fields;

        while (field->name && field->number != tag >> 3)
            field++;
        if (r->broken || !field->name || !read_field(r, field, (unsigned)(tag & 7), object)) {
            json_decref(object);
            return NULL;
        }
    }
    return object;
}

static const struct field type_meta[] = {TEXT(1, "apiVersion"), TEXT(2, "kind"), END};

/* the object in an envelope: "k8s", a zero byte, and runtime.Unknown with the type in field 1 and the object in field 2 */
static json_t *read_envelope(struct reader *r)
{
    struct reader part = {NULL, NULL, false}, type = {NULL, NULL, false};
    json_t *types, *object = NULL;
    const struct field *fields;
    const char *kind;

    while (r->at < r->end && !r->broken) {
        uint64_t tag = read_varint(r);
        struct reader field = read_part(r);

        if ((tag & 7) != 2)
            return NULL;
        *(tag >> 3 == 1 ? &type : tag >> 3 == 2 ? &part : &field) = field;
    }
    if (r->broken || !type.at || !part.at || !(types = read_message(&type, type_meta)))
        return NULL;
    kind = json_string_value(json_object_get(types, "kind"));
    fields = kind ? protobuf_fields_of(kind) : NULL;
    if (fields)
        object = read_message(&part, fields);
    if (object && json_object_update(object, types) < 0) {
        json_decref(object);
        object = NULL;
    }
    json_decref(types);
    return object;
}

int protobuf_to_json(const char *data, size_t bytes, struct buffer *out, struct error *err)
{
    struct reader r = {(const unsigned char *)data, (const unsigned char *)data + bytes, false};
    json_t *object;
    char *text;
    int ret;

    if (bytes < 4 || memcmp(data, "k8s", 4) != 0)
        return 0;
    r.at += 4;
    object = read_envelope(&r);
    if (!object)
        return 0;
    text = json_dumps(object, JSON_COMPACT);
    json_decref(object);
    if (!text)
        return error_no_memory(err);
    ret = buffer_add_string(out, text, err);
    free(text);
    return ret < 0 ? -1 : 1;
}

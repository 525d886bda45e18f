#include "common/kube/frame.h"

#include <stdlib.h>
#include <string.h>

#include "common/kube/classify.h"
#include "common/kube/json_parse.h"

static const struct json_field initial_events_end_schema[] = {{"k8s.io/initial-events-end", NULL}, {NULL, NULL}};

static enum frame_type type_of(const char *text)
{
    static const char *const names[] = {"ADDED", "MODIFIED", "DELETED", "BOOKMARK", "ERROR"};

    for (int i = 0; i < FRAME_UNKNOWN; i++)
        if (!strcmp(text, names[i]))
            return (enum frame_type)i;
    return FRAME_UNKNOWN;
}

static void read_error(struct frame *frame)
{
    const json_t *details = json_object_get(frame->object, "details");
    const json_t *causes = json_object_get(details, "causes");
    size_t i;
    json_t *cause;
    json_int_t code = json_integer_value(json_object_get(frame->object, "code"));

    frame->code = code > 0 && code < 1000 ? (int)code : 0;
    frame->reason = kube_json_text(frame->object, "reason");
    frame->message = kube_json_text(frame->object, "message");
    frame->retry_after_ms = kube_retry_after_ms(json_integer_value(json_object_get(details, "retryAfterSeconds")));
    json_array_foreach(causes, i, cause) if (!strcmp(kube_json_text(cause, "reason"), "ResourceVersionTooLarge")) frame->too_large_rv =
        true;
}

int frame_read(const json_t *json, struct frame *frame, struct error *err)
{
    const json_t *metadata;

    *frame = (struct frame){.retry_after_ms = -1, .reason = "", .message = ""};
    frame->type_text = kube_json_text(json, "type");
    frame->object = json_object_get(json, "object");
    if (!frame->type_text[0] || !json_is_object(frame->object))
        return error_set(err, ERROR_RUNTIME, "not a watch frame: expected {\"type\":…,\"object\":{…}}");
    frame->type = type_of(frame->type_text);
    metadata = json_object_get(frame->object, "metadata");
    frame->resource_version = kube_json_text(metadata, "resourceVersion");
    if (frame->type == FRAME_BOOKMARK)
        frame->initial_events_end = !strcmp(kube_json_text(json_object_get(metadata, "annotations"), "k8s.io/initial-events-end"), "true");
    if (frame->type == FRAME_ERROR)
        read_error(frame);
    return 0;
}

static size_t table_length(const struct json_field *table)
{
    size_t n = 0;

    while (table && table[n].name)
        n++;
    return n;
}

static const struct json_field *find(const struct json_field *table, const char *name)
{
    for (; table && table->name; table++)
        if (!strcmp(table->name, name))
            return table;
    return NULL;
}

/* copies a table to `to`, leaving out one name; returns the end */
static struct json_field *copy_without(struct json_field *to, const struct json_field *from, const char *name)
{
    for (; from && from->name; from++)
        if (!name || strcmp(from->name, name) != 0)
            *to++ = *from;
    return to;
}

/* adds a field unless the table has it */
static struct json_field *add(struct json_field *to, const struct json_field *table, const char *name, const struct json_field *fields)
{
    if (!find(table, name))
        *to++ = (struct json_field){name, fields};
    return to;
}

struct json_field *frame_schema_new(const struct json_field *object_schema, struct error *err)
{
    static const char *const status_fields[] = {"kind", "code", "reason", "message", "details"};
    const struct json_field *metadata = find(object_schema, "metadata");
    const struct json_field *annotations = find(metadata ? metadata->fields : NULL, "annotations");
    size_t annotation_count = table_length(annotations ? annotations->fields : NULL);
    size_t metadata_count = table_length(metadata ? metadata->fields : NULL);
    size_t total = 3 + (table_length(object_schema) + 7) + (metadata_count + 3) + (annotation_count + 2);
    struct json_field *frame = calloc(total, sizeof *frame), *object, *meta, *notes, *end;

    if (!frame) {
        error_no_memory(err);
        return NULL;
    }
    object = frame + 3;
    meta = object + table_length(object_schema) + 7;
    notes = meta + metadata_count + 3;
    frame[0] = (struct json_field){"type", NULL};
    frame[1] = (struct json_field){"object", object_schema ? object : NULL};

    end = copy_without(object, object_schema, "metadata");
    *end++ = (struct json_field){"metadata", metadata && !metadata->fields ? NULL : meta};
    for (size_t i = 0; i < sizeof status_fields / sizeof *status_fields; i++)
        end = add(end, object_schema, status_fields[i], NULL);

    end = copy_without(meta, metadata ? metadata->fields : NULL, "annotations");
    end = add(end, metadata ? metadata->fields : NULL, "resourceVersion", NULL);
    *end = (struct json_field){"annotations", notes};
    /* a table that wanted all annotations keeps wanting all */
    if (annotations && !annotations->fields)
        end->fields = NULL;
    copy_without(copy_without(notes, annotations ? annotations->fields : NULL, NULL), initial_events_end_schema, NULL);
    return frame;
}

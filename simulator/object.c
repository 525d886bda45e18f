/* object.c: from serialized text to an indexed object. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/limits.h"
#include "simulator/store.h"

struct object *object_ref(struct object *object)
{
    object->refs++;
    return object;
}

void object_unref(struct object *object)
{
    if (object && --object->refs == 0)
        free(object);
}

/* Where the strings of the index stand in the scratch buffer, before the object has a place for them. */
struct index {
    size_t namespace_, name, uid, key;
    size_t field[MAX_FIELD_LABELS];
    size_t labels; /* key, value, key, value, … each with its NUL */
    size_t label_count;
    bool deleting, finalizers, owned;
    struct span metadata;
    int64_t rv;
};

static int add_terminated(struct buffer *scratch, struct span value, size_t *at, struct error *err)
{
    *at = scratch->bytes;
    if (text_add_decoded(scratch, value, err) < 0)
        return -1;
    return buffer_add(scratch, "", 1, err);
}

static int index_labels(struct buffer *labels, struct span value, struct index *index, struct error *err)
{
    struct text_walk walk = text_walk(value);
    struct span key, content;
    size_t at;

    while (text_next_member(&walk, &key, &content)) {
        if (add_terminated(labels, text_span(key.at - 1, key.bytes + 2), &at, err) < 0 || add_terminated(labels, content, &at, err) < 0)
            return -1;
        index->label_count++;
    }
    return 0;
}

static int64_t number_of(struct span value)
{
    int64_t number = 0;

    for (size_t i = 0; i < value.bytes; i++)
        if (value.at[i] >= '0' && value.at[i] <= '9')
            number = number * 10 + (value.at[i] - '0');
    return number;
}

static int index_metadata(struct store *store, struct index *index, struct error *err)
{
    struct text_walk walk = text_walk(index->metadata);
    struct span key, value;
    int ret = 0;

    while (ret == 0 && text_next_member(&walk, &key, &value)) {
        if (text_span_is(key, "name"))
            ret = add_terminated(&store->scratch, value, &index->name, err);
        else if (text_span_is(key, "namespace"))
            ret = add_terminated(&store->scratch, value, &index->namespace_, err);
        else if (text_span_is(key, "uid"))
            ret = add_terminated(&store->scratch, value, &index->uid, err);
        else if (text_span_is(key, "resourceVersion"))
            index->rv = number_of(value);
        else if (text_span_is(key, "labels"))
            ret = index_labels(&store->label_scratch, value, index, err);
        else if (text_span_is(key, "deletionTimestamp"))
            index->deleting = value.bytes > 4;
        else if (text_span_is(key, "finalizers"))
            index->finalizers = value.bytes > 2;
        else if (text_span_is(key, "ownerReferences"))
            index->owned = value.bytes > 2;
    }
    return ret;
}

/* `outer` is a top-level member: takes from it every field whose path begins there */
static int index_fields(struct store *store, const struct resource *resource, struct span outer, struct span content, struct index *index,
                        struct error *err)
{
    for (size_t i = 0; i < resource->field_count; i++) {
        const char *path = resource->fields[i].path;
        struct span value = content;

        if (!path || strncmp(path, outer.at, outer.bytes) != 0 || (path[outer.bytes] && path[outer.bytes] != '.'))
            continue;
        if (path[outer.bytes] && !text_path(content, path + outer.bytes + 1, &value))
            continue;
        if (add_terminated(&store->scratch, value, &index->field[i], err) < 0)
            return -1;
    }
    return 0;
}

static int index_key(struct store *store, const struct resource *resource, struct index *index, struct error *err)
{
    char *name;
    size_t bytes;

    if (!resource->namespaced) {
        index->key = index->name;
        return 0;
    }
    bytes = strlen(store->scratch.data + index->namespace_) + strlen(store->scratch.data + index->name) + 2;
    name = malloc(bytes);
    if (!name)
        return error_no_memory(err);
    strcpy(name, store->scratch.data + index->namespace_);
    strcat(name, "/");
    strcat(name, store->scratch.data + index->name);
    index->key = store->scratch.bytes;
    if (buffer_add(&store->scratch, name, bytes, err) < 0) {
        free(name);
        return -1;
    }
    free(name);
    return 0;
}

static int index_text(struct store *store, const struct resource *resource, struct span text, struct index *index, struct error *err)
{
    struct text_walk walk = text_walk(text);
    struct span key, value;

    buffer_clear(&store->scratch);
    buffer_clear(&store->label_scratch);
    if (buffer_add(&store->scratch, "", 1, err) < 0) /* offset 0: the empty string */
        return -1;
    while (text_next_member(&walk, &key, &value)) {
        if (text_span_is(key, "metadata")) {
            index->metadata = value;
            if (index_metadata(store, index, err) < 0)
                return -1;
        } else if (resource->field_count && index_fields(store, resource, key, value, index, err) < 0) {
            return -1;
        }
    }
    return index_key(store, resource, index, err);
}

static void place_fields(struct object *object, const struct index *index, const char *strings)
{
    for (size_t i = 0; i < object->resource->field_count; i++)
        object->field[i] = index->field[i] ? strings + index->field[i] : object->resource->fields[i].absent;
}

static void place_labels(struct object *object, struct object_label *labels, const char *at)
{
    for (size_t i = 0; i < object->label_count; i++) {
        labels[i].key = at;
        labels[i].value = at + strlen(at) + 1;
        at = labels[i].value + strlen(labels[i].value) + 1;
    }
    object->labels = labels;
}

struct object *store_object_new(struct store *store, const struct resource *resource, struct span text, struct error *err)
{
    struct index index = {0};
    struct object_label *labels;
    struct object *object;
    char *strings, *copy;

    if (index_text(store, resource, text, &index, err) < 0)
        return NULL;
    object =
        malloc(sizeof *object + index.label_count * sizeof *labels + text.bytes + 1 + store->scratch.bytes + store->label_scratch.bytes);
    if (!object) {
        error_no_memory(err);
        return NULL;
    }
    labels = (struct object_label *)(object + 1);
    copy = (char *)(labels + index.label_count);
    strings = copy + text.bytes + 1;
    memcpy(copy, text.at, text.bytes);
    copy[text.bytes] = '\0';
    memcpy(strings, store->scratch.data, store->scratch.bytes);
    if (store->label_scratch.bytes)
        memcpy(strings + store->scratch.bytes, store->label_scratch.data, store->label_scratch.bytes);
    *object = (struct object){.refs = 1,
                              .resource = resource,
                              .rv = index.rv,
                              .key = strings + index.key,
                              .namespace_ = strings + index.namespace_,
                              .name = strings + index.name,
                              .uid = strings + index.uid,
                              .label_count = index.label_count,
                              .deleting = index.deleting,
                              .finalizers = index.finalizers,
                              .owned = index.owned,
                              .metadata = {copy + (index.metadata.at - text.at), index.metadata.bytes},
                              .text = copy,
                              .text_bytes = text.bytes};
    place_fields(object, &index, strings);
    place_labels(object, labels, strings + store->scratch.bytes);
    return object;
}

struct object *store_object_with_rv(struct store *store, const struct object *object, int64_t rv, struct error *err)
{
    struct span old = text_span(object->metadata.at, 0);
    struct buffer text;
    struct text_edit edit;
    struct object *made = NULL;
    char number[32];

    text_get(object->metadata, "resourceVersion", &old); /* what is stored has one */
    buffer_init(&text, 2 * LIMIT_OBJECT_BYTES);
    edit = (struct text_edit){old.at, old.bytes, number, 0};
    edit.insert_bytes = (size_t)snprintf(number, sizeof number, "\"%lld\"", (long long)rv);
    if (text_add_edited(&text, text_span(object->text, object->text_bytes), &edit, 1, err) == 0)
        made = store_object_new(store, object->resource, text_span(text.data, text.bytes), err);
    buffer_free(&text);
    return made;
}

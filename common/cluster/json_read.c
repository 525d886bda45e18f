/* json_read.c: typed reads from parsed JSON. */
#include "common/cluster/json_read.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cluster/quantity.h"

struct chunk {
    alignas(max_align_t) void *next;
};

void scratch_init(struct scratch *scratch)
{
    scratch->chunks = NULL;
    scratch->used = 0;
}

void *scratch_alloc(struct scratch *scratch, size_t count, size_t size, struct error *err)
{
    const size_t align = alignof(max_align_t);
    struct chunk *chunk;
    size_t bytes;
    void *memory;

    if (count > (SIZE_MAX - sizeof *chunk - align) / size) {
        error_no_memory(err);
        return NULL;
    }
    bytes = (count * size + align - 1) / align * align;
    if (bytes <= sizeof scratch->first - scratch->used) {
        memory = scratch->first + scratch->used;
        scratch->used += bytes;
        return memset(memory, 0, bytes);
    }
    chunk = calloc(1, sizeof *chunk + bytes);
    if (!chunk) {
        error_no_memory(err);
        return NULL;
    }
    chunk->next = scratch->chunks;
    scratch->chunks = chunk;
    return chunk + 1;
}

void scratch_free(struct scratch *scratch)
{
    struct chunk *next;

    for (struct chunk *chunk = scratch->chunks; chunk; chunk = next) {
        next = chunk->next;
        free(chunk);
    }
}

/* the field that the last part of the path names, NULL when it is absent or null */
static const json_t *field(const json_t *object, const char *path)
{
    const char *dot = strrchr(path, '.');
    const json_t *json = json_object_get(object, dot ? dot + 1 : path);

    return json_is_null(json) ? NULL : json;
}

static int expected(const char *path, const char *what, struct error *err)
{
    return error_set(err, ERROR_RUNTIME, "%s: expected %s", path, what);
}

int read_string(const json_t *object, const char *path, const char **value, struct error *err)
{
    const json_t *json = field(object, path);

    if (!json)
        return 0;
    if (!json_is_string(json))
        return expected(path, "a string", err);
    *value = json_string_value(json);
    return 0;
}

int read_bool(const json_t *object, const char *path, bool *value, struct error *err)
{
    const json_t *json = field(object, path);

    if (!json)
        return 0;
    if (!json_is_boolean(json))
        return expected(path, "true or false", err);
    *value = json_is_true(json);
    return 0;
}

int read_int32(const json_t *object, const char *path, int32_t *value, struct error *err)
{
    const json_t *json = field(object, path);

    if (!json)
        return 0;
    if (!json_is_integer(json) || json_integer_value(json) < INT32_MIN || json_integer_value(json) > INT32_MAX)
        return expected(path, "a 32-bit integer", err);
    *value = (int32_t)json_integer_value(json);
    return 0;
}

int read_object(const json_t *object, const char *path, const json_t **value, struct error *err)
{
    const json_t *json = field(object, path);

    if (!json)
        return 0;
    if (!json_is_object(json))
        return expected(path, "an object", err);
    *value = json;
    return 0;
}

int read_array(const json_t *object, const char *path, const json_t **value, struct error *err)
{
    const json_t *json = field(object, path);

    if (!json)
        return 0;
    if (!json_is_array(json))
        return expected(path, "an array", err);
    *value = json;
    return 0;
}

int read_items(const json_t *object, const char *path, size_t size, struct scratch *scratch, struct items *items, struct error *err)
{
    *items = (struct items){NULL, 0, NULL};
    if (read_array(object, path, &items->array, err) < 0)
        return -1;
    items->count = json_array_size(items->array);
    if (items->count == 0)
        return 0;
    items->room = scratch_alloc(scratch, items->count, size, err);
    return items->room ? 0 : -1;
}

const json_t *read_element(const json_t *array, size_t i, const char *path, struct error *err)
{
    const json_t *json = json_array_get(array, i);

    if (json_is_object(json))
        return json;
    error_set(err, ERROR_RUNTIME, "%s[%zu]: expected an object", path, i);
    return NULL;
}

int read_strings(const json_t *object, const char *path, struct scratch *scratch, const char *const **strings, size_t *count,
                 struct error *err)
{
    struct items items;
    const char **string;

    if (read_items(object, path, sizeof *string, scratch, &items, err) < 0)
        return -1;
    string = items.room;
    for (size_t i = 0; i < items.count; i++) {
        string[i] = json_string_value(json_array_get(items.array, i));
        if (!string[i])
            return error_set(err, ERROR_RUNTIME, "%s[%zu]: expected a string", path, i);
    }
    *strings = string;
    *count = items.count;
    return 0;
}

static int by_key(const void *a, const void *b)
{
    return strcmp(((const struct label *)a)->key, ((const struct label *)b)->key);
}

int read_labels(const json_t *object, const char *path, struct scratch *scratch, const struct label **labels, size_t *count,
                struct error *err)
{
    const json_t *json = NULL;
    struct label *array;
    const char *key;
    json_t *value;
    size_t n = 0;

    if (read_object(object, path, &json, err) < 0)
        return -1;
    if (json_object_size(json) == 0)
        return 0;
    array = scratch_alloc(scratch, json_object_size(json), sizeof *array, err);
    if (!array)
        return -1;
    json_object_foreach((json_t *)json, key, value)
    {
        if (!json_is_string(value))
            return error_set(err, ERROR_RUNTIME, "%s: %s: expected a string", path, key);
        array[n++] = (struct label){key, json_string_value(value)};
    }
    qsort(array, n, sizeof *array, by_key);
    *labels = array;
    *count = n;
    return 0;
}

int read_quantity(const json_t *json, const char *path, const char *name, int64_t scale, int64_t *value, struct error *err)
{
    char number[64];
    const char *text = number;
    int64_t amount;

    if (json_is_string(json))
        text = json_string_value(json);
    else if (json_is_integer(json))
        snprintf(number, sizeof number, "%lld", (long long)json_integer_value(json));
    else if (json_is_real(json))
        /* 15 digits bring back what was written: with 17, 0.1 would round up to 101m */
        snprintf(number, sizeof number, "%.15g", json_real_value(json));
    else
        return error_set(err, ERROR_RUNTIME, "%s: %s: expected a quantity", path, name);
    if (quantity_parse(text, scale, &amount, err) < 0)
        return error_prefix(err, "%s: %s", path, name);
    if (amount < 0)
        return error_set(err, ERROR_RUNTIME, "%s: %s: '%s' is negative", path, name, text);
    *value = amount;
    return 0;
}

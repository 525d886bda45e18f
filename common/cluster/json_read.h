/*
 * json_read.h: typed reads from parsed JSON, for the files that decode pods and nodes only. Each takes the full path of the field ("spec.nodeName")
 * and looks up its last part in `object`; what is absent or null leaves *value as it was. A wrong type fails with
 * "PATH: expected ...". Strings are borrowed from the JSON.
 */
#ifndef COMMON_CLUSTER_JSON_READ_H
#define COMMON_CLUSTER_JSON_READ_H

#include <jansson.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/cluster/pod.h"
#include "common/error.h"

/* Memory for the arrays of one decode: the first kilobytes on the stack, what is over on the heap; all of it goes at once. */
struct scratch {
    void *chunks;
    size_t used;
    alignas(max_align_t) char first[2048];
};

void scratch_init(struct scratch *scratch);
/* Zeroed; NULL on ERROR_NO_MEMORY. */
void *scratch_alloc(struct scratch *scratch, size_t count, size_t size, struct error *err);
void scratch_free(struct scratch *scratch);

int read_string(const json_t *object, const char *path, const char **value, struct error *err);
int read_bool(const json_t *object, const char *path, bool *value, struct error *err);
int read_int32(const json_t *object, const char *path, int32_t *value, struct error *err);
int read_object(const json_t *object, const char *path, const json_t **value, struct error *err);
int read_array(const json_t *object, const char *path, const json_t **value, struct error *err);
/* An array, and zeroed scratch for one item of the decoder's per element. */
struct items {
    const json_t *array;
    size_t count;
    void *room; /* NULL when there are none */
};
/* Reads the array and makes room for its items, `size` bytes each. */
int read_items(const json_t *object, const char *path, size_t size, struct scratch *scratch, struct items *items, struct error *err);
/* The i-th element of an array of objects; NULL when it is something else. */
const json_t *read_element(const json_t *array, size_t i, const char *path, struct error *err);
/* An array of strings. */
int read_strings(const json_t *object, const char *path, struct scratch *scratch, const char *const **strings, size_t *count,
                 struct error *err);
/* An object of strings as labels in key order. */
int read_labels(const json_t *object, const char *path, struct scratch *scratch, const struct label **labels, size_t *count,
                struct error *err);
/* A quantity (a string, or a number as YAML has it), never negative. `path` and `name` are only for the error. */
int read_quantity(const json_t *json, const char *path, const char *name, int64_t scale, int64_t *value, struct error *err);

#endif

/*
 * table_cells.h: the columns of each kind and how its cells are made. Between table.c and table_cells.c only.
 */
#ifndef SIMULATOR_TABLE_CELLS_H
#define SIMULATOR_TABLE_CELLS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/buffer.h"
#include "common/error.h"

/* Where the cells of one row go. A failure is remembered and makes the rest do nothing. */
struct table_row {
    struct buffer *out;
    struct error *err;
    int64_t now_wall_us;
    int cells;
    bool failed;
};

struct table_column {
    const char *name, *type, *format, *description;
    int priority; /* 1: only with -o wide */
};

struct table_kind {
    const char *resource; /* as in table_render() */
    const struct table_column *columns;
    int count;
    void (*cells)(struct table_row *row, const json_t *object);
};

#define TABLE_NAME                                                                                                                         \
    {                                                                                                                                      \
        "Name", "string", "name", "Name, unique within its namespace.", 0                                                                  \
    }
#define TABLE_AGE                                                                                                                          \
    {                                                                                                                                      \
        "Age", "string", "", "Time since the object was created.", 0                                                                       \
    }
#define TABLE_KIND(resource, columns, cells)                                                                                               \
    {                                                                                                                                      \
        resource, columns, (int)(sizeof columns / sizeof columns[0]), cells                                                                \
    }

/* The kinds of apps and rbac.authorization.k8s.io (table_groups.c); NULL: none of them. */
const struct table_kind *table_kind_of_group(const char *resource);
/* The kind of a resource; for an unknown one the kind with Name and Created At. Static. */
const struct table_kind *table_kind_of(const char *resource);

/* Cells of a row: text, a number, and the age of an RFC 3339 time ("<unknown>" when it is absent). */
void table_cell(struct table_row *row, const char *text);
void table_cell_integer(struct table_row *row, int64_t value);
void table_cell_age(struct table_row *row, const char *time);

/* Writes the age of an RFC 3339 time, "<unknown>" for NULL or no time. `out`: at least 24 bytes. */
void table_age(int64_t now_wall_us, const char *time, char *out);

/* The string at key of object, or "" when there is none. */
const char *table_text(const json_t *object, const char *key);

/* The cells of a pod (table_pod.c). */
void table_pod_cells(struct table_row *row, const json_t *pod);

#endif

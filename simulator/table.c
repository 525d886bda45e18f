/*
 * table.c: the frame of a Table: whether one is wanted, its columns, its rows. The cells are made in table_cells.c.
 */
#include "simulator/table.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/clock.h"
#include "simulator/table_cells.h"

static void trim(const char **from, const char **to)
{
    while (*from < *to && (**from == ' ' || **from == '\t'))
        (*from)++;
    while (*from < *to && ((*to)[-1] == ' ' || (*to)[-1] == '\t'))
        (*to)--;
}

static bool is_word(const char *from, const char *to, const char *word)
{
    trim(&from, &to);
    return (size_t)(to - from) == strlen(word) && strncasecmp(from, word, strlen(word)) == 0;
}

enum wanted { WANTED_NOTHING_WE_HAVE, WANTED_PLAIN, WANTED_TABLE };

/* one media range of an Accept header: type;param;param */
static enum wanted judge_range(const char *from, const char *to)
{
    const char *at = memchr(from, ';', (size_t)(to - from));
    const char *end = at ? at : to;
    bool json = is_word(from, end, "application/json"), any = is_word(from, end, "*/*") || is_word(from, end, "application/*");
    bool table = false, other = false, group = false, version = false;

    for (; at; at = end < to ? end : NULL) {
        end = memchr(at + 1, ';', (size_t)(to - at - 1));
        if (!end)
            end = to;
        table = table || is_word(at + 1, end, "as=Table");
        group = group || is_word(at + 1, end, "g=meta.k8s.io");
        version = version || is_word(at + 1, end, "v=v1");
        other = other || (end - at > 3 && strncmp(at + 1, "as=", 3) == 0);
    }
    if (!json && !any)
        return WANTED_NOTHING_WE_HAVE;
    if (!other)
        return WANTED_PLAIN;
    return table && group && version ? WANTED_TABLE : WANTED_NOTHING_WE_HAVE;
}

bool table_wanted(const char *accept)
{
    while (accept && *accept) {
        const char *end = accept + strcspn(accept, ",");
        enum wanted wanted = judge_range(accept, end);

        if (wanted != WANTED_NOTHING_WE_HAVE)
            return wanted == WANTED_TABLE;
        accept = *end ? end + 1 : end;
    }
    return false;
}

/* "<big><unit>" or "<big><unit><small><unit>", the second part only when it is not zero */
static void two_parts(char *out, int64_t big, char big_unit, int64_t small, char small_unit)
{
    if (small)
        snprintf(out, 24, "%" PRId64 "%c%" PRId64 "%c", big, big_unit, small, small_unit);
    else
        snprintf(out, 24, "%" PRId64 "%c", big, big_unit);
}

void table_human_duration(int64_t duration_us, char *out)
{
    int64_t seconds = duration_us / 1000000, minutes = seconds / 60, hours = minutes / 60, days = hours / 24;

    if (seconds < -1)
        snprintf(out, 24, "<invalid>");
    else if (seconds < 0)
        snprintf(out, 24, "0s");
    else if (seconds < 120)
        two_parts(out, seconds, 's', 0, ' ');
    else if (minutes < 180)
        two_parts(out, minutes, 'm', minutes < 10 ? seconds % 60 : 0, 's');
    else if (hours < 48)
        two_parts(out, hours, 'h', hours < 8 ? minutes % 60 : 0, 'm');
    else if (days < 365 * 2)
        two_parts(out, days, 'd', days < 8 ? hours % 24 : 0, 'h');
    else
        two_parts(out, days / 365, 'y', days < 365 * 8 ? days % 365 : 0, 'd');
}

void table_age(int64_t now_wall_us, const char *time, char *out)
{
    int64_t then;

    if (!time || clock_parse_rfc3339(time, &then) < 0)
        snprintf(out, 24, "<unknown>");
    else
        table_human_duration(now_wall_us - then, out);
}

static void begin_cell(struct table_row *row)
{
    if (!row->failed && row->cells++ && buffer_add(row->out, ",", 1, row->err) < 0)
        row->failed = true;
}

void table_cell(struct table_row *row, const char *text)
{
    begin_cell(row);
    if (!row->failed && buffer_add_json_string(row->out, text, row->err) < 0)
        row->failed = true;
}

void table_cell_integer(struct table_row *row, int64_t value)
{
    begin_cell(row);
    if (!row->failed && buffer_printf(row->out, row->err, "%" PRId64, value) < 0)
        row->failed = true;
}

void table_cell_age(struct table_row *row, const char *time)
{
    char age[24];

    table_age(row->now_wall_us, time, age);
    table_cell(row, age);
}

const char *table_text(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

static int append_json(struct buffer *out, const json_t *json, struct error *err)
{
    char *text = json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY);
    int ret;

    if (!text)
        return error_no_memory(err);
    ret = buffer_add_string(out, text, err);
    free(text);
    return ret;
}

static int render_columns(const struct table_kind *kind, bool with_columns, struct buffer *out, struct error *err)
{
    if (!with_columns)
        return buffer_add_string(out, "\"columnDefinitions\":null", err);
    if (buffer_add_string(out, "\"columnDefinitions\":[", err) < 0)
        return -1;
    for (int i = 0; i < kind->count; i++) {
        const struct table_column *c = &kind->columns[i];

        if (buffer_printf(out, err, "%s{\"name\":\"%s\",\"type\":\"%s\",\"format\":\"%s\",\"description\":\"%s\",\"priority\":%d}",
                          i ? "," : "", c->name, c->type, c->format, c->description, c->priority) < 0)
            return -1;
    }
    return buffer_add(out, "]", 1, err);
}

/* the row of a pod that has ended carries a condition, so that a client can grey it out */
static const char *row_conditions(const struct table_kind *kind, const json_t *object)
{
    const char *phase = table_text(json_object_get(object, "status"), "phase");

    if (strcmp(kind->resource, "pods") != 0)
        return "";
    if (strcmp(phase, "Succeeded") == 0)
        return ",\"conditions\":[{\"type\":\"Completed\",\"status\":\"True\",\"reason\":\"Succeeded\","
               "\"message\":\"The pod has completed successfully.\"}]";
    if (strcmp(phase, "Failed") == 0)
        return ",\"conditions\":[{\"type\":\"Completed\",\"status\":\"True\",\"reason\":\"Failed\",\"message\":\"The pod failed.\"}]";
    return "";
}

static int render_object(const char *include_object, const char *text, const json_t *object, struct buffer *out, struct error *err)
{
    const json_t *metadata = json_object_get(object, "metadata");

    if (strcmp(include_object, "None") == 0)
        return buffer_add_string(out, ",\"object\":null", err);
    if (buffer_add_string(out, ",\"object\":", err) < 0)
        return -1;
    if (strcmp(include_object, "Object") == 0)
        return buffer_add_string(out, text, err);
    if (buffer_add_string(out, "{\"kind\":\"PartialObjectMetadata\",\"apiVersion\":\"meta.k8s.io/v1\",\"metadata\":", err) < 0 ||
        (metadata ? append_json(out, metadata, err) : buffer_add_string(out, "{}", err)) < 0)
        return -1;
    return buffer_add(out, "}", 1, err);
}

struct table {
    const struct table_kind *kind;
    const char *include_object;
    int64_t now_wall_us;
    struct buffer *out;
};

static int render_row(const struct table *t, const char *text, struct error *err)
{
    struct table_row row = {.out = t->out, .err = err, .now_wall_us = t->now_wall_us};
    json_error_t where;
    json_t *object = json_loads(text, 0, &where);
    int ret = -1;

    if (!object)
        return *where.text ? error_set(err, ERROR_RUNTIME, "table: %s", where.text) : error_no_memory(err);
    if (buffer_add_string(t->out, "{\"cells\":[", err) < 0)
        goto cleanup;
    t->kind->cells(&row, object);
    if (row.failed || buffer_printf(t->out, err, "]%s", row_conditions(t->kind, object)) < 0 ||
        render_object(t->include_object, text, object, t->out, err) < 0 || buffer_add(t->out, "}", 1, err) < 0)
        goto cleanup;
    ret = 0;
cleanup:
    json_decref(object);
    return ret;
}

/* what a table of one object says of itself: the resourceVersion of that object */
static int render_metadata(const char *given, const char *const *objects, size_t count, struct buffer *out, struct error *err)
{
    json_error_t where;
    json_t *object;
    int ret;

    if (given || !count)
        return buffer_add_string(out, given ? given : "{}", err);
    object = json_loads(objects[count - 1], 0, &where);
    if (!object)
        return *where.text ? error_set(err, ERROR_RUNTIME, "table: %s", where.text) : error_no_memory(err);
    ret = buffer_add_string(out, "{\"resourceVersion\":", err);
    if (ret == 0)
        ret = buffer_add_json_string(out, table_text(json_object_get(object, "metadata"), "resourceVersion"), err);
    if (ret == 0)
        ret = buffer_add(out, "}", 1, err);
    json_decref(object);
    return ret;
}

int table_render(const char *resource, const char *const *objects, size_t count, const char *list_metadata_json, bool with_columns,
                 const char *include_object, int64_t now_wall_us, struct buffer *out, struct error *err)
{
    const struct table t = {table_kind_of(resource), include_object ? include_object : "Metadata", now_wall_us, out};
    size_t before = out->bytes;

    if (buffer_add_string(out, "{\"kind\":\"Table\",\"apiVersion\":\"meta.k8s.io/v1\",\"metadata\":", err) < 0 ||
        render_metadata(list_metadata_json, objects, count, out, err) < 0 || buffer_add(out, ",", 1, err) < 0 ||
        render_columns(t.kind, with_columns, out, err) < 0 || buffer_add_string(out, ",\"rows\":[", err) < 0)
        goto undo;
    for (size_t i = 0; i < count; i++)
        if ((i && buffer_add(out, ",", 1, err) < 0) || render_row(&t, objects[i], err) < 0)
            goto undo;
    if (buffer_add_string(out, "]}", err) == 0)
        return 0;
undo:
    out->bytes = before;
    if (out->data)
        out->data[before] = '\0';
    return -1;
}

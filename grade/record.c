#include "grade/record.h"

#include <stdlib.h>
#include <string.h>

#include "common/limits.h"
#include "grade/text.h"

#define AGENT_BYTES 256

static void record_free(struct record *record)
{
    free(record->query);
    free(record->user_agent);
    free(record->body);
    free(record->node);
}

static int grow(struct records *records)
{
    size_t capacity = records->capacity ? 2 * records->capacity : 64;
    struct record *grown;

    if (records->count < records->capacity)
        return 0;
    if (records->count >= LIMIT_GRADE_REQUESTS)
        return -1;
    grown = realloc(records->items, capacity * sizeof *grown);
    if (!grown)
        return -1;
    records->items = grown;
    records->capacity = capacity;
    return 0;
}

size_t records_add(struct records *records, int64_t t_us, const struct route *route, const char *target, const char *user_agent,
                   const char *body, size_t body_bytes, const char *node)
{
    struct record record = {.t_us = t_us, .took_us = -1, .watch = route->watch, .route = *route};
    const char *query = strchr(target, '?');

    if (grow(records) < 0)
        goto lost;
    if ((query && !(record.query = text_clean(query + 1, strlen(query + 1), LIMIT_GRADE_BODY_BYTES))) ||
        (user_agent && !(record.user_agent = text_clean(user_agent, strlen(user_agent), AGENT_BYTES))) ||
        (body && body_bytes && !(record.body = text_clean(body, body_bytes, LIMIT_GRADE_BODY_BYTES))) ||
        (*node && !(record.node = text_clean(node, strlen(node), AGENT_BYTES)))) {
        record_free(&record);
        goto lost;
    }
    records->items[records->count] = record;
    return records->count++;
lost:
    records->truncated = true;
    return SIZE_MAX;
}

void records_clear(struct records *records)
{
    for (size_t i = 0; i < records->count; i++)
        record_free(&records->items[i]);
    free(records->items);
    memset(records, 0, sizeof *records);
}

static json_t *record_json(const struct record *r)
{
    const struct route *route = &r->route;
    json_t *json =
        json_pack("{s:I, s:s, s:s, s:s, s:s, s:i, s:I}", "t", (json_int_t)r->t_us, "verb", route->verb, "resource", route->resource,
                  "namespace", route->namespace_, "name", route->name, "code", r->code, "took", (json_int_t)r->took_us);
    int bad = !json;

    if (json && *route->subresource)
        bad |= json_object_set_new(json, "subresource", json_string(route->subresource));
    if (json && *route->group)
        bad |= json_object_set_new(json, "group", json_string(route->group));
    if (json && r->query)
        bad |= json_object_set_new(json, "query", json_string(r->query));
    if (json && r->user_agent)
        bad |= json_object_set_new(json, "user_agent", json_string(r->user_agent));
    if (json && r->body)
        bad |= json_object_set_new(json, "body", json_string(r->body));
    if (json && r->node)
        bad |= json_object_set_new(json, "node", json_string(r->node));
    if (json && r->fault)
        bad |= json_object_set_new(json, "fault", json_string(r->fault));
    if (bad) {
        json_decref(json);
        return NULL;
    }
    return json;
}

json_t *records_json(const struct records *records)
{
    json_t *array = json_array();

    for (size_t i = 0; array && i < records->count; i++)
        if (json_array_append_new(array, record_json(&records->items[i])) < 0) {
            json_decref(array);
            return NULL;
        }
    return array;
}

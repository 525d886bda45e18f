#include "simulator/event_view.h"

#include <string.h>

/* stored name and the name in events.k8s.io/v1; `empty` is what an absent one is written as, NULL: left out */
static const struct pair {
    const char *core, *other;
    const char *core_empty, *other_empty;
} pairs[] = {
    {"eventTime", "eventTime", "null", "null"},
    {"series", "series", NULL, NULL},
    {"reportingComponent", "reportingController", "\"\"", NULL},
    {"reportingInstance", "reportingInstance", "\"\"", NULL},
    {"action", "action", NULL, NULL},
    {"reason", "reason", NULL, NULL},
    {"involvedObject", "regarding", "{}", "{}"},
    {"related", "related", NULL, NULL},
    {"message", "note", NULL, NULL},
    {"type", "type", NULL, NULL},
    {"source", "deprecatedSource", "{}", "{}"},
    {"firstTimestamp", "deprecatedFirstTimestamp", "null", "null"},
    {"lastTimestamp", "deprecatedLastTimestamp", "null", "null"},
    {"count", "deprecatedCount", NULL, NULL},
};

static json_t *empty_value(const char *text)
{
    if (!strcmp(text, "null"))
        return json_null();
    return text[0] == '{' ? json_object() : json_string("");
}

static bool absent(const json_t *value)
{
    return !value || json_is_null(value) || (json_is_string(value) && !json_string_length(value));
}

/* `to_core`: which of the two the result is */
static json_t *convert(json_t *event, bool from_core, bool to_core, const char *api_version, struct error *err)
{
    json_t *out = json_object();
    int bad = json_object_set_new(out, "kind", json_string("Event"));

    bad |= json_object_set_new(out, "apiVersion", json_string(api_version));
    bad |= json_object_set(out, "metadata", json_object_get(event, "metadata"));
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        const struct pair *pair = &pairs[i];
        json_t *value = json_object_get(event, from_core ? pair->core : pair->other);
        const char *name = to_core ? pair->core : pair->other, *empty = to_core ? pair->core_empty : pair->other_empty;

        if (!absent(value))
            bad |= json_object_set(out, name, value);
        else if (empty)
            bad |= json_object_set_new(out, name, empty_value(empty));
    }
    if (!bad)
        return out;
    json_decref(out);
    error_no_memory(err);
    return NULL;
}

json_t *event_view_out(const struct resource *resource, json_t *event, struct error *err)
{
    bool core = !*resource->group;

    return convert(event, true, core, core ? "v1" : "events.k8s.io/v1", err);
}

json_t *event_view_in(const struct resource *resource, json_t *event, struct error *err)
{
    return convert(event, !*resource->group, true, "v1", err);
}

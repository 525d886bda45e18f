/*
 * faults.c: reads a fault plan and hands out its actions. The keys of "do" are a table, so that the reader, its messages and
 * faults.md speak of the same set.
 */
#include "simulator/faults.h"

#include <inttypes.h>
#include <jansson.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

struct entry {
    const char *verb, *resource, *subresource, *name; /* NULL: any. Borrowed from the plan's JSON */
    int64_t skip;
    int64_t count; /* -1: for ever */
    struct fault_action action;
};

struct faults {
    json_t *plan; /* owns every string */
    size_t count;
    struct entry entries[];
};

enum key_type { KEY_STRING, KEY_INT, KEY_INT64, KEY_BOOL };

struct key {
    const char *name;
    enum key_type type;
    size_t offset;
    int64_t min, max;
};

#define DAY_MS 86400000

static const struct key entry_keys[] = {
    {"verb", KEY_STRING, offsetof(struct entry, verb), 0, 0},
    {"resource", KEY_STRING, offsetof(struct entry, resource), 0, 0},
    {"subresource", KEY_STRING, offsetof(struct entry, subresource), 0, 0},
    {"name", KEY_STRING, offsetof(struct entry, name), 0, 0},
    {"skip", KEY_INT64, offsetof(struct entry, skip), 0, INT64_MAX},
    {"count", KEY_INT64, offsetof(struct entry, count), -1, INT64_MAX},
    {NULL, KEY_BOOL, 0, 0, 0},
};

static const struct key do_keys[] = {
    {"status", KEY_INT, offsetof(struct fault_action, status), 400, 599},
    {"reason", KEY_STRING, offsetof(struct fault_action, reason), 0, 0},
    {"message", KEY_STRING, offsetof(struct fault_action, message), 0, 0},
    {"retry_after_s", KEY_INT, offsetof(struct fault_action, retry_after_s), 0, 86400},
    {"delay_ms", KEY_INT64, offsetof(struct fault_action, delay_ms), 0, DAY_MS},
    {"cut_at_byte", KEY_INT64, offsetof(struct fault_action, cut_at_byte), 0, INT64_MAX},
    {"reset", KEY_BOOL, offsetof(struct fault_action, reset), 0, 0},
    {"lost_answer", KEY_BOOL, offsetof(struct fault_action, lost_answer), 0, 0},
    {"stale_list", KEY_BOOL, offsetof(struct fault_action, stale_list), 0, 0},
    {"stale_by", KEY_INT64, offsetof(struct fault_action, stale_by), 1, INT64_MAX},
    {"watch_close", KEY_BOOL, offsetof(struct fault_action, watch_close), 0, 0},
    {"watch_after", KEY_INT64, offsetof(struct fault_action, watch_after), 0, INT64_MAX},
    {"watch_gone", KEY_BOOL, offsetof(struct fault_action, watch_gone), 0, 0},
    {"watch_cut", KEY_BOOL, offsetof(struct fault_action, watch_cut), 0, 0},
    {"duplicate", KEY_BOOL, offsetof(struct fault_action, duplicate), 0, 0},
    {"reorder", KEY_BOOL, offsetof(struct fault_action, reorder), 0, 0},
    {NULL, KEY_BOOL, 0, 0, 0},
};

static const char *const verbs[] = {"get", "list", "watch", "create", "update", "patch", "delete", "deletecollection", NULL};

static const struct key *find_key(const struct key *keys, const char *name)
{
    for (; keys->name; keys++)
        if (strcmp(keys->name, name) == 0)
            return keys;
    return NULL;
}

static int read_integer(const struct key *key, const json_t *value, void *to, struct error *err)
{
    int64_t number;

    if (!json_is_integer(value) || json_integer_value(value) < key->min || json_integer_value(value) > key->max) {
        if (key->max == INT64_MAX)
            return error_set(err, ERROR_USAGE, "%s: expected an integer of %" PRId64 " or more", key->name, key->min);
        return error_set(err, ERROR_USAGE, "%s: expected an integer from %" PRId64 " to %" PRId64, key->name, key->min, key->max);
    }
    number = json_integer_value(value);
    if (key->type == KEY_INT)
        *(int *)to = (int)number;
    else
        *(int64_t *)to = number;
    return 0;
}

static int read_value(const struct key *key, const json_t *value, void *base, struct error *err)
{
    void *to = (char *)base + key->offset;

    switch (key->type) {
    case KEY_STRING:
        if (!json_is_string(value))
            return error_set(err, ERROR_USAGE, "%s: expected a string", key->name);
        *(const char **)to = json_string_value(value);
        return 0;
    case KEY_BOOL:
        if (!json_is_boolean(value))
            return error_set(err, ERROR_USAGE, "%s: expected true or false", key->name);
        *(bool *)to = json_is_true(value);
        return 0;
    default:
        return read_integer(key, value, to, err);
    }
}

/* what no client could see, or what contradicts itself, is a mistake of the plan's author */
static int check_action(const struct fault_action *a, const json_t *object, struct error *err)
{
    if (!a->status && (a->reason || a->message || a->retry_after_s))
        return error_set(err, ERROR_USAGE, "do: reason, message and retry_after_s need a status");
    if (a->reset && a->lost_answer)
        return error_set(err, ERROR_USAGE, "do: reset (not carried out) and lost_answer (carried out) exclude each other");
    if (a->watch_close + a->watch_gone + a->watch_cut > 1)
        return error_set(err, ERROR_USAGE, "do: only one of watch_close, watch_gone and watch_cut");
    if (json_object_get(object, "watch_after") && !(a->watch_close || a->watch_gone || a->watch_cut))
        return error_set(err, ERROR_USAGE, "do: watch_after needs watch_close, watch_gone or watch_cut");
    if (!(a->status || a->delay_ms || a->cut_at_byte >= 0 || a->reset || a->lost_answer || a->stale_list || a->watch_close ||
          a->watch_gone || a->watch_cut || a->duplicate || a->reorder))
        return error_set(err, ERROR_USAGE, "do: asks for nothing");
    return 0;
}

static int read_action(const json_t *object, struct fault_action *action, struct error *err)
{
    const char *name;
    const json_t *value;

    *action = (struct fault_action){.cut_at_byte = -1};
    if (!json_is_object(object))
        return error_set(err, ERROR_USAGE, object ? "do: expected an object" : "do: missing");
    json_object_foreach((json_t *)object, name, value)
    {
        const struct key *key = find_key(do_keys, name);

        if (!key)
            return error_set(err, ERROR_USAGE, "do.%s: no such key", name);
        if (read_value(key, value, action, err) < 0) {
            char was[sizeof err->text];

            memcpy(was, err->text, sizeof was);
            return error_set(err, ERROR_USAGE, "do.%.*s", (int)sizeof was - 8, was);
        }
    }
    if (action->stale_by)
        action->stale_list = true;
    else if (action->stale_list)
        action->stale_by = 1;
    return check_action(action, object, err);
}

static int check_verb(const char *verb, struct error *err)
{
    for (const char *const *v = verbs; *v; v++)
        if (!verb || strcmp(*v, verb) == 0)
            return 0;
    return error_set(err, ERROR_USAGE, "verb: \"%s\" is none of get, list, watch, create, update, patch, delete, deletecollection", verb);
}

static int read_entry(const json_t *object, struct entry *entry, struct error *err)
{
    const char *name;
    const json_t *value;

    *entry = (struct entry){.count = 1};
    if (!json_is_object(object))
        return error_set(err, ERROR_USAGE, "expected an object");
    json_object_foreach((json_t *)object, name, value)
    {
        const struct key *key = find_key(entry_keys, name);

        if (strcmp(name, "do") == 0)
            continue;
        if (!key)
            return error_set(err, ERROR_USAGE, "%s: no such key", name);
        if (read_value(key, value, entry, err) < 0)
            return -1;
    }
    if (check_verb(entry->verb, err) < 0)
        return -1;
    return read_action(json_object_get(object, "do"), &entry->action, err);
}

/* the plan's JSON, an empty array for none; NULL with *err filled when it is no array */
static json_t *load_plan(const char *plan, struct error *err)
{
    json_error_t where;
    json_t *json = plan && *plan ? json_loads(plan, JSON_REJECT_DUPLICATES, &where) : json_array();

    if (!json && (!plan || !*plan || !*where.text)) /* jansson says nothing when memory runs out */
        return error_no_memory(err), NULL;
    if (!json)
        return error_set(err, ERROR_USAGE, "fault plan: line %d: %s", where.line, where.text), NULL;
    if (!json_is_array(json)) {
        json_decref(json);
        return error_set(err, ERROR_USAGE, "fault plan: expected an array of entries"), NULL;
    }
    return json;
}

int faults_parse(const char *plan, struct faults **faults, struct error *err)
{
    json_t *json = load_plan(plan, err);
    struct faults *made;
    size_t count;

    if (!json)
        return -1;
    count = json_array_size(json);
    made = malloc(sizeof *made + count * sizeof made->entries[0]);
    if (!made) {
        json_decref(json);
        return error_no_memory(err);
    }
    made->plan = json;
    made->count = count;
    for (size_t i = 0; i < count; i++)
        if (read_entry(json_array_get(json, i), &made->entries[i], err) < 0) {
            faults_free(made);
            return error_prefix(err, "fault plan: entry %zu", i);
        }
    *faults = made;
    return 0;
}

void faults_free(struct faults *faults)
{
    if (!faults)
        return;
    json_decref(faults->plan);
    free(faults);
}

static bool matches(const char *wanted, const char *is)
{
    return !wanted || strcmp(wanted, is ? is : "") == 0;
}

const struct fault_action *faults_next(struct faults *faults, const char *verb, const char *resource, const char *subresource,
                                       const char *name)
{
    for (size_t i = 0; faults && i < faults->count; i++) {
        struct entry *e = &faults->entries[i];

        if (!e->count || !matches(e->verb, verb) || !matches(e->resource, resource) || !matches(e->subresource, subresource) ||
            !matches(e->name, name))
            continue;
        if (e->skip) {
            e->skip--;
            continue;
        }
        if (e->count > 0)
            e->count--;
        return &e->action;
    }
    return NULL;
}

/*
 * strict.c: see strict.h. The words are those of k8s.io/apimachinery/pkg/runtime/serializer/json.
 */
#include "simulator/strict.h"

#include <stdlib.h>
#include <string.h>

#include "common/limits.h"
#include "simulator/field_names.h"
#include "simulator/status.h"

enum { UNKNOWN_SHOWN = 32 };

struct search {
    char *unknown[UNKNOWN_SHOWN]; /* paths, owned */
    size_t count;
    struct buffer path;
    struct error *err;
    bool failed;
};

static bool is_plain(const char *words, const char *name)
{
    size_t bytes = strlen(name);

    for (; *words; words += strcspn(words, " "), words += *words == ' ')
        if (strcspn(words, " ") == bytes && memcmp(words, name, bytes) == 0)
            return true;
    return false;
}

static const struct names *deeper(const struct names *names, const char *name)
{
    for (size_t i = 0; i < FIELD_NAMES_DEEP && names->deep[i].name; i++)
        if (strcmp(names->deep[i].name, name) == 0)
            return names->deep[i].names;
    return NULL;
}

static void note(struct search *s)
{
    char *copy;

    if (s->count == UNKNOWN_SHOWN)
        return;
    copy = strdup(s->path.data);
    if (copy)
        s->unknown[s->count++] = copy;
    else
        s->failed = error_no_memory(s->err) < 0;
}

static void look(struct search *s, json_t *object, const struct names *names);

static void look_into(struct search *s, json_t *value, const struct names *names)
{
    size_t i, before = s->path.bytes;
    json_t *element;

    if (json_is_object(value))
        look(s, value, names);
    json_array_foreach(value, i, element)
    {
        if (!s->failed && buffer_printf(&s->path, s->err, "[%zu]", i) < 0)
            s->failed = true;
        if (json_is_object(element))
            look(s, element, names);
        s->path.bytes = before;
    }
}

static void look(struct search *s, json_t *object, const struct names *names)
{
    size_t before = s->path.bytes;
    const char *name;
    json_t *value;
    void *next;

    json_object_foreach_safe(object, next, name, value)
    {
        const struct names *in = deeper(names, name);

        if (s->failed || buffer_printf(&s->path, s->err, "%s%s", before ? "." : "", name) < 0) {
            s->failed = true;
            return;
        }
        if (in) {
            look_into(s, value, in);
        } else if (!is_plain(names->plain, name)) {
            note(s);
            json_object_del(object, name);
        }
        s->path.bytes = before;
    }
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* "unknown field "a", unknown field "b"" */
static int add_list(struct search *s, struct buffer *list, struct error *err)
{
    qsort(s->unknown, s->count, sizeof s->unknown[0], compare_texts);
    for (size_t i = 0; i < s->count; i++)
        if (buffer_printf(list, err, "%sunknown field \"%s\"", i ? ", " : "", s->unknown[i]) < 0)
            return -1;
    return 0;
}

static int refuse_patch(struct call *call, const char *list, const json_t *patch, struct error *err)
{
    struct status_cause cause = {"FieldValueInvalid", NULL, "patch"};
    char *shown = json_dumps(patch, JSON_COMPACT);
    struct buffer message;
    int ret = -1;

    buffer_init(&message, LIMIT_OBJECT_BYTES);
    if (!shown)
        error_no_memory(err);
    else if (buffer_add_string(&message, "Invalid value: ", err) == 0 && buffer_add_json_string(&message, shown, err) == 0 &&
             buffer_printf(&message, err, ": strict decoding error: %s", list) == 0) {
        cause.message = message.data;
        ret = status_invalid(call->response, "", "", "", &cause, 1, err);
    }
    buffer_free(&message);
    free(shown);
    return ret;
}

static int refuse(struct call *call, struct search *s, const json_t *patch, struct error *err)
{
    const struct resource *resource = call->target.resource;
    struct buffer list;
    int ret = -1;

    buffer_init(&list, LIMIT_OBJECT_BYTES);
    if (add_list(s, &list, err) == 0)
        ret = patch ? refuse_patch(call, list.data, patch, err)
                    : status_plain(call->response, err, 400, "BadRequest",
                                   "%s in version \"%s\" cannot be handled as a %s: strict decoding error: %s", resource->kind,
                                   resource->version, resource->kind, list.data);
    buffer_free(&list);
    return ret;
}

static int check(struct call *call, json_t *doc, const json_t *patch, struct error *err)
{
    const struct names *names = field_names_of(call->target.resource->group, call->target.resource->kind);
    const char *validation = target_filled_parameter(&call->target, "fieldValidation");
    struct search s = {.err = err};
    int ret;

    if (!names)
        return 0;
    buffer_init(&s.path, LIMIT_OBJECT_BYTES);
    look(&s, doc, names);
    ret = s.failed ? -1 : s.count && validation && strcmp(validation, "Strict") == 0 ? refuse(call, &s, patch, err) : 0;
    for (size_t i = 0; i < s.count; i++)
        free(s.unknown[i]);
    buffer_free(&s.path);
    return ret;
}

int strict_check(struct call *call, json_t *doc, struct error *err)
{
    return check(call, doc, NULL, err);
}

int strict_check_patched(struct call *call, json_t *doc, const json_t *patch, struct error *err)
{
    return target_filled_parameter(&call->target, "fieldValidation") ? check(call, doc, patch, err) : 0;
}

/* patch_json.c: RFC 6902. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "simulator/patch.h"

/* takes the escapes ~0 and ~1 out of one step of a pointer, in place */
static void unescape(char *step)
{
    char *out = step;

    for (; *step; step++) {
        if (step[0] == '~' && (step[1] == '0' || step[1] == '1')) {
            *out++ = step[1] == '0' ? '~' : '/';
            step++;
        } else {
            *out++ = *step;
        }
    }
    *out = '\0';
}

static json_t *step_into(json_t *at, const char *step)
{
    char *end;
    unsigned long i;

    if (json_is_object(at))
        return json_object_get(at, step);
    i = strtoul(step, &end, 10);
    return json_is_array(at) && *step && !*end ? json_array_get(at, i) : NULL;
}

/* the container that the last step of `pointer` is in, and that step (into `last`); NULL when there is none */
static json_t *resolve(json_t *doc, const char *pointer, char last[256])
{
    char step[256];

    if (*pointer != '/')
        return NULL;
    for (;;) {
        size_t bytes = strcspn(pointer + 1, "/");

        if (bytes >= sizeof step)
            return NULL;
        memcpy(step, pointer + 1, bytes);
        step[bytes] = '\0';
        unescape(step);
        pointer += bytes + 1;
        if (!*pointer)
            break;
        doc = step_into(doc, step);
        if (!doc)
            return NULL;
    }
    strcpy(last, step);
    return doc;
}

/* 0; 1: there is no such place; -1: memory */
static int add(json_t *container, const char *step, json_t *value)
{
    char *end;
    unsigned long i;

    if (json_is_object(container))
        return json_object_set(container, step, value);
    if (!json_is_array(container))
        return 1;
    if (!strcmp(step, "-"))
        return json_array_append(container, value);
    i = strtoul(step, &end, 10);
    if (*end || i > json_array_size(container))
        return 1;
    return json_array_insert(container, i, value);
}

static int take_out(json_t *container, const char *step)
{
    if (!step_into(container, step))
        return 1;
    if (json_is_object(container))
        return json_object_del(container, step);
    return json_array_remove(container, strtoul(step, NULL, 10));
}

static int put_copy(json_t *container, const char *step, const json_t *value, bool replace)
{
    json_t *copy = json_deep_copy(value);
    int ret = copy ? 0 : -1;

    if (ret == 0 && replace)
        ret = take_out(container, step);
    if (ret == 0)
        ret = add(container, step, copy);
    json_decref(copy);
    return ret;
}

/* copy and move: the value at `from` goes to container/step */
static int transfer(json_t *doc, json_t *container, const char *step, const char *from, bool move)
{
    char last[256];
    json_t *source = from ? resolve(doc, from, last) : NULL, *value = source ? step_into(source, last) : NULL;
    int ret;

    if (!value)
        return 1;
    json_incref(value);
    ret = move ? take_out(source, last) : 0;
    if (ret == 0)
        ret = put_copy(container, step, value, false);
    json_decref(value);
    return ret;
}

static int carry_out(json_t *doc, const json_t *operation, char *problem, size_t max)
{
    const char *op = json_string_value(json_object_get(operation, "op")), *path = json_string_value(json_object_get(operation, "path"));
    json_t *value = json_object_get(operation, "value"), *container;
    char step[256];
    int ret;

    snprintf(problem, max, "%s operation does not apply: doc is missing path: %s", op ? op : "", path ? path : "");
    container = op && path ? resolve(doc, path, step) : NULL;
    if (!container)
        return 1;
    if (!strcmp(op, "test")) {
        if (json_equal(step_into(container, step), value))
            return 0;
        snprintf(problem, max, "testing value %s failed: test failed", path);
        return 1;
    }
    if (!strcmp(op, "remove"))
        return take_out(container, step);
    if (!strcmp(op, "copy") || !strcmp(op, "move"))
        return transfer(doc, container, step, json_string_value(json_object_get(operation, "from")), *op == 'm');
    ret = !strcmp(op, "replace");
    if (value && (ret || !strcmp(op, "add")))
        return put_copy(container, step, value, ret);
    snprintf(problem, max, "Unexpected kind: %s", op);
    return 1;
}

json_t *patch_json(json_t *doc, json_t *patch, char *problem, size_t max, struct error *err)
{
    json_t *made = json_deep_copy(doc), *operation;
    size_t i;
    int ret = made ? 0 : -1;

    json_array_foreach(patch, i, operation)
    {
        if (ret == 0)
            ret = carry_out(made, operation, problem, max);
    }
    if (ret == 0)
        return made;
    json_decref(made);
    if (ret < 0) {
        *problem = '\0';
        error_no_memory(err);
    }
    return NULL;
}

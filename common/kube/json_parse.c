#include "common/kube/json_parse.h"

#include <stdbool.h>
#include <stdlib.h>

static json_t *load(const char *text, size_t bytes, json_error_t *problem)
{
    *problem = (json_error_t){0};
    return json_loadb(text, bytes, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, problem);
}

/* what jansson needs for a text, and some more; volatile, or a compiler leaves the allocation out */
static bool memory_is_there(size_t bytes)
{
    void *volatile probe = malloc(16 * bytes + 4096);
    bool there = probe != NULL;

    free(probe);
    return there;
}

/*
 * jansson calls it a syntax error when it runs out of memory between two tokens. A caller that skips what is no JSON would then lose an object without
 * knowing. So a text that fails is read a second time, and only said to be at fault where memory can be had.
 */
json_t *kube_json_parse(const char *text, size_t bytes, struct error *err)
{
    json_error_t problem;
    json_t *json = load(text, bytes, &problem);

    if (!json)
        json = load(text, bytes, &problem);
    if (json)
        return json;
    if (!problem.text[0] || json_error_code(&problem) == json_error_out_of_memory || !memory_is_there(bytes))
        error_no_memory(err);
    else
        error_set(err, ERROR_RUNTIME, "not JSON: %s", problem.text);
    return NULL;
}

const char *kube_json_text(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

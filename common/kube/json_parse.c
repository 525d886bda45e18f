#include "common/kube/json_parse.h"

json_t *kube_json_parse(const char *text, size_t bytes, struct error *err)
{
    json_error_t problem = {0};
    json_t *json = json_loadb(text, bytes, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &problem);

    if (json)
        return json;
    /* jansson says nothing at all when it has no memory to begin with */
    if (!problem.text[0] || json_error_code(&problem) == json_error_out_of_memory)
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

#include "tests/blackbox/support/api.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/limits.h"

#define ANSWER_MAX ((size_t)256 << 20)
#define REQUEST_TIMEOUT_MS 60000
#define CHANGE_TRIES 20

json_t *json_of(const char *format, ...)
{
    static char written[1 << 16];
    json_error_t problem;
    json_t *json;
    va_list args;

    va_start(args, format);
    vsnprintf(written, sizeof written, format, args);
    va_end(args);
    for (char *c = written; *c; c++)
        if (*c == '\'')
            *c = '"';
    json = json_loads(written, JSON_REJECT_DUPLICATES, &problem);
    REQUIRE(json, "the case's own JSON: %s: %s", problem.text, written);
    return json;
}

int api_try(struct lab *lab, const char *method, const char *target, json_t *body, json_t **answer)
{
    struct error err = ERROR_INIT;
    struct buffer got;
    char *sent = body ? json_dumps(body, JSON_COMPACT) : NULL;
    int status = 0;

    buffer_init(&got, ANSWER_MAX);
    if (api_client_call(lab->client, method, target, sent, REQUEST_TIMEOUT_MS, &status, &got, &err) < 0)
        status = 0;
    if (answer)
        *answer = got.bytes ? json_loadb(got.data, got.bytes, 0, NULL) : NULL;
    buffer_free(&got);
    free(sent);
    json_decref(body);
    return status;
}

json_t *api(struct lab *lab, const char *method, const char *target, json_t *body)
{
    json_t *answer = NULL;
    int status = api_try(lab, method, target, body, &answer);

    REQUIRE(status >= 200 && status <= 299, "%s %s: status %d: %s", method, target, status, member(answer, "message"));
    return answer;
}

const char *member(const json_t *object, const char *path)
{
    char name[64];
    const char *text;

    while (object && *path) {
        size_t length = strcspn(path, ".");

        snprintf(name, sizeof name, "%.*s", (int)length, path);
        object = json_object_get(object, name);
        path += length + (path[length] == '.');
    }
    text = json_string_value(object);
    return text ? text : "";
}

json_t *list_items(struct lab *lab, const char *target)
{
    json_t *list = api(lab, "GET", target, NULL), *items = json_object_get(list, "items");

    REQUIRE(json_is_array(items), "GET %s: no items", target);
    json_incref(items);
    json_decref(list);
    return items;
}

/* reads an object, merges, writes; again when somebody else wrote in between */
void api_change(struct lab *lab, const char *target, const char *suffix, json_t *change)
{
    int status = 409;

    for (int i = 0; i < CHANGE_TRIES && status == 409; i++) {
        json_t *object = api(lab, "GET", target, NULL), *answer = NULL;

        REQUIRE(json_object_update_recursive(object, change) == 0, "cannot merge");
        status = api_try(lab, "PUT", textf("%s%s", target, suffix), object, &answer);
        REQUIRE(status == 409 || (status >= 200 && status <= 299), "PUT %s%s: status %d: %s", target, suffix, status,
                member(answer, "message"));
        json_decref(answer);
    }
    REQUIRE(status != 409, "PUT %s%s: always a conflict", target, suffix);
    json_decref(change);
}

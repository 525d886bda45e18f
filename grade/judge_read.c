/*
 * judge_read.c: evidence, as the judges ask for it.
 */
#include <string.h>

#include "common/limits.h"
#include "grade/judge.h"

const char *word(const json_t *value)
{
    const char *text = json_string_value(value);

    return text ? text : "";
}

const char *text_at(const json_t *object, const char *key)
{
    return word(json_object_get(object, key));
}

int64_t number_at(const json_t *object, const char *key)
{
    return (int64_t)json_integer_value(json_object_get(object, key));
}

const json_t *judge_piece(const json_t *pieces, const char *scene, const char *program)
{
    const json_t *piece;
    size_t i;

    json_array_foreach(pieces, i, piece)
    {
        if (!strcmp(text_at(piece, "scene"), scene) && !strcmp(text_at(piece, "program"), program))
            return piece;
    }
    return NULL;
}

const json_t *setup_of(const json_t *piece, const char *key)
{
    return json_object_get(json_object_get(piece, "setup"), key);
}

const char *scheduler_of(const json_t *piece)
{
    return text_at(json_object_get(piece, "setup"), "scheduler");
}

const json_t *evidence_pod(const json_t *piece, const char *name)
{
    const json_t *pod;
    size_t i;

    json_array_foreach(json_object_get(piece, "pods"), i, pod)
    {
        if (!strcmp(text_at(pod, "name"), name) && !strcmp(text_at(pod, "namespace"), text_at(piece, "namespace")))
            return pod;
    }
    return NULL;
}

const json_t *state_at(const json_t *pod, int64_t t_us)
{
    const json_t *state, *last = NULL;
    size_t i;

    json_array_foreach(json_object_get(pod, "history"), i, state)
    {
        if (number_at(state, "t") <= t_us)
            last = state;
    }
    return last && strcmp(text_at(last, "type"), "DELETED") != 0 ? last : NULL;
}

const char *final_node(const json_t *piece, const char *name)
{
    const json_t *state;
    const char *node = "";
    size_t i;

    json_array_foreach(json_object_get(evidence_pod(piece, name), "history"), i, state)
    {
        if (*text_at(state, "node"))
            node = text_at(state, "node");
    }
    return node;
}

bool is_own(const json_t *piece, const json_t *pod)
{
    return pod && !strcmp(text_at(pod, "scheduler"), scheduler_of(piece));
}

/* ---- requests ---- */

bool is_binding(const json_t *request)
{
    const char *resource = text_at(request, "resource");

    if (strcmp(text_at(request, "verb"), "create") != 0 || *text_at(request, "group"))
        return false;
    return (!strcmp(resource, "pods") && !strcmp(text_at(request, "subresource"), "binding")) || !strcmp(resource, "bindings");
}

bool is_write_of_pod(const json_t *request)
{
    const char *verb = text_at(request, "verb");

    return !strcmp(text_at(request, "resource"), "pods") && !*text_at(request, "subresource") &&
           (!strcmp(verb, "patch") || !strcmp(verb, "update"));
}

bool is_patched_bind(const json_t *request)
{
    return is_write_of_pod(request) && *text_at(request, "node");
}

bool is_bind(const json_t *request)
{
    return is_binding(request) || is_patched_bind(request);
}

bool was_carried_out(const json_t *request)
{
    int64_t code = number_at(request, "code");

    return code >= 200 && code <= 299;
}

bool is_here(const json_t *piece, const json_t *request)
{
    return !strcmp(text_at(request, "namespace"), text_at(piece, "namespace"));
}

const json_t *bind_of(const json_t *piece, const char *pod, int64_t from_us)
{
    const json_t *request;
    size_t i;

    json_array_foreach(json_object_get(piece, "requests"), i, request)
    {
        if (is_bind(request) && is_here(piece, request) && !strcmp(text_at(request, "name"), pod) && number_at(request, "t") >= from_us)
            return request;
    }
    return NULL;
}

int64_t answered_us(const json_t *request)
{
    int64_t took = number_at(request, "took");

    return took < 0 ? INT64_MAX : number_at(request, "t") + took;
}

size_t bound_in(const json_t *piece)
{
    const json_t *request;
    size_t i, count = 0;

    json_array_foreach(json_object_get(piece, "requests"), i, request)
    {
        if (is_bind(request) && was_carried_out(request) && is_own(piece, evidence_pod(piece, text_at(request, "name"))))
            count++;
    }
    return count;
}

bool has_worked(const struct look *look, struct finding *f)
{
    if (bound_in(look->piece))
        return true;
    finding_fail(f, "it bound no pod at all");
    return false;
}

bool too_many_requests(const json_t *piece, struct finding *f)
{
    if (json_array_size(json_object_get(piece, "requests")) < LIMIT_GRADE_REQUESTS)
        return false;
    finding_fail(f, "%u requests and more in %.1f s", LIMIT_GRADE_REQUESTS, (double)number_at(piece, "lasted") / 1e6);
    return true;
}

size_t count_requests(const json_t *piece, const char *verb, const char *resource, int64_t from_us, int64_t to_us)
{
    const json_t *request;
    size_t i, count = 0;

    json_array_foreach(json_object_get(piece, "requests"), i, request)
    {
        int64_t t = number_at(request, "t");

        if (t >= from_us && t < to_us && (!verb || !strcmp(text_at(request, "verb"), verb)) &&
            (!resource || !strcmp(text_at(request, "resource"), resource)))
            count++;
    }
    return count;
}

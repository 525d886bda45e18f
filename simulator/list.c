#include "simulator/list.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/limits.h"
#include "simulator/continue.h"
#include "simulator/render.h"
#include "simulator/status.h"
#include "simulator/table.h"

/* What a list request asks for, made definite. */
struct list_plan {
    struct selector selector;
    int64_t limit; /* 0: none */
    int64_t at;    /* the state to show */
    bool has_token;
    char prefix[280]; /* of the keys */
    char from[560];   /* the first key that may be shown */
};

struct found {
    struct object **objects;
    size_t count, capacity;
    bool more;         /* objects follow */
    int64_t remaining; /* how many; -1: not told */
};

const char *list_prefix(const struct call *call, char out[280])
{
    if (*call->target.namespace_)
        snprintf(out, 280, "%s/", call->target.namespace_);
    else
        *out = '\0';
    return out;
}

int list_selector(struct call *call, struct selector *selector, struct error *err)
{
    const char *labels = target_parameter(&call->target, "labelSelector"), *fields = target_parameter(&call->target, "fieldSelector");
    const struct resource *resource = call->target.resource;
    char problem[SELECTOR_PROBLEM_BYTES];
    int ret = selector_parse(selector, resource, labels, fields, problem, err);

    if (ret <= 0)
        return ret;
    return status_plain(call->response, err, 400, "BadRequest", "%s", problem);
}

int list_resource_version(struct call *call, int64_t *rv, struct error *err)
{
    const char *text = target_filled_parameter(&call->target, "resourceVersion");
    char *end;

    *rv = -1;
    if (!text)
        return 0;
    errno = 0;
    *rv = strtoll(text, &end, 10);
    if (!*end && !errno && *text >= '0' && *text <= '9')
        return 0;
    return status_plain(
        call->response, err, 400, "BadRequest",
        "invalid resource version: resourceVersion: Invalid value: \"%.60s\": strconv.ParseUint: parsing \"%.60s\": invalid syntax", text,
        text);
}

static int refuse(struct call *call, const char *field, const char *reason, const char *message, struct error *err)
{
    struct status_cause cause = {reason, message, field};

    return status_invalid(call->response, "meta.k8s.io", "ListOptions", "", &cause, 1, err);
}

/* metainternalversion/validation.ValidateListOptions */
static int check_match(struct call *call, int64_t rv, struct error *err)
{
    const char *match = target_filled_parameter(&call->target, "resourceVersionMatch");
    char message[160];

    if (target_filled_parameter(&call->target, "sendInitialEvents"))
        return refuse(call, "sendInitialEvents", "FieldValueForbidden", "Forbidden: sendInitialEvents is forbidden for list", err);
    if (!match)
        return 0;
    if (rv < 0)
        return refuse(call, "resourceVersionMatch", "FieldValueForbidden",
                      "Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided", err);
    if (target_filled_parameter(&call->target, "continue"))
        return refuse(call, "resourceVersionMatch", "FieldValueForbidden",
                      "Forbidden: resourceVersionMatch is forbidden when continue is provided", err);
    if (strcmp(match, "Exact") != 0 && strcmp(match, "NotOlderThan") != 0) {
        snprintf(message, sizeof message, "Unsupported value: \"%.60s\": supported values: \"Exact\", \"NotOlderThan\", \"\"", match);
        return refuse(call, "resourceVersionMatch", "FieldValueNotSupported", message, err);
    }
    if (!strcmp(match, "Exact") && rv == 0)
        return refuse(call, "resourceVersionMatch", "FieldValueForbidden",
                      "Forbidden: resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"", err);
    return 0;
}

/* 410 for a token of a state that is forgotten; a client may go on with the token in it, on whatever is there then */
static int expired_token(struct call *call, const char *from, struct error *err)
{
    struct status status = {410, "Expired",
                            "The provided continue parameter is too old to display a consistent list result. You can start a new list "
                            "without the continue parameter, or use the continue token in this response to retrieve the remainder of the "
                            "results. Continuing with the provided token results in an inconsistent list - objects that were created, "
                            "modified, or deleted between the time the first chunk was returned and now may show up in the list.",
                            NULL, NULL};
    struct buffer token;
    char last[560];
    int ret = -1;

    snprintf(last, sizeof last, "%.*s", (int)(strlen(from) - (from[0] && from[strlen(from) - 1] == '\x01')), from);
    buffer_init(&token, LIMIT_TARGET_BYTES);
    if (continue_encode(&token, last, -1, err) == 0) {
        status.continue_ = token.data;
        ret = status_answer(call->response, &status, err);
    }
    buffer_free(&token);
    return ret;
}

static int plan_continued(struct call *call, struct list_plan *plan, const char *token, int64_t rv, struct error *err)
{
    const struct store *store = &call->sim->store;
    const char *problem;
    int64_t at = 0;

    plan->has_token = true;
    if (rv > 0)
        return status_plain(call->response, err, 400, "BadRequest", "specifying resource version is not allowed when using continue");
    problem = continue_decode(token, &at, plan->from, sizeof plan->from);
    if (problem)
        return status_plain(call->response, err, 400, "BadRequest", "invalid continue token: %s", problem);
    if (at > store->rv)
        return status_too_large(call->response, at, store->rv, err);
    if (at >= 0 && at < store->floor)
        return expired_token(call, plan->from, err);
    plan->at = at < 0 ? store->rv : at;
    return 0;
}

static int plan_state(struct call *call, struct list_plan *plan, struct error *err)
{
    const char *match = target_filled_parameter(&call->target, "resourceVersionMatch"),
               *token = target_filled_parameter(&call->target, "continue");
    const struct store *store = &call->sim->store;
    int64_t rv;
    int ret = list_resource_version(call, &rv, err);

    if (ret == 0)
        ret = check_match(call, rv, err);
    if (ret)
        return ret;
    plan->at = store->rv;
    if (rv == 0 && !token) /* the watch cache answers, whole, whatever the limit */
        plan->limit = 0;
    if (token)
        return plan_continued(call, plan, token, rv, err);
    if (rv > store->rv)
        return status_too_large(call->response, rv, store->rv, err);
    if (rv > 0 && (match ? !strcmp(match, "Exact") : plan->limit > 0)) {
        if (rv < store->floor)
            return status_plain(call->response, err, 410, "Expired", "The resourceVersion for the provided list is too old.");
        plan->at = rv;
    }
    if (call->fault && call->fault->stale_list) {
        plan->at = store->rv - call->fault->stale_by;
        plan->at = plan->at < store->floor ? store->floor : plan->at;
    }
    return 0;
}

static int plan_make(struct call *call, struct list_plan *plan, struct error *err)
{
    const char *limit = target_filled_parameter(&call->target, "limit");
    char *end = NULL;
    int ret;

    memset(plan, 0, sizeof *plan);
    if (limit)
        plan->limit = strtoll(limit, &end, 10);
    if (end && *end)
        return status_plain(call->response, err, 400, "BadRequest", "strconv.ParseInt: parsing \"%.60s\": invalid syntax", limit);
    if (plan->limit < 0)
        plan->limit = 0;
    ret = list_selector(call, &plan->selector, err);
    if (ret)
        return ret;
    list_prefix(call, plan->prefix);
    ret = plan_state(call, plan, err);
    if (ret)
        selector_free(&plan->selector);
    return ret;
}

static int add_found(struct found *found, struct object *object, struct error *err)
{
    if (found->count == found->capacity) {
        size_t capacity = found->capacity ? found->capacity * 2 : 64;
        struct object **objects = realloc(found->objects, capacity * sizeof(*objects));

        if (!objects)
            return error_no_memory(err);
        found->objects = objects;
        found->capacity = capacity;
    }
    found->objects[found->count++] = object;
    return 0;
}

static int collect(const struct call *call, const struct list_plan *plan, struct found *found, struct error *err)
{
    struct store_view view;
    struct object *object;
    int ret = store_view_open(&view, &call->sim->store, call->target.resource->slot, plan->at, plan->prefix, plan->from, err);

    found->remaining = -1;
    while (ret == 0 && (object = store_view_next(&view))) {
        if (plan->limit && (int64_t)found->count == plan->limit) {
            found->more = true;
            break;
        }
        if (selector_matches(&plan->selector, object))
            ret = add_found(found, object, err);
    }
    if (found->more && !selector_restricts(&plan->selector))
        for (found->remaining = 1; store_view_next(&view);)
            found->remaining++;
    store_view_close(&view);
    return ret;
}

static int add_list_metadata(const struct list_plan *plan, const struct found *found, struct buffer *out, struct error *err)
{
    if (buffer_printf(out, err, "{\"resourceVersion\":\"%lld\"", (long long)plan->at) < 0)
        return -1;
    if (found->more) {
        if (buffer_add_string(out, ",\"continue\":\"", err) < 0 ||
            continue_encode(out, found->objects[found->count - 1]->key, plan->at, err) < 0 || buffer_add(out, "\"", 1, err) < 0)
            return -1;
        if (found->remaining >= 0 && buffer_printf(out, err, ",\"remainingItemCount\":%lld", (long long)found->remaining) < 0)
            return -1;
    }
    return buffer_add(out, "}", 1, err);
}

/* An item of a typed list goes without its kind and apiVersion. */
static int add_item(struct call *call, enum form form, const struct object *object, struct error *err)
{
    const struct resource *resource = call->target.resource;
    struct buffer *out = &call->response->body;
    size_t prefix = strlen(resource->prefix), start = out->bytes;

    if (render_is_plain(resource, form)) {
        if (buffer_add(out, "{", 1, err) < 0)
            return -1;
        return buffer_add(out, object->text + prefix, object->text_bytes - prefix, err);
    }
    if (render_object(call->sim, resource, form, NULL, false, object, out, err) < 0)
        return -1;
    if (form == FORM_OBJECT) {
        memmove(out->data + start + 1, out->data + start + prefix, out->bytes - start - prefix + 1);
        out->bytes -= prefix - 1;
    }
    return 0;
}

static int answer_items(struct call *call, enum form form, const struct list_plan *plan, const struct found *found, struct error *err)
{
    const struct resource *resource = call->target.resource;
    struct buffer *out = &call->response->body;
    char version[64];
    int ret;

    if (form == FORM_PARTIAL)
        ret = buffer_add_string(out, "{\"kind\":\"PartialObjectMetadataList\",\"apiVersion\":\"meta.k8s.io/v1\",\"metadata\":", err);
    else
        ret = buffer_printf(out, err, "{\"kind\":\"%sList\",\"apiVersion\":\"%s\",\"metadata\":", resource->kind,
                            resource_api_version(resource, version));
    if (ret < 0 || add_list_metadata(plan, found, out, err) < 0 || buffer_add_string(out, ",\"items\":[", err) < 0)
        return -1;
    for (size_t i = 0; i < found->count; i++)
        if ((i && buffer_add(out, ",", 1, err) < 0) || add_item(call, form, found->objects[i], err) < 0)
            return -1;
    return buffer_add_string(out, "]}\n", err);
}

/* the objects' texts, converted where the API is not the stored one (then *owned has them one behind the other) */
static int table_texts(struct call *call, const struct found *found, const char **texts, struct buffer *owned, struct error *err)
{
    size_t at = 0;

    if (render_is_plain(call->target.resource, FORM_OBJECT)) {
        for (size_t i = 0; i < found->count; i++)
            texts[i] = found->objects[i]->text;
        return 0;
    }
    for (size_t i = 0; i < found->count; i++)
        if (render_object(call->sim, call->target.resource, FORM_OBJECT, NULL, false, found->objects[i], owned, err) < 0 ||
            buffer_add(owned, "", 1, err) < 0)
            return -1;
    for (size_t i = 0; i < found->count; at += strlen(texts[i]) + 1, i++)
        texts[i] = owned->data + at;
    return 0;
}

static int answer_table(struct call *call, const struct list_plan *plan, const struct found *found, struct error *err)
{
    const char **texts = calloc(found->count + 1, sizeof *texts), *include = target_parameter(&call->target, "includeObject");
    struct buffer metadata, owned;
    char name[64];
    int ret = -1;

    buffer_init(&metadata, LIMIT_TARGET_BYTES);
    buffer_init(&owned, LIMIT_LIST_BYTES);
    if (!texts) {
        error_no_memory(err);
        goto cleanup;
    }
    if (add_list_metadata(plan, found, &metadata, err) < 0 || table_texts(call, found, texts, &owned, err) < 0 ||
        table_render(resource_qualified(call->target.resource, name), texts, found->count, metadata.data, true, include,
                     sim_wall_us(call->sim), &call->response->body, err) < 0)
        goto cleanup;
    ret = buffer_add(&call->response->body, "\n", 1, err);
cleanup:
    free(texts);
    buffer_free(&metadata);
    buffer_free(&owned);
    return ret;
}

int list_answer(struct call *call, struct error *err)
{
    enum form form = render_form(call->request->accept);
    struct found found = {0};
    struct list_plan plan;
    int ret = plan_make(call, &plan, err);

    if (ret)
        return ret < 0 ? -1 : 0;
    call->response->status = 200;
    call->response->content_type = "application/json";
    ret = collect(call, &plan, &found, err);
    if (ret == 0)
        ret = form == FORM_TABLE ? answer_table(call, &plan, &found, err) : answer_items(call, form, &plan, &found, err);
    free(found.objects);
    selector_free(&plan.selector);
    return ret;
}

/* scale.c: see scale.h. */
#include "simulator/scale.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/limits.h"
#include "simulator/api.h"
#include "simulator/label_selector.h"
#include "simulator/status.h"
#include "simulator/update.h"

static json_t *number_at(const json_t *doc, const char *outer, const char *key)
{
    return json_object_get(json_object_get(doc, outer), key);
}

/* the Scale of a stored object; a new reference */
static json_t *scale_of(const json_t *doc, struct error *err)
{
    const json_t *metadata = json_object_get(doc, "metadata");
    struct buffer selector;
    json_t *made = NULL;

    buffer_init(&selector, LIMIT_OBJECT_BYTES);
    if (label_selector_format(json_object_get(json_object_get(doc, "spec"), "selector"), &selector, err) == 0) {
        made = json_pack("{sssss{sOsOsOsOsO}s{sI}s{sIss}}", "kind", "Scale", "apiVersion", "autoscaling/v1", "metadata", "name",
                         json_object_get(metadata, "name"), "namespace", json_object_get(metadata, "namespace"), "uid",
                         json_object_get(metadata, "uid"), "resourceVersion", json_object_get(metadata, "resourceVersion"),
                         "creationTimestamp", json_object_get(metadata, "creationTimestamp"), "spec", "replicas",
                         (json_int_t)json_integer_value(number_at(doc, "spec", "replicas")), "status", "replicas",
                         (json_int_t)json_integer_value(number_at(doc, "status", "replicas")), "selector",
                         selector.bytes ? selector.data : "");
        if (!made)
            error_no_memory(err);
    }
    buffer_free(&selector);
    return made;
}

static int answer(struct call *call, const json_t *doc, struct error *err)
{
    json_t *scale = scale_of(doc, err);
    char *text = scale ? json_dumps(scale, JSON_COMPACT) : NULL;
    int ret = text ? buffer_add_string(&call->response->body, text, err) : error_no_memory(err);

    if (ret == 0)
        ret = buffer_add(&call->response->body, "\n", 1, err);
    call->response->status = 200;
    call->response->content_type = "application/json";
    free(text);
    json_decref(scale);
    return ret;
}

/* an update says whom it is about, as the address does */
static int check_name(struct call *call, const json_t *scale, struct error *err)
{
    const char *name = json_string_value(json_object_get(json_object_get(scale, "metadata"), "name")), *wanted = call->target.name;

    if (!name || !*name)
        return status_plain(call->response, err, 400, "BadRequest",
                            "the name of the object (%s based on URL) was undeterminable: name must be provided", wanted);
    if (strcmp(name, wanted) == 0)
        return 0;
    return status_plain(call->response, err, 400, "BadRequest", "the name of the object (%.253s) does not match the name on the URL (%s)",
                        name, wanted);
}

/* what the client asks for, before anything is written */
static int check(struct call *call, const struct object *object, const json_t *scale, struct error *err)
{
    const json_t *replicas = number_at(scale, "spec", "replicas");
    const char *rv = json_string_value(json_object_get(json_object_get(scale, "metadata"), "resourceVersion"));
    struct status_cause cause = {"FieldValueInvalid", NULL, "spec.replicas"};
    char message[96];

    if (replicas && !json_is_integer(replicas))
        return status_plain(call->response, err, 400, "BadRequest",
                            "Scale in version \"v1\" cannot be handled as a Scale: json: cannot unmarshal into Go struct field "
                            "ScaleSpec.spec.replicas of type int32");
    if (rv && *rv && strcmp(rv, "0") != 0 && strtoll(rv, NULL, 10) != object->rv)
        return status_conflict(call->response, call->target.resource, NULL, object->name, err,
                               "the object has been modified; please apply your changes to the latest version and try again");
    if (json_integer_value(replicas) >= 0)
        return 0;
    snprintf(message, sizeof message, "Invalid value: %lld: must be greater than or equal to 0", (long long)json_integer_value(replicas));
    cause.message = message;
    return status_invalid(call->response, "autoscaling", "Scale", object->name, &cause, 1, err);
}

static int store(struct call *call, const struct object *object, json_t *doc, const json_t *scale, struct error *err)
{
    json_t *spec = json_object_get(doc, "spec"), *metadata = json_object_get(doc, "metadata");
    json_int_t wanted = json_integer_value(number_at(scale, "spec", "replicas"));
    json_t *generation = json_object_get(metadata, "generation");

    if (json_integer_value(json_object_get(spec, "replicas")) == wanted)
        return 0;
    if (json_object_set_new(spec, "replicas", json_integer(wanted)) < 0 ||
        json_integer_set(generation, json_integer_value(generation) + 1) < 0)
        return error_no_memory(err);
    return write_doc(call->sim, object->resource, doc, call->dry_run, NULL, err);
}

static json_t *patched(struct call *call, json_t *doc, int *ret, struct error *err)
{
    json_t *patch, *scale, *made = NULL;
    char problem[256] = "";
    patcher apply;

    *ret = update_read_patch(call, &apply, &patch, err);
    if (*ret)
        return NULL;
    scale = scale_of(doc, err);
    if (scale)
        made = apply(scale, patch, problem, sizeof problem, err);
    if (!made)
        *ret = scale ? update_refuse_patch(call, apply, problem, err) : -1;
    json_decref(scale);
    json_decref(patch);
    return made;
}

/* `scale`: what an update brings; NULL: this is a get or a patch */
static int act(struct call *call, struct object *object, json_t *scale, struct error *err)
{
    json_t *doc = object_parse(object, err);
    bool patch = !strcmp(call->verb, "patch");
    int ret = doc ? 0 : -1;

    if (doc && patch)
        scale = patched(call, doc, &ret, err);
    if (ret == 0 && scale)
        ret = check(call, object, scale, err);
    if (ret == 0 && scale)
        ret = store(call, object, doc, scale, err);
    if (ret == 0)
        ret = answer(call, doc, err);
    if (patch)
        json_decref(scale);
    json_decref(doc);
    return ret;
}

int scale_verb(struct call *call, struct error *err)
{
    const struct target *target = &call->target;
    bool update = !strcmp(call->verb, "update");
    struct object *object;
    json_t *scale = NULL;
    char key[600];
    int ret;

    if (!update && strcmp(call->verb, "get") != 0 && strcmp(call->verb, "patch") != 0)
        return api_not_allowed(call, err);
    ret = update ? api_body(call, &scale, err) : 0;
    if (ret == 0 && update)
        ret = check_name(call, scale, err);
    if (ret == 0) {
        object = store_get(&call->sim->store, target->resource->slot, api_key(call, target->name, key));
        ret = object ? act(call, object_ref(object), scale, err) : status_not_found(call->response, target->resource, target->name, err);
        object_unref(object);
    }
    json_decref(scale);
    return ret;
}

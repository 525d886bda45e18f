/* update.c: the verbs update and patch. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/limits.h"
#include "simulator/api.h"
#include "simulator/create.h"
#include "simulator/defaults.h"
#include "simulator/delete.h"
#include "simulator/event_view.h"
#include "simulator/render.h"
#include "simulator/shape.h"
#include "simulator/status.h"
#include "simulator/strict.h"
#include "simulator/update.h"
#include "simulator/validate.h"

static const char *text_of(const json_t *object, const char *key)
{
    const char *value = json_string_value(json_object_get(object, key));

    return value ? value : "";
}

/* the resourceVersion and uid that the client had in mind */
static int check_preconditions(struct call *call, const struct object *object, json_t *doc, struct error *err)
{
    const json_t *metadata = json_object_get(doc, "metadata");
    const struct resource *resource = call->target.resource;
    const char *rv = text_of(metadata, "resourceVersion"), *uid = text_of(metadata, "uid");
    bool another = *uid && strcmp(uid, object->uid) != 0, patch = !strcmp(call->request->method, "PATCH");
    struct status_cause cause = {"FieldValueInvalid", "Invalid value: 0: must be specified for an update", "metadata.resourceVersion"};

    if (another && !patch)
        return status_conflict(call->response, resource, NULL, object->name, err,
                               "StorageError: invalid object, Code: 4, Key: /registry/%s/%s, ResourceVersion: 0, AdditionalErrorMsg: "
                               "Precondition failed: UID in precondition: %s, UID in object meta: %s",
                               resource->name, object->key, uid, object->uid);
    if ((!*rv || !strcmp(rv, "0")) && resource->needs_resource_version)
        return status_invalid(call->response, resource->group, resource->name, object->name, &cause, 1, err);
    if (*rv && strcmp(rv, "0") != 0 && strtoll(rv, NULL, 10) != object->rv)
        return status_conflict(call->response, resource, NULL, object->name, err,
                               "the object has been modified; please apply your changes to the latest version and try again");
    return another ? validate_uid(call, uid, doc, err) : 0;
}

/* null is as good as not there, and an empty list of finalizers too */
static void drop_nulls(json_t *metadata)
{
    const char *key;
    json_t *value;
    void *next;

    json_object_foreach_safe(metadata, next, key, value)
    {
        if (json_is_null(value) || (!strcmp(key, "finalizers") && !json_array_size(value)))
            json_object_del(metadata, key);
    }
}

/* metadata that no update changes; in the old order, so that nothing changed means the same text */
static int keep_metadata(json_t *doc, const json_t *old)
{
    static const char *const kept[] = {"name",       "generateName",      "namespace",         "uid",
                                       "generation", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds"};
    json_t *metadata = json_object_get(doc, "metadata"), *was = json_object_get(old, "metadata");
    int bad = 0;

    drop_nulls(metadata);
    json_object_del(metadata, "managedFields");
    json_object_del(metadata, "selfLink");
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++) {
        json_t *value = json_object_get(was, kept[i]);

        if (value)
            bad |= json_object_set(metadata, kept[i], value);
        else
            json_object_del(metadata, kept[i]);
    }
    return bad | json_object_set(metadata, "resourceVersion", json_object_get(was, "resourceVersion"));
}

static int take_from(json_t *doc, const json_t *other, const char *key)
{
    json_t *value = json_object_get(other, key);

    if (value)
        return json_object_set(doc, key, value);
    json_object_del(doc, key);
    return 0;
}

static int defaults_of_change(const struct resource *resource, json_t *doc)
{
    json_t *spec = json_object_get(doc, "spec");

    if (resource->has_scale)
        return !member_object(doc, "spec") || apps_spec_defaults(resource, json_object_get(doc, "spec"));
    if (strcmp(resource->group, "rbac.authorization.k8s.io") == 0)
        return rbac_defaults(resource, doc);
    return resource->slot == SLOT_PODS && json_is_object(spec) ? pod_spec_defaults(spec) : 0;
}

/* a new spec is a new generation; of a Deployment new annotations are, too: they go down to its ReplicaSets */
static int count_generation(const struct resource *resource, json_t *doc, json_t *old)
{
    json_t *metadata = json_object_get(doc, "metadata"), *was = json_object_get(old, "metadata");
    bool changed = !json_equal(json_object_get(doc, "spec"), json_object_get(old, "spec"));

    if (resource->slot == SLOT_DEPLOYMENTS)
        changed = changed || !json_equal(json_object_get(metadata, "annotations"), json_object_get(was, "annotations"));
    if (!resource->has_generation || !changed)
        return 0;
    return json_object_set_new(metadata, "generation", json_integer(json_integer_value(json_object_get(metadata, "generation")) + 1));
}

/* an update of the object leaves its status, one of its status leaves all else but metadata */
static int keep_other_half(struct call *call, json_t *doc, json_t *old)
{
    const struct resource *resource = call->target.resource;
    int bad = 0;

    if (resource->has_status && *call->target.subresource)
        return take_from(doc, old, "spec") | (resource->slot == SLOT_PODS ? pod_status_defaults(json_object_get(doc, "status")) : 0);
    if (resource->has_status)
        bad = take_from(doc, old, "status");
    return bad | defaults_of_change(resource, doc) | count_generation(resource, doc, old);
}

static int write_change(struct call *call, struct object *object, json_t *doc, json_t *old, struct error *err)
{
    struct object *made;
    int ret;

    if (json_equal(doc, old)) /* nothing changed: nothing is written, as guaranteedUpdate has it */
        return render_answer(call, 200, object, err);
    if (object->deleting && !json_array_size(json_object_get(json_object_get(doc, "metadata"), "finalizers")) && object->finalizers)
        return delete_finalized(call, object, doc, err);
    if (write_doc(call->sim, call->target.resource, doc, call->dry_run, &made, err) < 0)
        return -1;
    ret = render_answer(call, 200, made, err);
    object_unref(made);
    return ret;
}

/* `doc` in stored form, changed in place */
static int change(struct call *call, struct object *object, json_t *doc, json_t *old, struct error *err)
{
    int ret;

    if (!member_object(doc, "metadata"))
        return status_plain(call->response, err, 400, "BadRequest", "metadata is no object");
    ret = shape_check(call, doc, err);
    if (ret == 0)
        ret = check_preconditions(call, object, doc, err);
    if (ret)
        return ret;
    if (json_object_set(doc, "kind", json_object_get(old, "kind")) < 0 ||
        json_object_set(doc, "apiVersion", json_object_get(old, "apiVersion")) < 0 || keep_metadata(doc, old) ||
        keep_other_half(call, doc, old))
        return error_no_memory(err);
    ret = validate_change(call, old, doc, err);
    return ret ? ret : write_change(call, object, doc, old, err);
}

static int update_existing(struct call *call, struct object *object, json_t *doc, struct error *err)
{
    bool event = call->target.resource->slot == SLOT_EVENTS;
    json_t *old = object_parse(object, err), *stored = event ? event_view_in(call->target.resource, doc, err) : json_incref(doc);
    int ret = old && stored ? change(call, object, stored, old, err) : -1;

    json_decref(old);
    json_decref(stored);
    return ret;
}

static int update_with(struct call *call, json_t *doc, struct error *err)
{
    const struct target *target = &call->target;
    const char *name = text_of(json_object_get(doc, "metadata"), "name");
    struct object *object;
    char key[600];
    int ret = create_check_kind(call, doc, err);

    if (ret)
        return ret;
    if (strcmp(name, target->name) != 0)
        return status_plain(call->response, err, 400, "BadRequest",
                            *name ? "the name of the object (%s) does not match the name on the URL (%s)"
                                  : "the name of the object (%s based on URL) was undeterminable: name must be provided%.0s",
                            *name ? name : target->name, target->name);
    object = store_get(&call->sim->store, target->resource->slot, api_key(call, target->name, key));
    if (object)
        return update_existing(call, object, doc, err);
    if (target->resource->create_on_update && !*target->subresource)
        return create_from(call, doc, err);
    return status_not_found(call->response, target->resource, target->name, err);
}

int api_update(struct call *call, struct error *err)
{
    return api_with_object(call, update_with, err);
}

static patcher patcher_of(const char *content_type)
{
    if (content_type && !strncmp(content_type, "application/json-patch+json", 27))
        return patch_json;
    if (content_type && !strncmp(content_type, "application/merge-patch+json", 28))
        return patch_merge;
    if (content_type && !strncmp(content_type, "application/strategic-merge-patch+json", 38))
        return patch_strategic;
    return NULL;
}

int update_read_patch(struct call *call, patcher *apply, json_t **patch, struct error *err)
{
    const struct sim_request *request = call->request;
    json_error_t problem;

    *apply = patcher_of(request->content_type);
    if (!*apply)
        return status_bare(call->response, 415, "415: Unsupported Media Type", err);
    if (request->body_bytes > LIMIT_REQUEST_BODY_BYTES)
        return status_plain(call->response, err, 413, "RequestEntityTooLarge", "Request entity too large: limit is %u",
                            LIMIT_REQUEST_BODY_BYTES);
    *patch = json_loadb(request->body ? request->body : "", request->body_bytes, 0, &problem);
    if (!*patch && !*problem.text) /* jansson says nothing when memory runs out */
        return error_no_memory(err);
    if (*apply == patch_json ? json_is_array(*patch) : json_is_object(*patch))
        return 0;
    json_decref(*patch);
    return status_plain(call->response, err, 400, "BadRequest", "error decoding patch: %s",
                        *patch ? "json: cannot unmarshal into the expected type" : problem.text);
}

/* the patch sees the object as the request's API shows it */
static json_t *patched(struct call *call, patcher apply, json_t *old, json_t *patch, char *problem, size_t max, struct error *err)
{
    const struct resource *resource = call->target.resource;
    json_t *shown = resource->slot == SLOT_EVENTS ? event_view_out(resource, old, err) : json_incref(old);
    json_t *changed = shown ? apply(shown, patch, problem, max, err) : NULL, *stored = NULL;

    if (changed)
        stored = resource->slot == SLOT_EVENTS ? event_view_in(resource, changed, err) : json_incref(changed);
    json_decref(shown);
    json_decref(changed);
    return stored;
}

int update_refuse_patch(struct call *call, patcher apply, const char *problem, struct error *err)
{
    if (!*problem)
        return -1;
    if (apply == patch_json)
        return status_bare(call->response, 422, "the server rejected our request due to an error in our request", err);
    return status_plain(call->response, err, 400, "BadRequest", "%s", problem);
}

static int patch_with(struct call *call, patcher apply, json_t *patch, struct error *err)
{
    const struct target *target = &call->target;
    char key[600], problem[256] = "";
    struct object *object = store_get(&call->sim->store, target->resource->slot, api_key(call, target->name, key));
    json_t *old, *doc;
    int ret;

    if (!object)
        return status_not_found(call->response, target->resource, target->name, err);
    old = object_parse(object, err);
    doc = old ? patched(call, apply, old, patch, problem, sizeof problem, err) : NULL;
    ret = doc ? strict_check_patched(call, doc, patch, err) : update_refuse_patch(call, apply, problem, err);
    if (doc && ret == 0)
        ret = change(call, object, doc, old, err);
    json_decref(doc);
    json_decref(old);
    return ret;
}

int api_patch(struct call *call, struct error *err)
{
    patcher apply;
    json_t *patch = NULL;
    int ret = update_read_patch(call, &apply, &patch, err);

    if (ret)
        return ret;
    ret = patch_with(call, apply, patch, err);
    json_decref(patch);
    return ret;
}

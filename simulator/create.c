/* create.c: the verb create. */
#include <stdio.h>
#include <string.h>

#include "simulator/api.h"
#include "simulator/create.h"
#include "simulator/defaults.h"
#include "simulator/event_view.h"
#include "simulator/render.h"
#include "simulator/shape.h"
#include "simulator/status.h"
#include "simulator/validate.h"

int create_check_kind(struct call *call, json_t *doc, struct error *err)
{
    const struct resource *resource = call->target.resource;
    const char *kind = json_string_value(json_object_get(doc, "kind")), *version = json_string_value(json_object_get(doc, "apiVersion"));
    char expected[64];

    if (version && *version && strcmp(version, resource_api_version(resource, expected)) != 0)
        return status_plain(call->response, err, 400, "BadRequest",
                            "%s in version \"%s\" cannot be handled as a %s: no kind \"%s\" is registered for version \"%s\" in scheme "
                            "\"pkg/runtime/scheme.go:110\"",
                            kind ? kind : "", resource->version, resource->kind, kind ? kind : "", version);
    if (kind && *kind && strcmp(kind, resource->kind) != 0)
        return status_plain(call->response, err, 400, "BadRequest",
                            "%s in version \"%s\" cannot be handled as a %s: no kind \"%s\" is registered for version \"%s\" in scheme "
                            "\"pkg/runtime/scheme.go:110\"",
                            kind, resource->version, resource->kind, kind, resource_api_version(resource, expected));
    return 0;
}

/* the namespace of the object must be there, and not on its way out */
static int check_namespace(struct call *call, const char *name, struct error *err)
{
    const struct target *target = &call->target;
    char why[320];
    struct status_cause cause = {"NamespaceTerminating", why, "metadata.namespace"};
    struct status_details details = {
        .name = name, .group = target->resource->group, .kind = target->resource->name, .causes = &cause, .cause_count = 1};
    struct object *namespace_;
    char message[700];

    if (!target->resource->namespaced)
        return 0;
    namespace_ = store_get(&call->sim->store, SLOT_NAMESPACES, target->namespace_);
    if (!namespace_)
        return status_not_found(call->response, resource_of_slot(SLOT_NAMESPACES), target->namespace_, err);
    if (!namespace_->deleting)
        return 0;
    snprintf(why, sizeof why, "namespace %s is being terminated", target->namespace_);
    snprintf(message, sizeof message, "%s \"%s\" is forbidden: unable to create new content in namespace %s because it is being terminated",
             target->resource->name, name, target->namespace_);
    return status_answer(call->response, &(struct status){403, "Forbidden", message, NULL, &details}, err);
}

/* the ServiceAccount admission plugin; "default" is there, or will be in a moment */
static int check_service_account(struct call *call, const json_t *doc, struct error *err)
{
    const json_t *metadata = json_object_get(doc, "metadata");
    const char *account = json_string_value(json_object_get(json_object_get(doc, "spec"), "serviceAccountName"));
    const char *name = json_string_value(json_object_get(metadata, "generateName")), *namespace_ = call->target.namespace_;
    struct status_details details = {.kind = "pods"};
    char key[600], message[900];

    if (call->target.resource->slot != SLOT_PODS || !call->sim->options.rbac || !account || !strcmp(account, "default"))
        return 0;
    snprintf(key, sizeof key, "%s/%s", namespace_, account);
    if (store_get(&call->sim->store, SLOT_SERVICEACCOUNTS, key))
        return 0;
    if (!name || !*name)
        name = json_string_value(json_object_get(metadata, "name"));
    snprintf(message, sizeof message,
             "pods \"%.253s\" is forbidden: error looking up service account %s/%.253s: serviceaccount \"%.253s\" not found",
             name ? name : "", namespace_, account, account);
    details.name = name;
    return status_answer(call->response, &(struct status){403, "Forbidden", message, NULL, &details}, err);
}

static int check_metadata(struct call *call, json_t *doc, struct error *err)
{
    const json_t *metadata = json_object_get(doc, "metadata");
    const char *namespace_ = json_string_value(json_object_get(metadata, "namespace")), *rv;

    if (namespace_ && *namespace_ && strcmp(namespace_, call->target.namespace_) != 0)
        return status_plain(call->response, err, 400, "BadRequest",
                            "the namespace of the provided object does not match the namespace sent on the request");
    rv = json_string_value(json_object_get(metadata, "resourceVersion"));
    if (rv && *rv)
        return status_plain(call->response, err, 500, NULL, "resourceVersion should not be set on objects to be created");
    return 0;
}

static int store_new(struct call *call, json_t *doc, struct error *err)
{
    const char *name = json_string_value(json_object_get(json_object_get(doc, "metadata"), "name"));
    struct status_details details = {.name = name, .group = call->target.resource->group, .kind = call->target.resource->name};
    struct object *made;
    char key[600], message[700], qualified[64];
    int ret;

    if (store_get(&call->sim->store, call->target.resource->slot, api_key(call, name, key))) {
        snprintf(message, sizeof message, "%s \"%s\" already exists", resource_qualified(call->target.resource, qualified), name);
        return status_answer(call->response, &(struct status){409, "AlreadyExists", message, NULL, &details}, err);
    }
    if (write_doc(call->sim, call->target.resource, doc, call->dry_run, &made, err) < 0)
        return -1;
    ret = render_answer(call, 201, made, err);
    object_unref(made);
    return ret;
}

int create_from(struct call *call, json_t *doc, struct error *err)
{
    json_t *stored = doc;
    const char *name;
    int ret = create_check_kind(call, doc, err);

    if (ret == 0)
        ret = check_metadata(call, doc, err);
    if (ret == 0)
        ret = shape_check(call, doc, err);
    if (ret)
        return ret;
    if (call->target.resource->slot == SLOT_EVENTS) {
        stored = event_view_in(call->target.resource, doc, err);
        if (!stored)
            return -1;
    }
    ret = defaults_for_new(call, stored, err);
    name = json_string_value(json_object_get(json_object_get(stored, "metadata"), "name"));
    if (ret == 0)
        ret = validate_new(call, stored, err);
    if (ret == 0)
        ret = check_namespace(call, name, err);
    if (ret == 0)
        ret = check_service_account(call, stored, err);
    if (ret == 0)
        ret = store_new(call, stored, err);
    if (stored != doc)
        json_decref(stored);
    return ret;
}

int api_create(struct call *call, struct error *err)
{
    return api_with_object(call, create_from, err);
}

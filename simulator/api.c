#include "simulator/api.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/limits.h"
#include "simulator/access_review.h"
#include "simulator/binding.h"
#include "simulator/discovery.h"
#include "simulator/list.h"
#include "simulator/rbac.h"
#include "simulator/render.h"
#include "simulator/scale.h"
#include "simulator/status.h"
#include "simulator/strict.h"
#include "simulator/token_request.h"
#include "simulator/watch.h"

const char *api_key(const struct call *call, const char *name, char out[600])
{
    if (call->target.resource->namespaced)
        snprintf(out, 600, "%s/%s", call->target.namespace_, name);
    else
        snprintf(out, 600, "%s", name);
    return out;
}

/* is this media type ours to read? NULL counts: curl and tests leave it out */
static bool is_json(const char *content_type)
{
    return !content_type || !*content_type || strncmp(content_type, "application/json", 16) == 0 || strstr(content_type, "+json");
}

int api_body(struct call *call, json_t **doc, struct error *err)
{
    const struct sim_request *request = call->request;
    const struct resource *resource = call->target.resource;
    json_error_t problem;
    int ret;

    if (!is_json(request->content_type))
        return status_plain(call->response, err, 415, "UnsupportedMediaType",
                            "the body of the request was in an unknown format - accepted media types include: application/json, "
                            "application/yaml, application/vnd.kubernetes.protobuf");
    if (request->body_bytes > LIMIT_REQUEST_BODY_BYTES)
        return status_plain(call->response, err, 413, "RequestEntityTooLarge", "Request entity too large: limit is %u",
                            LIMIT_REQUEST_BODY_BYTES);
    *doc = json_loadb(request->body ? request->body : "", request->body_bytes, 0, &problem);
    if (!*doc && !*problem.text) /* jansson says nothing when memory runs out */
        return error_no_memory(err);
    if (json_is_object(*doc))
        return 0;
    ret = status_plain(call->response, err, 400, "BadRequest",
                       "the object provided is unrecognized (must be of type %s): couldn't get version/kind; json parse error: %s (%.80s)",
                       resource->kind, *doc ? "json: cannot unmarshal into Go value of type struct" : problem.text,
                       request->body ? request->body : "");
    json_decref(*doc);
    return ret;
}

int api_with_object(struct call *call, int (*verb)(struct call *call, json_t *doc, struct error *err), struct error *err)
{
    json_t *doc;
    int ret = api_body(call, &doc, err);

    if (ret)
        return ret;
    ret = strict_check(call, doc, err);
    if (!ret)
        ret = verb(call, doc, err);
    json_decref(doc);
    return ret;
}

int api_get(struct call *call, struct error *err)
{
    const struct target *target = &call->target;
    char key[600];
    struct object *object;
    int64_t rv;
    int ret = list_resource_version(call, &rv, err);

    if (ret)
        return ret;
    if (rv > call->sim->store.rv)
        return status_too_large(call->response, rv, call->sim->store.rv, err);
    object = store_get(&call->sim->store, target->resource->slot, api_key(call, target->name, key));
    if (!object)
        return status_not_found(call->response, target->resource, target->name, err);
    return render_answer(call, 200, object, err);
}

static int plain_404(struct call *call, struct error *err)
{
    call->response->status = 404;
    call->response->content_type = "text/plain; charset=utf-8";
    return buffer_add_string(&call->response->body, "404 page not found\n", err);
}

/* no such resource: a Status where the group is served, plain text where not */
static int no_resource(struct call *call, struct error *err)
{
    const struct target *target = &call->target;

    if (!target->group || !resource_group_served(target->group, target->version))
        return plain_404(call, err);
    return status_bare(call->response, 404, "the server could not find the requested resource", err) < 0 ? -1 : 0;
}

int api_not_allowed(struct call *call, struct error *err)
{
    return status_bare(call->response, 405, "the server does not allow this method on the requested resource", err);
}

static bool subresource_served(const struct target *target)
{
    const char *sub = target->subresource;

    if (!*sub)
        return true;
    if (!strcmp(sub, "status"))
        return target->resource->has_status;
    if (!strcmp(sub, "binding"))
        return target->resource->slot == SLOT_PODS;
    if (!strcmp(sub, "scale"))
        return target->resource->has_scale;
    if (!strcmp(sub, "token"))
        return target->resource->slot == SLOT_SERVICEACCOUNTS;
    return !strcmp(sub, "finalize") && target->resource->slot == SLOT_NAMESPACES;
}

/* the verb as RBAC names it, or NULL for a method that the path does not take */
static const char *verb_of(const char *method, const struct target *target)
{
    bool named = *target->name || target->bindings;

    if (!strcmp(method, "GET") || !strcmp(method, "HEAD"))
        return named ? "get" : target->watch || target_flag(target, "watch") ? "watch" : "list";
    if (!strcmp(method, "POST"))
        return "create";
    if (!strcmp(method, "DELETE"))
        return named ? "delete" : "deletecollection";
    if (!strcmp(method, "PUT"))
        return named ? "update" : NULL;
    return !strcmp(method, "PATCH") && named ? "patch" : NULL;
}

static int check_dry_run(struct call *call, struct error *err)
{
    const char *value = target_filled_parameter(&call->target, "dryRun");
    struct status_cause cause = {"FieldValueNotSupported", NULL, "dryRun"};
    const char *kind = !strcmp(call->verb, "create") ? "CreateOptions" : !strcmp(call->verb, "patch") ? "PatchOptions" : "UpdateOptions";
    char message[256];

    if (!value)
        return 0;
    call->dry_run = !strcmp(value, "All");
    if (call->dry_run)
        return 0;
    snprintf(message, sizeof message, "Unsupported value: [\"%.60s\"]: supported values: \"All\"", value);
    cause.message = message;
    return status_invalid(call->response, "meta.k8s.io", kind, "", &cause, 1, err);
}

static int create_verb(struct call *call, struct error *err)
{
    if (!strcmp(call->target.subresource, "binding"))
        return binding_create(call, err);
    if (!strcmp(call->target.subresource, "token"))
        return token_request_create(call, err);
    if (*call->target.name || (call->target.resource->namespaced && !*call->target.namespace_))
        return api_not_allowed(call, err);
    return api_create(call, err);
}

static int dispatch(struct call *call, struct error *err)
{
    static const struct {
        const char *verb;
        int (*carry_out)(struct call *call, struct error *err);
        bool status; /* also on the status subresource */
    } verbs[] = {{"get", api_get, true},        {"list", list_answer, false},
                 {"watch", watch_start, false}, {"create", create_verb, false},
                 {"update", api_update, true},  {"patch", api_patch, true},
                 {"delete", api_delete, false}, {"deletecollection", api_delete_collection, false}};
    bool sub = *call->target.subresource;
    bool created = !strcmp(call->target.subresource, "binding") || !strcmp(call->target.subresource, "token");
    int ret;

    if (!call->verb)
        return api_not_allowed(call, err);
    ret = check_dry_run(call, err);
    if (ret)
        return ret;
    if (!strcmp(call->target.subresource, "scale"))
        return scale_verb(call, err);
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
        if (!strcmp(verbs[i].verb, call->verb) && (!sub || (created ? verbs[i].carry_out == create_verb : verbs[i].status)))
            return verbs[i].carry_out(call, err);
    return api_not_allowed(call, err);
}

/* the fault that comes instead of the request; 1 when it answered */
static int answer_fault(struct call *call, struct error *err)
{
    const struct fault_action *fault = call->fault;
    struct status_details details = {.retry_after_s = fault->retry_after_s};
    const char *reason = fault->reason ? fault->reason : status_reason(fault->status);
    int ret;

    if (fault->status == 429 && !fault->reason && !fault->message) {
        call->response->status = 429;
        call->response->content_type = "text/plain; charset=utf-8";
        call->response->retry_after_s = fault->retry_after_s ? fault->retry_after_s : 1;
        return buffer_add_string(&call->response->body, "Too many requests, please try again later.\n", err) < 0 ? -1 : 1;
    }
    ret = status_answer(call->response,
                        &(struct status){fault->status, reason, fault->message ? fault->message : "injected by the fault plan", NULL,
                                         fault->retry_after_s ? &details : NULL},
                        err);
    return ret;
}

static int apply_fault(struct call *call, struct error *err)
{
    const struct target *target = &call->target;
    const struct fault_action *fault = call->request->no_faults ? NULL
                                                                : faults_next(call->sim->faults, call->verb ? call->verb : "",
                                                                              target->resource->name, target->subresource, target->name);

    call->fault = fault;
    if (!fault)
        return 0;
    call->response->fault = (struct sim_fault){fault->delay_ms, fault->cut_at_byte, fault->reset, fault->lost_answer};
    if (fault->reset)
        return 1;
    return fault->status ? answer_fault(call, err) : 0;
}

static const char *scope_of(const struct call *call)
{
    const struct target *target = &call->target;

    if (*target->name || (call->verb && !strcmp(call->verb, "create")))
        return "resource";
    return *target->namespace_ ? "namespace" : "cluster";
}

static void count(struct call *call, int64_t started_us)
{
    const struct resource *resource = call->target.resource;
    const char *verb = call->verb ? call->verb : call->request->method;

    if (call->response->fault.reset || call->response->watch)
        return;
    if (!strcmp(verb, "deletecollection")) /* the real server reports it so (seen on 1.34.4) */
        verb = "delete";
    counters_request(call->sim->counters, verb, resource->group, resource->version, resource->name, call->target.subresource,
                     scope_of(call), call->response->status, sim_now_us(call->sim) - started_us);
}

static int handle_resource(struct call *call, struct error *err)
{
    int64_t started_us = sim_now_us(call->sim);
    int ret;

    call->verb = verb_of(call->request->method, &call->target);
    ret = rbac_check(call, err);
    if (ret == 0)
        ret = apply_fault(call, err);
    if (ret == 0)
        ret = dispatch(call, err);
    if (ret >= 0)
        count(call, started_us);
    return ret < 0 ? -1 : 0;
}

static int handle_other(struct call *call, struct error *err)
{
    struct sim_response *response = call->response;
    const char *path = call->target.path;
    int ret = rbac_check(call, err);

    if (ret == 0)
        ret = access_review_handle(call, err);
    if (ret)
        return ret < 0 ? -1 : 0;
    if (!strcmp(call->request->method, "GET") || !strcmp(call->request->method, "HEAD"))
        ret = discovery_handle(path, call->request->accept, &response->body, &response->content_type, &response->status, err);
    if (ret < 0)
        return -1;
    if (ret == 0)
        return no_resource(call, err);
    counters_request(call->sim->counters, "get", "", "", "", path, "", response->status, 0);
    return 0;
}

int sim_handle(struct sim *sim, const struct sim_request *request, struct sim_response *response, struct error *err)
{
    struct call call = {.sim = sim, .request = request, .response = response};
    int ret;

    memset(response, 0, sizeof *response);
    response->fault.cut_at_byte = -1;
    buffer_init(&response->body, LIMIT_LIST_BYTES);
    if (target_parse(&call.target, request->target, err) < 0)
        return -1;
    if (call.target.resource && subresource_served(&call.target))
        ret = handle_resource(&call, err);
    else
        ret = handle_other(&call, err);
    target_free(&call.target);
    if (ret < 0)
        buffer_free(&response->body);
    watch_call_ready(sim);
    return ret;
}

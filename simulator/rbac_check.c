/* rbac_check.c: from a request to what it wants, and the refusal (k8s.io/apiserver/pkg/endpoints/handlers/responsewriters/errors.go). */
#include <stdio.h>
#include <string.h>

#include "common/limits.h"
#include "simulator/rbac.h"
#include "simulator/request_info.h"
#include "simulator/status.h"

static int refusal_text(const struct rbac_user *user, const struct rbac_attributes *wanted, const char *reason, struct buffer *out,
                        struct error *err)
{
    if (!*wanted->resource) {
        if (buffer_printf(out, err, "forbidden: User \"%s\" cannot %s path \"%s\"", user->name, wanted->verb, wanted->path) < 0)
            return -1;
    } else {
        if (buffer_printf(out, err, "%s%s%s", wanted->resource, *wanted->group ? "." : "", wanted->group) < 0 ||
            (*wanted->name && buffer_printf(out, err, " \"%s\"", wanted->name) < 0) ||
            buffer_printf(out, err, " is forbidden: User \"%s\" cannot %s resource \"%s%s%s\" in API group \"%s\" ", user->name,
                          wanted->verb, wanted->resource, *wanted->subresource ? "/" : "", wanted->subresource, wanted->group) < 0 ||
            (*wanted->namespace_ ? buffer_printf(out, err, "in the namespace \"%s\"", wanted->namespace_)
                                 : buffer_add_string(out, "at the cluster scope", err)) < 0)
            return -1;
    }
    return *reason ? buffer_printf(out, err, ": %s", reason) : 0;
}

int rbac_refuse(struct sim_response *response, const struct rbac_user *user, const struct rbac_attributes *attributes, const char *reason,
                struct error *err)
{
    struct status_details details = {.name = attributes->name, .group = attributes->group, .kind = attributes->resource};
    struct buffer text;
    int ret = -1;

    buffer_init(&text, LIMIT_OBJECT_BYTES);
    if (refusal_text(user, attributes, reason, &text, err) == 0)
        ret = status_answer(response, &(struct status){403, "Forbidden", text.data, NULL, &details}, err);
    buffer_free(&text);
    return ret;
}

/* a list or watch of one object by its name is about that object */
static void name_of_selector(const struct target *target, char *out, size_t max)
{
    static const char wanted[] = "metadata.name=";
    const char *at = target_parameter(target, "fieldSelector");

    for (; at && *at; at += strcspn(at, ","), at += *at == ',')
        if (strncmp(at, wanted, sizeof wanted - 1) == 0) {
            at += sizeof wanted - 1;
            at += *at == '=';
            snprintf(out, max, "%.*s", (int)strcspn(at, ","), at);
        }
}

int rbac_check(struct call *call, struct error *err)
{
    struct rbac_user user = {call->request->user, call->request->groups};
    struct request_info info;
    struct rbac_attributes wanted;
    struct buffer reason;
    bool allowed = true;
    int ret;

    if (!call->sim->options.rbac || rbac_is_master(&user))
        return 0;
    request_info_read(call->request->method, call->target.path, &info);
    if (!strcmp(info.verb, "list") && target_flag(&call->target, "watch"))
        info.verb = "watch";
    if (!*info.name && (!strcmp(info.verb, "list") || !strcmp(info.verb, "watch")))
        name_of_selector(&call->target, info.name, sizeof info.name);
    wanted =
        (struct rbac_attributes){info.verb, info.group, info.resource, info.subresource, info.namespace_, info.name, call->target.path};
    buffer_init(&reason, LIMIT_OBJECT_BYTES);
    ret = rbac_allows(call->sim, &user, &wanted, &allowed, &reason, err);
    if (ret == 0 && !allowed)
        ret = rbac_refuse(call->response, &user, &wanted, reason.bytes ? reason.data : "", err);
    buffer_free(&reason);
    return ret;
}

int sim_authorize(struct sim *sim, const struct sim_request *request, struct sim_response *response, struct error *err)
{
    struct call call = {.sim = sim, .request = request, .response = response};
    int ret;

    response->fault.cut_at_byte = -1;
    buffer_init(&response->body, LIMIT_OBJECT_BYTES);
    if (target_parse(&call.target, request->target, err) < 0)
        return -1;
    ret = rbac_check(&call, err);
    target_free(&call.target);
    if (ret < 0)
        buffer_free(&response->body);
    return ret;
}

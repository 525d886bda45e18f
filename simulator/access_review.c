/*
 * access_review.c: see access_review.h.
 */
#include "simulator/access_review.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/limits.h"
#include "simulator/rbac.h"
#include "simulator/status.h"

#define LOCAL_FRONT "/apis/authorization.k8s.io/v1/namespaces/"
#define LOCAL_BACK "/localsubjectaccessreviews"

static const char *text_of(const json_t *object, const char *key)
{
    const char *value = json_string_value(json_object_get(object, key));

    return value ? value : "";
}

/* the review with its status, as it goes out; `status` is taken over */
static int answer(struct call *call, const char *kind, const char *api_version, json_t *metadata, json_t *spec, json_t *status,
                  struct error *err)
{
    json_t *doc =
        json_pack("{ssssso*sO*so}", "kind", kind, "apiVersion", api_version, "metadata", metadata, "spec", spec, "status", status);
    char *text = doc ? json_dumps(doc, JSON_COMPACT) : NULL;
    int ret = text ? buffer_add_string(&call->response->body, text, err) : error_no_memory(err);

    if (ret == 0)
        ret = buffer_add(&call->response->body, "\n", 1, err);
    call->response->status = 201;
    call->response->content_type = "application/json";
    free(text);
    json_decref(doc);
    return ret;
}

/* decides for that user, and answers */
static int review_for(struct call *call, const struct rbac_user *user, const char *kind, json_t *spec, struct error *err)
{
    json_t *resource = json_object_get(spec, "resourceAttributes"), *other = json_object_get(spec, "nonResourceAttributes"), *from, *status;
    struct status_cause cause = {"FieldValueInvalid",
                                 "Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified",
                                 "spec.resourceAttributes"};
    struct rbac_attributes wanted;
    struct buffer reason;
    bool allowed;
    int ret;

    from = json_is_object(resource) ? resource : other;
    if (json_is_object(resource) == json_is_object(other))
        return status_invalid(call->response, "authorization.k8s.io", "", "", &cause, 1, err);
    wanted = (struct rbac_attributes){text_of(from, "verb"),        text_of(from, "group"),     text_of(from, "resource"),
                                      text_of(from, "subresource"), text_of(from, "namespace"), text_of(from, "name"),
                                      text_of(from, "path")};
    if (from == other)
        wanted.resource = "";
    buffer_init(&reason, LIMIT_OBJECT_BYTES);
    ret = rbac_allows(call->sim, user, &wanted, &allowed, &reason, err);
    if (ret == 0) {
        status = json_pack("{sb}", "allowed", allowed);
        if (reason.bytes && json_object_set_new(status, "reason", json_string(reason.data)) < 0)
            ret = error_no_memory(err);
        if (ret == 0)
            ret = answer(call, kind, "authorization.k8s.io/v1", json_object(), spec, status, err);
        else
            json_decref(status);
    }
    buffer_free(&reason);
    return ret;
}

static int review_access(struct call *call, json_t *spec, struct error *err)
{
    struct rbac_user user = {call->request->user, call->request->groups};

    return review_for(call, &user, "SelfSubjectAccessReview", spec, err);
}

/* about somebody else: `kubectl auth can-i --as` asks otherwise, programs ask so */
static int review_of(struct call *call, const char *kind, json_t *spec, struct error *err)
{
    json_t *listed = json_object_get(spec, "groups"), *group;
    struct status_cause nobody = {"FieldValueInvalid", "Invalid value: \"\": at least one of user or group must be specified", "spec.user"};
    struct rbac_user user = {text_of(spec, "user"), NULL};
    struct buffer groups;
    size_t i;
    int ret = 0;

    if (!*user.name && !json_array_size(listed))
        return status_invalid(call->response, "authorization.k8s.io", "", "", &nobody, 1, err);
    buffer_init(&groups, LIMIT_OBJECT_BYTES);
    json_array_foreach(listed, i, group) if (ret == 0 && json_is_string(group)) ret =
        buffer_printf(&groups, err, "%s%s", groups.bytes ? "," : "", json_string_value(group));
    user.groups = groups.data;
    if (ret == 0)
        ret = review_for(call, &user, kind, spec, err);
    buffer_free(&groups);
    return ret;
}

static int review_other(struct call *call, json_t *spec, struct error *err)
{
    return review_of(call, "SubjectAccessReview", spec, err);
}

static int review_local(struct call *call, json_t *spec, struct error *err)
{
    const char *namespace_ = text_of(json_object_get(spec, "resourceAttributes"), "namespace"),
               *asked = call->target.path + strlen(LOCAL_FRONT);
    const size_t bytes = strcspn(asked, "/");
    char message[512];
    struct status_cause cause = {"FieldValueInvalid", message, "spec.resourceAttributes.namespace"};

    if (strlen(namespace_) == bytes && !strncmp(namespace_, asked, bytes))
        return review_of(call, "LocalSubjectAccessReview", spec, err);
    snprintf(message, sizeof message, "Invalid value: \"%.300s\": must match metadata.namespace", namespace_);
    return status_invalid(call->response, "authorization.k8s.io", "", "", &cause, 1, err);
}

static int review_rules(struct call *call, json_t *spec, struct error *err)
{
    struct rbac_user user = {call->request->user, call->request->groups};
    json_t *rules = rbac_rules(call->sim, &user, text_of(spec, "namespace"), err), *rule, *status;
    json_t *resources = json_array(), *others = json_array();
    size_t i;
    int bad = !resources || !others;

    if (!rules) {
        json_decref(resources);
        json_decref(others);
        return -1;
    }
    json_array_foreach(rules, i, rule) bad |=
        json_array_append(json_array_size(json_object_get(rule, "nonResourceURLs")) ? others : resources, rule);
    json_decref(rules);
    status = json_pack("{sososb}", "resourceRules", resources, "nonResourceRules", others, "incomplete", 0);
    if (!bad)
        return answer(call, "SelfSubjectRulesReview", "authorization.k8s.io/v1", json_object(), spec, status, err);
    json_decref(status);
    return error_no_memory(err);
}

static int review_self(struct call *call, json_t *spec, struct error *err)
{
    struct rbac_user user = {call->request->user, call->request->groups};
    json_t *groups = NULL;
    struct buffer text;
    char now[32];
    int ret = -1;

    (void)spec;
    sim_now_text(call->sim, now);
    buffer_init(&text, LIMIT_OBJECT_BYTES);
    if (rbac_add_groups(&user, &text, err) == 0 && !(groups = json_loads(text.data, 0, NULL)))
        error_no_memory(err);
    if (groups)
        ret = answer(call, "SelfSubjectReview", "authentication.k8s.io/v1", json_pack("{ss}", "creationTimestamp", now), NULL,
                     json_pack("{s{ssso}}", "userInfo", "username", user.name ? user.name : "system:admin", "groups", groups), err);
    buffer_free(&text);
    return ret;
}

static int with_body(struct call *call, int (*review)(struct call *call, json_t *spec, struct error *err), struct error *err)
{
    const struct sim_request *request = call->request;
    json_error_t problem;
    json_t *doc = json_loadb(request->body ? request->body : "", request->body_bytes, 0, &problem);
    int ret;

    if (!doc && !*problem.text) /* jansson says nothing when memory runs out */
        return error_no_memory(err);
    if (!json_is_object(doc) || (review != review_self && !json_is_object(json_object_get(doc, "spec"))))
        ret = status_plain(call->response, err, 400, "BadRequest", "spec: Required value");
    else
        ret = review(call, json_object_get(doc, "spec"), err);
    json_decref(doc);
    return ret < 0 ? -1 : 1;
}

/* .../namespaces/NS/localsubjectaccessreviews */
static bool is_local(const char *path)
{
    const size_t front = strlen(LOCAL_FRONT);

    return !strncmp(path, LOCAL_FRONT, front) && path[front] != '/' && !strcmp(path + front + strcspn(path + front, "/"), LOCAL_BACK);
}

int access_review_handle(struct call *call, struct error *err)
{
    static const struct {
        const char *path;
        int (*review)(struct call *call, json_t *spec, struct error *err);
    } reviews[] = {{"/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", review_access},
                   {"/apis/authorization.k8s.io/v1/subjectaccessreviews", review_other},
                   {"/apis/authorization.k8s.io/v1/selfsubjectrulesreviews", review_rules},
                   {"/apis/authentication.k8s.io/v1/selfsubjectreviews", review_self}};

    if (!strcmp(call->request->method, "POST") && is_local(call->target.path))
        return with_body(call, review_local, err);
    for (size_t i = 0; i < sizeof reviews / sizeof reviews[0]; i++)
        if (!strcmp(call->request->method, "POST") && !strcmp(call->target.path, reviews[i].path))
            return with_body(call, reviews[i].review, err);
    return 0;
}

#include "simulator/validate.h"

#include <stdio.h>
#include <string.h>

#include "simulator/findings.h"
#include "simulator/status.h"

static void check_name(struct findings *findings, const struct resource *resource, const json_t *doc)
{
    const char *name = find_text(json_object_get(doc, "metadata"), "name");
    bool label = resource->slot == SLOT_NAMESPACES;

    if (*name && strcmp(resource->group, "rbac.authorization.k8s.io") == 0) /* any path segment will do: system:kube-scheduler */
        find_in_path_segment(findings, "metadata.name", name);
    else if (!*name)
        find_required(findings, "metadata.name", "name or generateName is required");
    else if (strlen(name) > (label ? 63u : 253u))
        find_invalid(findings, "metadata.name", name, label ? "must be no more than 63 bytes" : "must be no more than 253 bytes");
    else if (!find_is_dns_name(name, !label, 253))
        find_invalid(findings, "metadata.name", name, label ? FIND_DNS_LABEL : FIND_SUBDOMAIN);
}

/* an event is in the namespace of what it is about; one written through events.k8s.io must say more than the old ones */
static void check_event(struct findings *findings, const struct resource *resource, const json_t *doc)
{
    const json_t *about = json_object_get(doc, "involvedObject");
    const char *namespace_ = find_text(json_object_get(doc, "metadata"), "namespace"), *theirs = find_text(about, "namespace");
    bool modern = *resource->group;

    if (strcmp(*theirs ? theirs : "default", namespace_) != 0)
        find_invalid(findings, modern ? "regarding.namespace" : "involvedObject.namespace", theirs, "does not match event.namespace");
    if (!modern)
        return;
    if (!*find_text(doc, "eventTime"))
        find_required(findings, "eventTime", "");
    if (strcmp(find_text(doc, "type"), "Normal") != 0 && strcmp(find_text(doc, "type"), "Warning") != 0)
        find_invalid(findings, "type", find_text(doc, "type"), "has invalid value: ");
    if (!*find_text(doc, "eventTime"))
        return;
    if (!*find_text(doc, "reportingComponent"))
        find_required(findings, "reportingController", "");
    if (!*find_text(doc, "reportingInstance"))
        find_required(findings, "reportingInstance", "");
    if (!*find_text(doc, "action"))
        find_required(findings, "action", "");
    if (!*find_text(doc, "reason"))
        find_required(findings, "reason", "");
    if (strlen(find_text(doc, "message")) > 1024)
        find_invalid(findings, "note", "", "can have at most 1024 characters");
}

int validate_new(struct call *call, json_t *doc, struct error *err)
{
    const struct resource *resource = call->target.resource;
    struct findings findings = {.count = 0};

    check_name(&findings, resource, doc);
    if (resource->slot == SLOT_PODS)
        find_in_pod_spec(&findings, json_object_get(doc, "spec"), "spec");
    if (resource->slot == SLOT_EVENTS)
        check_event(&findings, resource, doc);
    find_in_kind(&findings, resource, doc);
    return findings_answer(call, &findings, doc, err);
}

/* found twice, by the checks of metadata and of the object (ValidateObjectMetaUpdate) */
int validate_uid(struct call *call, const char *uid, json_t *doc, struct error *err)
{
    struct findings findings = {.count = 0};

    for (int i = 0; i < 2; i++)
        find_invalid(&findings, "metadata.uid", uid, "field is immutable");
    return findings_answer(call, &findings, doc, err);
}

#define POD_MAY_CHANGE                                                                                                                     \
    "Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,"                   \
    "`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` "       \
    "(allow it to be set to 1 if it was previously negative)"

static int take_member(json_t *to, const json_t *from, const char *key)
{
    json_t *value = json_object_get(from, key);

    if (value)
        return json_object_set(to, key, value);
    json_object_del(to, key);
    return 0;
}

/* every old toleration is still there */
static bool tolerations_grew(const json_t *old, const json_t *new)
{
    json_t *was, *is;
    size_t i, j;

    json_array_foreach((json_t *)old, i, was)
    {
        bool kept = false;

        json_array_foreach((json_t *)new, j, is) kept = kept || json_equal(was, is);
        if (!kept)
            return false;
    }
    return true;
}

static bool gates_shrank(const json_t *old, const json_t *new)
{
    return json_array_size(new) <= json_array_size(old) && tolerations_grew(new, old);
}

/* `spec` with what may change put back to how it was in `old`; NULL: memory ran out */
static json_t *without_changeable(const json_t *old, const json_t *spec)
{
    static const char *const lists[] = {"containers", "initContainers"};
    json_t *made = json_deep_copy(spec), *container;
    bool gated = json_array_size(json_object_get(old, "schedulingGates"));
    size_t i;
    int bad = !made;

    for (int list = 0; list < 2; list++)
        json_array_foreach(json_object_get(made, lists[list]), i, container) bad |=
            take_member(container, json_array_get(json_object_get(old, lists[list]), i), "image");
    bad |= take_member(made, old, "activeDeadlineSeconds");
    if (tolerations_grew(json_object_get(old, "tolerations"), json_object_get(made, "tolerations")))
        bad |= take_member(made, old, "tolerations");
    if (gated && gates_shrank(json_object_get(old, "schedulingGates"), json_object_get(made, "schedulingGates")))
        bad |= take_member(made, old, "schedulingGates") | take_member(made, old, "nodeSelector") | take_member(made, old, "affinity");
    if (!bad)
        return made;
    json_decref(made);
    return NULL;
}

int validate_change(struct call *call, json_t *old, json_t *doc, struct error *err)
{
    json_t *spec = json_object_get(doc, "spec"), *was = json_object_get(old, "spec"), *fixed;
    struct findings findings = {.count = 0};

    if (!*call->target.subresource && find_in_kind(&findings, call->target.resource, doc)) {
        find_in_change(&findings, call->target.resource, old, doc);
        return findings_answer(call, &findings, doc, err);
    }
    if (call->target.resource->slot != SLOT_PODS || *call->target.subresource || json_equal(spec, was))
        return 0;
    fixed = without_changeable(was, spec ? spec : json_null());
    if (!fixed)
        return error_no_memory(err);
    if (!json_equal(fixed, was))
        find(&findings, "FieldValueForbidden", "spec", POD_MAY_CHANGE);
    json_decref(fixed);
    return findings_answer(call, &findings, doc, err);
}

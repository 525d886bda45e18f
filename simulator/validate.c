#include "simulator/validate.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "simulator/status.h"

#define MAX_CAUSES 24
#define SUBDOMAIN                                                                                                                          \
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an "       \
    "alphanumeric character (e.g. 'example.com', regex used for validation is "                                                            \
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
#define DNS_LABEL                                                                                                                          \
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric "   \
    "character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"

/* what was found wrong, in the order in which it was found */
struct findings {
    struct status_cause causes[MAX_CAUSES];
    size_t count;
    char text[MAX_CAUSES][640];
    char field[MAX_CAUSES][128];
};

static void found(struct findings *findings, const char *reason, const char *field, const char *message)
{
    size_t i = findings->count;

    if (i == MAX_CAUSES)
        return;
    snprintf(findings->text[i], sizeof findings->text[i], "%s", message);
    snprintf(findings->field[i], sizeof findings->field[i], "%s", field);
    findings->causes[i] = (struct status_cause){reason, findings->text[i], findings->field[i]};
    findings->count++;
}

static void required(struct findings *findings, const char *field, const char *detail)
{
    char message[200];

    snprintf(message, sizeof message, "Required value%s%s", *detail ? ": " : "", detail);
    found(findings, "FieldValueRequired", field, message);
}

static void invalid(struct findings *findings, const char *field, const char *value, const char *detail)
{
    char message[640];

    snprintf(message, sizeof message, "Invalid value: \"%.200s\": %s", value, detail);
    found(findings, "FieldValueInvalid", field, message);
}

static void unsupported(struct findings *findings, const char *field, const char *value, const char *supported)
{
    char message[400];

    snprintf(message, sizeof message, "Unsupported value: \"%.200s\": supported values: %s", value, supported);
    found(findings, "FieldValueNotSupported", field, message);
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *value = json_string_value(json_object_get(object, key));

    return value ? value : "";
}

static bool lower_alphanumeric(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* RFC 1123: labels of lower case letters, digits and '-', with dots between them where `dots` */
static bool dns_name(const char *name, bool dots, size_t max)
{
    size_t bytes = strlen(name);

    if (!bytes || bytes > max)
        return false;
    for (size_t i = 0; i < bytes; i++) {
        bool edge = i == 0 || i + 1 == bytes || name[i - 1] == '.' || name[i + 1] == '.';

        if (lower_alphanumeric(name[i]))
            continue;
        if (edge || (name[i] != '-' && !(dots && name[i] == '.')))
            return false;
    }
    return true;
}

static void check_name(struct findings *findings, const struct resource *resource, const json_t *doc)
{
    const char *name = text_of(json_object_get(doc, "metadata"), "name");
    bool label = resource->slot == SLOT_NAMESPACES;

    if (!*name)
        required(findings, "metadata.name", "name or generateName is required");
    else if (strlen(name) > (label ? 63u : 253u))
        invalid(findings, "metadata.name", name, label ? "must be no more than 63 bytes" : "must be no more than 253 bytes");
    else if (!dns_name(name, !label, 253))
        invalid(findings, "metadata.name", name, label ? DNS_LABEL : SUBDOMAIN);
}

static void check_container(struct findings *findings, const json_t *container, const char *list, size_t i)
{
    char field[128];
    const char *name = text_of(container, "name"), *image = text_of(container, "image"), *policy = text_of(container, "imagePullPolicy");

    snprintf(field, sizeof field, "spec.%s[%zu].name", list, i);
    if (!*name)
        required(findings, field, "");
    else if (!dns_name(name, false, 63))
        invalid(findings, field, name, DNS_LABEL);
    snprintf(field, sizeof field, "spec.%s[%zu].image", list, i);
    if (!*image)
        required(findings, field, "");
    snprintf(field, sizeof field, "spec.%s[%zu].imagePullPolicy", list, i);
    if (strcmp(policy, "Always") != 0 && strcmp(policy, "IfNotPresent") != 0 && strcmp(policy, "Never") != 0)
        unsupported(findings, field, policy, "\"Always\", \"IfNotPresent\", \"Never\"");
}

static void check_duplicate_name(struct findings *findings, const json_t *containers, size_t i)
{
    const char *name = text_of(json_array_get(containers, i), "name");
    char field[128], message[200];

    for (size_t other = 0; other < i; other++) {
        if (!*name || strcmp(text_of(json_array_get(containers, other), "name"), name) != 0)
            continue;
        snprintf(field, sizeof field, "spec.containers[%zu].name", i);
        snprintf(message, sizeof message, "Duplicate value: \"%.63s\"", name);
        found(findings, "FieldValueDuplicate", field, message);
        return;
    }
}

static void check_pod(struct findings *findings, const json_t *doc)
{
    const json_t *spec = json_object_get(doc, "spec"), *containers = json_object_get(spec, "containers"), *container;
    const char *restart = text_of(spec, "restartPolicy"), *dns = text_of(spec, "dnsPolicy");
    size_t i;

    if (!json_array_size(containers))
        required(findings, "spec.containers", "");
    json_array_foreach(containers, i, container)
    {
        check_container(findings, container, "containers", i);
        check_duplicate_name(findings, containers, i);
    }
    json_array_foreach(json_object_get(spec, "initContainers"), i, container) check_container(findings, container, "initContainers", i);
    if (!json_is_object(spec))
        return;
    if (strcmp(restart, "Always") != 0 && strcmp(restart, "OnFailure") != 0 && strcmp(restart, "Never") != 0)
        unsupported(findings, "spec.restartPolicy", restart, "\"Always\", \"OnFailure\", \"Never\"");
    if (strcmp(dns, "ClusterFirst") != 0 && strcmp(dns, "ClusterFirstWithHostNet") != 0 && strcmp(dns, "Default") != 0 &&
        strcmp(dns, "None") != 0)
        unsupported(findings, "spec.dnsPolicy", dns, "\"ClusterFirst\", \"ClusterFirstWithHostNet\", \"Default\", \"None\"");
}

/* an event is in the namespace of what it is about; one written through events.k8s.io must say more than the old ones */
static void check_event(struct findings *findings, const struct resource *resource, const json_t *doc)
{
    const json_t *about = json_object_get(doc, "involvedObject");
    const char *namespace_ = text_of(json_object_get(doc, "metadata"), "namespace"), *theirs = text_of(about, "namespace");
    bool modern = *resource->group;

    if (strcmp(*theirs ? theirs : "default", namespace_) != 0)
        invalid(findings, modern ? "regarding.namespace" : "involvedObject.namespace", theirs, "does not match event.namespace");
    if (!modern)
        return;
    if (!*text_of(doc, "eventTime"))
        required(findings, "eventTime", "");
    if (strcmp(text_of(doc, "type"), "Normal") != 0 && strcmp(text_of(doc, "type"), "Warning") != 0)
        invalid(findings, "type", text_of(doc, "type"), "has invalid value: ");
    if (!*text_of(doc, "eventTime"))
        return;
    if (!*text_of(doc, "reportingComponent"))
        required(findings, "reportingController", "");
    if (!*text_of(doc, "reportingInstance"))
        required(findings, "reportingInstance", "");
    if (!*text_of(doc, "action"))
        required(findings, "action", "");
    if (!*text_of(doc, "reason"))
        required(findings, "reason", "");
    if (strlen(text_of(doc, "message")) > 1024)
        invalid(findings, "note", "", "can have at most 1024 characters");
}

static int answer(struct call *call, const struct findings *findings, const json_t *doc, struct error *err)
{
    const struct resource *resource = call->target.resource;

    if (!findings->count)
        return 0;
    return status_invalid(call->response, resource->slot == SLOT_EVENTS ? "" : resource->group, resource->kind,
                          text_of(json_object_get(doc, "metadata"), "name"), findings->causes, findings->count, err);
}

int validate_new(struct call *call, json_t *doc, struct error *err)
{
    const struct resource *resource = call->target.resource;
    struct findings findings = {.count = 0};

    check_name(&findings, resource, doc);
    if (resource->slot == SLOT_PODS)
        check_pod(&findings, doc);
    if (resource->slot == SLOT_EVENTS)
        check_event(&findings, resource, doc);
    return answer(call, &findings, doc, err);
}

/* found twice, by the checks of metadata and of the object (ValidateObjectMetaUpdate) */
int validate_uid(struct call *call, const char *uid, json_t *doc, struct error *err)
{
    struct findings findings = {.count = 0};

    for (int i = 0; i < 2; i++)
        invalid(&findings, "metadata.uid", uid, "field is immutable");
    return answer(call, &findings, doc, err);
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

    if (call->target.resource->slot != SLOT_PODS || *call->target.subresource || json_equal(spec, was))
        return 0;
    fixed = without_changeable(was, spec ? spec : json_null());
    if (!fixed)
        return error_no_memory(err);
    if (!json_equal(fixed, was))
        found(&findings, "FieldValueForbidden", "spec", POD_MAY_CHANGE);
    json_decref(fixed);
    return answer(call, &findings, doc, err);
}

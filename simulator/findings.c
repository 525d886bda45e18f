/* findings.c: see findings.h. */
#include "simulator/findings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "simulator/status.h"

void find(struct findings *findings, const char *reason, const char *field, const char *message)
{
    size_t i = findings->count;

    if (i == FINDINGS_MAX)
        return;
    snprintf(findings->text[i], sizeof findings->text[i], "%s", message);
    snprintf(findings->field[i], sizeof findings->field[i], "%s", field);
    findings->causes[i] = (struct status_cause){reason, findings->text[i], findings->field[i]};
    findings->count++;
}

void find_required(struct findings *findings, const char *field, const char *detail)
{
    char message[200];

    snprintf(message, sizeof message, "Required value%s%s", *detail ? ": " : "", detail);
    find(findings, "FieldValueRequired", field, message);
}

void find_invalid(struct findings *findings, const char *field, const char *value, const char *detail)
{
    char message[640];

    snprintf(message, sizeof message, "Invalid value: \"%.200s\": %s", value, detail);
    find(findings, "FieldValueInvalid", field, message);
}

void find_unsupported(struct findings *findings, const char *field, const char *value, const char *supported)
{
    char message[400];

    snprintf(message, sizeof message, "Unsupported value: \"%.200s\": supported values: %s", value, supported);
    find(findings, "FieldValueNotSupported", field, message);
}

void find_invalid_value(struct findings *findings, const char *field, const json_t *value, const char *detail)
{
    char *text = value ? json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY) : NULL, message[640];

    if (value && !text)
        findings->out_of_memory = true;
    snprintf(message, sizeof message, "Invalid value: %.400s: %s", text ? text : "null", detail);
    find(findings, "FieldValueInvalid", field, message);
    free(text);
}

void find_in_path_segment(struct findings *findings, const char *field, const char *name)
{
    char detail[32];

    if (!strcmp(name, ".") || !strcmp(name, "..")) {
        snprintf(detail, sizeof detail, "may not be '%s'", name);
        find_invalid(findings, field, name, detail);
    } else if (strpbrk(name, "/%")) {
        snprintf(detail, sizeof detail, "may not contain '%c'", strchr(name, '/') ? '/' : '%');
        find_invalid(findings, field, name, detail);
    }
}

const char *find_text(const json_t *object, const char *key)
{
    const char *value = json_string_value(json_object_get(object, key));

    return value ? value : "";
}

static bool lower_alphanumeric(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* RFC 1123: labels of lower case letters, digits and '-', with dots between them where `dots` */
bool find_is_dns_name(const char *name, bool dots, size_t max)
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

static void check_container(struct findings *findings, const json_t *container, const char *at, const char *list, size_t i)
{
    char field[128];
    const char *name = find_text(container, "name"), *image = find_text(container, "image"),
               *policy = find_text(container, "imagePullPolicy");

    snprintf(field, sizeof field, "%s.%s[%zu].name", at, list, i);
    if (!*name)
        find_required(findings, field, "");
    else if (!find_is_dns_name(name, false, 63))
        find_invalid(findings, field, name, FIND_DNS_LABEL);
    snprintf(field, sizeof field, "%s.%s[%zu].image", at, list, i);
    if (!*image)
        find_required(findings, field, "");
    snprintf(field, sizeof field, "%s.%s[%zu].imagePullPolicy", at, list, i);
    if (strcmp(policy, "Always") != 0 && strcmp(policy, "IfNotPresent") != 0 && strcmp(policy, "Never") != 0)
        find_unsupported(findings, field, policy, "\"Always\", \"IfNotPresent\", \"Never\"");
}

static void check_duplicate_name(struct findings *findings, const json_t *containers, const char *at, size_t i)
{
    const char *name = find_text(json_array_get(containers, i), "name");
    char field[128], message[200];

    for (size_t other = 0; other < i; other++) {
        if (!*name || strcmp(find_text(json_array_get(containers, other), "name"), name) != 0)
            continue;
        snprintf(field, sizeof field, "%s.containers[%zu].name", at, i);
        snprintf(message, sizeof message, "Duplicate value: \"%.63s\"", name);
        find(findings, "FieldValueDuplicate", field, message);
        return;
    }
}

void find_in_pod_spec(struct findings *findings, const json_t *spec, const char *at)
{
    static const char restarts[] = "\"Always\", \"OnFailure\", \"Never\"";
    static const char policies[] = "\"ClusterFirst\", \"ClusterFirstWithHostNet\", \"Default\", \"None\"";
    const json_t *containers = json_object_get(spec, "containers"), *container;
    const char *restart = find_text(spec, "restartPolicy"), *dns = find_text(spec, "dnsPolicy");
    char field[128];
    size_t i;

    snprintf(field, sizeof field, "%s.containers", at);
    if (!json_array_size(containers))
        find_required(findings, field, "");
    json_array_foreach(containers, i, container)
    {
        check_container(findings, container, at, "containers", i);
        check_duplicate_name(findings, containers, at, i);
    }
    json_array_foreach(json_object_get(spec, "initContainers"), i, container) check_container(findings, container, at, "initContainers", i);
    if (!json_is_object(spec))
        return;
    snprintf(field, sizeof field, "%s.restartPolicy", at);
    if (strcmp(restart, "Always") != 0 && strcmp(restart, "OnFailure") != 0 && strcmp(restart, "Never") != 0)
        find_unsupported(findings, field, restart, restarts);
    snprintf(field, sizeof field, "%s.dnsPolicy", at);
    if (strcmp(dns, "ClusterFirst") != 0 && strcmp(dns, "ClusterFirstWithHostNet") != 0 && strcmp(dns, "Default") != 0 &&
        strcmp(dns, "None") != 0)
        find_unsupported(findings, field, dns, policies);
}

int findings_answer(struct call *call, const struct findings *findings, const json_t *doc, struct error *err)
{
    const struct resource *resource = call->target.resource;

    if (findings->out_of_memory)
        return error_no_memory(err);
    if (!findings->count)
        return 0;
    return status_invalid(call->response, resource->slot == SLOT_EVENTS ? "" : resource->group, resource->kind,
                          find_text(json_object_get(doc, "metadata"), "name"), findings->causes, findings->count, err);
}

/*
 * validate_kinds.c: Deployments and ReplicaSets (k8s.io/kubernetes/pkg/apis/apps/validation), roles and bindings (pkg/apis/rbac/validation).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "simulator/findings.h"
#include "simulator/label_selector.h"

static void check_not_negative(struct findings *findings, const json_t *spec, const char *key)
{
    const json_t *value = json_object_get(spec, key);
    char field[64];

    snprintf(field, sizeof field, "spec.%s", key);
    if (json_is_integer(value) && json_integer_value(value) < 0)
        find_invalid_value(findings, field, value, "must be greater than or equal to 0");
}

static void check_selector(struct findings *findings, const json_t *spec)
{
    const json_t *selector = json_object_get(spec, "selector");

    if (!json_is_object(selector))
        find_required(findings, "spec.selector", "");
    else if (label_selector_empty(selector))
        find_invalid_value(findings, "spec.selector", selector, "empty selector is invalid for deployment");
}

static void check_template(struct findings *findings, const json_t *spec)
{
    const json_t *selector = json_object_get(spec, "selector"), *template = json_object_get(spec, "template");
    const json_t *labels = json_object_get(json_object_get(template, "metadata"), "labels"), *pod = json_object_get(template, "spec");
    const char *restart = find_text(pod, "restartPolicy");

    /* no selector selects nothing; an empty one everything */
    if (!json_is_object(selector) || !label_selector_matches(selector, labels))
        find_invalid_value(findings, "spec.template.metadata.labels", labels, "`selector` does not match template `labels`");
    find_in_pod_spec(findings, pod, "spec.template.spec");
    if (strcmp(restart, "Always") != 0)
        find_unsupported(findings, "spec.template.spec.restartPolicy", restart, "\"Always\"");
    if (json_object_get(pod, "activeDeadlineSeconds"))
        find(findings, "FieldValueForbidden", "spec.template.spec.activeDeadlineSeconds",
             "Forbidden: activeDeadlineSeconds in ReplicaSet is not Supported");
}

/* digits and a percent sign */
static bool is_percent(const char *text)
{
    size_t digits = strspn(text, "0123456789");

    return digits && !strcmp(text + digits, "%");
}

static void check_share(struct findings *findings, const json_t *rolling, const char *key)
{
    const json_t *value = json_object_get(rolling, key);
    char field[64];

    snprintf(field, sizeof field, "spec.strategy.rollingUpdate.%s", key);
    if (json_is_string(value) && !is_percent(json_string_value(value)))
        find_invalid_value(findings, field, value,
                           "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used "
                           "for validation is '[0-9]+%')");
    else if (json_is_integer(value) && json_integer_value(value) < 0)
        find_invalid_value(findings, field, value, "must be greater than or equal to 0");
}

static long long share_of(const json_t *value)
{
    return json_is_string(value) ? strtoll(json_string_value(value), NULL, 10) : json_integer_value(value);
}

static void check_rolling_update(struct findings *findings, const json_t *rolling)
{
    const json_t *unavailable = json_object_get(rolling, "maxUnavailable"), *surge = json_object_get(rolling, "maxSurge");

    check_share(findings, rolling, "maxUnavailable");
    check_share(findings, rolling, "maxSurge");
    if (share_of(unavailable) == 0 && share_of(surge) == 0)
        find_invalid_value(findings, "spec.strategy.rollingUpdate.maxUnavailable", unavailable, "may not be 0 when `maxSurge` is 0");
    if (json_is_string(unavailable) && share_of(unavailable) > 100)
        find_invalid_value(findings, "spec.strategy.rollingUpdate.maxUnavailable", unavailable, "must not be greater than 100%");
}

static void check_strategy(struct findings *findings, const json_t *strategy)
{
    const json_t *rolling = json_object_get(strategy, "rollingUpdate");
    const char *type = find_text(strategy, "type");
    char message[300];

    if (!strcmp(type, "RollingUpdate")) {
        check_rolling_update(findings, rolling);
    } else if (strcmp(type, "Recreate") != 0) {
        snprintf(message, sizeof message,
                 "Unsupported value: {\"Type\":\"%.60s\",\"RollingUpdate\":%s}: supported values: \"Recreate\", \"RollingUpdate\"", type,
                 rolling ? "{}" : "null");
        find(findings, "FieldValueNotSupported", "spec.strategy", message);
    } else if (json_is_object(rolling)) {
        find(findings, "FieldValueForbidden", "spec.strategy.rollingUpdate",
             "Forbidden: may not be specified when strategy `type` is 'Recreate'");
    }
}

static void check_deployment(struct findings *findings, const json_t *spec)
{
    const json_t *deadline = json_object_get(spec, "progressDeadlineSeconds");

    check_not_negative(findings, spec, "replicas");
    check_selector(findings, spec);
    check_template(findings, spec);
    check_strategy(findings, json_object_get(spec, "strategy"));
    check_not_negative(findings, spec, "minReadySeconds");
    check_not_negative(findings, spec, "revisionHistoryLimit");
    check_not_negative(findings, spec, "progressDeadlineSeconds");
    if (json_integer_value(deadline) <= json_integer_value(json_object_get(spec, "minReadySeconds")))
        find_invalid_value(findings, "spec.progressDeadlineSeconds", deadline, "must be greater than minReadySeconds");
}

static void check_replica_set(struct findings *findings, const json_t *spec)
{
    check_not_negative(findings, spec, "replicas");
    check_not_negative(findings, spec, "minReadySeconds");
    check_selector(findings, spec);
    check_template(findings, spec);
}

static void check_rule(struct findings *findings, const json_t *rule, bool namespaced, size_t i)
{
    const json_t *urls = json_object_get(rule, "nonResourceURLs"), *groups = json_object_get(rule, "apiGroups");
    const json_t *resources = json_object_get(rule, "resources"), *names = json_object_get(rule, "resourceNames");
    char field[64];

    snprintf(field, sizeof field, "rules[%zu].verbs", i);
    if (!json_array_size(json_object_get(rule, "verbs")))
        find_required(findings, field, "verbs must contain at least one value");
    if (json_array_size(urls)) {
        snprintf(field, sizeof field, "rules[%zu].nonResourceURLs", i);
        if (namespaced)
            find_invalid_value(findings, field, urls, "namespaced rules cannot apply to non-resource URLs");
        if (json_array_size(groups) || json_array_size(resources) || json_array_size(names))
            find_invalid_value(findings, field, urls, "rules cannot apply to both regular resources and non-resource URLs");
        return;
    }
    snprintf(field, sizeof field, "rules[%zu].apiGroups", i);
    if (!json_array_size(groups))
        find_required(findings, field, "resource rules must supply at least one api group");
    snprintf(field, sizeof field, "rules[%zu].resources", i);
    if (!json_array_size(resources))
        find_required(findings, field, "resource rules must supply at least one resource");
}

static void check_subject(struct findings *findings, const json_t *subject, bool namespaced, size_t i)
{
    static const char kinds[] = "\"ServiceAccount\", \"User\", \"Group\"";
    const char *kind = find_text(subject, "kind"), *group = find_text(subject, "apiGroup"), *name = find_text(subject, "name");
    bool account = !strcmp(kind, "ServiceAccount"), known = account || !strcmp(kind, "User") || !strcmp(kind, "Group");
    char field[64];

    snprintf(field, sizeof field, "subjects[%zu].name", i);
    if (!*name)
        find_required(findings, field, "");
    else if (account && !find_is_dns_name(name, true, 253))
        find_invalid(findings, field, name, FIND_SUBDOMAIN);
    snprintf(field, sizeof field, "subjects[%zu].apiGroup", i);
    if (account && *group)
        find_unsupported(findings, field, group, "\"\"");
    if (!account && known && strcmp(group, "rbac.authorization.k8s.io") != 0)
        find_unsupported(findings, field, group, "\"rbac.authorization.k8s.io\"");
    snprintf(field, sizeof field, "subjects[%zu].namespace", i);
    if (account && !namespaced && !*find_text(subject, "namespace"))
        find_required(findings, field, "");
    snprintf(field, sizeof field, "subjects[%zu].kind", i);
    if (!known)
        find_unsupported(findings, field, kind, kinds);
}

static void check_binding(struct findings *findings, const json_t *doc, bool namespaced)
{
    const json_t *role = json_object_get(doc, "roleRef"), *subject;
    const char *group = find_text(role, "apiGroup"), *kind = find_text(role, "kind"), *name = find_text(role, "name");
    size_t i;

    if (strcmp(group, "rbac.authorization.k8s.io") != 0)
        find_unsupported(findings, "roleRef.apiGroup", group, "\"rbac.authorization.k8s.io\"");
    if (strcmp(kind, "ClusterRole") != 0 && (!namespaced || strcmp(kind, "Role") != 0))
        find_unsupported(findings, "roleRef.kind", kind, namespaced ? "\"Role\", \"ClusterRole\"" : "\"ClusterRole\"");
    if (!*name)
        find_required(findings, "roleRef.name", "");
    else
        find_in_path_segment(findings, "roleRef.name", name);
    json_array_foreach(json_object_get(doc, "subjects"), i, subject) check_subject(findings, subject, namespaced, i);
}

bool find_in_kind(struct findings *findings, const struct resource *resource, const json_t *doc)
{
    const json_t *rule;
    size_t i;

    switch (resource->slot) {
    case SLOT_DEPLOYMENTS:
        check_deployment(findings, json_object_get(doc, "spec"));
        return true;
    case SLOT_REPLICASETS:
        check_replica_set(findings, json_object_get(doc, "spec"));
        return true;
    case SLOT_ROLES:
    case SLOT_CLUSTERROLES:
        json_array_foreach(json_object_get(doc, "rules"), i, rule) check_rule(findings, rule, resource->namespaced, i);
        return true;
    case SLOT_ROLEBINDINGS:
    case SLOT_CLUSTERROLEBINDINGS:
        check_binding(findings, doc, resource->namespaced);
        return true;
    default:
        return false;
    }
}

void find_in_change(struct findings *findings, const struct resource *resource, const json_t *old, const json_t *doc)
{
    const json_t *selector = json_object_get(json_object_get(doc, "spec"), "selector"), *role = json_object_get(doc, "roleRef");
    char message[600];

    if (resource->has_scale && !json_equal(selector, json_object_get(json_object_get(old, "spec"), "selector")))
        find_invalid_value(findings, "spec.selector", selector, "field is immutable");
    if ((resource->slot != SLOT_ROLEBINDINGS && resource->slot != SLOT_CLUSTERROLEBINDINGS) ||
        json_equal(role, json_object_get(old, "roleRef")))
        return;
    snprintf(message, sizeof message,
             "Invalid value: {\"APIGroup\":\"%.100s\",\"Kind\":\"%.100s\",\"Name\":\"%.253s\"}: cannot change roleRef",
             find_text(role, "apiGroup"), find_text(role, "kind"), find_text(role, "name"));
    find(findings, "FieldValueInvalid", "roleRef", message);
}

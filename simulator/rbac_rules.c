/* rbac_rules.c: see rbac_rules.h (k8s.io/kubernetes/pkg/apis/rbac/v1/evaluation_helpers.go, pkg/registry/rbac/validation/rule.go). */
#include "simulator/rbac_rules.h"

#include <stdio.h>
#include <string.h>

#define ACCOUNT "system:serviceaccount:"

static const char *text_of(const json_t *object, const char *key)
{
    const char *value = json_string_value(json_object_get(object, key));

    return value ? value : "";
}

/* is `wanted` or "*" in the list? */
static bool has(const json_t *rule, const char *key, const char *wanted)
{
    const json_t *element;
    size_t i;

    json_array_foreach(json_object_get(rule, key), i, element)
    {
        const char *text = json_string_value(element);

        if (text && (!strcmp(text, "*") || !strcmp(text, wanted)))
            return true;
    }
    return false;
}

static bool has_resource(const json_t *rule, const struct rbac_attributes *attributes)
{
    char combined[200], any[100];

    snprintf(combined, sizeof combined, "%s%s%s", attributes->resource, *attributes->subresource ? "/" : "", attributes->subresource);
    snprintf(any, sizeof any, "*/%s", attributes->subresource);
    return has(rule, "resources", combined) || (*attributes->subresource && has(rule, "resources", any));
}

static bool has_name(const json_t *rule, const char *name)
{
    const json_t *names = json_object_get(rule, "resourceNames"), *element;
    size_t i;

    json_array_foreach(names, i, element)
    {
        if (json_is_string(element) && !strcmp(json_string_value(element), name))
            return true;
    }
    return !json_array_size(names);
}

static bool has_path(const json_t *rule, const char *path)
{
    const json_t *element;
    size_t i;

    json_array_foreach(json_object_get(rule, "nonResourceURLs"), i, element)
    {
        const char *text = json_string_value(element);
        size_t bytes = text ? strlen(text) : 0;

        if (bytes && (!strcmp(text, path) || (text[bytes - 1] == '*' && strncmp(text, path, bytes - 1) == 0)))
            return true;
    }
    return false;
}

bool rbac_rule_allows(const json_t *rule, const struct rbac_attributes *attributes)
{
    if (!has(rule, "verbs", attributes->verb))
        return false;
    if (!*attributes->resource)
        return has_path(rule, attributes->path);
    return has(rule, "apiGroups", attributes->group) && has_resource(rule, attributes) && has_name(rule, attributes->name);
}

static bool in_list(const char *list, const char *group)
{
    size_t bytes = strlen(group);

    for (; list && *list; list += strcspn(list, ","), list += *list == ',')
        if (strcspn(list, ",") == bytes && strncmp(list, group, bytes) == 0)
            return true;
    return false;
}

bool rbac_is_master(const struct rbac_user *user)
{
    return !user->name || in_list(user->groups, "system:masters");
}

/* "system:serviceaccount:NS:NAME": how long NS is, and where it is; 0: no service account */
static size_t namespace_of(const struct rbac_user *user, const char **at)
{
    const char *end;

    if (strncmp(user->name, ACCOUNT, sizeof ACCOUNT - 1) != 0)
        return 0;
    *at = user->name + sizeof ACCOUNT - 1;
    end = strchr(*at, ':');
    return end ? (size_t)(end - *at) : 0;
}

static bool in_group(const struct rbac_user *user, const char *group)
{
    static const char accounts[] = "system:serviceaccounts";
    bool anonymous = !strcmp(user->name, "system:anonymous");
    const char *at = "";
    size_t bytes = namespace_of(user, &at);

    if (in_list(user->groups, group))
        return true;
    if (!strcmp(group, anonymous ? "system:unauthenticated" : "system:authenticated"))
        return true;
    if (!bytes || strncmp(group, accounts, sizeof accounts - 1) != 0)
        return false;
    group += sizeof accounts - 1;
    return !*group || (*group == ':' && strlen(group + 1) == bytes && strncmp(group + 1, at, bytes) == 0);
}

bool rbac_is_subject(const struct rbac_user *user, const json_t *subject, const char *namespace_, char *described, size_t max)
{
    const char *kind = text_of(subject, "kind"), *name = text_of(subject, "name"), *theirs = text_of(subject, "namespace");
    char account[600];

    snprintf(described, max, "%s \"%s\"", kind, name);
    if (!strcmp(kind, "User"))
        return !strcmp(user->name, name);
    if (!strcmp(kind, "Group"))
        return in_group(user, name);
    if (strcmp(kind, "ServiceAccount") != 0)
        return false;
    theirs = *theirs ? theirs : namespace_;
    snprintf(described, max, "%s \"%s/%s\"", kind, name, theirs);
    snprintf(account, sizeof account, ACCOUNT "%s:%s", theirs, name);
    return *theirs && !strcmp(user->name, account);
}

/* the server's own groups come first for service accounts, last for others */
int rbac_add_groups(const struct rbac_user *user, struct buffer *out, struct error *err)
{
    static const char *const last[] = {"system:unauthenticated", "system:authenticated"};
    bool anonymous = user->name && !strcmp(user->name, "system:anonymous");
    const char *at, *list = user->name ? user->groups : "system:masters", *separator = "[";
    size_t bytes = user->name ? namespace_of(user, &at) : 0;
    char text[300];

    if (bytes) {
        if (buffer_printf(out, err, "[\"system:serviceaccounts\",\"system:serviceaccounts:%.*s\"", (int)bytes, at) < 0)
            return -1;
        separator = ",";
    }
    for (; list && *list; list += strcspn(list, ","), list += *list == ',') {
        snprintf(text, sizeof text, "%.*s", (int)strcspn(list, ","), list);
        if (buffer_add_string(out, separator, err) < 0 || buffer_add_json_string(out, text, err) < 0)
            return -1;
        separator = ",";
    }
    return buffer_printf(out, err, "%s\"%s\"]", separator, last[anonymous ? 0 : 1]);
}

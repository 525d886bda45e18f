/* shape.c: see shape.h. */
#include "simulator/shape.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "simulator/status.h"

/* what stands at a path; "[]" is each element of an array, "{}" each member of an object */
struct shape {
    const char *path;
    json_type type;
    const char *go_field, *go_type; /* as Go names them */
};

static const struct shape apps[] = {
    {"spec", JSON_OBJECT, "", "v1.%sSpec"},
    {"spec.replicas", JSON_INTEGER, "%sSpec.", "int32"},
    {"spec.minReadySeconds", JSON_INTEGER, "%sSpec.", "int32"},
    {"spec.revisionHistoryLimit", JSON_INTEGER, "%sSpec.", "int32"},
    {"spec.progressDeadlineSeconds", JSON_INTEGER, "%sSpec.", "int32"},
    {"spec.paused", JSON_TRUE, "%sSpec.", "bool"},
    {"spec.selector", JSON_OBJECT, "%sSpec.", "v1.LabelSelector"},
    {"spec.selector.matchLabels", JSON_OBJECT, "LabelSelector.", "map[string]string"},
    {"spec.selector.matchLabels{}", JSON_STRING, "LabelSelector.", "string"},
    {"spec.selector.matchExpressions", JSON_ARRAY, "LabelSelector.", "[]v1.LabelSelectorRequirement"},
    {"spec.strategy", JSON_OBJECT, "%sSpec.", "v1.DeploymentStrategy"},
    {"spec.strategy.rollingUpdate", JSON_OBJECT, "DeploymentStrategy.", "v1.RollingUpdateDeployment"},
    {"spec.template", JSON_OBJECT, "%sSpec.", "v1.PodTemplateSpec"},
    {"spec.template.metadata", JSON_OBJECT, "PodTemplateSpec.", "v1.ObjectMeta"},
    {"spec.template.metadata.labels", JSON_OBJECT, "ObjectMeta.", "map[string]string"},
    {"spec.template.metadata.labels{}", JSON_STRING, "ObjectMeta.", "string"},
    {"spec.template.metadata.annotations", JSON_OBJECT, "ObjectMeta.", "map[string]string"},
    {"spec.template.spec", JSON_OBJECT, "PodTemplateSpec.", "v1.PodSpec"},
    {"spec.template.spec.containers", JSON_ARRAY, "PodSpec.", "[]v1.Container"},
    {"spec.template.spec.containers[]", JSON_OBJECT, "PodSpec.", "v1.Container"},
    {"metadata.labels", JSON_OBJECT, "ObjectMeta.", "map[string]string"},
    {"metadata.labels{}", JSON_STRING, "ObjectMeta.", "string"},
    {"metadata.annotations", JSON_OBJECT, "ObjectMeta.", "map[string]string"},
    {"metadata.annotations{}", JSON_STRING, "ObjectMeta.", "string"},
    {"metadata.ownerReferences", JSON_ARRAY, "ObjectMeta.", "[]v1.OwnerReference"},
    {"status", JSON_OBJECT, "", "v1.%sStatus"},
    {"status.conditions", JSON_ARRAY, "%sStatus.", "[]v1.%sCondition"},
    {"status.conditions[]", JSON_OBJECT, "%sStatus.", "v1.%sCondition"},
};

static const struct shape rbac[] = {
    {"rules", JSON_ARRAY, "%s.", "[]v1.PolicyRule"},
    {"rules[]", JSON_OBJECT, "%s.", "v1.PolicyRule"},
    {"rules[].verbs", JSON_ARRAY, "PolicyRule.", "[]string"},
    {"rules[].verbs[]", JSON_STRING, "PolicyRule.", "string"},
    {"rules[].apiGroups", JSON_ARRAY, "PolicyRule.", "[]string"},
    {"rules[].apiGroups[]", JSON_STRING, "PolicyRule.", "string"},
    {"rules[].resources", JSON_ARRAY, "PolicyRule.", "[]string"},
    {"rules[].resources[]", JSON_STRING, "PolicyRule.", "string"},
    {"rules[].resourceNames", JSON_ARRAY, "PolicyRule.", "[]string"},
    {"rules[].resourceNames[]", JSON_STRING, "PolicyRule.", "string"},
    {"rules[].nonResourceURLs", JSON_ARRAY, "PolicyRule.", "[]string"},
    {"rules[].nonResourceURLs[]", JSON_STRING, "PolicyRule.", "string"},
    {"subjects", JSON_ARRAY, "%s.", "[]v1.Subject"},
    {"subjects[]", JSON_OBJECT, "%s.", "v1.Subject"},
    {"roleRef", JSON_OBJECT, "%s.", "v1.RoleRef"},
};

/* every number of these kinds is an int32, or the server's own */
static bool is(const json_t *value, json_type type)
{
    if (type == JSON_INTEGER && json_is_integer(value))
        return json_integer_value(value) >= INT32_MIN && json_integer_value(value) <= INT32_MAX;
    return json_is_null(value) || json_typeof(value) == type || (type == JSON_TRUE && json_is_false(value));
}

/* the first value at the path that is not of the type, or NULL */
static const json_t *misfit(const json_t *from, const char *path, json_type type)
{
    size_t bytes = strcspn(path, ".[{");
    const json_t *found;
    char step[64];

    if (!from || json_is_null(from))
        return NULL;
    if (!*path)
        return is(from, type) ? NULL : from;
    if (*path == '{') {
        const char *key;
        json_t *value;

        json_object_foreach((json_t *)from, key, value)
        {
            found = misfit(value, path + 2, type);
            if (found)
                return found;
        }
        return NULL;
    }
    if (*path == '[') {
        const json_t *element;
        size_t i;

        json_array_foreach(from, i, element)
        {
            found = misfit(element, path[2] == '.' ? path + 3 : path + 2, type);
            if (found)
                return found;
        }
        return NULL;
    }
    snprintf(step, sizeof step, "%.*s", (int)bytes, path);
    path += bytes;
    return misfit(json_object_get(from, step), *path == '.' ? path + 1 : path, type);
}

static const char *go_word(const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return "object";
    case JSON_ARRAY:
        return "array";
    case JSON_STRING:
        return "string";
    case JSON_TRUE:
    case JSON_FALSE:
        return "bool";
    default:
        return "number";
    }
}

/* "%s" in a name of Go is the kind */
static void put_kind(const char *format, const char *kind, char *out, size_t max)
{
    const char *at = strstr(format, "%s");

    if (at)
        snprintf(out, max, "%.*s%s%s", (int)(at - format), format, kind, at + 2);
    else
        snprintf(out, max, "%s", format);
}

static int refuse(struct call *call, const struct shape *shape, const json_t *value, struct error *err)
{
    const struct resource *resource = call->target.resource;
    char field[64], type[64], path[64], word[48];
    size_t used = 0;

    put_kind(*shape->go_field ? shape->go_field : "%s.", resource->kind, field, sizeof field);
    put_kind(shape->go_type, resource->kind, type, sizeof type);
    for (const char *c = shape->path; *c && used < sizeof path - 1; c++)
        if (!strchr("[]{}", *c))
            path[used++] = *c;
    path[used] = '\0';
    snprintf(word, sizeof word, "%s", go_word(value));
    if (json_is_integer(value))
        snprintf(word, sizeof word, "number %lld", (long long)json_integer_value(value));
    return status_plain(call->response, err, 400, "BadRequest",
                        "%s in version \"%s\" cannot be handled as a %s: json: cannot unmarshal %s into Go struct field %s%s of type %s",
                        resource->kind, resource->version, resource->kind, word, field, path, type);
}

int shape_check(struct call *call, const json_t *doc, struct error *err)
{
    bool is_apps = call->target.resource->has_scale, is_rbac = !strcmp(call->target.resource->group, "rbac.authorization.k8s.io");
    const struct shape *shapes = is_apps ? apps : rbac;
    size_t count = is_apps ? sizeof apps / sizeof apps[0] : is_rbac ? sizeof rbac / sizeof rbac[0] : 0;

    for (size_t i = 0; i < count; i++) {
        const json_t *value = misfit(doc, shapes[i].path, shapes[i].type);

        if (value)
            return refuse(call, &shapes[i], value, err);
    }
    return 0;
}

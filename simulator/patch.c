#include "simulator/patch.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DIRECTIVE "$patch"
#define ELEMENT_ORDER "$setElementOrder/"
#define DELETE_PRIMITIVES "$deleteFromPrimitiveList/"
#define RETAIN_KEYS "$retainKeys"

/* RFC 7386, in place on a copy; nonzero: memory ran out */
static int merge_into(json_t *doc, const json_t *patch)
{
    const char *key;
    json_t *value;
    int bad = 0;

    json_object_foreach((json_t *)patch, key, value)
    {
        json_t *have = json_object_get(doc, key);

        if (json_is_null(value)) {
            json_object_del(doc, key);
        } else if (!json_is_object(value)) {
            bad |= json_object_set_new(doc, key, json_deep_copy(value));
        } else {
            if (!json_is_object(have))
                bad |= json_object_set_new(doc, key, json_object());
            bad |= !json_object_get(doc, key) || merge_into(json_object_get(doc, key), value);
        }
    }
    return bad;
}

static json_t *finish(json_t *made, int bad, struct error *err)
{
    if (made && !bad)
        return made;
    json_decref(made);
    error_no_memory(err);
    return NULL;
}

json_t *patch_merge(json_t *doc, json_t *patch, char *problem, size_t max, struct error *err)
{
    json_t *made = json_deep_copy(doc);

    (void)max;
    *problem = '\0';
    return finish(made, made ? merge_into(made, patch) : 0, err);
}

/* by what the elements of a list are told apart (the patchMergeKey tags of k8s.io/api/core/v1); NULL: the list is atomic */
static const char *merge_key(const char *list)
{
    static const struct {
        const char *list, *key;
    } keys[] = {{"containers", "name"},
                {"initContainers", "name"},
                {"ephemeralContainers", "name"},
                {"volumes", "name"},
                {"env", "name"},
                {"imagePullSecrets", "name"},
                {"conditions", "type"},
                {"ports", "containerPort"},
                {"volumeMounts", "mountPath"},
                {"addresses", "type"},
                {"hostAliases", "ip"},
                {"podIPs", "ip"},
                {"ownerReferences", "uid"},
                {"schedulingGates", "name"},
                {"volumeDevices", "devicePath"},
                {"topologySpreadConstraints", "topologyKey"}};

    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (!strcmp(keys[i].list, list))
            return keys[i].key;
    return NULL;
}

static bool is_set_of_strings(const char *list)
{
    return !strcmp(list, "finalizers");
}

struct strategic {
    char *problem;
    size_t max;
};

static int strategic_into(struct strategic *s, json_t *doc, const json_t *patch);

static size_t find_element(const json_t *list, const char *key, const json_t *value)
{
    json_t *element;
    size_t i;

    json_array_foreach((json_t *)list, i, element)
    {
        if (key ? json_equal(json_object_get(element, key), (json_t *)value) : json_equal(element, (json_t *)value))
            return i;
    }
    return json_array_size(list);
}

static const char *directive_of(const json_t *element)
{
    const char *directive = json_string_value(json_object_get(element, DIRECTIVE));

    return directive ? directive : "";
}

/* a new element, or a whole new value, is the patch applied to nothing: its directives do not stay */
static json_t *cleaned(struct strategic *s, const json_t *patch)
{
    json_t *made = json_object();

    if (made && strategic_into(s, made, patch)) {
        json_decref(made);
        return NULL;
    }
    return made;
}

static int merge_element(struct strategic *s, json_t *list, const char *key, json_t *element)
{
    json_t *value = json_object_get(element, key), *made;
    const char *directive = directive_of(element);
    size_t at;

    if (!strcmp(directive, "replace"))
        return 0;
    if (!value) {
        snprintf(s->problem, s->max, "map: %s does not contain declared merge key: %s", "map[]", key);
        return 1;
    }
    at = find_element(list, key, value);
    if (!strcmp(directive, "delete"))
        return at < json_array_size(list) ? json_array_remove(list, at) : 0;
    if (at < json_array_size(list))
        return strategic_into(s, json_array_get(list, at), element);
    made = cleaned(s, element);
    return made ? json_array_append_new(list, made) : -1;
}

static int merge_list(struct strategic *s, json_t *list, const char *key, const json_t *patch)
{
    json_t *element;
    size_t i;
    int ret = 0;

    json_array_foreach((json_t *)patch, i, element)
    {
        if (json_is_object(element) && !strcmp(directive_of(element), "replace"))
            json_array_clear(list);
    }
    json_array_foreach((json_t *)patch, i, element)
    {
        if (ret)
            break;
        if (key)
            ret = merge_element(s, list, key, element);
        else if (find_element(list, NULL, element) == json_array_size(list))
            ret = json_array_append(list, element);
    }
    return ret;
}

/* the elements that `order` names come in its order, the others behind them as they were */
static int reorder(json_t *doc, const char *list_name, const json_t *order)
{
    json_t *list = json_object_get(doc, list_name), *made = json_array(), *element;
    const char *key = merge_key(list_name);
    size_t i;
    int bad = !made;

    if (!json_is_array(list)) {
        json_decref(made);
        return 0;
    }
    json_array_foreach((json_t *)order, i, element)
    {
        size_t at = find_element(list, key, key ? json_object_get(element, key) : element);

        if (at == json_array_size(list))
            continue;
        bad |= json_array_append(made, json_array_get(list, at));
        bad |= json_array_remove(list, at);
    }
    bad |= json_array_extend(made, list);
    if (bad) {
        json_decref(made);
        return -1;
    }
    return json_object_set_new(doc, list_name, made);
}

static int delete_primitives(json_t *doc, const char *list_name, const json_t *values)
{
    json_t *list = json_object_get(doc, list_name), *value;
    size_t i, at;

    json_array_foreach((json_t *)values, i, value)
    {
        while ((at = find_element(list, NULL, value)) < json_array_size(list))
            json_array_remove(list, at);
    }
    return 0;
}

static int retain_keys(json_t *doc, const json_t *keys)
{
    const char *key;
    json_t *value;
    void *next;

    json_object_foreach_safe(doc, next, key, value)
    {
        json_t *name = json_string(key);

        if (!name)
            return -1;
        if (find_element(keys, NULL, name) == json_array_size(keys))
            json_object_del(doc, key);
        json_decref(name);
    }
    return 0;
}

static int merge_member(struct strategic *s, json_t *doc, const char *key, json_t *value)
{
    json_t *have = json_object_get(doc, key);
    const char *element_key = merge_key(key);

    if (json_is_null(value)) {
        json_object_del(doc, key);
        return 0;
    }
    if (json_is_object(value)) {
        if (!strcmp(directive_of(value), "delete")) {
            json_object_del(doc, key);
            return 0;
        }
        if (!json_is_object(have) || !strcmp(directive_of(value), "replace"))
            return json_object_set_new(doc, key, cleaned(s, value));
        return strategic_into(s, have, value);
    }
    if (json_is_array(value) && (element_key || is_set_of_strings(key))) {
        if (!json_is_array(have) && json_object_set_new(doc, key, json_array()) < 0)
            return -1;
        return merge_list(s, json_object_get(doc, key), element_key, value);
    }
    return json_object_set_new(doc, key, json_deep_copy(value));
}

static int apply_directive(json_t *doc, const char *key, const json_t *value)
{
    if (!strcmp(key, RETAIN_KEYS))
        return retain_keys(doc, value);
    if (!strncmp(key, ELEMENT_ORDER, strlen(ELEMENT_ORDER)))
        return reorder(doc, key + strlen(ELEMENT_ORDER), value);
    if (!strncmp(key, DELETE_PRIMITIVES, strlen(DELETE_PRIMITIVES)))
        return delete_primitives(doc, key + strlen(DELETE_PRIMITIVES), value);
    return 0;
}

/* 0; 1: the patch is wrong; -1: memory ran out */
static int strategic_into(struct strategic *s, json_t *doc, const json_t *patch)
{
    const char *key;
    json_t *value;
    int ret = 0;

    json_object_foreach((json_t *)patch, key, value)
    {
        if (ret)
            return ret;
        if (*key != '$')
            ret = merge_member(s, doc, key, value);
    }
    json_object_foreach((json_t *)patch, key, value)
    {
        if (ret)
            return ret;
        if (*key == '$')
            ret = apply_directive(doc, key, value);
    }
    return ret;
}

json_t *patch_strategic(json_t *doc, json_t *patch, char *problem, size_t max, struct error *err)
{
    struct strategic s = {problem, max};
    json_t *made = json_deep_copy(doc);
    int ret = made ? strategic_into(&s, made, patch) : -1;

    if (ret <= 0)
        *problem = '\0';
    if (ret <= 0)
        return finish(made, ret, err);
    json_decref(made);
    return NULL;
}

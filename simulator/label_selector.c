/* label_selector.c: see label_selector.h. */
#include "simulator/label_selector.h"

#include <stdlib.h>
#include <string.h>

static const char *text_of(const json_t *object, const char *key)
{
    const char *value = json_string_value(json_object_get(object, key));

    return value ? value : "";
}

/* one requirement while they are put in order: a label with its value, or an expression */
struct requirement {
    const char *key;
    const json_t *value, *expression;
};

static int compare(const void *a, const void *b)
{
    return strcmp(((const struct requirement *)a)->key, ((const struct requirement *)b)->key);
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int add_values(const json_t *values, struct buffer *out, struct error *err)
{
    size_t count = json_array_size(values), used = 0, i;
    const char **sorted = calloc(count + 1, sizeof(*sorted));
    const json_t *value;
    int ret = 0;

    if (!sorted)
        return error_no_memory(err);
    json_array_foreach(values, i, value)
    {
        if (json_is_string(value))
            sorted[used++] = json_string_value(value);
    }
    qsort(sorted, used, sizeof(*sorted), compare_texts);
    for (i = 0; i < used && ret == 0; i++)
        ret = buffer_printf(out, err, "%s%s", i ? "," : "", sorted[i]);
    free(sorted);
    return ret;
}

static int add_requirement(const struct requirement *requirement, struct buffer *out, struct error *err)
{
    const char *op = text_of(requirement->expression, "operator");

    if (requirement->value)
        return buffer_printf(out, err, "%s=%s", requirement->key, json_string_value(requirement->value));
    if (!strcmp(op, "Exists"))
        return buffer_add_string(out, requirement->key, err);
    if (!strcmp(op, "DoesNotExist"))
        return buffer_printf(out, err, "!%s", requirement->key);
    if (buffer_printf(out, err, "%s %s (", requirement->key, !strcmp(op, "NotIn") ? "notin" : "in") < 0 ||
        add_values(json_object_get(requirement->expression, "values"), out, err) < 0)
        return -1;
    return buffer_add(out, ")", 1, err);
}

int label_selector_format(const json_t *selector, struct buffer *out, struct error *err)
{
    json_t *labels = json_object_get(selector, "matchLabels"), *expressions = json_object_get(selector, "matchExpressions"), *value;
    struct requirement *all = calloc(json_object_size(labels) + json_array_size(expressions) + 1, sizeof *all);
    size_t count = 0, i;
    const char *key;
    int ret = 0;

    if (!all)
        return error_no_memory(err);
    json_object_foreach(labels, key, value)
    {
        if (json_is_string(value))
            all[count++] = (struct requirement){key, value, NULL};
    }
    json_array_foreach(expressions, i, value) all[count++] = (struct requirement){text_of(value, "key"), NULL, value};
    qsort(all, count, sizeof *all, compare);
    for (i = 0; i < count && ret == 0; i++) {
        if (i)
            ret = buffer_add(out, ",", 1, err);
        if (ret == 0)
            ret = add_requirement(&all[i], out, err);
    }
    free(all);
    return ret;
}

static bool listed(const json_t *values, const json_t *wanted)
{
    const json_t *value;
    size_t i;

    json_array_foreach(values, i, value)
    {
        if (json_equal(value, wanted))
            return true;
    }
    return false;
}

static bool expression_matches(const json_t *expression, const json_t *labels)
{
    const char *op = text_of(expression, "operator");
    const json_t *value = json_object_get(labels, text_of(expression, "key"));

    if (!strcmp(op, "Exists"))
        return value != NULL;
    if (!strcmp(op, "DoesNotExist"))
        return !value;
    if (!strcmp(op, "Gt") || !strcmp(op, "Lt"))
        return false;
    if (!strcmp(op, "NotIn"))
        return !value || !listed(json_object_get(expression, "values"), value);
    return value && listed(json_object_get(expression, "values"), value);
}

bool label_selector_matches(const json_t *selector, const json_t *labels)
{
    const json_t *value;
    const char *key;
    size_t i;

    json_object_foreach((json_t *)json_object_get(selector, "matchLabels"), key, value)
    {
        if (!json_equal(value, json_object_get(labels, key)))
            return false;
    }
    json_array_foreach(json_object_get(selector, "matchExpressions"), i, value)
    {
        if (!expression_matches(value, labels))
            return false;
    }
    return true;
}

bool label_selector_empty(const json_t *selector)
{
    return !json_object_size(json_object_get(selector, "matchLabels")) && !json_array_size(json_object_get(selector, "matchExpressions"));
}

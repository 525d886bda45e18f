/* constraints.c: node affinity and tolerations from JSON. */
#include "common/cluster/constraints.h"

#include <string.h>

static int read_values(const json_t *expression, const char *path, struct scratch *scratch, struct match_expression *e, struct error *err)
{
    const json_t *list = NULL;
    const char **values;

    if (read_array(expression, "values", &list, err) < 0)
        return error_prefix(err, "%s", path);
    if (json_array_size(list) == 0)
        return 0;
    values = scratch_alloc(scratch, json_array_size(list), sizeof *values, err);
    if (!values)
        return -1;
    for (size_t i = 0; i < json_array_size(list); i++) {
        values[i] = json_string_value(json_array_get(list, i));
        if (!values[i])
            return error_set(err, ERROR_RUNTIME, "%s: values[%zu]: expected a string", path, i);
    }
    e->values = values;
    e->value_count = json_array_size(list);
    return 0;
}

int read_expressions(const json_t *term, const char *path, struct scratch *scratch, const struct match_expression **out, size_t *count,
                     struct error *err)
{
    const json_t *array = NULL, *json;
    struct match_expression *e;

    if (read_array(term, path, &array, err) < 0)
        return -1;
    if (json_array_size(array) == 0)
        return 0;
    e = scratch_alloc(scratch, json_array_size(array), sizeof *e, err);
    if (!e)
        return -1;
    for (size_t i = 0; i < json_array_size(array); i++) {
        e[i].key = e[i].operator_ = "";
        json = read_element(array, i, path, err);
        if (!json)
            return -1;
        if (read_string(json, "key", &e[i].key, err) < 0 || read_string(json, "operator", &e[i].operator_, err) < 0)
            return error_prefix(err, "%s", path);
        if (read_values(json, path, scratch, &e[i], err) < 0)
            return -1;
    }
    *out = e;
    *count = json_array_size(array);
    return 0;
}

#define REQUIRED_PATH "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution"

int read_node_affinity(const json_t *spec, struct pod *pod, struct scratch *scratch, struct error *err)
{
    const json_t *affinity = NULL, *node = NULL, *required_ = NULL, *terms = NULL, *json;
    struct node_selector_term *term;

    if (read_object(spec, "spec.affinity", &affinity, err) < 0 || read_object(affinity, "spec.affinity.nodeAffinity", &node, err) < 0 ||
        read_object(node, REQUIRED_PATH, &required_, err) < 0 || read_array(required_, REQUIRED_PATH ".nodeSelectorTerms", &terms, err) < 0)
        return -1;
    pod->has_required_node_affinity = required_ != NULL;
    if (json_array_size(terms) == 0)
        return 0;
    term = scratch_alloc(scratch, json_array_size(terms), sizeof *term, err);
    if (!term)
        return -1;
    for (size_t i = 0; i < json_array_size(terms); i++) {
        json = read_element(terms, i, REQUIRED_PATH ".nodeSelectorTerms", err);
        if (!json ||
            read_expressions(json, REQUIRED_PATH ".nodeSelectorTerms.matchExpressions", scratch, &term[i].expressions,
                             &term[i].expression_count, err) < 0 ||
            read_expressions(json, REQUIRED_PATH ".nodeSelectorTerms.matchFields", scratch, &term[i].fields, &term[i].field_count, err) < 0)
            return -1;
    }
    pod->affinity_terms = term;
    pod->affinity_term_count = json_array_size(terms);
    return 0;
}

int read_tolerations(const json_t *spec, struct pod *pod, struct scratch *scratch, struct error *err)
{
    const json_t *array = NULL, *json;
    struct toleration *t;

    if (read_array(spec, "spec.tolerations", &array, err) < 0)
        return -1;
    if (json_array_size(array) == 0)
        return 0;
    t = scratch_alloc(scratch, json_array_size(array), sizeof *t, err);
    if (!t)
        return -1;
    for (size_t i = 0; i < json_array_size(array); i++) {
        t[i] = (struct toleration){"", "", "", ""};
        json = read_element(array, i, "spec.tolerations", err);
        if (!json || read_string(json, "spec.tolerations.key", &t[i].key, err) < 0 ||
            read_string(json, "spec.tolerations.operator", &t[i].operator_, err) < 0 ||
            read_string(json, "spec.tolerations.value", &t[i].value, err) < 0 ||
            read_string(json, "spec.tolerations.effect", &t[i].effect, err) < 0)
            return -1;
        if (!*t[i].operator_)
            t[i].operator_ = "Equal";
    }
    pod->tolerations = t;
    pod->toleration_count = json_array_size(array);
    return 0;
}

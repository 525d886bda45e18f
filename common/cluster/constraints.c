/* constraints.c: node affinity and tolerations from JSON. */
#include "common/cluster/constraints.h"

int read_expressions(const json_t *term, const char *path, struct scratch *scratch, const struct match_expression **out, size_t *count,
                     struct error *err)
{
    struct match_expression *e;
    struct items items;
    const json_t *json;

    if (read_items(term, path, sizeof *e, scratch, &items, err) < 0)
        return -1;
    e = items.room;
    for (size_t i = 0; i < items.count; i++) {
        e[i].key = e[i].operator_ = "";
        json = read_element(items.array, i, path, err);
        if (!json)
            return -1;
        if (read_string(json, "key", &e[i].key, err) < 0 || read_string(json, "operator", &e[i].operator_, err) < 0 ||
            read_strings(json, "values", scratch, &e[i].values, &e[i].value_count, err) < 0)
            return err->kind == ERROR_NO_MEMORY ? -1 : error_prefix(err, "%s", path);
    }
    *out = e;
    *count = items.count;
    return 0;
}

#define REQUIRED_PATH "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution"

int read_node_affinity(const json_t *spec, struct pod *pod, struct scratch *scratch, struct error *err)
{
    const json_t *affinity = NULL, *node = NULL, *required_ = NULL, *json;
    struct node_selector_term *term;
    struct items terms;

    if (read_object(spec, "spec.affinity", &affinity, err) < 0 || read_object(affinity, "spec.affinity.nodeAffinity", &node, err) < 0 ||
        read_object(node, REQUIRED_PATH, &required_, err) < 0 ||
        read_items(required_, REQUIRED_PATH ".nodeSelectorTerms", sizeof *term, scratch, &terms, err) < 0)
        return -1;
    pod->has_required_node_affinity = required_ != NULL;
    term = terms.room;
    for (size_t i = 0; i < terms.count; i++) {
        json = read_element(terms.array, i, REQUIRED_PATH ".nodeSelectorTerms", err);
        if (!json ||
            read_expressions(json, REQUIRED_PATH ".nodeSelectorTerms.matchExpressions", scratch, &term[i].expressions,
                             &term[i].expression_count, err) < 0 ||
            read_expressions(json, REQUIRED_PATH ".nodeSelectorTerms.matchFields", scratch, &term[i].fields, &term[i].field_count, err) < 0)
            return -1;
    }
    pod->affinity_terms = term;
    pod->affinity_term_count = terms.count;
    return 0;
}

int read_tolerations(const json_t *spec, struct pod *pod, struct scratch *scratch, struct error *err)
{
    struct toleration *t;
    struct items items;
    const json_t *json;

    if (read_items(spec, "spec.tolerations", sizeof *t, scratch, &items, err) < 0)
        return -1;
    t = items.room;
    for (size_t i = 0; i < items.count; i++) {
        t[i] = (struct toleration){"", "", "", ""};
        json = read_element(items.array, i, "spec.tolerations", err);
        if (!json || read_string(json, "spec.tolerations.key", &t[i].key, err) < 0 ||
            read_string(json, "spec.tolerations.operator", &t[i].operator_, err) < 0 ||
            read_string(json, "spec.tolerations.value", &t[i].value, err) < 0 ||
            read_string(json, "spec.tolerations.effect", &t[i].effect, err) < 0)
            return -1;
        if (!*t[i].operator_)
            t[i].operator_ = "Equal";
    }
    pod->tolerations = t;
    pod->toleration_count = items.count;
    return 0;
}

/* node_affinity.c: nodeSelector and required node affinity. */
#include <string.h>

#include "common/policy/rules.h"

static bool is(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

/* metadata.name is the only field, and takes one value */
static bool field_matches(const struct match_expression *e, const struct node_spec *node)
{
    if (!is(e->key, "metadata.name") || e->value_count != 1)
        return false;
    if (is(e->operator_, "In"))
        return is(e->values[0], node->name);
    return is(e->operator_, "NotIn") && !is(e->values[0], node->name);
}

static bool term_matches(const struct node_selector_term *term, const struct node_spec *node)
{
    if (term->expression_count + term->field_count == 0)
        return false;
    for (size_t i = 0; i < term->expression_count; i++)
        if (!expression_matches(&term->expressions[i], node->labels, node->label_count))
            return false;
    for (size_t i = 0; i < term->field_count; i++)
        if (!field_matches(&term->fields[i], node))
            return false;
    return true;
}

bool node_matches(const struct pod *pod, const struct node *node)
{
    const struct node_spec *spec = node->spec;

    for (size_t i = 0; i < pod->node_selector_count; i++) {
        const char *label = label_get(spec->labels, spec->label_count, pod->node_selector[i].key);

        if (!label || !is(label, pod->node_selector[i].value))
            return false;
    }
    if (!pod->has_required_node_affinity)
        return true;
    for (size_t i = 0; i < pod->affinity_term_count; i++)
        if (term_matches(&pod->affinity_terms[i], spec))
            return true;
    return false;
}

/* does the term name nodes, and is this one of them? */
static bool names_node(const struct node_selector_term *term, const char *name, bool *names)
{
    bool named = true;

    *names = false;
    for (size_t i = 0; i < term->field_count; i++) {
        const struct match_expression *e = &term->fields[i];

        if (!is(e->key, "metadata.name") || !is(e->operator_, "In"))
            continue;
        *names = true;
        named = named && expression_has_value(e, name);
    }
    return named;
}

bool affinity_leaves_out(const struct pod *pod, const struct node *node)
{
    bool names, left_out = false;

    for (size_t i = 0; i < pod->affinity_term_count; i++) {
        bool named = names_node(&pod->affinity_terms[i], node->spec->name, &names);

        if (!names || named)
            return false;
        left_out = true;
    }
    return left_out;
}

/* could no name satisfy all of the term's fields? A name that could is among the values of each that names nodes */
static bool contradicts_itself(const struct node_selector_term *term)
{
    bool names = false, ignored;

    for (size_t i = 0; i < term->field_count; i++) {
        const struct match_expression *e = &term->fields[i];

        if (!is(e->key, "metadata.name") || !is(e->operator_, "In"))
            continue;
        for (size_t j = 0; j < e->value_count; j++)
            if (names_node(term, e->values[j], &ignored))
                return false;
        names = true;
    }
    return names;
}

bool affinity_conflicts(const struct pod *pod)
{
    for (size_t i = 0; i < pod->affinity_term_count; i++)
        if (!contradicts_itself(&pod->affinity_terms[i]))
            return false;
    return pod->affinity_term_count > 0;
}

/* node_affinity.c: nodeSelector and required node affinity. */
#include <stdint.h>
#include <string.h>

#include "common/policy/rules.h"

static bool is(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

/* a whole decimal integer, as Go's ParseInt takes it */
static bool parse_integer(const char *text, int64_t *value)
{
    const bool negative = *text == '-';
    const uint64_t limit = (uint64_t)INT64_MAX + negative;
    uint64_t sum = 0;

    if (*text == '-' || *text == '+')
        text++;
    if (!*text)
        return false;
    for (; *text; text++) {
        uint64_t digit = (uint64_t)(*text - '0');

        if (*text < '0' || *text > '9' || sum > (limit - digit) / 10)
            return false;
        sum = sum * 10 + digit;
    }
    *value = negative ? (int64_t)(0 - sum) : (int64_t)sum;
    return true;
}

static bool in_values(const struct match_expression *e, const char *value)
{
    for (size_t i = 0; i < e->value_count; i++)
        if (is(e->values[i], value))
            return true;
    return false;
}

/* Gt and Lt take one integer each side */
static bool compares(const struct match_expression *e, const char *label, bool greater)
{
    int64_t is_, bound;

    if (!label || e->value_count != 1 || !parse_integer(label, &is_) || !parse_integer(e->values[0], &bound))
        return false;
    return greater ? is_ > bound : is_ < bound;
}

/* an expression that is not well formed matches nothing */
static bool label_matches(const struct match_expression *e, const struct node_spec *node)
{
    const char *label = label_get(node->labels, node->label_count, e->key);

    if (is(e->operator_, "In"))
        return label && in_values(e, label);
    if (is(e->operator_, "NotIn"))
        return e->value_count > 0 && !(label && in_values(e, label));
    if (is(e->operator_, "Exists"))
        return e->value_count == 0 && label;
    if (is(e->operator_, "DoesNotExist"))
        return e->value_count == 0 && !label;
    if (is(e->operator_, "Gt"))
        return compares(e, label, true);
    if (is(e->operator_, "Lt"))
        return compares(e, label, false);
    return false;
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
        if (!label_matches(&term->expressions[i], node))
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
        named = named && in_values(e, name);
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

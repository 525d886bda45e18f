/* labels.c: what labels must look like: one expression of a node selector or a label selector, and a whole label selector. */
#include <string.h>

#include "common/policy/rules.h"

static bool is(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

bool parse_integer(const char *text, int64_t *value)
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

bool expression_has_value(const struct match_expression *e, const char *value)
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
bool expression_matches(const struct match_expression *e, const struct label *labels, size_t count)
{
    const char *label = label_get(labels, count, e->key);

    if (is(e->operator_, "In"))
        return label && expression_has_value(e, label);
    if (is(e->operator_, "NotIn"))
        return e->value_count > 0 && !(label && expression_has_value(e, label));
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

/* Gt and Lt are for nodes alone */
bool labels_selected(const struct label_selector *selector, const struct label *labels, size_t count)
{
    for (size_t i = 0; i < selector->expression_count; i++) {
        const struct match_expression *e = &selector->expressions[i];

        if (is(e->operator_, "Gt") || is(e->operator_, "Lt") || !expression_matches(e, labels, count))
            return false;
    }
    return selector->present;
}

bool pod_selected(const struct label_selector *selector, const struct pod *pod)
{
    return labels_selected(selector, pod->labels, pod->label_count);
}

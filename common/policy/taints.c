/* taints.c: tolerations against taints. */
#include <string.h>

#include "common/policy/rules.h"

/* a number as Gt and Lt of a toleration take it: in its shortest form */
static bool parse_shortest(const char *text, int64_t *value)
{
    const char *digits = text + (*text == '-');

    return *text != '+' && (*digits != '0' || (digits == text && !digits[1])) && parse_integer(text, value);
}

/* the taint's value stands on the left: Gt 900 tolerates 950 */
static bool compares(const struct toleration *t, const struct taint *taint, bool greater)
{
    int64_t has, bound;

    if (!parse_shortest(taint->value, &has) || !parse_shortest(t->value, &bound))
        return false;
    return greater ? has > bound : has < bound;
}

/* an empty key or effect of a toleration stands for every one */
static bool matches(const struct toleration *t, const struct taint *taint)
{
    if (*t->effect && strcmp(t->effect, taint->effect) != 0)
        return false;
    if (*t->key && strcmp(t->key, taint->key) != 0)
        return false;
    if (strcmp(t->operator_, "Exists") == 0)
        return true;
    if (strcmp(t->operator_, "Gt") == 0)
        return compares(t, taint, true);
    if (strcmp(t->operator_, "Lt") == 0)
        return compares(t, taint, false);
    return strcmp(t->operator_, "Equal") == 0 && strcmp(t->value, taint->value) == 0;
}

bool tolerates(const struct pod *pod, const struct taint *taint)
{
    for (size_t i = 0; i < pod->toleration_count; i++)
        if (matches(&pod->tolerations[i], taint))
            return true;
    return false;
}

static bool is_effect(const struct taint *taint, const char *effect)
{
    return strcmp(taint->effect, effect) == 0;
}

bool taints_allow(const struct pod *pod, const struct node *node)
{
    const struct node_spec *spec = node->spec;

    for (size_t i = 0; i < spec->taint_count; i++) {
        const struct taint *taint = &spec->taints[i];

        if ((is_effect(taint, "NoSchedule") || is_effect(taint, "NoExecute")) && !tolerates(pod, taint))
            return false;
    }
    return true;
}

int taints_not_preferred(const struct pod *pod, const struct node *node)
{
    int count = 0;

    if (!(node->traits & NODE_PREFERS_NO_SCHEDULE))
        return 0;
    for (size_t i = 0; i < node->spec->taint_count; i++)
        if (is_effect(&node->spec->taints[i], "PreferNoSchedule") && !tolerates(pod, &node->spec->taints[i]))
            count++;
    return count;
}

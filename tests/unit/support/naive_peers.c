/* naive_peers.c: the rules as the Kubernetes documentation tells them, one after the other. */
#include "tests/unit/support/naive_peers.h"

#include <stdbool.h>
#include <string.h>

static const json_t *at(const json_t *object, const char *key)
{
    return json_object_get(object, key);
}

static const char *text(const json_t *object, const char *key)
{
    return json_string_value(at(object, key));
}

static const json_t *labels_of(const json_t *object)
{
    return at(at(object, "metadata"), "labels");
}

static const char *namespace_of(const json_t *pod)
{
    return text(at(pod, "metadata"), "namespace");
}

static bool contains(const json_t *list, const char *s)
{
    size_t i;
    json_t *element;

    json_array_foreach(list, i, element)
    {
        if (strcmp(json_string_value(element), s) == 0)
            return true;
    }
    return false;
}

static bool naive_expression(const json_t *e, const char *label)
{
    const char *operator_ = text(e, "operator");

    if (strcmp(operator_, "Exists") == 0)
        return label != NULL;
    if (strcmp(operator_, "DoesNotExist") == 0)
        return label == NULL;
    return (label && contains(at(e, "values"), label)) == (strcmp(operator_, "In") == 0);
}

/* also with what matchLabelKeys and mismatchLabelKeys of `holder` take from the owner's labels */
static bool naive_selector(const json_t *holder, const json_t *owner, const json_t *labels)
{
    const json_t *selector = at(holder, "labelSelector");
    const char *key;
    json_t *value, *e;
    size_t i;

    if (!selector)
        return false;
    json_object_foreach((json_t *)at(selector, "matchLabels"), key, value)
    {
        if (!text(labels, key) || strcmp(text(labels, key), json_string_value(value)) != 0)
            return false;
    }
    json_array_foreach(at(selector, "matchExpressions"), i, e)
    {
        if (!naive_expression(e, text(labels, text(e, "key"))))
            return false;
    }
    json_array_foreach(at(holder, "matchLabelKeys"), i, e)
    {
        const char *mine = text(labels_of(owner), json_string_value(e)), *theirs = text(labels, json_string_value(e));

        if (mine && !(theirs && strcmp(mine, theirs) == 0))
            return false;
    }
    json_array_foreach(at(holder, "mismatchLabelKeys"), i, e)
    {
        const char *mine = text(labels_of(owner), json_string_value(e)), *theirs = text(labels, json_string_value(e));

        if (mine && theirs && strcmp(mine, theirs) == 0)
            return false;
    }
    return true;
}

static bool naive_term(const json_t *term, const json_t *owner, const json_t *other)
{
    const json_t *selector = at(term, "namespaceSelector"), *wanted = at(selector, "matchLabels");
    const char *namespace_ = namespace_of(other);
    bool covered = contains(at(term, "namespaces"), namespace_);

    if (json_array_size(at(term, "namespaces")) == 0 && !selector)
        covered = strcmp(namespace_of(owner), namespace_) == 0;
    if (selector && (!wanted || strcmp(text(wanted, "kubernetes.io/metadata.name"), namespace_) == 0))
        covered = true;
    return covered && naive_selector(term, owner, labels_of(other));
}

static const json_t *terms_of(const json_t *pod, const char *kind)
{
    return at(at(at(at(pod, "spec"), "affinity"), kind), "requiredDuringSchedulingIgnoredDuringExecution");
}

static const json_t *node_of_pod(const struct world *w, const json_t *pod)
{
    for (size_t i = 0; i < w->node_count; i++)
        if (strcmp(text(at(w->nodes[i], "metadata"), "name"), text(at(pod, "spec"), "nodeName")) == 0)
            return w->nodes[i];
    return NULL;
}

static bool same_domain(const json_t *a, const json_t *b, const char *key)
{
    const char *s = text(labels_of(a), key), *t = text(labels_of(b), key);

    return s && t && strcmp(s, t) == 0;
}

static bool matches_all(const json_t *owner, const json_t *other)
{
    const json_t *terms = terms_of(owner, "podAffinity");
    json_t *term;
    size_t i;

    json_array_foreach(terms, i, term)
    {
        if (!naive_term(term, owner, other))
            return false;
    }
    return json_array_size(terms) > 0;
}

static bool naive_company(const struct world *w, const json_t *pod, const json_t *node)
{
    bool met = true, anybody = false;
    json_t *term;
    size_t i;

    json_array_foreach(terms_of(pod, "podAffinity"), i, term)
    {
        const char *key = text(term, "topologyKey");
        bool here = false;

        if (!text(labels_of(node), key))
            return false;
        for (size_t p = 0; p < w->pod_count; p++) {
            const json_t *there = node_of_pod(w, w->pods[p]);

            if (!matches_all(pod, w->pods[p]))
                continue;
            here = here || same_domain(there, node, key);
            anybody = anybody || text(labels_of(there), key);
        }
        met = met && here;
    }
    return met || (!anybody && matches_all(pod, pod));
}

static bool naive_against(const struct world *w, const json_t *pod, const json_t *node, bool of_others)
{
    for (size_t p = 0; p < w->pod_count; p++) {
        const json_t *owner = of_others ? w->pods[p] : pod, *other = of_others ? pod : w->pods[p];
        json_t *term;
        size_t i;

        json_array_foreach(terms_of(owner, "podAntiAffinity"), i, term)
        {
            if (naive_term(term, owner, other) && same_domain(node_of_pod(w, w->pods[p]), node, text(term, "topologyKey")))
                return true;
        }
    }
    return false;
}

const char *naive_affinity(const struct world *w, const json_t *pod, const json_t *node)
{
    if (!naive_company(w, pod, node))
        return NOT_MET;
    if (naive_against(w, pod, node, false))
        return UNWANTED;
    return naive_against(w, pod, node, true) ? CLAIMED : NULL;
}

static bool naive_included(const json_t *c, const json_t *constraints, const json_t *pod, const json_t *node)
{
    const char *affinity = text(c, "nodeAffinityPolicy"), *taints = text(c, "nodeTaintsPolicy");
    const json_t *taint = json_array_get(at(at(node, "spec"), "taints"), 0);
    json_t *other;
    size_t i;

    json_array_foreach(constraints, i, other)
    {
        if (strcmp(text(other, "whenUnsatisfiable"), "DoNotSchedule") == 0 && !text(labels_of(node), text(other, "topologyKey")))
            return false;
    }
    if (!(affinity && strcmp(affinity, "Ignore") == 0) && at(at(pod, "spec"), "nodeSelector") && !text(labels_of(node), "disk"))
        return false;
    return !(taints && strcmp(taints, "Honor") == 0 && taint && strcmp(text(taint, "effect"), "NoSchedule") == 0 &&
             !at(at(pod, "spec"), "tolerations"));
}

/* pods that count in the domain that `node` is in */
static int naive_count(const struct world *w, const json_t *c, const json_t *constraints, const json_t *pod, const json_t *node)
{
    const json_t *selector = at(c, "labelSelector");
    bool empty = json_object_size(at(selector, "matchLabels")) + json_array_size(at(selector, "matchExpressions")) == 0;
    int count = 0;

    if (empty && !(json_array_size(at(c, "matchLabelKeys")) && text(labels_of(pod), "rev")))
        return 0;
    for (size_t p = 0; p < w->pod_count; p++) {
        const json_t *there = node_of_pod(w, w->pods[p]);

        count += same_domain(there, node, text(c, "topologyKey")) && naive_included(c, constraints, pod, there) &&
                 strcmp(namespace_of(w->pods[p]), namespace_of(pod)) == 0 && !at(at(w->pods[p], "metadata"), "deletionTimestamp") &&
                 naive_selector(c, pod, labels_of(w->pods[p]));
    }
    return count;
}

static int naive_least(const struct world *w, const json_t *c, const json_t *constraints, const json_t *pod)
{
    int least = -1, domains = 0;

    for (size_t i = 0; i < w->node_count; i++) {
        bool seen = false;
        int count;

        if (!naive_included(c, constraints, pod, w->nodes[i]))
            continue;
        for (size_t j = 0; j < i; j++)
            seen =
                seen || (naive_included(c, constraints, pod, w->nodes[j]) && same_domain(w->nodes[i], w->nodes[j], text(c, "topologyKey")));
        count = naive_count(w, c, constraints, pod, w->nodes[i]);
        domains += !seen;
        if (least < 0 || count < least)
            least = count;
    }
    return least < 0 || domains < json_integer_value(at(c, "minDomains")) ? 0 : least;
}

const char *naive_spread(const struct world *w, const json_t *pod, const json_t *node)
{
    const json_t *constraints = at(at(pod, "spec"), "topologySpreadConstraints");
    json_t *c;
    size_t i;

    json_array_foreach(constraints, i, c)
    {
        if (strcmp(text(c, "whenUnsatisfiable"), "DoNotSchedule") != 0)
            continue;
        if (!text(labels_of(node), text(c, "topologyKey")))
            return LABEL_MISSING;
        if (naive_count(w, c, constraints, pod, node) + naive_selector(c, pod, labels_of(pod)) - naive_least(w, c, constraints, pod) >
            json_integer_value(at(c, "maxSkew")))
            return SKEWED;
    }
    return NULL;
}

/* peers.c: topology spread constraints, pod affinity and anti-affinity from JSON. */
#include <string.h>

#include "common/cluster/constraints.h"

#define SPREAD "spec.topologySpreadConstraints"
#define REQUIRED "requiredDuringSchedulingIgnoredDuringExecution"

/* The selector with room for `more` expressions after its own. */
static int read_selector(const json_t *object, const char *path, size_t more, struct scratch *scratch, struct label_selector *out,
                         struct error *err)
{
    const struct match_expression *written = NULL;
    const struct label *labels = NULL;
    size_t label_count = 0, written_count = 0;
    const json_t *json = NULL;
    struct match_expression *e;

    if (read_object(object, path, &json, err) < 0)
        return -1;
    if (!json)
        return 0;
    if (read_labels(json, "matchLabels", scratch, &labels, &label_count, err) < 0 ||
        read_expressions(json, "matchExpressions", scratch, &written, &written_count, err) < 0)
        return error_prefix(err, "%s", path);
    out->present = true;
    if (label_count + written_count + more == 0)
        return 0;
    e = scratch_alloc(scratch, label_count + written_count + more, sizeof *e, err);
    if (!e)
        return -1;
    for (size_t i = 0; i < label_count; i++) {
        const char **value = scratch_alloc(scratch, 1, sizeof *value, err);

        if (!value)
            return -1;
        *value = labels[i].value;
        e[i] = (struct match_expression){labels[i].key, "In", value, 1};
    }
    if (written_count)
        memcpy(e + label_count, written, written_count * sizeof *e);
    out->expressions = e;
    out->expression_count = label_count + written_count;
    return 0;
}

/* is there one on that key already? With a value, only one that asks for just this value. */
static bool has_expression(const struct label_selector *selector, const char *key, const char *operator_, const char *value)
{
    for (size_t i = 0; i < selector->expression_count; i++) {
        const struct match_expression *e = &selector->expressions[i];

        if (strcmp(e->key, key) == 0 && strcmp(e->operator_, operator_) == 0 &&
            (!value || (e->value_count == 1 && strcmp(e->values[0], value) == 0)))
            return true;
    }
    return false;
}

/*
 * Adds what the pod's own labels say under these keys. The API server has mostly done so when the pod was created, with the labels of
 * that time: for pod affinity it is alone in this (applyMatchLabelKeysAndMismatchLabelKeys of registry/core/pod/strategy.go), so what it wrote
 * stays; for spread constraints kube-scheduler adds them again at each choice.
 */
static int add_label_keys(const struct pod *pod, const char *const *keys, size_t count, const char *operator_, bool again,
                          struct scratch *scratch, struct label_selector *selector, struct error *err)
{
    for (size_t i = 0; selector->present && i < count; i++) {
        const char *label = label_get(pod->labels, pod->label_count, keys[i]), **value;

        if (!label || has_expression(selector, keys[i], operator_, again ? label : NULL))
            continue;
        value = scratch_alloc(scratch, 1, sizeof *value, err);
        if (!value)
            return -1;
        *value = label;
        ((struct match_expression *)selector->expressions)[selector->expression_count++] =
            (struct match_expression){keys[i], operator_, value, 1};
    }
    return 0;
}

/* ---- topology spread constraints ---- */

static int read_words(const json_t *json, struct spread_constraint *c, struct error *err)
{
    const char *action = "", *affinity = "Honor", *taints = "Ignore";

    if (read_string(json, SPREAD ".topologyKey", &c->topology_key, err) < 0 ||
        read_string(json, SPREAD ".whenUnsatisfiable", &action, err) < 0 ||
        read_string(json, SPREAD ".nodeAffinityPolicy", &affinity, err) < 0 ||
        read_string(json, SPREAD ".nodeTaintsPolicy", &taints, err) < 0)
        return -1;
    if (strcmp(action, "DoNotSchedule") == 0)
        c->when_unsatisfiable = SPREAD_DO_NOT_SCHEDULE;
    else if (strcmp(action, "ScheduleAnyway") == 0)
        c->when_unsatisfiable = SPREAD_SCHEDULE_ANYWAY;
    c->honors_affinity = strcmp(affinity, "Honor") == 0;
    c->honors_taints = strcmp(taints, "Honor") == 0;
    return 0;
}

static int read_constraint(const json_t *json, const struct pod *pod, struct scratch *scratch, struct spread_constraint *c,
                           struct error *err)
{
    const char *const *keys = NULL;
    size_t key_count = 0;

    *c = (struct spread_constraint){.topology_key = "", .min_domains = 1};
    if (read_words(json, c, err) < 0 || read_int32(json, SPREAD ".maxSkew", &c->max_skew, err) < 0 ||
        read_int32(json, SPREAD ".minDomains", &c->min_domains, err) < 0 ||
        read_strings(json, SPREAD ".matchLabelKeys", scratch, &keys, &key_count, err) < 0 ||
        read_selector(json, SPREAD ".labelSelector", key_count, scratch, &c->selector, err) < 0)
        return -1;
    return add_label_keys(pod, keys, key_count, "In", true, scratch, &c->selector, err);
}

static int read_constraints(const json_t *spec, const struct pod *pod, struct scratch *scratch, struct pod_peers *peers, struct error *err)
{
    struct spread_constraint *constraints;
    struct items items;
    const json_t *json;

    if (read_items(spec, SPREAD, sizeof *constraints, scratch, &items, err) < 0)
        return -1;
    constraints = items.room;
    for (size_t i = 0; i < items.count; i++) {
        json = read_element(items.array, i, SPREAD, err);
        if (!json || read_constraint(json, pod, scratch, &constraints[i], err) < 0)
            return -1;
    }
    peers->constraints = constraints;
    peers->constraint_count = items.count;
    return 0;
}

/* ---- pod affinity and anti-affinity ---- */

static int read_term(const json_t *json, const struct pod *pod, struct scratch *scratch, struct pod_affinity_term *term, struct error *err)
{
    const char *const *same = NULL, *const *other = NULL;
    size_t same_count = 0, other_count = 0;

    term->topology_key = "";
    if (read_string(json, "topologyKey", &term->topology_key, err) < 0 ||
        read_strings(json, "namespaces", scratch, &term->namespaces, &term->namespace_count, err) < 0 ||
        read_selector(json, "namespaceSelector", 0, scratch, &term->namespace_selector, err) < 0 ||
        read_strings(json, "matchLabelKeys", scratch, &same, &same_count, err) < 0 ||
        read_strings(json, "mismatchLabelKeys", scratch, &other, &other_count, err) < 0 ||
        read_selector(json, "labelSelector", same_count + other_count, scratch, &term->selector, err) < 0)
        return -1;
    if (add_label_keys(pod, same, same_count, "In", false, scratch, &term->selector, err) < 0)
        return -1;
    return add_label_keys(pod, other, other_count, "NotIn", false, scratch, &term->selector, err);
}

/* `kind` is podAffinity or podAntiAffinity */
static int read_terms(const json_t *affinity, const char *kind, const struct pod *pod, struct scratch *scratch,
                      const struct pod_affinity_term **out, size_t *count, struct error *err)
{
    const json_t *side = NULL, *json;
    struct pod_affinity_term *terms;
    struct items items;

    if (read_object(affinity, kind, &side, err) < 0)
        return error_prefix(err, "spec.affinity");
    if (read_items(side, REQUIRED, sizeof *terms, scratch, &items, err) < 0)
        return err->kind == ERROR_NO_MEMORY ? -1 : error_prefix(err, "spec.affinity.%s", kind);
    terms = items.room;
    for (size_t i = 0; i < items.count; i++) {
        json = read_element(items.array, i, REQUIRED, err);
        if (!json || read_term(json, pod, scratch, &terms[i], err) < 0)
            return error_prefix(err, "spec.affinity.%s", kind);
    }
    *out = terms;
    *count = items.count;
    return 0;
}

int read_peers(const json_t *spec, struct pod *pod, bool all, struct scratch *scratch, struct error *err)
{
    struct pod_peers found = {0}, *peers;
    const json_t *affinity = NULL;

    if (read_object(spec, "spec.affinity", &affinity, err) < 0 ||
        read_terms(affinity, "podAntiAffinity", pod, scratch, &found.anti_affinity, &found.anti_affinity_count, err) < 0)
        return -1;
    if (all && (read_terms(affinity, "podAffinity", pod, scratch, &found.affinity, &found.affinity_count, err) < 0 ||
                read_constraints(spec, pod, scratch, &found, err) < 0))
        return -1;
    if (found.constraint_count + found.affinity_count + found.anti_affinity_count == 0)
        return 0;
    peers = scratch_alloc(scratch, 1, sizeof *peers, err);
    if (!peers)
        return -1;
    *peers = found;
    pod->peers = peers;
    return 0;
}

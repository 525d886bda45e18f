#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "tests/grade/wrong/wrong.h"

static bool tolerates(const json_t *toleration, const json_t *taint)
{
    const char *key = text_at(toleration, "key", NULL), *effect = text_at(toleration, "effect", NULL);

    if (*key && strcmp(key, text_at(taint, "key", NULL)) != 0)
        return false;
    if (defect == TOLERATION_KEY_ONLY)
        return *key != '\0';
    if (*effect && strcmp(effect, text_at(taint, "effect", NULL)) != 0)
        return false;
    if (!strcmp(text_at(toleration, "operator", NULL), "Exists"))
        return true;
    return *key && !strcmp(text_at(toleration, "value", NULL), text_at(taint, "value", NULL));
}

static bool taint_forbids(const json_t *taint, const json_t *pod)
{
    const char *effect = text_at(taint, "effect", NULL);
    json_t *toleration;
    size_t i;

    if (strcmp(effect, "NoSchedule") != 0 && (defect == NO_EXECUTE_IGNORED || strcmp(effect, "NoExecute") != 0))
        return false;
    if (defect == TOLERATIONS_IGNORED)
        return true;
    json_array_foreach(json_at(pod, "spec", "tolerations", NULL), i, toleration)
    {
        if (tolerates(toleration, taint))
            return false;
    }
    return true;
}

static bool node_fits(const struct scheduler *s, const json_t *node, const json_t *pod)
{
    json_t *label, *taint;
    size_t i;

    if (*s->label_key && defect != LABEL_IGNORED) {
        label = json_at(node, "metadata", "labels", s->label_key, NULL);
        if (!label || (s->label_value && defect != LABEL_KEY_ONLY && strcmp(json_string_value(label), s->label_value) != 0))
            return false;
    }
    if (defect != CORDON_IGNORED && json_is_true(json_at(node, "spec", "unschedulable", NULL)))
        return false;
    json_array_foreach(json_at(node, "spec", "taints", NULL), i, taint)
    {
        if (defect == CORDON_IGNORED && !strcmp(text_at(taint, "key", NULL), "node.kubernetes.io/unschedulable"))
            continue;
        if (defect != TAINTS_IGNORED && taint_forbids(taint, pod))
            return false;
    }
    return true;
}

/* What a node has that speaks against it: the pods on it, or with --policy spread those of the same app. */
static int node_load(struct scheduler *s, const char *node, const json_t *pod)
{
    const char *app = text_at(pod, "metadata", "labels", "app", NULL), *key, *other;
    bool spread = s->spread && *app && defect != SPREAD_ALL_PODS;
    int load = 0;
    json_t *each;

    json_object_foreach(s->pods, key, each)
    {
        if (strcmp(text_at(each, "spec", "nodeName", NULL), node) != 0 || !pod_counts(s, each))
            continue;
        other = text_at(each, "metadata", "labels", "app", NULL);
        if (!spread || (defect == SPREAD_ANY_APP ? *other != '\0' : !strcmp(app, other)))
            load++;
    }
    return defect == SPREAD_PACKS && s->spread ? -load : load;
}

/* Counts of the defects that look once: at the start, or at the start of a cycle, which is when first_counts is dropped. */
static int remembered_load(struct scheduler *s, const char *node, const json_t *pod)
{
    if (!s->first_counts)
        s->first_counts = json_object();
    if (!json_object_get(s->first_counts, node))
        json_object_set_new(s->first_counts, node, json_integer(node_load(s, node, pod)));
    return (int)json_integer_value(json_object_get(s->first_counts, node));
}

const char *choose_node(struct scheduler *s, const json_t *pod)
{
    enum defect wrong = s->spread ? RIGHT : defect; /* what is wrong with the score is so with the lab's own policy */
    const char *name, *best = NULL;
    int load, least = INT_MAX;
    json_t *node;

    if (wrong == REMEMBERED_NODE && s->first_choice && node_fits(s, json_object_get(s->nodes, json_string_value(s->first_choice)), pod))
        return json_string_value(s->first_choice);
    json_object_foreach(s->nodes, name, node)
    {
        if (!node_fits(s, node, pod))
            continue;
        if (wrong == FIRST_NODE)
            load = 0;
        else if (wrong == RANDOM_NODE)
            load = rand() % 1000;
        else
            load = wrong == STALE_COUNTS || wrong == CYCLE_COUNTS ? remembered_load(s, name, pod) : node_load(s, name, pod);
        if (load < least || (load == least && strcmp(name, best) < 0)) {
            least = load;
            best = name;
        }
    }
    if (wrong == REMEMBERED_NODE && best)
        s->first_choice = json_string(best);
    return best;
}

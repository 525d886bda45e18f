/* preference.c: see preference.h (k8s.io/component-helpers/scheduling/corev1/nodeaffinity, PreferredSchedulingTerms). */
#include "simulator/preference.h"

#include "simulator/label_selector.h"

const json_t *preference_terms(const json_t *pod)
{
    const json_t *affinity = json_object_get(json_object_get(json_object_get(pod, "spec"), "affinity"), "nodeAffinity");
    const json_t *terms = json_object_get(affinity, "preferredDuringSchedulingIgnoredDuringExecution");

    return json_array_size(terms) ? terms : NULL;
}

int64_t preference_weight(struct sim *sim, const json_t *terms, const char *node)
{
    struct object *object = store_get(&sim->store, SLOT_NODES, node);
    json_t *doc = object ? json_loadb(object->text, object->text_bytes, 0, NULL) : NULL;
    const json_t *labels = json_object_get(json_object_get(doc, "metadata"), "labels"), *term;
    int64_t sum = 0;
    size_t i;

    json_array_foreach(terms, i, term)
    {
        const json_t *wanted = json_object_get(term, "preference");

        if (doc && json_array_size(json_object_get(wanted, "matchExpressions")) && label_selector_matches(wanted, labels))
            sum += json_integer_value(json_object_get(term, "weight"));
    }
    json_decref(doc);
    return sum;
}

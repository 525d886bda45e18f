/* pods.c: see pods.h. */
#include "doctor/pods.h"

#include <string.h>

#include "doctor/facts.h"
#include "doctor/schedulers.h"

/* what every container waits for at first */
static bool is_usual(const char *reason)
{
    return !*reason || !strcmp(reason, "ContainerCreating") || !strcmp(reason, "PodInitializing");
}

const json_t *pods_waiting(const json_t *pod)
{
    static const char *const lists[] = {"status.initContainerStatuses", "status.containerStatuses"};
    const json_t *status;
    size_t i;

    for (int k = 0; k < 2; k++)
        json_array_foreach(fact(pod, lists[k]), i, status) if (!is_usual(fact_text(status, "state.waiting.reason"))) return status;
    return NULL;
}

static bool runs_a_scheduler(const json_t *pod, const char *image)
{
    const json_t *container;
    size_t i;

    json_array_foreach(fact(pod, "spec.containers"), i, container) if (schedulers_is_container(container, image)) return true;
    return false;
}

static bool matters(const json_t *pod, const char *image)
{
    const char *phase = fact_text(pod, "status.phase");

    if (*fact_text(pod, "metadata.deletionTimestamp"))
        return true;
    if (!strcmp(phase, "Succeeded") || !strcmp(phase, "Failed"))
        return false;
    return !*fact_text(pod, "spec.nodeName") || strcmp(phase, "Running") != 0 || pods_waiting(pod) || runs_a_scheduler(pod, image);
}

/* when the pod got its node; "" when it has none, or nothing says so */
static const char *bound_at(const json_t *pod)
{
    const json_t *condition;
    size_t i;

    json_array_foreach(fact(pod, "status.conditions"), i,
                       condition) if (!strcmp(fact_text(condition, "type"), "PodScheduled") &&
                                      !strcmp(fact_text(condition, "status"), "True")) return fact_text(condition, "lastTransitionTime");
    return "";
}

static int count_bound(json_t *pods, const json_t *pod, struct error *err)
{
    const char *scheduler = fact_text(pod, "spec.schedulerName"), *at = bound_at(pod);
    json_t *bound = json_object_get(pods, "bound"), *entry = json_object_get(bound, scheduler);

    if (!*scheduler || !*at)
        return 0;
    if (!entry) {
        if (json_object_set_new(bound, scheduler, json_pack("{siss}", "count", 0, "last", at)) < 0)
            return error_no_memory(err);
        entry = json_object_get(bound, scheduler);
    }
    if (json_object_set_new(entry, "count", json_integer(fact_number(entry, "count", 0) + 1)) < 0 ||
        (strcmp(at, fact_text(entry, "last")) > 0 && json_object_set_new(entry, "last", json_string(at)) < 0))
        return error_no_memory(err);
    return 0;
}

int pods_take(json_t *pods, json_t *pod, const char *image, struct error *err)
{
    json_t *items = json_object_get(pods, "items");

    if (!json_object_get(pods, "bound") && json_object_set_new(pods, "bound", json_object()) < 0)
        return error_no_memory(err);
    if (!items) {
        items = json_array();
        if (json_object_set_new(pods, "items", items) < 0)
            return error_no_memory(err);
    }
    if (*fact_text(pod, "spec.nodeName") && count_bound(pods, pod, err) < 0)
        return -1;
    if (!matters(pod, image) || json_array_size(items) >= PODS_KEPT_MAX)
        return 0;
    return json_array_append(items, pod) < 0 ? error_no_memory(err) : 0;
}

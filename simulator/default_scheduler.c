#include "simulator/default_scheduler.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cluster/cache.h"
#include "common/cluster/decode.h"
#include "common/limits.h"
#include "common/policy/policy.h"
#include "simulator/binding.h"
#include "simulator/preference.h"

#define NAME "default-scheduler"

static bool to_place(const struct object *pod)
{
    return !*pod->field[0] && !pod->deleting && !strcmp(pod->field[1], "Pending") && !strcmp(pod->field[2], NAME);
}

static void wake(struct sim *sim)
{
    sim->default_scheduler.due_us = sim_now_us(sim);
}

/* the spec of a pod that waits is another one: it may fit now, or has lost its last gate */
static bool has_new_spec(const struct object *pod, const struct object *prev)
{
    struct span now, before;

    return prev && to_place(pod) && text_get(pod->metadata, "generation", &now) && text_get(prev->metadata, "generation", &before) &&
           (now.bytes != before.bytes || memcmp(now.at, before.at, now.bytes) != 0);
}

/* a change that may let a waiting pod fit: all are looked at again */
static void requeue(struct sim *sim)
{
    struct key_list *pending = &sim->default_scheduler.pending, *waiting = &sim->default_scheduler.waiting;
    struct error err = ERROR_INIT;

    if (!waiting->count)
        return;
    for (size_t i = 0; i < waiting->count; i++)
        if (key_list_add(pending, waiting->keys[i], &err) < 0)
            sim->out_of_memory = true;
    key_list_free(waiting);
    wake(sim);
}

void default_scheduler_change(struct sim *sim, const struct change *change)
{
    const struct object *object = change->object, *prev = change->prev;
    struct error err = ERROR_INIT;

    if (!sim->options.default_scheduler)
        return;
    if (object->resource->slot == SLOT_NODES)
        requeue(sim);
    if (object->resource->slot != SLOT_PODS)
        return;
    if (change->type == CHANGE_DELETED || has_new_spec(object, prev)) {
        requeue(sim);
    } else if (to_place(object) && !prev) {
        if (key_list_add(&sim->default_scheduler.pending, object->key, &err) < 0)
            sim->out_of_memory = true;
        wake(sim);
    }
}

void default_scheduler_free(struct sim *sim)
{
    key_list_free(&sim->default_scheduler.pending);
    key_list_free(&sim->default_scheduler.waiting);
}

static struct pod *decode_pod(const struct object *object, struct error *err)
{
    json_t *doc = object_parse(object, err);
    struct pod *pod = doc ? pod_decode(doc, NAME, err) : NULL;

    json_decref(doc);
    return pod;
}

/* a node or pod that cannot be decoded (a quantity that is none) counts as not there */
static int passable(struct error *err)
{
    if (err->kind == ERROR_NO_MEMORY)
        return -1;
    err->kind = ERROR_NONE;
    return 0;
}

static int add_nodes(struct sim *sim, struct cache *cache, struct error *err)
{
    struct store_view view;
    struct object *object;
    int ret = store_view_open(&view, &sim->store, SLOT_NODES, sim->store.rv, "", "", err);

    while (ret == 0 && (object = store_view_next(&view))) {
        json_t *doc = object_parse(object, err);
        struct node_spec *spec = doc ? node_decode(doc, err) : NULL;
        bool helps;

        json_decref(doc);
        ret = spec ? cache_set_node(cache, spec, &helps, err) : passable(err);
    }
    store_view_close(&view);
    return ret;
}

static int add_assigned(struct sim *sim, struct cache *cache, struct error *err)
{
    struct store_view view;
    struct object *object;
    int ret = store_view_open(&view, &sim->store, SLOT_PODS, sim->store.rv, "", "", err);

    while (ret == 0 && (object = store_view_next(&view))) {
        struct pod_update update;
        struct pod *pod;

        if (!*object->field[0])
            continue;
        pod = decode_pod(object, err);
        ret = pod ? cache_set_pod(cache, pod, &update, err) : passable(err);
    }
    store_view_close(&view);
    return ret;
}

static int write_event(struct sim *sim, const struct object *pod, const char *type, const char *reason, const char *action,
                       const char *message, struct error *err)
{
    char name[400], now[32], micro[32], uid[37];
    struct buffer text;
    int ret = -1;

    buffer_init(&text, LIMIT_OBJECT_BYTES);
    snprintf(name, sizeof name, "%s.%016llx", pod->name, (unsigned long long)sim_wall_us(sim) * 1000 + (sim_random(sim) & 1023));
    sim_now_text(sim, now);
    clock_format_rfc3339(sim_wall_us(sim), 6, micro);
    sim_uuid(sim, uid);
    if (buffer_printf(
            &text, err,
            "%s\"metadata\":{\"name\":\"%s\",\"namespace\":\"%s\",\"uid\":\"%s\",\"resourceVersion\":\"%lld\","
            "\"creationTimestamp\":\"%s\"},\"involvedObject\":{\"kind\":\"Pod\",\"namespace\":\"%s\",\"name\":\"%s\",\"uid\":\"%s\","
            "\"apiVersion\":\"v1\",\"resourceVersion\":\"%lld\"},\"reason\":\"%s\",\"message\":",
            resource_of_slot(SLOT_EVENTS)->prefix, name, pod->namespace_, uid, (long long)sim->store.rv + 1, now, pod->namespace_,
            pod->name, pod->uid, (long long)pod->rv, reason) < 0 ||
        buffer_add_json_string(&text, message, err) < 0 ||
        buffer_printf(
            &text, err,
            ",\"source\":{},\"firstTimestamp\":null,\"lastTimestamp\":null,\"type\":\"%s\",\"eventTime\":\"%s\",\"action\":\"%s\","
            "\"reportingComponent\":\"" NAME "\",\"reportingInstance\":\"" NAME "-%s-control-plane\"}",
            type, micro, action, sim->options.cluster_name) < 0)
        goto cleanup;
    ret = write_text(sim, resource_of_slot(SLOT_EVENTS), text_span(text.data, text.bytes), err);
cleanup:
    buffer_free(&text);
    return ret;
}

static int bind_pod(struct sim *sim, struct object *pod, const char *node, struct error *err)
{
    char message[800];
    int ret;

    object_ref(pod);
    snprintf(message, sizeof message, "Successfully assigned %s/%s to %s", pod->namespace_, pod->name, node);
    ret = binding_assign(sim, pod, node, err);
    if (ret == 0)
        ret = write_event(sim, pod, "Normal", "Scheduled", "Binding", message, err);
    object_unref(pod);
    return ret;
}

static json_t *condition(const struct sim *sim, const json_t *pod, const char *message)
{
    json_t *generation = json_object_get(json_object_get(pod, "metadata"), "generation");
    char now[32];

    sim_now_text(sim, now);
    return json_pack("{sssO*sssnssssss}", "type", "PodScheduled", "observedGeneration", generation, "status", "False", "lastProbeTime",
                     "lastTransitionTime", now, "reason", "Unschedulable", "message", message);
}

/* PodScheduled=False in place of what was there; no write when it says the same already */
static int write_condition(struct sim *sim, struct object *pod, const char *message, struct error *err)
{
    json_t *doc = object_parse(pod, err), *status = json_object_get(doc, "status"), *conditions, *made = condition(sim, doc, message), *old;
    int ret = -1, bad = !made;
    size_t i;

    if (!doc)
        goto cleanup;
    if (!json_object_get(status, "conditions"))
        bad |= json_object_set_new(status, "conditions", json_array());
    conditions = json_object_get(status, "conditions");
    json_array_foreach(conditions, i, old)
    {
        const char *type = json_string_value(json_object_get(old, "type"));

        if (!type || strcmp(type, "PodScheduled") != 0)
            continue;
        if (json_equal(json_object_get(old, "message"), json_object_get(made, "message"))) {
            ret = 0;
            goto cleanup;
        }
        json_array_remove(conditions, i);
        break;
    }
    bad |= json_array_append(conditions, made);
    ret = bad ? error_no_memory(err) : write_doc(sim, pod->resource, doc, false, NULL, err);
cleanup:
    json_decref(doc);
    json_decref(made);
    return ret;
}

static int report_unschedulable(struct sim *sim, struct object *pod, const struct scheduling_policy *policy, const struct pod *decoded,
                                const struct cache *cache, struct error *err)
{
    struct buffer message;
    size_t count;
    struct node *const *nodes = cache_nodes(cache, &count);
    int ret = -1;

    object_ref(pod);
    buffer_init(&message, LIMIT_OBJECT_BYTES);
    if (policy_fit_error(policy, decoded, nodes, count, &message, err) == 0 &&
        write_event(sim, pod, "Warning", "FailedScheduling", "Scheduling", message.data, err) == 0 &&
        write_condition(sim, pod, message.data, err) == 0)
        ret = key_list_add(&sim->default_scheduler.waiting, pod->key, err);
    buffer_free(&message);
    object_unref(pod);
    return ret;
}

/* what the score looks at beside the node */
struct choice {
    struct scheduling_policy policy; /* first: the score is given this */
    struct sim *sim;
    const json_t *preferred; /* NULL: no preference */
};

/* the pod's own preference, then the fewest pods: LeastAllocated for pods that are all alike */
static int64_t score(const struct scheduling_policy *parameters, const struct pod *pod, const struct node *node)
{
    const struct choice *choice = (const struct choice *)parameters;
    int64_t weight = choice->preferred ? preference_weight(choice->sim, choice->preferred, node->spec->name) : 0;

    (void)pod;
    return (int64_t)node->pod_count - (weight << 32);
}

static const struct policy kube_scheduler = {.name = NAME, .summary = "", .score = score};

static int place(struct choice *choice, struct cache *cache, struct object *object, json_t *doc, struct error *err)
{
    const struct scheduling_policy *policy = &choice->policy;
    struct sim *sim = choice->sim;
    struct pod *pod = pod_decode(doc, NAME, err);
    struct pod_update update;
    struct decision decision;
    struct node *const *nodes;
    size_t count;

    if (!pod)
        return passable(err);
    choice->preferred = preference_terms(doc);
    if (pod->gated) {
        pod_free(pod);
        return key_list_add(&sim->default_scheduler.waiting, object->key, err);
    }
    if (cache_set_pod(cache, pod, &update, err) < 0)
        return -1;
    if (!update.cached)
        return 0;
    nodes = cache_nodes(cache, &count);
    decision = policy_decide(policy, update.cached->pod, nodes, count, NULL, NULL);
    if (decision.no_memory)
        return error_no_memory(err);
    if (!decision.node)
        return report_unschedulable(sim, object, policy, update.cached->pod, cache, err);
    cache_assume(cache, update.cached, decision.node);
    return bind_pod(sim, object, decision.node->spec->name, err);
}

static int look_at(struct choice *choice, struct cache *cache, struct object *pod, struct error *err)
{
    json_t *doc = object_parse(pod, err);
    int ret = doc ? place(choice, cache, pod, doc, err) : -1;

    json_decref(doc);
    return ret;
}

int default_scheduler_tick(struct sim *sim, int64_t now_us, struct error *err)
{
    struct choice choice = {.policy = {.policy = &kube_scheduler}, .sim = sim};
    struct key_list keys;
    struct cache *cache;
    int ret = -1;

    if (sim->default_scheduler.due_us > now_us)
        return 0;
    sim->default_scheduler.due_us = INT64_MAX;
    keys = sim->default_scheduler.pending;
    memset(&sim->default_scheduler.pending, 0, sizeof keys);
    filter_config_init(&choice.policy.filters);
    cache = keys.count ? cache_new(NAME, err) : NULL;
    if (cache && add_nodes(sim, cache, err) == 0)
        ret = add_assigned(sim, cache, err);
    for (size_t i = 0; i < keys.count && ret == 0; i++) {
        struct object *pod = store_get(&sim->store, SLOT_PODS, keys.keys[i]);

        if (pod && to_place(pod))
            ret = look_at(&choice, cache, pod, err);
    }
    if (!keys.count)
        ret = 0;
    cache_free(cache);
    key_list_free(&keys);
    return ret;
}

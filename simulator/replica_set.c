/*
 * replica_set.c: as many pods as a ReplicaSet asks for (k8s.io/kubernetes/pkg/controller/replicaset).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "simulator/controllers.h"
#include "simulator/delete.h"
#include "simulator/inside.h"
#include "simulator/owner.h"
#include "simulator/replica_set_pods.h"
#include "simulator/selector.h"

#define COMPONENT "replicaset-controller"
#define BURST 500 /* pods made or deleted in one look */

/* one look at a ReplicaSet */
struct look {
    struct sim *sim;
    struct object *object; /* a reference */
    json_t *doc;
    struct selector selector;
    bool selects;
    struct object_list active; /* its pods, but for those that have ended or are being deleted */
    char problem[INSIDE_PROBLEM_BYTES];
    const char *failure; /* why not all pods are there, or NULL */
};

static json_int_t integer(const json_t *doc, const char *outer, const char *key)
{
    return json_integer_value(json_object_get(json_object_get(doc, outer), key));
}

static bool is_active(const struct object *pod)
{
    return !pod->deleting && strcmp(pod->field[1], "Succeeded") != 0 && strcmp(pod->field[1], "Failed") != 0;
}

/* PodControllerRefManager.ClaimPods: one's own that look right stay, others are let go, and orphans that look right are taken */
static int claim(struct look *look, struct object *pod, struct error *err)
{
    bool mine = owner_is(pod, look->object->uid), matches, taken;
    struct object *now;

    if (!mine && owner_has_controller(pod))
        return 0;
    taken = matches = look->selects && selector_matches(&look->selector, pod);
    if (mine) {
        if (!matches && !look->object->deleting && controllers_release(look->sim, look->object, pod, err) < 0)
            return -1;
    } else if (matches && !look->object->deleting) {
        if (controllers_adopt(look->sim, look->object, pod, err) < 0)
            return -1;
    } else {
        taken = false;
    }
    now = taken ? store_get(&look->sim->store, SLOT_PODS, pod->key) : NULL;
    return now ? object_list_add(&look->active, now, err) : 0;
}

static int collect(struct look *look, struct error *err)
{
    struct object_list pods = {0};
    int ret = object_list_namespace(look->sim, SLOT_PODS, look->object->namespace_, &pods, err);

    for (size_t i = 0; i < pods.count && ret == 0; i++)
        if (is_active(pods.objects[i]))
            ret = claim(look, pods.objects[i], err);
    object_list_free(&pods);
    return ret;
}

static json_t *pod_of_template(const struct look *look)
{
    const json_t *template = json_object_get(json_object_get(look->doc, "spec"), "template"), *from = json_object_get(template, "metadata");
    static const char *const copied[] = {"labels", "annotations", "finalizers"};
    json_t *metadata = json_object(), *owners = json_array(), *doc;
    char base[300];
    int bad = 0;

    snprintf(base, sizeof base, "%s-", look->object->name);
    for (size_t i = 0; i < sizeof copied / sizeof copied[0]; i++)
        if (json_object_get(from, copied[i]))
            bad |= json_object_set_new(metadata, copied[i], json_deep_copy(json_object_get(from, copied[i])));
    bad |= json_object_set_new(metadata, "generateName", json_string(base));
    bad |= json_array_append_new(owners, owner_controller_ref(look->object));
    bad |= json_object_set_new(metadata, "ownerReferences", owners);
    doc = bad ? NULL : json_pack("{sOso}", "metadata", metadata, "spec", json_deep_copy(json_object_get(template, "spec")));
    json_decref(metadata);
    return doc;
}

static int make_pod(struct look *look, struct error *err)
{
    char message[INSIDE_PROBLEM_BYTES + 32];
    json_t *doc = pod_of_template(look);
    struct object *made = NULL;
    int ret;

    if (!doc)
        return error_no_memory(err);
    ret = inside_create(look->sim, resource_of_slot(SLOT_PODS), look->object->namespace_, doc, &made, look->problem, err);
    json_decref(doc);
    if (ret < 0)
        return -1;
    if (ret > 0) {
        look->failure = "FailedCreate";
        snprintf(message, sizeof message, "Error creating: %s", look->problem);
        return inside_event(look->sim, look->object, COMPONENT, "Warning", "FailedCreate", message, err) < 0 ? -1 : 1;
    }
    snprintf(message, sizeof message, "Created pod: %s", made->name);
    ret = inside_event(look->sim, look->object, COMPONENT, "Normal", "SuccessfulCreate", message, err);
    object_unref(made);
    return ret;
}

static int delete_pod(struct look *look, struct object *pod, struct error *err)
{
    char message[400];

    snprintf(message, sizeof message, "Deleted pod: %s", pod->name);
    if (delete_gracefully(look->sim, pod, err) < 0)
        return -1;
    return inside_event(look->sim, look->object, COMPONENT, "Normal", "SuccessfulDelete", message, err);
}

static int manage(struct look *look, struct error *err)
{
    json_int_t wanted = integer(look->doc, "spec", "replicas"), have = (json_int_t)look->active.count;
    int ret = 0;

    if (look->object->deleting)
        return 0;
    if (have > wanted && replica_set_rank(&look->active, err) < 0)
        return -1;
    for (json_int_t i = 0; i < BURST && have + i < wanted && ret == 0; i++)
        ret = make_pod(look, err);
    for (json_int_t i = 0; i < BURST && have - i > wanted && ret == 0; i++)
        ret = delete_pod(look, look->active.objects[i], err);
    if (ret == 0 && (have + BURST < wanted || have - BURST > wanted))
        controllers_look_at(look->sim, SLOT_REPLICASETS, look->object->key, sim_now_us(look->sim) + 1000);
    return ret < 0 ? -1 : 0;
}

static bool fully_labelled(const struct look *look, const struct object *pod)
{
    const json_t *labels =
        json_object_get(json_object_get(json_object_get(json_object_get(look->doc, "spec"), "template"), "metadata"), "labels");
    json_t *value;
    const char *key;

    json_object_foreach((json_t *)labels, key, value)
    {
        bool has = false;

        for (size_t i = 0; i < pod->label_count; i++)
            has = has || (!strcmp(pod->labels[i].key, key) && !strcmp(pod->labels[i].value, json_string_value(value)));
        if (!has)
            return false;
    }
    return true;
}

/* a count is left out where it is 0, as Go leaves it out */
static int set_count(json_t *status, const char *key, json_int_t count)
{
    return count ? json_object_set_new(status, key, json_integer(count)) : 0;
}

static int set_failure(const struct look *look, json_t *status)
{
    const json_t *conditions = json_object_get(json_object_get(look->doc, "status"), "conditions");
    char now[32];

    if (!look->failure)
        return 0;
    if (json_array_size(conditions))
        return json_object_set(status, "conditions", (json_t *)conditions);
    sim_now_text(look->sim, now);
    return json_object_set_new(status, "conditions",
                               json_pack("[{ssssssssss}]", "type", "ReplicaFailure", "status", "True", "lastTransitionTime", now, "reason",
                                         look->failure, "message", look->problem));
}

/* the pods' readiness counted; when one will have been ready for long enough is noted */
static json_t *make_status(struct look *look)
{
    json_int_t ready = 0, available = 0, labelled = 0, seconds = integer(look->doc, "spec", "minReadySeconds");
    int64_t now_us = sim_wall_us(look->sim), since_us, next_us = INT64_MAX;
    json_t *status = json_pack("{sI}", "replicas", (json_int_t)look->active.count);
    int bad = !status;

    for (size_t i = 0; i < look->active.count; i++) {
        labelled += fully_labelled(look, look->active.objects[i]);
        if (!replica_set_pod_ready(look->active.objects[i], &since_us))
            continue;
        ready++;
        if (!seconds || since_us + seconds * 1000000 <= now_us)
            available++;
        else if (since_us + seconds * 1000000 < next_us)
            next_us = since_us + seconds * 1000000;
    }
    if (next_us != INT64_MAX)
        controllers_look_at(look->sim, SLOT_REPLICASETS, look->object->key, sim_now_us(look->sim) + next_us - now_us);
    bad |= set_count(status, "fullyLabeledReplicas", labelled) | set_count(status, "readyReplicas", ready);
    bad |= set_count(status, "availableReplicas", available) | set_failure(look, status);
    bad |= set_count(status, "observedGeneration", integer(look->doc, "metadata", "generation"));
    if (!bad)
        return status;
    json_decref(status);
    return NULL;
}

/* the ReplicaSet may have been changed since it was looked at, by the deletion of its last pod for one */
static int write_status(struct look *look, struct error *err)
{
    struct object *object = store_get(&look->sim->store, SLOT_REPLICASETS, look->object->key);
    json_t *status = make_status(look);
    int ret = 0;

    if (!status)
        return error_no_memory(err);
    if (object && object->rv == look->object->rv && !json_equal(status, json_object_get(look->doc, "status")))
        ret = json_object_set(look->doc, "status", status) < 0 ? error_no_memory(err)
                                                               : write_doc(look->sim, object->resource, look->doc, false, NULL, err);
    json_decref(status);
    return ret;
}

int replica_set_sync(struct sim *sim, const char *key, struct error *err)
{
    struct look look = {.sim = sim};
    struct object *object = store_get(&sim->store, SLOT_REPLICASETS, key);
    int ret = -1, selects;

    if (!object)
        return 0;
    look.object = object_ref(object);
    look.doc = object_parse(object, err);
    if (!look.doc)
        goto cleanup;
    selects = controllers_selector(json_object_get(json_object_get(look.doc, "spec"), "selector"), &look.selector, err);
    if (selects < 0)
        goto cleanup;
    look.selects = selects == 0;
    if (collect(&look, err) < 0 || manage(&look, err) < 0 || write_status(&look, err) < 0)
        goto cleanup;
    ret = look.failure ? 1 : 0;
cleanup:
    object_list_free(&look.active);
    if (look.selects)
        selector_free(&look.selector);
    json_decref(look.doc);
    object_unref(look.object);
    return ret;
}

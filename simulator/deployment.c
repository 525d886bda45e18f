/*
 * deployment.c: what a Deployment does next: pause, scale, recreate or roll.
 */
#include "simulator/deployment.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "simulator/defaults.h"
#include "simulator/owner.h"

json_int_t rollout_integer(const json_t *doc, const char *outer, const char *key)
{
    return json_integer_value(json_object_get(json_object_get(doc, outer), key));
}

json_int_t rollout_sum(const struct rollout *rollout, const char *outer, const char *key, const struct replica_set *but)
{
    json_int_t sum = 0;

    for (size_t i = 0; i < rollout->count; i++)
        if (&rollout->sets[i] != but)
            sum += rollout_integer(rollout->sets[i].doc, outer, key);
    return sum;
}

static json_int_t wanted(const struct replica_set *set)
{
    return rollout_integer(set->doc, "spec", "replicas");
}

/* intstr.GetScaledValueFromIntOrPercent */
static json_int_t share(const json_t *value, json_int_t of, bool round_up)
{
    json_int_t percent;

    if (!json_is_string(value))
        return json_integer_value(value);
    percent = strtoll(json_string_value(value), NULL, 10) * of;
    return round_up ? (percent + 99) / 100 : percent / 100;
}

/* util.ResolveFenceposts */
static void read_strategy(struct rollout *rollout)
{
    const json_t *spec = json_object_get(rollout->doc, "spec"), *strategy = json_object_get(spec, "strategy");
    const json_t *rolling = json_object_get(strategy, "rollingUpdate");
    const char *type = json_string_value(json_object_get(strategy, "type"));

    rollout->replicas = json_integer_value(json_object_get(spec, "replicas"));
    rollout->rolling = type && !strcmp(type, "RollingUpdate");
    if (!rollout->rolling)
        return;
    rollout->surge = share(json_object_get(rolling, "maxSurge"), rollout->replicas, true);
    rollout->unavailable = share(json_object_get(rolling, "maxUnavailable"), rollout->replicas, false);
    if (!rollout->surge && !rollout->unavailable)
        rollout->unavailable = 1;
    if (rollout->unavailable > rollout->replicas)
        rollout->unavailable = rollout->replicas;
}

static json_int_t least(json_int_t a, json_int_t b)
{
    return a < b ? a : b;
}

/* the count of the Deployment has changed since its ReplicaSets were scaled */
static bool is_scaling(const struct rollout *rollout)
{
    for (size_t i = 0; i < rollout->count; i++) {
        const json_t *annotations = json_object_get(json_object_get(rollout->sets[i].doc, "metadata"), "annotations");
        const char *desired = json_string_value(json_object_get(annotations, "deployment.kubernetes.io/desired-replicas"));

        if (wanted(&rollout->sets[i]) > 0 && desired && strtoll(desired, NULL, 10) != rollout->replicas)
            return true;
    }
    return false;
}

/*
 * The only ReplicaSet with pods, else the latest, takes the whole change. In the middle of a rollout the others keep their size, which is then what the rollout
 * brings into line; kube-controller-manager shares the change out in proportion first.
 */
static int scale(struct rollout *rollout, struct error *err)
{
    struct replica_set *active = NULL;
    size_t count = 0;

    for (size_t i = 0; i < rollout->count; i++)
        if (wanted(&rollout->sets[i]) > 0) {
            active = &rollout->sets[i];
            count++;
        }
    if (!count)
        active = rollout->newest ? rollout->newest : rollout->count ? &rollout->sets[rollout->count - 1] : NULL;
    if (count <= 1)
        return active ? rollout_scale(rollout, active, rollout->replicas, err) : 0;
    for (size_t i = 0; i < rollout->count; i++)
        if (wanted(&rollout->sets[i]) > 0 && rollout_scale(rollout, &rollout->sets[i], wanted(&rollout->sets[i]), err) < 0)
            return -1;
    return 0;
}

/* reconcileNewReplicaSet */
static int grow_newest(struct rollout *rollout, struct error *err)
{
    json_int_t have = wanted(rollout->newest), room = rollout->replicas + rollout->surge - rollout_sum(rollout, "spec", "replicas", NULL);

    if (have == rollout->replicas)
        return 0;
    if (have > rollout->replicas || !rollout->rolling)
        return rollout_scale(rollout, rollout->newest, rollout->replicas, err);
    return room > 0 ? rollout_scale(rollout, rollout->newest, have + least(room, rollout->replicas - have), err) : 0;
}

/* takes pods from the old ReplicaSets, the oldest first; `unhealthy`: only such as are not available */
static int take_from_old(struct rollout *rollout, json_int_t most, bool unhealthy, struct error *err)
{
    for (size_t i = 0; i < rollout->count && most > 0; i++) {
        struct replica_set *set = &rollout->sets[i];
        json_int_t have = wanted(set), away = have;

        if (set == rollout->newest || !have)
            continue;
        if (unhealthy)
            away = have - rollout_integer(set->doc, "status", "availableReplicas");
        away = least(away, most);
        if (away > 0 && rollout_scale(rollout, set, have - away, err) < 0)
            return -1;
        most -= away > 0 ? away : 0;
    }
    return 0;
}

/* reconcileOldReplicaSets */
static int shrink_old(struct rollout *rollout, struct error *err)
{
    json_int_t keep = rollout->replicas - rollout->unavailable;
    json_int_t coming = wanted(rollout->newest) - rollout_integer(rollout->newest->doc, "status", "availableReplicas");
    json_int_t most = rollout_sum(rollout, "spec", "replicas", NULL) - keep - coming;

    if (!rollout_sum(rollout, "spec", "replicas", rollout->newest) || most <= 0)
        return 0;
    if (take_from_old(rollout, most, true, err) < 0)
        return -1;
    return take_from_old(rollout, rollout_sum(rollout, "status", "availableReplicas", NULL) - keep, false, err);
}

static int roll(struct rollout *rollout, struct error *err)
{
    int ret = rollout->newest ? 0 : rollout_make_newest(rollout, err);

    if (ret == 0 && grow_newest(rollout, err) < 0)
        return -1;
    if (ret == 0 && shrink_old(rollout, err) < 0)
        return -1;
    return ret;
}

/* pods of old ReplicaSets that have not ended, be it that they are being deleted */
static int old_pods_running(struct rollout *rollout, bool *running, struct error *err)
{
    struct object_list pods = {0};
    int ret = object_list_namespace(rollout->sim, SLOT_PODS, rollout->object->namespace_, &pods, err);

    *running = false;
    for (size_t i = 0; i < pods.count; i++)
        for (size_t j = 0; j < rollout->count; j++)
            if (&rollout->sets[j] != rollout->newest && owner_is(pods.objects[i], rollout->sets[j].object->uid) &&
                strcmp(pods.objects[i]->field[1], "Failed") != 0 && strcmp(pods.objects[i]->field[1], "Succeeded") != 0)
                *running = true;
    object_list_free(&pods);
    return ret;
}

static int recreate(struct rollout *rollout, struct error *err)
{
    bool shrunk = false, running;
    int ret;

    for (size_t i = 0; i < rollout->count; i++) {
        struct replica_set *set = &rollout->sets[i];

        if (set == rollout->newest || !wanted(set))
            continue;
        if (rollout_scale(rollout, set, 0, err) < 0)
            return -1;
        shrunk = true;
    }
    if (shrunk)
        return 0;
    if (old_pods_running(rollout, &running, err) < 0)
        return -1;
    if (running)
        return 0;
    ret = rollout->newest ? 0 : rollout_make_newest(rollout, err);
    return ret ? ret : grow_newest(rollout, err);
}

static int advance(struct rollout *rollout, struct error *err)
{
    bool paused = json_is_true(json_object_get(json_object_get(rollout->doc, "spec"), "paused"));
    int ret;

    if (rollout->object->deleting)
        return rollout_make_status(rollout, false, err);
    if (rollout->newest && rollout_sync_newest(rollout, err) < 0)
        return -1;
    if (paused || is_scaling(rollout))
        return scale(rollout, err) < 0 ? -1 : rollout_make_status(rollout, false, err);
    ret = rollout->rolling ? roll(rollout, err) : recreate(rollout, err);
    if (ret == 0)
        ret = rollout_make_status(rollout, true, err);
    return ret == 0 && rollout_is_complete(rollout) ? rollout_forget(rollout, err) : ret;
}

static int write_back(struct rollout *rollout, struct error *err)
{
    struct object *now = store_get(&rollout->sim->store, SLOT_DEPLOYMENTS, rollout->object->key);
    json_t *before;
    int ret = 0;

    if (!now || now->rv != rollout->object->rv)
        return 0;
    before = object_parse(rollout->object, err);
    if (!before)
        return -1;
    if (!json_equal(before, rollout->doc))
        ret = write_doc(rollout->sim, rollout->object->resource, rollout->doc, false, NULL, err);
    json_decref(before);
    return ret;
}

static void rollout_free(struct rollout *rollout)
{
    for (size_t i = 0; i < rollout->count; i++) {
        object_unref(rollout->sets[i].object);
        json_decref(rollout->sets[i].doc);
    }
    free(rollout->sets);
    json_decref(rollout->doc);
    json_decref(rollout->was);
    object_unref(rollout->object);
}

int deployment_sync(struct sim *sim, const char *key, struct error *err)
{
    struct rollout rollout = {.sim = sim};
    struct object *object = store_get(&sim->store, SLOT_DEPLOYMENTS, key);
    int ret = -1;

    if (!object)
        return 0;
    rollout.object = object_ref(object);
    rollout.doc = object_parse(object, err);
    if (!rollout.doc)
        goto cleanup;
    rollout.was = json_deep_copy(member_object(rollout.doc, "status"));
    if (!rollout.was) {
        error_no_memory(err);
        goto cleanup;
    }
    read_strategy(&rollout);
    if (rollout_find_sets(&rollout, err) < 0)
        goto cleanup;
    ret = advance(&rollout, err);
    if (ret >= 0 && write_back(&rollout, err) < 0)
        ret = -1;
cleanup:
    rollout_free(&rollout);
    return ret;
}

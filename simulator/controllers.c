/* controllers.c: the queue of what is to be looked at, and who looks. */
#include "simulator/controllers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "simulator/inside.h"
#include "simulator/owner.h"

#define SOON_US 5000            /* informers and queues of a real cluster take about as long */
#define RETRY_US 5000           /* workqueue.DefaultTypedControllerRateLimiter */
#define RETRY_MAX_US 1000000000 /* doubled until here */

static struct work *find(struct sim *sim, enum slot slot, const char *key)
{
    for (size_t i = 0; i < sim->controllers.count; i++)
        if (sim->controllers.work[i].slot == slot && !strcmp(sim->controllers.work[i].key, key))
            return &sim->controllers.work[i];
    return NULL;
}

static struct work *add(struct sim *sim, enum slot slot, const char *key)
{
    if (sim->controllers.count == sim->controllers.capacity) {
        size_t capacity = sim->controllers.capacity ? sim->controllers.capacity * 2 : 16;
        struct work *grown = realloc(sim->controllers.work, capacity * sizeof *grown);

        if (!grown)
            return NULL;
        sim->controllers.work = grown;
        sim->controllers.capacity = capacity;
    }
    sim->controllers.work[sim->controllers.count] = (struct work){slot, strdup(key), INT64_MAX, 0};
    if (!sim->controllers.work[sim->controllers.count].key)
        return NULL;
    return &sim->controllers.work[sim->controllers.count++];
}

void controllers_look_at(struct sim *sim, enum slot slot, const char *key, int64_t due_us)
{
    struct work *work = find(sim, slot, key);

    if (!work)
        work = add(sim, slot, key);
    if (!work)
        sim->out_of_memory = true;
    else if (due_us < work->due_us)
        work->due_us = due_us;
}

static void look_soon(struct sim *sim, enum slot slot, const char *key)
{
    controllers_look_at(sim, slot, key, sim_now_us(sim) + SOON_US);
}

/* the controller of that kind, when there is one */
static const char *controller_key(const struct object *object, const char *kind, char key[600])
{
    struct owner owner;

    return owner_controller(object, &owner) && text_is(owner.kind, kind) ? owner_key(object, &owner, true, key) : NULL;
}

static bool same_labels(const struct object *a, const struct object *b)
{
    if (a->label_count != b->label_count)
        return false;
    for (size_t i = 0; i < a->label_count; i++)
        if (strcmp(a->labels[i].key, b->labels[i].key) != 0 || strcmp(a->labels[i].value, b->labels[i].value) != 0)
            return false;
    return true;
}

/* an object that nobody controls, or that looks different now: whoever selects it may want it */
static void look_for_takers(struct sim *sim, const struct change *change, enum slot takers)
{
    const struct object *object = change->object;
    struct owner owner;

    if (!sim->store.slots[takers].count || change->type == CHANGE_DELETED)
        return;
    if (!change->prev || !same_labels(object, change->prev) ||
        (!owner_controller(object, &owner) && owner_controller(change->prev, &owner)))
        look_soon(sim, takers, object->namespace_);
}

static void pod_change(struct sim *sim, const struct change *change)
{
    char key[600], above[600];
    const char *set = controller_key(change->object, "ReplicaSet", key);
    struct object *object = set ? store_get(&sim->store, SLOT_REPLICASETS, set) : NULL;

    if (set)
        look_soon(sim, SLOT_REPLICASETS, set);
    /* a Deployment that recreates waits for the end of pods that its ReplicaSet no longer counts */
    if (object &&
        (change->type == CHANGE_DELETED || !strcmp(change->object->field[1], "Failed") || !strcmp(change->object->field[1], "Succeeded")) &&
        controller_key(object, "Deployment", above))
        look_soon(sim, SLOT_DEPLOYMENTS, above);
    if (change->prev && (set = controller_key(change->prev, "ReplicaSet", key)))
        look_soon(sim, SLOT_REPLICASETS, set);
    if (change->prev || !set)
        look_for_takers(sim, change, SLOT_REPLICASETS);
}

static void replica_set_change(struct sim *sim, const struct change *change)
{
    char key[600];
    const char *above = controller_key(change->object, "Deployment", key);

    if (change->type != CHANGE_DELETED)
        look_soon(sim, SLOT_REPLICASETS, change->object->key);
    if (above)
        look_soon(sim, SLOT_DEPLOYMENTS, above);
    look_for_takers(sim, change, SLOT_DEPLOYMENTS);
}

void controllers_change(struct sim *sim, const struct change *change)
{
    const struct object *object = change->object;

    if (!sim->options.controllers)
        return;
    switch (object->resource->slot) {
    case SLOT_PODS:
        pod_change(sim, change);
        break;
    case SLOT_REPLICASETS:
        replica_set_change(sim, change);
        break;
    case SLOT_DEPLOYMENTS:
        if (change->type != CHANGE_DELETED)
            look_soon(sim, SLOT_DEPLOYMENTS, object->key);
        break;
    case SLOT_NAMESPACES:
        if (change->type == CHANGE_ADDED)
            look_soon(sim, SLOT_SERVICEACCOUNTS, object->name);
        break;
    case SLOT_SERVICEACCOUNTS:
        if (change->type == CHANGE_DELETED && !strcmp(object->name, "default"))
            look_soon(sim, SLOT_SERVICEACCOUNTS, object->namespace_);
        break;
    default:
        break;
    }
}

/* everyone in the namespace who selects objects of the slot below */
static int sync_takers(struct sim *sim, enum slot slot, const char *namespace_, struct error *err)
{
    struct object_list list = {0};
    int ret = object_list_namespace(sim, slot, namespace_, &list, err);

    for (size_t i = 0; i < list.count && ret == 0; i++)
        controllers_look_at(sim, slot, list.objects[i]->key, sim_now_us(sim));
    object_list_free(&list);
    return ret;
}

static int make_default_account(struct sim *sim, const char *namespace_, struct error *err)
{
    struct object *namespace_object = store_get(&sim->store, SLOT_NAMESPACES, namespace_);
    char key[600], problem[INSIDE_PROBLEM_BYTES];
    json_t *doc;
    int ret;

    snprintf(key, sizeof key, "%s/default", namespace_);
    if (!namespace_object || namespace_object->deleting || store_get(&sim->store, SLOT_SERVICEACCOUNTS, key))
        return 0;
    doc = json_pack("{s{ss}}", "metadata", "name", "default");
    if (!doc)
        return error_no_memory(err);
    ret = inside_create(sim, resource_of_slot(SLOT_SERVICEACCOUNTS), namespace_, doc, NULL, problem, err);
    json_decref(doc);
    return ret < 0 ? -1 : 0;
}

static int sync(struct sim *sim, const struct work *work, struct error *err)
{
    if (work->slot == SLOT_SERVICEACCOUNTS)
        return make_default_account(sim, work->key, err);
    if (!strchr(work->key, '/'))
        return sync_takers(sim, work->slot, work->key, err);
    return work->slot == SLOT_DEPLOYMENTS ? deployment_sync(sim, work->key, err) : replica_set_sync(sim, work->key, err);
}

/* refused: again later, each time after twice as long */
static void retry(struct sim *sim, const struct work *work)
{
    int doublings = work->failures < 18 ? work->failures : 18;
    int64_t pause = (int64_t)RETRY_US << doublings;
    struct work *again;

    controllers_look_at(sim, work->slot, work->key, sim_now_us(sim) + (pause < RETRY_MAX_US ? pause : RETRY_MAX_US));
    again = find(sim, work->slot, work->key);
    if (again)
        again->failures = work->failures + 1;
}

int controllers_tick(struct sim *sim, int64_t now_us, struct error *err)
{
    int ret = 0;

    /* what a look brings up goes to the end, and most of it is due later */
    for (size_t i = 0; i < sim->controllers.count && ret >= 0;) {
        struct work work = sim->controllers.work[i];

        if (work.due_us > now_us) {
            i++;
            continue;
        }
        sim->controllers.count--;
        memmove(&sim->controllers.work[i], &sim->controllers.work[i + 1], (sim->controllers.count - i) * sizeof work);
        ret = sync(sim, &work, err);
        if (ret > 0)
            retry(sim, &work);
        free(work.key);
    }
    return ret < 0 ? -1 : 0;
}

int64_t controllers_next_us(const struct sim *sim)
{
    int64_t next = INT64_MAX;

    for (size_t i = 0; i < sim->controllers.count; i++)
        if (sim->controllers.work[i].due_us < next)
            next = sim->controllers.work[i].due_us;
    return next;
}

void controllers_free(struct sim *sim)
{
    for (size_t i = 0; i < sim->controllers.count; i++)
        free(sim->controllers.work[i].key);
    free(sim->controllers.work);
}

/*
 * garbage.c: which UIDs are named as owners, and how often, so that a deletion costs nothing where nothing depends on what was deleted.
 */
#include "simulator/garbage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "simulator/controllers.h"
#include "simulator/delete.h"
#include "simulator/owner.h"

#define SOON_US 5000 /* as the controllers */
#define BUCKETS 256

/* a UID that references name */
struct named {
    struct named *next, *next_due;
    size_t references;
    bool due;
    char uid[64];
};

struct garbage {
    struct named *bucket[BUCKETS];
    struct named *due; /* their dependents are to be looked at */
    int64_t due_us;
    struct key_list leaving; /* "slot/key" of objects that are being deleted and wait for the collector */
};

static struct named **place_of(struct garbage *garbage, const char *uid, size_t bytes)
{
    uint32_t hash = 2166136261u;
    struct named **at;

    for (size_t i = 0; i < bytes; i++)
        hash = (hash ^ (unsigned char)uid[i]) * 16777619u;
    at = &garbage->bucket[hash % BUCKETS];
    while (*at && (strlen((*at)->uid) != bytes || memcmp((*at)->uid, uid, bytes) != 0))
        at = &(*at)->next;
    return at;
}

static void plan(struct sim *sim, struct named *named)
{
    if (sim->garbage->due_us == INT64_MAX)
        sim->garbage->due_us = sim_now_us(sim) + SOON_US;
    if (named->due)
        return;
    named->due = true;
    named->next_due = sim->garbage->due;
    sim->garbage->due = named;
}

/* a reference has come or gone; of a UID that nobody named before, the owner may not be there at all */
static void count_reference(struct sim *sim, struct span uid, int by)
{
    size_t bytes = uid.bytes > 2 ? uid.bytes - 2 : 0;
    struct named **at, *named;

    if (!bytes || bytes >= sizeof named->uid)
        return;
    at = place_of(sim->garbage, uid.at + 1, bytes);
    named = *at;
    if (by > 0 && !named) {
        named = calloc(1, sizeof *named);
        if (!named) {
            sim->out_of_memory = true;
            return;
        }
        memcpy(named->uid, uid.at + 1, bytes);
        *at = named;
        plan(sim, named);
    }
    if (!named)
        return;
    named->references += (size_t)by;
    if (!named->references && !named->due) {
        *at = named->next;
        free(named);
    }
}

static void count_references(struct sim *sim, const struct object *object, int by)
{
    struct owner_walk walk = {.begun = false};
    struct owner owner;

    while (owner_next(&walk, object, &owner))
        count_reference(sim, owner.uid, by);
}

static void note_leaving(struct sim *sim, const struct object *object)
{
    struct error err = ERROR_INIT;
    char text[640];

    snprintf(text, sizeof text, "%d/%s", (int)object->resource->slot, object->key);
    if (key_list_add(&sim->garbage->leaving, text, &err) < 0)
        sim->out_of_memory = true;
    if (sim->garbage->due_us == INT64_MAX)
        sim->garbage->due_us = sim_now_us(sim) + SOON_US;
}

/* dependents that are gone may be what an owner that is being deleted waits for */
static void wake_leaving(struct sim *sim, const struct object *gone)
{
    struct owner_walk walk = {.begun = false};
    struct owner owner;

    if (sim->garbage->leaving.count && owner_next(&walk, gone, &owner) && sim->garbage->due_us == INT64_MAX)
        sim->garbage->due_us = sim_now_us(sim) + SOON_US;
}

void garbage_change(struct sim *sim, const struct change *change)
{
    const struct object *object = change->object;
    struct named *named;

    if (!sim->options.controllers || object->resource->slot == SLOT_EVENTS)
        return;
    if (!sim->garbage) {
        sim->garbage = calloc(1, sizeof *sim->garbage);
        if (!sim->garbage) {
            sim->out_of_memory = true;
            return;
        }
        sim->garbage->due_us = INT64_MAX;
    }
    if (change->type != CHANGE_DELETED)
        count_references(sim, object, 1);
    if (change->prev)
        count_references(sim, change->prev, -1);
    if (change->type == CHANGE_DELETED) {
        named = *place_of(sim->garbage, object->uid, strlen(object->uid));
        if (named)
            plan(sim, named);
        wake_leaving(sim, object);
    } else if (object->deleting && object->finalizers && (!change->prev || !change->prev->deleting)) {
        note_leaving(sim, object);
    }
}

/* does the object that a reference names exist? What is of no kind that we have is not known to be gone */
static bool exists(struct sim *sim, const struct object *object, const struct owner *owner)
{
    char key[600], version[64];

    for (int slot = 0; slot < SLOT_COUNT; slot++) {
        const struct resource *resource = resource_of_slot((enum slot)slot);
        struct object *found;

        if (!text_is(owner->kind, resource->kind) || !text_is(owner->api_version, resource_api_version(resource, version)))
            continue;
        found = store_get(&sim->store, resource->slot, owner_key(object, owner, resource->namespaced, key));
        return found && text_is(owner->uid, found->uid);
    }
    return true;
}

/* takes the references to that UID off, or, with NULL, those to objects that are gone */
static int drop_references(struct sim *sim, struct object *object, const char *uid, struct error *err)
{
    json_t *doc = object_parse(object, err), *metadata = json_object_get(doc, "metadata"), *kept = json_array();
    struct owner_walk walk = {.begun = false};
    struct owner owner;
    int bad = !kept, ret = -1;

    if (!doc)
        goto cleanup;
    for (size_t i = 0; owner_next(&walk, object, &owner); i++)
        if (uid ? !text_is(owner.uid, uid) : exists(sim, object, &owner))
            bad |= json_array_append(kept, json_array_get(json_object_get(metadata, "ownerReferences"), i));
    if (json_array_size(kept))
        bad |= json_object_set(metadata, "ownerReferences", kept);
    else
        json_object_del(metadata, "ownerReferences");
    ret = bad ? error_no_memory(err) : write_doc(sim, object->resource, doc, false, NULL, err);
cleanup:
    json_decref(doc);
    json_decref(kept);
    return ret;
}

/* attemptToDeleteItem: without any owner left it goes; else it only forgets those that are gone */
static int judge(struct sim *sim, struct object *object, struct error *err)
{
    struct owner_walk walk = {.begun = false};
    struct owner owner;
    bool solid = false, dangling = false;

    while (owner_next(&walk, object, &owner))
        *(exists(sim, object, &owner) ? &solid : &dangling) = true;
    if (!dangling)
        return 0;
    if (solid)
        return drop_references(sim, object, NULL, err);
    return object->deleting ? 0 : delete_gracefully(sim, object, err);
}

static bool refers_to(const struct object *object, const char *uid, bool *blocks)
{
    struct owner_walk walk = {.begun = false};
    struct owner owner;

    while (owner_next(&walk, object, &owner))
        if (text_is(owner.uid, uid)) {
            *blocks = owner.blocks;
            return true;
        }
    return false;
}

/* what names that UID, all over the cluster but for events */
static int dependents_of(struct sim *sim, const char *uid, struct object_list *list, struct error *err)
{
    bool blocks;
    int ret = 0;

    for (int slot = 0; slot < SLOT_COUNT && ret == 0; slot++) {
        struct store_view view;
        struct object *object;

        if (slot == SLOT_EVENTS)
            continue;
        if (store_view_open(&view, &sim->store, (enum slot)slot, sim->store.rv, "", "", err) < 0)
            return -1;
        while (ret == 0 && (object = store_view_next(&view)))
            if (refers_to(object, uid, &blocks))
                ret = object_list_add(list, object, err);
        store_view_close(&view);
    }
    return ret;
}

static int collect(struct sim *sim, const char *uid, struct error *err)
{
    struct object_list list = {0};
    int ret = dependents_of(sim, uid, &list, err);

    for (size_t i = 0; i < list.count && ret == 0; i++) {
        struct object *now = store_get(&sim->store, list.objects[i]->resource->slot, list.objects[i]->key);

        if (now == list.objects[i])
            ret = judge(sim, now, err);
    }
    object_list_free(&list);
    return ret;
}

/* has it that finalizer? */
static bool is_held_by(const struct object *object, const char *finalizer)
{
    struct span list, element;
    struct text_walk walk;

    if (!text_get(object->metadata, "finalizers", &list) || *list.at != '[')
        return false;
    walk = text_walk(list);
    while (text_next_element(&walk, &element))
        if (text_is(element, finalizer))
            return true;
    return false;
}

static int let_go(struct sim *sim, struct object *object, const char *finalizer, struct error *err)
{
    json_t *doc = object_parse(object, err), *metadata = json_object_get(doc, "metadata"), *finalizers, *element;
    json_int_t grace;
    size_t i;
    int ret;

    if (!doc)
        return -1;
    finalizers = json_object_get(metadata, "finalizers");
    json_array_foreach(finalizers, i, element)
    {
        if (json_is_string(element) && !strcmp(json_string_value(element), finalizer)) {
            json_array_remove(finalizers, i);
            break;
        }
    }
    grace = json_integer_value(json_object_get(metadata, "deletionGracePeriodSeconds"));
    if (!json_array_size(finalizers))
        json_object_del(metadata, "finalizers");
    if (!json_array_size(json_object_get(metadata, "finalizers")) && !grace)
        ret = delete_now(sim, object, err);
    else
        ret = write_doc(sim, object->resource, doc, false, NULL, err);
    json_decref(doc);
    return ret;
}

static int orphan(struct sim *sim, struct object *object, const struct object_list *dependents, struct error *err)
{
    for (size_t i = 0; i < dependents->count; i++)
        if (drop_references(sim, dependents->objects[i], object->uid, err) < 0)
            return -1;
    return let_go(sim, object, DELETE_ORPHAN, err);
}

/* processDeletingDependentsItem: those that block go before it, and theirs before them. *waits: some are still there */
static int delete_dependents(struct sim *sim, struct object *object, const struct object_list *dependents, bool *waits, struct error *err)
{
    *waits = false;
    for (size_t i = 0; i < dependents->count; i++) {
        struct object *dependent = dependents->objects[i];
        bool blocks = false, owns = *place_of(sim->garbage, dependent->uid, strlen(dependent->uid)) != NULL;

        refers_to(dependent, object->uid, &blocks);
        if (!dependent->deleting && delete_with_finalizer(sim, dependent, blocks && owns ? DELETE_FOREGROUND : NULL, err) < 0)
            return -1;
        *waits = *waits || (blocks && store_get(&sim->store, dependent->resource->slot, dependent->key));
    }
    return *waits ? 0 : let_go(sim, object, DELETE_FOREGROUND, err);
}

/* one that is being deleted; *waits: it is to be looked at again when something has gone */
static int part(struct sim *sim, const char *where, bool *waits, struct error *err)
{
    struct object_list dependents = {0};
    struct object *object = store_get(&sim->store, (enum slot)strtol(where, NULL, 10), strchr(where, '/') + 1);
    bool orphans = object && object->deleting && is_held_by(object, DELETE_ORPHAN);
    int ret;

    *waits = false;
    if (!object || !object->deleting || (!orphans && !is_held_by(object, DELETE_FOREGROUND)))
        return 0;
    object_ref(object);
    ret = dependents_of(sim, object->uid, &dependents, err);
    if (ret == 0)
        ret = orphans ? orphan(sim, object, &dependents, err) : delete_dependents(sim, object, &dependents, waits, err);
    object_list_free(&dependents);
    object_unref(object);
    return ret;
}

static int part_all(struct sim *sim, struct error *err)
{
    struct key_list leaving = sim->garbage->leaving;
    bool waits;
    int ret = 0;

    memset(&sim->garbage->leaving, 0, sizeof leaving);
    for (size_t i = 0; i < leaving.count && ret == 0; i++) {
        ret = part(sim, leaving.keys[i], &waits, err);
        if (ret == 0 && waits)
            ret = key_list_add(&sim->garbage->leaving, leaving.keys[i], err);
    }
    key_list_free(&leaving);
    return ret;
}

int garbage_tick(struct sim *sim, int64_t now_us, struct error *err)
{
    struct named *named;
    char uid[64];
    int ret = 0;

    if (!sim->garbage || sim->garbage->due_us > now_us)
        return 0;
    sim->garbage->due_us = INT64_MAX;
    while (ret == 0 && (named = sim->garbage->due)) {
        sim->garbage->due = named->next_due;
        named->due = false;
        memcpy(uid, named->uid, sizeof uid);
        if (!named->references) {
            *place_of(sim->garbage, uid, strlen(uid)) = named->next;
            free(named);
        } else {
            ret = collect(sim, uid, err);
        }
    }
    return ret < 0 ? -1 : part_all(sim, err);
}

int64_t garbage_next_us(const struct sim *sim)
{
    return sim->garbage ? sim->garbage->due_us : INT64_MAX;
}

void garbage_free(struct sim *sim)
{
    struct named *next;

    for (size_t i = 0; sim->garbage && i < BUCKETS; i++)
        for (struct named *named = sim->garbage->bucket[i]; named; named = next) {
            next = named->next;
            free(named);
        }
    if (sim->garbage)
        key_list_free(&sim->garbage->leaving);
    free(sim->garbage);
}

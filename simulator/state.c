/*
 * state.c: {"version":1,"resourceVersion":N,"random":"…","podAddresses":N,"objects":{"pods":[…],…}}, objects as the store keeps them.
 */
#include "simulator/state.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "simulator/internal.h"

static int save_slot(struct sim *sim, enum slot slot, struct buffer *out, struct error *err)
{
    const char *separator = "";
    struct store_view view;
    struct object *object;
    int ret = -1;

    if (store_view_open(&view, &sim->store, slot, sim->store.rv, "", "", err) < 0)
        return -1;
    if (buffer_printf(out, err, "%s\"%s\":[", slot ? ",\n" : "", resource_of_slot(slot)->name) < 0)
        goto cleanup;
    while ((object = store_view_next(&view))) {
        if (buffer_printf(out, err, "%s\n", separator) < 0 || buffer_add(out, object->text, object->text_bytes, err) < 0)
            goto cleanup;
        separator = ",";
    }
    ret = buffer_add(out, "]", 1, err);
cleanup:
    store_view_close(&view);
    return ret;
}

int sim_save(struct sim *sim, struct buffer *out, struct error *err)
{
    if (buffer_printf(out, err,
                      "{\"version\":1,\"resourceVersion\":%" PRId64 ",\"random\":\"%016" PRIx64 "\",\"podAddresses\":%" PRIu32
                      ",\"objects\":{\n",
                      sim->store.rv, sim->random, sim->pod_ip_serial) < 0)
        return -1;
    for (int slot = 0; slot < SLOT_COUNT; slot++)
        if (save_slot(sim, (enum slot)slot, out, err) < 0)
            return -1;
    return buffer_add_string(out, "}}\n", err);
}

struct loaded {
    struct object **objects; /* a reference each */
    size_t count, capacity;
};

static void free_loaded(struct loaded *loaded)
{
    for (size_t i = 0; i < loaded->count; i++)
        object_unref(loaded->objects[i]);
    free(loaded->objects);
}

static int load_object(struct sim *sim, const struct resource *resource, const json_t *json, struct loaded *loaded, struct error *err)
{
    char *text = json_dumps(json, JSON_COMPACT);
    struct object *object = NULL;

    if (!text)
        return error_no_memory(err);
    if (strncmp(text, resource->prefix, strlen(resource->prefix)) != 0 || !json_is_object(json_object_get(json, "metadata"))) {
        free(text);
        return error_set(err, ERROR_USAGE, "an entry of %s is none", resource->name);
    }
    object = store_object_new(&sim->store, resource, text_span(text, strlen(text)), err);
    free(text);
    if (!object)
        return -1;
    if (loaded->count == loaded->capacity) {
        size_t capacity = loaded->capacity ? loaded->capacity * 2 : 256;
        struct object **grown = realloc(loaded->objects, capacity * sizeof(*grown));

        if (!grown) {
            object_unref(object);
            return error_no_memory(err);
        }
        loaded->objects = grown;
        loaded->capacity = capacity;
    }
    loaded->objects[loaded->count++] = object;
    return 0;
}

static int load_objects(struct sim *sim, const json_t *slots, struct loaded *loaded, struct error *err)
{
    for (int slot = 0; slot < SLOT_COUNT; slot++) {
        const struct resource *resource = resource_of_slot((enum slot)slot);
        const json_t *array = json_object_get(slots, resource->name), *object;
        size_t i;

        if (!json_is_array(array))
            return error_set(err, ERROR_USAGE, "no list of %s", resource->name);
        json_array_foreach(array, i, object)
        {
            if (load_object(sim, resource, object, loaded, err) < 0)
                return -1;
        }
    }
    return 0;
}

static int compare_versions(const void *a, const void *b)
{
    int64_t x = (*(struct object *const *)a)->rv, y = (*(struct object *const *)b)->rv;

    return x < y ? -1 : x > y;
}

static int remove_all(struct sim *sim, struct error *err)
{
    for (int slot = 0; slot < SLOT_COUNT; slot++) {
        struct store_view view;
        struct object *object = NULL;

        do {
            if (store_view_open(&view, &sim->store, (enum slot)slot, sim->store.rv, "", "", err) < 0)
                return -1;
            object = store_view_next(&view);
            store_view_close(&view);
            if (object && store_remove(&sim->store, object, err) < 0)
                return -1;
        } while (object);
    }
    store_compact(&sim->store);
    return 0;
}

/* puts an object in as it is; the store's own counting is put right at the end, and no history is kept */
static int put_back(struct store *store, struct object *object, struct error *err)
{
    struct change *change;

    if (store_put(store, object, err) < 0)
        return -1;
    change = store_change(store, store->rv);
    object_unref(change->object);
    object_unref(change->prev);
    object_unref(change->left);
    memset(change, 0, sizeof *change);
    store->floor = store->rv;
    return 0;
}

static int replace_all(struct sim *sim, const struct loaded *loaded, int64_t rv, struct error *err)
{
    if (remove_all(sim, err) < 0)
        return -1;
    for (size_t i = 0; i < loaded->count; i++)
        if (put_back(&sim->store, loaded->objects[i], err) < 0)
            return -1;
    sim->store.rv = sim->store.floor = rv;
    return 0;
}

int sim_load(struct sim *sim, const char *json, struct error *err)
{
    struct loaded loaded = {NULL, 0, 0};
    json_error_t where;
    json_t *state = json_loads(json ? json : "", JSON_REJECT_DUPLICATES, &where);
    int64_t rv = json_integer_value(json_object_get(state, "resourceVersion"));
    const char *random = json_string_value(json_object_get(state, "random"));
    int ret = -1;

    if (!state) {
        if (!*where.text) /* jansson says nothing when memory runs out */
            return error_no_memory(err);
        return error_set(err, ERROR_USAGE, "no saved state: line %d: %s", where.line, where.text);
    }
    if (json_integer_value(json_object_get(state, "version")) != 1 || rv <= 0 || !random) {
        error_set(err, ERROR_USAGE, "no saved state of version 1");
        goto cleanup;
    }
    if (load_objects(sim, json_object_get(state, "objects"), &loaded, err) < 0)
        goto cleanup;
    if (loaded.count)
        qsort(loaded.objects, loaded.count, sizeof(*loaded.objects), compare_versions);
    if (loaded.count && (loaded.objects[0]->rv <= 0 || loaded.objects[loaded.count - 1]->rv > rv)) {
        error_set(err, ERROR_USAGE, "an object's resourceVersion is not within the state's");
        goto cleanup;
    }
    if (replace_all(sim, &loaded, rv, err) < 0)
        goto cleanup;
    sim->random = strtoull(random, NULL, 16);
    sim->pod_ip_serial = (uint32_t)json_integer_value(json_object_get(state, "podAddresses"));
    ret = 0;
cleanup:
    free_loaded(&loaded);
    json_decref(state);
    return ret;
}

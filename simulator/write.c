/* write.c: from JSON to the store. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "simulator/internal.h"

json_t *object_parse(const struct object *object, struct error *err)
{
    json_t *doc = json_loadb(object->text, object->text_bytes, 0, NULL);

    if (!doc)
        error_no_memory(err);
    return doc;
}

/* the document in the order of a stored text: kind, apiVersion, metadata, then the rest */
static char *stored_text(const struct resource *resource, json_t *doc, struct error *err)
{
    json_t *ordered = json_object(), *value;
    char version[64], *text = NULL;
    const char *key;
    int bad = !ordered;

    bad |= json_object_set_new(ordered, "kind", json_string(resource->kind));
    bad |= json_object_set_new(ordered, "apiVersion", json_string(resource_api_version(resource, version)));
    bad |= json_object_set(ordered, "metadata", json_object_get(doc, "metadata"));
    json_object_foreach(doc, key, value) if (strcmp(key, "kind") != 0 && strcmp(key, "apiVersion") != 0 && strcmp(key, "metadata") != 0)
        bad |= json_object_set(ordered, key, value);
    if (!bad)
        text = json_dumps(ordered, JSON_COMPACT);
    if (!text)
        error_no_memory(err);
    json_decref(ordered);
    return text;
}

int write_doc(struct sim *sim, const struct resource *resource, json_t *doc, bool dry_run, struct object **made, struct error *err)
{
    const struct resource *stored = resource_of_slot(resource->slot);
    struct object *object = NULL;
    char rv[32], *text = NULL;
    int ret = -1;

    snprintf(rv, sizeof rv, "%lld", (long long)sim->store.rv + 1);
    if (!dry_run && json_object_set_new(json_object_get(doc, "metadata"), "resourceVersion", json_string(rv)) < 0) {
        error_no_memory(err);
        goto cleanup;
    }
    text = stored_text(stored, doc, err);
    if (!text)
        goto cleanup;
    object = store_object_new(&sim->store, stored, text_span(text, strlen(text)), err);
    if (!object || (!dry_run && store_put(&sim->store, object, err) < 0))
        goto cleanup;
    if (made)
        *made = object_ref(object);
    ret = 0;
cleanup:
    object_unref(object);
    free(text);
    return ret;
}

int write_text(struct sim *sim, const struct resource *resource, struct span text, struct error *err)
{
    struct object *object = store_object_new(&sim->store, resource, text, err);
    int ret = object ? store_put(&sim->store, object, err) : -1;

    object_unref(object);
    return ret;
}

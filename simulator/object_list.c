/* object_list.c: what the controllers share: lists of objects, selectors, and who controls what. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/limits.h"
#include "simulator/controllers.h"
#include "simulator/label_selector.h"
#include "simulator/owner.h"
#include "simulator/selector.h"

int object_list_add(struct object_list *list, struct object *object, struct error *err)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? list->capacity * 2 : 16;
        struct object **grown = realloc(list->objects, capacity * sizeof(*grown));

        if (!grown)
            return error_no_memory(err);
        list->objects = grown;
        list->capacity = capacity;
    }
    list->objects[list->count++] = object_ref(object);
    return 0;
}

void object_list_free(struct object_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        object_unref(list->objects[i]);
    free(list->objects);
    memset(list, 0, sizeof *list);
}

int object_list_namespace(struct sim *sim, enum slot slot, const char *namespace_, struct object_list *list, struct error *err)
{
    struct store_view view;
    struct object *object;
    char prefix[280];
    int ret;

    snprintf(prefix, sizeof prefix, "%s/", namespace_);
    ret = store_view_open(&view, &sim->store, slot, sim->store.rv, prefix, "", err);
    if (ret < 0)
        return -1;
    while (ret == 0 && (object = store_view_next(&view)))
        ret = object_list_add(list, object, err);
    store_view_close(&view);
    return ret;
}

int controllers_selector(const json_t *label_selector, struct selector *selector, struct error *err)
{
    char problem[SELECTOR_PROBLEM_BYTES];
    struct buffer text;
    int ret;

    buffer_init(&text, LIMIT_OBJECT_BYTES);
    ret = label_selector_format(label_selector, &text, err);
    if (ret == 0)
        ret = text.bytes ? selector_parse(selector, resource_of_slot(SLOT_PODS), text.data, NULL, problem, err) : 1;
    buffer_free(&text);
    return ret;
}

int controllers_adopt(struct sim *sim, const struct object *owner, struct object *object, struct error *err)
{
    json_t *doc = object_parse(object, err), *metadata = json_object_get(doc, "metadata"), *owners;
    int ret = -1;

    if (!doc)
        return -1;
    owners = json_object_get(metadata, "ownerReferences");
    if (!json_is_array(owners)) {
        json_object_set_new(metadata, "ownerReferences", json_array());
        owners = json_object_get(metadata, "ownerReferences");
    }
    if (json_array_append_new(owners, owner_controller_ref(owner)) < 0)
        error_no_memory(err);
    else
        ret = write_doc(sim, object->resource, doc, false, NULL, err);
    json_decref(doc);
    return ret;
}

int controllers_release(struct sim *sim, const struct object *owner, struct object *object, struct error *err)
{
    json_t *doc = object_parse(object, err), *metadata = json_object_get(doc, "metadata"), *owners, *element;
    size_t i;
    int ret;

    if (!doc)
        return -1;
    owners = json_object_get(metadata, "ownerReferences");
    json_array_foreach(owners, i, element)
    {
        const char *uid = json_string_value(json_object_get(element, "uid"));

        if (uid && !strcmp(uid, owner->uid)) {
            json_array_remove(owners, i);
            break;
        }
    }
    if (!json_array_size(owners))
        json_object_del(metadata, "ownerReferences");
    ret = write_doc(sim, object->resource, doc, false, NULL, err);
    json_decref(doc);
    return ret;
}

/* owner.c: see owner.h. */
#include "simulator/owner.h"

#include <stdio.h>
#include <string.h>

static void take(struct span from, const char *key, struct span *out)
{
    if (!text_get(from, key, out))
        *out = text_span("", 0);
}

static bool is_true(struct span from, const char *key)
{
    struct span value;

    return text_get(from, key, &value) && *value.at == 't';
}

bool owner_next(struct owner_walk *walk, const struct object *object, struct owner *owner)
{
    struct span list, element;

    if (!walk->begun) {
        if (!object->owned || !text_get(object->metadata, "ownerReferences", &list) || *list.at != '[')
            return false;
        walk->walk = text_walk(list);
        walk->begun = true;
    }
    if (!text_next_element(&walk->walk, &element))
        return false;
    take(element, "apiVersion", &owner->api_version);
    take(element, "kind", &owner->kind);
    take(element, "name", &owner->name);
    take(element, "uid", &owner->uid);
    owner->controller = is_true(element, "controller");
    owner->blocks = is_true(element, "blockOwnerDeletion");
    return true;
}

bool owner_controller(const struct object *object, struct owner *owner)
{
    struct owner_walk walk = {.begun = false};

    while (owner_next(&walk, object, owner))
        if (owner->controller)
            return true;
    return false;
}

static const char *controller_uid(const struct object *object)
{
    struct owner owner;

    if (!object->facts.controller)
        ((struct object *)object)->facts.controller = owner_controller(object, &owner) && owner.uid.bytes > 2 ? owner.uid.at + 1 : "";
    return object->facts.controller;
}

bool owner_has_controller(const struct object *object)
{
    return *controller_uid(object);
}

bool owner_is(const struct object *object, const char *uid)
{
    size_t bytes = strlen(uid);

    return strncmp(controller_uid(object), uid, bytes) == 0 && controller_uid(object)[bytes] == '"';
}

json_t *owner_controller_ref(const struct object *owner)
{
    char version[64];

    return json_pack("{sssssssssbsb}", "apiVersion", resource_api_version(owner->resource, version), "kind", owner->resource->kind, "name",
                     owner->name, "uid", owner->uid, "controller", 1, "blockOwnerDeletion", 1);
}

const char *owner_key(const struct object *object, const struct owner *owner, bool namespaced, char out[600])
{
    int bytes = owner->name.bytes > 2 ? (int)owner->name.bytes - 2 : 0;

    snprintf(out, 600, "%s%s%.*s", namespaced ? object->namespace_ : "", namespaced ? "/" : "", bytes, bytes ? owner->name.at + 1 : "");
    return out;
}

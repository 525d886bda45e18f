/*
 * owner.h: metadata.ownerReferences of stored objects.
 */
#ifndef SIMULATOR_OWNER_H
#define SIMULATOR_OWNER_H

#include <jansson.h>

#include "simulator/store.h"

/* One reference: pieces of the object's text, strings with their quotes; empty where a member is missing. */
struct owner {
    struct span api_version, kind, name, uid;
    bool controller, blocks;
};

/* A walk over an object's references; begins with {NULL}. False at the end. The object must stay. */
struct owner_walk {
    struct text_walk walk;
    bool begun;
};
bool owner_next(struct owner_walk *walk, const struct object *object, struct owner *owner);

/* The reference with controller: true; false when there is none. */
bool owner_controller(const struct object *object, struct owner *owner);
/* Has it one, and is that the object with this UID? Quicker than a walk. */
bool owner_has_controller(const struct object *object);
bool owner_is(const struct object *object, const char *uid);

/* A reference to `owner` as its controller, metav1.NewControllerRef(). A new reference; NULL: memory ran out. */
json_t *owner_controller_ref(const struct object *owner);

/* The key of the object that a reference names in the namespace of `object` (cluster-scoped: its name). Writes into `out` (600 bytes). */
const char *owner_key(const struct object *object, const struct owner *owner, bool namespaced, char out[600]);

#endif

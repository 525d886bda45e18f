/*
 * delete.h: how objects go: at once, with a grace period, when the last finalizer is gone; a namespace with all that is in it.
 */
#ifndef SIMULATOR_DELETE_H
#define SIMULATOR_DELETE_H

#include "simulator/internal.h"

/* Takes the object out of the store; a namespace that waited for it goes too. */
int delete_now(struct sim *sim, struct object *object, struct error *err);

/* Deletes as a client does that says nothing about grace; `object` may be the store's only reference. */
int delete_gracefully(struct sim *sim, struct object *object, struct error *err);

/* The finalizers by which a deletion waits for the garbage collector. */
#define DELETE_ORPHAN "orphan"
#define DELETE_FOREGROUND "foregroundDeletion"
/* The same, but the object stays until that finalizer (NULL: none) is taken off. */
int delete_with_finalizer(struct sim *sim, struct object *object, const char *finalizer, struct error *err);

/* An update took the last finalizer of an object that is being deleted: answers with `doc` and lets it go if its grace period is over. 0 or -1. */
int delete_finalized(struct call *call, struct object *object, json_t *doc, struct error *err);

#endif

/*
 * controllers.h: kube-controller-manager's place in the simulated cluster: Deployments get ReplicaSets, ReplicaSets get pods, namespaces get their
 * default service account. Driven by sim_tick: what changed is looked at a moment later, however often it changed.
 */
#ifndef SIMULATOR_CONTROLLERS_H
#define SIMULATOR_CONTROLLERS_H

#include "simulator/internal.h"

/* Told of every change. */
void controllers_change(struct sim *sim, const struct change *change);
/* Looks at what is due. */
int controllers_tick(struct sim *sim, int64_t now_us, struct error *err);
/* When it has something to look at next; INT64_MAX: never. */
int64_t controllers_next_us(const struct sim *sim);
void controllers_free(struct sim *sim);

/* Looks at the object of that key by then at the latest (monotonic). Lacking memory is said by the next tick. */
void controllers_look_at(struct sim *sim, enum slot slot, const char *key, int64_t due_us);

/* The controllers: bring one object nearer to what its spec says. 0; 1: refused, to be tried again later; -1. An object that is gone is none of their work. */
int deployment_sync(struct sim *sim, const char *key, struct error *err);
int replica_set_sync(struct sim *sim, const char *key, struct error *err);

/* Where a label selector of an object's spec is a struct selector. 0; 1: it is none that can be read; -1. Free with selector_free() after 0. */
struct selector;
int controllers_selector(const json_t *label_selector, struct selector *selector, struct error *err);

/* Objects with a reference each. */
struct object_list {
    struct object **objects;
    size_t count, capacity;
};
int object_list_add(struct object_list *list, struct object *object, struct error *err);
void object_list_free(struct object_list *list);
/* The objects of a slot in the namespace of that key, in name order. */
int object_list_namespace(struct sim *sim, enum slot slot, const char *namespace_, struct object_list *list, struct error *err);

/* Makes or takes away a reference of `owner` as the controller of `object`, which has none, or has it. */
int controllers_adopt(struct sim *sim, const struct object *owner, struct object *object, struct error *err);
int controllers_release(struct sim *sim, const struct object *owner, struct object *object, struct error *err);

#endif

/*
 * store.h: the objects, in the order of their keys, and the history of their changes. One resourceVersion counter for all. Objects are
 * immutable serialized text with an index of what selectors read; a change makes a new object, watchers and history share the old one.
 */
#ifndef SIMULATOR_STORE_H
#define SIMULATOR_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buffer.h"
#include "common/error.h"
#include "simulator/resource.h"
#include "simulator/text.h"

struct object_label {
    const char *key, *value;
};

/* What the controllers ask of an object again and again: worked out when it is first asked for (owner.h, replica_set_pods.h). */
struct object_facts {
    const char *controller; /* the UID of its controller, in the text, without an end; "" when there is none; NULL: not known yet */
    int64_t ready_us;       /* since when a pod is ready, wall time; -1: it is not; 0: not known yet */
};

/* One allocation. Shared: object_ref() and object_unref(); nobody writes to it, but for what is only worked out. */
struct object {
    size_t refs;
    struct object_facts facts;
    const struct resource *resource; /* the one of its slot */
    int64_t rv;
    const char *key; /* "namespace/name", or "name" where cluster-scoped */
    const char *namespace_, *name, *uid;
    const char *field[MAX_FIELD_LABELS]; /* in the order of resource->fields */
    const struct object_label *labels;
    size_t label_count;
    bool deleting;   /* has metadata.deletionTimestamp */
    bool finalizers; /* metadata.finalizers is not empty */
    bool owned;      /* metadata.ownerReferences is not empty */
    struct span metadata;
    const char *text; /* compact JSON, NUL-terminated; begins with resource->prefix, then "metadata" */
    size_t text_bytes;
};

struct object *object_ref(struct object *object);
void object_unref(struct object *object); /* NULL allowed */

enum change_type { CHANGE_ADDED, CHANGE_MODIFIED, CHANGE_DELETED };

struct change {
    int64_t rv;
    enum change_type type;
    struct object *object; /* the new content; for CHANGE_DELETED the last one, with the deletion's resourceVersion */
    struct object *prev;   /* NULL for CHANGE_ADDED */
    struct object *left;   /* prev with this rv, made when a selector first needs it; see store_left() */
};

struct skip_node;

struct store {
    int64_t rv;    /* of the last change */
    int64_t floor; /* history has every change after this one */
    struct {
        struct skip_node *head;
        size_t count;
    } slots[SLOT_COUNT];
    uint64_t random;        /* for the heights of skip_node */
    struct change *history; /* ring; the change of rv R is at index R modulo capacity */
    size_t history_capacity;
    int64_t history_max;
    struct buffer scratch;
    struct buffer label_scratch;
    /* told of every change after it is done; may not change the store */
    void (*on_change)(void *ctx, struct change *change);
    void *on_change_ctx;
};

int store_init(struct store *store, int64_t history_max, struct error *err);
void store_free(struct store *store);

/* Makes an object from its text (copied). It is not in the store yet; one reference, the caller's. Only ERROR_NO_MEMORY. */
struct object *store_object_new(struct store *store, const struct resource *resource, struct span text, struct error *err);
/* The same object under another resourceVersion. */
struct object *store_object_with_rv(struct store *store, const struct object *object, int64_t rv, struct error *err);

/* Borrowed; NULL when there is none. */
struct object *store_get(const struct store *store, enum slot slot, const char *key);

/* Puts `object`, whose text has resourceVersion store->rv + 1, in place of what has its key. Takes its own reference. */
int store_put(struct store *store, struct object *object, struct error *err);
int store_remove(struct store *store, struct object *object, struct error *err);

/* The change of that rv; floor < rv <= store->rv. */
struct change *store_change(const struct store *store, int64_t rv);
/* The previous content under the change's rv: what a watcher gets whose selector the object left. NULL: ERROR_NO_MEMORY. */
struct object *store_left(struct store *store, struct change *change, struct error *err);
/* Forgets the history: floor = rv. */
void store_compact(struct store *store);

/* A view of one slot as it was at some rv not below the floor. */
struct store_view {
    const struct store *store;
    struct skip_node *at;
    struct overlay {
        const char *key;
        struct object *object; /* NULL: did not exist then */
        int64_t rv;
    } * overlay; /* what has changed since, by key */
    size_t overlay_count, overlay_at;
    const char *prefix; /* keys that begin so; "" for all */
};

/* Opens it at the first key >= from that begins with prefix (borrowed until closed). The store may not change while it is open. */
int store_view_open(struct store_view *view, const struct store *store, enum slot slot, int64_t rv, const char *prefix, const char *from,
                    struct error *err);
/* The next object (borrowed), or NULL at the end. */
struct object *store_view_next(struct store_view *view);
void store_view_close(struct store_view *view);

#endif

/*
 * resource.h: the table of what the API server serves: names, scope, behaviours, selectable fields.
 */
#ifndef SIMULATOR_RESOURCE_H
#define SIMULATOR_RESOURCE_H

#include <stdbool.h>
#include <stddef.h>

/* Where objects of a resource are kept. core/v1 and events.k8s.io/v1 events are one slot seen through two APIs. */
enum slot {
    SLOT_NAMESPACES,
    SLOT_NODES,
    SLOT_PODS,
    SLOT_EVENTS,
    SLOT_LEASES,
    SLOT_SERVICEACCOUNTS,
    SLOT_CONFIGMAPS,
    SLOT_DEPLOYMENTS,
    SLOT_REPLICASETS,
    SLOT_ROLES,
    SLOT_ROLEBINDINGS,
    SLOT_CLUSTERROLES,
    SLOT_CLUSTERROLEBINDINGS,
    SLOT_COUNT
};

/* A field that a fieldSelector may name beside metadata.name and metadata.namespace. */
struct field_label {
    const char *label;  /* as clients write it */
    const char *path;   /* in the stored object; NULL: accepted, and always "" */
    const char *absent; /* its value when the object has none */
};

#define MAX_FIELD_LABELS 12

struct resource {
    enum slot slot;
    const char *group; /* "" for core */
    const char *version;
    const char *name; /* plural */
    const char *kind;
    bool namespaced;
    bool has_status;             /* a status subresource */
    bool has_scale;              /* a scale subresource; then it is of a kind with spec.template, too */
    bool has_generation;         /* metadata.generation counts the changes of its spec */
    bool needs_resource_version; /* an update without one is refused */
    bool create_on_update;       /* PUT of what does not exist creates it */
    bool returns_deleted;        /* DELETE answers with the object rather than a Status */
    const char *prefix;          /* how a stored text begins: {"kind":…,"apiVersion":…, */
    const char *bookmark_rest;   /* what follows metadata in a bookmark's object */
    const struct field_label *fields;
    size_t field_count;
};

/* Borrowed, static; NULL when there is no such resource. */
const struct resource *resource_find(const char *group, const char *version, const char *name);
/* Is any resource served under this group and version? */
bool resource_group_served(const char *group, const char *version);
/* The resource under which a slot's objects are stored. */
const struct resource *resource_of_slot(enum slot slot);
/* "pods", or "leases.coordination.k8s.io": what messages call it. Writes into `out` (64 bytes) where needed. */
const char *resource_qualified(const struct resource *resource, char out[64]);
/* "Pod", or "Lease.coordination.k8s.io". */
const char *resource_qualified_kind(const struct resource *resource, char out[64]);
/* "v1" or "group/version". */
const char *resource_api_version(const struct resource *resource, char out[64]);

#endif

/*
 * route.h: what a request to an API server is about, from its method and target, and whether a lab scheduler has any business with it. Pure.
 */
#ifndef GRADE_ROUTE_H
#define GRADE_ROUTE_H

#include <stdbool.h>

/* Names are DNS labels and subdomains: at most 253 characters. All members are "" when absent. */
struct route {
    char verb[20]; /* as RBAC writes it: get list watch create update patch delete deletecollection */
    char group[64];
    char resource[64]; /* "": a page that is about no resource (/version, /apis, /healthz) */
    char page[64];     /* of such a page the first segment of its path */
    char subresource[32];
    char namespace_[256];
    char name[256];
    char resource_version[64]; /* of the query; of a list or watch */
    bool watch;
    bool initial_events; /* a watch with sendInitialEvents=true: it begins with the state, not with a resourceVersion */
    bool follows;        /* a read whose answer lasts: follow=true of a log */
};

/*
 * Fills *route. -1 when the target is none that an API server has: a path segment with other characters than names have, "." or "..", or too long.
 * Nothing in the path is decoded: names need no escape.
 */
int route_read(const char *method, const char *target, struct route *route);

/* Whether it changes something. */
bool route_writes(const struct route *route);

/* Whether it asks for a pod to be bound: pods/binding, or the old bindings collection. */
bool route_binds(const struct route *route);

/*
 * Whether a scheduler may ask it: reads of what schedulers look at (no secrets, no logs), discovery and health, and of writes bindings, events, pods/status and
 * leases, in `own` namespace only. A patch of a pod is none of these.
 */
bool route_allowed(const struct route *route, const char *own);

#endif

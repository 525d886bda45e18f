/*
 * deployment.h: one look at a Deployment (k8s.io/kubernetes/pkg/controller/deployment). Between deployment*.c only.
 */
#ifndef SIMULATOR_DEPLOYMENT_H
#define SIMULATOR_DEPLOYMENT_H

#include "simulator/controllers.h"
#include "simulator/inside.h"

#define DEPLOYMENT_COMPONENT "deployment-controller"

/* One of its ReplicaSets; both are references, and new ones after a write. */
struct replica_set {
    struct object *object;
    json_t *doc;
};

struct rollout {
    struct sim *sim;
    struct object *object;    /* the Deployment, a reference */
    json_t *doc;              /* becomes what it is to be */
    json_t *was;              /* its status before, a copy */
    struct replica_set *sets; /* its own, the oldest first */
    size_t count, capacity;
    struct replica_set *newest; /* the one of the template as it is now, in `sets`; NULL: none */
    json_int_t replicas, surge, unavailable;
    bool rolling; /* else it recreates */
};

json_int_t rollout_integer(const json_t *doc, const char *outer, const char *key);
/* Pods that the ReplicaSets want, have, have ready, have available; `but` (may be NULL) is left out. */
json_int_t rollout_sum(const struct rollout *rollout, const char *outer, const char *key, const struct replica_set *but);

/* Fills sets and newest: takes orphans and lets go what does not look right. */
int rollout_find_sets(struct rollout *rollout, struct error *err);
/* Brings the newest one's annotations up to date, and the Deployment's revision. */
int rollout_sync_newest(struct rollout *rollout, struct error *err);
/* Makes the newest one. 0; 1 when that was refused (the status says why); -1. */
int rollout_make_newest(struct rollout *rollout, struct error *err);
/* Makes a ReplicaSet want so many pods, and says it; nothing when it does. */
int rollout_scale(struct rollout *rollout, struct replica_set *set, json_int_t replicas, struct error *err);
/* Takes away old ReplicaSets beyond revisionHistoryLimit. */
int rollout_forget(struct rollout *rollout, struct error *err);

/* The status after this look; `estimates`: a rollout goes on, whose progress counts. */
int rollout_make_status(struct rollout *rollout, bool estimates, struct error *err);
/* Does its status say that all pods there are are of the template as it is now, and available? */
bool rollout_is_complete(const struct rollout *rollout);
/* Puts a condition in place of the one of its type unless that has this status and reason. Nonzero: memory ran out. */
int rollout_set_condition(struct rollout *rollout, const char *type, const char *status, const char *reason, const char *message);

#endif

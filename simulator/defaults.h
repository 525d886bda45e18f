/*
 * defaults.h: what a real server fills into a new object: metadata, the defaults of pods (k8s.io/kubernetes/pkg/apis/core/v1/defaults.go) and
 * what the admission plugins add (Priority, DefaultTolerationSeconds, ServiceAccount without its token volume).
 */
#ifndef SIMULATOR_DEFAULTS_H
#define SIMULATOR_DEFAULTS_H

#include "simulator/internal.h"

/* Fills `doc` (a stored-form object) in place. 0; 1 when a Status was answered; -1. */
int defaults_for_new(struct call *call, json_t *doc, struct error *err);

/* The pod's own: spec, containers, status. Nonzero: memory ran out. */
int pod_defaults(json_t *pod, const char *now);
/* Only the spec's, for an update that left them out. */
int pod_spec_defaults(json_t *spec);

/* A pod template's: what the API gives, not what admission adds to pods. */
int pod_template_defaults(json_t *template);

/* The spec of a Deployment or ReplicaSet (k8s.io/kubernetes/pkg/apis/apps/v1/defaults.go). */
int apps_spec_defaults(const struct resource *resource, json_t *spec);
/* A ClusterRole's, Role's or one of their bindings' (k8s.io/kubernetes/pkg/apis/rbac/v1/defaults.go). */
int rbac_defaults(const struct resource *resource, json_t *doc);

/* A status that was written: what the server adds to conditions, and the empty texts it leaves out. */
int pod_status_defaults(json_t *status);

/* Sets `key` unless it is there; takes over `value`. Nonzero: memory ran out (value may be NULL). */
int set_missing(json_t *object, const char *key, json_t *value);
/* The object under `key`, made when it is missing; borrowed; NULL: memory ran out or it is no object. */
json_t *member_object(json_t *object, const char *key);

#endif

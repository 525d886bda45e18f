/*
 * replicas.h: Deployments and ReplicaSets of a case, whose pods nobody runs: no kubelet, no scheduler. The case itself says that they are ready.
 */
#ifndef TESTS_BLACKBOX_REPLICAS_H
#define TESTS_BLACKBOX_REPLICAS_H

#include <jansson.h>

#include "tests/blackbox/support/lab.h"

/* Opens the server of a STARTS_NO_SERVER case: a simulator without kubelet and default scheduler, or the borrowed one. */
void open_server(struct lab *lab);

/* Addresses in the case's namespace, as textf(): of any group ("/api/v1"), of apps' two kinds ("/web/scale"). */
const char *in_namespace(struct lab *lab, const char *group, const char *rest);
const char *deployments(struct lab *lab, const char *rest);
const char *replica_sets(struct lab *lab, const char *rest);

/* Makes a Deployment whose pods have the label app=NAME and one container c; `more` stands in its spec (",'paused':true"). */
void make_deployment(struct lab *lab, const char *name, int replicas, const char *more);

/* Pods of the namespace that are neither being deleted nor ended, in name order: a new reference, how many, the name of the n-th as textf(). */
json_t *active_pods(struct lab *lab);
size_t count_active(struct lab *lab);
const char *active_name(struct lab *lab, size_t n);
/* How many items a list has. */
size_t count_list(struct lab *lab, const char *target);
/* The one ReplicaSet of the namespace, a new reference; ends the case when there are others. */
json_t *only_replica_set(struct lab *lab);

/* The status of an object, a new reference; a count in it; a condition of it as "True|Reason", "" when there is none. */
json_t *status_of(struct lab *lab, const char *target);
long count_in(struct lab *lab, const char *target, const char *key);
const char *condition_at(struct lab *lab, const char *target, const char *type);

/* Says that a pod is ready, as a kubelet would; that all active ones are (always true). */
void make_ready(struct lab *lab, const char *pod);
bool make_all_ready(struct lab *lab);
/* Is the Deployment rolled out, with so many replicas? Waits until it is, its pods ready as soon as they are there. */
bool is_complete(struct lab *lab, const char *name, int replicas);
void make_complete(struct lab *lab, const char *name, int replicas);

#endif

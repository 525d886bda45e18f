/*
 * api.h: what a case asks of the API server as its administrator: makes nodes and pods, reads them, changes them. A request that is refused ends
 * the case, unless the function says otherwise.
 *
 * JSON is written with ' instead of ", to be readable in C: "{'spec':{'nodeName':'n1'}}". Strings with an apostrophe cannot be written so.
 */
#ifndef TESTS_BLACKBOX_API_H
#define TESTS_BLACKBOX_API_H

#include <jansson.h>

#include "tests/blackbox/support/lab.h"

/* Reads the JSON of a format with ' for ". A new reference; ends the case when it is no JSON. */
json_t *json_of(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* One request; `body` is stolen, NULL for none. The status, whatever it is; 0 when no answer came. *answer (may be NULL) is a new reference or NULL. */
int api_try(struct lab *lab, const char *method, const char *target, json_t *body, json_t **answer);
/* As api_try, but only a 2xx will do. A new reference to the answer, NULL when it is no JSON. */
json_t *api(struct lab *lab, const char *method, const char *target, json_t *body);

/* A member of nested objects, "spec.nodeName" for one; "" when it is not there or no string. Borrowed. */
const char *member(const json_t *object, const char *path);
/* The items of a target that answers with a list; a new reference to the array. */
json_t *list_items(struct lab *lab, const char *target);
/* Reads the object, merges `change` (stolen) into it and writes it to target + suffix ("/status", ""); again when somebody wrote in between. */
void api_change(struct lab *lab, const char *target, const char *suffix, json_t *change);

/* Makes a namespace, labelled lab-run=LAB_RUN so that tests/e2e.sh finds what a case could not take away. The status; 409: it is there. */
int make_namespace(struct lab *lab, const char *name);

/* ---- nodes ---- */

/*
 * Makes sure that the case has n nodes, lab->node[0] … [n-1], labelled lab-case=<id>, empty, ready, of 4 CPU, 16 GiB and 110 pods. On a cluster
 * nodes that are there are lent the label; where it has too few, fewer come: look at lab->nodes.
 */
void use_nodes(struct lab *lab, size_t n);
/* Makes one more node, with what `override` changes: JSON merged into it, NULL for nothing. Returns its name. */
const char *add_node(struct lab *lab, const char *override);
void delete_node(struct lab *lab, const char *name);
/* Merges JSON into a node (kubectl cordon: "{'spec':{'unschedulable':true}}"), status included. */
void change_node(struct lab *lab, const char *name, const char *override);

/* ---- pods ---- */

/*
 * Makes a pod of the case's scheduler that asks for the case's nodes, with what `override` changes: JSON merged into it, NULL for nothing. In the
 * case's own namespace.
 */
void make_pod(struct lab *lab, const char *name, const char *override);
/* Makes pods <prefix>0 … <prefix>(n-1), several at a time. */
void make_pods(struct lab *lab, const char *prefix, size_t n, const char *override);
/* As make_pod in another namespace, which is made when it is not there: <id>-other. */
void make_other_pod(struct lab *lab, const char *name, const char *override);
/* Deletes at once (grace 0). A pod that is gone already is fine. */
void delete_pod(struct lab *lab, const char *name);
/* Deletes pods <prefix>0 … at once, several at a time. */
void delete_pods(struct lab *lab, const char *prefix, size_t n);
/* Merges JSON into a pod. */
void change_pod(struct lab *lab, const char *name, const char *override);

/* The pod, a new reference; NULL when there is none. */
json_t *get_pod(struct lab *lab, const char *name);
/* A member of the pod, as member(); "" when it is gone. Strings as textf(). */
const char *text_of(struct lab *lab, const char *name, const char *path);
/* Where it is; "" when nowhere, or gone. */
const char *node_of(struct lab *lab, const char *name);
const char *uid_of(struct lab *lab, const char *name);
const char *version_of(struct lab *lab, const char *name);
/* All pods of the case's namespace; a new reference to an array. */
json_t *list_pods(struct lab *lab);

/* Ends the case unless every line of the scheduler that says that a pod of the case is bound names the node it is on. */
void lines_are_true(struct lab *lab, const struct process *scheduler);

/* How many pods of the case's namespace are on a node, or on none (node ""). */
size_t count_on(struct lab *lab, const char *node);
/* How many pods of the case's namespace are on any node. */
size_t count_bound(struct lab *lab);
/* How many pods are on each of the case's nodes; counts[] has lab->nodes elements. */
void count_each(struct lab *lab, size_t *counts);

/* A condition of the pod as "status|reason|message"; "" when it has none. As textf(). */
const char *condition_in(const json_t *pod, const char *type);
const char *condition_of(struct lab *lab, const char *name, const char *type);
/* PodScheduled */
const char *pod_scheduled(struct lab *lab, const char *name);
/* Events about the pod of the case with that reason (events.k8s.io); a new reference to an array. */
json_t *events_of(struct lab *lab, const char *pod, const char *reason);
size_t count_events(struct lab *lab, const char *pod, const char *reason);

/* Takes away what the case left on a borrowed server, whatever state it is in. Fails never. */
void api_clean_up(struct lab *lab);

#endif

/*
 * load.h: what the API server was asked, counted by the server itself (apiserver_request_total of kube-apiserver's /metrics). That
 * counter does not say who asked, so the tools' own requests are taken off, and the requests that nobody else makes are told apart
 * by kind. On a cluster with kubelets their requests are in `pods get` and `pods status` too. The server counts
 * a watch there only when it ends, so those that are open now (apiserver_longrunning_requests) are added: together they are the watches
 * that were ever begun.
 */
#ifndef COMPARE_LOAD_H
#define COMPARE_LOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"

enum load_kind {
    LOAD_PODS_LIST,
    LOAD_NODES_LIST,
    LOAD_PODS_WATCH,
    LOAD_NODES_WATCH,
    LOAD_PODS_GET,
    LOAD_BIND,         /* whatever the answer */
    LOAD_BIND_REFUSED, /* those of them that got 409: the pod had a node, or was another one; known from the server's page only */
    LOAD_STATUS,       /* pods/status */
    LOAD_EVENTS,       /* any write of an event */
    LOAD_PODS_CREATE,
    LOAD_PODS_DELETE,
    LOAD_NODES_OTHER, /* any other request about nodes */
    LOAD_KINDS
};

struct load {
    int64_t count[LOAD_KINDS];
};

/* A name for tables: "list pods", "bind", … */
const char *load_kind_name(enum load_kind kind);

/* What it asks and of what, in the words of RBAC: "list" and "pods", "create" and "pods/binding". "*" where a kind holds several verbs. */
const char *load_kind_verb(enum load_kind kind);
const char *load_kind_resource(enum load_kind kind);

/* The kind of a request as the API server's metric labels describe it, or -1 when it is none of ours. `subresource` may be "". */
int load_classify(const char *verb, const char *resource, const char *subresource);

/* Counts one request by its method and target ("/api/v1/namespaces/x/pods/y/binding?…"). */
void load_count_request(struct load *load, const char *method, const char *target);

/*
 * Reads the text of /metrics. Fails with ERROR_RUNTIME when it has no apiserver_request_total at all: then nothing was measured,
 * which is not the same as zero.
 */
int load_parse_metrics(const char *text, struct load *load, struct error *err);

/*
 * What others asked between two readings: after - before, less `own_after - own_before`. False when a figure comes out negative: the server's
 * counters were reset, or another instance answered.
 */
bool load_between(const struct load *before, const struct load *after, const struct load *own_before, const struct load *own_after,
                  struct load *out);

/* Adds the counts of `part` to `sum`. */
void load_add(struct load *sum, const struct load *part);

/* All requests but creating and deleting pods, which are the workload's. */
int64_t load_sum(const struct load *load);

/* The watches of pods and nodes. */
int64_t load_watches(const struct load *load);

#endif

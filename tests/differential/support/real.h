/* real.h: the cluster on the real API server, and kube-scheduler's word on each pod that waits. */
#ifndef TESTS_DIFFERENTIAL_REAL_H
#define TESTS_DIFFERENTIAL_REAL_H

#include <jansson.h>

#include "compare/api_client.h"
#include "tests/differential/support/generate.h"

struct real {
    struct api_client *client;
    const char *program; /* kube-scheduler */
    const char *config;  /* its --config, written by real_open() */
    const char *log;     /* where it writes; started anew each time */
    const char *detail;  /* how much it writes, its -v; NULL: 0 */
};

/* Makes namespaces and the PriorityClasses, and kube-scheduler's configuration, which is the test's but for its extender (port 0: none). */
int real_prepare(const struct real *real, const char *kubeconfig, int extender_port, struct error *err);
/* Makes all of the cluster. */
int real_make(const struct real *real, const struct made_cluster *cluster, struct error *err);
/*
 * Starts a kube-scheduler, which so sees the whole cluster before it looks at the first pod, waits until it has said of all `pending` pods why they
 * cannot be placed, and ends it. At most 120 s.
 */
int real_judge(const struct real *real, size_t pending, struct error *err);
/*
 * Starts a kube-scheduler, which so sees the whole cluster before it looks at the first pod, shows `done` the pods until it returns true, and ends it. At most 120 s.
 */
int real_run(const struct real *real, bool (*done)(void *ctx, const json_t *pods), void *ctx, struct error *err);
/* Deletes all pods and nodes, and waits until they are gone. */
int real_clear(const struct real *real, struct error *err);

#define ALL_PODS "/api/v1/pods"
#define ALL_NODES "/api/v1/nodes"

/* What the server answers, as it came. The caller's buffer, emptied first. */
int real_get(const struct real *real, const char *target, struct buffer *answer, struct error *err);
/* The message of the pod's PodScheduled condition, where it is False and its reason Unschedulable; else NULL. Borrowed. */
const char *fit_error_of(const json_t *pod);

#endif

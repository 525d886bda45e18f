/*
 * extender.h: how kube-scheduler tells which nodes are feasible: it asks its extenders about the nodes that have passed all of its own filters
 * (k8s.io/kube-scheduler/extender/v1). This one refuses each of them with the reason "fits NODE". So no pod is ever bound, one state of the cluster
 * serves all pods, and the fit error of a pod names the nodes that are feasible beside the reasons of those that are not.
 */
#ifndef TESTS_DIFFERENTIAL_EXTENDER_H
#define TESTS_DIFFERENTIAL_EXTENDER_H

#include "common/error.h"

struct extender;

/* Serves on a free port of loopback, in a thread of its own. */
struct extender *extender_start(struct error *err);
int extender_port(const struct extender *extender);
/* NULL is allowed. */
void extender_stop(struct extender *extender);

/* The reason it gives for a node. */
#define EXTENDER_FITS "fits "

#endif

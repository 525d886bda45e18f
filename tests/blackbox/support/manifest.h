/*
 * manifest.h: the files of manifests/, made in a case: in its namespace, for its nodes. The cluster that they are written for is kind's
 * of four nodes; its names stand for the case's nodes: sched-lab-control-plane for the first, sched-lab-worker for the second, and so on.
 *
 * A Deployment is the API server's where controllers are at work (NEEDS_DEPLOYMENTS); for the simulator the case does what they would do. Where no
 * kubelet is, it also takes away pods that are being deleted.
 */
#ifndef TESTS_BLACKBOX_MANIFEST_H
#define TESTS_BLACKBOX_MANIFEST_H

#include "tests/blackbox/support/lab.h"

/* Makes everything in "manifests/examples/" + file. `scheduler` takes the place of its schedulerName; NULL: it stays. */
void manifest_apply(struct lab *lab, const char *file, const char *scheduler);
/* kubectl scale deployment NAME --replicas=N */
void manifest_scale(struct lab *lab, const char *name, int replicas);

/* Has controllers and kubelets done what they have to do now? To be called in each turn of a wait. Always true. */
bool manifest_tend(struct lab *lab);

/* Pods with the label app=APP that nobody deletes: those on a node, and those that wait and of which that is said. */
size_t placed_of(struct lab *lab, const char *app);
size_t waiting_of(struct lab *lab, const char *app);
/* The UIDs of those that are placed, in the order of their names; "" without any. */
const char *uids_of(struct lab *lab, const char *app);

#endif

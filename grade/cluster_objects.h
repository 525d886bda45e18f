/*
 * cluster_objects.h: private to cluster*.c: objects as they are written.
 */
#ifndef GRADE_CLUSTER_OBJECTS_H
#define GRADE_CLUSTER_OBJECTS_H

#include "grade/cluster.h"

/* Takes the finalizers off a pod, when it has some. One that is gone is fine. */
int cluster_let_go(struct cluster *cluster, const char *name, struct error *err);

#endif

/*
 * shape.h: members of the wrong JSON type, refused as Go's decoder refuses them, before anybody looks into them.
 */
#ifndef SIMULATOR_SHAPE_H
#define SIMULATOR_SHAPE_H

#include "simulator/internal.h"

/* Looks at Deployments, ReplicaSets, roles and bindings; other kinds pass. 0; 1 when a Status (400) was answered; -1. */
int shape_check(struct call *call, const json_t *doc, struct error *err);

#endif

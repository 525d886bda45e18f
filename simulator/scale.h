/*
 * scale.h: the scale subresource of Deployments and ReplicaSets: autoscaling/v1 Scale (k8s.io/kubernetes/pkg/registry/apps/deployment/storage, ScaleREST).
 */
#ifndef SIMULATOR_SCALE_H
#define SIMULATOR_SCALE_H

#include "simulator/internal.h"

/* Answers get, update and patch of …/scale. 0, 1 (a Status was answered) or -1. */
int scale_verb(struct call *call, struct error *err);

#endif

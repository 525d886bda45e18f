/*
 * binding.h: the binding subresource (k8s.io/kubernetes/pkg/registry/core/pod/storage, BindingREST).
 */
#ifndef SIMULATOR_BINDING_H
#define SIMULATOR_BINDING_H

#include "simulator/internal.h"

/* Answers POST …/pods/NAME/binding and POST …/bindings. 0 or -1. */
int binding_create(struct call *call, struct error *err);

/* Assigns `pod` to `node`: spec.nodeName and the PodScheduled condition; the pod may be bound. */
int binding_assign(struct sim *sim, const struct object *pod, const char *node, struct error *err);

#endif

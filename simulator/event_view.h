/*
 * event_view.h: one stored event, two APIs: core/v1 and events.k8s.io/v1 (k8s.io/kubernetes/pkg/apis/events/v1/conversion.go).
 */
#ifndef SIMULATOR_EVENT_VIEW_H
#define SIMULATOR_EVENT_VIEW_H

#include <jansson.h>

#include "common/error.h"
#include "simulator/resource.h"

/* A stored (core/v1) event as `resource` shows it, and back. A new reference; NULL on ERROR_NO_MEMORY. `event` is only read. */
json_t *event_view_out(const struct resource *resource, json_t *event, struct error *err);
json_t *event_view_in(const struct resource *resource, json_t *event, struct error *err);

#endif

/*
 * inside.h: what the cluster does to itself: the writes of its controllers, with the API's defaults and checks but uncounted and without faults.
 */
#ifndef SIMULATOR_INSIDE_H
#define SIMULATOR_INSIDE_H

#include "simulator/internal.h"

#define INSIDE_PROBLEM_BYTES 700

/*
 * Creates `doc` (changed) as a client would. 0; the HTTP status when it was refused, with the Status' message in `problem`; -1 on an error. *made (may be NULL)
 * gets a reference after 0.
 */
int inside_create(struct sim *sim, const struct resource *resource, const char *namespace_, json_t *doc, struct object **made,
                  char problem[INSIDE_PROBLEM_BYTES], struct error *err);

/* Writes an event of the old kind about an object, as client-go's recorder does: type Normal or Warning. */
int inside_event(struct sim *sim, const struct object *about, const char *component, const char *type, const char *reason,
                 const char *message, struct error *err);

#endif

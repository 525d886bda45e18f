/* pods.h: which pods of a cluster a doctor has to see. Pure. */
#ifndef DOCTOR_PODS_H
#define DOCTOR_PODS_H

#include <jansson.h>

#include "common/error.h"

#define PODS_KEPT_MAX 20000 /* more of them are not well than anybody reads about */

/*
 * Adds a pod to "pods" of the facts: to its items when something may be wrong with it or a scheduler runs in it, else only to what is counted:
 * "bound": {SCHEDULER: {"count": N, "last": TIME}}, when one of each scheduler's pods last got its node. `pod` is borrowed. ERROR_NO_MEMORY.
 */
int pods_take(json_t *pods, json_t *pod, const char *image, struct error *err);

/* "Waiting" of a container that does not run: its status; NULL when none waits, or only as every container does at first. */
const json_t *pods_waiting(const json_t *pod);

#endif

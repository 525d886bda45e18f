/*
 * validate.h: what people get wrong, refused in the real server's words (k8s.io/kubernetes/pkg/apis/core/validation).
 */
#ifndef SIMULATOR_VALIDATE_H
#define SIMULATOR_VALIDATE_H

#include "simulator/internal.h"

/* A new object, its defaults filled in. 0; 1 when a Status (422) was answered; -1. */
int validate_new(struct call *call, json_t *doc, struct error *err);
/* A patch with a UID, which is not the stored object's: 1, or -1. */
int validate_uid(struct call *call, const char *uid, json_t *doc, struct error *err);
/* A change of a stored object, both in stored form. */
int validate_change(struct call *call, json_t *old, json_t *doc, struct error *err);

#endif

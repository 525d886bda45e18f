/*
 * api.h: from a request to its verb.
 */
#ifndef SIMULATOR_API_H
#define SIMULATOR_API_H

#include "simulator/internal.h"

/* Reads the body as one JSON object: 0 and a new reference; 1 when a Status was answered; -1. */
int api_body(struct call *call, json_t **doc, struct error *err);
/* Reads the body as an object of the call's resource (strict.h) and lets `verb` answer; the object is given back after it. 0, 1 or -1. */
int api_with_object(struct call *call, int (*verb)(struct call *call, json_t *doc, struct error *err), struct error *err);
/* The key of the request's object, into `out` (600 bytes). */
const char *api_key(const struct call *call, const char *name, char out[600]);

/* Answers 405. */
int api_not_allowed(struct call *call, struct error *err);

/* The verbs; each answers. 0, 1 (the same: a Status was answered) or -1. */
int api_get(struct call *call, struct error *err);
int api_create(struct call *call, struct error *err);
int api_update(struct call *call, struct error *err);
int api_patch(struct call *call, struct error *err);
int api_delete(struct call *call, struct error *err);
int api_delete_collection(struct call *call, struct error *err);

#endif

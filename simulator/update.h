/*
 * update.h: what a subresource with a form of its own needs of the verb patch.
 */
#ifndef SIMULATOR_UPDATE_H
#define SIMULATOR_UPDATE_H

#include "simulator/internal.h"
#include "simulator/patch.h"

/* One of patch.h's. */
typedef json_t *(*patcher)(json_t *doc, json_t *patch, char *problem, size_t max, struct error *err);

/* Reads the patch of a request and by which rules it is to be applied: 0 and a new reference; 1 when a Status was answered; -1. */
int update_read_patch(struct call *call, patcher *apply, json_t **patch, struct error *err);
/* Answers for a patcher that gave NULL and this problem: 1, or -1. */
int update_refuse_patch(struct call *call, patcher apply, const char *problem, struct error *err);

#endif

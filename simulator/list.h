/*
 * list.h: lists: limit and continue, resourceVersion and resourceVersionMatch.
 */
#ifndef SIMULATOR_LIST_H
#define SIMULATOR_LIST_H

#include "simulator/internal.h"
#include "simulator/selector.h"

/* Answers a list request. 0 or -1. */
int list_answer(struct call *call, struct error *err);

/* Reads the selectors of a request: 0; 1 when a Status was answered; -1. Free with selector_free() after 0. */
int list_selector(struct call *call, struct selector *selector, struct error *err);
/* What keys of the request's namespace begin with, into `out` (280 bytes). "" for all. */
const char *list_prefix(const struct call *call, char out[280]);
/* Reads a resourceVersion parameter: 0 and *rv (-1 when there is none or it is ""), or 1 when a Status was answered, or -1. */
int list_resource_version(struct call *call, int64_t *rv, struct error *err);

#endif

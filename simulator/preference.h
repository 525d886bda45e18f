/*
 * preference.h: preferred node affinity, by which a Deployment says where it would rather be.
 */
#ifndef SIMULATOR_PREFERENCE_H
#define SIMULATOR_PREFERENCE_H

#include "simulator/internal.h"

/* The pod's preferred terms (borrowed from the document), or NULL when it has none. */
const json_t *preference_terms(const json_t *pod);

/* The sum of the weights of the terms that the node's labels match; 0 for a node that is not there. Terms by matchFields, Gt and Lt match nothing. */
int64_t preference_weight(struct sim *sim, const json_t *terms, const char *node);

#endif

/*
 * state.h: the objects of a simulated cluster as text, so that a server can end and another one go on in its place: UIDs and
 * resourceVersions survive. The history does not: a watch from an old resourceVersion gets 410, as after a compaction.
 */
#ifndef SIMULATOR_STATE_H
#define SIMULATOR_STATE_H

#include "common/buffer.h"
#include "common/error.h"
#include "simulator/sim.h"

/* Appends the state, one JSON object. */
int sim_save(struct sim *sim, struct buffer *out, struct error *err);

/*
 * Puts a saved state in place of everything there is. No watch may be open. ERROR_USAGE when it is no saved state; then, and when memory runs out
 * before the first object is replaced, the cluster is as before.
 */
int sim_load(struct sim *sim, const char *json, struct error *err);

#endif

/*
 * garbage.h: the garbage collector: what belonged to an object that is gone goes, too (k8s.io/kubernetes/pkg/controller/garbagecollector), in the
 * background, in the foreground, or not at all.
 */
#ifndef SIMULATOR_GARBAGE_H
#define SIMULATOR_GARBAGE_H

#include "simulator/internal.h"

/* Told of every change. */
void garbage_change(struct sim *sim, const struct change *change);
/* Collects what is due. */
int garbage_tick(struct sim *sim, int64_t now_us, struct error *err);
/* When it has something to do next; INT64_MAX: never. */
int64_t garbage_next_us(const struct sim *sim);
void garbage_free(struct sim *sim);

#endif

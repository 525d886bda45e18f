/*
 * default_scheduler.h: kube-scheduler's place in the simulated cluster: puts pods of "default-scheduler" on nodes.
 */
#ifndef SIMULATOR_DEFAULT_SCHEDULER_H
#define SIMULATOR_DEFAULT_SCHEDULER_H

#include "simulator/internal.h"

/* Told of every change. */
void default_scheduler_change(struct sim *sim, const struct change *change);
/* Places what is pending. */
int default_scheduler_tick(struct sim *sim, int64_t now_us, struct error *err);
void default_scheduler_free(struct sim *sim);

#endif

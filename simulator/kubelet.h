/*
 * kubelet.h: the simulated kubelets: a bound pod runs after a while, a deleted one goes.
 */
#ifndef SIMULATOR_KUBELET_H
#define SIMULATOR_KUBELET_H

#include "simulator/internal.h"

/* Told of every change. */
void kubelet_change(struct sim *sim, const struct change *change);
/* Makes an assigned pod Running now. */
int kubelet_start(struct sim *sim, const struct object *pod, struct error *err);
/* Starts and ends the pods whose time has come. */
int kubelet_tick(struct sim *sim, int64_t now_us, struct error *err);

#endif

/*
 * birth.h: a cluster as kind makes it: namespaces, nodes, system pods.
 */
#ifndef SIMULATOR_BIRTH_H
#define SIMULATOR_BIRTH_H

#include "simulator/internal.h"

int birth(struct sim *sim, struct error *err);

/* The name of the node of that rank; 0 is the control plane. */
void birth_node_name(const struct sim *sim, int rank, char *out, size_t max);
/* The address of a node, the same for the same name's rank: 172.18.0.2 and up. Writes into `out` (16 bytes). */
void birth_node_address(int rank, char out[16]);

/* kind's system pods, running on their nodes. */
int birth_system_pods(struct sim *sim, struct error *err);

#endif

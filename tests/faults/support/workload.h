/*
 * workload.h: what the cluster goes through: pods and nodes come, change and go, the server fails in every way it can.
 */
#ifndef TESTS_FAULTS_WORKLOAD_H
#define TESTS_FAULTS_WORKLOAD_H

#include "tests/faults/support/run.h"

/* Makes the first nodes, and plans the first action for now. */
void workload_start(struct run *run);

/* The world's `next_us` and `act`, with a struct run as context: one action of chance; after CHAOS_US none, and no more faults. */
int64_t workload_next_us(void *ctx);
void workload_act(void *ctx);

#endif

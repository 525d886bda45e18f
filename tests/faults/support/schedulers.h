/*
 * schedulers.h: the schedulers that live in the world of a run, as its cast has them; they are started, killed and started again.
 */
#ifndef TESTS_FAULTS_SCHEDULERS_H
#define TESTS_FAULTS_SCHEDULERS_H

#include "tests/faults/support/run.h"

/* Options of chance, and who plays. */
void schedulers_choose(struct run *run);

/* Starts the cast and lets it work until the workload is over and everything has settled, or SETTLE_US at the latest. */
void schedulers_work(struct run *run);

/* Restarts one, sometimes by kill; polling ends its loop first. */
void schedulers_restart_one(struct run *run);

/* Closes the watches. */
void schedulers_close(struct run *run);

#endif

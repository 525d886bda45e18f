/*
 * mains.h: the loops of polling/main.c and watch/main.c themselves, not copies of them, for the test to drive.
 */
#ifndef TESTS_FAULTS_MAINS_H
#define TESTS_FAULTS_MAINS_H

#include "common/scheduler.h"

/* polling/main.c's loop; returns when the scheduler stops. */
void chaos_poll_for_pods(struct scheduler *s);
/* watch/main.c's handler. */
void chaos_on_pod(struct scheduler *s, enum event event, const struct pod *pod);
/* Set by the test: sees every choice before it is acted on. */
extern void (*chaos_on_choice)(struct scheduler *s, const struct pod *pod, const struct node *node);

#endif

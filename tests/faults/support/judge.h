/*
 * judge.h: what may never happen while schedulers work, and the truth at the end.
 */
#ifndef TESTS_FAULTS_JUDGE_H
#define TESTS_FAULTS_JUDGE_H

#include "tests/faults/support/run.h"

/* The world's `on_request`, with a struct run as context: every binding is for a pod of ours that may be bound, and none is bound twice. */
void judge_request(void *ctx, const char *method, const char *target, const char *body, int status);

/* For chaos_on_choice (mains.h): a second opinion on every choice, from what the scheduler knows at that moment. */
void judge_choice(struct scheduler *s, const struct pod *pod, const struct node *choice);

/* Whether no pod waits that would fit. */
bool judge_settled(struct run *run);

/* At rest: the caches of the watches hold what the server holds, and every pod that fits is bound. */
void judge_end(struct run *run);

#endif

/*
 * in_process.h: a scheduler in a copy of the test's own process, talking to the server under test, for what cannot be brought about from outside: time goes
 * by at a word, and a Binding gets lost on its way.
 */
#ifndef TESTS_BLACKBOX_IN_PROCESS_H
#define TESTS_BLACKBOX_IN_PROCESS_H

#include "tests/blackbox/support/lab.h"

/*
 * Starts "polling" (looking every 0.1 s) or "watch", as the case has it, with these arguments (up to NULL), but without leader election and metrics. The
 * first Binding that it sends does not arrive, and it hears nothing of it. End it with process_kill(). Its output is in NAME.out and NAME.err.
 */
void in_process_start(struct lab *lab, struct process *process, const char *name, const char *const *arguments);

/* From now on so much more time has passed for all schedulers started since the case began. They see it when something happens to them. */
void in_process_skip(int64_t ms);

#endif

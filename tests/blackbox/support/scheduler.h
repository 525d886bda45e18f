/*
 * scheduler.h: the schedulers under test.
 */
#ifndef TESTS_BLACKBOX_SCHEDULER_H
#define TESTS_BLACKBOX_SCHEDULER_H

#include "tests/blackbox/support/lab.h"

/*
 * Starts the case's program with the case's kubeconfig and scheduler name; polling looks every 0.1 s. More arguments follow, up to NULL; the
 * last of a flag given twice counts. Its output is in <program>.out and .err.
 */
void scheduler_start(struct lab *lab, struct process *process, ...);
/* As scheduler_start: program, name of its output files, descriptor of its stdout (-1: a file). */
void scheduler_start_as(struct lab *lab, struct process *process, const char *program, const char *name, int stdout_fd,
                        const char *const *arguments);
/* Starts a program with these arguments only, up to NULL. */
void program_start(struct lab *lab, struct process *process, ...);

/* What its lines begin with: "[polling] ", "[watch-scheduler] ". */
const char *prefix_of(const char *program);
/* Waits until stdout (or stderr) has a line that has this text. */
void wait_for_line(struct process *process, const char *file, const char *part);
/* Waits for its end, and for that exit code. */
void wait_for_exit(struct process *process, int exit_code);

#endif

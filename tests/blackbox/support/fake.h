/*
 * fake.h: schedulers with a fault of their own, to be fed to compare. The test program becomes one when it is started as
 * `PROGRAM --fake MODE KUBECONFIG NAME PORT FOLDER`. Each looks for its pods every 20 ms, until TERM.
 */
#ifndef TESTS_BLACKBOX_FAKE_H
#define TESTS_BLACKBOX_FAKE_H

#include <stdbool.h>

/*
 * honest   binds each pod
 * twice    binds each pod, then once more to another node, which is refused
 * loses    never binds its pod number 3
 * never    binds nothing
 * crashes  aborts after its fourth pod
 * ends     exits 0 after its fourth pod
 * stays    takes no notice of TERM
 * lies     says on PORT that it has sent one request
 * recreates  deletes its pod number 3 and makes it again, on a node
 * waits    binds one pod; writes FOLDER/all-there when it sees 20 more, and binds them when there is FOLDER/go; then writes FOLDER/all-bound
 */

/* Whether argv asks for a fake; if so *code is what the program is to exit with, once the fake has ended. */
bool fake_scheduler(int argc, char **argv, int *code);

/* The command for compare's --contestant: "'PROGRAM' --fake MODE {kubeconfig} {name} {port} FOLDER", as textf(). */
const char *fake_command(const char *program, const char *mode, const char *folder);

#endif

/*
 * candidate.h: a submission as a folder: a copy of it, built if need be, and the two programs in it.
 */
#ifndef GRADE_CANDIDATE_H
#define GRADE_CANDIDATE_H

#include <signal.h>

#include "common/error.h"

struct candidate {
    char place[256];       /* a temporary folder of ours */
    char copy[272];        /* the submission in it; nothing is played from the folder itself */
    char *polling, *watch; /* commands for submission_open(); of a program that is not there: a path that cannot be executed */
    char note[256];        /* what is wrong with it before it ran: "no watch program", "build failed: exit code 2"; "": nothing */
};

/*
 * Copies `folder` (at most 64 MiB, 4,096 files) and looks for the programs: NAME, bin/NAME, NAME-scheduler, bin/NAME-scheduler, executable; then Python: NAME.py, NAME-scheduler.py, NAME_scheduler.py,
 * NAME/scheduler.py, variants/NAME/scheduler.py, and for polling scheduler.py, run by `python`. Where one is missing and there is a Makefile, or a `build` command was given (NULL: make), it is
 * built in the sandbox first; what the build prints goes to stderr, cleaned. What the submission lacks is in its note, no error. ERROR_RUNTIME when it cannot be copied or *stop is set.
 */
int candidate_open(struct candidate *candidate, const char *folder, const char *build, const char *python,
                   const volatile sig_atomic_t *stop, struct error *err);
void candidate_close(struct candidate *candidate);

#endif

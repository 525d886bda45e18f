/* run.h: the whole program but for its main(): tests run it in their own process. */
#ifndef EXPLAIN_RUN_H
#define EXPLAIN_RUN_H

#include <stdio.h>

/* What main() is given. The result goes to `out`, one line on what went wrong to `errors`. Returns the exit code. --help prints to stdout. */
int explain_run(int argc, char **argv, FILE *out, FILE *errors);

#endif

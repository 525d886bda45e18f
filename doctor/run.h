/* run.h: the program, from its command line to its exit code. */
#ifndef DOCTOR_RUN_H
#define DOCTOR_RUN_H

#include <stdio.h>

/* Looks, judges, prints the report to `out`, problems of its own to `errors`. 0 when nothing is FAIL, 1 when something is or it failed, 2 usage. */
int doctor_run(int argc, char **argv, FILE *out, FILE *errors);

#endif

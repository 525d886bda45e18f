/*
 * doctor.h: doctor at work in a case: on a lab that is ready, with docker, kind and kubectl that are scripts of the case.
 */
#ifndef TESTS_BLACKBOX_DOCTOR_H
#define TESTS_BLACKBOX_DOCTOR_H

#include <jansson.h>

#include "tests/blackbox/support/lab.h"

/* A program of that name, before all others in PATH from now on: `script` is a shell's. */
void fake_program(struct lab *lab, const char *name, const char *script);
/* docker, kind and kubectl as they should be. */
void fake_programs(struct lab *lab);

/* Opens the server, on the simulator with RBAC and nothing that would do something by itself. */
void doctor_open(struct lab *lab);

/*
 * Four nodes with the image; in the case's namespace the ServiceAccount, the role without the rule of that place in the manifest (-1: whole) and a
 * Deployment that says that it is ready.
 */
void make_ready_lab(struct lab *lab);
/* The rules of that role, verb by verb: "create pods/binding"; NULL behind the last. */
const char *role_rule(size_t index);
/* The role anew, without that rule (-1: whole). */
void change_role(struct lab *lab, int without);
/* A Deployment of a scheduler of the case's name in its namespace; `args`: more of them in JSON, "" for none. It says that it is ready. */
void deploy_scheduler(struct lab *lab, const char *name, int replicas, const char *args);

/* Runs doctor on the case's server with more arguments, up to NULL; it has to end by itself, without a word on stderr. What it prints as JSON; *exit_code. */
json_t *see_doctor(struct lab *lab, int *exit_code, ...);

/* Whether a check of that name and level ("fail"; NULL: any) says this (a part of it). Its mend ("": none) by `mend`, which may be NULL. */
bool doctor_says(const json_t *page, const char *level, const char *check, const char *found, const char **mend);
/* Sees the doctor again until it says so, with a mend that has this part. */
void doctor_tells(struct lab *lab, const char *level, const char *check, const char *found, const char *mend);
/* How many lines about the cluster have that level. */
size_t doctor_counts(const json_t *page, const char *level);

#endif

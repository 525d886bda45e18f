/*
 * sandbox_plan.h: from what the grader asks for to what the other side of the fork needs: absolute paths, an environment, a home.
 */
#ifndef GRADE_SANDBOX_PLAN_H
#define GRADE_SANDBOX_PLAN_H

#include "grade/sandbox_internal.h"

struct prepared {
    struct confinement confinement; /* points into what follows */
    char *home;                     /* a folder that exists; NULL: none yet */
    char **argv, **shell_argv, **envp;
    char *writable, *kubeconfig;
    char *paths[SANDBOX_PATHS];
    int path_count;
};

/* Makes the home and everything else. After a failure too, to be freed: ERROR_USAGE for a program or file that is not there, ERROR_RUNTIME, ERROR_NO_MEMORY. */
int prepare(struct prepared *prepared, const struct sandbox_plan *plan, struct error *err);

/* Removes the home, frees the rest. */
void prepared_free(struct prepared *prepared);

/* For sandbox_say.c: what a sandbox is like. */
unsigned sandbox_holds(const struct sandbox *sandbox);
const struct sandbox_limits *sandbox_limits_of(const struct sandbox *sandbox);
enum sandbox_end sandbox_end_of(const struct sandbox *sandbox);

#endif

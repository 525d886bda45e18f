/*
 * home.h: where a comparison or a grading lives while it runs: a temporary folder, and a simulator when no cluster was given.
 */
#ifndef COMPARE_HOME_H
#define COMPARE_HOME_H

#include <signal.h>

#include "compare/contestant.h"

struct home {
    char folder[64];     /* of this run: outputs, the simulator's kubeconfig */
    char beside[1024];   /* the folder of this program, where the others are */
    char kubeconfig[96]; /* the simulator's */
    char token_file[96]; /* the simulator's users; empty: it asks for no token */
    struct contestant simulator;
};

/* Makes the folder, which begins with `name` (8 characters at most), and finds the one of the program, from argv[0] as a shell would. */
int home_open(struct home *home, const char *name, const char *argv0, struct error *err);

/* Starts beside/simulator with `nodes` nodes and waits until it serves, at most 10 s. Fails with its own last words. */
int home_start_simulator(struct home *home, int nodes, const volatile sig_atomic_t *stop, struct error *err);

/* Stops the simulator; removes the folder unless `keep`. */
void home_close(struct home *home, bool keep);

#endif

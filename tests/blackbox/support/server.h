/*
 * server.h: the API server of a case: its own simulator, or a borrowed one.
 */
#ifndef TESTS_BLACKBOX_SERVER_H
#define TESTS_BLACKBOX_SERVER_H

#include "tests/blackbox/support/lab.h"

/* Starts the simulator (no nodes, no system pods), or connects to the borrowed server; makes the case's namespace. */
void server_open(struct lab *lab);
/* As server_open with a simulator that gets these arguments too, up to NULL. Only for STARTS_NO_SERVER cases. */
void server_open_with(struct lab *lab, const char *const *arguments);
/* Stops the simulator: it must have lived until now, and end with 0. Removes what the case made on a borrowed server. */
void server_close(struct lab *lab);

/* The server goes away, and comes back where it was, with the objects it had. Returns when it serves again. */
void server_stop(struct lab *lab);
void server_start(struct lab *lab);

/* Simulator only: the faults from now on (simulator/faults.h; JSON with ' for "), NULL: none. */
void server_faults(struct lab *lab, const char *plan);
/* Simulator only: every resourceVersion before now is too old. */
void server_compact(struct lab *lab);

/* A port of 127.0.0.1 that nobody listens on now. */
int free_port(void);

/* LAB_SERVER_CONTROL with a verb and an argument (may be NULL); waits for its end. */
void server_control(struct lab *lab, const char *verb, const char *argument);

#endif

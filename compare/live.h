/*
 * live.h: compare --live: all schedulers at once on one server, shown while they work, on a terminal, in a browser, or as a line a second. No
 * measurement: they share the CPU and the server with each other and with the view.
 */
#ifndef COMPARE_LIVE_H
#define COMPARE_LIVE_H

#include <signal.h>

#include "compare/comparison.h"
#include "compare/home.h"

/*
 * Runs until somebody quits, *stop is set, or the server is gone for good; then prints what it showed to stdout. `home` has its simulator when no kubeconfig
 * was given. Returns 0, 1 when a scheduler ended by itself, or -1.
 */
int live_run(const struct comparison *comparison, const struct home *home, struct error *err);

/* How many nodes a simulator needs to be worth looking at. */
#define LIVE_NODES 6
/* How many pods of one scheduler are there at once: of a workload without an end, what comes in a pod's life and a few bursts. */
size_t live_pods(const struct compare_options *options);

/*
 * Writes the simulator's users to `path`: the view itself, then each contestant of the options; and to folder/NAME.kubeconfig, once the simulator has
 * written its own, each contestant's (live_users.c).
 */
int live_users_write(const char *path, const struct compare_options *options, struct error *err);
int live_users_kubeconfig(const char *tokens_path, const char *kubeconfig, const char *name, const char *path, struct error *err);

#endif

/*
 * live.h: a cluster from its API server: nodes and pods are listed once. Nothing is written, nothing is watched.
 */
#ifndef EXPLAIN_LIVE_H
#define EXPLAIN_LIVE_H

#include "explain/snapshot.h"

/*
 * Lists into the snapshot. An object that makes no sense is left out, as the schedulers do, and passed to `warn` as one line. ERROR_USAGE for a
 * kubeconfig that does not do, ERROR_RUNTIME with what the server said when a list fails, ERROR_NO_MEMORY; the snapshot is of no use then.
 */
int live_list(struct snapshot *snapshot, const struct options *options, void (*warn)(void *ctx, const char *text), void *warn_ctx,
              struct error *err);

#endif

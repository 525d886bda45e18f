/*
 * serve.h: /metrics, /livez, /readyz, /healthz over libmicrohttpd, in the scheduler's own loop: no thread.
 */
#ifndef COMMON_SERVICE_SERVE_H
#define COMMON_SERVICE_SERVE_H

#include <stdbool.h>

#include "common/kube/transport.h"
#include "common/service/metrics.h"

struct serve;

struct serve_state {
    bool live;  /* /livez and /healthz: 200 "ok" or 500 */
    bool ready; /* /readyz: 200 "ok" or 500 "[-]informer-sync failed" */
};

/*
 * Listens on address:port (port 0 is not allowed here). `state` and `metrics` are borrowed. Fails with ERROR_USAGE when the address
 * cannot be listened on (names it). At most 32 connections, a time limit each; GET and HEAD only, 405 otherwise.
 */
struct serve *serve_open(const char *address, int port, const struct serve_state *state, const struct metrics *metrics, struct error *err);
/* Puts it into the loop of a transport. */
int serve_attach(struct serve *serve, struct transport *transport, struct error *err);
void serve_close(struct serve *serve);

#endif

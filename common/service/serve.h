/*
 * serve.h: /metrics, /livez, /readyz, /healthz over libmicrohttpd, in the scheduler's own loop: no thread.
 */
#ifndef COMMON_SERVICE_SERVE_H
#define COMMON_SERVICE_SERVE_H

#include <stdbool.h>

#include "common/kube/transport.h"
#include "common/service/metrics.h"

struct serve;

/* Read anew for every request. "?verbose" shows a line for each check, as kube's endpoints do. */
struct serve_state {
    bool live;  /* /livez and /healthz: 200 "ok" or 500 "[-]ping failed" */
    bool ready; /* /readyz: 200 "ok" or 500 "[-]informer-sync failed" */
};

/*
 * Listens on address:port: an IPv4 or IPv6 address in numbers (port 0 is not allowed here). `state` and `metrics` are borrowed and
 * must outlive it. Fails with ERROR_USAGE when the address cannot be listened on (names it) and with ERROR_NO_MEMORY. At most 32
 * connections, one more is closed at once; one that is silent for 10 s is closed; GET and HEAD only, 405 otherwise; 404 lists what
 * there is. End it with serve_close().
 */
struct serve *serve_open(const char *address, int port, const struct serve_state *state, const struct metrics *metrics, struct error *err);
/* Puts it into the loop of a transport; fails as its add_source does. The transport must not wait any more once serve_close() was called. */
int serve_attach(struct serve *serve, struct transport *transport, struct error *err);
/* Closes every connection and frees it. NULL is allowed. */
void serve_close(struct serve *serve);

#endif

/*
 * signals.h: SIGTERM and SIGINT end the program cleanly; SIGPIPE is ignored. The first signal asks, the second ends at once with 128+N.
 */
#ifndef COMMON_SERVICE_SIGNALS_H
#define COMMON_SERVICE_SIGNALS_H

#include <stdbool.h>

#include "common/kube/transport.h"

/*
 * Installs the handlers and a pipe that wakes the loop, both ends non-blocking and closed on exec. Once per process: further calls
 * change nothing. Fails with ERROR_RUNTIME (no file descriptor left) and has installed nothing then. SIGINT is caught even where the
 * program was born with it ignored (a shell's background job). The second signal takes its default action; where we are process 1 of
 * a container, for whom default actions do nothing, it exits with 128+N.
 */
int signals_install(struct error *err);
/* Puts the pipe into the loop of a transport, so that a signal ends its wait at once. After signals_install(). */
int signals_attach(struct transport *transport, struct error *err);
/* Whether one came. */
bool signals_stop_requested(void);

#endif

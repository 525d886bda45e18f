/*
 * signals.h: SIGTERM and SIGINT end the program cleanly; SIGPIPE is ignored. The first signal asks, the second ends at once with 128+N.
 */
#ifndef COMMON_SERVICE_SIGNALS_H
#define COMMON_SERVICE_SIGNALS_H

#include <stdbool.h>

#include "common/kube/transport.h"

/* Installs the handlers and a pipe that wakes the loop. Once per process. */
int signals_install(struct error *err);
/* Puts the pipe into the loop of a transport, so that a signal ends its wait at once. */
int signals_attach(struct transport *transport, struct error *err);
/* Whether one came. */
bool signals_stop_requested(void);

#endif

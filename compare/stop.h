/*
 * stop.h: the signals that end a tool which measures or judges. They only leave a flag, which all that waits looks at; what was started is then ended
 * in order. The schedulers have common/service/signals.h, which wakes their loop.
 */
#ifndef COMPARE_STOP_H
#define COMPARE_STOP_H

#include <signal.h>

/* Not 0 once SIGINT, SIGTERM or SIGHUP came. */
extern volatile sig_atomic_t stop_requested;

/* Catches those three from now on, and ignores SIGPIPE. */
void stop_install(void);

#endif

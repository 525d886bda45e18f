/*
 * log.h: what a scheduler prints. Lines that readers know go to stdout, everything else (warnings, retries, hints) to stderr.
 * Text: "[polling] Bound default/a -> n1". JSON: one object a line with ts, level, scheduler, msg.
 */
#ifndef COMMON_SERVICE_LOG_H
#define COMMON_SERVICE_LOG_H

#include "common/clock.h"
#include "common/service/options.h"

struct log {
    const char *prefix; /* "polling", "watch-scheduler" */
    enum log_format format;
    int verbose;
    const struct clock *clock;
    bool quiet; /* prints nothing (tests in one process) */
};

/* One line to stdout. Buffered until log_flush(). Control characters in the text are escaped: a pod's name cannot forge a line. */
void log_line(struct log *log, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* One line to stdout without the prefix: the workshop's line per pod. */
void log_bare(struct log *log, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* One line to stderr, at once. Level "warning". */
void log_warn(struct log *log, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* As log_warn with level "info", only with -v. */
void log_verbose(struct log *log, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Writes out what log_line buffered. Called before every wait. A closed stdout (EPIPE) is no reason to stop. */
void log_flush(struct log *log);

#endif

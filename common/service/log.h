/*
 * log.h: what a scheduler prints. Lines that readers know go to stdout, everything else (warnings, retries, hints) to stderr.
 *
 *   text, stdout   [polling] Bound default/a -> n1
 *   text, stderr   [polling] warning: cannot reach the API server      (log_warn)
 *                  [polling] relisting pods                            (log_verbose)
 *   json           {"ts":"2026-11-22T08:00:00.000000Z","level":"info","scheduler":"polling","msg":"Bound default/a -> n1"}
 *
 * Nothing here fails and nothing allocates: a line that cannot be written is lost, whatever the reason (a closed pipe, a full
 * disk); a full pipe is waited for. A text over LOG_TEXT_BYTES is cut and ends with "...".
 * What comes from outside cannot forge a line or move the cursor: in text format control characters (C0, DEL, C1), line and
 * paragraph separators and bidirectional overrides are written as \n, \t, \r or \u000b; in JSON as RFC 8259 asks. Other UTF-8 is
 * kept, each byte that is no UTF-8 becomes U+FFFD.
 */
#ifndef COMMON_SERVICE_LOG_H
#define COMMON_SERVICE_LOG_H

#include "common/clock.h"
#include "common/service/options.h"

#define LOG_TEXT_BYTES 4096  /* of one line before escapes, the NUL included */
#define LOG_HELD_BYTES 16384 /* held for stdout; when it is full, it is written before log_flush() asks */

/* Make one with designated initialisers, e.g. {.prefix = "polling", .clock = clock}; what is left out is zero. Needs no end. */
struct log {
    const char *prefix; /* "polling", "watch-scheduler"; borrowed */
    enum log_format format;
    int verbose;
    const struct clock *clock; /* borrowed; read for JSON only */
    bool quiet;                /* prints nothing (tests in one process) */

    /* the log's own: lines for stdout that log_flush() has not written yet */
    size_t held_bytes;
    char held[LOG_HELD_BYTES];
};

/* One line to stdout. Buffered until log_flush(). Control characters in the text are escaped: a pod's name cannot forge a line. */
void log_line(struct log *log, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* One line to stdout without the prefix: the workshop's line per pod. (JSON: as log_line.) */
void log_bare(struct log *log, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* One line to stderr, at once. Level "warning". Held lines go to stdout first, so that a terminal shows both in their order. */
void log_warn(struct log *log, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* As log_warn with level "info". log_verbose: only with -v. */
void log_info(struct log *log, const char *format, ...) __attribute__((format(printf, 2, 3)));
void log_verbose(struct log *log, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Writes out what log_line buffered, in one write(2). Called before every wait. A closed stdout (EPIPE) is no reason to stop. */
void log_flush(struct log *log);

#endif

/*
 * contestant.h: a scheduler under measurement: any command, started as a child, its output kept in files, its CPU time and memory
 * taken from the system.
 */
#ifndef COMPARE_CONTESTANT_H
#define COMPARE_CONTESTANT_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/error.h"

struct contestant {
    pid_t pid;            /* 0: not running */
    int64_t started_us;   /* monotonic, just before the fork */
    int exit_status;      /* as wait4() gives it, once it has ended */
    int64_t cpu_us;       /* user and system, from start to end, once it has ended */
    int64_t peak_bytes;   /* most memory resident so far, as of the last look at it */
    bool ended_by_itself; /* before it was told to */
};

/*
 * Splits a command line into words: blanks separate, '…' and "…" group, no other shell syntax. In each word {key} is replaced by
 * its value: `pairs` holds key, value, key, value, …, NULL. The result is NULL-terminated, freed with command_free(). ERROR_USAGE for an empty
 * command or an open quote.
 */
char **command_split(const char *text, const char *const *pairs, struct error *err);
void command_free(char **argv);

/*
 * Starts argv[0] (searched in PATH when it has no slash), stdin from /dev/null, stdout and stderr to STEM.out and STEM.err, which are
 * replaced. Fails when it cannot be executed (says why) or a file cannot be made.
 */
int contestant_start(struct contestant *c, char *const *argv, const char *stem, struct error *err);

/* Whether it still runs; takes its figures when it has ended. To be called now and then: peak_bytes is refreshed here. */
bool contestant_running(struct contestant *c);

/* CPU time so far in microseconds, or -1 when the system does not tell. */
int64_t contestant_cpu_us(struct contestant *c);

/*
 * Waits until it has ended, or has used less than 1 % of a CPU in three looks 200 ms apart, or timeout_ms passed. What a scheduler still
 * writes after its last bind (events) belongs to its bill. A poller that wakes
 * between looks counts as idle too: it has nothing left to do. Where the system does not tell the CPU time, it waits 2 s.
 */
void contestant_wait_idle(struct contestant *c, int64_t timeout_ms, const volatile sig_atomic_t *stop);

/* Ends it with TERM, with KILL after grace_ms, and takes its figures. Nothing when it has ended already. Returns whether TERM was enough. */
bool contestant_stop(struct contestant *c, int64_t grace_ms);

/* "exit code 1", "signal 11" or "still running", for messages; `out` holds at least 32 bytes. */
void contestant_describe_end(const struct contestant *c, char *out);

#endif

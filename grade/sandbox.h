/*
 * sandbox.h: runs a program nobody trusts. It gets a folder of its own, a kubeconfig of its own, and limits; it sees no other credential, no file of
 * the grader, and can write nothing that becomes a verdict. What the system offers (Linux: user, pid and mount namespaces, a user id of its own,
 * Landlock, a subreaper) is used in sandbox_linux.c alone; elsewhere the limits of setrlimit and a process group remain, and sandbox_strength() says so.
 */
#ifndef GRADE_SANDBOX_H
#define GRADE_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

struct sandbox_limits {
    int64_t cpu_ms;       /* of the whole tree */
    int64_t memory_bytes; /* resident, of the whole tree; 0: no limit */
    int processes;        /* at a time, threads included */
    int64_t output_bytes; /* stdout and stderr together; what comes after ends the run */
    int64_t file_bytes;   /* the largest file it may write */
};

/* The limits that a class gets: 30 s of CPU, 1 GiB, 64 processes, 4 MiB of output, 16 MiB a file. */
struct sandbox_limits sandbox_default_limits(void);

struct sandbox_plan {
    char *const *argv;        /* argv[0] a path, or a name looked for in PATH */
    const char *folder;       /* where the submission's own files are: readable, its working directory is a copy-free scratch folder beside */
    const char *kubeconfig;   /* the only credential: copied into its home, named by KUBECONFIG and HOME; NULL: none */
    const char *const *extra_readable; /* NULL-terminated paths it may read too (a Python environment); NULL: none */
    struct sandbox_limits limits;
};

enum sandbox_end {
    SANDBOX_RUNNING,
    SANDBOX_EXITED,   /* by itself; code */
    SANDBOX_SIGNALED, /* by itself, by a signal; code */
    SANDBOX_STOPPED,  /* we asked it to end */
    SANDBOX_CPU,      /* a limit: it was ended for it */
    SANDBOX_MEMORY,
    SANDBOX_PROCESSES, /* only seen as fork failing inside; used when it still held the limit at its end */
    SANDBOX_OUTPUT
};

struct sandbox;

/* Called with each whole line of stdout (fd 1) and stderr (2), without its newline, cut at 4 KiB; from sandbox_poll(). */
typedef void (*sandbox_line)(void *ctx, int fd, int64_t now_us, const char *line, size_t bytes);

/* Starts it; everything in the plan is copied or no longer needed on return. Fails when it cannot be executed, with the reason; never leaves a process behind. */
struct sandbox *sandbox_start(const struct sandbox_plan *plan, sandbox_line on_line, void *ctx, struct error *err);

/* Reads what it printed, looks at its limits, notices its end. Waits at most timeout_ms for something to happen. */
enum sandbox_end sandbox_poll(struct sandbox *sandbox, int64_t timeout_ms);

/* TERM, and KILL to the whole tree after grace_ms. Afterwards no process of it is left, whatever it forked. Returns how it ended. */
enum sandbox_end sandbox_stop(struct sandbox *sandbox, int64_t grace_ms);

/* "exit code 1", "signal 11", "more than 30 s of CPU time": for messages; `out` holds at least 64 bytes. */
void sandbox_describe(const struct sandbox *sandbox, char *out);

struct sandbox_usage {
    int64_t cpu_us, peak_bytes; /* -1: not measured */
    int64_t output_bytes;
};
struct sandbox_usage sandbox_usage(const struct sandbox *sandbox);

/* Ends it if need be, removes its scratch folder, frees it. NULL allowed. */
void sandbox_free(struct sandbox *sandbox);

/* What protects here, for --version and the evidence: "namespaces, own user id, Landlock, limits" or "limits only". Static. */
const char *sandbox_strength(void);

#endif

/*
 * sandbox.h: runs a program nobody trusts. It gets a folder of its own, a kubeconfig of its own, and limits; it sees no other credential, no file of
 * the grader, and can write nothing that becomes a verdict. What the system offers is used in sandbox_linux*.c alone (pid, mount and user namespaces, a user id of
 * its own, Landlock, seccomp); elsewhere the limits of setrlimit and a process group remain, and sandbox_strength() says so.
 *
 * Who does what: the grader starts a keeper, apart from its own process group; the keeper enters the namespaces and starts the supervisor, the first
 * process in there; the supervisor builds what the program may see, starts the program, looks at its limits twenty times a second and ends its whole tree. The program can reach none of the three.
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
    int64_t disk_bytes;   /* all files together */
};

/* The limits that a class gets: 30 s of CPU, 1 GiB, 128 processes, 4 MiB of output, 16 MiB a file, 64 MiB of files. */
struct sandbox_limits sandbox_default_limits(void);

/* A word of argv that is this stands for the path of the kubeconfig as the program sees it. */
#define SANDBOX_KUBECONFIG "{kubeconfig}"

struct sandbox_plan {
    char *const *argv; /* argv[0] a path, or a name looked for in the sandbox's PATH: sandbox_path() */
    /*
     * Where the submission's own files are: readable, not writable. NULL: none but argv[0] itself. A folder that holds the temporary folder (/tmp) is not shown: of it
     * only argv[0] and the files that arguments name.
     */
    const char *folder;
    const char *
        writable; /* a folder it may write to as well, which is kept, and is its working directory (a build); NULL: none, and it works in its home, which is
                               empty but for .kube/config, and goes with it */
    const char *kubeconfig;            /* the only credential: copied into its home, named by KUBECONFIG; NULL: none */
    const char *const *extra_readable; /* NULL-terminated paths it may read too (a Python environment); NULL: none */
    int port;                          /* the only TCP port it may connect to, where the system can tell (Landlock 4); 0: any */
    struct sandbox_limits limits;
};

enum sandbox_end {
    SANDBOX_RUNNING,
    SANDBOX_EXITED,   /* by itself; code */
    SANDBOX_SIGNALED, /* by itself, by a signal; code */
    SANDBOX_STOPPED,  /* we asked it to end */
    SANDBOX_CPU,      /* a limit: it was ended for it */
    SANDBOX_MEMORY,
    SANDBOX_PROCESSES, /* it stood at the limit for a while, or left half as many orphans */
    SANDBOX_OUTPUT,
    SANDBOX_DISK
};

struct sandbox;

/* Called with each whole line of stdout (fd 1) and stderr (2), without its newline, cut at LIMIT_GRADE_LINE_BYTES; from sandbox_poll() and sandbox_stop(). */
typedef void (*sandbox_line)(void *ctx, int fd, int64_t now_us, const char *line, size_t bytes);

/*
 * Starts it; everything in the plan is copied or no longer needed on return. Fails when it cannot be executed, with the reason (ERROR_USAGE), or when
 * that could not be tried (ERROR_RUNTIME: no memory, no process, a machine that does not come to it within a minute); never leaves a process behind. Its environment is PATH, HOME, TMPDIR, LANG, KUBECONFIG and PYTHONUNBUFFERED (what Python prints into a pipe would else come at its end).
 */
struct sandbox *sandbox_start(const struct sandbox_plan *plan, sandbox_line on_line, void *ctx, struct error *err);

/* Reads what it printed, looks at its limits, notices its end. Waits at most timeout_ms for something to happen. */
enum sandbox_end sandbox_poll(struct sandbox *sandbox, int64_t timeout_ms);

/* TERM, and KILL to the whole tree after grace_ms. Afterwards no process of it is left, whatever it forked. Returns how it ended. */
enum sandbox_end sandbox_stop(struct sandbox *sandbox, int64_t grace_ms);

/* "exit code 1", "signal 11", "more than 30 s of CPU time": for messages; `out` holds at least 64 bytes. */
void sandbox_describe(const struct sandbox *sandbox, char *out);

/* How it ended, in one word for evidence: "running", "exited", "signaled", "stopped", "cpu", "memory", "processes", "output", "disk". Static. */
const char *sandbox_end_word(enum sandbox_end end);

/* The exit code or signal of SANDBOX_EXITED and SANDBOX_SIGNALED; of SANDBOX_STOPPED the exit code, or -1 when a signal ended it; else 0. */
int sandbox_code(const struct sandbox *sandbox);

struct sandbox_usage {
    int64_t cpu_us;
    int64_t waited_us;  /* it was ready to run, and others had the processor: of each process its first thread; -1: not measured */
    int64_t peak_bytes; /* -1: not measured */
    int64_t output_bytes;
};
struct sandbox_usage sandbox_usage(const struct sandbox *sandbox);

/* Ends it if need be, removes its home, frees it. NULL allowed. */
void sandbox_free(struct sandbox *sandbox);

/* The PATH that programs get, and where argv[0] is looked for. Static. */
const char *sandbox_path(void);

/* What protects here, for --version and the evidence: "namespaces, own user id, Landlock, seccomp, limits" or "limits only". Static; found out by the first call, which starts a program. */
const char *sandbox_strength(void);

/* Whether a program that means harm is kept from the grader's files, from the other submissions and from foreign processes. Without, only one's own programs should be run. */
bool sandbox_isolates(void);

#endif

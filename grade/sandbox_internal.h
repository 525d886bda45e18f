/*
 * sandbox_internal.h: between the grader's half of a sandbox (sandbox.c) and the other side of the fork: keeper, supervisor, program.
 */
#ifndef GRADE_SANDBOX_INTERNAL_H
#define GRADE_SANDBOX_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "grade/sandbox.h"

enum { SANDBOX_PATHS = 128 };

/* What holds, as found when a program was started. */
enum {
    HOLDS_PROCESSES = 1, /* a pid namespace: it sees and signals only its own */
    HOLDS_VIEW = 2,      /* a root of its own: it sees only what it may read */
    HOLDS_USER = 4,      /* a user id that nobody else has */
    HOLDS_LANDLOCK = 8,
    HOLDS_SECCOMP = 16
};

/* Everything that is needed after the fork, made before it. Pointers belong to sandbox.c. */
struct confinement {
    char *const *argv; /* argv[0] absolute */
    char *const
        *shell_argv; /* the same through /bin/sh: what execve() calls no executable is a script without its first line, as for a shell */
    char *const *envp;
    const char *home;       /* absolute; the folder that sandbox.c made, empty */
    const char *work;       /* where it starts */
    const char *writable;   /* or NULL */
    const char *kubeconfig; /* content, NULL: none */
    size_t kubeconfig_bytes;
    const char *readable[SANDBOX_PATHS + 1]; /* absolute, existing, NULL-terminated */
    struct sandbox_limits limits;
    int port;
    unsigned without; /* of HOLDS_…: not to be tried */
    uid_t user;       /* of its own; (uid_t)-1: there is none to be had */
};

/* For tests: from now on as on a system that lacks these. */
void sandbox_without(unsigned holds);

/* One page that grader and supervisor share; the program has lost it when it runs. The supervisor writes, the grader reads. */
struct sandbox_shared {
    volatile int64_t cpu_us, waited_us, peak_bytes;
    volatile int end, code; /* enum sandbox_end, written last */
    volatile int failed;    /* errno of what kept it from being executed */
    volatile unsigned holds;
};

/* The commands on the link, a byte each; the end of the link is LINK_KILL. The supervisor answers LINK_STARTED once, and closes it when no process is left. */
enum { LINK_TERM = 'T', LINK_KILL = 'K', LINK_STARTED = 'S' };

/* In the forked keeper: never returns. `link`, `out`, `err` are descriptors; all others are closed. */
void sandbox_keeper(struct confinement *c, struct sandbox_shared *shared, int link, int out, int err) __attribute__((noreturn));

/*
 * What sandbox_linux*.c does there, and nothing elsewhere. None fails: what the system refuses does not hold, and is not in `holds`.
 */

/* In the keeper, before it forks the supervisor: namespaces. Returns what holds of HOLDS_PROCESSES; *inside: whether a view may be built. */
unsigned confine_keeper(const struct confinement *c, bool *inside);

/* In the supervisor: it adopts orphans, nobody may look into it, and it goes when the keeper goes. */
void confine_supervisor(void);

/* In the supervisor, `inside`: a root with only what the program may see, its home a file system of limited size. Returns HOLDS_VIEW or 0. */
unsigned confine_view(const struct confinement *c);

/* In the program before exec: gives up every privilege; then Landlock and seccomp. `holds`: so far; returns what was added. */
unsigned confine_user(const struct confinement *c);
unsigned confine_rules(const struct confinement *c, unsigned holds);

/* How many processes and threads RLIMIT_NPROC has to allow so that the tree may have `processes`; -1: it would count others too. */
int64_t confine_process_limit(const struct confinement *c, unsigned holds);

/* The tree below the supervisor, as it is. */
struct sandbox_tree {
    int64_t cpu_us, resident_bytes; /* -1: the system does not tell */
    int64_t waited_us; /* ready to run, and another had the processor: of each process that is there, its first thread; -1: as above */
    int threads;       /* -1: as above */
};
/* To be called once before the view is built; then looks work. */
void tree_open(void);
void tree_look(struct sandbox_tree *tree);

/* KILL to everything below the supervisor; may have to be called again until no child is left. `program` leads a process group. */
void tree_kill(const struct confinement *c, unsigned holds, pid_t program);

/* Raises the chance that the kernel takes the program first when memory is short. */
void confine_oom(void);

#endif

/*
 * exec_process.h: runs one program without a shell and takes what it prints, under a ceiling of bytes and of time.
 */
#ifndef COMMON_KUBE_EXEC_PROCESS_H
#define COMMON_KUBE_EXEC_PROCESS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"
#include "common/kube/secret.h"

struct exec_process {
    const char *path; /* the executable file */
    char *const *argv, *const *envp;
    bool interactive;   /* it gets our standard input; else /dev/null and a process group of its own */
    bool with_errors;   /* its standard error is taken too, as it comes among the output; else it is passed on */
    int64_t limit_ms;   /* then it is killed */
    bool (*stop)(void); /* asked several times a second; true kills it. NULL: never */
};

/*
 * Runs it to its end. Its output goes into *out (initialised, empty; its ceiling holds). -1 with one
 * line that does not name the program: cannot be started, still running after the limit, too much output, stopped, killed by a
 * signal, exit code other than 0. The process is gone afterwards in every case. Waits in real time, whatever clock others use.
 */
int exec_process_run(const struct exec_process *process, struct secret_buffer *out, struct error *err);

#endif

/*
 * process.h: a program under test as a child process. What it prints goes to two files, so nobody has to drain a pipe and everything is
 * still there when a case has failed.
 */
#ifndef TESTS_BLACKBOX_PROCESS_H
#define TESTS_BLACKBOX_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct process {
    pid_t pid; /* 0: not running */
    char name[64];
    char out[160], err[160]; /* files of stdout and stderr */
    int exit_code;           /* once it has ended; 128+N for signal N */
    int64_t cpu_us;          /* user and system, once it has ended */
    int64_t peak_bytes;      /* most memory resident, once it has ended */
};

/*
 * Starts argv[0] (a path) with stdin from /dev/null, stdout and stderr to FOLDER/NAME.out and NAME.err, which are replaced. `stdout_fd`
 * -1, or a descriptor that takes the place of the stdout file. Ends the case when it cannot.
 */
void process_start(struct process *process, const char *folder, const char *name, const char *const *argv, int stdout_fd);

/* As process_start, but the child is a copy of this process that calls run(ctx) and ends with what that returns. */
void process_fork(struct process *process, const char *folder, const char *name, int (*run)(void *ctx), void *ctx);

/* Whether it still runs; takes its figures when it has ended. */
bool process_running(struct process *process);
/* Sends a signal, if it still runs. */
void process_signal(struct process *process, int number);
/* Waits for its end, at most so long. False: it still runs. */
bool process_ends(struct process *process, int64_t timeout_ms);
/* KILL, and waits. Nothing when it has ended. */
void process_kill(struct process *process);
/* TERM; ends the case unless it exits 0 within LAB's deadline. */
void process_stop(struct process *process);

/* The whole text of a file of output, as textf(); empty when there is none yet. */
const char *process_text(const char *path);
/* Whether the file has this text; how often; how many lines it has. */
bool process_says(const char *path, const char *text);
int process_count(const char *path, const char *text);
int process_lines(const char *path);
/* Whether one whole line of the file is this. */
bool process_line(const char *path, const char *line);

/* Prints the last lines of every process that was started to stderr: for a case that fails. */
void process_show_all(void);

#endif

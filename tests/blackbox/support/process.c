/* wait4() is no POSIX, but every system we build on has it under this name */
#define _DEFAULT_SOURCE
#include "tests/blackbox/support/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/buffer.h"
#include "tests/blackbox/support/lab.h"

#define TEXT_MAX ((size_t)64 << 20)
#define SHOWN_BYTES 3000
#define STARTED_MAX 16

/* where each process of this case prints, the newest last */
static struct started {
    char out[160], err[160];
} started[STARTED_MAX];
static size_t started_count;

static void remember(const struct process *process)
{
    for (size_t i = 0; i < started_count && i < STARTED_MAX; i++)
        if (!strcmp(started[i].out, process->out))
            return;
    struct started *slot = &started[started_count++ % STARTED_MAX];

    memcpy(slot->out, process->out, sizeof slot->out);
    memcpy(slot->err, process->err, sizeof slot->err);
}

static void take_file(const char *path, int as)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0600);

    if (fd < 0 || dup2(fd, as) < 0)
        _exit(126);
    close(fd);
}

static void take_files(const struct process *process, int stdout_fd)
{
    int null = open("/dev/null", O_RDONLY);

    if (null < 0 || dup2(null, 0) < 0)
        _exit(126);
    if (stdout_fd < 0)
        take_file(process->out, 1);
    else if (dup2(stdout_fd, 1) < 0)
        _exit(126);
    take_file(process->err, 2);
}

/* forks; returns in both, in the child with its files in place */
static void begin(struct process *process, const char *folder, const char *name, int stdout_fd)
{
    *process = (struct process){.exit_code = -1};
    snprintf(process->name, sizeof process->name, "%s", name);
    snprintf(process->out, sizeof process->out, "%s/%s.out", folder, name);
    snprintf(process->err, sizeof process->err, "%s/%s.err", folder, name);
    /* a case may look before the child has opened them */
    remove(process->out);
    remove(process->err);
    process->pid = fork();
    REQUIRE(process->pid >= 0, "fork: %s", strerror(errno));
    if (process->pid == 0)
        take_files(process, stdout_fd);
    else
        remember(process);
}

void process_start(struct process *process, const char *folder, const char *name, const char *const *argv, int stdout_fd)
{
    begin(process, folder, name, stdout_fd);
    if (process->pid > 0)
        return;
    execv(argv[0], (char *const *)(uintptr_t)argv); /* execv changes nothing there */
    dprintf(2, "%s: %s\n", argv[0], strerror(errno));
    _exit(127);
}

void process_fork(struct process *process, const char *folder, const char *name, int (*run)(void *ctx), void *ctx)
{
    begin(process, folder, name, -1);
    if (process->pid == 0)
        _exit(run(ctx));
}

static int64_t microseconds(const struct timeval *time)
{
    return (int64_t)time->tv_sec * 1000000 + time->tv_usec;
}

static void take_end(struct process *process, int status, const struct rusage *usage)
{
    process->pid = 0;
    process->exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    process->cpu_us = microseconds(&usage->ru_utime) + microseconds(&usage->ru_stime);
#ifdef __APPLE__
    process->peak_bytes = usage->ru_maxrss;
#else
    process->peak_bytes = (int64_t)usage->ru_maxrss * 1024;
#endif
}

bool process_running(struct process *process)
{
    struct rusage usage;
    int status;
    pid_t pid;

    if (!process->pid)
        return false;
    pid = wait4(process->pid, &status, WNOHANG, &usage);
    if (pid == 0)
        return true;
    REQUIRE(pid == process->pid, "wait4 of %s: %s", process->name, strerror(errno));
    take_end(process, status, &usage);
    return false;
}

void process_signal(struct process *process, int number)
{
    if (process_running(process))
        kill(process->pid, number);
}

bool process_ends(struct process *process, int64_t timeout_ms)
{
    struct wait wait = wait_begin(timeout_ms);

    while (process_running(process))
        if (!wait_more(&wait))
            return false;
    return true;
}

void process_kill(struct process *process)
{
    process_signal(process, SIGKILL);
    process_ends(process, DEADLINE_MS);
}

void process_stop(struct process *process)
{
    /* before its first line it may not have asked for signals yet */
    WAIT_UNTIL(process_lines(process->out) > 0 || !process_running(process), "%s does not say that it starts", process->name);
    REQUIRE(process_running(process), "%s has ended by itself with exit code %d", process->name, process->exit_code);
    process_signal(process, SIGTERM);
    REQUIRE(process_ends(process, DEADLINE_MS), "%s does not end after TERM", process->name);
    REQUIRE(process->exit_code == 0, "%s: exit code %d after TERM", process->name, process->exit_code);
}

/* malloc'd: waits look often */
static char *read_all(const char *path)
{
    FILE *file = fopen(path, "r");
    struct error err = ERROR_INIT;
    struct buffer text;
    char part[16384];
    size_t bytes;

    buffer_init(&text, TEXT_MAX);
    REQUIRE(buffer_add_string(&text, "", &err) == 0, "%s", err.text);
    while (file && (bytes = fread(part, 1, sizeof part, file)) > 0)
        REQUIRE(buffer_add(&text, part, bytes, &err) == 0, "%s: %s", path, err.text);
    if (file)
        fclose(file);
    return buffer_steal(&text);
}

const char *process_text(const char *path)
{
    char *all = read_all(path);
    const char *kept = textf("%s", all);

    free(all);
    return kept;
}

int process_count(const char *path, const char *text)
{
    char *all = read_all(path), *at = all;
    int count = 0;

    while ((at = strstr(at, text))) {
        count++;
        at += strlen(text);
    }
    free(all);
    return count;
}

bool process_says(const char *path, const char *text)
{
    return process_count(path, text) > 0;
}

int process_lines(const char *path)
{
    return process_count(path, "\n");
}

bool process_line(const char *path, const char *line)
{
    char *all = read_all(path), *at = all;
    size_t length = strlen(line);
    bool found = false;

    while (!found && (at = strstr(at, line))) {
        found = (at == all || at[-1] == '\n') && at[length] == '\n';
        at += length ? length : 1;
    }
    free(all);
    return found;
}

static void show(const char *path)
{
    char *text = read_all(path);
    size_t bytes = strlen(text);

    if (bytes)
        fprintf(stderr, "--- %s\n%s\n", path, bytes > SHOWN_BYTES ? text + bytes - SHOWN_BYTES : text);
    free(text);
}

void process_show_all(void)
{
    size_t first = started_count > STARTED_MAX ? started_count - STARTED_MAX : 0;

    for (size_t i = first; i < started_count; i++) {
        show(started[i % STARTED_MAX].out);
        show(started[i % STARTED_MAX].err);
    }
}

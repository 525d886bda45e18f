/* wait4() is no POSIX, but every system we build on has it under this name */
#define _DEFAULT_SOURCE

#include "compare/contestant.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/buffer.h"
#include "common/clock.h"
#include "common/limits.h"
#include "compare/process.h"

#define IDLE_LOOK_MS 200
#define IDLE_LOOKS 3
#define IDLE_BLIND_MS 2000 /* where the system does not tell another process' CPU time */

static int64_t now_us(void)
{
    return clock_system()->monotonic_us(clock_system());
}

static void sleep_ms(int64_t ms)
{
    struct timespec wait = {(time_t)(ms / 1000), (long)(ms % 1000) * 1000000};

    nanosleep(&wait, NULL);
}

/* `from`/`to` are the ends of a pipe that closes on exec: a byte in it is the errno of a failed exec */
static void become(char *const *argv, int out, int err_file, int to)
{
    int null = open("/dev/null", O_RDONLY), failed;
    sigset_t none;
    ssize_t ignored;

    /* the observer's thread may hold signals back; a program starts with none blocked */
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    if (null >= 0 && dup2(null, 0) >= 0 && dup2(out, 1) >= 0 && dup2(err_file, 2) >= 0)
        execvp(argv[0], argv);
    failed = errno;
    ignored = write(to, &failed, sizeof failed);
    (void)ignored;
    _exit(127);
}

static int open_output(const char *stem, const char *suffix, struct error *err)
{
    char path[4096];
    int fd;

    snprintf(path, sizeof path, "%s.%s", stem, suffix);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0)
        error_set(err, ERROR_RUNTIME, "%s: %s", path, strerror(errno));
    return fd;
}

static int fork_and_exec(struct contestant *c, char *const *argv, int out, int err_file, int ends[2], struct error *err)
{
    int failed = 0;
    ssize_t got;

    c->started_us = now_us();
    c->pid = fork();
    if (c->pid < 0) {
        c->pid = 0;
        return error_set(err, ERROR_RUNTIME, "fork: %s", strerror(errno));
    }
    if (c->pid == 0)
        become(argv, out, err_file, ends[1]);
    close(ends[1]);
    ends[1] = -1;
    do
        got = read(ends[0], &failed, sizeof failed);
    while (got < 0 && errno == EINTR);
    if (got <= 0)
        return 0;
    waitpid(c->pid, NULL, 0);
    c->pid = 0;
    return error_set(err, ERROR_USAGE, "%s: %s", argv[0], strerror(failed));
}

int contestant_start(struct contestant *c, char *const *argv, const char *stem, struct error *err)
{
    int out, err_file = -1, ends[2] = {-1, -1}, ret = -1;

    memset(c, 0, sizeof *c);
    c->cpu_us = c->peak_bytes = -1;
    out = open_output(stem, "out", err);
    if (out < 0 || (err_file = open_output(stem, "err", err)) < 0)
        goto cleanup;
    if (pipe(ends) < 0 || fcntl(ends[0], F_SETFD, FD_CLOEXEC) < 0 || fcntl(ends[1], F_SETFD, FD_CLOEXEC) < 0) {
        error_set(err, ERROR_RUNTIME, "pipe: %s", strerror(errno));
        goto cleanup;
    }
    ret = fork_and_exec(c, argv, out, err_file, ends, err);
cleanup:
    if (out >= 0)
        close(out);
    if (err_file >= 0)
        close(err_file);
    if (ends[0] >= 0)
        close(ends[0]);
    if (ends[1] >= 0)
        close(ends[1]);
    return ret;
}

static void look_at_memory(struct contestant *c)
{
    int64_t peak = child_peak_bytes(c->pid);

    if (peak > c->peak_bytes)
        c->peak_bytes = peak;
}

static int64_t timeval_us(struct timeval t)
{
    return (int64_t)t.tv_sec * 1000000 + t.tv_usec;
}

/* flags as of waitpid(); returns whether it has ended */
static bool collect(struct contestant *c, int flags)
{
    struct rusage usage;
    pid_t got;

    do
        got = wait4(c->pid, &c->exit_status, flags, &usage);
    while (got < 0 && errno == EINTR);
    if (got == 0)
        return false;
    /* the memory is not taken from here on Linux, see process.h; a process that was gone before anybody looked has no figure */
    if (got == c->pid) {
        c->cpu_us = timeval_us(usage.ru_utime) + timeval_us(usage.ru_stime);
#ifdef __APPLE__
        c->peak_bytes = usage.ru_maxrss;
#elif !defined __linux__
        c->peak_bytes = (int64_t)usage.ru_maxrss * 1024;
#endif
    }
    c->pid = 0;
    return true;
}

bool contestant_running(struct contestant *c)
{
    if (!c->pid)
        return false;
    look_at_memory(c);
    if (!collect(c, WNOHANG))
        return true;
    c->ended_by_itself = true;
    return false;
}

int64_t contestant_cpu_us(struct contestant *c)
{
    return c->pid ? child_cpu_us(c->pid) : c->cpu_us;
}

void contestant_wait_idle(struct contestant *c, int64_t timeout_ms, const volatile sig_atomic_t *stop)
{
    int64_t deadline = now_us() + timeout_ms * 1000, before = contestant_cpu_us(c), look = now_us();
    int quiet = 0;

    if (before < 0 && timeout_ms > IDLE_BLIND_MS)
        deadline = now_us() + IDLE_BLIND_MS * 1000;
    while (contestant_running(c) && quiet < IDLE_LOOKS && now_us() < deadline && !(stop && *stop)) {
        int64_t cpu, now;

        sleep_ms(IDLE_LOOK_MS);
        cpu = contestant_cpu_us(c);
        now = now_us();
        quiet = cpu >= 0 && cpu - before < (now - look) / 100 ? quiet + 1 : 0;
        before = cpu;
        look = now;
    }
}

bool contestant_stop(struct contestant *c, int64_t grace_ms)
{
    int64_t deadline = now_us() + grace_ms * 1000;

    if (!contestant_running(c))
        return true;
    kill(c->pid, SIGTERM);
    while (now_us() < deadline) {
        look_at_memory(c);
        if (collect(c, WNOHANG))
            return true;
        sleep_ms(2);
    }
    kill(c->pid, SIGKILL);
    collect(c, 0);
    return false;
}

void contestant_describe_end(const struct contestant *c, char *out)
{
    if (c->pid)
        snprintf(out, 32, "still running");
    else if (WIFSIGNALED(c->exit_status))
        snprintf(out, 32, "signal %d", WTERMSIG(c->exit_status));
    else
        snprintf(out, 32, "exit code %d", WEXITSTATUS(c->exit_status));
}

#include "common/kube/exec_process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"

enum { SLICE_MS = 100, FIRST_FD = 3, LAST_FD = 1024 };

struct child {
    pid_t pid;
    int output; /* read end of its standard output, not blocking; -1 after its end */
    bool group; /* leads a process group of its own */
    bool ended;
    int status;
};

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* a pipe whose ends are closed on exec and stay clear of 0, 1 and 2, which the caller may have closed */
static int open_pipe(int fds[2], struct error *err)
{
    int raw[2], i;

    fds[0] = fds[1] = -1;
    if (pipe(raw) < 0)
        return error_set(err, ERROR_RUNTIME, "no pipe: %s", strerror(errno));
    for (i = 0; i < 2; i++) {
        fds[i] = fcntl(raw[i], F_DUPFD_CLOEXEC, FIRST_FD);
        close(raw[i]);
    }
    if (fds[0] >= 0 && fds[1] >= 0)
        return 0;
    close_fd(&fds[0]);
    close_fd(&fds[1]);
    return error_set(err, ERROR_RUNTIME, "no pipe: too many open files");
}

/* in the child, until exec: only what is safe after fork */
static void become(const struct exec_process *process, int output, int problem, const sigset_t *mask)
{
    static const int defaults[] = {SIGPIPE, SIGTERM, SIGINT};
    int fd, failure;
    size_t i;

    for (i = 0; i < sizeof defaults / sizeof *defaults; i++)
        signal(defaults[i], SIG_DFL);
    sigprocmask(SIG_SETMASK, mask, NULL);
    if (!process->interactive) {
        setpgid(0, 0);
        fd = open("/dev/null", O_RDONLY);
        if (fd >= 0 && fd != STDIN_FILENO)
            dup2(fd, STDIN_FILENO);
    }
    dup2(output, STDOUT_FILENO);
    if (process->with_errors)
        dup2(output, STDERR_FILENO);
    for (fd = FIRST_FD; fd < LAST_FD; fd++)
        if (fd != problem)
            close(fd);
    execve(process->path, process->argv, process->envp);
    failure = errno;
    while (write(problem, &failure, sizeof failure) < 0 && errno == EINTR)
        ;
    _exit(127);
}

/* waits until the child runs its program, or says why it does not */
static int wait_started(int problem, struct error *err)
{
    int failure = 0;
    ssize_t got;

    do
        got = read(problem, &failure, sizeof failure);
    while (got < 0 && errno == EINTR);
    return got == (ssize_t)sizeof failure ? error_set(err, ERROR_USAGE, "cannot be started: %s", strerror(failure)) : 0;
}

static void reap(struct child *child, int flags)
{
    pid_t got;

    if (child->ended)
        return;
    do
        got = waitpid(child->pid, &child->status, flags);
    while (got < 0 && errno == EINTR);
    if (got == 0)
        return;
    /* ECHILD: whoever started us ignores SIGCHLD and nobody keeps the exit code; the output must speak for itself */
    if (got < 0)
        child->status = 0;
    child->ended = true;
}

static void kill_child(struct child *child)
{
    if (!child->ended)
        kill(child->group ? -child->pid : child->pid, SIGKILL);
    reap(child, 0);
}

static int start(const struct exec_process *process, struct child *child, struct error *err)
{
    int output[2], problem[2] = {-1, -1}, ret = -1;
    sigset_t all, mask;

    if (open_pipe(output, err) < 0)
        return -1;
    if (open_pipe(problem, err) < 0)
        goto cleanup;
    /* a handler of ours must not run in the child: it would write into our pipes */
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &mask);
    child->pid = fork();
    if (child->pid == 0)
        become(process, output[1], problem[1], &mask);
    sigprocmask(SIG_SETMASK, &mask, NULL);
    if (child->pid < 0) {
        error_set(err, ERROR_RUNTIME, "cannot be started: %s", strerror(errno));
        goto cleanup;
    }
    close_fd(&problem[1]);
    if (wait_started(problem[0], err) < 0) {
        reap(child, 0);
        goto cleanup;
    }
    child->group = !process->interactive;
    child->output = output[0];
    output[0] = -1;
    fcntl(child->output, F_SETFL, O_NONBLOCK);
    ret = 0;
cleanup:
    close_fd(&output[0]);
    close_fd(&output[1]);
    close_fd(&problem[0]);
    close_fd(&problem[1]);
    return ret;
}

/* takes all that is there; closes child->output at its end */
static int take_output(struct child *child, struct secret_buffer *out, struct error *err)
{
    while (child->output >= 0) {
        struct error full = ERROR_INIT;
        char beyond;
        bool room = secret_buffer_room(out, &full) == 0;
        ssize_t got;

        if (full.kind == ERROR_NO_MEMORY)
            return error_no_memory(err);
        got = room ? read(child->output, out->data + out->bytes, secret_buffer_free_bytes(out)) : read(child->output, &beyond, 1);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return errno == EAGAIN || errno == EWOULDBLOCK ? 0
                                                           : error_set(err, ERROR_RUNTIME, "cannot read its output: %s", strerror(errno));
        if (got == 0)
            close_fd(&child->output);
        else if (!room)
            return error_set(err, ERROR_RUNTIME, "printed more than %zu bytes", out->max);
        else
            secret_buffer_wrote(out, (size_t)got);
    }
    return 0;
}

/* until it has ended and its output is taken; a grandchild that holds the pipe open is not waited for */
static int follow(const struct exec_process *process, struct child *child, struct secret_buffer *out, struct error *err)
{
    const struct clock *clock = clock_system();
    int64_t deadline_us = clock->monotonic_us(clock) + process->limit_ms * 1000, left_ms;

    for (;;) {
        struct pollfd fd = {child->output, POLLIN, 0};

        reap(child, WNOHANG);
        if (take_output(child, out, err) < 0)
            return -1;
        if (child->ended)
            return 0;
        if (process->stop && process->stop())
            return error_set(err, ERROR_RUNTIME, "stopped");
        left_ms = (deadline_us - clock->monotonic_us(clock)) / 1000;
        if (left_ms <= 0)
            return error_set(err, ERROR_RUNTIME, "still running after %lld ms, killed", (long long)process->limit_ms);
        /* with its output closed the end of the process is all that is left to wait for, and nothing wakes us for that */
        poll(&fd, child->output >= 0, child->output < 0 ? 5 : left_ms < SLICE_MS ? (int)left_ms : SLICE_MS);
    }
}

int exec_process_run(const struct exec_process *process, struct secret_buffer *out, struct error *err)
{
    struct child child = {.output = -1};
    int ret;

    if (start(process, &child, err) < 0)
        return -1;
    ret = follow(process, &child, out, err);
    kill_child(&child);
    close_fd(&child.output);
    if (ret < 0)
        return -1;
    if (WIFSIGNALED(child.status))
        return error_set(err, ERROR_RUNTIME, "killed by signal %d", WTERMSIG(child.status));
    if (WEXITSTATUS(child.status))
        return error_set(err, ERROR_RUNTIME, "failed with exit code %d", WEXITSTATUS(child.status));
    return 0;
}

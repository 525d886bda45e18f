/*
 * sandbox.c: the grader's half: it prepares what the other side needs, reads what the program prints, and waits for its end.
 */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */

#include "grade/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/limits.h"
#include "grade/folder.h"
#include "grade/sandbox_internal.h"
#include "grade/sandbox_plan.h"

#ifndef MAP_ANONYMOUS
#define MAP_ANONYMOUS MAP_ANON
#endif
#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0
#endif

#define START_MS 60000
#define END_MS 25000 /* from KILL until no process is left: a little longer than the supervisor tries */
#define CALM_MS 20   /* how often we look when nothing can wake us */

struct stream {
    int fd; /* -1: at its end */
    size_t bytes;
    bool cut; /* the rest of this line is passed over */
    char line[LIMIT_GRADE_LINE_BYTES];
};

struct sandbox {
    struct prepared prepared;
    struct sandbox_shared *shared;
    pid_t keeper; /* 0: reaped */
    int link;     /* -1: nothing is left of it */
    struct stream stream[2];
    sandbox_line on_line;
    void *ctx;
    int64_t output_bytes;
    enum sandbox_end end;
    int code;
};

static int64_t now_us(void)
{
    return clock_system()->monotonic_us(clock_system());
}

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static void hand_line(struct sandbox *s, int which)
{
    struct stream *stream = &s->stream[which];

    if (s->on_line)
        s->on_line(s->ctx, which + 1, now_us(), stream->line, stream->bytes);
    stream->bytes = 0;
}

static void take_bytes(struct sandbox *s, int which, const char *data, size_t bytes)
{
    struct stream *stream = &s->stream[which];
    size_t i;

    for (i = 0; i < bytes; i++) {
        if (data[i] == '\n') {
            if (!stream->cut)
                hand_line(s, which);
            stream->cut = false;
        } else if (!stream->cut) {
            stream->line[stream->bytes++] = data[i];
            if (stream->bytes == sizeof stream->line) {
                hand_line(s, which);
                stream->cut = true;
            }
        }
    }
}

/* what is there now; beyond the limit it is passed over. Returns whether there was anything. */
static bool take_output(struct sandbox *s, int which)
{
    const int64_t limit = s->prepared.confinement.limits.output_bytes;
    struct stream *stream = &s->stream[which];
    char block[16384];
    bool any = false;
    ssize_t got;

    while (stream->fd >= 0 && s->output_bytes <= limit) {
        got = read(stream->fd, block, sizeof block);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return any;
        any = true;
        if (got <= 0) {
            close_fd(&stream->fd);
            if (stream->bytes)
                hand_line(s, which);
            return any;
        }
        s->output_bytes += got;
        if (s->output_bytes > limit)
            got -= (ssize_t)(s->output_bytes - limit);
        take_bytes(s, which, block, (size_t)got);
    }
    return any;
}

static void command(struct sandbox *s, char what)
{
    ssize_t ignored;

    if (s->link >= 0) {
        ignored = send(s->link, &what, 1, MSG_NOSIGNAL);
        (void)ignored;
    }
}

/* the link is at its end: nothing is left of the tree, or the supervisor itself was ended */
static void conclude(struct sandbox *s)
{
    close_fd(&s->link);
    if (s->keeper > 0) {
        kill(s->keeper, SIGKILL);
        while (waitpid(s->keeper, NULL, 0) < 0 && errno == EINTR)
            ;
    }
    s->keeper = 0;
    take_output(s, 0);
    take_output(s, 1);
    if (s->end == SANDBOX_RUNNING) {
        s->end = s->shared->end == SANDBOX_RUNNING ? SANDBOX_SIGNALED : (enum sandbox_end)s->shared->end;
        s->code = s->shared->end == SANDBOX_RUNNING ? SIGKILL : s->shared->code;
        if (s->output_bytes > s->prepared.confinement.limits.output_bytes)
            s->end = SANDBOX_OUTPUT;
    }
    for (int i = 0; i < 2; i++) {
        if (s->stream[i].bytes)
            hand_line(s, i);
        close_fd(&s->stream[i].fd);
    }
}

/* one step: waits at most timeout_ms; returns whether anything happened */
static bool step(struct sandbox *s, int64_t timeout_ms)
{
    bool full = s->output_bytes > s->prepared.confinement.limits.output_bytes, any = false;
    struct pollfd fds[3] = {{full ? -1 : s->stream[0].fd, POLLIN, 0}, {full ? -1 : s->stream[1].fd, POLLIN, 0}, {s->link, POLLIN, 0}};
    char byte;
    ssize_t got;

    if (poll(fds, 3, (int)(timeout_ms > 60000 ? 60000 : timeout_ms)) < 0)
        return false;
    if (fds[0].revents)
        any = take_output(s, 0);
    if (fds[1].revents)
        any = take_output(s, 1) || any;
    if (fds[2].revents) {
        got = recv(s->link, &byte, 1, MSG_DONTWAIT);
        if (got == 0 || (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)) {
            conclude(s);
            any = true;
        }
    }
    return any;
}

/* KILL, and the end of everything */
static void end_now(struct sandbox *s)
{
    int64_t deadline = now_us() + (int64_t)END_MS * 1000;

    command(s, LINK_KILL);
    while (s->link >= 0 && now_us() < deadline)
        step(s, CALM_MS);
    if (s->link >= 0)
        conclude(s);
}

enum sandbox_end sandbox_poll(struct sandbox *s, int64_t timeout_ms)
{
    int64_t deadline = now_us() + timeout_ms * 1000, left;

    while (s->end == SANDBOX_RUNNING) {
        left = (deadline - now_us()) / 1000;
        if (step(s, left > 0 ? left : 0) || left <= 0)
            break;
    }
    if (s->end == SANDBOX_RUNNING && s->output_bytes > s->prepared.confinement.limits.output_bytes) {
        end_now(s);
        s->end = SANDBOX_OUTPUT;
    }
    return s->end;
}

enum sandbox_end sandbox_stop(struct sandbox *s, int64_t grace_ms)
{
    int64_t deadline = now_us() + grace_ms * 1000, left;

    if (s->end != SANDBOX_RUNNING)
        return s->end;
    if (grace_ms > 0)
        command(s, LINK_TERM);
    while ((left = (deadline - now_us()) / 1000) > 0)
        if (sandbox_poll(s, left) != SANDBOX_RUNNING)
            return s->end;
    end_now(s);
    return s->end;
}

/* in the parent, after the fork: until it runs, or says why not */
static int wait_started(struct sandbox *s, const char *name, struct error *err)
{
    struct pollfd fd = {s->link, POLLIN, 0};
    int64_t deadline = now_us() + (int64_t)START_MS * 1000;
    char byte = 0;
    ssize_t got = -1;

    while (now_us() < deadline) {
        if (poll(&fd, 1, START_MS) <= 0)
            continue;
        got = recv(s->link, &byte, 1, 0);
        if (got >= 0 || errno != EINTR)
            break;
    }
    if (got == 1 && byte == LINK_STARTED)
        return 0;
    end_now(s);
    if (!s->shared->failed)
        return error_set(err, ERROR_RUNTIME, "the sandbox for %s could not be set up in %d s", name, START_MS / 1000);
    /* no process to be had is no fault of the program */
    return error_set(err, s->shared->failed == EAGAIN ? ERROR_RUNTIME : ERROR_USAGE, "%s: cannot be executed: %s", name,
                     strerror(s->shared->failed));
}

/* our ends close on exec and do not block; theirs are plain */
static int open_ends(struct sandbox *s, int theirs[3], struct error *err)
{
    int pair[2];
    int i;

    for (i = 0; i < 3; i++) {
        if ((i < 2 ? pipe(pair) : socketpair(AF_UNIX, SOCK_STREAM, 0, pair)) < 0)
            return error_set(err, ERROR_RUNTIME, "no pipe: %s", strerror(errno));
        *(i < 2 ? &s->stream[i].fd : &s->link) = pair[0];
        theirs[i] = pair[1];
        fcntl(pair[0], F_SETFD, FD_CLOEXEC);
        fcntl(pair[1], F_SETFD, FD_CLOEXEC);
        if (i < 2)
            fcntl(pair[0], F_SETFL, O_NONBLOCK);
    }
    return 0;
}

static int fork_keeper(struct sandbox *s, struct error *err)
{
    int theirs[3] = {-1, -1, -1}, i, ret = -1;
    sigset_t all, mask;

    if (open_ends(s, theirs, err) < 0)
        goto cleanup;
    s->shared = mmap(NULL, sizeof *s->shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (s->shared == MAP_FAILED) {
        s->shared = NULL;
        error_no_memory(err);
        goto cleanup;
    }
    s->shared->waited_us = s->shared->peak_bytes = -1;
    /* a handler of ours must not run on the other side */
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &mask);
    s->keeper = fork();
    if (s->keeper == 0)
        sandbox_keeper(&s->prepared.confinement, s->shared, theirs[2], theirs[0], theirs[1]);
    sigprocmask(SIG_SETMASK, &mask, NULL);
    if (s->keeper < 0) {
        s->keeper = 0;
        error_set(err, ERROR_RUNTIME, "fork: %s", strerror(errno));
        goto cleanup;
    }
    ret = 0;
cleanup:
    for (i = 0; i < 3; i++)
        close_fd(&theirs[i]);
    return ret;
}

struct sandbox *sandbox_start(const struct sandbox_plan *plan, sandbox_line on_line, void *ctx, struct error *err)
{
    struct sandbox *s = calloc(1, sizeof *s);

    if (!s) {
        error_no_memory(err);
        return NULL;
    }
    s->on_line = on_line;
    s->ctx = ctx;
    s->link = s->stream[0].fd = s->stream[1].fd = -1;
    if (prepare(&s->prepared, plan, err) < 0 || fork_keeper(s, err) < 0 || wait_started(s, plan->argv[0], err) < 0) {
        sandbox_free(s);
        return NULL;
    }
    return s;
}

void sandbox_free(struct sandbox *s)
{
    if (!s)
        return;
    s->on_line = NULL;
    if (s->link >= 0)
        end_now(s);
    close_fd(&s->stream[0].fd);
    close_fd(&s->stream[1].fd);
    close_fd(&s->link);
    if (s->shared)
        munmap(s->shared, sizeof *s->shared);
    prepared_free(&s->prepared);
    free(s);
}

int sandbox_code(const struct sandbox *s)
{
    return s->code;
}

struct sandbox_usage sandbox_usage(const struct sandbox *s)
{
    return (struct sandbox_usage){s->shared->cpu_us, s->shared->waited_us, s->shared->peak_bytes, s->output_bytes};
}

unsigned sandbox_holds(const struct sandbox *s)
{
    return s->shared->holds;
}

const struct sandbox_limits *sandbox_limits_of(const struct sandbox *s)
{
    return &s->prepared.confinement.limits;
}

enum sandbox_end sandbox_end_of(const struct sandbox *s)
{
    return s->end;
}

/* signals.c: a handler that does next to nothing, and a pipe that tells the loop (the self-pipe trick). */
#include "common/service/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

static volatile sig_atomic_t stop_requested;
static volatile sig_atomic_t wake_fd = -1; /* the end that the handler writes */
static int wait_fd = -1;                   /* the end that the loop reads */

static void restore_default(void)
{
    struct sigaction action;

    memset(&action, 0, sizeof action);
    sigemptyset(&action.sa_mask);
    action.sa_handler = SIG_DFL;
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
}

/* Only async-signal-safe calls here. A full pipe needs no second byte: the loop wakes anyway. */
static void on_signal(int number)
{
    int saved = errno;

    if (stop_requested)
        _exit(128 + number);
    stop_requested = 1;
    if (getpid() != 1)
        restore_default();
    while (write((int)wake_fd, "", 1) < 0 && errno == EINTR)
        ;
    errno = saved;
}

static int set_flags(int fd)
{
    int status = fcntl(fd, F_GETFL);

    if (status < 0 || fcntl(fd, F_SETFL, status | O_NONBLOCK) < 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
        return -1;
    return 0;
}

static int open_pipe(struct error *err)
{
    int fds[2];

    if (pipe(fds) < 0)
        return error_set(err, ERROR_RUNTIME, "cannot make a pipe for signals: %s", strerror(errno));
    if (set_flags(fds[0]) < 0 || set_flags(fds[1]) < 0) {
        error_set(err, ERROR_RUNTIME, "cannot set up the pipe for signals: %s", strerror(errno));
        close(fds[0]);
        close(fds[1]);
        return -1;
    }
    wait_fd = fds[0];
    wake_fd = fds[1];
    return 0;
}

int signals_install(struct error *err)
{
    struct sigaction action;

    if (wait_fd >= 0)
        return 0;
    if (open_pipe(err) < 0)
        return -1;
    memset(&action, 0, sizeof action);
    sigemptyset(&action.sa_mask);
    action.sa_flags = SA_RESTART;
    sigaddset(&action.sa_mask, SIGTERM);
    sigaddset(&action.sa_mask, SIGINT);
    action.sa_handler = on_signal;
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    action.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &action, NULL);
    return 0;
}

static int prepare(void *ctx, struct pollfd *fds, int max, int64_t *timeout_ms)
{
    (void)ctx;
    (void)timeout_ms;
    if (max < 1)
        return 0;
    fds[0] = (struct pollfd){wait_fd, POLLIN, 0};
    return 1;
}

/* Empties the pipe, so that the loop does not spin on it; that a signal came stays known. */
static void dispatch(void *ctx, const struct pollfd *fds, int count)
{
    char bytes[16];

    (void)ctx;
    if (count < 1 || !fds[0].revents)
        return;
    while (read(wait_fd, bytes, sizeof bytes) > 0)
        ;
}

int signals_attach(struct transport *transport, struct error *err)
{
    const struct transport_source source = {NULL, prepare, dispatch};

    return transport->add_source(transport, &source, err);
}

bool signals_stop_requested(void)
{
    return stop_requested;
}

/*
 * server.c: the listening socket and the loop. It waits for libmicrohttpd, for the simulator's next deadline, for delayed answers and
 * for a signal, in one poll() where libmicrohttpd has epoll, else in one select().
 */
#include "simulator/server.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

#include "simulator/exchange.h"

enum { REQUESTS_KEPT = 200000, CONNECTIONS = 4096, IDLE_S = 600, LOOK_FOR_DEAD_US = 1000000, GOODBYE_US = 500000, LAST_ANSWER_US = 20000 };

struct server {
    struct exchange_host host;
    struct server_options options;
    struct MHD_Daemon *daemon;
    int port, epoll_fd; /* epoll_fd -1: select */
    bool stop;
    int64_t look_for_dead_us;
    int64_t outage_us, back_us; /* when an outage begins and ends; INT64_MAX: none */
    int held_fd;                /* during an outage: has the port, and does not listen */
};

/* a socket that has the port; nobody is let in before listen() */
static int take_port(const char *address, int port, int *bound_port, struct error *err)
{
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_PASSIVE, .ai_socktype = SOCK_STREAM}, *found = NULL;
    struct sockaddr_storage name;
    socklen_t name_bytes = sizeof name;
    char service[16], real[16];
    int fd = -1, on = 1;

    snprintf(service, sizeof service, "%d", port);
    if (getaddrinfo(address, service, &hints, &found) != 0)
        return error_set(err, ERROR_USAGE, "--address: \"%s\" is no numeric address", address);
    fd = socket(found->ai_family, found->ai_socktype, found->ai_protocol);
    if (fd >= 0)
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (fd < 0 || bind(fd, found->ai_addr, found->ai_addrlen) < 0 || getsockname(fd, (struct sockaddr *)&name, &name_bytes) < 0 ||
        getnameinfo((struct sockaddr *)&name, name_bytes, NULL, 0, real, sizeof real, NI_NUMERICSERV) != 0) {
        error_set(err, ERROR_USAGE, "cannot listen on %s port %d: %s", address, port, strerror(errno));
        if (fd >= 0)
            close(fd);
        fd = -1;
    } else {
        *bound_port = atoi(real);
    }
    freeaddrinfo(found);
    return fd;
}

static struct MHD_Daemon *start_daemon(struct server *s, int fd)
{
    bool epoll = MHD_is_feature_supported(MHD_FEATURE_EPOLL) == MHD_YES;
    unsigned flags = MHD_ALLOW_SUSPEND_RESUME | (epoll ? MHD_USE_EPOLL : 0) | (s->host.tls ? MHD_USE_TLS : 0);
    struct MHD_OptionItem tls[] = {
        {MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)(uintptr_t)s->options.tls_cert},
        {MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(uintptr_t)s->options.tls_key},
        {MHD_OPTION_END, 0, NULL},
    };

    return MHD_start_daemon(flags, 0, NULL, NULL, exchange_continue, &s->host, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_URI_LOG_CALLBACK,
                            exchange_begin, &s->host, MHD_OPTION_NOTIFY_COMPLETED, exchange_end, &s->host, MHD_OPTION_CONNECTION_LIMIT,
                            (unsigned)CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
                            (size_t)(64 << 10), MHD_OPTION_ARRAY, s->host.tls ? tls : &tls[2], MHD_OPTION_END);
}

/* lets clients in at a socket that has its port */
static int open_up(struct server *s, int fd, struct error *err)
{
    const union MHD_DaemonInfo *info;

    if (listen(fd, 1024) < 0)
        return error_set(err, ERROR_USAGE, "cannot listen on %s port %d: %s", s->options.address, s->port, strerror(errno));
    s->daemon = start_daemon(s, fd);
    if (!s->daemon)
        return error_set(err, ERROR_USAGE, s->host.tls ? "cannot serve TLS: bad certificate or key" : "cannot start the HTTP server");
    info = MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    if (info && MHD_is_feature_supported(MHD_FEATURE_EPOLL) == MHD_YES)
        s->epoll_fd = info->epoll_fd;
    return 0;
}

struct server *server_open(const struct server_options *options, struct error *err)
{
    struct server *s = calloc(1, sizeof *s);
    int fd = -1;

    if (!s) {
        error_no_memory(err);
        return NULL;
    }
    s->options = *options;
    s->epoll_fd = s->held_fd = -1;
    s->outage_us = s->back_us = INT64_MAX;
    s->host = (struct exchange_host){.sim = options->sim, .clock = options->clock, .tokens = options->tokens, .rbac = options->rbac};
    s->host.tls = options->tls_cert != NULL;
    s->host.started_us = options->clock->monotonic_us(options->clock);
    s->host.log = request_log_new(REQUESTS_KEPT, err);
    if (!s->host.log)
        goto fail;
    fd = take_port(options->address, options->port, &s->port, err);
    if (fd < 0 || open_up(s, fd, err) < 0)
        goto fail;
    return s;
fail:
    if (fd >= 0)
        close(fd);
    request_log_free(s->host.log);
    free(s);
    return NULL;
}

int server_port(const struct server *server)
{
    return server->port;
}

static int64_t now_us(const struct server *s)
{
    return s->options.clock->monotonic_us(s->options.clock);
}

/* how long nothing has to be done unless something arrives; at most a second */
static int timeout_ms(struct server *s)
{
    int64_t now = now_us(s), until = now + LOOK_FOR_DEAD_US, tick = sim_next_tick_us(s->host.sim), due = exchange_next_due_us(&s->host);
    MHD_UNSIGNED_LONG_LONG mhd;

    if (s->host.resumed) {
        s->host.resumed = false;
        return 0;
    }
    until = s->outage_us < until ? s->outage_us : until;
    until = s->back_us < until ? s->back_us : until;
    until = tick < until ? tick : until;
    until = due < until ? due : until;
    if (s->daemon && MHD_get_timeout(s->daemon, &mhd) == MHD_YES && (int64_t)mhd * 1000 < until - now)
        until = now + (int64_t)mhd * 1000;
    return until <= now ? 0 : (int)((until - now + 999) / 1000);
}

static void woken(struct server *s)
{
    if (s->options.on_wake)
        s->options.on_wake(s->options.ctx);
}

static int wait_with_poll(struct server *s, int timeout, struct error *err)
{
    struct pollfd fds[2] = {{.fd = s->epoll_fd, .events = POLLIN}, {.fd = s->options.wake_fd, .events = POLLIN}};

    if (poll(fds, s->options.wake_fd >= 0 ? 2 : 1, timeout) < 0 && errno != EINTR)
        return error_set(err, ERROR_RUNTIME, "poll: %s", strerror(errno));
    if (fds[1].revents)
        woken(s);
    MHD_run(s->daemon);
    return 0;
}

static int wait_with_select(struct server *s, int timeout, struct error *err)
{
    struct timeval tv = {.tv_sec = timeout / 1000, .tv_usec = timeout % 1000 * 1000};
    fd_set in, out, except;
    int max = s->options.wake_fd;

    FD_ZERO(&in);
    FD_ZERO(&out);
    FD_ZERO(&except);
    if (MHD_get_fdset(s->daemon, &in, &out, &except, &max) != MHD_YES)
        return error_set(err, ERROR_RUNTIME, "more connections than select() can take");
    if (s->options.wake_fd >= 0)
        FD_SET(s->options.wake_fd, &in);
    if (select(max + 1, &in, &out, &except, &tv) < 0) {
        if (errno != EINTR)
            return error_set(err, ERROR_RUNTIME, "select: %s", strerror(errno));
        return 0;
    }
    if (s->options.wake_fd >= 0 && FD_ISSET(s->options.wake_fd, &in))
        woken(s);
    MHD_run_from_select(s->daemon, &in, &out, &except);
    return 0;
}

/* during an outage: nobody but signals */
static int wait_alone(struct server *s, int timeout, struct error *err)
{
    struct pollfd fd = {.fd = s->options.wake_fd, .events = POLLIN};

    if (poll(&fd, s->options.wake_fd >= 0, timeout) < 0 && errno != EINTR)
        return error_set(err, ERROR_RUNTIME, "poll: %s", strerror(errno));
    if (fd.revents)
        woken(s);
    return 0;
}

/* every connection is torn off. A socket that does not listen keeps the port, so that a new connection is refused and nobody else takes it */
static int go_away(struct server *s, int64_t now, struct error *err)
{
    int port;

    exchange_resume_all(&s->host);
    MHD_stop_daemon(s->daemon);
    s->daemon = NULL;
    s->epoll_fd = -1;
    s->outage_us = INT64_MAX;
    s->back_us = now + s->host.outage_ms * 1000;
    s->host.outage_ms = 0;
    s->host.resumed = false;
    s->held_fd = take_port(s->options.address, s->port, &port, err);
    return s->held_fd < 0 ? -1 : 0;
}

static int come_back(struct server *s, struct error *err)
{
    int fd = s->held_fd;

    s->held_fd = -1;
    s->back_us = INT64_MAX;
    if (open_up(s, fd, err) == 0)
        return 0;
    close(fd);
    return -1;
}

static int mind_outages(struct server *s, int64_t now, struct error *err)
{
    /* the answer to who asked for it gets out first */
    if (s->host.outage_ms && s->daemon && s->outage_us == INT64_MAX)
        s->outage_us = now + LAST_ANSWER_US;
    if (now >= s->outage_us)
        return go_away(s, now, err);
    return now >= s->back_us ? come_back(s, err) : 0;
}

static int wait_for_work(struct server *s, int timeout, struct error *err)
{
    if (!s->daemon)
        return wait_alone(s, timeout, err);
    return s->epoll_fd >= 0 ? wait_with_poll(s, timeout, err) : wait_with_select(s, timeout, err);
}

static int turn(struct server *s, struct error *err)
{
    int timeout = timeout_ms(s);
    int64_t now;

    if (wait_for_work(s, timeout, err) < 0)
        return -1;
    now = now_us(s);
    if (mind_outages(s, now, err) < 0)
        return -1;
    exchange_resume_due(&s->host, now);
    if (now >= s->look_for_dead_us) {
        exchange_drop_dead(&s->host);
        s->look_for_dead_us = now + LOOK_FOR_DEAD_US;
    }
    return sim_next_tick_us(s->host.sim) <= now ? sim_tick(s->host.sim, err) : 0;
}

int server_run(struct server *s, struct error *err)
{
    int64_t until;

    while (!s->stop)
        if (turn(s, err) < 0)
            return -1;
    sim_close_watches(s->host.sim);
    for (until = now_us(s) + GOODBYE_US; s->host.active && now_us(s) < until;)
        if (turn(s, err) < 0)
            return -1;
    return 0;
}

void server_stop(struct server *s)
{
    s->stop = true;
}

void server_close(struct server *s)
{
    if (!s)
        return;
    exchange_resume_all(&s->host);
    if (s->daemon)
        MHD_stop_daemon(s->daemon);
    if (s->held_fd >= 0)
        close(s->held_fd);
    request_log_free(s->host.log);
    free(s);
}

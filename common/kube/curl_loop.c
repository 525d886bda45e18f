/*
 * curl_loop.c: one poll(2) over libcurl's file descriptors and those of the sources, and one curl multi handle driven by
 * curl_multi_socket_action from it.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/clock.h"
#include "common/kube/curl_parts.h"

#define CONNECTIONS_MAX 64 /* with HTTP/1.1, where each carries one request */

static int find_fd(const struct curl_loop *loop, curl_socket_t fd)
{
    for (int i = 0; i < loop->fd_count; i++)
        if (loop->fds[i].fd == fd)
            return i;
    return -1;
}

/* room for one more of libcurl's and for all that sources may add */
static int grow_fds(struct curl_loop *loop)
{
    int capacity = loop->fd_capacity ? loop->fd_capacity * 2 : 16;
    struct pollfd *fds;

    if (loop->fd_count < loop->fd_capacity)
        return 0;
    fds = realloc(loop->fds, ((size_t)capacity + LOOP_SOURCES_MAX * LOOP_SOURCE_FDS_MAX) * sizeof *fds);
    if (!fds)
        return -1;
    loop->fds = fds;
    fds = realloc(loop->ready, (size_t)capacity * sizeof *fds);
    if (!fds)
        return -1;
    loop->ready = fds;
    loop->fd_capacity = capacity;
    return 0;
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *ctx, void *unused)
{
    struct curl_loop *loop = ctx;
    int at = find_fd(loop, fd);

    (void)easy, (void)unused;
    if (what == CURL_POLL_REMOVE) {
        if (at >= 0)
            loop->fds[at] = loop->fds[--loop->fd_count];
        return 0;
    }
    if (at < 0) {
        if (grow_fds(loop) < 0)
            return -1;
        at = loop->fd_count++;
        loop->fds[at].fd = fd;
    }
    loop->fds[at].events = (short)((what & CURL_POLL_IN ? POLLIN : 0) | (what & CURL_POLL_OUT ? POLLOUT : 0));
    loop->fds[at].revents = 0;
    return 0;
}

static int on_timer(CURLM *multi, long timeout_ms, void *ctx)
{
    struct curl_loop *loop = ctx;

    (void)multi;
    if (timeout_ms < 0)
        loop->due_us = NEVER;
    else
        loop->due_us = timeout_ms ? clock_system()->monotonic_us(clock_system()) + (int64_t)timeout_ms * 1000 : 0;
    return 0;
}

/* what libcurl does about an event; its callbacks are made in here */
static int run_curl(struct curl_loop *loop, curl_socket_t fd, int events, struct error *err)
{
    int running;
    CURLMcode code;

    loop->inside = true;
    code = curl_multi_socket_action(loop->multi, fd, events, &running);
    loop->inside = false;
    return code == CURLM_OK ? 0 : error_set(err, ERROR_RUNTIME, "the request loop is broken: %s", curl_multi_strerror(code));
}

/*
 * libcurl writes the headers and the body of each HTTP/2 request apart. With many to start at once that is a packet, and a
 * waking of the server, for each half. Holding the packets back until all is written makes a few large ones of them.
 */
static curl_socket_t cork(const struct curl_loop *loop)
{
#ifdef TCP_CORK
    int on = 1;

    /* with HTTP/1.1 a request is one packet already */
    if (loop->http2 && loop->fd_count == 1 && setsockopt(loop->fds[0].fd, IPPROTO_TCP, TCP_CORK, &on, sizeof on) == 0)
        return loop->fds[0].fd;
#else
    (void)loop;
#endif
    return CURL_SOCKET_BAD;
}

static void uncork(curl_socket_t fd)
{
#ifdef TCP_CORK
    int off = 0;

    /* libcurl may have closed it meanwhile, which sends what is left */
    if (fd != CURL_SOCKET_BAD)
        (void)setsockopt(fd, IPPROTO_TCP, TCP_CORK, &off, sizeof off);
#else
    (void)fd;
#endif
}

void curl_loop_read_clock(struct curl_loop *loop)
{
    loop->now_us = clock_system()->monotonic_us(clock_system());
}

int curl_loop_run_due(struct curl_loop *loop, struct error *err)
{
    curl_socket_t corked;
    int ret;

    if (loop->due_us > loop->now_us)
        return 0;
    loop->due_us = NEVER; /* libcurl sets it anew */
    corked = cork(loop);
    ret = run_curl(loop, CURL_SOCKET_TIMEOUT, 0, err);
    uncork(corked);
    return ret;
}

/* the time until `until_us` for poll(2): rounded up, as waking early would mean a turn for nothing */
static int poll_ms(const struct curl_loop *loop, int64_t until_us)
{
    int64_t ms;

    if (until_us == NEVER)
        return -1;
    ms = until_us <= loop->now_us ? 0 : (until_us - loop->now_us + 999) / 1000;
    return ms < INT32_MAX ? (int)ms : INT32_MAX;
}

/* asks the sources; their entries go behind libcurl's. Returns how many those are in all. */
static int prepare_sources(struct curl_loop *loop, int *ms)
{
    int count = 0;

    for (int i = 0; i < loop->source_count; i++) {
        int64_t limit = *ms;

        if (limit < 0)
            limit = INT32_MAX;
        loop->source_counts[i] = loop->sources[i].prepare(loop->sources[i].ctx, loop->source_fds + count, LOOP_SOURCE_FDS_MAX, &limit);
        count += loop->source_counts[i];
        if (limit < (*ms < 0 ? INT32_MAX : *ms))
            *ms = limit < 0 ? 0 : (int)limit;
    }
    return count;
}

void curl_loop_dispatch(struct curl_loop *loop)
{
    const struct pollfd *fds = loop->source_fds;

    for (int i = 0; i < loop->source_count; fds += loop->source_counts[i++]) {
        for (int k = 0; k < loop->source_counts[i]; k++)
            loop->progress |= fds[k].revents != 0;
        loop->sources[i].dispatch(loop->sources[i].ctx, fds, loop->source_counts[i]);
    }
}

static int serve_fds(struct curl_loop *loop, int count, struct error *err)
{
    for (int i = 0; i < count; i++) {
        short events = loop->ready[i].revents;
        int what = (events & (POLLIN | POLLHUP) ? CURL_CSELECT_IN : 0) | (events & POLLOUT ? CURL_CSELECT_OUT : 0) |
                   (events & (POLLERR | POLLNVAL) ? CURL_CSELECT_ERR : 0);

        if (what && find_fd(loop, loop->ready[i].fd) >= 0 && run_curl(loop, loop->ready[i].fd, what, err) < 0)
            return -1;
    }
    return 0;
}

int curl_loop_poll(struct curl_loop *loop, int64_t until_us, struct error *err)
{
    int curl_count = loop->fd_count, ms = poll_ms(loop, until_us < loop->due_us ? until_us : loop->due_us), source_count;

    if (grow_fds(loop) < 0)
        return error_no_memory(err);
    source_count = prepare_sources(loop, &ms);
    if (source_count)
        memcpy(loop->fds + curl_count, loop->source_fds, (size_t)source_count * sizeof *loop->fds);
    if (poll(loop->fds, (nfds_t)(curl_count + source_count), ms) < 0) {
        if (errno != EINTR)
            return error_set(err, ERROR_RUNTIME, "poll: %s", strerror(errno));
        loop->progress = true; /* a signal: the caller may want to look */
        for (int i = 0; i < curl_count + source_count; i++)
            loop->fds[i].revents = 0;
    }
    curl_loop_read_clock(loop);
    if (source_count)
        memcpy(loop->source_fds, loop->fds + curl_count, (size_t)source_count * sizeof *loop->fds);
    if (curl_count)
        memcpy(loop->ready, loop->fds, (size_t)curl_count * sizeof *loop->fds);
    return serve_fds(loop, curl_count, err);
}

int curl_loop_add_source(struct curl_loop *loop, const struct transport_source *source, struct error *err)
{
    if (loop->source_count == LOOP_SOURCES_MAX)
        return error_set(err, ERROR_RUNTIME, "more than %d sources", LOOP_SOURCES_MAX);
    loop->sources[loop->source_count++] = *source;
    return 0;
}

int curl_loop_open(struct curl_loop *loop, bool http2, struct error *err)
{
    loop->http2 = http2;
    loop->due_us = NEVER;
    loop->multi = curl_multi_init();
    if (!loop->multi || grow_fds(loop) < 0)
        return error_no_memory(err);
    curl_multi_setopt(loop->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(loop->multi, CURLMOPT_SOCKETDATA, loop);
    curl_multi_setopt(loop->multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(loop->multi, CURLMOPT_TIMERDATA, loop);
    curl_multi_setopt(loop->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_MULTIPLEX);
    curl_multi_setopt(loop->multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)CONNECTIONS_MAX);
    curl_multi_setopt(loop->multi, CURLMOPT_MAXCONNECTS, (long)CONNECTIONS_MAX); /* else libcurl closes them as calls become fewer */
    return 0;
}

void curl_loop_close(struct curl_loop *loop)
{
    if (loop->multi)
        curl_multi_cleanup(loop->multi);
    free(loop->fds);
    free(loop->ready);
}

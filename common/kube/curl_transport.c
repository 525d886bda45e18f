/*
 * curl_transport.c: the loop. Starts, cancels and finishes calls, and drives one curl multi handle by curl_multi_socket_action
 * from one poll(2). How an easy handle is set up is curl_call.c's; what a failure means is curl_problem.c's.
 *
 * Two rules shape it. libcurl does not let its callbacks start or end transfers, so inside on_data both are put off until it
 * has returned. And time limits are ours, not libcurl's: one check of one deadline a turn, instead of timers per request.
 */
#include "common/kube/curl_transport.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/clock.h"
#include "common/kube/curl_parts.h"
#include "common/limits.h"

#define SOURCES_MAX 4
#define SOURCE_FDS_MAX 64  /* entries that one source may fill */
#define CONNECTIONS_MAX 64 /* with HTTP/1.1, where each carries one request */
#define POOL_MAX 128       /* calls kept for reuse: more than are ever in flight */
#define BODY_KEPT_BYTES (16u << 10)
#define NEVER INT64_MAX

struct curl_transport {
    struct transport base;
    CURLM *multi;
    struct curl_setup *setup;
    struct transport_call *active, *pool, *starting;
    size_t pooled;
    bool cancels;        /* some of the active calls are cancelled, and wait for libcurl to return */
    bool in_curl;        /* libcurl is on the stack: starts and cancels wait */
    bool progress;       /* a callback was made in this wait() */
    int64_t now_us;      /* read once a turn */
    int64_t curl_due_us; /* when libcurl wants to be called; NEVER: not */
    int64_t deadline_us; /* no call runs out before this; NEVER: none can */
    struct pollfd *fds;  /* libcurl's, and behind them the sources' while polling */
    int fd_count, fd_capacity;
    struct pollfd *ready; /* a copy of libcurl's, as the table changes while they are served */
    struct pollfd source_fds[SOURCES_MAX * SOURCE_FDS_MAX];
    struct transport_source sources[SOURCES_MAX];
    int source_count;
};

static struct curl_transport *from_base(struct transport *transport)
{
    return transport->impl;
}

/*
 * What libcurl calls.
 */

static int find_fd(const struct curl_transport *t, curl_socket_t fd)
{
    for (int i = 0; i < t->fd_count; i++)
        if (t->fds[i].fd == fd)
            return i;
    return -1;
}

/* room for one more of libcurl's and for all that sources may add */
static int grow_fds(struct curl_transport *t)
{
    int capacity = t->fd_capacity ? t->fd_capacity * 2 : 16;
    struct pollfd *fds;

    if (t->fd_count < t->fd_capacity)
        return 0;
    fds = realloc(t->fds, ((size_t)capacity + SOURCES_MAX * SOURCE_FDS_MAX) * sizeof *fds);
    if (!fds)
        return -1;
    t->fds = fds;
    fds = realloc(t->ready, (size_t)capacity * sizeof *fds);
    if (!fds)
        return -1;
    t->ready = fds;
    t->fd_capacity = capacity;
    return 0;
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *ctx, void *unused)
{
    struct curl_transport *t = ctx;
    int at = find_fd(t, fd);

    (void)easy, (void)unused;
    if (what == CURL_POLL_REMOVE) {
        if (at >= 0)
            t->fds[at] = t->fds[--t->fd_count];
        return 0;
    }
    if (at < 0) {
        if (grow_fds(t) < 0)
            return -1;
        at = t->fd_count++;
        t->fds[at].fd = fd;
    }
    t->fds[at].events = (short)((what & CURL_POLL_IN ? POLLIN : 0) | (what & CURL_POLL_OUT ? POLLOUT : 0));
    t->fds[at].revents = 0;
    return 0;
}

static int on_timer(CURLM *multi, long timeout_ms, void *ctx)
{
    struct curl_transport *t = ctx;

    (void)multi;
    if (timeout_ms < 0)
        t->curl_due_us = NEVER;
    else
        t->curl_due_us = timeout_ms ? clock_system()->monotonic_us(clock_system()) + (int64_t)timeout_ms * 1000 : 0;
    return 0;
}

/* libcurl takes an answer that ends among its headers for a whole one */
static size_t on_header(char *data, size_t size, size_t count, void *ctx)
{
    struct transport_call *call = ctx;
    size_t bytes = size * count;

    if (bytes <= 2)
        call->headers_ended = true;
    else if (bytes > 5 && memcmp(data, "HTTP/", 5) == 0)
        call->headers_ended = false;
    return bytes;
}

static size_t on_write(char *data, size_t size, size_t count, void *ctx)
{
    struct transport_call *call = ctx;
    size_t bytes = size * count;

    if (call->cancelled)
        return bytes;
    if (call->status == 0) {
        long status = 0;

        curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
        call->status = (int)status;
    }
    call->bytes_in += bytes;
    call->last_byte_us = call->owner->now_us;
    call->owner->progress = true;
    if (call->request.on_data && call->request.on_data(call->request.ctx, call->status, data, bytes) < 0) {
        call->aborted = true;
        return bytes + 1; /* any other number than `bytes` ends the transfer */
    }
    return bytes;
}

/*
 * Calls.
 */

static void link_call(struct transport_call **list, struct transport_call *call)
{
    call->previous = NULL;
    call->next = *list;
    if (*list)
        (*list)->previous = call;
    *list = call;
}

static void unlink_call(struct transport_call **list, struct transport_call *call)
{
    if (call->previous)
        call->previous->next = call->next;
    else
        *list = call->next;
    if (call->next)
        call->next->previous = call->previous;
}

static void free_call(struct transport_call *call)
{
    if (call->easy)
        curl_easy_cleanup(call->easy);
    free(call->body);
    free(call);
}

/* a call that is linked nowhere goes back to the pool */
static void release_call(struct curl_transport *t, struct transport_call *call)
{
    curl_setup_release(t->setup, call);
    if (t->pooled == POOL_MAX) {
        free_call(call);
        return;
    }
    if (call->body_capacity > BODY_KEPT_BYTES) {
        free(call->body);
        call->body = NULL;
        call->body_capacity = 0;
    }
    call->next = t->pool;
    t->pool = call;
    t->pooled++;
}

static struct transport_call *take_call(struct curl_transport *t, struct error *err)
{
    struct transport_call *call = t->pool;

    if (call) {
        t->pool = call->next;
        t->pooled--;
        return call;
    }
    call = calloc(1, sizeof *call);
    if (!call) {
        error_no_memory(err);
        return NULL;
    }
    call->owner = t;
    if (curl_call_new(t->setup, call, on_header, on_write, err) < 0) {
        free_call(call);
        return NULL;
    }
    return call;
}

/* when this call runs out, as far as is known now */
static int64_t deadline_of(const struct transport_call *call)
{
    int64_t total = call->request.timeout_ms ? call->started_us + call->request.timeout_ms * 1000 : NEVER;
    int64_t idle = call->request.idle_timeout_ms ? call->last_byte_us + call->request.idle_timeout_ms * 1000 : NEVER;

    return total < idle ? total : idle;
}

static void hand_to_curl(struct curl_transport *t, struct transport_call *call)
{
    call->added = true;
    if (curl_multi_add_handle(t->multi, call->easy) == CURLM_OK)
        return;
    /* out of memory in libcurl: reported by the next turn, as a call that ran out */
    call->added = false;
    call->failed = CURLE_OUT_OF_MEMORY;
    t->deadline_us = 0;
}

static struct transport_call *transport_start(struct transport *transport, const struct transport_request *request, struct error *err)
{
    struct curl_transport *t = from_base(transport);
    struct transport_call *call;
    int64_t deadline;

    if (strlen(request->target) > LIMIT_TARGET_BYTES) {
        error_set(err, ERROR_RUNTIME, "a request target of more than %u bytes", LIMIT_TARGET_BYTES);
        return NULL;
    }
    call = take_call(t, err);
    if (!call)
        return NULL;
    call->request = *request;
    call->request.target = NULL;
    call->status = 0;
    call->bytes_in = 0;
    call->aborted = call->cancelled = call->added = false;
    call->failed = CURLE_OK;
    call->resend = call->headers_ended = false;
    if (curl_call_set(t->setup, call, request, err) < 0) {
        release_call(t, call);
        return NULL;
    }
    call->started_us = call->last_byte_us = clock_system()->monotonic_us(clock_system());
    deadline = deadline_of(call);
    if (deadline < t->deadline_us)
        t->deadline_us = deadline;
    link_call(&t->active, call);
    if (t->in_curl) {
        call->deferred = t->starting;
        t->starting = call;
    } else {
        hand_to_curl(t, call);
    }
    return call;
}

/* ends a call without a word; not inside libcurl */
static void drop_call(struct curl_transport *t, struct transport_call *call)
{
    if (call->added)
        curl_multi_remove_handle(t->multi, call->easy);
    unlink_call(&t->active, call);
    release_call(t, call);
}

static void transport_cancel(struct transport *transport, struct transport_call *call)
{
    struct curl_transport *t = from_base(transport);

    call->cancelled = true;
    if (t->in_curl)
        t->cancels = true;
    else
        drop_call(t, call);
}

static int transport_set_token(struct transport *transport, const char *token, struct error *err)
{
    return curl_setup_token(from_base(transport)->setup, token, err);
}

static int transport_add_source(struct transport *transport, const struct transport_source *source, struct error *err)
{
    struct curl_transport *t = from_base(transport);

    if (t->source_count == SOURCES_MAX)
        return error_set(err, ERROR_RUNTIME, "more than %d sources", SOURCES_MAX);
    t->sources[t->source_count++] = *source;
    return 0;
}

/*
 * The loop.
 */

static void read_now(struct curl_transport *t)
{
    t->now_us = clock_system()->monotonic_us(clock_system());
}

static int64_t retry_after_ms(const struct transport_call *call)
{
    curl_off_t seconds = 0;

    if (curl_easy_getinfo(call->easy, CURLINFO_RETRY_AFTER, &seconds) != CURLE_OK || seconds <= 0)
        return -1;
    return seconds < INT64_MAX / 1000 ? (int64_t)seconds * 1000 : -1;
}

static void finish_call(struct curl_transport *t, struct transport_call *call, CURLcode code, enum call_limit limit)
{
    struct transport_result result = {.retry_after_ms = -1};
    long status = call->status;
    curl_off_t sent = 0;

    if (call->added) {
        if (!status)
            curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
        curl_easy_getinfo(call->easy, CURLINFO_SIZE_UPLOAD_T, &sent);
        result.retry_after_ms = status >= 300 ? retry_after_ms(call) : -1;
    }
    result.status = (int)status;
    result.bytes_in = call->bytes_in;
    result.bytes_out = (uint64_t)sent;
    curl_problem_fill(t->setup, call, code, limit, &result);
    if (call->added)
        curl_multi_remove_handle(t->multi, call->easy);
    unlink_call(&t->active, call);
    t->progress = true;
    call->request.on_done(call->request.ctx, &result);
    release_call(t, call);
}

/* what callbacks asked for while libcurl was on the stack */
static void settle(struct curl_transport *t)
{
    struct transport_call *call, *next;

    for (call = t->starting; call; call = next) {
        next = call->deferred;
        if (!call->cancelled)
            hand_to_curl(t, call);
    }
    t->starting = NULL;
    for (call = t->cancels ? t->active : NULL; call; call = next) {
        next = call->next;
        if (call->cancelled)
            drop_call(t, call);
    }
    t->cancels = false;
}

static int run_curl(struct curl_transport *t, curl_socket_t fd, int events, struct error *err)
{
    int running;
    CURLMcode code;

    t->in_curl = true;
    code = curl_multi_socket_action(t->multi, fd, events, &running);
    t->in_curl = false;
    settle(t);
    return code == CURLM_OK ? 0 : error_set(err, ERROR_RUNTIME, "the request loop is broken: %s", curl_multi_strerror(code));
}

/*
 * libcurl writes the headers and the body of each HTTP/2 request apart. With many to start at once that is a packet, and a
 * waking of the server, for each half. Holding the packets back until all is written makes a few large ones of them.
 */
static curl_socket_t cork(const struct curl_transport *t)
{
#ifdef TCP_CORK
    int on = 1;

    /* with HTTP/1.1 a request is one packet already */
    if (t->setup->http2 && t->fd_count == 1 && setsockopt(t->fds[0].fd, IPPROTO_TCP, TCP_CORK, &on, sizeof on) == 0)
        return t->fds[0].fd;
#else
    (void)t;
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

static void finish_completed(struct curl_transport *t)
{
    CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(t->multi, &left))) {
        CURLcode code = message->data.result;
        char *call = NULL;

        if (message->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &call);
        finish_call(t, (struct transport_call *)(void *)call, code, LIMIT_NONE);
    }
}

/* Ends the calls that have run out, and finds the time of the next. */
static void finish_expired(struct curl_transport *t)
{
    struct transport_call *call;

again:
    t->deadline_us = NEVER;
    for (call = t->active; call; call = call->next) {
        int64_t deadline = deadline_of(call);

        if (call->failed != CURLE_OK || deadline <= t->now_us) {
            bool total = call->request.timeout_ms && call->started_us + call->request.timeout_ms * 1000 <= t->now_us;

            finish_call(t, call, call->failed, call->failed ? LIMIT_NONE : total ? LIMIT_TOTAL : LIMIT_IDLE);
            goto again; /* the callback may have changed the list anywhere */
        }
        if (deadline < t->deadline_us)
            t->deadline_us = deadline;
    }
}

/* what is due by the clock, and the calls that have ended */
static int run_due(struct curl_transport *t, struct error *err)
{
    read_now(t);
    if (t->curl_due_us <= t->now_us) {
        curl_socket_t corked = cork(t);
        int ret;

        t->curl_due_us = NEVER; /* libcurl sets it anew */
        ret = run_curl(t, CURL_SOCKET_TIMEOUT, 0, err);
        uncork(corked);
        if (ret < 0)
            return -1;
    }
    finish_completed(t);
    if (t->deadline_us <= t->now_us)
        finish_expired(t);
    return 0;
}

/* the time until `until_us` for poll(2): rounded up, as waking early would mean a turn for nothing */
static int poll_ms(const struct curl_transport *t, int64_t until_us)
{
    int64_t ms;

    if (until_us == NEVER)
        return -1;
    ms = until_us <= t->now_us ? 0 : (until_us - t->now_us + 999) / 1000;
    return ms < INT32_MAX ? (int)ms : INT32_MAX;
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* asks the sources; their entries go behind libcurl's. Returns how many those are in all. */
static int prepare_sources(struct curl_transport *t, int *counts, int *ms)
{
    int count = 0;

    for (int i = 0; i < t->source_count; i++) {
        int64_t limit = *ms;

        if (limit < 0)
            limit = INT32_MAX;
        counts[i] = t->sources[i].prepare(t->sources[i].ctx, t->source_fds + count, SOURCE_FDS_MAX, &limit);
        count += counts[i];
        if (limit < (*ms < 0 ? INT32_MAX : *ms))
            *ms = limit < 0 ? 0 : (int)limit;
    }
    return count;
}

static void dispatch_sources(struct curl_transport *t, const int *counts)
{
    const struct pollfd *fds = t->source_fds;

    for (int i = 0; i < t->source_count; fds += counts[i++]) {
        for (int k = 0; k < counts[i]; k++)
            t->progress |= fds[k].revents != 0;
        t->sources[i].dispatch(t->sources[i].ctx, fds, counts[i]);
    }
}

static int serve_fds(struct curl_transport *t, int count, struct error *err)
{
    for (int i = 0; i < count; i++) {
        short events = t->ready[i].revents;
        int what = (events & (POLLIN | POLLHUP) ? CURL_CSELECT_IN : 0) | (events & POLLOUT ? CURL_CSELECT_OUT : 0) |
                   (events & (POLLERR | POLLNVAL) ? CURL_CSELECT_ERR : 0);

        if (what && find_fd(t, t->ready[i].fd) >= 0 && run_curl(t, t->ready[i].fd, what, err) < 0)
            return -1;
    }
    return 0;
}

/* one poll(2) and what it brings */
static int turn(struct curl_transport *t, int64_t until_us, struct error *err)
{
    int counts[SOURCES_MAX], curl_count = t->fd_count, source_count, ms;

    until_us = t->progress ? t->now_us : earlier(until_us, earlier(t->curl_due_us, t->deadline_us));
    ms = poll_ms(t, until_us);
    if (grow_fds(t) < 0)
        return error_no_memory(err);
    source_count = prepare_sources(t, counts, &ms);
    if (source_count)
        memcpy(t->fds + curl_count, t->source_fds, (size_t)source_count * sizeof *t->fds);
    if (poll(t->fds, (nfds_t)(curl_count + source_count), ms) < 0) {
        if (errno != EINTR)
            return error_set(err, ERROR_RUNTIME, "poll: %s", strerror(errno));
        t->progress = true; /* a signal: the caller may want to look */
        return 0;
    }
    read_now(t);
    if (source_count)
        memcpy(t->source_fds, t->fds + curl_count, (size_t)source_count * sizeof *t->fds);
    memcpy(t->ready, t->fds, (size_t)curl_count * sizeof *t->fds);
    if (serve_fds(t, curl_count, err) < 0)
        return -1;
    dispatch_sources(t, counts);
    return run_due(t, err);
}

static int transport_wait(struct transport *transport, int64_t timeout_ms, struct error *err)
{
    struct curl_transport *t = from_base(transport);
    int64_t until_us;

    t->progress = false;
    if (run_due(t, err) < 0)
        return -1;
    until_us = timeout_ms < 0 || timeout_ms > (NEVER - t->now_us) / 1000 ? NEVER : t->now_us + timeout_ms * 1000;
    do {
        if (turn(t, until_us, err) < 0)
            return -1;
    } while (!t->progress && t->now_us < until_us);
    return 0;
}

static void transport_close(struct transport *transport)
{
    struct curl_transport *t = from_base(transport);

    while (t->active)
        drop_call(t, t->active);
    while (t->pool) {
        struct transport_call *call = t->pool;

        t->pool = call->next;
        free_call(call);
    }
    if (t->multi)
        curl_multi_cleanup(t->multi);
    curl_setup_free(t->setup);
    free(t->fds);
    free(t->ready);
    free(t);
    curl_global_cleanup();
}

static int set_up_multi(struct curl_transport *t, struct error *err)
{
    t->multi = curl_multi_init();
    if (!t->multi || grow_fds(t) < 0)
        return error_no_memory(err);
    curl_multi_setopt(t->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(t->multi, CURLMOPT_SOCKETDATA, t);
    curl_multi_setopt(t->multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(t->multi, CURLMOPT_TIMERDATA, t);
    curl_multi_setopt(t->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_MULTIPLEX);
    curl_multi_setopt(t->multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)CONNECTIONS_MAX);
    curl_multi_setopt(t->multi, CURLMOPT_MAXCONNECTS, (long)CONNECTIONS_MAX); /* else libcurl closes them as calls become fewer */
    return 0;
}

struct transport *curl_transport_open(const struct kube_config *config, const char *user_agent, struct error *err)
{
    struct curl_transport *t;
    struct transport_call *first;

    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        error_set(err, ERROR_RUNTIME, "libcurl cannot be set up");
        return NULL;
    }
    t = calloc(1, sizeof *t);
    if (!t) {
        curl_global_cleanup();
        error_no_memory(err);
        return NULL;
    }
    t->base = (struct transport){
        t, transport_start, transport_cancel, transport_wait, transport_set_token, transport_add_source, transport_close};
    t->curl_due_us = t->deadline_us = NEVER;
    t->setup = curl_setup_open(config, user_agent, err);
    /* the first handle is made here, so that what libcurl cannot do is said at the start */
    if (!t->setup || set_up_multi(t, err) < 0 || !(first = take_call(t, err))) {
        transport_close(&t->base);
        return NULL;
    }
    release_call(t, first);
    return &t->base;
}

/*
 * serve.c: libmicrohttpd in external select mode. It names the descriptors it waits for as fd_sets; they become pollfd entries of the
 * scheduler's own loop and go back as fd_sets afterwards. A connection whose descriptor does not fit into an fd_set is refused by
 * libmicrohttpd itself; the listening one is checked here.
 */
#include "common/service/serve.h"

#include <errno.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/limits.h"

#define CONNECTIONS_MAX 32u
#define CONNECTION_TIMEOUT_S 10u
#define CONNECTION_MEMORY_BYTES ((size_t)16 << 10)
#define CROWDED_WAIT_MS 100 /* when not every descriptor found room among the loop's */

#define TEXT_PLAIN "text/plain; charset=utf-8"

struct serve {
    struct MHD_Daemon *daemon;
    const struct serve_state *state;
    const struct metrics *metrics;
    bool timed; /* libmicrohttpd has a time limit running */
};

struct page {
    unsigned status;
    const char *content_type;
    struct buffer body;
};

/* What kube's health endpoints answer: "ok", or with ?verbose and on failure a line for each check. */
struct check {
    const char *path, *name;
    bool ready; /* looks at state->ready too */
};

static const struct check checks[] = {{"/healthz", "healthz", false}, {"/livez", "livez", false}, {"/readyz", "readyz", true}};

#define CHECK_COUNT (sizeof checks / sizeof checks[0])

static int render_check_line(const char *name, bool ok, struct buffer *out, struct error *err)
{
    return buffer_printf(out, err, "[%c]%s %s\n", ok ? '+' : '-', name, ok ? "ok" : "failed");
}

static int render_check(const struct serve *serve, const struct check *check, bool verbose, struct page *page, struct error *err)
{
    bool live = serve->state->live, ready = !check->ready || serve->state->ready;
    bool ok = check->ready ? ready : live;

    page->status = ok ? MHD_HTTP_OK : MHD_HTTP_INTERNAL_SERVER_ERROR;
    page->content_type = TEXT_PLAIN;
    if (ok && !verbose)
        return buffer_add_string(&page->body, "ok", err);
    if (render_check_line("ping", live, &page->body, err) < 0)
        return -1;
    if (check->ready && render_check_line("informer-sync", ready, &page->body, err) < 0)
        return -1;
    return buffer_printf(&page->body, err, "%s check %s\n", check->name, ok ? "passed" : "failed");
}

static int render_not_found(struct page *page, struct error *err)
{
    page->status = MHD_HTTP_NOT_FOUND;
    page->content_type = TEXT_PLAIN;
    return buffer_add_string(&page->body, "404 not found. There are: /healthz /livez /metrics /readyz\n", err);
}

static int render_page(const struct serve *serve, const char *path, bool verbose, struct page *page, struct error *err)
{
    size_t i;

    if (strcmp(path, "/metrics") == 0) {
        page->status = MHD_HTTP_OK;
        page->content_type = "text/plain; version=0.0.4; charset=utf-8";
        return metrics_render(serve->metrics, &page->body, err);
    }
    for (i = 0; i < CHECK_COUNT; i++)
        if (strcmp(path, checks[i].path) == 0)
            return render_check(serve, &checks[i], verbose, page, err);
    return render_not_found(page, err);
}

/* Sends `bytes` of text, which is copied. */
static enum MHD_Result answer(struct MHD_Connection *connection, unsigned status, const char *content_type, const char *text, size_t bytes)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(bytes, (void *)text, MHD_RESPMEM_MUST_COPY);
    enum MHD_Result ret = MHD_NO;

    if (!response)
        return MHD_NO;
    if (MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, content_type) == MHD_YES &&
        MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-cache, no-store") == MHD_YES &&
        (status != MHD_HTTP_METHOD_NOT_ALLOWED || MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD") == MHD_YES))
        ret = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return ret;
}

static enum MHD_Result answer_line(struct MHD_Connection *connection, unsigned status, const char *text)
{
    return answer(connection, status, TEXT_PLAIN, text, strlen(text));
}

static enum MHD_Result on_request(void *ctx, struct MHD_Connection *connection, const char *url, const char *method, const char *version,
                                  const char *upload, size_t *upload_bytes, void **request)
{
    struct serve *serve = ctx;
    struct error err = ERROR_INIT;
    struct page page = {0};
    bool verbose;
    enum MHD_Result ret;

    (void)version;
    (void)upload;
    /* the first call brings the headers only; a body is read and dropped before an answer can be given */
    if (!*request) {
        *request = serve;
        return MHD_YES;
    }
    if (*upload_bytes) {
        *upload_bytes = 0;
        return MHD_YES;
    }
    if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
        return answer_line(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "405 GET and HEAD only\n");
    verbose = MHD_lookup_connection_value_n(connection, MHD_GET_ARGUMENT_KIND, "verbose", 7, NULL, NULL) == MHD_YES;
    buffer_init(&page.body, LIMIT_METRICS_PAGE_BYTES);
    if (render_page(serve, url, verbose, &page, &err) < 0)
        ret = answer_line(connection, MHD_HTTP_INTERNAL_SERVER_ERROR, "500 out of memory\n");
    else
        ret = answer(connection, page.status, page.content_type, page.body.data, page.body.bytes);
    buffer_free(&page.body);
    return ret;
}

static int set_flags(int fd)
{
    int on = 1, status = fcntl(fd, F_GETFL);

    if (status < 0 || fcntl(fd, F_SETFL, status | O_NONBLOCK) < 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
        return -1;
    return setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
}

/* A listening socket on what `where` says; -1 with errno. */
static int listen_on(const struct addrinfo *where)
{
    int fd = socket(where->ai_family, where->ai_socktype, where->ai_protocol);
    int saved;

    if (fd < 0)
        return -1;
    errno = EMFILE;
    if (fd < FD_SETSIZE && set_flags(fd) == 0 && bind(fd, where->ai_addr, where->ai_addrlen) == 0 && listen(fd, CONNECTIONS_MAX) == 0)
        return fd;
    saved = errno;
    close(fd);
    errno = saved;
    return -1;
}

static int open_socket(const char *address, int port, struct error *err)
{
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    bool six = strchr(address, ':') != NULL;
    const char *problem;
    char service[16];
    int status, fd = -1;

    snprintf(service, sizeof service, "%d", port);
    status = port > 0 ? getaddrinfo(address, service, &hints, &found) : EAI_SERVICE;
    if (status == 0)
        fd = listen_on(found);
    problem = status == 0 ? strerror(errno) : gai_strerror(status);
    if (found)
        freeaddrinfo(found);
    if (fd < 0)
        return error_set(err, ERROR_USAGE, "--metrics-port: cannot listen on %s%s%s:%d: %s", six ? "[" : "", address, six ? "]" : "", port,
                         problem);
    return fd;
}

struct serve *serve_open(const char *address, int port, const struct serve_state *state, const struct metrics *metrics, struct error *err)
{
    struct serve *serve = calloc(1, sizeof *serve);
    int fd;

    if (!serve) {
        error_no_memory(err);
        return NULL;
    }
    serve->state = state;
    serve->metrics = metrics;
    fd = open_socket(address, port, err);
    if (fd < 0) {
        free(serve);
        return NULL;
    }
    /* the port is ignored beside a socket of our own */
    serve->daemon =
        MHD_start_daemon(strchr(address, ':') ? MHD_USE_IPv6 : MHD_NO_FLAG, (uint16_t)port, NULL, NULL, on_request, serve,
                         MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT,
                         CONNECTION_TIMEOUT_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_MEMORY_BYTES, MHD_OPTION_END);
    if (!serve->daemon) {
        close(fd);
        free(serve);
        error_no_memory(err);
        return NULL;
    }
    return serve;
}

struct fd_sets {
    fd_set readable, writable, exceptional;
};

static void clear_sets(struct fd_sets *sets)
{
    FD_ZERO(&sets->readable);
    FD_ZERO(&sets->writable);
    FD_ZERO(&sets->exceptional);
}

static int prepare(void *ctx, struct pollfd *fds, int max, int64_t *timeout_ms)
{
    struct serve *serve = ctx;
    struct fd_sets sets;
    MHD_socket highest = -1;
    unsigned long long limit;
    int64_t wait_ms = INT64_MAX;
    int fd, count = 0;

    clear_sets(&sets);
    if (MHD_get_fdset(serve->daemon, &sets.readable, &sets.writable, &sets.exceptional, &highest) != MHD_YES)
        wait_ms = CROWDED_WAIT_MS;
    for (fd = 0; fd <= highest; fd++) {
        short events = (short)((FD_ISSET(fd, &sets.readable) ? POLLIN : 0) | (FD_ISSET(fd, &sets.writable) ? POLLOUT : 0));

        if (!events)
            continue;
        if (count < max)
            fds[count++] = (struct pollfd){fd, events, 0};
        else
            wait_ms = CROWDED_WAIT_MS;
    }
    serve->timed = MHD_get_timeout(serve->daemon, &limit) == MHD_YES;
    if (serve->timed && limit < (unsigned long long)wait_ms)
        wait_ms = (int64_t)limit;
    if (wait_ms != INT64_MAX && (*timeout_ms < 0 || wait_ms < *timeout_ms))
        *timeout_ms = wait_ms;
    return count;
}

/* A broken connection is reported as ready for what it waited for, as select(2) would. */
static void dispatch(void *ctx, const struct pollfd *fds, int count)
{
    struct serve *serve = ctx;
    bool ready = false;
    struct fd_sets sets;
    int i;

    for (i = 0; i < count; i++)
        ready = ready || fds[i].revents;
    /* the loop turns for every answer of the API server: most turns are none of ours */
    if (!ready && !serve->timed)
        return;
    clear_sets(&sets);
    for (i = 0; i < count; i++) {
        bool broken = fds[i].revents & (POLLERR | POLLHUP | POLLNVAL);

        if ((fds[i].events & POLLIN) && (broken || (fds[i].revents & POLLIN)))
            FD_SET(fds[i].fd, &sets.readable);
        if ((fds[i].events & POLLOUT) && (broken || (fds[i].revents & POLLOUT)))
            FD_SET(fds[i].fd, &sets.writable);
    }
    MHD_run_from_select(serve->daemon, &sets.readable, &sets.writable, &sets.exceptional);
}

int serve_attach(struct serve *serve, struct transport *transport, struct error *err)
{
    const struct transport_source source = {serve, prepare, dispatch};

    return transport->add_source(transport, &source, err);
}

void serve_close(struct serve *serve)
{
    if (!serve)
        return;
    MHD_stop_daemon(serve->daemon);
    free(serve);
}

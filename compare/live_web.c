#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

#include "compare/live_page.h"
#include "compare/live_web_internal.h"
#include "compare/secret.h"

#define CONNECTION_MEMORY ((size_t)32 << 10)
#define IDLE_S 60u
#define TOKEN_MARK "@TOKEN@"
#define TEXT_PLAIN "text/plain; charset=utf-8"

static const char policy[] = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; "
                             "form-action 'none'; frame-ancestors 'none'";

/* what a request is, from its first call to its last */
struct request {
    char body[256];
    size_t bytes;
    bool too_long;
};

/* ---- answers ---- */

static enum MHD_Result send_response(struct MHD_Connection *connection, unsigned status, const char *type, struct MHD_Response *response)
{
    enum MHD_Result ret;

    if (!response)
        return MHD_NO;
    MHD_add_response_header(response, "Content-Type", type);
    MHD_add_response_header(response, "Cache-Control", "no-store");
    MHD_add_response_header(response, "Content-Security-Policy", policy);
    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    MHD_add_response_header(response, "Referrer-Policy", "no-referrer");
    MHD_add_response_header(response, "Cross-Origin-Resource-Policy", "same-origin");
    ret = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return ret;
}

/* text that lives as long as the web */
static enum MHD_Result answer(struct MHD_Connection *connection, unsigned status, const char *type, const char *text, size_t bytes)
{
    return send_response(connection, status, type, MHD_create_response_from_buffer(bytes, (void *)(uintptr_t)text, MHD_RESPMEM_PERSISTENT));
}

static enum MHD_Result say(struct MHD_Connection *connection, unsigned status, const char *text)
{
    return answer(connection, status, TEXT_PLAIN, text, strlen(text));
}

static enum MHD_Result answer_events(struct live_web *web, struct MHD_Connection *connection)
{
    return send_response(connection, MHD_HTTP_OK, "text/event-stream", live_web_new_client(web, connection));
}

static const char *header(struct MHD_Connection *connection, const char *name)
{
    return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

/* "127.0.0.1:PORT" or "localhost:PORT" */
static bool is_our_host(const struct live_web *web, const char *host)
{
    char ours[32];
    size_t i;
    static const char *const names[] = {"127.0.0.1", "localhost"};

    for (i = 0; host && i < 2; i++) {
        snprintf(ours, sizeof ours, "%s:%d", names[i], web->port);
        if (!strcmp(host, ours))
            return true;
    }
    return false;
}

static enum MHD_Result press(struct live_web *web, struct MHD_Connection *connection, const struct request *request)
{
    const char *origin = header(connection, "Origin"), *token = header(connection, "X-Token");

    if (origin && (strncmp(origin, "http://", 7) || !is_our_host(web, origin + 7)))
        return say(connection, MHD_HTTP_FORBIDDEN, "another origin\n");
    if (!token || !secret_equal(token, web->token))
        return say(connection, MHD_HTTP_FORBIDDEN, "the page's token is missing\n");
    if (request->bytes != 1 || !strchr("bxcpq", request->body[0]))
        return say(connection, MHD_HTTP_BAD_REQUEST, "one of b x c p q was expected\n");
    web->on_key(web->ctx, request->body[0]);
    return answer(connection, MHD_HTTP_NO_CONTENT, TEXT_PLAIN, "", 0);
}

static enum MHD_Result route(struct live_web *web, struct MHD_Connection *connection, const char *url, const char *method,
                             const struct request *request)
{
    bool get = !strcmp(method, "GET") || !strcmp(method, "HEAD");

    if (!is_our_host(web, header(connection, "Host")))
        return say(connection, MHD_HTTP_MISDIRECTED_REQUEST, "this is 127.0.0.1 and no other host\n");
    if (!strcmp(url, "/key"))
        return strcmp(method, "POST") ? say(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "POST only\n") : press(web, connection, request);
    if (!get)
        return say(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "GET only\n");
    if (!strcmp(url, "/"))
        return answer(connection, MHD_HTTP_OK, "text/html; charset=utf-8", web->page, strlen(web->page));
    if (!strcmp(url, "/live.css"))
        return answer(connection, MHD_HTTP_OK, "text/css; charset=utf-8", live_css, live_css_bytes);
    if (!strcmp(url, "/live.js"))
        return answer(connection, MHD_HTTP_OK, "text/javascript; charset=utf-8", live_js, live_js_bytes);
    if (!strcmp(url, "/events"))
        return answer_events(web, connection);
    return say(connection, MHD_HTTP_NOT_FOUND, "there are /, /live.css, /live.js, /events\n");
}

static enum MHD_Result on_request(void *ctx, struct MHD_Connection *connection, const char *url, const char *method, const char *version,
                                  const char *upload, size_t *upload_bytes, void **state)
{
    struct request *request = *state;

    (void)version;
    if (!request) {
        *state = calloc(1, sizeof *request);
        return *state ? MHD_YES : MHD_NO;
    }
    if (*upload_bytes) {
        if (*upload_bytes > sizeof request->body - request->bytes)
            request->too_long = true;
        else
            memcpy(request->body + request->bytes, upload, *upload_bytes);
        request->bytes += request->too_long ? 0 : *upload_bytes;
        *upload_bytes = 0;
        return MHD_YES;
    }
    if (request->too_long)
        return say(connection, MHD_HTTP_CONTENT_TOO_LARGE, "too much\n");
    return route(ctx, connection, url, method, request);
}

static void on_completed(void *ctx, struct MHD_Connection *connection, void **state, enum MHD_RequestTerminationCode code)
{
    (void)ctx;
    (void)connection;
    (void)code;
    free(*state);
    *state = NULL;
}

/* ---- the daemon ---- */

static int listen_on(int port, int *bound, struct error *err)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd >= 0) {
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        fcntl(fd, F_SETFD, FD_CLOEXEC);
        fcntl(fd, F_SETFL, O_NONBLOCK);
    }
    if (fd < 0 || fd >= FD_SETSIZE || bind(fd, (struct sockaddr *)&address, sizeof address) < 0 || listen(fd, LIVE_WEB_CLIENTS) < 0 ||
        getsockname(fd, (struct sockaddr *)&address, &size) < 0) {
        error_set(err, ERROR_USAGE, "--web: cannot listen on 127.0.0.1 port %d: %s", port, strerror(errno));
        if (fd >= 0)
            close(fd);
        return -1;
    }
    *bound = ntohs(address.sin_port);
    return fd;
}

/* live.html with the token where its mark is */
static char *make_page(const char *token, struct error *err)
{
    const char *mark = strstr(live_html, TOKEN_MARK);
    struct buffer page;

    buffer_init(&page, live_html_bytes + LIVE_WEB_TOKEN_BYTES);
    if (!mark) {
        error_set(err, ERROR_RUNTIME, "live.html has no %s", TOKEN_MARK);
        return NULL;
    }
    if (buffer_add(&page, live_html, (size_t)(mark - live_html), err) < 0 || buffer_add_string(&page, token, err) < 0 ||
        buffer_add_string(&page, mark + strlen(TOKEN_MARK), err) < 0) {
        buffer_free(&page);
        return NULL;
    }
    return buffer_steal(&page);
}

struct live_web *live_web_open(int port, void (*on_key)(void *ctx, char key), void *ctx, struct error *err)
{
    struct live_web *web = calloc(1, sizeof *web);
    int fd = -1;

    if (!web) {
        error_no_memory(err);
        return NULL;
    }
    web->on_key = on_key;
    web->ctx = ctx;
    if (secret_make(web->token, sizeof web->token, err) < 0 || !(web->page = make_page(web->token, err)) ||
        (fd = listen_on(port, &web->port, err)) < 0)
        goto failed;
    snprintf(web->url, sizeof web->url, "http://127.0.0.1:%d/", web->port);
    web->daemon =
        MHD_start_daemon(MHD_ALLOW_SUSPEND_RESUME, (uint16_t)web->port, NULL, NULL, on_request, web, MHD_OPTION_LISTEN_SOCKET, fd,
                         MHD_OPTION_NOTIFY_COMPLETED, on_completed, web, MHD_OPTION_CONNECTION_LIMIT, (unsigned)LIVE_WEB_CLIENTS,
                         MHD_OPTION_CONNECTION_TIMEOUT, IDLE_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_MEMORY, MHD_OPTION_END);
    if (web->daemon)
        return web;
    close(fd);
    error_no_memory(err);
failed:
    free(web->page);
    free(web);
    return NULL;
}

void live_web_close(struct live_web *web)
{
    if (!web)
        return;
    web->ends = true;
    live_web_wake_all(web);
    MHD_stop_daemon(web->daemon);
    live_web_forget(web);
    free(web->page);
    free(web);
}

const char *live_web_url(const struct live_web *web)
{
    return web->url;
}

unsigned live_web_prepare(struct live_web *web, struct pollfd *fds, unsigned max, int *timeout_ms)
{
    fd_set in, out, except;
    MHD_socket highest = -1;
    MHD_UNSIGNED_LONG_LONG limit;
    unsigned count = 0;
    int fd;

    FD_ZERO(&in);
    FD_ZERO(&out);
    FD_ZERO(&except);
    MHD_get_fdset(web->daemon, &in, &out, &except, &highest);
    for (fd = 0; fd <= highest && count < max; fd++) {
        short events = (short)((FD_ISSET(fd, &in) ? POLLIN : 0) | (FD_ISSET(fd, &out) ? POLLOUT : 0));

        if (events)
            fds[count++] = (struct pollfd){fd, events, 0};
    }
    if (MHD_get_timeout(web->daemon, &limit) == MHD_YES && limit < (MHD_UNSIGNED_LONG_LONG)*timeout_ms)
        *timeout_ms = (int)limit;
    return count;
}

void live_web_turn(struct live_web *web)
{
    MHD_run(web->daemon);
}

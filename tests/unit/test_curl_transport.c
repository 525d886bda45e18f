/*
 * test_curl_transport.c: the transport against a small server in a thread of the test, plain and with TLS, and against servers
 * that misbehave.
 */
#include <arpa/inet.h>
#include <check.h>
#include <curl/curl.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "common/buffer.h"
#include "common/clock.h"
#include "common/kube/curl_transport.h"

#define GIANT_BYTES (3ull << 30)

/* libcurl before 7.80 is kept from sending twice by a new connection where there is no body */
static const bool old_libcurl = LIBCURL_VERSION_NUM < 0x075000;

static struct error err;
static char *certificate, *key, *other_certificate, *named_certificate, *named_key;

/*
 * The server: echoes bodies, shows headers, streams.
 */

static struct MHD_Daemon *server;
static unsigned short port;
static atomic_int connections, closed;

struct upload {
    struct buffer body;
};

static ssize_t giant_body(void *ctx, uint64_t position, char *out, size_t max)
{
    (void)ctx;
    if (position >= GIANT_BYTES)
        return MHD_CONTENT_READER_END_OF_STREAM;
    memset(out, 'x', max);
    return (ssize_t)max;
}

static enum MHD_Result answer(struct MHD_Connection *connection, unsigned status, const char *text, size_t bytes, const char *retry_after)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(bytes, (void *)(uintptr_t)text, MHD_RESPMEM_MUST_COPY);
    enum MHD_Result result;

    if (retry_after)
        MHD_add_response_header(response, "Retry-After", retry_after);
    result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result add_header_line(void *ctx, enum MHD_ValueKind kind, const char *name, const char *value)
{
    struct error ignored = ERROR_INIT;

    (void)kind;
    buffer_printf(ctx, &ignored, "%s: %s\n", name, value);
    return MHD_YES;
}

static enum MHD_Result respond(struct MHD_Connection *connection, const char *url, const char *method, const struct upload *upload)
{
    struct buffer text;
    enum MHD_Result result;
    struct error ignored = ERROR_INIT;

    if (strcmp(url, "/giant") == 0) {
        struct MHD_Response *response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 1 << 16, giant_body, NULL, NULL);

        result = MHD_queue_response(connection, 200, response);
        MHD_destroy_response(response);
        return result;
    }
    if (strcmp(url, "/busy") == 0)
        return answer(connection, 429, "busy", 4, MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "after"));
    if (strcmp(url, "/moved") == 0)
        return answer(connection, 302, "", 0, NULL);
    buffer_init(&text, 8 << 20);
    if (strcmp(url, "/headers") == 0)
        MHD_get_connection_values(connection, MHD_HEADER_KIND, add_header_line, &text);
    else if (upload->body.bytes)
        buffer_add(&text, upload->body.data, upload->body.bytes, &ignored);
    else
        buffer_printf(&text, &ignored, "%s %s", method, url);
    result = answer(connection, 200, text.data, text.bytes, NULL);
    buffer_free(&text);
    return result;
}

static enum MHD_Result on_request(void *ctx, struct MHD_Connection *connection, const char *url, const char *method, const char *version,
                                  const char *data, size_t *bytes, void **state)
{
    struct upload *upload = *state;
    struct error ignored = ERROR_INIT;

    (void)ctx, (void)version;
    if (!upload) {
        upload = calloc(1, sizeof *upload);
        buffer_init(&upload->body, 8 << 20);
        *state = upload;
        return MHD_YES;
    }
    if (*bytes) {
        buffer_add(&upload->body, data, *bytes, &ignored);
        *bytes = 0;
        return MHD_YES;
    }
    return respond(connection, url, method, upload);
}

static void on_completed(void *ctx, struct MHD_Connection *connection, void **state, enum MHD_RequestTerminationCode code)
{
    struct upload *upload = *state;

    (void)ctx, (void)connection, (void)code;
    if (upload)
        buffer_free(&upload->body);
    free(upload);
    *state = NULL;
}

static void on_connection(void *ctx, struct MHD_Connection *connection, void **socket_state, enum MHD_ConnectionNotificationCode code)
{
    (void)ctx, (void)connection, (void)socket_state;
    if (code == MHD_CONNECTION_NOTIFY_STARTED)
        connections++;
    else
        closed++;
}

static void start_server(bool tls, const char *cert_pem, const char *key_pem)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct MHD_OptionItem plain[] = {{MHD_OPTION_END, 0, NULL}};
    struct MHD_OptionItem secure[] = {{MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)(uintptr_t)cert_pem},
                                      {MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(uintptr_t)key_pem},
                                      {MHD_OPTION_END, 0, NULL}};

    server = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | (tls ? MHD_USE_TLS : 0), 0, NULL, NULL, on_request, NULL,
                              MHD_OPTION_SOCK_ADDR, &address, MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL, MHD_OPTION_NOTIFY_CONNECTION,
                              on_connection, NULL, MHD_OPTION_ARRAY, tls ? secure : plain, MHD_OPTION_END);
    ck_assert_ptr_nonnull(server);
    port = MHD_get_daemon_info(server, MHD_DAEMON_INFO_BIND_PORT)->port;
    connections = closed = 0;
}

static void start_plain(void)
{
    start_server(false, NULL, NULL);
}

static void start_tls(void)
{
    start_server(true, certificate, key);
}

static void stop_server(void)
{
    MHD_stop_daemon(server);
}

/*
 * A server that takes connections one after another, reads a request from each and sends what the test says.
 */

struct script {
    int listener;
    const char *answers[4]; /* one a request; "" closes without an answer; NULL ends the connection and the thread */
    atomic_int requests;
    pthread_t thread;
};

static int listen_loopback(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, size), 0);
    ck_assert_int_eq(listen(fd, 16), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    port = ntohs(address.sin_port);
    return fd;
}

/* reads a request with its body of `x`s that ends with a `.`, or without one */
static bool read_request(int fd)
{
    char text[4096];
    size_t used = 0;

    for (;;) {
        ssize_t got = recv(fd, text + used, sizeof text - 1 - used, 0);
        char *end;

        if (got <= 0)
            return false;
        used += (size_t)got;
        text[used] = '\0';
        end = strstr(text, "\r\n\r\n");
        if (end && (strncmp(text, "POST", 4) != 0 || strchr(end, '.')))
            return true;
    }
}

static void *run_script(void *ctx)
{
    struct script *script = ctx;
    int next = 0, fd = -1;

    while (script->answers[next]) {
        const char *text = script->answers[next];

        if (fd < 0)
            fd = accept(script->listener, NULL, NULL);
        if (fd < 0)
            break;
        if (!read_request(fd)) {
            close(fd);
            fd = -1;
            continue;
        }
        script->requests++;
        next++;
        if (*text)
            ck_assert_int_eq((int)send(fd, text, strlen(text), MSG_NOSIGNAL), (int)strlen(text));
        if (!*text || strstr(text, "cut")) {
            close(fd);
            fd = -1;
        }
    }
    if (fd >= 0)
        close(fd);
    return NULL;
}

static void start_script(struct script *script)
{
    script->listener = listen_loopback();
    ck_assert_int_eq(pthread_create(&script->thread, NULL, run_script, script), 0);
}

static void stop_script(struct script *script)
{
    shutdown(script->listener, SHUT_RDWR);
    close(script->listener);
    pthread_join(script->thread, NULL);
}

/*
 * The client's side.
 */

struct reply {
    int done;
    struct transport_result result;
    char problem[512], date[64];
    struct buffer body;
    size_t stop_after; /* on_data says stop once so many bytes came; 0: never */
    int data_calls;
    void (*hook)(struct reply *reply); /* called at the first on_data, or at on_done */
    struct transport *transport;
    struct reply *other;
    struct transport_call *call;
};

static int on_data(void *ctx, int status, const char *data, size_t bytes)
{
    struct reply *reply = ctx;

    ck_assert_int_ge(status, 200);
    ck_assert_int_eq(reply->done, 0);
    if (reply->data_calls++ == 0 && reply->hook)
        reply->hook(reply);
    if (!reply->stop_after)
        ck_assert_int_eq(buffer_add(&reply->body, data, bytes, &err), 0);
    else
        reply->body.bytes += bytes;
    return reply->stop_after && reply->body.bytes >= reply->stop_after ? -1 : 0;
}

static void on_done(void *ctx, const struct transport_result *result)
{
    struct reply *reply = ctx;

    reply->done++;
    reply->result = *result;
    ck_assert_int_eq(result->complete, result->problem == NULL);
    snprintf(reply->problem, sizeof reply->problem, "%s", result->problem ? result->problem : "");
    snprintf(reply->date, sizeof reply->date, "%s", result->date ? result->date : "");
}

static struct transport *open_with(struct kube_config *config)
{
    struct transport *transport = curl_transport_open(config, "test/1.0", &err);

    ck_assert_msg(transport != NULL, "%s", err.text);
    return transport;
}

static struct transport *open_plain(void)
{
    char url[64];
    struct kube_config config = {.server = url};

    snprintf(url, sizeof url, "http://127.0.0.1:%d", port);
    return open_with(&config);
}

static struct transport *open_tls(struct kube_config *config)
{
    char url[64];

    snprintf(url, sizeof url, "https://127.0.0.1:%d", port);
    config->server = url;
    return open_with(config);
}

static void begin_request(struct transport *transport, struct transport_request request, struct reply *reply)
{
    request.on_data = on_data;
    request.on_done = on_done;
    request.ctx = reply;
    if (request.body && !request.body_bytes)
        request.body_bytes = strlen(request.body);
    if (request.body)
        request.content_type = "application/json";
    buffer_init(&reply->body, 8 << 20);
    reply->transport = transport;
    reply->call = transport->start(transport, &request, &err);
    ck_assert_msg(reply->call != NULL, "%s", err.text);
}

static void wait_for(struct transport *transport, const struct reply *reply)
{
    while (!reply->done)
        ck_assert_msg(transport->wait(transport, 20000, &err) == 0, "%s", err.text);
}

/* a request from start to end; the caller frees reply->body */
static struct reply ask(struct transport *transport, struct transport_request request)
{
    struct reply reply = {0};

    begin_request(transport, request, &reply);
    wait_for(transport, &reply);
    return reply;
}

static struct reply get(struct transport *transport, const char *target)
{
    return ask(transport, (struct transport_request){.method = "GET", .target = target, .timeout_ms = 20000});
}

START_TEST(methods_and_bodies)
{
    static const struct {
        const char *method, *body, *expected;
    } cases[] = {{"GET", NULL, "GET /x"},       {"POST", "{\"a\":1}", "{\"a\":1}"},
                 {"DELETE", NULL, "DELETE /x"}, {"PATCH", "p", "p"},
                 {"PUT", "put", "put"},         {"GET", NULL, "GET /x"},
                 {"DELETE", "{}", "{}"},        {"POST", "", "POST /x"},
                 {"DELETE", NULL, "DELETE /x"}, {"POST", "b", "b"}};
    struct transport *transport = open_plain();

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct reply reply =
            ask(transport, (struct transport_request){.method = cases[i].method, .target = "/x?y=%20z", .body = cases[i].body});

        ck_assert_msg(reply.result.complete, "%s", reply.problem);
        ck_assert_int_eq(reply.result.status, 200);
        ck_assert_str_eq(reply.body.data, cases[i].expected);
        ck_assert_uint_eq(reply.result.bytes_in, strlen(cases[i].expected));
        ck_assert_uint_eq(reply.result.bytes_out, cases[i].body ? strlen(cases[i].body) : 0);
        ck_assert_int_eq((int)reply.result.retry_after_ms, -1);
        buffer_free(&reply.body);
    }
    ck_assert_int_eq(connections, old_libcurl ? 3 : 1);
    transport->close(transport);
}
END_TEST

START_TEST(headers)
{
    char url[64], jane[] = "jane", u[] = "u", p[] = "p";
    struct kube_config config = {.server = url, .impersonate = jane, .username = u, .password = p};
    struct transport *transport;
    struct reply reply;

    snprintf(url, sizeof url, "http://127.0.0.1:%d/", port);
    transport = open_with(&config);
    reply = ask(transport, (struct transport_request){.method = "POST", .target = "/headers", .body = "x"});
    ck_assert_ptr_nonnull(strstr(reply.body.data, "Accept: application/json\n"));
    ck_assert_ptr_nonnull(strstr(reply.body.data, "Content-Type: application/json\n"));
    ck_assert_ptr_nonnull(strstr(reply.body.data, "User-Agent: test/1.0\n"));
    ck_assert_ptr_nonnull(strstr(reply.body.data, "Impersonate-User: jane\n"));
    ck_assert_ptr_nonnull(strstr(reply.body.data, "Authorization: Basic dTpw\n"));
    ck_assert_ptr_null(strstr(reply.body.data, "Expect"));
    buffer_free(&reply.body);
    transport->close(transport);
}
END_TEST

/* what is under way keeps its token, what starts later has the new one, on the same connection */
START_TEST(token_changes)
{
    struct transport *transport = open_plain();
    struct reply first = {0}, second;

    ck_assert_int_eq(transport->set_token(transport, "old-token", &err), 0);
    begin_request(transport, (struct transport_request){.method = "GET", .target = "/headers"}, &first);
    ck_assert_int_eq(transport->set_token(transport, "new-token", &err), 0);
    wait_for(transport, &first);
    ck_assert_ptr_nonnull(strstr(first.body.data, "Authorization: Bearer old-token\n"));
    buffer_free(&first.body);
    second = get(transport, "/headers");
    ck_assert_ptr_nonnull(strstr(second.body.data, "Authorization: Bearer new-token\n"));
    buffer_free(&second.body);
    ck_assert_int_eq(transport->set_token(transport, "two\r\nlines", &err), -1);
    ck_assert_str_eq(err.text, "the configuration: the token holds a control character");
    ck_assert_int_eq(transport->set_token(transport, NULL, &err), 0);
    second = get(transport, "/headers");
    ck_assert_ptr_null(strstr(second.body.data, "Authorization"));
    buffer_free(&second.body);
    ck_assert_int_eq(connections, 1);
    transport->close(transport);
}
END_TEST

static void many(struct transport *transport, int total, int in_flight)
{
    struct reply *replies = calloc((size_t)total, sizeof *replies);
    int started = 0, done = 0;

    while (done < total) {
        for (; started < total && started - done < in_flight; started++)
            begin_request(transport, (struct transport_request){.method = "POST", .target = "/x", .body = started % 2 ? "odd" : "even"},
                          &replies[started]);
        ck_assert_int_eq(transport->wait(transport, 20000, &err), 0);
        for (done = 0; done < started && replies[done].done; done++)
            ;
    }
    for (int i = 0; i < total; i++) {
        ck_assert_msg(replies[i].result.complete, "%s", replies[i].problem);
        ck_assert_str_eq(replies[i].body.data, i % 2 ? "odd" : "even");
        ck_assert_int_eq(replies[i].done, 1);
        buffer_free(&replies[i].body);
    }
    free(replies);
}

START_TEST(parallel_and_reused)
{
    struct transport *transport = open_plain();
    int after_first;

    many(transport, 400, 32);
    after_first = connections;
    ck_assert_int_le(after_first, 32);
    many(transport, 400, 32);
    ck_assert_int_eq(connections, after_first);
    transport->close(transport);
}
END_TEST

START_TEST(parallel_over_tls)
{
    struct kube_config config = {.ca_pem = certificate};
    struct transport *transport = open_tls(&config);

    many(transport, 100, 8);
    ck_assert_int_le(connections, 8);
    transport->close(transport);
}
END_TEST

START_TEST(big_bodies)
{
    size_t bytes = 3 << 20;
    char *body = malloc(bytes + 1);
    struct transport *transport = open_plain();
    struct reply reply;

    for (size_t i = 0; i < bytes; i++)
        body[i] = (char)('a' + i % 23);
    body[bytes] = '\0';
    reply = ask(transport, (struct transport_request){.method = "POST", .target = "/x", .body = body});
    ck_assert_msg(reply.result.complete, "%s", reply.problem);
    ck_assert_uint_eq(reply.body.bytes, bytes);
    ck_assert_int_eq(memcmp(reply.body.data, body, bytes), 0);
    ck_assert_uint_eq(reply.result.bytes_out, bytes);
    buffer_free(&reply.body);
    free(body);
    transport->close(transport);
}
END_TEST

/* a body of 3 GB is never held: on_data stops it, and the transport goes on */
START_TEST(giant_body_stopped)
{
    struct transport *transport = open_plain();
    struct reply reply = {.stop_after = 64 << 20}, next;
    struct rusage before, after;

    next = get(transport, "/x");
    buffer_free(&next.body);
    getrusage(RUSAGE_SELF, &before);
    begin_request(transport, (struct transport_request){.method = "GET", .target = "/giant"}, &reply);
    wait_for(transport, &reply);
    getrusage(RUSAGE_SELF, &after);
    ck_assert(reply.result.aborted && !reply.result.complete && !reply.result.unsent);
    ck_assert_int_eq(reply.result.status, 200);
    ck_assert_uint_lt(reply.result.bytes_in, 65 << 20);
    ck_assert_int_eq(strncmp(reply.problem, "answer given up after ", 22), 0);
    ck_assert_int_lt(after.ru_maxrss - before.ru_maxrss,
                     32 << 10); /* in KiB: half of what came; a server is in this process too, perhaps valgrind */
    next = get(transport, "/x");
    ck_assert_str_eq(next.body.data, "GET /x");
    buffer_free(&next.body);
    transport->close(transport);
}
END_TEST

static void cancel_other(struct reply *reply)
{
    reply->transport->cancel(reply->transport, reply->other->call);
}

static void start_other(struct reply *reply)
{
    begin_request(reply->transport, (struct transport_request){.method = "POST", .target = "/x", .body = "later"}, reply->other);
}

static void start_and_cancel(struct reply *reply)
{
    start_other(reply);
    cancel_other(reply);
}

static void done_with_hook(void *ctx, const struct transport_result *result)
{
    struct reply *reply = ctx;

    on_done(ctx, result);
    reply->hook(reply);
}

/* runs `hook` in on_data or in on_done of one call, while `other` is under way (or not begun) */
static void with_hook(void (*hook)(struct reply *), bool in_done, bool begun, int other_done)
{
    struct transport *transport = open_plain();
    struct reply other = {0}, one = {.other = &other}, last = {0};
    struct transport_request request = {.method = "GET", .target = "/x", .on_data = on_data, .on_done = in_done ? done_with_hook : on_done};

    if (begun)
        begin_request(transport, (struct transport_request){.method = "POST", .target = "/giant", .body = "x"}, &other);
    request.ctx = &one;
    one.transport = transport;
    buffer_init(&one.body, 1000);
    if (in_done)
        request.on_data = NULL;
    one.hook = hook;
    ck_assert_ptr_nonnull(transport->start(transport, &request, &err));
    other.stop_after = begun ? 1ull << 40 : 0;
    wait_for(transport, &one);
    if (other_done)
        wait_for(transport, &other);
    begin_request(transport, (struct transport_request){.method = "GET", .target = "/y"}, &last);
    wait_for(transport, &last);
    while (begun && !closed) /* the other's connection: with HTTP/1.1 there is no other way to end a transfer */
        ck_assert_int_eq(transport->wait(transport, 10, &err), 0);
    ck_assert_int_eq(other.done, other_done);
    ck_assert_str_eq(last.body.data, "GET /y");
    if (other_done)
        ck_assert_str_eq(other.body.data, "later");
    if (!begun)
        buffer_free(&other.body);
    buffer_free(&one.body);
    buffer_free(&last.body);
    transport->close(transport);
}

START_TEST(cancel_and_start_in_callbacks)
{
    with_hook(cancel_other, false, true, 0);
    with_hook(cancel_other, true, true, 0);
    with_hook(start_other, false, false, 1);
    with_hook(start_other, true, false, 1);
    with_hook(start_and_cancel, false, false, 0);
    with_hook(start_and_cancel, true, false, 0);
}
END_TEST

START_TEST(cancel_outside)
{
    struct transport *transport = open_plain();
    struct reply never = {0}, reply;

    begin_request(transport, (struct transport_request){.method = "GET", .target = "/x"}, &never);
    transport->cancel(transport, never.call);
    begin_request(transport, (struct transport_request){.method = "GET", .target = "/giant"}, &never);
    never.stop_after = SIZE_MAX;
    while (!never.data_calls)
        ck_assert_int_eq(transport->wait(transport, 20000, &err), 0);
    transport->cancel(transport, never.call);
    reply = get(transport, "/x");
    ck_assert(reply.result.complete);
    ck_assert_int_eq(never.done, 0);
    buffer_free(&reply.body);
    begin_request(transport, (struct transport_request){.method = "GET", .target = "/giant"}, &never);
    transport->close(transport); /* with a call under way */
}
END_TEST

START_TEST(retry_after)
{
    struct transport *transport = open_plain();
    struct reply reply = get(transport, "/busy?after=7");
    char date[64];
    time_t in_a_minute = time(NULL) + 60;
    struct tm utc;

    ck_assert_int_eq(reply.result.status, 429);
    ck_assert(reply.result.complete);
    ck_assert_int_eq((int)reply.result.retry_after_ms, 7000);
    buffer_free(&reply.body);
    reply = get(transport, "/busy");
    ck_assert_int_eq((int)reply.result.retry_after_ms, -1);
    buffer_free(&reply.body);
    gmtime_r(&in_a_minute, &utc);
    strftime(date, sizeof date, "/busy?after=%a,%%20%d%%20%b%%20%Y%%20%H:%M:%S%%20GMT", &utc);
    reply = get(transport, date);
    ck_assert_int_ge((int)reply.result.retry_after_ms, 50000);
    ck_assert_int_le((int)reply.result.retry_after_ms, 60000);
    buffer_free(&reply.body);
    reply = get(transport, "/busy?after=soon");
    ck_assert_int_eq((int)reply.result.retry_after_ms, -1);
    buffer_free(&reply.body);
    transport->close(transport);
}
END_TEST

/*
 * What goes wrong.
 */

static void expect_problem(const struct reply *reply, bool unsent, const char *format)
{
    char expected[512];

    snprintf(expected, sizeof expected, format, port);
    ck_assert_str_eq(reply->problem, expected);
    ck_assert(!reply->result.complete && !reply->result.aborted);
    ck_assert_int_eq(reply->result.unsent, unsent);
    ck_assert_int_eq(reply->done, 1);
}

START_TEST(refused)
{
    struct transport *transport;
    struct reply reply;

    close(listen_loopback());
    transport = open_plain();
    for (int i = 0; i < 3; i++) {
        reply = ask(transport, (struct transport_request){.method = "POST", .target = "/x", .body = "x"});
        expect_problem(&reply, true, "connection refused by 127.0.0.1:%d");
        ck_assert_int_eq(reply.result.status, 0);
    }
    transport->close(transport);
}
END_TEST

START_TEST(unresolved)
{
    struct kube_config config = {.server = (char *)(uintptr_t) "http://no-such-host.invalid"};
    struct transport *transport = open_with(&config);
    struct reply reply = get(transport, "/x");

    ck_assert_msg(strncmp(reply.problem, "cannot resolve the name of no-such-host.invalid:80: ", 52) == 0, "%s", reply.problem);
    ck_assert(reply.result.unsent);
    transport->close(transport);
}
END_TEST

START_TEST(time_limits)
{
    int listener = listen_loopback(); /* takes connections, never answers */
    struct transport *transport = open_plain();
    struct reply reply, other = {0};

    reply = ask(transport,
                (struct transport_request){.method = "POST", .target = "/x", .body = "x", .timeout_ms = 50, .idle_timeout_ms = 5000});
    expect_problem(&reply, false, "no whole answer from 127.0.0.1:%d within 0.05 s");
    begin_request(transport, (struct transport_request){.method = "GET", .target = "/x", .timeout_ms = 60000}, &other);
    reply = ask(transport, (struct transport_request){.method = "GET", .target = "/x", .timeout_ms = 5000, .idle_timeout_ms = 100});
    expect_problem(&reply, false, "no byte from 127.0.0.1:%d for 0.1 s");
    ck_assert_int_eq(other.done, 0);
    transport->close(transport);
    close(listener);
}
END_TEST

/* a byte every quarter of a second, for longer than the idle limit of the test, which is long enough for a busy machine */
static void *run_trickle(void *ctx)
{
    static const char head[] = "HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n";
    int fd = accept(*(int *)ctx, NULL, NULL);

    ck_assert(read_request(fd));
    ck_assert_int_eq((int)send(fd, head, sizeof head - 1, MSG_NOSIGNAL), (int)sizeof head - 1);
    for (int i = 0; i < 15; i++) {
        poll(NULL, 0, 250);
        ck_assert_int_eq((int)send(fd, "x", 1, MSG_NOSIGNAL), 1);
    }
    close(fd);
    return NULL;
}

START_TEST(bytes_put_the_idle_limit_off)
{
    int listener = listen_loopback();
    struct transport *transport = open_plain();
    struct reply reply;
    pthread_t thread;

    ck_assert_int_eq(pthread_create(&thread, NULL, run_trickle, &listener), 0);
    reply = ask(transport, (struct transport_request){.method = "GET", .target = "/x", .idle_timeout_ms = 3000});
    ck_assert_msg(reply.result.complete, "%s", reply.problem);
    ck_assert_uint_eq(reply.body.bytes, 15);
    buffer_free(&reply.body);
    pthread_join(thread, NULL);
    transport->close(transport);
    close(listener);
}
END_TEST

START_TEST(cut_body)
{
    struct script script = {.answers = {"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"cut",
                                        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"cut\r\n", "HTTP/1.1 200 OK\r\ncut"}};
    struct transport *transport;
    struct reply reply;

    start_script(&script);
    transport = open_plain();
    reply = get(transport, "/x");
    expect_problem(&reply, false, "answer of 127.0.0.1:%d cut after 5 bytes");
    ck_assert_int_eq(reply.result.status, 200);
    ck_assert_str_eq(reply.body.data, "{\"cut");
    buffer_free(&reply.body);
    reply = get(transport, "/x");
    expect_problem(&reply, false, "answer of 127.0.0.1:%d cut after 5 bytes");
    buffer_free(&reply.body);
    reply = get(transport, "/x");
    expect_problem(&reply, false, "127.0.0.1:%d closed the connection without a whole answer");
    transport->close(transport);
    stop_script(&script);
}
END_TEST

START_TEST(closed_without_an_answer)
{
    struct script script = {.answers = {""}};
    struct transport *transport;
    struct reply reply;

    start_script(&script);
    transport = open_plain();
    reply = ask(transport, (struct transport_request){.method = "POST", .target = "/x", .body = "."});
    expect_problem(&reply, false, "127.0.0.1:%d closed the connection without an answer");
    transport->close(transport);
    stop_script(&script);
}
END_TEST

#define OK_ANSWER "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

/* On a kept connection libcurl would send a lost request again by itself: wanted for GET, and for nothing else. */
START_TEST(no_resend_behind_our_back)
{
    static const struct {
        const char *method, *body;
        bool resent;
    } cases[] = {{"GET", NULL, true}, {"POST", ".", false}, {"DELETE", NULL, false}};

    for (size_t i = 0; i < (old_libcurl ? 2 : 3); i++) {
        struct script script = {.answers = {OK_ANSWER, "", OK_ANSWER}};
        struct transport *transport;
        struct reply reply;

        start_script(&script);
        transport = open_plain();
        reply = get(transport, "/x");
        ck_assert(reply.result.complete);
        buffer_free(&reply.body);
        reply = ask(transport, (struct transport_request){.method = cases[i].method, .target = "/x", .body = cases[i].body});
        if (cases[i].resent)
            ck_assert(reply.result.complete);
        else
            expect_problem(&reply, false, "127.0.0.1:%d closed the connection without an answer");
        ck_assert_int_eq(script.requests, cases[i].resent ? 3 : 2);
        buffer_free(&reply.body);
        if (!cases[i].resent) {
            reply = get(transport, "/x");
            ck_assert(reply.result.complete);
            buffer_free(&reply.body);
        }
        transport->close(transport);
        stop_script(&script);
    }
}
END_TEST

/* a date of one answer does not stand for the next, and what is no date of HTTP's length is none */
START_TEST(the_date_of_the_server)
{
    struct script script = {.answers = {"HTTP/1.1 200 OK\r\ndate:  Sun, 06 Nov 1994 08:49:37 GMT \r\nContent-Length: 1\r\n\r\nx",
                                        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx",
                                        "HTTP/1.1 200 OK\r\nDate: 0123456789012345678901234567890123456789\r\nContent-Length: 1\r\n\r\nx"}};
    static const char *const expected[] = {"Sun, 06 Nov 1994 08:49:37 GMT", "", ""};
    struct transport *transport;

    start_script(&script);
    transport = open_plain();
    for (int i = 0; i < 3; i++) {
        struct reply reply = get(transport, "/x");

        ck_assert_msg(reply.result.complete, "%s", reply.problem);
        ck_assert_str_eq(reply.date, expected[i]);
        buffer_free(&reply.body);
    }
    transport->close(transport);
    stop_script(&script);
}
END_TEST

START_TEST(not_http)
{
    struct script script = {.answers = {"SSH-2.0-OpenSSH_9.2 cut\r\n"}};
    struct transport *transport;
    struct reply reply;

    start_script(&script);
    transport = open_plain();
    reply = get(transport, "/x");
    ck_assert(!reply.result.complete && !reply.result.unsent);
    ck_assert_msg(strncmp(reply.problem, "connection to 127.0.0.1:", 24) == 0, "%s", reply.problem);
    transport->close(transport);
    stop_script(&script);
}
END_TEST

/*
 * TLS.
 */

START_TEST(wrong_ca)
{
    struct kube_config config = {.ca_pem = other_certificate};
    struct transport *transport = open_tls(&config);
    struct reply reply = ask(transport, (struct transport_request){.method = "POST", .target = "/x", .body = "x"});
    char expected[64];

    snprintf(expected, sizeof expected, "certificate of 127.0.0.1:%d not trusted: self", port);
    ck_assert_msg(strncmp(reply.problem, expected, strlen(expected)) == 0, "%s", reply.problem);
    ck_assert(reply.result.unsent);
    transport->close(transport);
}
END_TEST

START_TEST(system_ca_alone)
{
    struct kube_config config = {0};
    struct transport *transport = open_tls(&config);
    struct reply reply = get(transport, "/x");

    ck_assert_msg(strncmp(reply.problem, "certificate of ", 15) == 0, "%s", reply.problem);
    transport->close(transport);
}
END_TEST

START_TEST(insecure)
{
    struct kube_config config = {.insecure_skip_tls_verify = true};
    struct transport *transport = open_tls(&config);
    struct reply reply = get(transport, "/x");

    ck_assert_msg(reply.result.complete, "%s", reply.problem);
    buffer_free(&reply.body);
    transport->close(transport);
}
END_TEST

/* the server's certificate is for kube.example alone */
START_TEST(server_name)
{
    struct kube_config wrong = {.ca_pem = named_certificate};
    struct kube_config right = {.ca_pem = named_certificate, .tls_server_name = (char *)(uintptr_t) "kube.example"};
    struct transport *transport;
    struct reply reply;
    char host[64];

    start_server(true, named_certificate, named_key);
    transport = open_tls(&wrong);
    reply = get(transport, "/x");
    ck_assert_msg(strncmp(reply.problem, "certificate of 127.0.0.1:", 25) == 0, "%s", reply.problem);
    transport->close(transport);
    transport = open_tls(&right);
    reply = get(transport, "/headers");
    ck_assert_msg(reply.result.complete, "%s", reply.problem);
    snprintf(host, sizeof host, "Host: 127.0.0.1:%d\n", port);
    ck_assert_msg(strstr(reply.body.data, host) != NULL, "%s", reply.body.data);
    buffer_free(&reply.body);
    transport->close(transport);
    stop_server();
}
END_TEST

START_TEST(tls_to_a_plain_server)
{
    struct kube_config config = {.ca_pem = certificate};
    struct transport *transport;
    struct reply reply;

    start_plain();
    transport = open_tls(&config);
    reply = get(transport, "/x");
    ck_assert_msg(strncmp(reply.problem, "no TLS connection to 127.0.0.1:", 31) == 0, "%s", reply.problem);
    ck_assert(reply.result.unsent);
    transport->close(transport);
    stop_server();
}
END_TEST

START_TEST(bad_configuration)
{
    static const struct {
        struct kube_config config;
        const char *message;
    } cases[] = {
        {{.server = (char *)(uintptr_t) "ftp://x"}, "f: server 'ftp://x' is not an http or https URL"},
        {{.server = NULL}, "f: server '' is not an http or https URL"},
        {{.server = (char *)(uintptr_t) "https://x", .ca_pem = (char *)(uintptr_t) "hello"},
         "f: the CA is not PEM: no '-----BEGIN CERTIFICATE-----' with its end"},
        {{.server = (char *)(uintptr_t) "https://x", .client_cert_pem = (char *)(uintptr_t) "hello"},
         "f: client certificate and key go together, one is missing"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct kube_config config = cases[i].config;

        config.origin = (char *)(uintptr_t) "f";
        ck_assert_ptr_null(curl_transport_open(&config, "t", &err));
        ck_assert_str_eq(err.text, cases[i].message);
        ck_assert_int_eq(err.kind, ERROR_USAGE);
    }
}
END_TEST

/*
 * Sources.
 */

struct pipe_source {
    int fd, prepared, dispatched, ready;
    int64_t lower_to_ms; /* -1: leaves the timeout alone */
};

static int prepare_pipe(void *ctx, struct pollfd *fds, int max, int64_t *timeout_ms)
{
    struct pipe_source *source = ctx;

    ck_assert_int_ge(max, 1);
    source->prepared++;
    fds[0] = (struct pollfd){.fd = source->fd, .events = POLLIN};
    if (source->lower_to_ms >= 0 && source->lower_to_ms < *timeout_ms)
        *timeout_ms = source->lower_to_ms;
    return 1;
}

static void dispatch_pipe(void *ctx, const struct pollfd *fds, int count)
{
    struct pipe_source *source = ctx;
    char byte;

    ck_assert_int_eq(count, 1);
    source->dispatched++;
    if (fds[0].revents & POLLIN)
        source->ready += (int)read(source->fd, &byte, 1);
}

static void *write_a_byte(void *ctx)
{
    ck_assert_int_eq((int)write(*(int *)ctx, "x", 1), 1);
    return NULL;
}

START_TEST(source_wakes_wait)
{
    struct transport *transport = open_plain();
    int ends[2];
    struct pipe_source pipe_state = {.lower_to_ms = -1};
    struct transport_source source = {&pipe_state, prepare_pipe, dispatch_pipe};
    pthread_t thread;
    struct reply reply;

    ck_assert_int_eq(pipe(ends), 0);
    pipe_state.fd = ends[0];
    ck_assert_int_eq(transport->add_source(transport, &source, &err), 0);
    ck_assert_int_eq(pthread_create(&thread, NULL, write_a_byte, &ends[1]), 0);
    ck_assert_int_eq(transport->wait(transport, -1, &err), 0);
    ck_assert_int_eq(pipe_state.ready, 1);
    pthread_join(thread, NULL);
    /* beside requests, and with a time of its own */
    reply = get(transport, "/x");
    ck_assert(reply.result.complete);
    buffer_free(&reply.body);
    pipe_state.lower_to_ms = 5;
    pipe_state.dispatched = 0;
    ck_assert_int_eq(transport->wait(transport, 100, &err), 0);
    ck_assert_int_ge(pipe_state.dispatched, 5);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(transport->add_source(transport, &source, &err), 0);
    ck_assert_int_eq(transport->add_source(transport, &source, &err), -1);
    close(ends[0]);
    close(ends[1]);
    transport->close(transport);
}
END_TEST

START_TEST(wait_with_nothing_to_do)
{
    struct transport *transport = open_plain();
    int64_t before = clock_system()->monotonic_us(clock_system()), after;

    ck_assert_int_eq(transport->wait(transport, 0, &err), 0);
    ck_assert_int_eq(transport->wait(transport, 20, &err), 0);
    after = clock_system()->monotonic_us(clock_system());
    ck_assert_int_ge((int)(after - before), 20000);
    transport->close(transport);
}
END_TEST

START_TEST(too_long_a_target)
{
    struct transport *transport = open_plain();
    char *target = calloc(1, 10000);
    struct transport_request request = {.method = "GET", .target = target, .on_done = on_done};

    memset(target, 'x', 9999);
    target[0] = '/';
    ck_assert_ptr_null(transport->start(transport, &request, &err));
    ck_assert_str_eq(err.text, "a request target of more than 8192 bytes");
    free(target);
    transport->close(transport);
}
END_TEST

/*
 * Certificates, made once.
 */

static char *read_text(const char *folder, const char *name)
{
    char path[256], *text = calloc(1, 1 << 14);
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    file = fopen(path, "r");
    if (!file || !text || !fread(text, 1, (1 << 14) - 1, file)) {
        fprintf(stderr, "no %s: is openssl there?\n", path);
        exit(1);
    }
    fclose(file);
    unlink(path);
    return text;
}

static void make_certificate(const char *folder, const char *san, char **cert_pem, char **key_pem)
{
    char command[1024];

    snprintf(command, sizeof command,
             "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=test "
             "-addext subjectAltName=%s -keyout %s/key -out %s/cert 2>/dev/null",
             san, folder, folder);
    if (system(command) != 0)
        fprintf(stderr, "failed: %s\n", command);
    *cert_pem = read_text(folder, "cert");
    *key_pem = read_text(folder, "key");
}

static void make_certificates(void)
{
    char folder[] = "/tmp/test-curl-XXXXXX", *unused;

    if (!mkdtemp(folder))
        exit(1);
    make_certificate(folder, "IP:127.0.0.1", &certificate, &key);
    make_certificate(folder, "IP:127.0.0.1", &other_certificate, &unused);
    free(unused);
    make_certificate(folder, "DNS:kube.example", &named_certificate, &named_key);
    rmdir(folder);
}

int main(void)
{
    const TTest *const plain_tests[] = {methods_and_bodies,
                                        headers,
                                        token_changes,
                                        parallel_and_reused,
                                        big_bodies,
                                        giant_body_stopped,
                                        cancel_and_start_in_callbacks,
                                        cancel_outside,
                                        retry_after,
                                        source_wakes_wait,
                                        wait_with_nothing_to_do,
                                        too_long_a_target};
    const TTest *const tls_tests[] = {parallel_over_tls, wrong_ca, system_ca_alone, insecure};
    const TTest *const bad_tests[] = {refused,
                                      unresolved,
                                      time_limits,
                                      bytes_put_the_idle_limit_off,
                                      cut_body,
                                      closed_without_an_answer,
                                      no_resend_behind_our_back,
                                      the_date_of_the_server,
                                      not_http,
                                      server_name,
                                      tls_to_a_plain_server,
                                      bad_configuration};
    Suite *suite = suite_create("curl_transport");
    TCase *plain = tcase_create("plain"), *tls = tcase_create("tls"), *bad = tcase_create("misbehaving");
    SRunner *runner;
    int failed;

    make_certificates();
    tcase_add_checked_fixture(plain, start_plain, stop_server);
    tcase_add_checked_fixture(tls, start_tls, stop_server);
    for (size_t i = 0; i < sizeof plain_tests / sizeof *plain_tests; i++)
        tcase_add_test(plain, plain_tests[i]);
    for (size_t i = 0; i < sizeof tls_tests / sizeof *tls_tests; i++)
        tcase_add_test(tls, tls_tests[i]);
    for (size_t i = 0; i < sizeof bad_tests / sizeof *bad_tests; i++)
        tcase_add_test(bad, bad_tests[i]);
    tcase_set_timeout(plain, 60);
    tcase_set_timeout(tls, 60);
    tcase_set_timeout(bad, 60);
    suite_add_tcase(suite, plain);
    suite_add_tcase(suite, tls);
    suite_add_tcase(suite, bad);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    free(certificate);
    free(key);
    free(other_certificate);
    free(named_certificate);
    free(named_key);
    return failed > 0;
}

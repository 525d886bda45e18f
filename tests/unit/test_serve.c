/* test_serve.c: real sockets on the loopback, and the server's half and the client's half turned by one loop. */
#include <arpa/inet.h>
#include <check.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/service/serve.h"
#include "tests/unit/support/source_loop.h"

#define TEXT_MAX 65536

static struct source_loop loop;
static struct serve_state state;
static struct metrics *metrics;
static struct serve *serve;
static int port;

/* A port of the loopback that was free a moment ago. */
static int free_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t bytes = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &bytes), 0);
    close(fd);
    return ntohs(address.sin_port);
}

static struct serve *open_on(const char *address)
{
    struct error err = ERROR_INIT;
    struct serve *opened = NULL;
    int tries;

    for (tries = 0; tries < 20 && !opened; tries++) {
        port = free_port();
        opened = serve_open(address, port, &state, metrics, &err);
    }
    ck_assert_msg(opened != NULL, "%s", err.text);
    return opened;
}

static void set_up(void)
{
    struct error err = ERROR_INIT;

    source_loop_init(&loop);
    state = (struct serve_state){true, true};
    metrics = metrics_new("my-scheduler", "127.0.0.1:6443", &err);
    ck_assert_ptr_nonnull(metrics);
    serve = open_on("127.0.0.1");
    ck_assert_int_eq(serve_attach(serve, &loop.transport, &err), 0);
}

static void tear_down(void)
{
    serve_close(serve);
    metrics_free(metrics);
}

static int connect_to(int family)
{
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port), .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    int fd = socket(family, SOCK_STREAM, 0);
    int ret = family == AF_INET ? connect(fd, (struct sockaddr *)&four, sizeof four) : connect(fd, (struct sockaddr *)&six, sizeof six);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(ret, 0);
    return fd;
}

/* Whether `text` holds a whole answer: headers and, unless it is one to HEAD, as many bytes as they promise. */
static bool whole(const char *text, bool head)
{
    const char *body = strstr(text, "\r\n\r\n"), *length = strstr(text, "Content-Length: ");
    unsigned long bytes;

    return body && length && sscanf(length, "Content-Length: %lu", &bytes) == 1 && (head || strlen(body + 4) >= bytes);
}

/* Turns the loop until an answer is there or the server has closed the connection. */
static const char *read_answer(int fd, bool head)
{
    static char text[TEXT_MAX];
    struct pollfd mine = {fd, POLLIN, 0};
    size_t used = 0;

    text[0] = '\0';
    while (!whole(text, head)) {
        ssize_t n;

        source_loop_turn(&loop, &mine, -1);
        if (!mine.revents)
            continue;
        n = recv(fd, text + used, sizeof text - 1 - used, 0);
        if (n <= 0)
            break;
        used += (size_t)n;
        text[used] = '\0';
    }
    return text;
}

static void send_text(int fd, const char *text)
{
    ck_assert_int_eq(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

static void send_request(int fd, const char *method, const char *target)
{
    char text[512];

    snprintf(text, sizeof text, "%s %s HTTP/1.1\r\nHost: test\r\n\r\n", method, target);
    send_text(fd, text);
}

static const char *ask(const char *method, const char *target)
{
    int fd = connect_to(AF_INET);
    const char *answer;

    send_request(fd, method, target);
    answer = read_answer(fd, strcmp(method, "HEAD") == 0);
    close(fd);
    return answer;
}

static void has_status(const char *answer, int status)
{
    int got = 0;

    sscanf(answer, "HTTP/1.1 %d", &got);
    ck_assert_msg(got == status, "expected %d, got: %.300s", status, answer);
}

static const char *body_of(const char *answer)
{
    const char *body = strstr(answer, "\r\n\r\n");

    ck_assert_msg(body != NULL, "no answer: '%s'", answer);
    return body + 4;
}

#define NOT_FOUND "404 not found. There are: /healthz /livez /metrics /readyz\n"

static const struct {
    const char *target;
    bool live, ready;
    int status;
    const char *body;
} cases[] = {
    {"/livez", true, false, 200, "ok"},
    {"/livez", false, true, 500, "[-]ping failed\nlivez check failed\n"},
    {"/livez?verbose", true, true, 200, "[+]ping ok\nlivez check passed\n"},
    {"/healthz", true, false, 200, "ok"},
    {"/healthz", false, false, 500, "[-]ping failed\nhealthz check failed\n"},
    {"/readyz", true, true, 200, "ok"},
    {"/readyz", true, false, 500, "[+]ping ok\n[-]informer-sync failed\nreadyz check failed\n"},
    {"/readyz?verbose", true, true, 200, "[+]ping ok\n[+]informer-sync ok\nreadyz check passed\n"},
    {"/readyz?verbose=1&x", true, true, 200, "[+]ping ok\n[+]informer-sync ok\nreadyz check passed\n"},
    {"/", true, true, 404, NOT_FOUND},
    {"/readyz/", true, true, 404, NOT_FOUND},
    {"/metricsx", true, true, 404, NOT_FOUND},
    {"/..%2fetc/passwd", true, true, 404, NOT_FOUND},
};

START_TEST(test_answers)
{
    const char *answer;

    state = (struct serve_state){cases[_i].live, cases[_i].ready};
    answer = ask("GET", cases[_i].target);
    has_status(answer, cases[_i].status);
    ck_assert_str_eq(body_of(answer), cases[_i].body);
    ck_assert_ptr_nonnull(strstr(answer, "Content-Type: text/plain; charset=utf-8\r\n"));
}
END_TEST

START_TEST(test_head)
{
    const char *answer = ask("HEAD", "/livez");

    has_status(answer, 200);
    ck_assert_str_eq(body_of(answer), "");
    ck_assert_ptr_nonnull(strstr(answer, "Content-Length: 2\r\n"));
}
END_TEST

static const char *const methods[] = {"POST", "PUT", "DELETE", "PATCH", "OPTIONS", "BREW"};

START_TEST(test_other_methods)
{
    const char *answer = ask(methods[_i], "/metrics");

    has_status(answer, 405);
    ck_assert_ptr_nonnull(strstr(answer, "Allow: GET, HEAD\r\n"));
}
END_TEST

START_TEST(test_metrics_page)
{
    const char *answer;

    metrics_request(metrics, "GET", 200, 1000, 0, 10);
    answer = ask("GET", "/metrics");
    has_status(answer, 200);
    ck_assert_ptr_nonnull(strstr(answer, "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"));
    ck_assert_ptr_nonnull(strstr(body_of(answer), "\nrest_client_requests_total{code=\"200\",host=\"127.0.0.1:6443\",method=\"GET\"} 1\n"));
    ck_assert_int_eq(strncmp(body_of(answer), "# HELP lab_build_info", 21), 0);
}
END_TEST

/* Two requests on one connection, and one that comes in pieces. */
START_TEST(test_keep_alive)
{
    int fd = connect_to(AF_INET), i;

    for (i = 0; i < 2; i++) {
        send_request(fd, "GET", "/livez");
        has_status(read_answer(fd, false), 200);
    }
    send_text(fd, "GET /li");
    while (source_loop_turn(&loop, NULL, 0))
        ;
    send_text(fd, "vez HTTP/1.1\r\nHost: test\r\n");
    while (source_loop_turn(&loop, NULL, 0))
        ;
    send_text(fd, "\r\n");
    has_status(read_answer(fd, false), 200);
    close(fd);
}
END_TEST

START_TEST(test_state_is_read_each_time)
{
    state.ready = false;
    has_status(ask("GET", "/readyz"), 500);
    state.ready = true;
    has_status(ask("GET", "/readyz"), 200);
}
END_TEST

static bool have_ipv6(void)
{
    struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    int fd = socket(AF_INET6, SOCK_STREAM, 0);
    bool can = fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0;

    if (fd >= 0)
        close(fd);
    return can;
}

START_TEST(test_ipv6)
{
    struct error err = ERROR_INIT;
    int fd;

    if (!have_ipv6())
        return;
    serve_close(serve);
    serve = open_on("::1");
    ck_assert_int_eq(serve_attach(serve, &loop.transport, &err), 0);
    fd = connect_to(AF_INET6);
    send_request(fd, "GET", "/livez");
    has_status(read_answer(fd, false), 200);
    close(fd);
}
END_TEST

/* Without a connection there is one descriptor and no time limit: an idle scheduler is not woken. */
START_TEST(test_idle_costs_nothing)
{
    ck_assert(!source_loop_turn(&loop, NULL, 0));
    ck_assert_int_eq(loop.last_count, 1);
    ask("GET", "/livez");
    while (loop.last_count > 1)
        source_loop_turn(&loop, NULL, 1000);
    loop.last_timeout_ms = 0;
    source_loop_turn(&loop, &(struct pollfd){STDIN_FILENO, POLLOUT, 0}, 123456);
    ck_assert_int_eq(loop.last_timeout_ms, 123456);
}
END_TEST

/* A connection that says nothing has a time limit, which shortens the loop's wait. */
START_TEST(test_time_limit_is_told)
{
    int fd = connect_to(AF_INET);

    source_loop_turn(&loop, NULL, -1);
    source_loop_turn(&loop, NULL, 0);
    ck_assert_int_eq(loop.last_count, 2);
    source_loop_turn(&loop, &(struct pollfd){fd, POLLOUT, 0}, 3600000);
    ck_assert_int_gt(loop.last_timeout_ms, 5000);
    ck_assert_int_le(loop.last_timeout_ms, 10000);
    close(fd);
}
END_TEST

START_TEST(test_at_most_32)
{
    int fds[40], i;

    for (i = 0; i < 40; i++) {
        fds[i] = connect_to(AF_INET);
        while (source_loop_turn(&loop, NULL, 0))
            ;
    }
    /* 32 and the listening one; the others were closed at once */
    ck_assert_int_eq(loop.last_count, 33);
    for (i = 32; i < 40; i++)
        ck_assert_str_eq(read_answer(fds[i], false), "");
    send_request(fds[31], "GET", "/livez");
    has_status(read_answer(fds[31], false), 200);
    for (i = 0; i < 40; i++)
        close(fds[i]);
    do
        source_loop_turn(&loop, NULL, 0);
    while (loop.last_count > 1);
    has_status(ask("GET", "/livez"), 200);
}
END_TEST

/* The loop has fewer entries to give than there are connections: everybody is served all the same. */
START_TEST(test_little_room_in_the_loop)
{
    int fds[4], i;

    for (i = 0; i < 4; i++)
        fds[i] = connect_to(AF_INET);
    while (loop.last_count < 5)
        source_loop_turn(&loop, NULL, 0);
    loop.max_fds = 2;
    source_loop_turn(&loop, NULL, 0);
    ck_assert_int_eq(loop.last_count, 2);
    source_loop_turn(&loop, &(struct pollfd){fds[0], POLLOUT, 0}, -1);
    ck_assert_int_gt(loop.last_timeout_ms, 0);
    ck_assert_int_le(loop.last_timeout_ms, 1000);
    send_request(fds[0], "GET", "/livez");
    has_status(read_answer(fds[0], false), 200);
    for (i = 0; i < 4; i++)
        close(fds[i]);
}
END_TEST

START_TEST(test_garbage)
{
    static const char garbage[] = "\x16\x03\x01 this is TLS\r\n\r\n";
    static char long_line[40000];
    int fd = connect_to(AF_INET);

    send_text(fd, garbage);
    read_answer(fd, false);
    close(fd);
    memset(long_line, 'a', sizeof long_line - 1);
    fd = connect_to(AF_INET);
    send_text(fd, "GET /");
    send_text(fd, long_line);
    has_status(read_answer(fd, false), 414);
    close(fd);
    has_status(ask("GET", "/livez"), 200);
}
END_TEST

/* One line that names the address. */
START_TEST(test_cannot_listen)
{
    struct error err = ERROR_INIT;
    char expected[200];
    int ports[] = {port, 80, 0, 80};
    const char *addresses[] = {"127.0.0.1", "192.0.2.1", "127.0.0.1", "2001:db8::1"};

    ck_assert_ptr_null(serve_open(addresses[_i], ports[_i], &state, metrics, &err));
    ck_assert_int_eq(err.kind, ERROR_USAGE);
    snprintf(expected, sizeof expected,
             _i == 3 ? "--metrics-port: cannot listen on [%s]:%d: " : "--metrics-port: cannot listen on %s:%d: ", addresses[_i], ports[_i]);
    ck_assert_msg(strncmp(err.text, expected, strlen(expected)) == 0, "%s", err.text);
    ck_assert_uint_gt(strlen(err.text), strlen(expected));
}
END_TEST

/* select(2) cannot watch a descriptor of FD_SETSIZE or more: refused, never an overrun. */
START_TEST(test_descriptor_too_high)
{
    struct rlimit limit = {FD_SETSIZE + 64, FD_SETSIZE + 64};
    struct error err = ERROR_INIT;
    int fd, client, other;

    client = connect_to(AF_INET);
    if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
        return;
    do
        fd = dup(STDERR_FILENO);
    while (fd >= 0 && fd < FD_SETSIZE);
    ck_assert_int_eq(fd, FD_SETSIZE);
    other = free_port();
    ck_assert_ptr_null(serve_open("127.0.0.1", other, &state, metrics, &err));
    ck_assert_int_eq(err.kind, ERROR_USAGE);
    ck_assert_ptr_nonnull(strstr(err.text, "Too many open files"));
    /* the same for a connection: the server closes it and lives on */
    send_request(client, "GET", "/livez");
    ck_assert_str_eq(read_answer(client, false), "");
    for (; fd > FD_SETSIZE - 8; fd--)
        close(fd);
    close(client);
    has_status(ask("GET", "/livez"), 200);
}
END_TEST

START_TEST(test_attach_fails)
{
    struct error err = ERROR_INIT;

    loop.refuse = true;
    ck_assert_int_eq(serve_attach(serve, &loop.transport, &err), -1);
    ck_assert_str_eq(err.text, "no room for a source");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("serve");
    TCase *core = tcase_create("core"), *limits = tcase_create("limits");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(core, set_up, tear_down);
    tcase_add_loop_test(core, test_answers, 0, sizeof cases / sizeof cases[0]);
    tcase_add_test(core, test_head);
    tcase_add_loop_test(core, test_other_methods, 0, sizeof methods / sizeof methods[0]);
    tcase_add_test(core, test_metrics_page);
    tcase_add_test(core, test_keep_alive);
    tcase_add_test(core, test_state_is_read_each_time);
    tcase_add_test(core, test_ipv6);
    suite_add_tcase(suite, core);
    tcase_add_checked_fixture(limits, set_up, tear_down);
    tcase_add_test(limits, test_idle_costs_nothing);
    tcase_add_test(limits, test_time_limit_is_told);
    tcase_add_test(limits, test_at_most_32);
    tcase_add_test(limits, test_little_room_in_the_loop);
    tcase_add_test(limits, test_garbage);
    tcase_add_loop_test(limits, test_cannot_listen, 0, 4);
    tcase_add_test(limits, test_descriptor_too_high);
    tcase_add_test(limits, test_attach_fails);
    suite_add_tcase(suite, limits);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}

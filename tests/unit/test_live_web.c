/*
 * test_live_web.c: the live view's page over HTTP: who gets it, who may press, and the stream: late clients, several, slow ones, the last word.
 */
#include <arpa/inet.h>
#include <check.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clock.h"
#include "compare/live_page.h"
#include "compare/live_web.h"

#define DEADLINE_US 20000000

static struct live_web *web;
static struct error err;
static char keys[64], token[64];
static int port;

static void on_key(void *ctx, char key)
{
    size_t length = strlen(keys);

    (void)ctx;
    ck_assert_uint_lt(length + 1, sizeof keys);
    keys[length] = key;
    keys[length + 1] = '\0';
}

/* ---- clients, in the same thread ---- */

struct http_client {
    int fd;
    struct buffer got;
    bool closed;
};

static int64_t now_us(void)
{
    return clock_system()->monotonic_us(clock_system());
}

static void connect_to_web(struct http_client *c)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    c->fd = socket(AF_INET, SOCK_STREAM, 0);
    c->closed = false;
    buffer_init(&c->got, 64 << 20);
    ck_assert_int_eq(connect(c->fd, (struct sockaddr *)&address, sizeof address), 0);
    fcntl(c->fd, F_SETFL, O_NONBLOCK);
}

static void disconnect(struct http_client *c)
{
    close(c->fd);
    buffer_free(&c->got);
}

static void say(struct http_client *c, const char *format, ...)
{
    char text[2048];
    va_list args;
    int bytes;

    va_start(args, format);
    bytes = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    ck_assert_int_eq(write(c->fd, text, (size_t)bytes), bytes);
}

static void serve(void)
{
    struct pollfd fds[LIVE_WEB_CLIENTS + 4];
    int timeout_ms = 5;
    unsigned count = live_web_prepare(web, fds, LIVE_WEB_CLIENTS + 4, &timeout_ms);

    poll(fds, count, timeout_ms);
    live_web_turn(web);
}

static void take(struct http_client *c)
{
    char part[8192];
    ssize_t bytes;

    while ((bytes = read(c->fd, part, sizeof part)) > 0)
        ck_assert_int_eq(buffer_add(&c->got, part, (size_t)bytes, &err), 0);
    c->closed = bytes == 0;
}

/* serves until the client has this text */
static void wait_for(struct http_client *c, const char *text)
{
    int64_t until = now_us() + DEADLINE_US;

    for (take(c); !c->got.bytes || !strstr(c->got.data, text); take(c)) {
        ck_assert_msg(now_us() < until && !c->closed, "no '%s' in '%s'", text, c->got.bytes ? c->got.data : "");
        serve();
    }
}

/* that a client has gone shows when it is written to */
static void wait_for_clients(size_t count)
{
    int64_t until = now_us() + DEADLINE_US;

    while (live_web_clients(web) != count) {
        ck_assert_int_eq(live_web_publish(web, "{}", 2, &err), 0);
        ck_assert_msg(now_us() < until, "%zu clients", live_web_clients(web));
        serve();
    }
}

/* the whole answer to a request that is the last of its connection; valid until the next */
static const char *ask(const char *format, ...)
{
    static char answer[1 << 16];
    int64_t until = now_us() + DEADLINE_US;
    struct http_client c;
    char text[2048];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    connect_to_web(&c);
    say(&c, "%s", text);
    for (take(&c); !c.closed; take(&c)) {
        ck_assert_msg(now_us() < until, "no answer to %s", text);
        serve();
    }
    snprintf(answer, sizeof answer, "%s", c.got.bytes ? c.got.data : "");
    disconnect(&c);
    return answer;
}

static const char *get(const char *path)
{
    return ask("GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nConnection: close\r\n\r\n", path, port);
}

static const char *press(const char *headers, const char *body)
{
    return ask("POST /key HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nConnection: close\r\n%sContent-Length: %zu\r\n\r\n%s", port, headers,
               strlen(body), body);
}

static bool is(const char *answer, int status)
{
    return !strncmp(answer, "HTTP/1.1 ", 9) && strtol(answer + 9, NULL, 10) == status;
}

static void publish(const char *json)
{
    ck_assert_int_eq(live_web_publish(web, json, strlen(json), &err), 0);
}

static void setup(void)
{
    const char *page, *at;

    err = (struct error)ERROR_INIT;
    *keys = '\0';
    web = live_web_open(0, on_key, NULL, &err);
    ck_assert_msg(web != NULL, "%s", err.text);
    port = (int)strtol(strrchr(live_web_url(web), ':') + 1, NULL, 10);
    page = get("/");
    at = strstr(page, "name=\"token\" content=\"");
    ck_assert_ptr_nonnull(at);
    snprintf(token, sizeof token, "%.*s", (int)strcspn(at + 22, "\""), at + 22);
    ck_assert_uint_eq(strlen(token), 32);
}

static void teardown(void)
{
    live_web_close(web);
}

/* ---- the page ---- */

START_TEST(test_pages_and_their_headers)
{
    static const struct {
        const char *path, *type, *begins;
    } pages[] = {{"/", "text/html; charset=utf-8", "<!DOCTYPE html>"},
                 {"/live.css", "text/css; charset=utf-8", "/*"},
                 {"/live.js", "text/javascript; charset=utf-8", "//"}};

    for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++) {
        const char *answer = get(pages[i].path), *body = strstr(answer, "\r\n\r\n");
        char type[128];

        ck_assert_msg(is(answer, 200), "%s: %.200s", pages[i].path, answer);
        snprintf(type, sizeof type, "Content-Type: %s\r\n", pages[i].type);
        ck_assert_ptr_nonnull(strstr(answer, type));
        ck_assert_ptr_nonnull(strstr(answer, "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; "));
        ck_assert_ptr_nonnull(strstr(answer, "X-Content-Type-Options: nosniff\r\n"));
        ck_assert_ptr_nonnull(strstr(answer, "Cache-Control: no-store\r\n"));
        ck_assert_ptr_null(strstr(answer, "Access-Control-Allow-Origin"));
        ck_assert(!strncmp(body + 4, pages[i].begins, strlen(pages[i].begins)));
    }
    ck_assert(is(get("/nothing"), 404));
}
END_TEST

/* the page lives by what comes with it: no address of anywhere else, no inline script or style, which its policy would stop */
START_TEST(test_nothing_from_the_internet)
{
    const char *const files[] = {live_html, live_css, live_js};

    for (size_t i = 0; i < 3; i++) {
        ck_assert_ptr_null(strstr(files[i], "http:"));
        ck_assert_ptr_null(strstr(files[i], "https:"));
        ck_assert_ptr_null(strstr(files[i], "url(//"));
    }
    ck_assert_ptr_null(strstr(live_html, "style="));
    ck_assert_ptr_null(strstr(live_html, " onclick"));
    ck_assert_ptr_null(strstr(live_js, "innerHTML"));
    ck_assert_ptr_null(strstr(live_js, "eval("));
}
END_TEST

/* a name of somebody else's that leads here gets nothing, and may press nothing */
START_TEST(test_another_host)
{
    static const char *const hosts[] = {"evil.example", "127.0.0.1", "127.0.0.1:1", "127.0.0.1.evil.example", "localhost.evil.example"};

    for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++) {
        ck_assert(is(ask("GET / HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", hosts[i]), 421));
        ck_assert(is(ask("GET /events HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", hosts[i]), 421));
        ck_assert(is(
            ask("POST /key HTTP/1.1\r\nHost: %s\r\nConnection: close\r\nX-Token: %s\r\nContent-Length: 1\r\n\r\nb", hosts[i], token), 421));
    }
    ck_assert(is(ask("GET / HTTP/1.1\r\nHost: localhost:%d\r\nConnection: close\r\n\r\n", port), 200));
    ck_assert_str_eq(keys, "");
}
END_TEST

START_TEST(test_buttons)
{
    char headers[256];

    snprintf(headers, sizeof headers, "X-Token: %s\r\n", token);
    ck_assert(is(press(headers, "b"), 204));
    snprintf(headers, sizeof headers, "X-Token: %s\r\nOrigin: http://127.0.0.1:%d\r\n", token, port);
    ck_assert(is(press(headers, "c"), 204));
    ck_assert_str_eq(keys, "bc");
}
END_TEST

START_TEST(test_buttons_of_others)
{
    char headers[256], wrong[64];

    ck_assert(is(press("", "b"), 403));
    ck_assert(is(press("X-Token: \r\n", "b"), 403));
    snprintf(wrong, sizeof wrong, "%s", token);
    wrong[31] = wrong[31] == '0' ? '1' : '0';
    snprintf(headers, sizeof headers, "X-Token: %s\r\n", wrong);
    ck_assert(is(press(headers, "b"), 403));
    snprintf(headers, sizeof headers, "X-Token: %s\r\nOrigin: http://evil.example\r\n", token);
    ck_assert(is(press(headers, "b"), 403));
    snprintf(headers, sizeof headers, "X-Token: %s\r\nOrigin: null\r\n", token);
    ck_assert(is(press(headers, "b"), 403));
    snprintf(headers, sizeof headers, "X-Token: %s\r\n", token);
    ck_assert(is(press(headers, "z"), 400));
    ck_assert(is(press(headers, ""), 400));
    ck_assert(is(press(headers, "bb"), 400));
    ck_assert(is(ask("GET /key HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nConnection: close\r\n%s\r\n", port, headers), 405));
    ck_assert(is(ask("POST / HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", port), 405));
    ck_assert_str_eq(keys, "");
}
END_TEST

START_TEST(test_body_too_long)
{
    char headers[256], body[1024];

    memset(body, 'b', sizeof body - 1);
    body[sizeof body - 1] = '\0';
    snprintf(headers, sizeof headers, "X-Token: %s\r\n", token);
    ck_assert(is(press(headers, body), 413));
    ck_assert_str_eq(keys, "");
}
END_TEST

START_TEST(test_port_in_use)
{
    ck_assert_ptr_null(live_web_open(port, on_key, NULL, &err));
    ck_assert_int_eq(err.kind, ERROR_USAGE);
    ck_assert_msg(strstr(err.text, "--web: cannot listen on 127.0.0.1 port"), "%s", err.text);
}
END_TEST

/* ---- the stream ---- */

static void follow(struct http_client *c)
{
    connect_to_web(c);
    say(c, "GET /events HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n", port);
    wait_for(c, "Content-Type: text/event-stream\r\n");
}

START_TEST(test_stream)
{
    struct http_client early, late;

    follow(&early);
    publish("{\"n\":1}");
    wait_for(&early, "data: {\"n\":1}\n\n");
    /* who comes late gets the last line at once, and not the ones before */
    publish("{\"n\":2}");
    wait_for(&early, "data: {\"n\":2}\n\n");
    follow(&late);
    wait_for(&late, "data: {\"n\":2}\n\n");
    ck_assert_ptr_null(strstr(late.got.data, "{\"n\":1}"));
    publish("{\"n\":3}");
    wait_for(&early, "data: {\"n\":3}\n\n");
    wait_for(&late, "data: {\"n\":3}\n\n");
    ck_assert(live_web_sent(web));
    ck_assert_uint_eq(live_web_clients(web), 2);
    disconnect(&early);
    publish("{\"n\":4}");
    wait_for(&late, "data: {\"n\":4}\n\n");
    wait_for_clients(1);
    disconnect(&late);
}
END_TEST

/* one that does not read holds up nobody, and costs the line that it is being sent and no more: then it goes on with the last one */
START_TEST(test_slow_client)
{
    static char large[1 << 20];
    struct http_client slow, quick;
    char end[32];

    memset(large, ' ', sizeof large - 1);
    follow(&slow);
    follow(&quick);
    for (int i = 0; i < 40; i++) {
        snprintf(large + sizeof large - 32, 32, "{\"n\":%d}", i);
        publish(large);
        snprintf(end, sizeof end, "{\"n\":%d}\n\n", i);
        wait_for(&quick, end);
        buffer_clear(&quick.got);
    }
    ck_assert(!live_web_sent(web));
    wait_for(&slow, "{\"n\":39}\n\n");
    ck_assert_uint_lt(slow.got.bytes, 20 * sizeof large);
    disconnect(&slow);
    disconnect(&quick);
}
END_TEST

START_TEST(test_as_many_as_there_may_be)
{
    struct http_client clients[LIVE_WEB_CLIENTS];

    for (int i = 0; i < LIVE_WEB_CLIENTS; i++)
        follow(&clients[i]);
    publish("{\"n\":1}");
    for (int i = 0; i < LIVE_WEB_CLIENTS; i++)
        wait_for(&clients[i], "data: {\"n\":1}\n\n");
    for (int i = 0; i < LIVE_WEB_CLIENTS; i++)
        disconnect(&clients[i]);
    wait_for_clients(0);
    ck_assert(is(get("/"), 200));
}
END_TEST

/* closing with clients in every state leaks nothing (the sanitizers look) */
START_TEST(test_closed_while_they_wait)
{
    struct http_client clients[3];

    for (int i = 0; i < 3; i++)
        follow(&clients[i]);
    publish("{}");
    wait_for(&clients[0], "data: {}\n\n");
    publish("{\"last\":1}");
    live_web_close(web);
    web = NULL;
    for (int i = 0; i < 3; i++)
        disconnect(&clients[i]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("live_web");
    TCase *tc = tcase_create("web");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, test_pages_and_their_headers);
    tcase_add_test(tc, test_nothing_from_the_internet);
    tcase_add_test(tc, test_another_host);
    tcase_add_test(tc, test_buttons);
    tcase_add_test(tc, test_buttons_of_others);
    tcase_add_test(tc, test_body_too_long);
    tcase_add_test(tc, test_port_in_use);
    tcase_add_test(tc, test_stream);
    tcase_add_test(tc, test_slow_client);
    tcase_add_test(tc, test_as_many_as_there_may_be);
    tcase_add_test(tc, test_closed_while_they_wait);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}

/* test_alloc_service.c: the command line, the metrics page and the metrics server with every allocation failing in turn. */
#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/limits.h"
#include "common/service/options.h"
#include "common/service/serve.h"
#include "tests/unit/support/alloc_fault.h"
#include "tests/unit/support/source_loop.h"

static int parse(void *ctx)
{
    static char words[][32] = {"watch", "--require-node-label", "env=prod", "--require-node-label=disk", "--no-filter", "taints"};
    char *argv[] = {words[0], words[1], words[2], words[3], words[4], words[5], NULL};
    struct error err = ERROR_INIT;
    struct options options;

    (void)ctx;
    if (options_parse("watch", 6, argv, &options, &err) < 0)
        return err.kind == ERROR_NO_MEMORY ? -1 : 0;
    options_free(&options);
    return 0;
}

START_TEST(test_options)
{
    ck_assert_int_ne(alloc_fault_run(parse, NULL), 0);
}
END_TEST

static int render(void *ctx)
{
    struct error err = ERROR_INIT;
    struct metrics *metrics = metrics_new("my-scheduler", "127.0.0.1:6443", &err);
    struct buffer page;
    int ret;

    (void)ctx;
    if (!metrics)
        return -1;
    metrics_request(metrics, "GET", 200, 1000, 0, 10);
    metrics_attempt(metrics, ATTEMPT_SCHEDULED, 10);
    buffer_init(&page, LIMIT_METRICS_PAGE_BYTES);
    ret = metrics_render(metrics, &page, &err);
    /* a page that failed is as it was: empty */
    if (ret < 0 && page.bytes)
        ret = 0;
    buffer_free(&page);
    metrics_free(metrics);
    return ret;
}

START_TEST(test_metrics)
{
    ck_assert_int_ne(alloc_fault_run(render, NULL), 0);
}
END_TEST

/* a port of the loopback that was free a moment ago */
static int free_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t bytes = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0), port = -1;

    if (fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0 && getsockname(fd, (struct sockaddr *)&address, &bytes) == 0)
        port = ntohs(address.sin_port);
    if (fd >= 0)
        close(fd);
    return port;
}

/* Asks for /metrics and returns the status of the answer; 0 when the server hung up, -1 when a 200 brings no whole page. */
static int scrape(struct source_loop *loop, int port)
{
    static const char request[] = "GET /metrics HTTP/1.1\r\nHost: test\r\n\r\n";
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct pollfd mine = {socket(AF_INET, SOCK_STREAM, 0), POLLIN, 0};
    char text[512] = "";
    const char *length;
    int status = 0, bytes = 0;

    if (connect(mine.fd, (struct sockaddr *)&address, sizeof address) < 0 || send(mine.fd, request, sizeof request - 1, MSG_NOSIGNAL) < 0) {
        close(mine.fd);
        return 0;
    }
    do
        source_loop_turn(loop, &mine, -1);
    while (!mine.revents);
    if (recv(mine.fd, text, sizeof text - 1, 0) > 0)
        sscanf(text, "HTTP/1.1 %d", &status);
    close(mine.fd);
    length = strstr(text, "Content-Length: ");
    if (status == 200 && (!length || sscanf(length, "Content-Length: %d", &bytes) != 1 || bytes < 1000))
        return -1;
    return status;
}

/* A page that cannot be built is a 500; the server goes on, and answers the next one. *ctx becomes true when it does anything else. */
static int serve_page(void *ctx)
{
    static const struct serve_state state = {true, true};
    bool *wrong = ctx;
    struct error err = ERROR_INIT;
    struct metrics *metrics = metrics_new("my-scheduler", "127.0.0.1:6443", &err);
    int port = free_port(), first, second, ret = -1;
    struct serve *serve = NULL;
    struct source_loop loop;

    if (metrics)
        serve = serve_open("127.0.0.1", port, &state, metrics, &err);
    if (!serve) {
        *wrong = *wrong || err.kind != ERROR_NO_MEMORY;
        goto cleanup;
    }
    source_loop_init(&loop);
    if (serve_attach(serve, &loop.transport, &err) < 0)
        goto cleanup;
    first = scrape(&loop, port);
    second = scrape(&loop, port);
    *wrong = *wrong || (first != 200 && first != 500) || (second != 200 && second != 500);
    ret = first == 200 && second == 200 ? 0 : -1;
cleanup:
    serve_close(serve);
    metrics_free(metrics);
    return ret;
}

START_TEST(test_serve)
{
    bool wrong = false;

    ck_assert_int_ne(alloc_fault_run_recovering(serve_page, &wrong), 0);
    ck_assert(!wrong);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("alloc_service");
    TCase *faults = tcase_create("allocation faults");
    SRunner *runner;
    int failed;

    tcase_add_test(faults, test_options);
    tcase_add_test(faults, test_metrics);
    tcase_add_test(faults, test_serve);
    suite_add_tcase(suite, faults);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}

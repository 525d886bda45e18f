/* test_log.c: what reaches stdout and stderr, byte for byte, and what happens when nobody reads. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/service/log.h"

#define TEXT_MAX 65536

/* 2026-11-22T08:00:00.000042Z */
static int64_t fixed_wall_us(const struct clock *clock)
{
    (void)clock;
    return INT64_C(1795334400) * 1000000 + 42;
}

static const struct clock fixed_clock = {NULL, fixed_wall_us, fixed_wall_us};

static struct log text_log(void)
{
    return (struct log){.prefix = "polling", .clock = &fixed_clock};
}

static struct log json_log(void)
{
    return (struct log){.prefix = "polling", .clock = &fixed_clock, .format = LOG_JSON};
}

/* stdout and stderr of this process, sent into two files */
static FILE *out_file, *err_file;

static void divert(void)
{
    out_file = tmpfile();
    err_file = tmpfile();
    ck_assert(out_file && err_file);
    fflush(NULL);
    dup2(fileno(out_file), STDOUT_FILENO);
    dup2(fileno(err_file), STDERR_FILENO);
}

static void restore(void)
{
    fclose(out_file);
    fclose(err_file);
}

static const char *content(FILE *file)
{
    static char text[TEXT_MAX];
    ssize_t bytes = pread(fileno(file), text, sizeof text - 1, 0);

    ck_assert_int_ge(bytes, 0);
    text[bytes] = '\0';
    return text;
}

#define ck_assert_out(expected) ck_assert_str_eq(content(out_file), expected)
#define ck_assert_err(expected) ck_assert_str_eq(content(err_file), expected)

START_TEST(test_known_lines)
{
    struct log log = text_log();

    log_line(&log, "scheduler starting… name=%s", "my-scheduler");
    log_line(&log, "Bound %s/%s -> %s", "default", "test-pod", "kind-control-plane");
    log_bare(&log, "pod: '%s', phase: '%s' %s", "hello", "Pending", "PrgContSched.");
    ck_assert_out("");
    log_flush(&log);
    ck_assert_out("[polling] scheduler starting… name=my-scheduler\n"
                  "[polling] Bound default/test-pod -> kind-control-plane\n"
                  "pod: 'hello', phase: 'Pending' PrgContSched.\n");
    ck_assert_err("");
    log_flush(&log);
    ck_assert_str_eq(content(out_file) + strlen(content(out_file)) - 5, "hed.\n");
}
END_TEST

START_TEST(test_warning_and_verbose)
{
    struct log log = text_log();

    log_line(&log, "held");
    log_verbose(&log, "not without -v");
    ck_assert_out("");
    log_warn(&log, "pods is forbidden: %d", 403);
    /* what was held came first */
    ck_assert_out("[polling] held\n");
    log.verbose = 1;
    log_verbose(&log, "relisting");
    ck_assert_err("[polling] warning: pods is forbidden: 403\n[polling] relisting\n");
}
END_TEST

START_TEST(test_quiet)
{
    struct log log = text_log();

    log.quiet = true;
    log.verbose = 2;
    log_line(&log, "a");
    log_bare(&log, "b");
    log_warn(&log, "c");
    log_verbose(&log, "d");
    log_flush(&log);
    ck_assert_out("");
    ck_assert_err("");
}
END_TEST

START_TEST(test_json)
{
    struct log log = json_log();

    log.verbose = 1;
    log_line(&log, "Bound %s", "default/a -> n1");
    log_bare(&log, "pod: 'hello'");
    log_warn(&log, "away");
    log_verbose(&log, "back");
    ck_assert_out(
        "{\"ts\":\"2026-11-22T08:00:00.000042Z\",\"level\":\"info\",\"scheduler\":\"polling\",\"msg\":\"Bound default/a -> n1\"}\n"
        "{\"ts\":\"2026-11-22T08:00:00.000042Z\",\"level\":\"info\",\"scheduler\":\"polling\",\"msg\":\"pod: 'hello'\"}\n");
    ck_assert_err("{\"ts\":\"2026-11-22T08:00:00.000042Z\",\"level\":\"warning\",\"scheduler\":\"polling\",\"msg\":\"away\"}\n"
                  "{\"ts\":\"2026-11-22T08:00:00.000042Z\",\"level\":\"info\",\"scheduler\":\"polling\",\"msg\":\"back\"}\n");
}
END_TEST

#define BAD "\xef\xbf\xbd"

static const struct {
    const char *text, *as_text, *as_json;
} escapes[] = {
    {"plain", "plain", "plain"},
    {"a\n[polling] Bound x -> y", "a\\n[polling] Bound x -> y", "a\\n[polling] Bound x -> y"},
    {"\r\t", "\\r\\t", "\\r\\t"},
    {"\x1b[2J\x07\x7f\x01", "\\u001b[2J\\u0007\\u007f\\u0001", "\\u001b[2J\\u0007\x7f\\u0001"},
    {"\"quoted\" \\ back", "\"quoted\" \\ back", "\\\"quoted\\\" \\\\ back"},
    {"Grüße, 世界 🚀 …", "Grüße, 世界 🚀 …", "Grüße, 世界 🚀 …"},
    {"\xc2\x9b", "\\u009b", "\xc2\x9b"},         /* the one-byte ESC [ */
    {"\xe2\x80\xa8", "\\u2028", "\xe2\x80\xa8"}, /* LINE SEPARATOR */
    {"a\xe2\x80\xae"
     "b",
     "a\\u202eb",
     "a\xe2\x80\xae"
     "b"}, /* RIGHT-TO-LEFT OVERRIDE */
    {"\xe2\x81\xa9", "\\u2069", "\xe2\x81\xa9"},
    {"\xff", BAD, BAD},
    {"a\x80z", "a" BAD "z", "a" BAD "z"},
    {"\xc0\xaf", BAD BAD, BAD BAD},                              /* '/' in two bytes */
    {"\xed\xa0\x80", BAD BAD BAD, BAD BAD BAD},                  /* a surrogate */
    {"\xf4\x90\x80\x80", BAD BAD BAD BAD, BAD BAD BAD BAD},      /* over U+10FFFF */
    {"\xe2\x82", BAD BAD, BAD BAD},                              /* cut off */
    {"\xf0\x9f\x9a\nx", BAD BAD BAD "\\nx", BAD BAD BAD "\\nx"}, /* cut off by a line end */
    {"", "", ""},
};

START_TEST(test_escapes)
{
    struct log text = text_log(), json = json_log();
    char expected[512];

    log_line(&text, "%s", escapes[_i].text);
    log_flush(&text);
    log_warn(&json, "%s", escapes[_i].text);
    snprintf(expected, sizeof expected, "[polling] %s\n", escapes[_i].as_text);
    ck_assert_out(expected);
    snprintf(expected, sizeof expected,
             "{\"ts\":\"2026-11-22T08:00:00.000042Z\",\"level\":\"warning\",\"scheduler\":\"polling\",\"msg\":\"%s\"}\n",
             escapes[_i].as_json);
    ck_assert_err(expected);
}
END_TEST

/* A text that is too long is cut, with its line still one line and still JSON. */
START_TEST(test_long_text)
{
    struct log text = text_log(), json = json_log();
    static char huge[3 * LOG_TEXT_BYTES];
    const char *got;
    size_t bytes;

    memset(huge, 'x', sizeof huge - 1);
    log_warn(&text, "%s", huge);
    got = content(err_file);
    bytes = strlen(got);
    ck_assert_uint_eq(bytes, strlen("[polling] warning: ") + LOG_TEXT_BYTES - 1 + 1);
    ck_assert_str_eq(got + bytes - 5, "x...\n");
    ck_assert_int_eq(ftruncate(fileno(err_file), 0), 0);
    lseek(STDERR_FILENO, 0, SEEK_SET);

    memset(huge, '\1', sizeof huge - 1);
    log_warn(&json, "%s", huge);
    got = content(err_file);
    bytes = strlen(got);
    ck_assert_uint_gt(bytes, LOG_TEXT_BYTES);
    ck_assert_str_eq(got + bytes - 9, "\\u0001\"}\n");
    ck_assert_ptr_eq(strchr(got, '\n'), got + bytes - 1);
}
END_TEST

/* Where an escape finds no room any more, nothing shorter slips in behind it. */
START_TEST(test_cut_is_clean)
{
    struct log json = json_log();
    static char text[3000];
    const char *got;

    memset(text, '\1', 2000);
    memset(text + 2000, 'x', sizeof text - 2001);
    /* one of two starts leaves room that an x would fill */
    log_warn(&json, "%s", text);
    text[0] = 'y';
    log_warn(&json, "%s", text);
    got = content(err_file);
    ck_assert_uint_gt(strlen(got), 2 * 8000);
    ck_assert_ptr_null(strstr(got, "x"));
}
END_TEST

/* More than the buffer holds comes out whole and in order. */
START_TEST(test_many_lines)
{
    struct log log = text_log();
    const char *p;
    int i, seen;

    for (i = 0; i < 2000; i++)
        log_line(&log, "line %d", i);
    ck_assert_uint_gt(strlen(content(out_file)), 0);
    log_flush(&log);
    for (i = 0, p = content(out_file); *p; i++, p = strchr(p, '\n') + 1) {
        ck_assert_int_eq(sscanf(p, "[polling] line %d\n", &seen), 1);
        ck_assert_int_eq(seen, i);
    }
    ck_assert_int_eq(i, 2000);
}
END_TEST

START_TEST(test_flush_is_one_write)
{
    struct log log = text_log();
    int fds[2], i;
    char text[TEXT_MAX];

    ck_assert_int_eq(pipe(fds), 0);
    dup2(fds[1], STDOUT_FILENO);
    fcntl(fds[0], F_SETFL, O_NONBLOCK);
    for (i = 0; i < 3; i++) {
        log_line(&log, "line");
        ck_assert_int_eq(read(fds[0], text, sizeof text), -1);
        ck_assert_int_eq(errno, EAGAIN);
    }
    log_flush(&log);
    ck_assert_int_eq(read(fds[0], text, sizeof text), 3 * (int)strlen("[polling] line\n"));
}
END_TEST

START_TEST(test_closed_pipe)
{
    struct log log = text_log();
    int fds[2], i;

    signal(SIGPIPE, SIG_IGN);
    ck_assert_int_eq(pipe(fds), 0);
    close(fds[0]);
    dup2(fds[1], STDOUT_FILENO);
    for (i = 0; i < 5000; i++)
        log_line(&log, "nobody reads this");
    log_flush(&log);
    close(STDOUT_FILENO);
    log_line(&log, "nor this");
    log_flush(&log);
    log_warn(&log, "still here");
    ck_assert_err("[polling] warning: still here\n");
}
END_TEST

/* Reads everything from a pipe, but only once the writer has filled it; the exit code says whether all lines came. */
static int late_reader(const int *fds, int lines)
{
    struct pollfd room = {fds[1], POLLOUT, 0};
    char text[4096];
    ssize_t n;

    while (poll(&room, 1, 0) > 0)
        sched_yield();
    close(fds[1]);
    while ((n = read(fds[0], text, sizeof text)) > 0)
        while (n--)
            lines -= text[n] == '\n';
    return lines == 0 ? 0 : 1;
}

/* A pipe that is full is waited for, also where it is non-blocking: no line is lost. */
START_TEST(test_full_pipe)
{
    struct log log = text_log();
    int fds[2], status, i;
    pid_t reader;

    ck_assert_int_eq(pipe(fds), 0);
    if (_i)
        fcntl(fds[1], F_SETFL, O_NONBLOCK);
    reader = fork();
    if (reader == 0)
        _exit(late_reader(fds, 20000));
    close(fds[0]);
    dup2(fds[1], STDOUT_FILENO);
    close(fds[1]);
    for (i = 0; i < 20000; i++)
        log_line(&log, "a line of some length, so that the pipe is full long before the end");
    log_flush(&log);
    close(STDOUT_FILENO);
    ck_assert_int_eq(waitpid(reader, &status, 0), reader);
    ck_assert_int_eq(status, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("log");
    TCase *lines = tcase_create("lines");
    TCase *writes = tcase_create("writes");
    SRunner *runner;
    int failed;

    tcase_add_test(lines, test_known_lines);
    tcase_add_test(lines, test_warning_and_verbose);
    tcase_add_test(lines, test_quiet);
    tcase_add_test(lines, test_json);
    tcase_add_loop_test(lines, test_escapes, 0, sizeof escapes / sizeof escapes[0]);
    tcase_add_test(lines, test_long_text);
    tcase_add_test(lines, test_cut_is_clean);
    tcase_add_checked_fixture(lines, divert, restore);
    suite_add_tcase(suite, lines);
    tcase_add_test(writes, test_many_lines);
    tcase_add_test(writes, test_flush_is_one_write);
    tcase_add_test(writes, test_closed_pipe);
    tcase_add_loop_test(writes, test_full_pipe, 0, 2);
    tcase_add_checked_fixture(writes, divert, restore);
    suite_add_tcase(suite, writes);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}

/* test_signals.c: the first signal asks and wakes the loop, the second ends the process. Each test runs in a process of its own. */
#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/service/signals.h"
#include "tests/unit/support/source_loop.h"

static const int numbers[] = {SIGTERM, SIGINT};

static struct source_loop loop;

static void install(void)
{
    struct error err = ERROR_INIT;

    source_loop_init(&loop);
    ck_assert_int_eq(signals_install(&err), 0);
    ck_assert_int_eq(signals_attach(&loop.transport, &err), 0);
    ck_assert(loop.attached);
    ck_assert_int_eq(err.kind, ERROR_NONE);
}

START_TEST(test_signal_before_the_wait)
{
    install();
    ck_assert(!signals_stop_requested());
    ck_assert(!source_loop_turn(&loop, NULL, 0));
    raise(numbers[_i]);
    ck_assert(signals_stop_requested());
    /* no limit: only the pipe can end this wait */
    ck_assert(source_loop_turn(&loop, NULL, -1));
    /* the pipe is empty again, so the loop does not spin; the request stays */
    ck_assert(!source_loop_turn(&loop, NULL, 0));
    ck_assert(signals_stop_requested());
}
END_TEST

/* A child sends the signal while the parent waits without limit. */
START_TEST(test_signal_ends_a_wait)
{
    pid_t parent = getpid(), child;

    install();
    child = fork();
    if (child == 0) {
        kill(parent, numbers[_i]);
        _exit(0);
    }
    while (!signals_stop_requested())
        source_loop_turn(&loop, NULL, -1);
    waitpid(child, NULL, 0);
}
END_TEST

/* how a child that runs `body` ends */
static int status_of(void (*body)(int), int argument)
{
    int status;
    pid_t child;

    fflush(NULL);
    child = fork();
    if (child == 0) {
        body(argument);
        _exit(0);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    return status;
}

static void signal_twice(int second)
{
    struct error err = ERROR_INIT;

    if (signals_install(&err) < 0)
        _exit(99);
    raise(SIGTERM);
    if (!signals_stop_requested())
        _exit(98);
    raise(second);
}

/* The shell shows a death by signal N as 128+N. */
START_TEST(test_second_signal_kills)
{
    int status = status_of(signal_twice, numbers[_i]);

    ck_assert(WIFSIGNALED(status));
    ck_assert_int_eq(WTERMSIG(status), numbers[_i]);
}
END_TEST

static void write_to_nobody(int unused)
{
    struct error err = ERROR_INIT;
    int fds[2];

    (void)unused;
    if (signals_install(&err) < 0 || pipe(fds) < 0)
        _exit(99);
    close(fds[0]);
    _exit(write(fds[1], "", 1) < 0 ? 7 : 8);
}

START_TEST(test_sigpipe_is_ignored)
{
    int status = status_of(write_to_nobody, 0);

    ck_assert(WIFEXITED(status));
    ck_assert_int_eq(WEXITSTATUS(status), 7);
}
END_TEST

/* A shell starts background jobs with SIGINT ignored. */
START_TEST(test_ignored_sigint_is_caught)
{
    signal(SIGINT, SIG_IGN);
    install();
    raise(SIGINT);
    ck_assert(signals_stop_requested());
}
END_TEST

START_TEST(test_pipe_is_private)
{
    struct pollfd fds[1];
    int64_t timeout_ms = 1234;

    install();
    ck_assert_int_eq(loop.source.prepare(loop.source.ctx, fds, 1, &timeout_ms), 1);
    ck_assert_int_eq(timeout_ms, 1234);
    ck_assert_int_eq(fds[0].events, POLLIN);
    ck_assert(fcntl(fds[0].fd, F_GETFD) & FD_CLOEXEC);
    ck_assert(fcntl(fds[0].fd, F_GETFL) & O_NONBLOCK);
    ck_assert_int_eq(loop.source.prepare(loop.source.ctx, fds, 0, &timeout_ms), 0);
}
END_TEST

START_TEST(test_install_twice)
{
    struct error err = ERROR_INIT;

    install();
    ck_assert_int_eq(signals_install(&err), 0);
    raise(SIGTERM);
    ck_assert(source_loop_turn(&loop, NULL, -1));
}
END_TEST

/* Without a file descriptor left nothing is installed, and it says so. */
START_TEST(test_no_descriptor_left)
{
    struct error err = ERROR_INIT;
    struct sigaction before, after;
    int fd, last = -1;

    sigaction(SIGTERM, NULL, &before);
    while ((fd = dup(STDERR_FILENO)) >= 0)
        last = fd;
    ck_assert_int_eq(signals_install(&err), -1);
    /* sanitizers need some at the end */
    for (fd = last; fd > last - 8; fd--)
        close(fd);
    ck_assert_int_eq(err.kind, ERROR_RUNTIME);
    ck_assert_str_eq(err.text, "cannot make a pipe for signals: Too many open files");
    sigaction(SIGTERM, NULL, &after);
    ck_assert(after.sa_handler == before.sa_handler);
}
END_TEST

START_TEST(test_attach_fails)
{
    struct error err = ERROR_INIT;

    install();
    loop.refuse = true;
    ck_assert_int_eq(signals_attach(&loop.transport, &err), -1);
    ck_assert_str_eq(err.text, "no room for a source");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("signals");
    TCase *asked = tcase_create("asked");
    TCase *the_pipe = tcase_create("the pipe");
    SRunner *runner;
    int failed;

    tcase_add_loop_test(asked, test_signal_before_the_wait, 0, sizeof numbers / sizeof numbers[0]);
    tcase_add_loop_test(asked, test_signal_ends_a_wait, 0, sizeof numbers / sizeof numbers[0]);
    tcase_add_loop_test(asked, test_second_signal_kills, 0, sizeof numbers / sizeof numbers[0]);
    tcase_add_test(asked, test_sigpipe_is_ignored);
    tcase_add_test(asked, test_ignored_sigint_is_caught);
    suite_add_tcase(suite, asked);
    tcase_add_test(the_pipe, test_pipe_is_private);
    tcase_add_test(the_pipe, test_install_twice);
    tcase_add_test(the_pipe, test_no_descriptor_left);
    tcase_add_test(the_pipe, test_attach_fails);
    suite_add_tcase(suite, the_pipe);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}

/*
 * test_sandbox_limits.c: what a program of misdeeds.h may do to the machine, and how it ends, by whoever may run the grader: root, root of a container without privileges, an ordinary user, one to whom
 * the system gives no namespaces.
 */
#define _GNU_SOURCE

#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "grade/folder.h"
#include "tests/unit/support/sandbox_run.h"

#define MIB (INT64_C(1) << 20)

START_TEST(test_sandbox_hang_is_ended)
{
    struct request request;
    struct sandbox *sandbox;

    if (!enter(&modes[_i]))
        return;
    ask(&request, "hang", NULL);
    sandbox = begin(&request);
    await_text(sandbox, "ready");
    ck_assert_int_ge(processes_left(), 1);
    finish(sandbox, LONG_MS);
    ck_assert_int_eq(got.end, SANDBOX_STOPPED);
    ck_assert_int_eq(got.code, -1);
}
END_TEST

START_TEST(test_sandbox_term_is_ignored)
{
    struct request request;
    struct sandbox *sandbox;

    if (!enter(&modes[_i]))
        return;
    ask(&request, "ignore-term", NULL);
    sandbox = begin(&request);
    await_text(sandbox, "ready");
    finish(sandbox, 100);
    ck_assert_int_eq(got.end, SANDBOX_STOPPED);
}
END_TEST

START_TEST(test_sandbox_term_is_heard)
{
    struct request request;
    struct sandbox *sandbox;

    if (!enter(&modes[_i]))
        return;
    ask(&request, "end-when-asked", NULL);
    sandbox = begin(&request);
    await_text(sandbox, "ready");
    finish(sandbox, LONG_MS);
    ck_assert_int_eq(got.end, SANDBOX_STOPPED);
    ck_assert_int_eq(got.code, 3);
    ck_assert_ptr_nonnull(strstr(got.text, "asked to end"));
}
END_TEST

START_TEST(test_sandbox_forks_without_end)
{
    struct request request;

    if (!enter(&modes[_i]))
        return;
    ask(&request, "fork-without-end", NULL);
    request.plan.limits.processes = 40;
    run(&request);
    ck_assert_int_eq(got.end, SANDBOX_PROCESSES);
}
END_TEST

START_TEST(test_sandbox_forks_and_flees)
{
    if (!enter(&modes[_i]))
        return;
    run_deed("fork-and-flee", NULL);
    /* the program itself ends at once */
    ck_assert(got.end == SANDBOX_EXITED || got.end == SANDBOX_PROCESSES);
}
END_TEST

START_TEST(test_sandbox_forks_and_gives_up)
{
    struct request request;

    if (!enter(&modes[_i]))
        return;
    ask(&request, "fork-and-give-up", NULL);
    request.plan.limits.processes = 40;
    run(&request);
    ck_assert_int_eq(got.end, SANDBOX_PROCESSES);
}
END_TEST

START_TEST(test_sandbox_fills_its_output)
{
    struct request request;

    if (!enter(&modes[_i]))
        return;
    ask(&request, "fill-output", NULL);
    request.plan.limits.output_bytes = 50000;
    run(&request);
    ck_assert_int_eq(got.end, SANDBOX_OUTPUT);
    ck_assert_int_eq(got.lines, 50);
}
END_TEST

START_TEST(test_sandbox_long_line_is_cut)
{
    if (!enter(&modes[_i]))
        return;
    run_deed("long-line", NULL);
    ck_assert_int_eq(got.end, SANDBOX_EXITED);
    ck_assert_int_eq(got.lines, 3);
    ck_assert_uint_eq(strcspn(got.text, "\n"), 4096);
    ck_assert_str_eq(strchr(got.text, '\n'), "\nafter\nno newline\n");
    ck_assert_int_eq(got.usage.output_bytes, 100000 + 17);
}
END_TEST

START_TEST(test_sandbox_fills_memory)
{
    static const char *const deeds[] = {"fill-memory", "fill-memory-together"};
    struct request request;

    if (!enter(&modes[_i / 2]))
        return;
    ask(&request, deeds[_i % 2], NULL);
    request.plan.limits.memory_bytes = 150 * MIB;
    run(&request);
    ck_assert_int_eq(got.end, SANDBOX_MEMORY);
    ck_assert_int_gt(got.usage.peak_bytes, 150 * MIB);
}
END_TEST

START_TEST(test_sandbox_hides_memory)
{
    if (!enter(&modes[_i]) || !strstr(sandbox_strength(), "seccomp"))
        return;
    run_deed("hide-memory", NULL);
    ck_assert_str_eq(got.text, "refused\n");
}
END_TEST

START_TEST(test_sandbox_fills_the_disk)
{
    struct request request;

    if (!enter(&modes[_i]))
        return;
    ask(&request, "fill-disk", NULL);
    request.plan.limits.disk_bytes = 8 * MIB;
    run(&request);
    /* refused by its own small disk, or seen and ended */
    ck_assert_msg(got.end == SANDBOX_DISK || (got.end == SANDBOX_EXITED && got.code == 7), "%s, code %d: %s", sandbox_end_word(got.end),
                  got.code, got.text);
}
END_TEST

START_TEST(test_sandbox_writes_a_big_file)
{
    if (!enter(&modes[_i]))
        return;
    run_deed("write-big-file", NULL);
    ck_assert_int_eq(got.end, SANDBOX_SIGNALED);
    ck_assert_int_eq(got.code, SIGXFSZ);
}
END_TEST

START_TEST(test_sandbox_burns_cpu)
{
    static const char *const deeds[] = {"burn", "burn-in-children"};
    struct request request;

    if (!enter(&modes[_i / 2]))
        return;
    ask(&request, deeds[_i % 2], NULL);
    request.plan.limits.cpu_ms = 300;
    run(&request);
    ck_assert_int_eq(got.end, SANDBOX_CPU);
    ck_assert_int_ge(got.usage.cpu_us, 300000);
}
END_TEST

START_TEST(test_sandbox_daemon_does_not_stay)
{
    if (!enter(&modes[_i]))
        return;
    run_deed("daemonise", NULL);
    ck_assert_int_eq(got.end, SANDBOX_EXITED);
    ck_assert_str_eq(got.text, "gone\n");
}
END_TEST

START_TEST(test_sandbox_ends_are_told)
{
    static const char *const five[] = {"5", NULL}, *const segv[] = {"11", NULL};

    if (!enter(&modes[_i]))
        return;
    run_deed("end-with", five);
    ck_assert_int_eq(got.end, SANDBOX_EXITED);
    ck_assert_int_eq(got.code, 5);
    run_deed("die-of", segv);
    ck_assert_int_eq(got.end, SANDBOX_SIGNALED);
    ck_assert_int_eq(got.code, SIGSEGV);
}
END_TEST

START_TEST(test_sandbox_what_cannot_run)
{
    char missing[] = "/no/such/program", plain[256], script[256], nowhere[] = "no-such-program-anywhere";
    char *argv[] = {missing, NULL};
    struct sandbox_plan plan = {.argv = argv, .folder = place_of("sub"), .limits = sandbox_default_limits()};
    struct error err = ERROR_INIT;
    struct sandbox *sandbox;

    if (!enter(&modes[_i]))
        return;
    ck_assert_ptr_null(sandbox_start(&plan, got_line, NULL, &err));
    ck_assert_int_eq(err.kind, ERROR_USAGE);
    ck_assert_ptr_nonnull(strstr(err.text, "/no/such/program"));
    argv[0] = nowhere;
    ck_assert_ptr_null(sandbox_start(&plan, got_line, NULL, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "not found in"));
    snprintf(plain, sizeof plain, "%s", place_of("sub/own"));
    argv[0] = plain;
    ck_assert_ptr_null(sandbox_start(&plan, got_line, NULL, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "Permission denied"));
    nothing_is_left();
    /* without its first line a script is the shell's, as in a shell */
    snprintf(script, sizeof script, "%s", place_of("sub/script"));
    argv[0] = script;
    sandbox = sandbox_start(&plan, got_line, NULL, &err);
    ck_assert_msg(sandbox != NULL, "%s", err.text);
    while (sandbox_poll(sandbox, 1000) == SANDBOX_RUNNING)
        ;
    finish(sandbox, 0);
    ck_assert_str_eq(got.text, "a script\n");
}
END_TEST

/* only what needs no protection from malice */
START_TEST(test_sandbox_limits_only)
{
    static const char *const nine[] = {"9", NULL};
    struct request request;

    if (!enter(&limits_only))
        return;
    ck_assert_str_eq(sandbox_strength(), "limits only");
    ck_assert(!sandbox_isolates());
    run_deed("end-with", nine);
    ck_assert_int_eq(got.code, 9);
    run_deed("daemonise", NULL);
    ck_assert_int_eq(got.end, SANDBOX_EXITED);
    ask(&request, "fork-without-end", NULL);
    request.plan.limits.processes = 40;
    run(&request);
    ck_assert_int_eq(got.end, SANDBOX_PROCESSES);
    ask(&request, "burn", NULL);
    request.plan.limits.cpu_ms = 300;
    run(&request);
    ck_assert_int_eq(got.end, SANDBOX_CPU);
}
END_TEST

/* the grader is killed: what it had started goes with it; its home stays where nobody is left to remove it */
START_TEST(test_sandbox_grader_dies)
{
    int64_t deadline = now_us() + LONG_MS * 1000;
    struct error err = ERROR_INIT;
    char homes[256], byte;
    int ready[2];
    pid_t grader;

    if (!enter(&modes[_i]))
        return;
    snprintf(homes, sizeof homes, "%s/%ld", place_of("tmp"), (long)getpid());
    ck_assert_int_eq(mkdir(homes, 0711), 0);
    setenv("TMPDIR", homes, 1);
    ck_assert_int_eq(pipe(ready), 0);
    grader = fork();
    if (grader == 0) {
        struct request request;
        struct sandbox *sandbox;

        close(ready[0]);
        ask(&request, "ignore-term", NULL);
        sandbox = begin(&request);
        await_text(sandbox, "ready");
        if (write(ready[1], "r", 1) == 1)
            sandbox_poll(sandbox, LONG_MS);
        _exit(0);
    }
    close(ready[1]);
    ck_assert_int_eq(read(ready[0], &byte, 1), 1);
    ck_assert_int_ge(processes_left(), 1);
    kill(grader, SIGKILL);
    waitpid(grader, NULL, 0);
    while (processes_left() && now_us() < deadline)
        nanosleep(&(struct timespec){0, 20000000}, NULL);
    ck_assert_int_eq(processes_left(), 0);
    ck_assert_int_eq(folder_remove(homes, &err), 0);
    nothing_is_left();
}
END_TEST

int main(int argc, char **argv)
{
    Suite *suite;
    TCase *tcase;

    sandbox_run_begin(argc, argv);
    suite = suite_create("sandbox limits");
    tcase = tcase_create("sandbox limits");
    tcase_set_timeout(tcase, 120);
    tcase_add_loop_test(tcase, test_sandbox_hang_is_ended, 0, MODES);
    tcase_add_loop_test(tcase, test_sandbox_term_is_ignored, 0, MODES);
    tcase_add_loop_test(tcase, test_sandbox_term_is_heard, 0, MODES);
    tcase_add_loop_test(tcase, test_sandbox_forks_without_end, 0, MODES);
    tcase_add_loop_test(tcase, test_sandbox_forks_and_flees, 0, MODES);
    tcase_add_loop_test(tcase, test_sandbox_forks_and_gives_up, 0, MODES);
    tcase_add_loop_test(tcase, test_sandbox_fills_its_output, 0, MODES);
    tcase_add_loop_test(tcase, test_sandbox_long_line_is_cut, 0, MODES);
    tcase_add_loop_test(tcase, test_sandbox_fills_memory, 0, 2 * MODES);
    tcase_add_loop_test(tcase, test_sandbox_hides_memory, 0, MODES);
    tcase_add_loop_test(tcase, test_sandbox_fills_the_disk, 0, MODES);
    tcase_add_loop_test(tcase, test_sandbox_writes_a_big_file, 0, MODES);
    tcase_add_loop_test(tcase, test_sandbox_burns_cpu, 0, 2 * MODES);
    tcase_add_loop_test(tcase, test_sandbox_daemon_does_not_stay, 0, MODES);
    tcase_add_loop_test(tcase, test_sandbox_ends_are_told, 0, MODES);
    tcase_add_loop_test(tcase, test_sandbox_what_cannot_run, 0, MODES);
    tcase_add_loop_test(tcase, test_sandbox_limits_only, 0, 1);
    tcase_add_loop_test(tcase, test_sandbox_grader_dies, 0, MODES);
    suite_add_tcase(suite, tcase);
    return sandbox_run_end(suite);
}

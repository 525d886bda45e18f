/*
 * test_contestant.c: commands are split and started as told, ended for certain, and their CPU and memory are their own.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"
#include "compare/contestant.h"

static struct error err;
static struct contestant c;
static char folder[64], stem[80];

static void setup(void)
{
    snprintf(folder, sizeof folder, "/tmp/test-contestant-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(stem, sizeof stem, "%s/c", folder);
    err.text[0] = '\0';
}

static void teardown(void)
{
    char path[96];

    contestant_stop(&c, 0);
    snprintf(path, sizeof path, "%s.out", stem);
    unlink(path);
    snprintf(path, sizeof path, "%s.err", stem);
    unlink(path);
    rmdir(folder);
}

static void start(const char *command)
{
    char **argv = command_split(command, NULL, &err);

    ck_assert_ptr_nonnull(argv);
    ck_assert_msg(contestant_start(&c, argv, stem, &err) == 0, "%s", err.text);
    command_free(argv);
}

static void wait_end(void)
{
    int64_t deadline = clock_system()->monotonic_us(clock_system()) + 20000000;

    while (contestant_running(&c))
        ck_assert_int_lt(clock_system()->monotonic_us(clock_system()), deadline);
}

/* the first line of an output file */
static void read_output(const char *suffix, char *line, int size)
{
    char path[96];
    FILE *file;

    snprintf(path, sizeof path, "%s.%s", stem, suffix);
    file = fopen(path, "r");
    ck_assert_ptr_nonnull(file);
    if (!fgets(line, size, file))
        *line = '\0';
    fclose(file);
}

START_TEST(test_split_words)
{
    const char *pairs[] = {"name", "a b", "port", "80", NULL};
    char **argv = command_split("  run 'one {name}' \"two  x\" {name} p={port}{other} '' ", pairs, &err);

    ck_assert_ptr_nonnull(argv);
    ck_assert_str_eq(argv[0], "run");
    ck_assert_str_eq(argv[1], "one a b");
    ck_assert_str_eq(argv[2], "two  x");
    ck_assert_str_eq(argv[3], "a b");
    ck_assert_str_eq(argv[4], "p=80{other}");
    ck_assert_str_eq(argv[5], "");
    ck_assert_ptr_null(argv[6]);
    command_free(argv);
}
END_TEST

START_TEST(test_split_refuses)
{
    ck_assert_ptr_null(command_split("  ", NULL, &err));
    ck_assert_int_eq(err.kind, ERROR_USAGE);
    ck_assert_ptr_null(command_split("a 'b", NULL, &err));
    ck_assert_str_eq(err.text, "a quote ' is not closed");
}
END_TEST

START_TEST(test_output_goes_to_files)
{
    char line[64];

    start("sh -c 'echo to-out; echo to-err >&2; exit 3'");
    wait_end();
    ck_assert(c.ended_by_itself);
    contestant_describe_end(&c, line);
    ck_assert_str_eq(line, "exit code 3");
    read_output("out", line, sizeof line);
    ck_assert_str_eq(line, "to-out\n");
    read_output("err", line, sizeof line);
    ck_assert_str_eq(line, "to-err\n");
}
END_TEST

START_TEST(test_no_such_program)
{
    char **argv = command_split("/no/such/program", NULL, &err);

    ck_assert_int_eq(contestant_start(&c, argv, stem, &err), -1);
    ck_assert_str_eq(err.text, "/no/such/program: No such file or directory");
    ck_assert_int_eq(c.pid, 0);
    command_free(argv);
}
END_TEST

START_TEST(test_term_is_enough)
{
    start("sleep 600");
    ck_assert(contestant_running(&c));
    ck_assert(contestant_stop(&c, 10000));
    ck_assert(!c.ended_by_itself);
    ck_assert_int_eq(WTERMSIG(c.exit_status), SIGTERM);
}
END_TEST

START_TEST(test_kill_when_term_is_not)
{
    char line[64] = "";

    start("sh -c 'trap \"\" TERM; echo deaf; while :; do sleep 1; done'");
    while (strcmp(line, "deaf\n"))
        read_output("out", line, sizeof line);
    ck_assert(!contestant_stop(&c, 50));
    ck_assert_int_eq(WTERMSIG(c.exit_status), SIGKILL);
    ck_assert_int_eq(c.pid, 0);
}
END_TEST

START_TEST(test_cpu_is_counted)
{
    start("sh -c 'i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done'");
    wait_end();
    ck_assert_int_gt(c.cpu_us, 10000);
}
END_TEST

/* Linux lets a child begin with its parent's peak in wait4(): a small contestant of a large program must look small */
START_TEST(test_memory_is_its_own)
{
#ifdef __linux__
    size_t bytes = (size_t)128 << 20;
    char *large = malloc(bytes);

    ck_assert_ptr_nonnull(large);
    memset(large, 1, bytes);
    start("sleep 600");
    /* just after exec it has hardly a page of its own: Check's time limit ends a wait in vain */
    while (contestant_running(&c) && c.peak_bytes <= 100000)
        ;
    ck_assert(contestant_stop(&c, 10000));
    ck_assert_int_gt(c.peak_bytes, 100000);
    ck_assert_int_lt(c.peak_bytes, 32 << 20);
    ck_assert_int_eq(large[bytes - 1], 1);
    free(large);
#endif
}
END_TEST

START_TEST(test_idle_is_noticed)
{
    int64_t began = clock_system()->monotonic_us(clock_system());

    start("sleep 600");
    contestant_wait_idle(&c, 60000, NULL);
    ck_assert(c.pid != 0);
    ck_assert_int_lt(clock_system()->monotonic_us(clock_system()) - began, 30000000);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("contestant");
    TCase *core = tcase_create("core");
    SRunner *runner;
    int failed;

    tcase_set_timeout(core, 60);
    tcase_add_checked_fixture(core, setup, teardown);
    tcase_add_test(core, test_split_words);
    tcase_add_test(core, test_split_refuses);
    tcase_add_test(core, test_output_goes_to_files);
    tcase_add_test(core, test_no_such_program);
    tcase_add_test(core, test_term_is_enough);
    tcase_add_test(core, test_kill_when_term_is_not);
    tcase_add_test(core, test_cpu_is_counted);
    tcase_add_test(core, test_memory_is_its_own);
    tcase_add_test(core, test_idle_is_noticed);
    suite_add_tcase(suite, core);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}

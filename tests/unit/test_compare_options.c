/*
 * test_compare_options.c: compare's command line: who takes part, and one line that names the flag for whatever is wrong.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "compare/options.h"

static struct compare_options options;
static struct error err;
static char text[512];

/* words apart by blanks */
static int parse(const char *line)
{
    char name[] = "compare", *argv[32] = {name}, *word;
    int argc = 1;

    strncpy(text, line, sizeof text - 1);
    for (word = strtok(text, " "); word; word = strtok(NULL, " "))
        argv[argc++] = word;
    argv[argc] = NULL;
    return compare_options_parse(argc, argv, &options, &err);
}

START_TEST(test_defaults)
{
    ck_assert_int_eq(parse(""), 0);
    ck_assert(options.entry_count == 2 && options.entries[0].polls && !options.entries[1].polls);
    ck_assert_str_eq(options.entries[0].name, "polling");
    ck_assert_str_eq(options.entries[1].name, "watch");
    ck_assert(!options.entries[0].command && options.workload.kind == WORKLOAD_TRICKLE && options.workload.pods == 30);
    ck_assert(options.interval_s == 2.0 && options.repeat == 1 && !options.sweep_count && !options.together);
    ck_assert_str_eq(options.out, "compare-out");
}
END_TEST

static const struct {
    const char *line, *names;
} parts[] = {
    {"--polling mine", "polling watch"},
    {"--contestant a=x --contestant b={interval}", "a b"},
    {"--contestant a=x --watch y", "watch a"},
    {"--watch y --contestant a=x --polling z", "polling watch a"},
};

START_TEST(test_who_takes_part)
{
    char names[256] = "";
    size_t i;

    ck_assert_msg(parse(parts[_i].line) == 0, "%s", err.text);
    for (i = 0; i < options.entry_count; i++) {
        strcat(names, i ? " " : "");
        strcat(names, options.entries[i].name);
    }
    ck_assert_str_eq(names, parts[_i].names);
}
END_TEST

START_TEST(test_values)
{
    ck_assert_msg(
        parse("--sweep 5,.25,1 --repeat 3 --idle 0 --seed 18446744073709551615 --nodes 7 --together --workload burst --pods 10000 "
              "--contestant p={interval}") == 0,
        "%s", err.text);
    ck_assert(options.sweep_count == 3 && options.sweep_s[0] == 0.25 && options.sweep_s[1] == 1 && options.sweep_s[2] == 5);
    ck_assert(options.repeat == 3 && options.idle_s == 0 && options.workload.seed == UINT64_MAX && options.nodes == 7 && options.together);
    ck_assert(options.workload.kind == WORKLOAD_BURST && options.workload.pods == 10000 && options.entries[0].polls);
}
END_TEST

static const struct {
    const char *line, *message;
} wrong[] = {
    {"--pods 0", "--pods: '0' is no whole number from 1 to 10000"},
    {"--pods 1.5", "--pods: '1.5'"},
    {"--pods 10001", "--pods: '10001'"},
    {"--rate nan", "--rate: 'nan'"},
    {"--rate 0", "--rate: '0'"},
    {"--interval -1", "--interval: '-1'"},
    {"--idle x", "--idle: 'x' is no number from 0 to 3600"},
    {"--repeat 101", "--repeat: '101'"},
    {"--seed -1", "--seed: '-1'"},
    {"--nodes 5001", "--nodes: '5001'"},
    {"--workload flood", "--workload: 'flood' is none of burst, steady, trickle, file=PATH"},
    {"--workload file=", "--workload: 'file=' is none of"},
    {"--workload file=/no/such", "--workload: /no/such: No such file"},
    {"--sweep 1,", "--sweep: '1,' ends with a comma"},
    {"--sweep 1,,2", "--sweep: '' is no number"},
    {"--sweep 1,1.0", "--sweep: '1,1.0' has 1 twice"},
    {"--sweep 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17", "has more than 16 intervals"},
    {"--contestant mine", "--contestant: 'mine' is no NAME=COMMAND"},
    {"--contestant mine=", "--contestant: it is empty"},
    {"--contestant =x", "--contestant: '' is no name"},
    {"--contestant My=x", "--contestant: 'My' is no name"},
    {"--contestant a-=x", "--contestant: 'a-' is no name"},
    {"--contestant a=x --contestant a=y", "--contestant: there are two schedulers called 'a'"},
    {"--contestant watch=x --watch y", "there are two schedulers called 'watch'"},
    {"--pods", "--pods: a value is missing"},
    {"--frobnicate", "'--frobnicate' is no flag of compare"},
    {"word", "'word' is no flag of compare"},
};

START_TEST(test_wrong)
{
    ck_assert_int_eq(parse(wrong[_i].line), -1);
    ck_assert_int_eq(err.kind, ERROR_USAGE);
    ck_assert_msg(strstr(err.text, wrong[_i].message) != NULL, "%s", err.text);
    ck_assert_ptr_null(strchr(err.text, '\n'));
}
END_TEST

static void teardown(void)
{
    compare_options_free(&options);
}

int main(void)
{
    Suite *suite = suite_create("compare_options");
    TCase *core = tcase_create("core");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(core, NULL, teardown);
    tcase_add_test(core, test_defaults);
    tcase_add_loop_test(core, test_who_takes_part, 0, (int)(sizeof parts / sizeof parts[0]));
    tcase_add_test(core, test_values);
    tcase_add_loop_test(core, test_wrong, 0, (int)(sizeof wrong / sizeof wrong[0]));
    suite_add_tcase(suite, core);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}

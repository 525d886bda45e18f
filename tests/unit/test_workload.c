/*
 * test_workload.c: the same description gives the same arrivals, and they are what their name says.
 */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compare/workload.h"

#define MANY 20000

static int64_t first[MANY], second[MANY];

START_TEST(test_burst_comes_at_once)
{
    struct workload burst = {.kind = WORKLOAD_BURST, .pods = 50, .rate = 3, .seed = 1};
    size_t i;

    memset(first, 1, sizeof first);
    workload_arrivals(&burst, first);
    for (i = 0; i < 50; i++)
        ck_assert_int_eq(first[i], 0);
}
END_TEST

START_TEST(test_steady_is_even)
{
    struct workload steady = {.kind = WORKLOAD_STEADY, .pods = 1001, .rate = 4, .seed = 1};
    size_t i;

    workload_arrivals(&steady, first);
    for (i = 0; i < 1001; i++)
        ck_assert_int_eq(first[i], (int64_t)i * 250000);
}
END_TEST

START_TEST(test_trickle_repeats_by_seed)
{
    struct workload trickle = {.kind = WORKLOAD_TRICKLE, .pods = 200, .rate = 3, .seed = 42};

    workload_arrivals(&trickle, first);
    workload_arrivals(&trickle, second);
    ck_assert_mem_eq(first, second, 200 * sizeof *first);
    trickle.seed = 43;
    workload_arrivals(&trickle, second);
    ck_assert_mem_ne(first, second, 200 * sizeof *first);
}
END_TEST

/* gaps of a Poisson process, with strata and without: never negative, mean 1/rate, and a share of exp(-1) longer than the mean */
START_TEST(test_trickle_is_exponential)
{
    struct workload trickle = {.kind = WORKLOAD_TRICKLE, .pods = MANY, .rate = 3, .seed = 7, .stratum_s = _i * 2.0};
    double mean_us = 1e6 / 3, n = MANY - 1, share = exp(-1);
    size_t i, longer = 0;

    workload_arrivals(&trickle, first);
    ck_assert_int_eq(first[0], 0);
    for (i = 1; i < MANY; i++) {
        ck_assert_int_ge(first[i], first[i - 1]);
        longer += (double)(first[i] - first[i - 1]) > mean_us;
    }
    /* four standard errors */
    ck_assert_double_eq_tol((double)first[MANY - 1] / n, mean_us, 4 * mean_us / sqrt(n));
    ck_assert_double_eq_tol((double)longer / n, share, 4 * sqrt(share * (1 - share) / n));
}
END_TEST

/* what a poller of that interval makes pods wait on average: wherever it starts, 30 pods are enough, and every interval is tried */
START_TEST(test_strata_make_the_mean_wait_sure)
{
    static const double intervals[] = {0.25, 0.5, 1, 2, 5, 20};
    double interval = intervals[_i], phase;
    uint64_t seed;
    size_t i;

    for (seed = 1; seed <= 50; seed++) {
        struct workload trickle = {.kind = WORKLOAD_TRICKLE, .pods = 30, .rate = 3, .seed = seed, .stratum_s = interval};

        workload_arrivals(&trickle, first);
        ck_assert_int_eq(first[0], 0);
        ck_assert_int_le(first[29], (int64_t)(fmax(10, interval) * 1e6));
        for (phase = 0; phase < 1; phase += 0.1) {
            double sum = 0;

            for (i = 0; i < 30; i++)
                sum += interval - fmod((double)first[i] / 1e6 + phase * interval, interval);
            ck_assert_double_eq_tol(sum / 30, interval / 2, interval / 60 + 1e-5);
        }
    }
}
END_TEST

START_TEST(test_phases_cover_the_interval)
{
    long round;

    for (round = 0; round < 4; round++) {
        ck_assert_double_ge(workload_phase(9, round, 4), (double)round / 4);
        ck_assert_double_lt(workload_phase(9, round, 4), (double)(round + 1) / 4);
    }
}
END_TEST

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
}

START_TEST(test_recorded)
{
    char path[] = "/tmp/test-workload-XXXXXX";
    struct error err = ERROR_INIT;
    int64_t *read = NULL;
    size_t count = 0;

    close(mkstemp(path));
    write_file(path, "# seconds, who\n0\n\n0.25,web\n 1.5\tdb\n1.5 again\r\n1e1");
    ck_assert_msg(workload_read(path, &read, &count, &err) == 0, "%s", err.text);
    unlink(path);
    ck_assert_uint_eq(count, 5);
    ck_assert(read[0] == 0 && read[1] == 250000 && read[2] == 1500000 && read[3] == 1500000 && read[4] == 10000000);
    workload_arrivals(&(struct workload){.kind = WORKLOAD_FILE, .pods = 3, .recorded = read}, first);
    ck_assert_mem_eq(first, read, 3 * sizeof *read);
    free(read);
}
END_TEST

static const struct {
    const char *text, *message;
} bad_files[] = {
    {"", "no arrival in it"},
    {"# only words\n", "no arrival in it"},
    {"0\nsoon\n", "line 2: 'soon' does not begin with seconds"},
    {"0\n\n-1\n", "line 3: '-1' does not begin with seconds from 0"},
    {"nan\n", "line 1: 'nan'"},
    {"inf\n", "line 1: 'inf'"},
    {"86401\n", "line 1: '86401'"},
    {"1.5s\n", "line 1: '1.5s'"},
    {"0\n2\n1\n", "line 3: 1 is before the arrival of the line above"},
};

START_TEST(test_bad_file_names_its_line)
{
    char path[] = "/tmp/test-workload-XXXXXX";
    struct error err = ERROR_INIT;
    int64_t *read = NULL;
    size_t count = 0;

    close(mkstemp(path));
    write_file(path, bad_files[_i].text);
    ck_assert_int_eq(workload_read(path, &read, &count, &err), -1);
    ck_assert_int_eq(err.kind, ERROR_USAGE);
    ck_assert_msg(strstr(err.text, path) && strstr(err.text, bad_files[_i].message), "%s", err.text);
    unlink(path);
    ck_assert_int_eq(workload_read(path, &read, &count, &err), -1);
    ck_assert_msg(strstr(err.text, path) != NULL, "%s", err.text);
    ck_assert_ptr_null(read);
}
END_TEST

START_TEST(test_names)
{
    ck_assert_int_eq(workload_by_name("burst"), WORKLOAD_BURST);
    ck_assert_int_eq(workload_by_name("steady"), WORKLOAD_STEADY);
    ck_assert_int_eq(workload_by_name("trickle"), WORKLOAD_TRICKLE);
    ck_assert_int_eq(workload_by_name("flood"), -1);
    ck_assert_str_eq(workload_name(WORKLOAD_STEADY), "steady");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("workload");
    TCase *core = tcase_create("core");
    SRunner *runner;
    int failed;

    tcase_add_test(core, test_burst_comes_at_once);
    tcase_add_test(core, test_steady_is_even);
    tcase_add_test(core, test_trickle_repeats_by_seed);
    tcase_add_loop_test(core, test_trickle_is_exponential, 0, 2);
    tcase_add_loop_test(core, test_strata_make_the_mean_wait_sure, 0, 6);
    tcase_add_test(core, test_phases_cover_the_interval);
    tcase_add_test(core, test_recorded);
    tcase_add_loop_test(core, test_bad_file_names_its_line, 0, (int)(sizeof bad_files / sizeof bad_files[0]));
    tcase_add_test(core, test_names);
    suite_add_tcase(suite, core);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}

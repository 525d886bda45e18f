/*
 * test_workload.c: the same description gives the same arrivals, and they are what their name says.
 */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "compare/workload.h"

#define MANY 20000

static int64_t first[MANY], second[MANY];

START_TEST(test_burst_comes_at_once)
{
    struct workload burst = {WORKLOAD_BURST, 50, 3, 1};
    size_t i;

    memset(first, 1, sizeof first);
    workload_arrivals(&burst, first);
    for (i = 0; i < 50; i++)
        ck_assert_int_eq(first[i], 0);
}
END_TEST

START_TEST(test_steady_is_even)
{
    struct workload steady = {WORKLOAD_STEADY, 1001, 4, 1};
    size_t i;

    workload_arrivals(&steady, first);
    for (i = 0; i < 1001; i++)
        ck_assert_int_eq(first[i], (int64_t)i * 250000);
}
END_TEST

START_TEST(test_trickle_repeats_by_seed)
{
    struct workload trickle = {WORKLOAD_TRICKLE, 200, 3, 42};

    workload_arrivals(&trickle, first);
    workload_arrivals(&trickle, second);
    ck_assert_mem_eq(first, second, 200 * sizeof *first);
    trickle.seed = 43;
    workload_arrivals(&trickle, second);
    ck_assert_mem_ne(first, second, 200 * sizeof *first);
}
END_TEST

/* gaps of a Poisson process: never negative, mean 1/rate, and a share of exp(-1) longer than the mean */
START_TEST(test_trickle_is_exponential)
{
    struct workload trickle = {WORKLOAD_TRICKLE, MANY, 3, 7};
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
    tcase_add_test(core, test_trickle_is_exponential);
    tcase_add_test(core, test_names);
    suite_add_tcase(suite, core);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}

/*
 * test_statistics.c: percentiles by nearest rank, ratios, tables that never show a zero for what was not measured.
 */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "compare/statistics.h"
#include "compare/table.h"

START_TEST(test_statistics_known_values)
{
    /* unsorted on purpose; 1 to 20 */
    int64_t samples[] = {20, 1, 19, 2, 18, 3, 17, 4, 16, 5, 15, 6, 14, 7, 13, 8, 12, 9, 11, 10};
    struct statistics s = statistics_of(samples, 20);

    ck_assert_uint_eq(s.count, 20);
    ck_assert_int_eq(s.min, 1);
    ck_assert_int_eq(s.median, 10);
    ck_assert_int_eq(s.p95, 19);
    ck_assert_int_eq(s.p99, 20);
    ck_assert_int_eq(s.max, 20);
    ck_assert_double_eq_tol(s.mean, 10.5, 1e-12);
}
END_TEST

START_TEST(test_statistics_single_sample)
{
    int64_t sample = 7;
    struct statistics s = statistics_of(&sample, 1);

    ck_assert_int_eq(s.min, 7);
    ck_assert_int_eq(s.median, 7);
    ck_assert_int_eq(s.p95, 7);
    ck_assert_int_eq(s.p99, 7);
    ck_assert_int_eq(s.max, 7);
}
END_TEST

START_TEST(test_statistics_nothing_measured)
{
    ck_assert_uint_eq(statistics_of(NULL, 0).count, 0);
    ck_assert(isnan(statistics_median_ratio(NULL, 0)));
}
END_TEST

/* ceil(p/100 * n) computed in whole numbers, for every n to 300: binary fractions must not shift a rank */
START_TEST(test_percentile_rank_is_exact)
{
    int64_t sorted[300];
    size_t n, i;
    int percent;

    for (i = 0; i < 300; i++)
        sorted[i] = (int64_t)i + 1;
    for (n = 1; n <= 300; n++)
        for (percent = 1; percent <= 100; percent++)
            ck_assert_int_eq(statistics_percentile(sorted, n, percent), ((int64_t)n * percent + 99) / 100);
    ck_assert_int_eq(statistics_percentile(sorted, 10, 0), 1);
}
END_TEST

START_TEST(test_median_ratio)
{
    double odd[] = {3, 1, 2}, even[] = {4, 1, 2, 3};

    ck_assert_double_eq_tol(statistics_median_ratio(odd, 3), 2, 1e-12);
    ck_assert_double_eq_tol(statistics_median_ratio(even, 4), 2.5, 1e-12);
}
END_TEST

START_TEST(test_table_not_measured_is_a_dash)
{
    struct error err = ERROR_INIT;
    struct text_table table;
    char *text = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&text, &bytes);

    text_table_init(&table, 3);
    ck_assert_int_eq(text_table_row(&table, &err), 0);
    text_table_cell(&table, 0, "µs");
    text_table_number(&table, 1, 12.34, 1);
    text_table_number(&table, 2, NAN, 1);
    ck_assert_int_eq(text_table_row(&table, &err), 0);
    text_table_cell(&table, 0, "long");
    text_table_number(&table, 1, 0, 0);
    text_table_number(&table, 2, 1000, 0);
    text_table_print(&table, out);
    fclose(out);
    ck_assert_str_eq(text, "µs    12.3     –\nlong     0  1000\n");
    free(text);
    text_table_free(&table);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("statistics");
    TCase *core = tcase_create("core");
    SRunner *runner;
    int failed;

    tcase_add_test(core, test_statistics_known_values);
    tcase_add_test(core, test_statistics_single_sample);
    tcase_add_test(core, test_statistics_nothing_measured);
    tcase_add_test(core, test_percentile_rank_is_exact);
    tcase_add_test(core, test_median_ratio);
    tcase_add_test(core, test_table_not_measured_is_a_dash);
    suite_add_tcase(suite, core);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}

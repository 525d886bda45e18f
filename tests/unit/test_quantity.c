/* Quantities: the cases are in tests/unit/quantity; here are the limits that a line cannot say. */
#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cluster/quantity.h"

/* calls check for each line of the file that is no comment; at least `least` of them */
static void each_line(const char *path, int least, void (*check)(char *line))
{
    FILE *file = fopen(path, "r");
    char line[512];
    int count = 0;

    ck_assert_msg(file != NULL, "%s", path);
    while (fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = '\0';
        if (line[0] == '#')
            continue;
        check(line);
        count++;
    }
    fclose(file);
    ck_assert_int_ge(count, least);
}

static void check_valid(char *line)
{
    struct error err = ERROR_INIT;
    int64_t scale, expected, value = 12345;
    char text[256];

    ck_assert_int_eq(sscanf(line, "%255s %" SCNd64 " %" SCNd64, text, &scale, &expected), 3);
    ck_assert_msg(quantity_parse(text, scale, &value, &err) == 0, "%s: %s", text, err.text);
    ck_assert_msg(value == expected, "%s: %" PRId64 ", expected %" PRId64, text, value, expected);
    ck_assert_int_eq(err.kind, ERROR_NONE);
}

static void check_invalid(char *line)
{
    char *expected = strchr(line, '|');
    struct error err = ERROR_INIT;
    int64_t value = 12345;

    ck_assert_ptr_nonnull(expected);
    *expected++ = '\0';
    ck_assert_msg(quantity_parse(line, 1, &value, &err) == -1, "%s was taken as %" PRId64, line, value);
    ck_assert_str_eq(err.text, expected);
    ck_assert_int_eq(err.kind, ERROR_RUNTIME);
    ck_assert_int_eq(value, 12345);
}

START_TEST(valid_quantities)
{
    each_line("tests/unit/quantity/valid.txt", 50, check_valid);
}
END_TEST

START_TEST(invalid_quantities_say_why)
{
    each_line("tests/unit/quantity/invalid.txt", 35, check_invalid);
}
END_TEST

START_TEST(cpu_out_of_range_in_milli)
{
    struct error err = ERROR_INIT;
    int64_t value = 0;

    ck_assert_int_eq(quantity_parse("9223372036854775", 1000, &value, &err), 0);
    ck_assert_int_eq(value, 9223372036854775000);
    ck_assert_int_eq(quantity_parse("9223372036854776", 1000, &value, &err), -1);
    ck_assert_str_eq(err.text, "quantity out of range");
}
END_TEST

/* a long text is read exactly up to the limit, and refused beyond */
START_TEST(length_limit)
{
    struct error err = ERROR_INIT;
    char text[300];
    int64_t value;

    memset(text, '0', sizeof text);
    memcpy(text + 255, "7", 2);
    ck_assert_int_eq(quantity_parse(text, 1, &value, &err), 0);
    ck_assert_int_eq(value, 7);
    memset(text, '9', 255);
    memcpy(text + 254, "Ei", 3);
    ck_assert_int_eq(quantity_parse(text, 1000, &value, &err), -1);
    ck_assert_str_eq(err.text, "quantity out of range");
    memset(text, '0', sizeof text);
    memcpy(text + 256, "7", 2);
    ck_assert_int_eq(quantity_parse(text, 1, &value, &err), -1);
    ck_assert_str_eq(err.text, "'00000000000000000000...' is too long for a quantity");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("quantity");
    TCase *core = tcase_create("core"), *limits = tcase_create("limits");
    SRunner *runner;
    int failed;

    tcase_add_test(core, valid_quantities);
    tcase_add_test(core, invalid_quantities_say_why);
    tcase_add_test(limits, cpu_out_of_range_in_milli);
    tcase_add_test(limits, length_limit);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, limits);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}

/*
 * test_grade_again.c: which scenes are played again: those of failed tests in which the submission was kept from running, by others.
 */
#include <check.h>
#include <string.h>

#include "grade/again.h"
#include "tests/unit/support/evidence_made.h"

#define ALL 0x3e

static json_t *pieces;
static struct evidence_bundle *bundle;
static struct grade_sheet sheet;
static struct play_choice choice;

static void setup(void)
{
    pieces = made_good();
    sheet_init(&sheet);
}

static void teardown(void)
{
    json_decref(pieces);
    sheet_free(&sheet);
    bundle_free(bundle);
    bundle = NULL;
}

static bool choose(void)
{
    struct error err = ERROR_INIT;

    sheet_free(&sheet);
    bundle_free(bundle);
    bundle = made_bundle(pieces, made_json("{'polling':'p','watch':'w'}"));
    ck_assert_msg(judge_bundle(bundle, ALL, &sheet, &err) == 0, "%s", err.text);
    return again_choose(bundle, &sheet, &choice);
}

static void set_process(const char *scene, const char *program, const char *key, json_t *value)
{
    json_object_set_new(json_object_get(made_find(pieces, scene, program), "process"), key, value);
}

static void keep(const char *scene, const char *program)
{
    set_process(scene, program, "waited_us", json_integer(600000));
}

/* what it printed is lost: a test that looks at rules and vanish fails */
static void silence(const char *scene, const char *program)
{
    json_array_clear(json_object_get(made_find(pieces, scene, program), "output"));
}

static uint32_t bit(const char *scene)
{
    for (size_t i = 0; i < scene_count; i++)
        if (!strcmp(scenes[i].name, scene))
            return 1u << i;
    ck_abort_msg("no scene %s", scene);
    return 0;
}

static void expect(uint32_t polling, uint32_t watch)
{
    ck_assert_int_eq(choose(), (polling | watch) != 0);
    ck_assert_uint_eq(choice.chosen[0], 0);
    ck_assert_uint_eq(choice.chosen[SCENE_POLLING], polling);
    ck_assert_uint_eq(choice.chosen[SCENE_WATCH], watch);
}

START_TEST(test_what_is_well_is_not_played_again)
{
    size_t i;
    json_t *piece;

    json_array_foreach(pieces, i, piece)
    {
        json_object_set_new(json_object_get(piece, "process"), "waited_us", json_integer(9000000));
    }
    expect(0, 0);
}
END_TEST

START_TEST(test_what_failed_on_a_machine_with_time_is_not)
{
    silence("rules", "watch");
    set_process("rules", "watch", "waited_us", json_integer(499999));
    expect(0, 0);
    set_process("rules", "watch", "waited_us", json_integer(-1));
    expect(0, 0);
}
END_TEST

START_TEST(test_what_failed_while_it_was_kept_is)
{
    silence("rules", "watch");
    keep("rules", "watch");
    expect(0, bit("rules"));
    keep("vanish", "watch");
    expect(0, bit("rules") | bit("vanish"));
    keep("pace", "watch");
    keep("rules", "polling");
    expect(0, bit("rules") | bit("vanish"));
    silence("vanish", "polling");
    expect(bit("rules"), bit("rules") | bit("vanish"));
}
END_TEST

START_TEST(test_a_grader_that_was_kept_counts_too)
{
    silence("rules", "watch");
    json_object_set_new(made_find(pieces, "rules", "watch"), "slow", json_integer(500000));
    expect(0, bit("rules"));
}
END_TEST

/* it competed with itself, or ended by itself */
START_TEST(test_its_own_doing_is_not)
{
    silence("rules", "watch");
    keep("rules", "watch");
    set_process("rules", "watch", "cpu_us", json_integer(600000));
    expect(0, 0);
    set_process("rules", "watch", "waited_us", json_integer(9000000));
    expect(0, bit("rules"));
    set_process("rules", "watch", "cpu_us", json_integer(2000000));
    expect(0, 0);
    set_process("rules", "watch", "cpu_us", json_integer(1000));
    set_process("rules", "watch", "end", json_string("more than 30 s of CPU time"));
    expect(0, 0);
}
END_TEST

START_TEST(test_what_was_not_played_is_not)
{
    silence("rules", "watch");
    keep("rules", "watch");
    json_object_set_new(made_find(pieces, "rules", "watch"), "broken", json_string("the API server went away"));
    expect(0, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("grade_again");
    TCase *c = tcase_create("again");
    SRunner *runner;
    int failures;

    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, test_what_is_well_is_not_played_again);
    tcase_add_test(c, test_what_failed_on_a_machine_with_time_is_not);
    tcase_add_test(c, test_what_failed_while_it_was_kept_is);
    tcase_add_test(c, test_a_grader_that_was_kept_counts_too);
    tcase_add_test(c, test_its_own_doing_is_not);
    tcase_add_test(c, test_what_was_not_played_is_not);
    suite_add_tcase(suite, c);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failures = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failures != 0;
}

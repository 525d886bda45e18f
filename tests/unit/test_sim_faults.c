/*
 * test_sim_faults.c: the fault plan: which request gets which action, and what a wrong plan is told.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "simulator/faults.h"

static struct faults *parse(const char *plan)
{
    struct error err = ERROR_INIT;
    struct faults *faults = NULL;

    ck_assert_msg(faults_parse(plan, &faults, &err) == 0, "%s", err.text);
    return faults;
}

START_TEST(test_no_plan_has_no_faults)
{
    struct faults *faults = parse(NULL);

    ck_assert_ptr_null(faults_next(faults, "get", "pods", "", "a"));
    ck_assert_ptr_null(faults_next(NULL, "get", "pods", "", "a"));
    faults_free(faults);
    faults = parse("[]");
    ck_assert_ptr_null(faults_next(faults, "get", "pods", "", "a"));
    faults_free(faults);
}
END_TEST

START_TEST(test_skip_then_count)
{
    struct faults *faults =
        parse("[{\"verb\":\"create\",\"resource\":\"pods\",\"subresource\":\"binding\",\"skip\":2,\"count\":2,\"do\":{\"status\":500}}]");
    int hits = 0;

    for (int i = 0; i < 6; i++) {
        const struct fault_action *action = faults_next(faults, "create", "pods", "binding", "p");

        hits += action != NULL;
        ck_assert_msg((action != NULL) == (i == 2 || i == 3), "request %d", i);
    }
    ck_assert_int_eq(hits, 2);
    faults_free(faults);
}
END_TEST

START_TEST(test_every_key_must_match)
{
    struct faults *faults = parse(
        "[{\"verb\":\"create\",\"resource\":\"pods\",\"subresource\":\"binding\",\"name\":\"p\",\"count\":-1,\"do\":{\"reset\":true}}]");

    ck_assert_ptr_null(faults_next(faults, "get", "pods", "binding", "p"));
    ck_assert_ptr_null(faults_next(faults, "create", "nodes", "binding", "p"));
    ck_assert_ptr_null(faults_next(faults, "create", "pods", NULL, "p"));
    ck_assert_ptr_null(faults_next(faults, "create", "pods", "binding", "q"));
    for (int i = 0; i < 100; i++)
        ck_assert_ptr_nonnull(faults_next(faults, "create", "pods", "binding", "p"));
    faults_free(faults);
}
END_TEST

START_TEST(test_empty_text_matches_only_none)
{
    struct faults *faults = parse("[{\"resource\":\"pods\",\"subresource\":\"\",\"do\":{\"status\":503}}]");

    ck_assert_ptr_null(faults_next(faults, "create", "pods", "binding", "p"));
    ck_assert_ptr_nonnull(faults_next(faults, "create", "pods", NULL, NULL));
    faults_free(faults);
}
END_TEST

START_TEST(test_first_entry_with_a_count_left_wins)
{
    struct faults *faults = parse("[{\"verb\":\"list\",\"do\":{\"status\":429}},{\"do\":{\"status\":503}}]");

    ck_assert_int_eq(faults_next(faults, "list", "pods", NULL, NULL)->status, 429);
    ck_assert_int_eq(faults_next(faults, "list", "pods", NULL, NULL)->status, 503);
    ck_assert_ptr_null(faults_next(faults, "list", "pods", NULL, NULL));
    faults_free(faults);
}
END_TEST

START_TEST(test_action_has_what_was_asked)
{
    struct faults *faults =
        parse("[{\"do\":{\"status\":429,\"reason\":\"R\",\"message\":\"M\",\"retry_after_s\":3,\"delay_ms\":40,\"cut_at_byte\":0,"
              "\"lost_answer\":true,\"stale_list\":true,\"watch_gone\":true,\"watch_after\":5,\"duplicate\":true,"
              "\"reorder\":true}}]");
    const struct fault_action *a = faults_next(faults, "get", "pods", NULL, "p");

    ck_assert_int_eq(a->status, 429);
    ck_assert_str_eq(a->reason, "R");
    ck_assert_str_eq(a->message, "M");
    ck_assert_int_eq(a->retry_after_s, 3);
    ck_assert_int_eq(a->delay_ms, 40);
    ck_assert_int_eq(a->cut_at_byte, 0);
    ck_assert(a->lost_answer && a->stale_list && a->watch_gone && a->duplicate && a->reorder);
    ck_assert(!a->reset && !a->watch_close && !a->watch_cut);
    ck_assert_int_eq(a->stale_by, 1);
    ck_assert_int_eq(a->watch_after, 5);
    faults_free(faults);
}
END_TEST

START_TEST(test_absent_keys_have_their_defaults)
{
    struct faults *faults = parse("[{\"do\":{\"stale_by\":7}}]");
    const struct fault_action *a = faults_next(faults, "list", "pods", NULL, NULL);

    ck_assert_int_eq(a->cut_at_byte, -1);
    ck_assert_int_eq(a->status, 0);
    ck_assert_ptr_null(a->reason);
    ck_assert(a->stale_list);
    ck_assert_int_eq(a->stale_by, 7);
    faults_free(faults);
}
END_TEST

static const struct {
    const char *plan, *text;
} wrong[] = {
    {"{}", "fault plan: expected an array of entries"},
    {"[1]", "fault plan: entry 0: expected an object"},
    {"[{\"do\":{\"status\":500}},{}]", "fault plan: entry 1: do: missing"},
    {"[{\"do\":7}]", "fault plan: entry 0: do: expected an object"},
    {"[{\"do\":{}}]", "fault plan: entry 0: do: asks for nothing"},
    {"[{\"verbs\":\"get\",\"do\":{\"reset\":true}}]", "fault plan: entry 0: verbs: no such key"},
    {"[{\"verb\":\"bind\",\"do\":{\"reset\":true}}]",
     "fault plan: entry 0: verb: \"bind\" is none of get, list, watch, create, update, patch, delete, deletecollection"},
    {"[{\"verb\":1,\"do\":{\"reset\":true}}]", "fault plan: entry 0: verb: expected a string"},
    {"[{\"skip\":-1,\"do\":{\"reset\":true}}]", "fault plan: entry 0: skip: expected an integer of 0 or more"},
    {"[{\"count\":1.5,\"do\":{\"reset\":true}}]", "fault plan: entry 0: count: expected an integer of -1 or more"},
    {"[{\"do\":{\"status\":200}}]", "fault plan: entry 0: do.status: expected an integer from 400 to 599"},
    {"[{\"do\":{\"reset\":1}}]", "fault plan: entry 0: do.reset: expected true or false"},
    {"[{\"do\":{\"sleep\":1}}]", "fault plan: entry 0: do.sleep: no such key"},
    {"[{\"do\":{\"message\":\"m\"}}]", "fault plan: entry 0: do: reason, message and retry_after_s need a status"},
    {"[{\"do\":{\"watch_after\":1}}]", "fault plan: entry 0: do: watch_after needs watch_close, watch_gone or watch_cut"},
    {"[{\"do\":{\"watch_close\":true,\"watch_cut\":true}}]", "fault plan: entry 0: do: only one of watch_close, watch_gone and watch_cut"},
    {"[{\"do\":{\"reset\":true,\"lost_answer\":true}}]",
     "fault plan: entry 0: do: reset (not carried out) and lost_answer (carried out) exclude each other"},
    {"[{\"do\":{\"status\":500}", "fault plan: line 1: '}' expected near end of file"},
    {"[{\"skip\":1,\"skip\":2,\"do\":{\"status\":500}}]", "fault plan: line 1: duplicate object key near '\"skip\"'"},
};

START_TEST(test_wrong_plan_names_entry_and_key)
{
    struct error err = ERROR_INIT;
    struct faults *faults = NULL;

    ck_assert_int_eq(faults_parse(wrong[_i].plan, &faults, &err), -1);
    ck_assert_str_eq(err.text, wrong[_i].text);
    ck_assert_int_eq(err.kind, ERROR_USAGE);
    ck_assert_ptr_null(faults);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sim_faults");
    TCase *tc = tcase_create("plan");
    SRunner *runner;
    int failed;

    tcase_add_test(tc, test_no_plan_has_no_faults);
    tcase_add_test(tc, test_skip_then_count);
    tcase_add_test(tc, test_every_key_must_match);
    tcase_add_test(tc, test_empty_text_matches_only_none);
    tcase_add_test(tc, test_first_entry_with_a_count_left_wins);
    tcase_add_test(tc, test_action_has_what_was_asked);
    tcase_add_test(tc, test_absent_keys_have_their_defaults);
    tcase_add_loop_test(tc, test_wrong_plan_names_entry_and_key, 0, (int)(sizeof wrong / sizeof wrong[0]));
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}

/*
 * test_classify.c: what each outcome of a request means.
 */
#include <check.h>
#include <stdlib.h>

#include "common/kube/classify.h"

static const struct {
    const char *what;
    int status;
    bool complete, unsent;
    const char *reason;
    bool too_large_rv;
    enum kube_class expected;
} cases[] = {
    {"200", 200, true, false, "", false, KUBE_OK},
    {"201", 201, true, false, "", false, KUBE_OK},
    {"200, cut", 200, false, false, "", false, KUBE_UNKNOWN},
    {"201, cut", 201, false, false, "", false, KUBE_UNKNOWN},
    {"no answer", 0, false, false, "", false, KUBE_UNKNOWN},
    {"nobody listens", 0, false, true, "", false, KUBE_TRANSIENT},
    {"no status and yet complete", 0, true, false, "", false, KUBE_REJECTED},
    {"100", 100, true, false, "", false, KUBE_REJECTED},
    {"redirect", 301, true, false, "", false, KUBE_REJECTED},
    {"400", 400, true, false, "BadRequest", false, KUBE_REJECTED},
    {"401", 401, true, false, "Unauthorized", false, KUBE_UNAUTHORIZED},
    {"403", 403, true, false, "Forbidden", false, KUBE_FORBIDDEN},
    {"403, cut", 403, false, false, "", false, KUBE_FORBIDDEN},
    {"404", 404, true, false, "NotFound", false, KUBE_NOT_FOUND},
    {"405", 405, true, false, "MethodNotAllowed", false, KUBE_REJECTED},
    {"408", 408, true, false, "", false, KUBE_TRANSIENT},
    {"409", 409, true, false, "Conflict", false, KUBE_CONFLICT},
    {"409, cut", 409, false, false, "", false, KUBE_CONFLICT},
    {"410", 410, true, false, "", false, KUBE_EXPIRED},
    {"410 Expired", 410, true, false, "Expired", false, KUBE_EXPIRED},
    {"410 Gone", 410, true, false, "Gone", false, KUBE_EXPIRED},
    {"the reason alone", 0, true, false, "Expired", false, KUBE_EXPIRED},
    {"413", 413, true, false, "RequestEntityTooLarge", false, KUBE_REJECTED},
    {"422", 422, true, false, "Invalid", false, KUBE_REJECTED},
    {"429", 429, true, false, "TooManyRequests", false, KUBE_TRANSIENT},
    {"500", 500, true, false, "InternalError", false, KUBE_TRANSIENT},
    {"503", 503, true, false, "", false, KUBE_TRANSIENT},
    {"503, cut", 503, false, false, "", false, KUBE_TRANSIENT},
    {"504", 504, true, false, "Timeout", false, KUBE_TRANSIENT},
    {"504, the version is too large", 504, true, false, "Timeout", true, KUBE_EXPIRED},
    {"599", 599, true, false, "", false, KUBE_TRANSIENT},
};

START_TEST(test_case)
{
    enum kube_class class_ =
        kube_classify(cases[_i].status, cases[_i].complete, cases[_i].unsent, cases[_i].reason, cases[_i].too_large_rv);

    ck_assert_msg(class_ == cases[_i].expected, "%s: %s, expected %s", cases[_i].what, kube_class_name(class_),
                  kube_class_name(cases[_i].expected));
}
END_TEST

START_TEST(test_names)
{
    static const char *const names[] = {"ok",      "transient",    "unknown",   "conflict", "not found",
                                        "expired", "unauthorized", "forbidden", "rejected"};

    for (int i = KUBE_OK; i <= KUBE_REJECTED; i++)
        ck_assert_str_eq(kube_class_name((enum kube_class)i), names[i]);
}
END_TEST

START_TEST(test_retry_after)
{
    ck_assert_int_eq(kube_retry_after_ms(0), -1);
    ck_assert_int_eq(kube_retry_after_ms(-1), -1);
    ck_assert_int_eq(kube_retry_after_ms(INT64_MIN), -1);
    ck_assert_int_eq(kube_retry_after_ms(1), 1000);
    ck_assert_int_eq(kube_retry_after_ms(299), 299000);
    ck_assert_int_eq(kube_retry_after_ms(300), KUBE_RETRY_AFTER_MAX_MS);
    ck_assert_int_eq(kube_retry_after_ms(301), KUBE_RETRY_AFTER_MAX_MS);
    ck_assert_int_eq(kube_retry_after_ms(INT64_MAX), KUBE_RETRY_AFTER_MAX_MS);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("classify");
    TCase *table = tcase_create("table"), *words = tcase_create("words");
    SRunner *runner;
    int failed;

    tcase_add_loop_test(table, test_case, 0, (int)(sizeof cases / sizeof *cases));
    tcase_add_test(words, test_names);
    tcase_add_test(words, test_retry_after);
    suite_add_tcase(suite, table);
    suite_add_tcase(suite, words);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}

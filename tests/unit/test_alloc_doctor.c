/* test_alloc_doctor.c: doctor with every allocation failing in turn: what it looks at, what it says of it, and how that is printed. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "doctor/judge.h"
#include "doctor/look.h"
#include "doctor/pods.h"
#include "tests/unit/support/alloc_fault.h"
#include "tests/unit/support/scratch.h"

static FILE *out;
static json_t *facts;
static struct doctor_options options = {.scheduler_name = "another", .image = "other:1", .image_given = true, .namespace_ = "kube-system"};

static int print(int (*form)(const struct report *report, FILE *to, struct error *err))
{
    struct report report = {.part = ""};
    struct error err = ERROR_INIT;
    int ret;

    rewind(out);
    judge(&options, facts, &report);
    ret = form(&report, out, &err);
    report_free(&report);
    return ret < 0 && err.kind != ERROR_NO_MEMORY ? 0 : ret; /* any other error is one too many */
}

static int judge_and_print(void *ctx)
{
    return print(ctx ? report_print_json : report_print_text);
}

START_TEST(findings)
{
    out = tmpfile();
    facts = json_load_file("tests/unit/doctor/healthy.json", 0, NULL);
    ck_assert(out && facts);
    ck_assert_int_ne(alloc_fault_run(judge_and_print, NULL), 0);
    ck_assert_int_ne(alloc_fault_run(judge_and_print, out), 0);
    ck_assert_int_gt(ftell(out), 1000);
    json_decref(facts);
    fclose(out);
}
END_TEST

/* parsed before: jansson 2.14 loses bytes of a long string, without a word, when its buffer cannot grow */
static int take_pods(void *ctx)
{
    json_t *pods = json_object();
    struct error err = ERROR_INIT;
    int ret = pods ? 0 : -1;

    for (int i = 0; i < 10 && ret == 0; i++) /* more than an array has room for at first */
        ret = pods_take(pods, ctx, "i", &err);
    json_decref(pods);
    return ret;
}

START_TEST(pods)
{
    json_t *pod = json_loads("{\"metadata\":{\"name\":\"p\",\"namespace\":\"d\"},\"spec\":{\"schedulerName\":\"s\",\"nodeName\":\"n\"},"
                             "\"status\":{\"phase\":\"Pending\",\"conditions\":[{\"type\":\"PodScheduled\",\"status\":\"True\","
                             "\"lastTransitionTime\":\"2026-09-01T08:00:00Z\"}]}}",
                             0, NULL);

    ck_assert_int_ne(alloc_fault_run(take_pods, pod), 0);
    json_decref(pod);
}
END_TEST

/* without a program to start, and with a server that nobody is */
static int look(void *ctx)
{
    json_t *seen = NULL;
    struct error err = ERROR_INIT;
    int ret = ctx ? look_at_cluster(&options, &seen, &err) : look_at_laptop(&options, &seen, &err);

    json_decref(seen);
    return ret;
}

START_TEST(looks)
{
    scratch_begin();
    setenv("PATH", scratch_path("nothing"), 1);
    options.kubeconfig = scratch_write("k",
                                       "apiVersion: v1\nkind: Config\nclusters: [{name: c, cluster: {server: 'http://127.0.0.1:1'}}]\n"
                                       "users: [{name: u, user: {token: t}}]\ncontexts: [{name: x, context: {cluster: c, user: u}}]\n"
                                       "current-context: x\n",
                                       0600);
    ck_assert_int_ne(alloc_fault_run_recovering(look, NULL), 0);
    ck_assert_int_ne(alloc_fault_run_recovering(look, &options), 0);
    scratch_end();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("alloc_doctor");
    TCase *all = tcase_create("all");
    SRunner *runner;
    int failed;

    tcase_set_timeout(all, 120);
    tcase_add_test(all, findings);
    tcase_add_test(all, pods);
    tcase_add_test(all, looks);
    suite_add_tcase(suite, all);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}

/* test_alloc_explain.c: explain, from its command line to its output, with every allocation failing in turn. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "explain/print.h"
#include "explain/state_file.h"
#include "tests/unit/support/alloc_fault.h"

static FILE *out;
static bool other_end; /* a run failed, and not with "out of memory" */

static int print_decision(void *ctx, const struct explained *explained, struct error *err)
{
    return ((struct printing *)ctx)->form->decision(ctx, explained, err);
}

static int print_all(struct snapshot *snapshot, const struct options *options, struct error *err)
{
    struct steps steps = {0};
    struct printing printing = {.form = options->log_format == LOG_JSON ? &print_json : &print_text, .out = out, .steps = &steps};
    const struct explanation explanation = {print_decision, &printing, &steps, NULL, NULL};
    int ret = -1;

    if (printing.form->begin(&printing, options, err) == 0 && explain_pods(snapshot, &options->policy, &explanation, err) == 0)
        ret = printing.form->end(&printing, options, err);
    steps_free(&steps);
    return ret;
}

static int read_all(struct snapshot *snapshot, const struct options *options, struct error *err)
{
    for (size_t i = 0; i < options->state_file_count; i++)
        if (state_file_read(snapshot, options->state_files[i], err) < 0)
            return -1;
    return snapshot_complete(snapshot, "the files", err);
}

/* As explain_run(), but without stdio's own allocations: a FILE is opened once for each file. */
static int run(void *ctx)
{
    static char words[9][64];
    const char *const *given = ctx;
    char *argv[10] = {NULL};
    struct error err = ERROR_INIT;
    struct options options;
    struct snapshot snapshot;
    int argc = 0, ret = -1;

    for (; given[argc]; argc++) {
        snprintf(words[argc], sizeof words[argc], "%s", given[argc]);
        argv[argc] = words[argc];
    }
    if (options_parse("explain", argc, argv, &options, &err) < 0)
        return -1;
    rewind(out);
    if (snapshot_open(&snapshot, &options, &err) == 0) {
        ret = read_all(&snapshot, &options, &err);
        if (ret == 0)
            ret = print_all(&snapshot, &options, &err);
        snapshot_close(&snapshot);
    }
    options_free(&options);
    if (ret < 0 && err.kind != ERROR_NO_MEMORY)
        other_end = true;
    return ret;
}

/*
 * A run may succeed all the same: JSON is read a second time where memory was short. Its output is not compared: jansson 2.14 loses bytes of a long
 * string, without a word, when the buffer of that string cannot grow.
 */
static void run_all(const char *const *arguments)
{
    other_end = false;
    ck_assert_int_eq(run((void *)arguments), 0);
    ck_assert_int_gt(ftell(out), 100);
    ck_assert_int_ne(alloc_fault_run_recovering(run, (void *)arguments), 0);
    ck_assert(!other_end);
}

static const char *const text[] = {
    "explain",     "--state", "tests/unit/explain/nodes.json", "--state", "tests/unit/explain/pods.json", "default/placed",
    "default/two", NULL};
static const char *const json[] = {"explain", "--state", "tests/unit/explain/pods.json", "--format", "json", "--policy", "random", NULL};
/* What is decided and printed of a state that was read before: that is more text than jansson 2.14 reads safely without memory. */
struct ready {
    struct snapshot snapshot;
    struct options options;
};

static int print_ready(void *ctx)
{
    struct ready *ready = ctx;
    struct error err = ERROR_INIT;
    int ret;

    rewind(out);
    ret = print_all(&ready->snapshot, &ready->options, &err);
    if (ret < 0 && err.kind != ERROR_NO_MEMORY)
        other_end = true;
    return ret;
}

/* deciding one-per-node only reads the snapshot, so one serves all runs */
START_TEST(the_plan)
{
    char words[][48] = {"explain",      "--state",       "tests/unit/explain/plan.json", "--policy", "one-per-node", "--format", "text",
                        "default/weak", "default/urgent"};
    char *argv[sizeof words / sizeof words[0] + 1] = {NULL};
    const int argc = (int)(sizeof words / sizeof words[0]);
    struct error err = ERROR_INIT;
    struct ready ready;

    for (int i = 0; i < argc; i++)
        argv[i] = words[i];
    if (_i)
        strcpy(words[6], "json");
    ck_assert_int_eq(options_parse("explain", argc, argv, &ready.options, &err), 0);
    ck_assert_int_eq(snapshot_open(&ready.snapshot, &ready.options, &err), 0);
    ck_assert_int_eq(read_all(&ready.snapshot, &ready.options, &err), 0);
    other_end = false;
    ck_assert_int_ne(alloc_fault_run(print_ready, &ready), 0);
    ck_assert(!other_end);
    ck_assert_int_gt(ftell(out), 100);
    snapshot_close(&ready.snapshot);
    options_free(&ready.options);
}
END_TEST

START_TEST(text_of_named_pods)
{
    run_all(text);
}
END_TEST

START_TEST(json_of_a_pod_list)
{
    run_all(json);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("alloc_explain");
    TCase *tcase = tcase_create("every allocation");
    SRunner *runner;
    int failed;

    out = tmpfile();
    if (!out)
        return 1;
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, text_of_named_pods);
    tcase_add_test(tcase, json_of_a_pod_list);
    tcase_add_loop_test(tcase, the_plan, 0, 2);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    fclose(out);
    return failed ? 1 : 0;
}

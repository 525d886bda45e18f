/*
 * test_results.c: what was found comes back from its file as it was, and a file that is none is refused by the name of its key.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compare/results.h"

static char path[] = "/tmp/test-results-XXXXXX";
static struct error err;
static struct results *results;

static void setup(void)
{
    struct results_contestant *watch, *sweep;
    struct results_run *run;

    strcpy(path + sizeof path - 7, "XXXXXX");
    close(mkstemp(path));
    err = (struct error)ERROR_INIT;
    results = results_new(&err);
    ck_assert_int_eq(results_set_text(&results->options.workload, "trickle", &err), 0);
    ck_assert_int_eq(results_set_text(&results->sentence, "watch \"was\" quicker\n", &err), 0);
    results->options.seed = UINT64_MAX;
    results->options.pods = 2;
    results->options.rate = 0.25;
    results->options.together = true;
    results->environment.nodes = 4;
    results->environment.kubelets = true;
    watch = results_add_contestant(results, "watch", "bin/watch --x {name}", 0, &err);
    run = results_add_run(watch, 2, &err);
    run->ready_us = 7;
    run->observer.worst_delay_us = 310;
    run->pods[0] = (struct results_pod){0, 700, -1, 780, 1300, NULL};
    ck_assert_int_eq(results_set_text(&run->pods[0].node, "n1", &err), 0);
    run->pods[1].arrival_us = 5;
    run->phase[RESULTS_BUSY].duration_us = 9;
    run->phase[RESULTS_BUSY].server_measured = true;
    run->phase[RESULTS_BUSY].server.count[LOAD_BIND] = 3;
    run->phase[RESULTS_BUSY].server.count[LOAD_BIND_REFUSED] = 1;
    run->phase[RESULTS_BUSY].client = (struct client_metrics){4, 500, -1};
    run = results_add_run(watch, 1, &err);
    results_invalidate(run, "pod %d stayed unbound", 0);
    results_invalidate(run, "a consequence");
    sweep = results_add_sweep_point(results, "polling", "bin/polling", 0.25, &err);
    ck_assert_ptr_nonnull(results_add_run(sweep, 0, &err));
}

static void teardown(void)
{
    results_free(results);
    unlink(path);
}

static void write_file(const char *text)
{
    FILE *file = fopen(path, "w");

    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
}

START_TEST(test_round_trip)
{
    struct results *read;
    const struct results_run *run;

    ck_assert_msg(results_write_json(results, path, &err) == 0, "%s", err.text);
    read = results_read_json(path, &err);
    ck_assert_msg(read != NULL, "%s", err.text);
    ck_assert_str_eq(read->sentence, results->sentence);
    ck_assert_str_eq(read->options.workload, "trickle");
    ck_assert_ptr_null(read->options.file);
    ck_assert(read->options.seed == UINT64_MAX && read->options.together && read->options.rate == 0.25);
    ck_assert_int_eq(read->environment.nodes, 4);
    ck_assert(read->environment.kubelets);
    ck_assert_int_eq(read->environment.cpus, -1);
    ck_assert_uint_eq(read->contestant_count, 1);
    ck_assert_uint_eq(read->contestants[0].run_count, 2);
    ck_assert(read->contestants[0].interval_s == 0 && read->sweep[0].interval_s == 0.25);
    run = &read->contestants[0].runs[0];
    ck_assert(run->valid && run->ready_us == 7 && run->peak_bytes == -1 && run->observer.worst_delay_us == 310);
    ck_assert_int_eq(run->pods[0].seen_us, -1);
    ck_assert_int_eq(run->pods[0].bound_us, 1300);
    ck_assert_str_eq(run->pods[0].node, "n1");
    ck_assert(run->pods[1].arrival_us == 5 && run->pods[1].bound_us == NOT_MEASURED && !run->pods[1].node);
    ck_assert(run->phase[RESULTS_STARTUP].duration_us == -1 && !run->phase[RESULTS_STARTUP].server_measured);
    ck_assert(run->phase[RESULTS_BUSY].duration_us == 9 && run->phase[RESULTS_BUSY].server_measured);
    ck_assert_mem_eq(&run->phase[RESULTS_BUSY].server, &results->contestants[0].runs[0].phase[RESULTS_BUSY].server, sizeof(struct load));
    ck_assert(run->phase[RESULTS_BUSY].client.requests == 4 && run->phase[RESULTS_BUSY].client.bytes_in == -1);
    ck_assert(!run[1].valid && !results_valid(read));
    ck_assert_str_eq(run[1].reason, "pod 0 stayed unbound");
    results_free(read);
}
END_TEST

START_TEST(test_csv)
{
    char text[2048];
    size_t bytes;
    FILE *file;

    ck_assert_int_eq(results_write_csv(results, path, &err), 0);
    file = fopen(path, "r");
    ck_assert_ptr_nonnull(file);
    bytes = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[bytes] = '\0';
    ck_assert_str_eq(text,
                     "part,contestant,interval_s,run,verdict,pod,arrival_ms,accepted_ms,seen_ms,bind_sent_ms,bound_ms,latency_ms,node\n"
                     "compare,watch,0,1,VALID,0,0.000,0.700,-0.001,0.780,1.300,0.600,n1\n"
                     "compare,watch,0,1,VALID,1,0.005,,,,,,\n"
                     "compare,watch,0,2,INVALID,0,,,,,,,\n");
}
END_TEST

static const struct {
    const char *file, *message;
} wrong[] = {
    {"", "'[' or '{' expected"},
    {"[]", "schema: expected"},
    {"{\"schema\":\"1\"}", "schema: expected a whole number"},
    {"{\"schema\":99}", "schema 99 is newer"},
    {"{\"schema\":1}", "options: expected an object"},
    {"{\"schema\":1,\"options\":{\"seed\":\"1\",\"pods\":\"x\"}}", "pods: expected a whole number or null"},
    {"{\"schema\":1,\"options\":{\"seed\":\"1\"},\"environment\":{},\"contestants\":{},\"sweep\":[]}", "contestants: expected an array"},
    {"{\"schema\":1,\"options\":{\"seed\":\"1\"},\"environment\":{},\"contestants\":[{\"name\":\"a\",\"command\":\"b\",\"runs\":[{"
     "\"verdict\":"
     "\"VALID\",\"pods\":{\"arrival_us\":[1],\"accepted_us\":[]}}]}],\"sweep\":[]}",
     "contestants 'a', run 1: accepted_us: expected an array with an entry for each pod"},
    {"{\"schema\":1,\"options\":{\"seed\":\"1\"},\"environment\":{},\"contestants\":[{\"name\":\"a\",\"command\":\"b\",\"runs\":[{"
     "\"verdict\":"
     "\"FINE\",\"pods\":{\"arrival_us\":[]}}]}],\"sweep\":[]}",
     "verdict: expected VALID or INVALID"},
};

START_TEST(test_refused)
{
    write_file(wrong[_i].file);
    ck_assert_ptr_null(results_read_json(path, &err));
    ck_assert_msg(strstr(err.text, wrong[_i].message) != NULL, "%s", err.text);
    ck_assert_msg(strstr(err.text, path) != NULL, "%s", err.text);
    ck_assert_int_eq(err.kind, ERROR_USAGE);
}
END_TEST

START_TEST(test_no_file)
{
    unlink(path);
    ck_assert_ptr_null(results_read_json(path, &err));
    ck_assert_msg(strstr(err.text, path) != NULL, "%s", err.text);
}
END_TEST

START_TEST(test_too_many)
{
    size_t i;

    for (i = results->contestant_count; i < RESULTS_CONTESTANTS_MAX; i++)
        ck_assert_ptr_nonnull(results_add_contestant(results, "c", "c", 0, &err));
    ck_assert_ptr_null(results_add_contestant(results, "one-more", "c", 0, &err));
    ck_assert_msg(strstr(err.text, "one-more") != NULL, "%s", err.text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("results");
    TCase *core = tcase_create("core");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(core, setup, teardown);
    tcase_add_test(core, test_round_trip);
    tcase_add_test(core, test_csv);
    tcase_add_loop_test(core, test_refused, 0, (int)(sizeof wrong / sizeof wrong[0]));
    tcase_add_test(core, test_no_file);
    tcase_add_test(core, test_too_many);
    suite_add_tcase(suite, core);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}

/* test_explain.c: explain from its command line to its output: saved states in tests/unit/explain/, what is printed, and the one line for what is no state. */
#include <check.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explain/print.h"
#include "explain/run.h"
#include "tests/unit/support/scratch.h"

#define WORDS_MAX 16
#define FOLDER "tests/unit/explain/"
#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* What a run printed; malloc'd. */
struct result {
    int code;
    char *out, *errors;
};

static char *read_back(FILE *file)
{
    long bytes;
    char *text;

    fseek(file, 0, SEEK_END);
    bytes = ftell(file);
    rewind(file);
    text = calloc(1, (size_t)bytes + 1);
    ck_assert_ptr_nonnull(text);
    ck_assert_uint_eq(fread(text, 1, (size_t)bytes, file), (size_t)bytes);
    fclose(file);
    return text;
}

/* Runs "explain word word …", the words cut at spaces. */
static struct result run(const char *line)
{
    char program[] = "explain", words[1024], *argv[WORDS_MAX + 2] = {program}, *word;
    FILE *out = tmpfile(), *errors = tmpfile();
    struct result result;
    int argc = 1;

    ck_assert(out && errors);
    ck_assert_uint_lt(strlen(line), sizeof words);
    strcpy(words, line);
    for (word = strtok(words, " "); word; word = strtok(NULL, " ")) {
        ck_assert_int_le(argc, WORDS_MAX);
        argv[argc++] = word;
    }
    result.code = explain_run(argc, argv, out, errors);
    result.out = read_back(out);
    result.errors = read_back(errors);
    return result;
}

static void free_result(struct result *result)
{
    free(result->out);
    free(result->errors);
}

/* ---- what is printed ---- */

static const struct {
    const char *golden, *arguments;
} goldens[] = {
    {"cluster.txt", "--state " FOLDER "cluster.json"},
    {"cluster-out.json", "--state " FOLDER "cluster.json --format json"},
    {"named.txt", "--state " FOLDER "cluster.json default/gated default/foreign default/leaving default/job-1 default/web-2 default/web-3"},
    {"named-out.json", "--format json default/web-3 default/gated default/web-2 --state " FOLDER "cluster.json default/web-3"},
    {"filters.txt", "--state " FOLDER "cluster.json default/plain --policy bin-pack --require-node-label env=prod --no-filter taints"},
    {"fixed-out.json", "--state " FOLDER "cluster.json --policy fixed=worker-2 --format json shop/picky default/later"},
    {"lists.txt", "--state " FOLDER "nodes.json --state " FOLDER "pods.json"},
    {"lists.txt", "--state " FOLDER "pods.json --state " FOLDER "nodes.json"},
    {"no-nodes.txt", "--state " FOLDER "pods.json -- default/one"},
    {"empty.txt", "--state " FOLDER "empty.json --scheduler-name other"},
    {"empty-out.json", "--state " FOLDER "empty.json --format json"},
    {"plan.txt", "--state " FOLDER "plan.json --policy one-per-node"},
    {"plan-out.json", "--state " FOLDER "plan.json --policy one-per-node --format json"},
    {"plan-named.txt", "--state " FOLDER "plan.json --policy one-per-node default/stays default/weak default/going default/gate-2 "
                       "kube-system/etcd default/half-1 default/odd"},
    {"plan-apart.txt", "--state " FOLDER "apart.json --policy one-per-node"},
    {"plan-empty.txt", "--state " FOLDER "empty.json --policy one-per-node"},
    {"plan-empty-out.json", "--state " FOLDER "empty.json --policy one-per-node --format json"},
    {"evict.txt", "--state " FOLDER "evict.json --preemption"},
    {"evict-out.json", "--state " FOLDER "evict.json --preemption --format json"},
    {"evict-named.txt", "--state " FOLDER "evict.json --preemption default/third default/mid"},
    {"evict-not.txt", "--state " FOLDER "evict.json"},
};

/* Line by line: a whole page in one message is more than Check takes. */
static void same_lines(const char *golden, const char *got, const char *expected)
{
    while (*got && *expected) {
        const int got_bytes = (int)strcspn(got, "\n"), expected_bytes = (int)strcspn(expected, "\n");

        ck_assert_msg(got_bytes == expected_bytes && memcmp(got, expected, (size_t)got_bytes) == 0, "%s: got\n%.*s\nexpected\n%.*s", golden,
                      got_bytes, got, expected_bytes, expected);
        got += got_bytes + (got[got_bytes] != '\0');
        expected += expected_bytes + (expected[expected_bytes] != '\0');
    }
    ck_assert_msg(!*got && !*expected, "%s: one ends early; the other goes on with '%.200s'", golden, *got ? got : expected);
}

START_TEST(prints_the_golden_page)
{
    struct result result = run(goldens[_i].arguments);
    char path[256], *expected;

    snprintf(path, sizeof path, FOLDER "%s", goldens[_i].golden);
    expected = scratch_read(path);
    ck_assert_str_eq(result.errors, "");
    ck_assert_int_eq(result.code, 0);
    same_lines(goldens[_i].golden, result.out, expected);
    free(expected);
    free_result(&result);
}
END_TEST

/* but for a fit error, which stays in one piece */
START_TEST(tables_are_not_wider_than_100)
{
    struct result result = run("--state " FOLDER "cluster.json");
    size_t lines = 0;

    for (char *line = strtok(result.out, "\n"); line; line = strtok(NULL, "\n"), lines++)
        ck_assert_msg(strlen(line) <= PRINT_WIDTH || strstr(line, "nodes are available"), "%zu bytes: %s", strlen(line), line);
    ck_assert_uint_gt(lines, 50);
    free_result(&result);
}
END_TEST

START_TEST(control_characters_of_a_file_do_not_reach_the_terminal)
{
    char line[512];
    struct result result;

    scratch_begin();
    snprintf(
        line, sizeof line, "--state %s",
        scratch_write("s.json",
                      "{\"kind\":\"List\",\"items\":[{\"kind\":\"Node\",\"metadata\":{\"name\":\"n\\u001b[2J\",\"uid\":\"u\"}},{\"kind\":"
                      "\"Pod\",\"metadata\":{\"name\":\"p\\u0007\",\"namespace\":\"d\",\"uid\":\"u\"},\"spec\":{\"schedulerName\":"
                      "\"my-scheduler\"}}]}",
                      0600));
    result = run(line);
    ck_assert_int_eq(result.code, 0);
    ck_assert_ptr_nonnull(strstr(result.out, "d/p?\n"));
    ck_assert_ptr_nonnull(strstr(result.out, "n?[2J"));
    ck_assert_ptr_null(strchr(result.out, '\033'));
    free_result(&result);
    strcat(line, " --format json");
    result = run(line);
    ck_assert_ptr_nonnull(strstr(result.out, "\"d/p\\u0007\""));
    free_result(&result);
    scratch_end();
}
END_TEST

START_TEST(what_the_plan_ignores_is_told)
{
    char line[512];
    struct result result;

    scratch_begin();
    snprintf(
        line, sizeof line, "--policy one-per-node --state %s",
        scratch_write("s.json",
                      "{\"kind\":\"List\",\"items\":[{\"kind\":\"Node\",\"metadata\":{\"name\":\"n\",\"uid\":\"u\"},\"status\":{"
                      "\"allocatable\":{\"pods\":\"9\"},\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\"}]}},{\"kind\":\"Pod\","
                      "\"metadata\":{\"name\":\"p\",\"namespace\":\"d\",\"uid\":\"u\",\"annotations\":{\"priority\":\"abc\"}},\"spec\":{"
                      "\"schedulerName\":\"my-scheduler\",\"priority\":7}}]}",
                      0600));
    result = run(line);
    ck_assert_int_eq(result.code, 0);
    ck_assert_str_eq(result.errors, "explain: pod d/p: annotation priority is \"abc\", expected a whole number: ignored\n");
    ck_assert_ptr_nonnull(strstr(result.out, "in the plan with priority 7: "));
    free_result(&result);
    scratch_end();
}
END_TEST

/* ---- what is no state ---- */

#define EXPECTED "expected what `kubectl get nodes,pods -A -o json` prints"
#define POD_A                                                                                                                              \
    "{\"kind\":\"Pod\",\"metadata\":{\"name\":\"a\",\"namespace\":\"d\",\"uid\":\"u\"},\"spec\":{\"schedulerName\":\"my-scheduler\"}}"

/* %s in a message is the file */
static const struct {
    const char *text, *message;
} bad[] = {
    {"", "%s: not JSON: nothing came; " EXPECTED},
    {"hello", "%s: not JSON: starts with 'hello'; " EXPECTED},
    {"apiVersion: v1\nitems: []\n", "%s: not JSON: starts with 'apiVersion: v1'; " EXPECTED},
    {"[]", "%s: not a JSON object: starts with '[]'; " EXPECTED},
    {"{", "%s: cut after 1 bytes; " EXPECTED},
    {"{\"kind\":\"List\",\"items\":[" POD_A, "%s: cut after 128 bytes; " EXPECTED},
    {"{}", "%s: an object of no kind; " EXPECTED},
    {"{\"items\":[]}", "%s: an object of no kind; " EXPECTED},
    {"{\"kind\":\"Status\",\"code\":403}", "%s: an object of kind Status; " EXPECTED},
    {POD_A, "%s: an object of kind Pod; " EXPECTED},
    {"{\"kind\":\"List\",\"items\":{}}", "%s: broken JSON at byte 24: expected items to be an array, found '{'"},
    {"{\"kind\":\"List\",\"items\":[1]}", "%s: broken JSON at byte 25: expected an object in items, found '1'"},
    {"{\"kind\":\"List\",\"items\":[{}]}", "%s: an item has no kind; " EXPECTED},
    {"{\"kind\":\"List\",\"items\":[]} {}", "%s: more behind the end of the list, at byte 28; " EXPECTED},
    {"{\"kind\":\"List\",\"items\":[{\"kind\":\"Pod\"}]}", "%s: item 1: pod ?/?: metadata.namespace: missing; " EXPECTED},
    {"{\"kind\":\"List\",\"items\":[{\"kind\":\"Service\"},{\"kind\":\"Node\",\"metadata\":{\"name\":\"n\",\"uid\":\"u\"},\"status\":{"
     "\"allocatable\":{\"cpu\":\"-1\"}}}]}",
     NULL},
    {"{\"kind\":\"List\",\"items\":[" POD_A "," POD_A "]}", "%s: item 2: pod d/a: expected once, found twice"},
    {"{\"kind\":\"NodeList\",\"items\":[{\"metadata\":{\"name\":\"n\",\"uid\":\"u\"}},{\"metadata\":{\"name\":\"n\",\"uid\":\"v\"}}]}",
     "%s: item 2: node n: expected once, found twice"},
    {"{\"kind\":\"PodList\",\"items\":[{\"metadata\":{\"name\":1}}]}", NULL},
};

START_TEST(a_bad_file_is_refused_in_one_line)
{
    char line[512], expected[1024];
    const char *path;
    struct result result;

    scratch_begin();
    path = scratch_write("state.json", bad[_i].text, 0600);
    snprintf(line, sizeof line, "--state %s", path);
    result = run(line);
    ck_assert_msg(result.code == 2, "'%s': exit code %d, %s", bad[_i].text, result.code, result.errors);
    ck_assert_str_eq(result.out, "");
    strcpy(expected, "explain: ");
    snprintf(expected + strlen(expected), sizeof expected - strlen(expected), bad[_i].message ? bad[_i].message : "%s: item ", path);
    ck_assert_ptr_eq(strchr(result.errors, '\n'), result.errors + strlen(result.errors) - 1);
    if (bad[_i].message)
        strcat(expected, "\n");
    else
        result.errors[strlen(expected)] = '\0';
    ck_assert_str_eq(result.errors, expected);
    free_result(&result);
    scratch_end();
}
END_TEST

static const struct {
    const char *arguments, *message;
} refused[] = {
    {"--state /no/such/file", "explain: /no/such/file: No such file or directory; " EXPECTED "\n"},
    {"--state /", "explain: /: cannot be read: Is a directory\n"},
    {"--state " FOLDER "pods.json --state " FOLDER "pods.json",
     "explain: " FOLDER "pods.json: item 1: pod default/two: expected once, found twice\n"},
    {"--state " FOLDER "pods.json default/nobody", "explain: pod default/nobody: not found in " FOLDER "pods.json\n"},
    {"--state " FOLDER "pods.json --state " FOLDER "nodes.json a/b", "explain: pod a/b: not found in the --state files\n"},
    {"--state " FOLDER "plan.json --policy one-per-node --preemption",
     "explain: --preemption: expected without --policy one-per-node, which preempts anyway (see --help)\n"},
    {"--kubeconfig /no/such/file", "explain: cannot read /no/such/file: No such file or directory\n"},
};

START_TEST(what_cannot_be_done_is_said_in_one_line)
{
    struct result result = run(refused[_i].arguments);

    ck_assert_int_eq(result.code, 2);
    ck_assert_str_eq(result.out, "");
    ck_assert_msg(strncmp(result.errors, refused[_i].message, strlen(refused[_i].message)) == 0, "got '%s'", result.errors);
    free_result(&result);
}
END_TEST

/* an item with `depth` brackets in it, or with `bytes` of text */
static struct result run_on_item(int depth, size_t bytes)
{
    char line[512], *text = malloc(bytes + (size_t)depth * 2 + 200), *end = text;
    struct result result;

    ck_assert_ptr_nonnull(text);
    end += sprintf(end, "{\"kind\":\"List\",\"items\":[{\"kind\":\"Service\",\"x\":");
    memset(end, '[', (size_t)depth);
    end += depth;
    *end++ = '"';
    memset(end, 'x', bytes);
    end += bytes;
    *end++ = '"';
    memset(end, ']', (size_t)depth);
    end += depth;
    strcpy(end, "}]}");
    snprintf(line, sizeof line, "--state %s", scratch_write("large.json", text, 0600));
    result = run(line);
    free(text);
    return result;
}

START_TEST(depth_and_size_have_limits)
{
    struct result result;

    scratch_begin();
    result = run_on_item(100, 4000000);
    ck_assert_msg(result.code == 0, "%s", result.errors);
    free_result(&result);
    result = run_on_item(130, 10);
    ck_assert_int_eq(result.code, 2);
    ck_assert_ptr_nonnull(strstr(result.errors, "JSON nested deeper than 128"));
    free_result(&result);
    result = run_on_item(1, 4200000);
    ck_assert_int_eq(result.code, 2);
    ck_assert_ptr_nonnull(strstr(result.errors, "an object of more than 4194304 bytes"));
    free_result(&result);
    scratch_end();
}
END_TEST

#ifdef __linux__
START_TEST(a_full_disk_is_an_error)
{
    char program[] = "explain", state[] = "--state", file[] = FOLDER "cluster.json", *argv[] = {program, state, file, NULL};
    FILE *full = fopen("/dev/full", "w"), *errors = tmpfile();
    char *said;

    ck_assert(full && errors);
    ck_assert_int_eq(explain_run(3, argv, full, errors), 1);
    said = read_back(errors);
    ck_assert_str_eq(said, "explain: cannot write: No space left on device\n");
    free(said);
    fclose(full);
}
END_TEST
#endif

int main(void)
{
    Suite *suite = suite_create("explain");
    TCase *shown = tcase_create("shown"), *refusals = tcase_create("refused");
    SRunner *runner;
    int failed;

    tcase_add_loop_test(shown, prints_the_golden_page, 0, COUNT(goldens));
    tcase_add_test(shown, tables_are_not_wider_than_100);
    tcase_add_test(shown, control_characters_of_a_file_do_not_reach_the_terminal);
    tcase_add_test(shown, what_the_plan_ignores_is_told);
    tcase_add_loop_test(refusals, a_bad_file_is_refused_in_one_line, 0, COUNT(bad));
    tcase_add_loop_test(refusals, what_cannot_be_done_is_said_in_one_line, 0, COUNT(refused));
    tcase_add_test(refusals, depth_and_size_have_limits);
#ifdef __linux__
    tcase_add_test(refusals, a_full_disk_is_an_error);
#endif
    suite_add_tcase(suite, shown);
    suite_add_tcase(suite, refusals);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}

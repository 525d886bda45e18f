/*
 * test_doctor.c: from facts to lines: tests/unit/doctor/healthy.json is a laptop with kind where all is well, and each case of the other files there changes
 * something of it and says what comes out that is not ok. Then what the words, the options and the printed forms are made of.
 */
#include <check.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor/judge.h"
#include "doctor/pods.h"
#include "doctor/rules.h"
#include "doctor/words.h"
#include "tests/unit/support/scratch.h"

#define FOLDER "tests/unit/doctor/"
#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static json_t *load(const char *name)
{
    char path[256];
    json_error_t problem;
    json_t *json;

    snprintf(path, sizeof path, FOLDER "%s", name);
    json = json_load_file(path, JSON_REJECT_DUPLICATES, &problem);
    ck_assert_msg(json != NULL, "%s:%d: %s", path, problem.line, problem.text);
    return json;
}

/* RFC 7386 */
static void merge(json_t *target, const json_t *patch)
{
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)(uintptr_t)patch, key, value)
    {
        json_t *there = json_object_get(target, key);

        if (json_is_null(value))
            json_object_del(target, key);
        else if (json_is_object(there) && json_is_object(value))
            merge(there, value);
        else
            json_object_set_new(target, key, json_deep_copy(value));
    }
}

/* the item of that name; NULL: none */
static json_t *named(json_t *items, const char *name)
{
    json_t *item;
    size_t i;

    json_array_foreach(items, i, item) if (!strcmp(fact_text(item, "metadata.name"), name)) return item;
    return NULL;
}

static void change_nodes(json_t *nodes, const json_t *changes)
{
    const char *name;
    json_t *change;

    json_object_foreach((json_t *)(uintptr_t)changes, name, change)
    {
        json_t *node = named(nodes, name);

        ck_assert_msg(node != NULL, "no node %s", name);
        merge(node, change);
    }
}

/* a Deployment of a name that is there is changed; another is a copy of the first with the change */
static void change_deployments(json_t *deployments, const json_t *changes)
{
    json_t *change;
    size_t i;

    json_array_foreach(changes, i, change)
    {
        json_t *there = named(deployments, fact_text(change, "metadata.name"));

        if (!there) {
            there = json_deep_copy(json_array_get(deployments, 0));
            json_array_append_new(deployments, there);
        }
        merge(there, change);
    }
}

#define POD                                                                                                                                \
    "{\"metadata\":{\"name\":\"test-pod\",\"namespace\":\"default\",\"creationTimestamp\":\"2026-09-01T07:50:00Z\"},\"spec\":{"            \
    "\"schedulerName\":\"my-scheduler\",\"containers\":[{\"name\":\"pause\",\"image\":\"registry.k8s.io/pause:3.10\"}]},\"status\":{"      \
    "\"phase\":\"Pending\"}}"

static void add_pods(json_t *pods, const json_t *changes, const char *image)
{
    struct error err = ERROR_INIT;
    json_t *change;
    size_t i;

    json_array_foreach(changes, i, change)
    {
        json_t *pod = json_loads(POD, 0, NULL);

        merge(pod, change);
        ck_assert_int_eq(pods_take(pods, pod, image, &err), 0);
        json_decref(pod);
    }
}

/* rules by their verb and resource: "create pods/binding" */
static void deny(json_t *rules, const json_t *denied)
{
    json_t *rule, *name;
    char text[128];
    size_t i, k;

    json_array_foreach(rules, i, rule) json_array_foreach(denied, k, name)
    {
        const char *subresource = fact_text(rule, "subresource");

        snprintf(text, sizeof text, "%s %s%s%s", fact_text(rule, "verb"), fact_text(rule, "resource"), *subresource ? "/" : "",
                 subresource);
        if (!strcmp(text, json_string_value(name)) || !strcmp(json_string_value(name), "*"))
            json_object_set_new(rule, "allowed", json_false());
    }
}

static const char *option(const json_t *c, const char *name, const char *otherwise)
{
    const char *value = json_string_value(json_object_get(json_object_get(c, "options"), name));

    return value ? value : otherwise;
}

static struct doctor_options options_of(const json_t *c)
{
    return (struct doctor_options){.kubeconfig = json_string_value(json_object_get(json_object_get(c, "options"), "kubeconfig")),
                                   .context = json_string_value(json_object_get(json_object_get(c, "options"), "context")),
                                   .scheduler_name = option(c, "scheduler-name", "my-scheduler"),
                                   .image = option(c, "image", "my-scheduler:dev"),
                                   .image_given = *option(c, "image", "") != '\0',
                                   .namespace_ = option(c, "namespace", "kube-system")};
}

static json_t *facts_of(const json_t *c, const struct doctor_options *options)
{
    json_t *facts = load("healthy.json"), *cluster;

    merge(facts, json_object_get(c, "facts"));
    cluster = json_object_get(facts, "cluster");
    change_nodes(json_object_get(json_object_get(cluster, "nodes"), "items"), json_object_get(c, "nodes"));
    change_deployments(json_object_get(json_object_get(cluster, "deployments"), "items"), json_object_get(c, "deployments"));
    add_pods(json_object_get(cluster, "pods"), json_object_get(c, "pods"), options->image);
    deny(json_object_get(json_array_get(json_object_get(json_object_get(cluster, "access"), "accounts"), 0), "rules"),
         json_object_get(c, "deny"));
    deny(json_object_get(json_object_get(cluster, "access"), "me"), json_object_get(c, "deny-me"));
    return facts;
}

/* "FAIL pod: …" and "mend: …" of all that is not ok; malloc'd by jansson */
static json_t *lines_of(const struct report *report)
{
    json_t *lines = json_array();

    for (size_t i = 0; i < report->count; i++) {
        const struct finding *finding = &report->finding[i];

        if (finding->level != LEVEL_OK)
            json_array_append_new(lines, json_sprintf("%s %s: %s", level_name(finding->level), finding->check, finding->found));
        if (finding->level != LEVEL_OK && finding->mend)
            json_array_append_new(lines, json_sprintf("mend: %s", finding->mend));
        if (finding->level == LEVEL_WARN || finding->level == LEVEL_FAIL)
            ck_assert_msg(finding->mend != NULL, "nothing mends: %s", finding->found);
    }
    return lines;
}

static void run_case(const char *file, const json_t *c)
{
    const struct doctor_options options = options_of(c);
    json_t *facts = facts_of(c, &options), *lines;
    struct report report = {.part = ""};
    const json_t *expected = json_object_get(c, "lines");

    judge(&options, facts, &report);
    ck_assert(!report.no_memory);
    lines = lines_of(&report);
    if (!json_equal(lines, (json_t *)(uintptr_t)expected)) {
        char *got = json_dumps(lines, JSON_INDENT(2));

        fprintf(stderr, "%s: %s:\n%s\n", file, fact_text(c, "name"), got);
        ck_abort_msg("%s: %s", file, fact_text(c, "name"));
    }
    json_decref(lines);
    json_decref(facts);
    report_free(&report);
}

static const char *const files[] = {"laptop.json", "tools.json", "server.json",     "nodes.json", "images.json",
                                    "access.json", "pods.json",  "schedulers.json", "names.json"};

START_TEST(facts_in_lines_out)
{
    json_t *cases = load(files[_i]), *c;
    size_t i;

    ck_assert_uint_gt(json_array_size(cases), 0);
    json_array_foreach(cases, i, c) run_case(files[_i], c);
    json_decref(cases);
}
END_TEST

/* ---- the rules of manifests/rbac*.yaml, as the doctor has them ---- */

static bool table_has(const char *verb, const char *group, const char *resource, const char *file)
{
    char text[64];

    for (size_t i = 0; i < scheduler_rule_count; i++) {
        const struct rule *rule = &scheduler_rules[i];

        snprintf(text, sizeof text, "%s%s%s", rule->resource, *rule->subresource ? "/" : "", rule->subresource);
        if (!strcmp(rule->verb, verb) && !strcmp(rule->group, group) && !strcmp(text, resource) && (!file || !strcmp(rule->file, file)))
            return true;
    }
    return false;
}

/* "[a, b]" behind a key; the words, up to NULL. `line` is cut up */
static void words_of(char *line, char *words[9])
{
    size_t count = 0;

    line = strchr(line, '[');
    ck_assert_ptr_nonnull(line);
    for (char *word = strtok(line, "[], \""); word && count < 8; word = strtok(NULL, "[], \""))
        words[count++] = word;
    words[count] = NULL;
}

/* how many verbs on resources a file allows; each has to be in the table. `of`: the file itself has to be named there */
static size_t rules_in(const char *path, bool of)
{
    char *text = scratch_read(path), *next, lines[3][200] = {"", "", ""}, *words[3][9];
    static const char *const keys[] = {"apiGroups:", "resources:", "verbs:"};
    size_t count = 0;

    for (char *line = text; line; line = next) {
        next = strchr(line, '\n');
        if (next)
            *next++ = '\0';
        for (int k = 0; k < 3; k++)
            if (strstr(line, keys[k]))
                snprintf(lines[k], sizeof lines[k], "%s", strstr(line, keys[k]));
        if (!strstr(line, keys[2]))
            continue;
        for (int k = 0; k < 3; k++)
            words_of(lines[k], words[k]);
        for (char **resource = words[1]; *resource; resource++)
            for (char **verb = words[2]; *verb; verb++, count++)
                ck_assert_msg(table_has(*verb, words[0][0] ? words[0][0] : "", *resource, of ? path : NULL), "%s: %s %s is not in rules.c",
                              path, *verb, *resource);
    }
    free(text);
    return count;
}

START_TEST(the_rules_are_those_of_the_manifests)
{
    static const char *const named[] = {"manifests/rbac.yaml", "manifests/rbac-preemption.yaml"};
    size_t count = 0;
    glob_t found;

    for (size_t i = 0; i < COUNT(named); i++)
        count += rules_in(named[i], true);
    ck_assert_uint_eq(count, scheduler_rule_count);
    ck_assert_int_eq(glob("manifests/rbac*.yaml", 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++)
        rules_in(found.gl_pathv[i], false);
    globfree(&found);
}
END_TEST

/* ---- printed ---- */

static char *printed(const char *facts_name, int (*print)(const struct report *report, FILE *out, struct error *err))
{
    const struct doctor_options options = options_of(NULL);
    json_t *facts = load(facts_name);
    struct report report = {.part = ""};
    struct error err = ERROR_INIT;
    FILE *out = tmpfile();
    char *text;
    long bytes;

    judge(&options, facts, &report);
    ck_assert_int_eq(print(&report, out, &err), 0);
    bytes = ftell(out);
    rewind(out);
    text = calloc(1, (size_t)bytes + 1);
    ck_assert_uint_eq(fread(text, 1, (size_t)bytes, out), (size_t)bytes);
    fclose(out);
    json_decref(facts);
    report_free(&report);
    return text;
}

START_TEST(a_healthy_page)
{
    char *text = printed("healthy.json", report_print_text), *expected = scratch_read(FOLDER "healthy.txt");

    ck_assert_str_eq(text, expected);
    free(text);
    free(expected);
}
END_TEST

START_TEST(json_has_every_line)
{
    char *text = printed("healthy.json", report_print_json);
    json_t *page = json_loads(text, JSON_REJECT_DUPLICATES, NULL), *check;
    size_t i, ok = 0;

    ck_assert_msg(page != NULL, "%s", text);
    json_array_foreach(json_object_get(page, "checks"), i, check)
    {
        ok += !strcmp(fact_text(check, "level"), "ok");
        ck_assert_uint_eq(json_object_size(check), 5);
        ck_assert(*fact_text(check, "found") && json_is_null(json_object_get(check, "mend")));
    }
    ck_assert_uint_gt(ok, 20);
    ck_assert_int_eq(fact_number(page, "counts.ok", -1), (int64_t)ok);
    ck_assert_int_eq(fact_number(page, "counts.fail", -1), 0);
    ck_assert(fact_true(page, "ready"));
    json_decref(page);
    free(text);
}
END_TEST

/* whatever stands in a cluster, a line stays a line, and a terminal is not written to */
START_TEST(control_characters_do_not_get_through)
{
    struct report report = {.part = "p"};
    char *big = malloc(100000);

    memset(big, 'x', 99999);
    big[99999] = '\0';
    report_bad(&report, LEVEL_FAIL, "c", "a\033[2J\nb%s", big);
    report_mend(&report, "m\rm");
    ck_assert_uint_eq(strlen(report.finding[0].found), REPORT_LINE_BYTES - 1);
    ck_assert_int_eq(strncmp(report.finding[0].found, "a?[2J b", 7), 0);
    ck_assert_str_eq(report.finding[0].mend, "m?m");
    report_free(&report);
    free(big);
}
END_TEST

/* ---- words ---- */

START_TEST(distances)
{
    static const struct {
        const char *a, *b;
        size_t distance;
    } cases[] = {{"", "", 0},
                 {"a", "", 1},
                 {"my-scheduler", "my-scheduler", 0},
                 {"my-schedular", "my-scheduler", 1},
                 {"my-shceduler", "my-scheduler", 1},
                 {"myscheduler", "my-scheduler", 1},
                 {"kitten", "sitting", 3},
                 {"default", "my-scheduler", 10},
                 {"ca", "abc", 3}};
    char giant[300];

    for (size_t i = 0; i < COUNT(cases); i++) {
        ck_assert_msg(words_distance(cases[i].a, cases[i].b) == cases[i].distance, "%s %s: %zu", cases[i].a, cases[i].b,
                      words_distance(cases[i].a, cases[i].b));
        ck_assert_uint_eq(words_distance(cases[i].b, cases[i].a), cases[i].distance);
    }
    memset(giant, 'x', sizeof giant - 1);
    giant[sizeof giant - 1] = '\0';
    ck_assert_uint_eq(words_distance(giant, "x"), SIZE_MAX);
}
END_TEST

START_TEST(image_names)
{
    static const struct {
        const char *image, *whole;
        bool local, latest;
    } cases[] = {{"my-scheduler", "docker.io/library/my-scheduler:latest", true, true},
                 {"my-scheduler:dev", "docker.io/library/my-scheduler:dev", true, false},
                 {"my-scheduler:latest", "docker.io/library/my-scheduler:latest", true, true},
                 {"ada/s:1", "docker.io/ada/s:1", false, false},
                 {"registry.k8s.io/pause:3.10", "registry.k8s.io/pause:3.10", false, false},
                 {"localhost:5000/s", "localhost:5000/s:latest", false, true},
                 {"localhost/s:dev", "localhost/s:dev", false, false},
                 {"s@sha256:ab", "docker.io/library/s@sha256:ab", false, false}};
    char whole[100];

    for (size_t i = 0; i < COUNT(cases); i++) {
        words_image(cases[i].image, whole, sizeof whole);
        ck_assert_str_eq(whole, cases[i].whole);
        ck_assert_msg(words_image_is_local(cases[i].image) == cases[i].local, "%s", cases[i].image);
        ck_assert_msg(words_image_is_latest(cases[i].image) == cases[i].latest, "%s", cases[i].image);
    }
}
END_TEST

START_TEST(proxies)
{
    static const struct {
        const char *no_proxy, *host;
        bool covers;
    } cases[] = {{"", "a", false},
                 {"*", "a", true},
                 {"127.0.0.1", "127.0.0.1", true},
                 {"localhost, 10.0.0.0/8", "10.1.2.3", true},
                 {"10.0.0.0/8", "11.1.2.3", false},
                 {"0.0.0.0/0", "11.1.2.3", true},
                 {"example.com", "k8s.example.com", true},
                 {".example.com", "k8s.example.com", true},
                 {"*.example.com", "k8s.example.com", true},
                 {".example.com", "example.com", false},
                 {"example.com", "badexample.com", false},
                 {"EXAMPLE.com:6443", "example.COM", true},
                 {"a,,b", "b", true},
                 {"10.0.0.0/99", "10.0.0.1", false}};

    for (size_t i = 0; i < COUNT(cases); i++)
        ck_assert_msg(words_no_proxy(cases[i].no_proxy, cases[i].host) == cases[i].covers, "%s %s", cases[i].no_proxy, cases[i].host);
    ck_assert(words_is_loopback("127.1.2.3") && words_is_loopback("localhost") && words_is_loopback("::1") &&
              !words_is_loopback("128.0.0.1"));
}
END_TEST

START_TEST(small_words)
{
    struct word_list list = {.count = 0};
    int major = 0, minor = 0;

    ck_assert_str_eq(words_shell("my-scheduler:dev"), "my-scheduler:dev");
    ck_assert_str_eq(words_shell(""), "''");
    ck_assert_str_eq(words_shell("a;rm -rf $HOME"), "'a;rm -rf $HOME'");
    ck_assert_str_eq(words_shell("it's"), "'it'\\''s'");
    ck_assert_str_eq(words_span(INT64_C(42000000)), "42 s");
    ck_assert_str_eq(words_span(-INT64_C(600000000)), "10 min");
    ck_assert_str_eq(words_span(INT64_C(3) * 3600 * 1000000), "3 h");
    ck_assert_str_eq(words_span(INT64_C(9) * 86400 * 1000000), "9 d");
    ck_assert(words_version("kind v0.20.0 go1.20.4", &major, &minor) && major == 0 && minor == 20);
    ck_assert(words_version("1.34", &major, &minor) && major == 1 && minor == 34);
    ck_assert(!words_version("go1.20", &major, &minor) && !words_version("", &major, &minor));
    for (int i = 0; i < 6; i++)
        word_list_add(&list, "abcdef" + i);
    ck_assert_str_eq(word_list_text(&list), "abcdef, bcdef, cdef, def and 2 more");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("doctor");
    TCase *verdicts = tcase_create("verdicts"), *forms = tcase_create("forms");
    SRunner *runner;
    int failed;

    tcase_add_loop_test(verdicts, facts_in_lines_out, 0, COUNT(files));
    tcase_add_test(verdicts, the_rules_are_those_of_the_manifests);
    tcase_add_test(forms, a_healthy_page);
    tcase_add_test(forms, json_has_every_line);
    tcase_add_test(forms, control_characters_do_not_get_through);
    tcase_add_test(forms, distances);
    tcase_add_test(forms, image_names);
    tcase_add_test(forms, proxies);
    tcase_add_test(forms, small_words);
    suite_add_tcase(suite, verdicts);
    suite_add_tcase(suite, forms);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}

/*
 * Plans as data: each file of tests/unit/plans is a list of cases, each a few lines of news and what must follow. A pod is NAME, in namespace
 * "default", or NS/NAME. News:
 *   case TEXT                           a new planner; gangs settle in one second
 *   node NAME [zone=Z] [used=MILLICPU] [cordoned] [tainted] [port]      of 4 cpus; port: somebody else has host port 80
 *   no-node NAME
 *   pod NAME [priority=TEXT] [spec=N] [group=G] [size=TEXT] [on=NODE] [created=N] [uid=U] [zone=Z] [cpu=MILLI] [port] [tolerates]
 *            [gated] [deleting] [done]
 *   gone NAME | bound NAME | bind-failed NAME SECONDS | preempt-failed NAME SECONDS | time SECONDS
 * and what must follow, to the letter:
 *   -> nothing | -> preempt NAME NODE REASON; bind NAME NODE; …         what plan_actions() gives out
 *   plan NAME=NODE NAME=- …                                             what plan_explain() shows; "-": not in the plan
 *   report TEXT                                                         the last report
 *   deadline SECONDS | deadline never
 */
#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/policy/plan.h"

#define FOLDER "tests/unit/plans/"
#define SECOND 1000000.0

static char at[700]; /* file, line and case, for messages */
static char said[8192], reported[600];
static struct plan *plan;

static void add(const char *separator, const char *text)
{
    size_t used = strlen(said);

    ck_assert_uint_lt(used + strlen(text) + strlen(separator), sizeof said);
    snprintf(said + used, sizeof said - used, "%s%s", used ? separator : "", text);
}

static const char *short_name(const char *namespace_, const char *name)
{
    static char text[2][200];
    static int turn;

    turn = !turn;
    snprintf(text[turn], sizeof text[turn], "%s%s%s", strcmp(namespace_, "default") ? namespace_ : "",
             strcmp(namespace_, "default") ? "/" : "", name);
    return text[turn];
}

static void on_action(void *ctx, const struct plan_action *a)
{
    static const char *const reasons[] = {"", "for", "shared", "gang", "bind-failed"};
    char text[600];

    (void)ctx;
    if (a->act == PLAN_BIND)
        snprintf(text, sizeof text, "bind %s %s", short_name(a->namespace_, a->name), a->node);
    else
        snprintf(text, sizeof text, "preempt %s %s %s%s%s", short_name(a->namespace_, a->name), a->node, reasons[a->reason],
                 *a->cause_name ? " " : "", *a->cause_name ? short_name(a->cause_namespace, a->cause_name) : "");
    add("; ", text);
}

static void on_entry(void *ctx, const struct plan_entry *e)
{
    char text[300];

    (void)ctx;
    snprintf(text, sizeof text, "%s=%s", short_name(e->namespace_, e->name), e->node ? e->node : "-");
    add(" ", text);
}

static void on_report(void *ctx, const char *text)
{
    (void)ctx;
    snprintf(reported, sizeof reported, "%s", text);
}

/* the value of `key=` among the words, "" for the bare word, NULL: not there */
static const char *option(char **word, size_t words, const char *key)
{
    size_t bytes = strlen(key);

    for (size_t i = 2; i < words; i++)
        if (strncmp(word[i], key, bytes) == 0 && (word[i][bytes] == '=' || !word[i][bytes]))
            return word[i] + bytes + (word[i][bytes] == '=');
    return NULL;
}

static const char *or_else(const char *value, const char *otherwise)
{
    return value ? value : otherwise;
}

static void check_options(char **word, size_t words, const char *known)
{
    for (size_t i = 2; i < words; i++) {
        char key[64];

        snprintf(key, sizeof key, " %.*s ", (int)strcspn(word[i], "="), word[i]);
        ck_assert_msg(strstr(known, key) != NULL, "%s: unknown option %s", at, word[i]);
    }
}

/* "ns/name" becomes two */
static void split(char *text, const char **namespace_, const char **name)
{
    char *slash = strchr(text, '/');

    *namespace_ = slash ? text : "default";
    *name = slash ? slash + 1 : text;
    if (slash)
        *slash = '\0';
}

static int say_node(char **word, size_t words, struct error *err)
{
    struct label zone = {"zone", or_else(option(word, words, "zone"), "")};
    struct taint taint = {"k", "", "NoSchedule"};
    struct host_port port = {"0.0.0.0", "TCP", 80};
    struct resources used = {.cpu_milli = atoi(or_else(option(word, words, "used"), "0"))};
    struct node_spec spec = {.name = word[1],
                             .uid = word[1],
                             .traits = (option(word, words, "cordoned") ? NODE_UNSCHEDULABLE : 0u) |
                                       (option(word, words, "tainted") ? NODE_HAS_TAINTS : 0u),
                             .labels = &zone,
                             .label_count = 1,
                             .taints = &taint,
                             .taint_count = option(word, words, "tainted") != NULL,
                             .allocatable = {.cpu_milli = 4000, .pods = 110}};

    check_options(word, words, " zone used cordoned tainted port ");
    return plan_node_set(plan, &spec, &used, &port, option(word, words, "port") != NULL, err);
}

static int say_pod(char **word, size_t words, struct error *err)
{
    struct label annotation[3], zone = {"zone", or_else(option(word, words, "zone"), "")};
    static const char *const keys[3][2] = {{"priority", "priority"}, {"group", "pod-group"}, {"size", "pod-group-size"}};
    struct toleration toleration = {"k", "Exists", "", ""};
    struct host_port port = {"0.0.0.0", "TCP", 80};
    struct pod pod = {.uid = or_else(option(word, words, "uid"), word[1]),
                      .node_name = or_else(option(word, words, "on"), ""),
                      .scheduler_name = "ours",
                      .nominated_node = "",
                      .phase = option(word, words, "done") ? POD_SUCCEEDED : POD_PENDING,
                      .deleting = option(word, words, "deleting"),
                      .gated = option(word, words, "gated"),
                      .priority = atoi(or_else(option(word, words, "spec"), "0")),
                      .created_us = atoi(or_else(option(word, words, "created"), "0")),
                      .requests = {.cpu_milli = atoi(or_else(option(word, words, "cpu"), "0"))},
                      .annotations = annotation,
                      .node_selector = &zone,
                      .node_selector_count = *zone.value != '\0',
                      .tolerations = &toleration,
                      .toleration_count = option(word, words, "tolerates") != NULL,
                      .host_ports = &port,
                      .host_port_count = option(word, words, "port") != NULL};

    check_options(word, words, " priority spec group size on created uid zone cpu port tolerates gated deleting done ");
    for (int i = 0; i < 3; i++)
        if (option(word, words, keys[i][0]))
            annotation[pod.annotation_count++] = (struct label){keys[i][1], option(word, words, keys[i][0])};
    split(word[1], &pod.namespace_, &pod.name);
    return plan_pod_set(plan, &pod, err);
}

static int say_of_pod(char **word, size_t words, struct error *err)
{
    const char *namespace_, *name;
    int64_t us = (int64_t)(atof(words > 2 ? word[2] : word[1]) * SECOND);

    if (strcmp(word[0], "time") == 0)
        return plan_tick(plan, us, err);
    if (strcmp(word[0], "no-node") == 0)
        return plan_node_removed(plan, word[1], err);
    split(word[1], &namespace_, &name);
    if (strcmp(word[0], "gone") == 0)
        return plan_pod_gone(plan, namespace_, name, words > 2 ? word[2] : NULL, err);
    if (strcmp(word[0], "bound") == 0)
        return plan_bind_done(plan, namespace_, name, err);
    if (strcmp(word[0], "bind-failed") == 0)
        return plan_bind_failed(plan, namespace_, name, us, err);
    if (strcmp(word[0], "preempt-failed") == 0)
        return plan_preempt_failed(plan, namespace_, name, us, err);
    ck_abort_msg("%s: unknown line", at);
    return -1;
}

static void begin(void)
{
    struct plan_config config = {.gang_settle_us = (int64_t)SECOND, .report = on_report};
    struct error err = ERROR_INIT;

    plan_free(plan);
    filter_config_init(&config.filters);
    plan = plan_new(&config, &err);
    ck_assert_ptr_nonnull(plan);
    reported[0] = '\0';
}

static void expect(const char *expected)
{
    ck_assert_msg(strcmp(said, expected) == 0, "%s:\n     got %s\nexpected %s", at, said, expected);
}

/* a line that says what must be; false: it is news */
static bool is_expectation(const char *line)
{
    struct error err = ERROR_INIT;
    int ret = 0;

    said[0] = '\0';
    if (strncmp(line, "-> ", 3) == 0) {
        ret = plan_actions(plan, on_action, NULL, &err);
        if (!*said)
            add("", "nothing");
        expect(line + 3);
    } else if (strncmp(line, "plan", 4) == 0 && (line[4] == ' ' || !line[4])) {
        ret = plan_explain(plan, on_entry, NULL, &err);
        expect(line[4] ? line + 5 : "");
    } else if (strncmp(line, "report ", 7) == 0) {
        add("", *reported ? reported : "none");
        reported[0] = '\0';
        expect(line + 7);
    } else if (strncmp(line, "deadline ", 9) == 0) {
        if (plan_deadline_us(plan) < 0)
            add("", "never");
        else
            snprintf(said, sizeof said, "%g", (double)plan_deadline_us(plan) / SECOND);
        expect(line + 9);
    } else {
        return false;
    }
    ck_assert_msg(ret == 0, "%s: %s", at, err.text);
    return true;
}

static void say(char *line)
{
    struct error err = ERROR_INIT;
    char *word[16], *rest;
    size_t words = 0;
    int ret;

    for (char *w = strtok_r(line, " ", &rest); w && words < 16; w = strtok_r(NULL, " ", &rest))
        word[words++] = w;
    ck_assert_msg(words > 1, "%s: too short", at);
    if (strcmp(word[0], "node") == 0)
        ret = say_node(word, words, &err);
    else if (strcmp(word[0], "pod") == 0)
        ret = say_pod(word, words, &err);
    else
        ret = say_of_pod(word, words, &err);
    ck_assert_msg(ret == 0, "%s: %s", at, err.text);
}

static size_t run_file(const char *path)
{
    FILE *file = fopen(path, "r");
    char line[1000], name[400] = "";
    size_t cases = 0;

    ck_assert_msg(file != NULL, "%s", path);
    for (int number = 1; fgets(line, sizeof line, file); number++) {
        line[strcspn(line, "\n")] = '\0';
        if (!*line || *line == '#')
            continue;
        if (strncmp(line, "case ", 5) == 0) {
            snprintf(name, sizeof name, "%.390s", line + 5);
            begin();
            cases++;
            continue;
        }
        snprintf(at, sizeof at, "%.200s:%d: %.390s", path, number, name);
        ck_assert_msg(cases > 0, "%s: before the first case", at);
        if (!is_expectation(line))
            say(line);
    }
    fclose(file);
    plan_free(plan);
    plan = NULL;
    return cases;
}

START_TEST(plans)
{
    DIR *dir = opendir(FOLDER);
    struct dirent *entry;
    size_t cases = 0;
    char path[512];

    ck_assert_msg(dir != NULL, "no %s", FOLDER);
    while ((entry = readdir(dir)))
        if (strstr(entry->d_name, ".txt")) {
            snprintf(path, sizeof path, "%s%.200s", FOLDER, entry->d_name);
            cases += run_file(path);
        }
    closedir(dir);
    printf("%zu cases\n", cases);
    ck_assert_uint_ge(cases, 120);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("plan");
    TCase *tcase = tcase_create("plans");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tcase, plans);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}

/*
 * grade.c: bin/grade tells the truth: full marks for our schedulers, on the simulator and on a real API server; and for one that is no watch, or none at all, what it is due.
 * How single defects are told apart is the business of tests/unit/test_grade_judges.c; here is the whole way, from the flags to the exit code.
 */
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/blackbox/support/api.h"
#include "tests/blackbox/support/scheduler.h"
#include "tests/blackbox/support/server.h"

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])
#define ARGUMENTS_MAX 24
#define GRADING_MS 240000 /* a cluster gets its scenes one by one */

/* starts grade on the case's server; arguments up to NULL */
static void start_grade(struct lab *lab, struct process *grade, const char *name, const char *const *arguments)
{
    const char *argv[ARGUMENTS_MAX] = {textf("%s/grade", lab->bin)};
    size_t n = 1;

    if (lab->server != SIMULATOR) {
        argv[n++] = "--kubeconfig";
        argv[n++] = lab->admin;
    }
    for (; *arguments; arguments++)
        argv[n++] = *arguments;
    REQUIRE(n < ARGUMENTS_MAX, "too many arguments");
    process_start(grade, lab->folder, name, argv, -1);
}

static void run_grade(struct lab *lab, struct process *grade, int exit_code, const char *const *arguments)
{
    start_grade(lab, grade, "grade", arguments);
    REQUIRE(process_ends(grade, GRADING_MS), "grade does not end");
    REQUIRE(grade->exit_code == exit_code, "grade ended with %d: %s%s", grade->exit_code, process_text(grade->out),
            process_text(grade->err));
}

#define GRADE(lab, grade, exit_code, ...) run_grade(lab, grade, exit_code, (const char *const[]){__VA_ARGS__, NULL})

static const char *ours(const struct lab *lab, const char *program)
{
    return textf("%s/%s", lab->bin, program);
}

#define SAYS(grade, text) REQUIRE(process_says((grade)->out, text), "no '%s' in: %s", text, process_text((grade)->out))
#define SAYS_NOT(grade, text) REQUIRE(!process_says((grade)->out, text), "'%s' in: %s", text, process_text((grade)->out))

/* a folder for everything that gradings keep while they run: how many of their things are in it */
static size_t things_in(const char *folder)
{
    DIR *dir = opendir(folder);
    struct dirent *entry;
    size_t count = 0;

    REQUIRE(dir, "no folder %s", folder);
    while ((entry = readdir(dir)))
        count += !strncmp(entry->d_name, "grade-", 6);
    closedir(dir);
    return count;
}

static const char *use_own_folder(void)
{
    const char *folder = textf("/tmp/lab-grade-%ld", (long)getpid());

    REQUIRE(mkdir(folder, 0755) == 0 && setenv("TMPDIR", folder, 1) == 0, "cannot make %s", folder);
    return folder;
}

/* nothing of a grading is left: pods and nodes on a server, folders here */
static void nothing_is_left(struct lab *lab, const char *folder)
{
    json_t *nodes, *pods, *item;
    size_t i;

    REQUIRE(!things_in(folder) && rmdir(folder) == 0, "something is left in %s", folder);
    if (lab->server == SIMULATOR)
        return;
    nodes = list_items(lab, "/api/v1/nodes");
    pods = list_items(lab, "/api/v1/pods");
    json_array_foreach(nodes, i, item)
        REQUIRE(!strstr(member(item, "metadata.name"), "-node-"), "node %s is left", member(item, "metadata.name"));
    json_array_foreach(pods, i, item)
        REQUIRE(strncmp(member(item, "metadata.namespace"), "grade-", 6) != 0, "pod %s is left", member(item, "metadata.name"));
    json_decref(nodes);
    json_decref(pods);
}

/* On a kube-apiserver alone nobody starts pods; and the default scheduler is there for this case. */
static void ours_get_full_marks(struct lab *lab)
{
    const char *bundle = lab_path(lab, "bundle.json"), *folder = use_own_folder(),
               *argv[] = {ours(lab, "grade"), "--regrade", bundle, NULL};
    struct process grade, again;

    if (lab->server == ENVTEST)
        server_control(lab, "default-scheduler", NULL);
    GRADE(lab, &grade, 0, "--polling", ours(lab, "polling"), "--watch", ours(lab, "watch"), "--bundle", bundle);
    if (lab->server == ENVTEST)
        server_control(lab, "no-default-scheduler", NULL);
    SAYS(&grade, "test a pod is created, then bound by the default scheduler: OK");
    SAYS(&grade, "test polling: each pod goes to a least-loaded node: OK");
    SAYS(&grade, "test watch: survives 410 in a frame: OK");
    SAYS(&grade, "test watch: spread: pods of an app are spread: OK");
    SAYS_NOT(&grade, "FAIL");
    if (lab->server == ENVTEST)
        SAYS(&grade, "no node of this cluster has a kubelet");
    else
        SAYS_NOT(&grade, "SKIPPED");
    nothing_is_left(lab, folder);
    /* what was seen tells the same, as often as it is asked */
    process_start(&again, lab->folder, "again", argv, -1);
    REQUIRE(process_ends(&again, GRADING_MS) && again.exit_code == 0, "--regrade ended with %d", again.exit_code);
    REQUIRE(!strcmp(process_text(again.out), process_text(grade.out)), "--regrade says: %s", process_text(again.out));
}

/* A polling scheduler is a right scheduler, and no watch: that costs points where listening is judged, and nowhere else. */
static void polling_is_no_watch(struct lab *lab)
{
    struct process grade;

    GRADE(lab, &grade, 1, "2", "3", "4", "--watch", ours(lab, "polling"), "--seed", "5");
    SAYS(&grade, "Checkpoint 2: 17/17");
    SAYS(&grade, "Checkpoint 3: 4/4");
    SAYS(&grade, "test watch: opens a watch of pods: FAIL");
    SAYS(&grade, "test watch: lists nothing while nothing happens: FAIL");
    SAYS(&grade, "test watch: survives a closed watch: FAIL");
    SAYS(&grade, "it had no watch of pods open");
    SAYS(&grade, "(a poll every 2 s: 30 requests a minute)");
}

/* Nothing comes of it, the reason is told, and nobody waits for what cannot come any more. */
static void a_dead_one_gets_nothing(struct lab *lab)
{
    const char *folder = use_own_folder();
    struct process grade;
    int64_t begun = now_us();

    GRADE(lab, &grade, 1, "2", "3", "5", "--polling", "/bin/false", "--watch", "/nowhere/at/all");
    SAYS(&grade, "Score: 0/");
    SAYS(&grade, "it ended by itself after");
    SAYS(&grade, "exit code 1");
    SAYS(&grade, "it could not be started: ");
    REQUIRE(now_us() - begun < 60000000, "it took %.1f s", (double)(now_us() - begun) / 1e6);
    nothing_is_left(lab, folder);
}

static bool has_made_nodes(struct lab *lab)
{
    json_t *nodes = list_items(lab, "/api/v1/nodes"), *node;
    bool made = false;
    size_t i;

    json_array_foreach(nodes, i, node) made = made || strstr(member(node, "metadata.name"), "-node-");
    json_decref(nodes);
    return made;
}

static void interrupted(struct lab *lab)
{
    const char *folder = use_own_folder();
    struct process grade;

    start_grade(lab, &grade, "grade", (const char *const[]){"--polling", ours(lab, "polling"), "--watch", ours(lab, "watch"), NULL});
    WAIT_UNTIL(lab->server == SIMULATOR ? things_in(folder) > 4 : has_made_nodes(lab), "nothing was begun");
    process_signal(&grade, SIGTERM);
    REQUIRE(process_ends(&grade, GRADING_MS), "grade does not end");
    REQUIRE(grade.exit_code == 1 && process_says(grade.err, "interrupted"), "it ended with %d: %s", grade.exit_code,
            process_text(grade.err));
    nothing_is_left(lab, folder);
}

/* The server ends in the middle of it: what cannot be judged costs nothing, is named, and is no success. */
static void the_server_goes_away(struct lab *lab)
{
    const char *folder = use_own_folder(),
               *argv[] = {ours(lab, "grade"), "4", "--watch", ours(lab, "watch"), "--kubeconfig", lab->admin, NULL};
    struct process grade;

    process_start(&grade, lab->folder, "grade", argv, -1);
    WAIT_UNTIL(has_made_nodes(lab), "nothing was begun");
    server_stop(lab);
    REQUIRE(process_ends(&grade, GRADING_MS), "grade does not end");
    server_start(lab);
    REQUIRE(grade.exit_code == 1, "grade ended with %d", grade.exit_code);
    SAYS(&grade, "SKIPPED");
    SAYS(&grade, "could not be played: ");
    SAYS_NOT(&grade, "FAIL");
    SAYS(&grade, "Score: 0/0");
    REQUIRE(!things_in(folder) && rmdir(folder) == 0, "something is left in %s", folder);
}

static void usage(struct lab *lab)
{
    static const struct {
        const char *arguments[6], *says;
    } wrong[] = {{{"6"}, "'6' is no checkpoint"},
                 {{"--polling", "x"}, "--watch: it is missing"},
                 {{"4", "--polling", "x"}, "--watch: checkpoint 4 is about it"},
                 {{"2"}, "--polling, --watch: at least one of them"},
                 {{"--seed", "-1"}, "--seed: '-1' is no whole number"},
                 {{"--format", "braille"}, "--format: 'braille' is none of"},
                 {{"--regrade", "/nowhere"}, "/nowhere: "},
                 {{"--regrade", "x", "--watch", "y"}, "--regrade: nothing is run"},
                 {{"2", "--polling", "'x"}, "--polling: "},
                 {{"--polling"}, "--polling: a value is missing"},
                 {{"--frobnicate"}, "'--frobnicate' is no flag"}};
    struct process grade;

    for (size_t i = 0; i < LENGTH(wrong); i++) {
        const char *argv[8] = {ours(lab, "grade")};

        for (size_t k = 0; wrong[i].arguments[k]; k++)
            argv[k + 1] = wrong[i].arguments[k];
        process_start(&grade, lab->folder, "usage", argv, -1);
        REQUIRE(process_ends(&grade, DEADLINE_MS) && grade.exit_code == 2, "%s: it ended with %d", wrong[i].says, grade.exit_code);
        REQUIRE(process_says(grade.err, wrong[i].says), "it says: %s", process_text(grade.err));
    }
}

static const struct lab_case cases[] = {
    {"ours get full marks", ours_get_full_marks, POLLING, NEEDS_NOTHING},
    {"polling is no watch", polling_is_no_watch, POLLING, NEEDS_NOTHING},
    {"a dead one gets nothing", a_dead_one_gets_nothing, POLLING, NEEDS_NOTHING},
    {"interrupted", interrupted, POLLING, NEEDS_NOTHING},
    {"the server goes away", the_server_goes_away, POLLING, NEEDS_SIMULATOR},
    {"usage", usage, POLLING, STARTS_NO_SERVER},
};

int main(void)
{
    return lab_main("grade", cases, LENGTH(cases));
}

/*
 * rights.c: the roles of manifests/: with them nothing is refused; without any one of their rights a scheduler says which rule it misses, and no other. A
 * right that nothing here needs fails the case: it would be one too many.
 */
#include <stdio.h>
#include <string.h>

#include "tests/blackbox/support/api.h"
#include "tests/blackbox/support/in_process.h"
#include "tests/blackbox/support/requests.h"
#include "tests/blackbox/support/rights.h"
#include "tests/blackbox/support/scheduler.h"
#include "tests/blackbox/support/server.h"

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])

/* the same message is written again after five minutes (REPORT_SERIES_US) */
#define LATER_MS 301000

#define MISSING "missing RBAC rule {apiGroups: [\"%s\"], resources: [\"%s\"], verbs: [\"%s\"]}: "

/* what is deployed together, and how the scheduler is started with it */
struct deployment {
    const char *files[4];
    const char *file;         /* whose rights are taken away one by one */
    const char *arguments[6]; /* NS: the namespace of the case */
    bool preempts;
};

static const struct deployment usual = {{"rbac.yaml"}, "rbac.yaml", {"--leader-elect", "--leader-elect-resource-namespace", "NS"}, false};
static const struct deployment preemption = {
    {"rbac.yaml", "rbac-preemption.yaml"}, "rbac-preemption.yaml", {"--policy", "one-per-node"}, true};
static const struct deployment node_reader = {{"examples/workshop/node-reader.yaml", "examples/workshop/rbac.yaml"},
                                              "examples/workshop/node-reader.yaml",
                                              {"--namespace", "NS"},
                                              false};
static const struct deployment workshop = {
    {"examples/workshop/node-reader.yaml", "examples/workshop/rbac.yaml"}, "examples/workshop/rbac.yaml", {"--namespace", "NS"}, false};

/* what each right is for, and who needs it; hard: only where time passes and a Binding is lost (in_process.h) */
static const struct use {
    const char *verb, *resource;
    enum lab_programs who;
    bool hard;
} uses[] = {
    {"list", "pods", POLLING, false},  {"list", "nodes", POLLING, false}, {"watch", "pods", WATCH, false},
    {"watch", "nodes", WATCH, false},  {"get", "pods", EACH, true},       {"create", "pods/binding", EACH, false},
    {"create", "events", EACH, false}, {"patch", "events", EACH, true},   {"patch", "pods/status", EACH, false},
    {"delete", "pods", EACH, false},   {"get", "leases", EACH, false},    {"create", "leases", EACH, false},
    {"update", "leases", EACH, false},
};

static const struct use *use_of(const struct right *right)
{
    for (size_t i = 0; i < LENGTH(uses); i++)
        if (!strcmp(uses[i].verb, right->verb) && !strcmp(uses[i].resource, right->resource))
            return &uses[i];
    REQUIRE(false, "%s: nothing needs to %s %s", right->file, right->verb, right->resource);
    return NULL;
}

static bool is_needed(const struct lab *lab, const struct use *use)
{
    return use->who == EACH || (use->who == WATCH) == !strcmp(lab->program, "watch");
}

/* ---- one scheduler ---- */

struct run {
    char account[64]; /* and its scheduler's name, and what its pods' names begin with */
    const struct right *less;
    bool hard;
    struct process process;
};

static const char *pod_of(const struct run *run, const char *rest)
{
    return textf("%s-%s", run->account, rest);
}

static void make_one(struct lab *lab, const struct run *run, const char *rest, const char *cpu, int priority)
{
    make_pod(lab, pod_of(run, rest),
             textf("{'metadata':{'annotations':{'priority':'%d'}},'spec':{'schedulerName':'%s','containers':[{'name':'pause',"
                   "'image':'registry.k8s.io/pause:3.10','resources':{'requests':{'cpu':'%s'}}}]}}",
                   priority, run->account, cpu));
}

static void start(struct lab *lab, struct run *run, const struct deployment *deployment)
{
    const char *kubeconfig = lab_path(lab, textf("%s.kubeconfig", run->account));
    const char *arguments[12] = {"--kubeconfig", kubeconfig, "--scheduler-name", run->account};
    size_t n = 4;

    for (size_t i = 0; deployment->arguments[i]; i++)
        arguments[n++] = strcmp(deployment->arguments[i], "NS") ? deployment->arguments[i] : lab->id;
    if (run->hard)
        in_process_start(lab, &run->process, run->account, arguments);
    else
        scheduler_start_as(lab, &run->process, lab->program, run->account, -1, arguments);
}

/* a pod that fits, one that does not, and where pods give way one that is placed already */
static void give_work(struct lab *lab, const struct run *run, const struct deployment *deployment)
{
    if (deployment->preempts) {
        WAIT_UNTIL(*node_of(lab, pod_of(run, "low")), "%s: the first pod is not bound", run->account);
        make_one(lab, run, "high", "0", 9);
        return;
    }
    make_one(lab, run, "large", "5", 0);
}

static void begin(struct lab *lab, struct run *run, size_t number, const struct deployment *deployment, const struct right *less, bool hard)
{
    *run = (struct run){.less = less, .hard = hard};
    snprintf(run->account, sizeof run->account, "%s-%zu", lab->id, number);
    rights_give(lab, deployment->files, run->account, less);
    make_one(lab, run, "low", "0", 1);
    if (!deployment->preempts)
        give_work(lab, run, deployment);
    start(lab, run, deployment);
}

/* ---- without one right ---- */

static const char *rule_of(const struct right *right)
{
    return textf(MISSING, right->group, right->resource, right->verb);
}

/* Always true. A pod that is bound, or said to wait, wakes a scheduler: it looks at its clock then. */
static bool wake(struct lab *lab, struct run *run)
{
    static unsigned pods;

    if (run->hard && !strcmp(run->less ? run->less->resource : "events", "events"))
        make_one(lab, run, textf("w%u", ++pods), "0", 0);
    return true;
}

static void pass_time(struct lab *lab, struct run *runs, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (runs[i].hard)
            WAIT_UNTIL(*pod_scheduled(lab, pod_of(&runs[i], "large")), "%s: the pod that does not fit is not said to wait",
                       runs[i].account);
    in_process_skip(LATER_MS);
}

static void names_its_rule(struct lab *lab, struct run *run)
{
    const char *rule = rule_of(run->less);

    WAIT_UNTIL(process_says(run->process.err, rule) || !process_running(&run->process) || !wake(lab, run), "%s does not say: %s",
               run->account, rule);
    REQUIRE(process_says(run->process.err, rule), "%s ended (exit code %d), and did not say: %s", run->account, run->process.exit_code,
            rule);
}

static void names_no_other(struct run *run)
{
    int all = process_count(run->process.err, "missing RBAC rule "),
        its = run->less ? process_count(run->process.err, rule_of(run->less)) : 0;

    REQUIRE(all == its, "%s, less %s of %s, misses more than that: %s", run->account, run->less ? run->less->verb : "nothing",
            run->less ? run->less->resource : "", process_text(run->process.err));
}

static void open_server(struct lab *lab)
{
    static const char *const arguments[] = {"--rbac", NULL};

    server_open_with(lab, lab->server == SIMULATOR ? arguments : NULL);
    use_nodes(lab, 1);
}

static void each_rule_is_missed(struct lab *lab, const struct deployment *deployment)
{
    struct right rights[RIGHTS_MAX];
    struct run runs[RIGHTS_MAX];
    size_t all = rights_of(deployment->file, rights), count = 0;

    REQUIRE(all, "%s allows nothing", deployment->file);
    open_server(lab);
    for (size_t i = 0; i < all; i++) {
        const struct use *use = use_of(&rights[i]);

        if (is_needed(lab, use)) {
            begin(lab, &runs[count], count, deployment, &rights[i], use->hard);
            count++;
        }
    }
    if (deployment->preempts)
        for (size_t i = 0; i < count; i++)
            give_work(lab, &runs[i], deployment);
    pass_time(lab, runs, count);
    for (size_t i = 0; i < count; i++)
        names_its_rule(lab, &runs[i]);
    for (size_t i = 0; i < count; i++) {
        names_no_other(&runs[i]);
        process_kill(&runs[i].process);
    }
}

/* ---- with all of them ---- */

static bool event_is_repeated(struct lab *lab, const char *pod)
{
    json_t *events = events_of(lab, pod, "FailedScheduling");
    bool repeated = json_is_object(json_object_get(json_array_get(events, 0), "series"));

    json_decref(events);
    return repeated;
}

static bool lease_is_renewed(struct lab *lab, const char *name)
{
    json_t *lease = NULL;
    bool renewed = api_try(lab, "GET", textf("/apis/coordination.k8s.io/v1/namespaces/%s/leases/%s", lab->id, name), NULL, &lease) == 200 &&
                   strcmp(member(lease, "spec.renewTime"), member(lease, "spec.acquireTime")) > 0;

    json_decref(lease);
    return renewed;
}

static void does_everything(struct lab *lab, struct run *run, const struct deployment *deployment)
{
    const char *low = pod_of(run, "low"), *large = pod_of(run, "large"), *high = pod_of(run, "high");

    if (deployment->preempts) {
        give_work(lab, run, deployment);
        WAIT_UNTIL(*text_of(lab, low, "metadata.deletionTimestamp") || !*uid_of(lab, low), "%s is not evicted", low);
        WAIT_UNTIL((delete_pod(lab, low), *node_of(lab, high)), "%s is not bound", high);
        return;
    }
    WAIT_UNTIL(*node_of(lab, low), "%s is not bound", low);
    WAIT_UNTIL(count_events(lab, low, "Scheduled") == 1, "no event of %s", low);
    WAIT_UNTIL(!strncmp(pod_scheduled(lab, large), "False|Unschedulable|", 20), "PodScheduled of %s", large);
    if (!run->hard && !strcmp(deployment->arguments[0], "--leader-elect"))
        WAIT_UNTIL(lease_is_renewed(lab, run->account), "the lease is not renewed");
}

static void nothing_is_refused(struct lab *lab, const struct deployment *deployment)
{
    struct run runs[2];
    size_t count = deployment->preempts ? 1 : 2;

    open_server(lab);
    for (size_t i = 0; i < count; i++)
        begin(lab, &runs[i], i, deployment, NULL, i == 1);
    for (size_t i = 0; i < count; i++)
        does_everything(lab, &runs[i], deployment);
    if (count == 2) {
        pass_time(lab, runs, count);
        WAIT_UNTIL((wake(lab, &runs[1]), event_is_repeated(lab, pod_of(&runs[1], "large"))), "the event has no series");
    }
    for (size_t i = 0; i < count; i++) {
        names_no_other(&runs[i]);
        process_kill(&runs[i].process);
    }
    if (lab->server == SIMULATOR)
        REQUIRE(!requests_with(lab, "\"code\":403", NULL), "a request was refused");
}

/* ---- a server without WatchList: then watch lists too ---- */

static void list_is_missed_where_it_is_needed(struct lab *lab)
{
    struct right rights[RIGHTS_MAX];
    size_t all = rights_of("rbac.yaml", rights);
    struct run run;

    open_server(lab);
    for (size_t i = 0; i < all; i++) {
        if (strcmp(rights[i].verb, "list") != 0)
            continue;
        server_faults(lab, textf("[{'verb':'watch','resource':'%s','count':1,'do':{'status':400}}]", rights[i].resource));
        begin(lab, &run, i, &usual, &rights[i], false);
        names_its_rule(lab, &run);
        names_no_other(&run);
        process_kill(&run.process);
    }
}

static void rbac_suffices(struct lab *lab)
{
    nothing_is_refused(lab, &usual);
}

static void rbac_is_needed(struct lab *lab)
{
    each_rule_is_missed(lab, &usual);
}

static void preemption_suffices(struct lab *lab)
{
    nothing_is_refused(lab, &preemption);
}

static void preemption_is_needed(struct lab *lab)
{
    each_rule_is_missed(lab, &preemption);
}

static void workshop_suffices(struct lab *lab)
{
    nothing_is_refused(lab, &workshop);
}

static void workshop_is_needed(struct lab *lab)
{
    each_rule_is_missed(lab, &workshop);
}

static void node_reader_is_needed(struct lab *lab)
{
    each_rule_is_missed(lab, &node_reader);
}

static const struct lab_case cases[] = {
    {"rbac.yaml: nothing is refused", rbac_suffices, EACH, STARTS_NO_SERVER | NEEDS_OWN_NODES},
    {"rbac.yaml: each rule is needed", rbac_is_needed, EACH, STARTS_NO_SERVER | NEEDS_OWN_NODES},
    {"rbac.yaml: without WatchList", list_is_missed_where_it_is_needed, WATCH, STARTS_NO_SERVER | NEEDS_SIMULATOR},
    {"rbac-preemption.yaml: nothing is refused", preemption_suffices, EACH, STARTS_NO_SERVER | NEEDS_OWN_NODES},
    {"rbac-preemption.yaml: each rule is needed", preemption_is_needed, EACH, STARTS_NO_SERVER | NEEDS_OWN_NODES},
    {"workshop: nothing is refused", workshop_suffices, EACH, STARTS_NO_SERVER | NEEDS_OWN_NODES},
    {"workshop: each rule is needed", workshop_is_needed, EACH, STARTS_NO_SERVER | NEEDS_OWN_NODES},
    {"workshop: each rule about nodes is needed", node_reader_is_needed, EACH, STARTS_NO_SERVER | NEEDS_OWN_NODES},
};

int main(void)
{
    return lab_main("rights", cases, LENGTH(cases));
}

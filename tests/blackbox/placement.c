/*
 * placement.c: which pods are bound, and where: only ours, on the least loaded of the nodes that pass the filters.
 */
#include <string.h>

#include "tests/blackbox/support/api.h"
#include "tests/blackbox/support/requests.h"
#include "tests/blackbox/support/scene.h"
#include "tests/blackbox/support/scheduler.h"
#include "tests/blackbox/support/server.h"

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])

static bool is_bound(struct lab *lab, const char *pod)
{
    return *node_of(lab, pod) != '\0';
}

/* ---- only ours ---- */

static void our_pod_is_bound(struct lab *lab)
{
    struct process scheduler;
    const char *mark = prefix_of(lab->program);

    use_nodes(lab, 3);
    scheduler_start(lab, &scheduler, NULL);
    make_pod(lab, "ours", NULL);
    WAIT_UNTIL(is_bound(lab, "ours"), "the pod is not bound");
    wait_for_line(&scheduler, scheduler.out, textf("%sBound %s/ours -> %s\n", mark, lab->id, node_of(lab, "ours")));
    process_stop(&scheduler);
    REQUIRE(process_line(scheduler.out, textf("%sscheduler starting… name=%s", mark, lab->id)), "no line says that it starts");
    REQUIRE(!strcmp(lab->program, "polling") || process_line(scheduler.out, textf("%sevent=ADDED pod=%s/ours", mark, lab->id)),
            "no ADDED line");
    REQUIRE(process_lines(scheduler.out) == (strcmp(lab->program, "polling") ? 3 : 2), "other lines on stdout");
    REQUIRE(process_lines(scheduler.err) == 0, "stderr is not empty");
}

static const char *const untouchable[] = {"foreign", "gated", "deleting", "bound"};

static void make_untouchable_pods(struct lab *lab)
{
    make_pod(lab, "foreign", "{'spec':{'schedulerName':'somebody-else'}}");
    make_pod(lab, "gated", "{'spec':{'schedulingGates':[{'name':'lab.example/gate'}]}}");
    make_pod(lab, "deleting", "{'metadata':{'finalizers':['lab.example/hold']}}");
    make_pod(lab, "bound", textf("{'spec':{'nodeName':'%s'}}", lab->node[1]));
    delete_pod(lab, "deleting");
}

static void foreign_bound_gated_deleting_pods_are_left_alone(struct lab *lab)
{
    char version[4][64];
    struct process scheduler;
    struct load before, after;

    use_nodes(lab, 2);
    before = requests_so_far(lab);
    make_untouchable_pods(lab);
    for (size_t i = 0; i < LENGTH(untouchable); i++)
        strcpy(version[i], version_of(lab, untouchable[i]));
    scheduler_start(lab, &scheduler, NULL);
    make_pod(lab, "marker", NULL);
    WAIT_UNTIL(is_bound(lab, "marker"), "the marker is not bound");
    make_pod(lab, "marker2", NULL);
    WAIT_UNTIL(is_bound(lab, "marker2"), "the second marker is not bound");
    process_stop(&scheduler);
    for (size_t i = 0; i < 3; i++) {
        REQUIRE(!is_bound(lab, untouchable[i]), "%s was bound", untouchable[i]);
        REQUIRE(!strcmp(version_of(lab, untouchable[i]), version[i]), "%s was written to", untouchable[i]);
    }
    REQUIRE(!strcmp(node_of(lab, "bound"), lab->node[1]), "bound has moved");
    after = requests_so_far(lab);
    REQUIRE(requests_between(&before, &after, LOAD_BIND) == 2, "%ld bindings for two pods", requests_between(&before, &after, LOAD_BIND));
}

static void pod_is_bound_when_its_gate_goes(struct lab *lab)
{
    struct process scheduler;

    use_nodes(lab, 1);
    make_pod(lab, "gated", "{'spec':{'schedulingGates':[{'name':'lab.example/gate'}]}}");
    scheduler_start(lab, &scheduler, NULL);
    make_pod(lab, "marker", NULL);
    WAIT_UNTIL(is_bound(lab, "marker"), "the marker is not bound");
    REQUIRE(!is_bound(lab, "gated"), "the gate was overlooked");
    change_pod(lab, "gated", "{'spec':{'schedulingGates':[]}}");
    lands_on(lab, "gated", lab->node[0]);
    process_stop(&scheduler);
}

static void namespace_keeps_to_one(struct lab *lab)
{
    struct process scheduler;
    struct load before, after;

    use_nodes(lab, 1);
    before = requests_so_far(lab);
    make_other_pod(lab, "elsewhere", NULL);
    scheduler_start(lab, &scheduler, "--namespace", lab->id, NULL);
    make_pod(lab, "here", NULL);
    lands_on(lab, "here", lab->node[0]);
    process_stop(&scheduler);
    after = requests_so_far(lab);
    REQUIRE(process_count(scheduler.out, "] Bound ") == 1, "it claims to have bound another pod too");
    REQUIRE(!requests_are_ours(lab) || requests_between(&before, &after, LOAD_BIND) == 1, "the pod of the other namespace was bound too");
}

/* ---- where ---- */

static void least_loaded_is_exact(struct lab *lab)
{
    size_t counts[LAB_NODES_MAX], want, preloaded;
    struct process scheduler;

    use_nodes(lab, lab->server == CLUSTER ? 4 : 100);
    want = 10;
    preloaded = lab->server == CLUSTER ? 0 : 50;
    for (size_t i = 0; i < preloaded / 10; i++)
        make_pods(lab, textf("before%zu-", i), 10, textf("{'spec':{'nodeName':'%s'}}", lab->node[7 * i]));
    make_pods(lab, "a", (lab->nodes * want - preloaded) / 2, NULL);
    scheduler_start(lab, &scheduler, NULL);
    make_pods(lab, "b", lab->nodes * want - preloaded - (lab->nodes * want - preloaded) / 2, NULL);
    WAIT_UNTIL(count_bound(lab) == lab->nodes * want, "%zu of %zu pods are bound", count_bound(lab), lab->nodes * want);
    process_stop(&scheduler);
    count_each(lab, counts);
    for (size_t i = 0; i < lab->nodes; i++)
        REQUIRE(lab->server == CLUSTER ? counts[i] + 5 > want && counts[i] < want + 5 : counts[i] == want, "%s has %zu pods, expected %zu",
                lab->node[i], counts[i], want);
}

static void ties_go_to_the_first_name(struct lab *lab)
{
    struct process scheduler;

    use_nodes(lab, 3);
    scheduler_start(lab, &scheduler, NULL);
    for (size_t i = 0; i < 6; i++) {
        const char *name = textf("p%zu", i);

        make_pod(lab, name, NULL);
        lands_on(lab, name, lab->node[i % 3]);
    }
    process_stop(&scheduler);
}

static void taints(struct lab *lab)
{
    struct process scheduler;

    add_node(lab, "{'spec':{'taints':[{'key':'a','value':'1','effect':'NoSchedule'}]}}");
    add_node(lab, "{'spec':{'taints':[{'key':'b','value':'2','effect':'NoExecute'}]}}");
    add_node(lab, "{'spec':{'taints':[{'key':'c','effect':'PreferNoSchedule'}]}}");
    add_node(lab, NULL);
    make_pods(lab, "plain", 4, NULL);
    scheduler_start(lab, &scheduler, NULL);
    for (size_t i = 0; i < 4; i++)
        lands_on(lab, textf("plain%zu", i), lab->node[3]);
    make_pod(lab, "equal", "{'spec':{'tolerations':[{'key':'a','operator':'Equal','value':'1','effect':'NoSchedule'}]}}");
    lands_on(lab, "equal", lab->node[0]);
    make_pod(lab, "exists", "{'spec':{'tolerations':[{'key':'b','operator':'Exists'}]}}");
    lands_on(lab, "exists", lab->node[1]);
    make_pod(lab, "wrong",
             textf("{'spec':{'nodeSelector':{'kubernetes.io/hostname':'%s'},"
                   "'tolerations':[{'key':'a','operator':'Equal','value':'2','effect':'NoSchedule'}]}}",
                   lab->node[0]));
    is_refused(lab, "wrong");
    make_pod(lab, "last", textf("{'spec':{'nodeSelector':{'kubernetes.io/hostname':'%s'}}}", lab->node[2]));
    lands_on(lab, "last", lab->node[2]);
    process_stop(&scheduler);
}

static void selector_and_affinity(struct lab *lab)
{
    static const char affinity[] =
        "{'spec':{'affinity':{'nodeAffinity':{'requiredDuringSchedulingIgnoredDuringExecution':{'nodeSelectorTerms':["
        "{'matchExpressions':[%s]}]}}}}}";
    struct process scheduler;

    add_node(lab, "{'metadata':{'labels':{'disk':'hdd','rank':'1'}}}");
    add_node(lab, "{'metadata':{'labels':{'disk':'ssd','rank':'5'}}}");
    add_node(lab, "{'metadata':{'labels':{'disk':'tape'}}}");
    scheduler_start(lab, &scheduler, NULL);
    make_pod(lab, "selector", "{'spec':{'nodeSelector':{'disk':'ssd'}}}");
    lands_on(lab, "selector", lab->node[1]);
    make_pod(lab, "in", textf(affinity, "{'key':'disk','operator':'In','values':['tape','drum']}"));
    lands_on(lab, "in", lab->node[2]);
    make_pod(lab, "notin", textf(affinity, "{'key':'disk','operator':'NotIn','values':['tape','hdd']}"));
    lands_on(lab, "notin", lab->node[1]);
    make_pod(lab, "without", textf(affinity, "{'key':'rank','operator':'DoesNotExist'}"));
    lands_on(lab, "without", lab->node[2]);
    make_pod(lab, "more", textf(affinity, "{'key':'rank','operator':'Gt','values':['3']}"));
    lands_on(lab, "more", lab->node[1]);
    make_pod(lab, "nowhere", "{'spec':{'nodeSelector':{'disk':'clay'}}}");
    is_refused(lab, "nowhere");
    process_stop(&scheduler);
}

static void cordoned_and_not_ready(struct lab *lab)
{
    struct process scheduler;

    add_node(lab, "{'spec':{'unschedulable':true}}");
    add_node(lab, "{'status':{'conditions':[{'type':'Ready','status':'False','reason':'Test','message':'down'}]}}");
    add_node(lab, "{'status':{'conditions':[{'type':'Ready','status':'Unknown','reason':'Test','message':'lost'}]}}");
    add_node(lab, NULL);
    make_pods(lab, "p", 3, NULL);
    scheduler_start(lab, &scheduler, NULL);
    for (size_t i = 0; i < 3; i++)
        lands_on(lab, textf("p%zu", i), lab->node[3]);
    process_stop(&scheduler);
}

static void resources(struct lab *lab)
{
    static const char wants[] =
        "{'spec':{'containers':[{'name':'pause','image':'registry.k8s.io/pause:3.10','resources':{'requests':{%s}}}]}}";
    struct process scheduler;

    add_node(lab, NULL);
    add_node(lab, "{'status':{'allocatable':{'cpu':'2','memory':'1Gi','pods':'2'}}}");
    scheduler_start(lab, &scheduler, NULL);
    make_pod(lab, "cpu", textf(wants, "'cpu':'2500m'"));
    lands_on(lab, "cpu", lab->node[0]);
    make_pod(lab, "cpu2", textf(wants, "'cpu':'1600m'"));
    lands_on(lab, "cpu2", lab->node[1]);
    make_pod(lab, "memory", textf(wants, "'memory':'1100Mi'"));
    lands_on(lab, "memory", lab->node[0]);
    make_pod(lab, "fits", textf(wants, "'cpu':'400m','memory':'1Gi'"));
    lands_on(lab, "fits", lab->node[1]);
    make_pod(lab, "full", NULL); /* the other node has its two pods */
    lands_on(lab, "full", lab->node[0]);
    make_pod(lab, "large", textf(wants, "'cpu':'1501m'"));
    is_refused(lab, "large");
    make_pod(lab, "exact", textf(wants, "'cpu':'1500m'"));
    lands_on(lab, "exact", lab->node[0]);
    process_stop(&scheduler);
}

static void host_ports(struct lab *lab)
{
    static const char port[] = "{'spec':{'containers':[{'name':'pause','image':'registry.k8s.io/pause:3.10','ports':[{'containerPort':8080,"
                               "'hostPort':8080,'protocol':'%s'}]}]}}";
    struct process scheduler;

    add_node(lab, NULL);
    add_node(lab, NULL);
    scheduler_start(lab, &scheduler, NULL);
    make_pod(lab, "one", textf(port, "TCP"));
    lands_on(lab, "one", lab->node[0]);
    make_pod(lab, "two", textf(port, "TCP"));
    lands_on(lab, "two", lab->node[1]);
    make_pod(lab, "three", textf(port, "TCP"));
    is_refused(lab, "three");
    make_pod(lab, "udp", textf(port, "UDP"));
    lands_on(lab, "udp", lab->node[0]);
    process_stop(&scheduler);
}

/* ---- flags ---- */

static void no_filter_switches_one_off(struct lab *lab)
{
    struct process scheduler;

    add_node(lab, "{'spec':{'unschedulable':true,'taints':[{'key':'a','value':'1','effect':'NoSchedule'}]}}");
    make_pod(lab, "p", NULL);
    scheduler_start(lab, &scheduler, "--no-filter", "unschedulable", NULL);
    is_refused(lab, "p");
    process_stop(&scheduler);
    scheduler_start(lab, &scheduler, "--no-filter", "unschedulable", "--no-filter", "taints", NULL);
    lands_on(lab, "p", lab->node[0]);
    process_stop(&scheduler);
}

static void require_node_label(struct lab *lab)
{
    struct process scheduler;

    add_node(lab, NULL);
    add_node(lab, "{'metadata':{'labels':{'env':'test','gpu':'yes'}}}");
    add_node(lab, "{'metadata':{'labels':{'env':'prod','gpu':'no'}}}");
    make_pods(lab, "p", 3, NULL);
    scheduler_start(lab, &scheduler, "--require-node-label", "env=prod", "--require-node-label", "gpu", NULL);
    for (size_t i = 0; i < 3; i++)
        lands_on(lab, textf("p%zu", i), lab->node[2]);
    process_stop(&scheduler);
}

static void dry_run_changes_nothing(struct lab *lab)
{
    struct process scheduler;
    struct load before, after;
    char version[2][64];

    use_nodes(lab, 1);
    make_pod(lab, "a", NULL);
    make_pod(lab, "b", "{'spec':{'nodeSelector':{'disk':'clay'}}}");
    strcpy(version[0], version_of(lab, "a"));
    strcpy(version[1], version_of(lab, "b"));
    before = requests_so_far(lab);
    scheduler_start(lab, &scheduler, "--dry-run", NULL);
    wait_for_line(&scheduler, scheduler.out, textf("%sdry-run: %s/a -> %s\n", prefix_of(lab->program), lab->id, lab->node[0]));
    wait_for_line(&scheduler, scheduler.err, textf("%s/b does not fit: ", lab->id));
    make_pod(lab, "c", NULL);
    wait_for_line(&scheduler, scheduler.out, textf("%sdry-run: %s/c -> %s\n", prefix_of(lab->program), lab->id, lab->node[0]));
    process_stop(&scheduler);
    after = requests_so_far(lab);
    REQUIRE(!strcmp(version[0], version_of(lab, "a")) && !strcmp(version[1], version_of(lab, "b")), "a pod was written to");
    REQUIRE(count_bound(lab) == 0, "a pod was bound");
    REQUIRE(count_events(lab, "a", "Scheduled") + count_events(lab, "b", "FailedScheduling") == 0, "an event was written");
    if (!requests_are_ours(lab))
        return;
    REQUIRE(requests_between(&before, &after, LOAD_BIND) == 0, "a binding was sent");
    REQUIRE(requests_between(&before, &after, LOAD_EVENTS) == 0, "an event was sent");
    REQUIRE(requests_between(&before, &after, LOAD_STATUS) == 0, "a status was sent");
}

static void once_serves_what_waits_and_ends(struct lab *lab)
{
    size_t pods = lab_sized(lab, 40, 12);
    struct process scheduler;
    struct load before, after;

    use_nodes(lab, 2);
    make_pods(lab, "p", pods, NULL);
    scheduler_start(lab, &scheduler, "--once", NULL);
    wait_for_exit(&scheduler, 0);
    REQUIRE(count_bound(lab) == pods, "%zu of %zu pods are bound", count_bound(lab), pods);
    REQUIRE((size_t)process_count(scheduler.out, "] Bound ") == pods, "not a line for each");
    /* a second run finds nothing to do */
    before = requests_so_far(lab);
    scheduler_start(lab, &scheduler, "--once", NULL);
    wait_for_exit(&scheduler, 0);
    after = requests_so_far(lab);
    REQUIRE(!requests_are_ours(lab) || requests_between(&before, &after, LOAD_BIND) == 0, "the second run has sent a binding");
    REQUIRE(process_lines(scheduler.out) == 1, "the second run says more than that it starts");
}

static void print_pods_has_a_line_for_each(struct lab *lab)
{
    struct process scheduler;

    use_nodes(lab, 1);
    make_pod(lab, "hello", NULL);
    scheduler_start(lab, &scheduler, "--print-pods", "--once", NULL);
    wait_for_exit(&scheduler, 0);
    REQUIRE(process_line(scheduler.out, textf("pod: 'hello', phase: 'Pending' %s.", lab->id)), "no such line");
}

static void simulated_errors_are_retried(struct lab *lab)
{
    struct process scheduler;
    const char *mark = prefix_of(lab->program), *want, *lines;

    use_nodes(lab, 1);
    make_pod(lab, "p", NULL);
    scheduler_start(lab, &scheduler, "--simulate-bind-errors", "2", "--bind-backoff", "0.05", "--once", NULL);
    wait_for_exit(&scheduler, 0);
    lands_on(lab, "p", lab->node[0]);
    want = textf("%stransient error in bind attempt=1: status=500 reason=Simulated internal error\n"
                 "%stransient error in bind attempt=2: status=500 reason=Simulated internal error\n"
                 "%sbind OK %s/p -> %s (attempt=3)\n",
                 mark, mark, mark, lab->id, lab->node[0]);
    lines = process_text(scheduler.out);
    REQUIRE(strstr(lines, want), "stdout is not:\n%s", want);
    REQUIRE(process_count(scheduler.out, "] Bound ") == 0, "a Bound line beside the bind OK line");
}

static void gives_up_after_the_last_attempt(struct lab *lab)
{
    struct process scheduler;

    use_nodes(lab, 1);
    make_pod(lab, "p", NULL);
    scheduler_start(lab, &scheduler, "--simulate-bind-errors", "3", "--max-bind-attempts", "3", "--bind-backoff", "0.02", NULL);
    lands_on(lab, "p", lab->node[0]); /* it comes back to the queue, and then there are no more errors */
    wait_for_line(&scheduler, scheduler.out, textf("%sbind OK %s/p -> %s (attempt=1)\n", prefix_of(lab->program), lab->id, lab->node[0]));
    process_stop(&scheduler);
    REQUIRE(process_count(scheduler.out, textf("%smax retries reached, giving up\n", prefix_of(lab->program))) == 1,
            "it does not say once that it gives up");
}

/* ---- what is printed ---- */

static void verbose_shows_the_scores(struct lab *lab)
{
    struct process scheduler;
    const char *mark = prefix_of(lab->program), *want, *lines;

    use_nodes(lab, 2);
    make_pods(lab, "before", 2, textf("{'spec':{'nodeName':'%s'}}", lab->node[0]));
    make_pod(lab, "p", NULL);
    scheduler_start(lab, &scheduler, "-v", "--once", NULL);
    wait_for_exit(&scheduler, 0);
    want = textf("%snode %s score=2 (app=None)\n%snode %s score=0 (app=None)\n%schoosing node %s with score=0\n", mark, lab->node[0], mark,
                 lab->node[1], mark, lab->node[1]);
    lines = process_text(scheduler.out);
    REQUIRE(strstr(lines, want), "stdout is not:\n%s", want);
}

static void json_logs_are_json(struct lab *lab)
{
    struct process scheduler;
    const char *lines, *line, *end;
    bool told = false;

    use_nodes(lab, 1);
    make_pod(lab, "p", NULL);
    scheduler_start(lab, &scheduler, "--log-format", "json", "--once", NULL);
    wait_for_exit(&scheduler, 0);
    lines = process_text(scheduler.out);
    for (line = lines; (end = strchr(line, '\n')); line = end + 1) {
        json_t *json = json_loadb(line, (size_t)(end - line), JSON_REJECT_DUPLICATES, NULL);

        REQUIRE(json, "no JSON: %s", line);
        REQUIRE(*member(json, "ts") && !strcmp(member(json, "level"), "info"), "no time or level: %s", line);
        REQUIRE(!strncmp(member(json, "scheduler"), lab->program, strlen(lab->program)), "the wrong scheduler: %s", line);
        told |= !strcmp(member(json, "msg"), textf("Bound %s/p -> %s", lab->id, lab->node[0]));
        json_decref(json);
    }
    REQUIRE(told && line > lines && !*line, "no Bound line, or a line without an end");
}

int main(void)
{
    static const struct lab_case cases[] = {
        {"our pod is bound", our_pod_is_bound, EACH, 0},
        {"foreign, bound, gated and deleting pods are left alone", foreign_bound_gated_deleting_pods_are_left_alone, EACH, 0},
        {"a pod is bound when its gate goes", pod_is_bound_when_its_gate_goes, EACH, 0},
        {"--namespace keeps to one", namespace_keeps_to_one, EACH, 0},
        {"least-loaded is exact", least_loaded_is_exact, EACH, 0},
        {"ties go to the first name", ties_go_to_the_first_name, EACH, NEEDS_OWN_NODES},
        {"taints", taints, EACH, NEEDS_OWN_NODES},
        {"node selector and affinity", selector_and_affinity, EACH, NEEDS_OWN_NODES},
        {"cordoned and not ready nodes", cordoned_and_not_ready, EACH, NEEDS_OWN_NODES},
        {"resources", resources, EACH, NEEDS_OWN_NODES},
        {"host ports", host_ports, EACH, NEEDS_OWN_NODES},
        {"--no-filter", no_filter_switches_one_off, EACH, NEEDS_OWN_NODES},
        {"--require-node-label", require_node_label, EACH, NEEDS_OWN_NODES},
        {"--dry-run changes nothing", dry_run_changes_nothing, EACH, 0},
        {"--once serves what waits and ends", once_serves_what_waits_and_ends, EACH, 0},
        {"--print-pods", print_pods_has_a_line_for_each, EACH, 0},
        {"--simulate-bind-errors", simulated_errors_are_retried, EACH, 0},
        {"max retries reached", gives_up_after_the_last_attempt, EACH, 0},
        {"-v shows the scores", verbose_shows_the_scores, EACH, NEEDS_OWN_NODES},
        {"JSON logs", json_logs_are_json, EACH, 0},
    };

    return lab_main("placement", cases, LENGTH(cases));
}

/*
 * unschedulable.c: a pod that fits nowhere is told of in kube-scheduler's words, once, and is bound as soon as something makes room.
 */
#include <ctype.h>
#include <string.h>
#include <unistd.h>

#include "tests/blackbox/support/api.h"
#include "tests/blackbox/support/pages.h"
#include "tests/blackbox/support/requests.h"
#include "tests/blackbox/support/scheduler.h"
#include "tests/blackbox/support/server.h"

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])

static const char five_cpus[] =
    "{'spec':{'containers':[{'name':'pause','image':'registry.k8s.io/pause:3.10','resources':{'requests':{'cpu':'5'}}}]}}";
static const char too_few_cpus[] = "0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: 0/1 nodes are "
                                   "available: 1 Preemption is not helpful for scheduling.";

static bool is_bound(struct lab *lab, const char *pod)
{
    return *node_of(lab, pod) != '\0';
}

/* waits until the condition says this, and nothing else */
static void is_said_of(struct lab *lab, const char *pod, const char *message)
{
    const char *want = textf("False|Unschedulable|%s", message);

    WAIT_UNTIL(!strcmp(pod_scheduled(lab, pod), want), "PodScheduled is \"%s\", expected \"%s\"", pod_scheduled(lab, pod), want);
    REQUIRE(!is_bound(lab, pod), "it is bound");
}

/* 2026-11-22T08:00:00.000000Z */
static bool is_micro_time(const char *time)
{
    const char *shape = "0000-00-00T00:00:00.000000Z";

    if (strlen(time) != strlen(shape))
        return false;
    for (; *time; time++, shape++)
        if (*shape == '0' ? !isdigit((unsigned char)*time) : *shape != *time)
            return false;
    return true;
}

/* the one event of that reason has kube-scheduler's fields */
static void check_event(struct lab *lab, const char *pod, const char *reason, const char *type, const char *action, const char *note)
{
    json_t *events, *event;
    char host[256] = "";

    gethostname(host, sizeof host - 1);
    WAIT_UNTIL(count_events(lab, pod, reason) == 1, "%zu events with reason %s", count_events(lab, pod, reason), reason);
    events = events_of(lab, pod, reason);
    event = json_array_get(events, 0);
    REQUIRE(!strcmp(member(event, "type"), type), "type %s", member(event, "type"));
    REQUIRE(!strcmp(member(event, "action"), action), "action %s", member(event, "action"));
    REQUIRE(!strcmp(member(event, "note"), note), "note \"%s\", expected \"%s\"", member(event, "note"), note);
    REQUIRE(!strcmp(member(event, "reportingController"), lab->id), "reportingController %s", member(event, "reportingController"));
    REQUIRE(!strcmp(member(event, "reportingInstance"), textf("%s-%s", lab->id, host)), "reportingInstance %s",
            member(event, "reportingInstance"));
    REQUIRE(is_micro_time(member(event, "eventTime")), "eventTime %s", member(event, "eventTime"));
    REQUIRE(!strcmp(member(event, "regarding.kind"), "Pod") && !strcmp(member(event, "regarding.namespace"), lab->id) &&
                !strcmp(member(event, "regarding.uid"), uid_of(lab, pod)),
            "it regards another object");
    json_decref(events);
}

static void event_and_condition_are_exact(struct lab *lab)
{
    struct process scheduler;

    use_nodes(lab, 1);
    scheduler_start(lab, &scheduler, NULL);
    make_pod(lab, "large", five_cpus);
    is_said_of(lab, "large", too_few_cpus);
    check_event(lab, "large", "FailedScheduling", "Warning", "Scheduling", too_few_cpus);
    wait_for_line(&scheduler, scheduler.err,
                  textf("%swarning: %s/large does not fit: %s\n", prefix_of(lab->program), lab->id, too_few_cpus));
    process_stop(&scheduler);
}

static void scheduled_event_is_exact(struct lab *lab)
{
    struct process scheduler;

    use_nodes(lab, 1);
    scheduler_start(lab, &scheduler, NULL);
    make_pod(lab, "p", NULL);
    check_event(lab, "p", "Scheduled", "Normal", "Binding", textf("Successfully assigned %s/p to %s", lab->id, lab->node[0]));
    REQUIRE(!strcmp(pod_scheduled(lab, "p"), "True||"), "PodScheduled is \"%s\"", pod_scheduled(lab, "p"));
    process_stop(&scheduler);
}

static void reasons_are_counted_and_sorted(struct lab *lab)
{
    struct process scheduler;

    add_node(lab, "{'spec':{'unschedulable':true}}");
    add_node(lab, "{'spec':{'taints':[{'key':'a','value':'1','effect':'NoSchedule'}]}}");
    add_node(lab, "{'spec':{'taints':[{'key':'b','value':'2','effect':'NoExecute'}]}}");
    use_nodes(lab, 3);
    add_node(lab, "{'status':{'allocatable':{'pods':'1'}}}");
    make_pod(lab, "there", textf("{'spec':{'nodeName':'%s'}}", lab->node[6]));
    scheduler_start(lab, &scheduler, NULL);
    make_pod(lab, "huge",
             "{'spec':{'containers':[{'name':'pause','image':'registry.k8s.io/"
             "pause:3.10','resources':{'requests':{'cpu':'100','memory':'1Ti'}}}]}}");
    is_said_of(
        lab, "huge",
        "0/7 nodes are available: 1 Too many pods, 1 node(s) were unschedulable, 2 node(s) had untolerated taint(s), 4 Insufficient cpu, "
        "4 Insufficient memory. no new claims to deallocate, preemption: 0/7 nodes are available: 7 Preemption is not helpful for "
        "scheduling.");
    process_stop(&scheduler);
}

static void without_nodes_it_says_so(struct lab *lab)
{
    struct process scheduler;

    scheduler_start(lab, &scheduler, NULL);
    make_pod(lab, "p", NULL);
    is_said_of(lab, "p", "no nodes available to schedule pods");
    add_node(lab, NULL);
    WAIT_UNTIL(is_bound(lab, "p"), "not bound when the first node came");
    process_stop(&scheduler);
}

static void it_is_said_once(struct lab *lab)
{
    const char *port = textf("%d", free_port());
    struct load before, after;
    struct process scheduler;
    char version[64];

    use_nodes(lab, 1);
    before = requests_so_far(lab);
    scheduler_start(lab, &scheduler, "--metrics-port", port, NULL);
    make_pod(lab, "large", five_cpus);
    is_said_of(lab, "large", too_few_cpus);
    check_event(lab, "large", "FailedScheduling", "Warning", "Scheduling", too_few_cpus);
    strcpy(version, version_of(lab, "large"));
    /* each of these is a reason to look again: a cycle, a change of the node, a pod that goes */
    for (int i = 0; metric_sum(port, "scheduler_schedule_attempts_total", "result=\"unschedulable\"") < 4; i++) {
        const char *marker = textf("marker%d", i);

        change_node(lab, lab->node[0], textf("{'metadata':{'labels':{'round':'%d'}}}", i));
        make_pod(lab, marker, textf("{'spec':{'nodeSelector':{'round':'%d'}}}", i));
        WAIT_UNTIL(is_bound(lab, marker), "%s is not bound", marker);
        delete_pod(lab, marker);
    }
    process_stop(&scheduler);
    after = requests_so_far(lab);
    REQUIRE(!strcmp(version, version_of(lab, "large")), "the pod was written to again");
    REQUIRE(count_events(lab, "large", "FailedScheduling") == 1, "there are more events");
    /* a marker that is seen before the node's new label is refused for a moment, and says so once too */
    REQUIRE(requests_between(&before, &after, LOAD_STATUS) >= 1 &&
                requests_between(&before, &after, LOAD_STATUS) <= (long)process_count(scheduler.err, " does not fit"),
            "%ld status patches", requests_between(&before, &after, LOAD_STATUS));
    REQUIRE(process_count(scheduler.err, "large does not fit") == 1, "the log says it more than once");
}

static void another_reason_is_said_again(struct lab *lab)
{
    struct process scheduler;

    use_nodes(lab, 1);
    scheduler_start(lab, &scheduler, NULL);
    make_pod(lab, "large", five_cpus);
    is_said_of(lab, "large", too_few_cpus);
    add_node(lab, "{'spec':{'unschedulable':true}}");
    is_said_of(
        lab, "large",
        "0/2 nodes are available: 1 Insufficient cpu, 1 node(s) were unschedulable. no new claims to deallocate, preemption: 0/2 nodes are "
        "available: 2 Preemption is not helpful for scheduling.");
    WAIT_UNTIL(count_events(lab, "large", "FailedScheduling") == 2, "%zu events", count_events(lab, "large", "FailedScheduling"));
    process_stop(&scheduler);
}

/* ---- what helps ---- */

static void big_node_comes(struct lab *lab)
{
    add_node(lab, "{'status':{'allocatable':{'cpu':'8'}}}");
}

static void node_is_uncordoned(struct lab *lab)
{
    change_node(lab, lab->node[1], "{'spec':{'unschedulable':false}}");
}

static void node_is_untainted(struct lab *lab)
{
    change_node(lab, lab->node[2], "{'spec':{'taints':[]}}");
}

static void node_gets_ready(struct lab *lab)
{
    change_node(lab, lab->node[3], "{'status':{'conditions':[{'type':'Ready','status':'True','reason':'Test','message':'up'}]}}");
}

static void node_grows(struct lab *lab)
{
    change_node(lab, lab->node[0], "{'status':{'capacity':{'cpu':'6'},'allocatable':{'cpu':'6'}}}");
}

static void pod_goes(struct lab *lab)
{
    delete_pod(lab, "tenant");
}

static void pod_ends(struct lab *lab)
{
    api_change(lab, textf("/api/v1/namespaces/%s/pods/tenant", lab->id), "/status", json_of("{'status':{'phase':'Succeeded'}}"));
}

/* five nodes, each closed in its own way to a pod of five CPUs; then one of them opens */
static void bound_after(struct lab *lab, void (*help)(struct lab *lab), size_t node)
{
    struct process scheduler;

    add_node(lab, NULL);
    add_node(lab, "{'spec':{'unschedulable':true},'status':{'allocatable':{'cpu':'8'}}}");
    add_node(lab, "{'spec':{'taints':[{'key':'a','value':'1','effect':'NoSchedule'}]},'status':{'allocatable':{'cpu':'8'}}}");
    add_node(lab,
             "{'status':{'allocatable':{'cpu':'8'},'conditions':[{'type':'Ready','status':'False','reason':'Test','message':'down'}]}}");
    add_node(lab, "{'status':{'allocatable':{'cpu':'8'}}}");
    make_pod(lab, "tenant",
             textf("{'spec':{'nodeName':'%s','containers':[{'name':'pause','image':'registry.k8s.io/"
                   "pause:3.10','resources':{'requests':{'cpu':'4'}}}]}}",
                   lab->node[4]));
    scheduler_start(lab, &scheduler, NULL);
    make_pod(lab, "large", five_cpus);
    WAIT_UNTIL(!strncmp(pod_scheduled(lab, "large"), "False|Unschedulable|0/5 nodes", 29), "PodScheduled is \"%s\"",
               pod_scheduled(lab, "large"));
    help(lab);
    WAIT_UNTIL(is_bound(lab, "large"), "it is not bound");
    REQUIRE(!strcmp(node_of(lab, "large"), lab->node[node]), "it is on %s, expected %s", node_of(lab, "large"), lab->node[node]);
    REQUIRE(!strncmp(pod_scheduled(lab, "large"), "True|", 5), "PodScheduled is \"%s\" after the binding", pod_scheduled(lab, "large"));
    check_event(lab, "large", "Scheduled", "Normal", "Binding", textf("Successfully assigned %s/large to %s", lab->id, lab->node[node]));
    process_stop(&scheduler);
    REQUIRE(!strncmp(pod_scheduled(lab, "large"), "True|", 5), "PodScheduled is \"%s\" in the end", pod_scheduled(lab, "large"));
}

static void when_a_node_comes(struct lab *lab)
{
    bound_after(lab, big_node_comes, 5);
}

static void when_a_node_is_uncordoned(struct lab *lab)
{
    bound_after(lab, node_is_uncordoned, 1);
}

static void when_a_taint_goes(struct lab *lab)
{
    bound_after(lab, node_is_untainted, 2);
}

static void when_a_node_gets_ready(struct lab *lab)
{
    bound_after(lab, node_gets_ready, 3);
}

static void when_a_node_grows(struct lab *lab)
{
    bound_after(lab, node_grows, 0);
}

static void when_a_pod_goes(struct lab *lab)
{
    bound_after(lab, pod_goes, 4);
}

static void when_a_pod_ends(struct lab *lab)
{
    bound_after(lab, pod_ends, 4);
}

int main(void)
{
    static const struct lab_case cases[] = {
        {"event and condition are exact", event_and_condition_are_exact, EACH, NEEDS_OWN_NODES},
        {"the Scheduled event is exact", scheduled_event_is_exact, EACH, 0},
        {"reasons are counted and sorted", reasons_are_counted_and_sorted, EACH, NEEDS_OWN_NODES},
        {"without nodes it says so", without_nodes_it_says_so, EACH, NEEDS_OWN_NODES},
        {"it is said once", it_is_said_once, EACH, NEEDS_OWN_NODES},
        {"another reason is said again", another_reason_is_said_again, EACH, NEEDS_OWN_NODES},
        {"bound when a node comes", when_a_node_comes, EACH, NEEDS_OWN_NODES},
        {"bound when a node is uncordoned", when_a_node_is_uncordoned, EACH, NEEDS_OWN_NODES},
        {"bound when a taint goes", when_a_taint_goes, EACH, NEEDS_OWN_NODES},
        {"bound when a node gets ready", when_a_node_gets_ready, EACH, NEEDS_OWN_NODES},
        {"bound when a node grows", when_a_node_grows, EACH, NEEDS_OWN_NODES},
        {"bound when a pod goes", when_a_pod_goes, EACH, NEEDS_OWN_NODES},
        {"bound when a pod ends", when_a_pod_ends, EACH, NEEDS_OWN_NODES},
    };

    return lab_main("unschedulable", cases, LENGTH(cases));
}

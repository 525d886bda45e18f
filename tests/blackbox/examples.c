/*
 * examples.c: the files of manifests/examples, each with the scheduler that it is for: what a student sees. Deployments are run by
 * kube-controller-manager on a real server, and by the case on the simulator.
 */
#include <stdio.h>
#include <string.h>

#include "tests/blackbox/support/api.h"
#include "tests/blackbox/support/manifest.h"
#include "tests/blackbox/support/scene.h"
#include "tests/blackbox/support/scheduler.h"

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])

/* waits for numbers of placed and waiting pods, while the cluster does its part */
static void comes_to(struct lab *lab, const char *app, size_t placed, size_t waiting)
{
    WAIT_UNTIL((manifest_tend(lab), placed_of(lab, app) == placed && waiting_of(lab, app) == waiting),
               "%s: %zu placed, %zu said to wait; expected %zu and %zu", app, placed_of(lab, app), waiting_of(lab, app), placed, waiting);
}

/* the nodes of kind's cluster, with as many pods on each as there are in the guide: 9 on the control plane, 2 on a worker */
static void use_busy_nodes(struct lab *lab)
{
    use_nodes(lab, 4);
    for (size_t i = 0; i < 4; i++)
        make_pods(lab, textf("there%zu-", i), i ? 2 : 9, textf("{'spec':{'schedulerName':'nobody','nodeName':'%s'}}", lab->node[i]));
}

static const char *scores(struct lab *lab, const char *event, size_t a, size_t b, size_t c, const char *pod, size_t chosen, size_t least)
{
    const char *mark = prefix_of(lab->program);

    return textf("%s%snode %s score=9 (app=None)\n%snode %s score=%zu (app=None)\n%snode %s score=%zu (app=None)\n"
                 "%snode %s score=%zu (app=None)\n%schoosing node %s with score=%zu\n",
                 *event ? textf("%s%s pod=%s/%s\n", mark, event, lab->id, pod) : "", mark, lab->node[0], mark, lab->node[1], a, mark,
                 lab->node[2], b, mark, lab->node[3], c, mark, lab->node[chosen], least);
}

/* ---- one pod after the other ---- */

static void backoff(struct lab *lab)
{
    const char *mark = prefix_of(lab->program), *want;
    struct process scheduler;

    use_nodes(lab, 1);
    manifest_apply(lab, "backoff/test-pod.yaml", lab->id);
    scheduler_start(lab, &scheduler, "--simulate-bind-errors", "2", NULL);
    lands_on(lab, "test-pod-backoff-and-retries", lab->node[0]);
    wait_for_line(&scheduler, scheduler.out, "(attempt=3)\n");
    process_stop(&scheduler);
    want = textf("%stransient error in bind attempt=1: status=500 reason=Simulated internal error\n"
                 "%stransient error in bind attempt=2: status=500 reason=Simulated internal error\n"
                 "%sbind OK %s/test-pod-backoff-and-retries -> %s (attempt=3)\n",
                 mark, mark, mark, lab->id, lab->node[0]);
    REQUIRE(strstr(process_text(scheduler.out), want), "stdout is not:\n%s", want);
}

/* the text less the lines that have this */
static const char *without(const char *text, const char *part)
{
    const char *left = "";

    while (*text) {
        int length = (int)strcspn(text, "\n") + 1;
        const char *line = textf("%.*s", length, text);

        if (!strstr(line, part))
            left = textf("%s%s", left, line);
        text += length;
    }
    return left;
}

/*
 * Four pods on four nodes, the whole log. A Bound line comes when the answer does, be the next pod's lines before it or not. The polling scheduler has no
 * events to tell of.
 */
static void spread(struct lab *lab)
{
    static const size_t chosen[] = {1, 2, 3, 1};
    const char *mark = prefix_of(lab->program), *event = !strcmp(lab->program, "watch") ? "event=ADDED" : "", *want;
    struct process scheduler;

    use_busy_nodes(lab);
    manifest_apply(lab, "spread/test-pods.yaml", lab->id);
    scheduler_start(lab, &scheduler, "--policy", "spread", NULL);
    want = textf("%sscheduler starting… name=%s\n", mark, lab->id);
    for (size_t i = 0; i < 4; i++) {
        const char *pod = textf("test-pod-%zu", i + 1);

        lands_on(lab, pod, lab->node[chosen[i]]);
        wait_for_line(&scheduler, scheduler.out, textf("%sBound %s/%s -> %s\n", mark, lab->id, pod, lab->node[chosen[i]]));
        want = textf("%s%s", want, scores(lab, event, i < 1 ? 2 : 3, i < 2 ? 2 : 3, i < 3 ? 2 : 3, pod, chosen[i], i < 3 ? 2 : 3));
    }
    process_stop(&scheduler);
    REQUIRE(!strcmp(without(process_text(scheduler.out), "Bound "), want), "stdout, but for the Bound lines, is\n%s, expected\n%s",
            without(process_text(scheduler.out), "Bound "), want);
    REQUIRE(process_lines(scheduler.err) == 0, "stderr is not empty");
}

static void label(struct lab *lab)
{
    struct process scheduler;

    use_nodes(lab, 3);
    manifest_apply(lab, "label/test-pod.yaml", lab->id);
    scheduler_start(lab, &scheduler, "--require-node-label", "env=prod", NULL);
    is_refused(lab, "test-pod-env-prod");
    change_node(lab, lab->node[1], "{'metadata':{'labels':{'env':'test'}}}");
    change_node(lab, lab->node[2], "{'metadata':{'labels':{'env':'prod'}}}");
    lands_on(lab, "test-pod-env-prod", lab->node[2]);
    process_stop(&scheduler);
}

static void taints(struct lab *lab)
{
    struct process scheduler;

    use_nodes(lab, 3);
    change_node(lab, lab->node[1], "{'spec':{'taints':[{'key':'dedicated','value':'lab','effect':'NoSchedule'}]}}");
    change_node(lab, lab->node[0], "{'spec':{'unschedulable':true}}");
    make_pods(lab, "there", 3, textf("{'spec':{'schedulerName':'nobody','nodeName':'%s'}}", lab->node[2]));
    manifest_apply(lab, "taints/test-pods.yaml", lab->id);
    scheduler_start(lab, &scheduler, NULL);
    lands_on(lab, "test-pod-plain", lab->node[2]); /* though the tainted one is empty */
    lands_on(lab, "test-pod-tolerant", lab->node[1]);
    process_stop(&scheduler);
}

/* the workshop's scheduler: one namespace, a line for each pod, one node */
static void workshop(struct lab *lab)
{
    struct process scheduler;

    use_nodes(lab, 2);
    make_pods(lab, "there", 2, textf("{'spec':{'schedulerName':'nobody','nodeName':'%s'}}", lab->node[1]));
    manifest_apply(lab, "workshop/hello.yaml", NULL);
    scheduler_start(lab, &scheduler, "--scheduler-name", "PrgContSched", "--namespace", lab->id, "--print-pods", "--policy",
                    textf("fixed=%s", lab->node[1]), NULL);
    lands_on(lab, "hello", lab->node[1]);
    process_stop(&scheduler);
    REQUIRE(process_line(scheduler.out, "pod: 'hello', phase: 'Pending' PrgContSched."), "no such line");
}

/* ---- Deployments ---- */

/* three of one label keep apart, though two nodes have less on them */
static void spread_of_a_deployment(struct lab *lab)
{
    struct process scheduler;
    size_t counts[3];

    use_nodes(lab, 3);
    make_pods(lab, "there", 5, textf("{'spec':{'schedulerName':'nobody','nodeName':'%s'}}", lab->node[2]));
    scheduler_start(lab, &scheduler, "--policy", "spread", NULL);
    manifest_apply(lab, "spread/web-deployment.yaml", lab->id);
    comes_to(lab, "web", 3, 0);
    count_each(lab, counts);
    REQUIRE(counts[0] == 1 && counts[1] == 1 && counts[2] == 6, "%zu, %zu and %zu pods", counts[0], counts[1], counts[2]);
    process_stop(&scheduler);
}

/* events Preempted about pods of a Deployment, whose names end as nobody knows */
static size_t preempted_of(struct lab *lab, const char *name)
{
    json_t *events = list_items(lab, textf("/apis/events.k8s.io/v1/namespaces/%s/events", lab->id)), *event;
    size_t count = 0, i;

    json_array_foreach(events, i, event) count +=
        !strcmp(member(event, "reason"), "Preempted") && !strncmp(member(event, "regarding.name"), name, strlen(name));
    json_decref(events);
    return count;
}

static void priority_and_gang(struct lab *lab)
{
    struct process scheduler;
    const char *gang, *low;

    allow_preemption(lab);
    use_nodes(lab, 4);
    scheduler_start(lab, &scheduler, "--policy", "one-per-node", NULL);
    manifest_apply(lab, "priority-gang/example-deployments.yaml", lab->id);
    comes_to(lab, "high-priority", 1, 0);
    comes_to(lab, "gang-app-a", 3, 0);
    comes_to(lab, "low-priority", 0, 1);
    gang = uids_of(lab, "gang-app-a");
    add_node(lab, NULL);
    comes_to(lab, "low-priority", 1, 0);
    low = uids_of(lab, "low-priority");
    manifest_scale(lab, "high-priority", 2); /* the lowest goes, is made again, and waits */
    comes_to(lab, "high-priority", 2, 0);
    comes_to(lab, "low-priority", 0, 1);
    WAIT_UNTIL(preempted_of(lab, "low-priority") >= 1, "no event says that it was preempted");
    REQUIRE(!strcmp(uids_of(lab, "gang-app-a"), gang), "the gang was \"%s\", and is \"%s\"", gang, uids_of(lab, "gang-app-a"));
    manifest_scale(lab, "high-priority", 3); /* three nodes are not left for the gang: it goes, and the low one comes in */
    comes_to(lab, "gang-app-a", 0, 3);
    comes_to(lab, "high-priority", 3, 0);
    comes_to(lab, "low-priority", 1, 0);
    REQUIRE(strcmp(uids_of(lab, "low-priority"), low) != 0, "it is the same one");
    WAIT_UNTIL(preempted_of(lab, "gang-app-a") == 3, "%zu events about the gang", preempted_of(lab, "gang-app-a"));
    manifest_scale(lab, "high-priority", 1);
    comes_to(lab, "gang-app-a", 3, 0);
    comes_to(lab, "low-priority", 1, 0);
    process_stop(&scheduler);
}

static void all_of_the_split_gang(struct lab *lab, size_t placed)
{
    for (int i = 1; i <= 3; i++)
        comes_to(lab, textf("gang-app-b-%d", i), placed, 1 - placed);
}

static void split_gang(struct lab *lab)
{
    struct process scheduler;

    allow_preemption(lab);
    use_nodes(lab, 2);
    scheduler_start(lab, &scheduler, "--policy", "one-per-node", NULL);
    manifest_apply(lab, "priority-gang/example-deployments-split-gang.yaml", lab->id);
    all_of_the_split_gang(lab, 0);
    add_node(lab, NULL);
    all_of_the_split_gang(lab, 1);
    make_pod(lab, "urgent", "{'metadata':{'annotations':{'priority':'100'}}}");
    all_of_the_split_gang(lab, 0);
    lands_on(lab, "urgent", "");
    delete_pod(lab, "urgent");
    all_of_the_split_gang(lab, 1);
    process_stop(&scheduler);
}

int main(void)
{
    static const struct lab_case cases[] = {
        {"backoff", backoff, EACH, 0},
        {"spread", spread, EACH, NEEDS_OWN_NODES},
        {"label", label, EACH, NEEDS_OWN_NODES},
        {"taints", taints, EACH, NEEDS_OWN_NODES},
        {"workshop", workshop, EACH, NEEDS_OWN_NODES},
        {"spread of a Deployment", spread_of_a_deployment, EACH, NEEDS_OWN_NODES | NEEDS_DEPLOYMENTS},
        {"priority and gang", priority_and_gang, EACH, NEEDS_OWN_NODES | NEEDS_DEPLOYMENTS},
        {"split gang", split_gang, EACH, NEEDS_OWN_NODES | NEEDS_DEPLOYMENTS},
    };

    return lab_main("examples", cases, LENGTH(cases));
}

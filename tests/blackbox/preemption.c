/*
 * preemption.c: --preemption with least-loaded: which pods leave a full node for one of higher priority, as kube-scheduler picks them, and that what they
 * leave is for that pod.
 */
#include <stdio.h>
#include <string.h>

#include "tests/blackbox/support/api.h"
#include "tests/blackbox/support/scene.h"
#include "tests/blackbox/support/scheduler.h"

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])
#define NO_CPU "0/1 nodes are available: 1 Insufficient cpu."
#define AND_PREEMPTION " no new claims to deallocate, preemption: "

/* what to make of a pod besides its size and priority */
enum { AS_IT_IS, IS_HELD, IS_FOREIGN, NEVER_PREEMPTS };

/* A pod of so many CPUs; on that node from the beginning, or NULL: to be scheduled. Nodes have 4. */
static void make_sized(struct lab *lab, const char *name, int cpus, int priority, const char *node, int kind)
{
    make_pod(lab, name,
             textf("{'metadata':{%s},'spec':{%s,%s%s'terminationGracePeriodSeconds':%d,'containers':[{'name':'pause','image':"
                   "'registry.k8s.io/pause:3.10','resources':{'requests':{'cpu':'%d'}}}]}}",
                   kind == IS_HELD ? HELD : "", ranked(lab, priority, kind == NEVER_PREEMPTS),
                   kind == IS_FOREIGN ? "'schedulerName':'nobody'," : "", node ? textf("'nodeName':'%s',", node) : "",
                   kind == IS_HELD ? 30 : 0, cpus));
}

static void start(struct lab *lab, struct process *scheduler)
{
    allow_preemption(lab);
    scheduler_start(lab, scheduler, "--preemption", NULL);
}

/* the condition says this, and nothing else; it is on no node */
static void waits_because(struct lab *lab, const char *pod, const char *message)
{
    const char *want = textf("False|Unschedulable|%s", message);

    WAIT_UNTIL(!strcmp(pod_scheduled(lab, pod), want), "PodScheduled of %s is \"%s\", expected \"%s\"", pod, pod_scheduled(lab, pod), want);
    REQUIRE(!*node_of(lab, pod), "%s is bound", pod);
}

/* it preempted, and waits: the condition says so as after the decision, or as each later one says it while the victim goes */
static void waits_for_victims(struct lab *lab, const char *pod, const char *message)
{
    const char *first = textf("False|Unschedulable|%s", message),
               *later = textf("%s" AND_PREEMPTION "not eligible due to a terminating pod on the nominated node.", first);

    WAIT_UNTIL(!strcmp(pod_scheduled(lab, pod), first) || !strcmp(pod_scheduled(lab, pod), later),
               "PodScheduled of %s is \"%s\", expected \"%s\"", pod, pod_scheduled(lab, pod), later);
    REQUIRE(!*node_of(lab, pod), "%s is bound", pod);
}

/* ---- who may ---- */

static void off_by_default(struct lab *lab)
{
    struct process scheduler;
    json_t *then;

    use_nodes(lab, 1);
    make_sized(lab, "low", 3, 1, lab->node[0], AS_IT_IS);
    then = photograph(lab);
    make_sized(lab, "high", 2, 10, NULL, AS_IT_IS);
    scheduler_start(lab, &scheduler, NULL);
    waits_because(lab, "high", NO_CPU AND_PREEMPTION "0/1 nodes are available: 1 No preemption victims found for incoming pod.");
    look_often(lab, 5);
    nobody_moved(lab, then, NULL);
    process_stop(&scheduler);
    start(lab, &scheduler);
    lands_on(lab, "high", lab->node[0]);
    REQUIRE(!*uid_of(lab, "low"), "low is still there");
    process_stop(&scheduler);
    json_decref(then);
}

static void not_the_one_that_never_does(struct lab *lab)
{
    struct process scheduler;
    json_t *then;

    use_nodes(lab, 1);
    make_sized(lab, "low", 3, 1, lab->node[0], AS_IT_IS);
    then = photograph(lab);
    start(lab, &scheduler);
    make_sized(lab, "meek", 2, 10, NULL, NEVER_PREEMPTS);
    waits_because(lab, "meek", NO_CPU AND_PREEMPTION "not eligible due to preemptionPolicy=Never.");
    look_often(lab, 5);
    nobody_moved(lab, then, NULL);
    process_stop(&scheduler);
    json_decref(then);
}

static void equals_stay(struct lab *lab)
{
    struct process scheduler;
    json_t *then;

    use_nodes(lab, 1);
    make_sized(lab, "there", 3, 10, lab->node[0], AS_IT_IS);
    then = photograph(lab);
    start(lab, &scheduler);
    make_sized(lab, "equal", 2, 10, NULL, AS_IT_IS);
    waits_because(lab, "equal", NO_CPU AND_PREEMPTION "0/1 nodes are available: 1 No preemption victims found for incoming pod.");
    look_often(lab, 5);
    nobody_moved(lab, then, NULL);
    process_stop(&scheduler);
    json_decref(then);
}

static void foreign_pods_are_spared(struct lab *lab)
{
    struct process scheduler;
    json_t *then;

    use_nodes(lab, 2);
    make_sized(lab, "foreign", 4, 0, lab->node[0], IS_FOREIGN);
    make_sized(lab, "half", 2, 0, lab->node[1], IS_FOREIGN);
    make_sized(lab, "ours", 2, 5, lab->node[1], AS_IT_IS);
    then = photograph(lab);
    start(lab, &scheduler);
    make_sized(lab, "too-large", 4, 10, NULL, AS_IT_IS);
    waits_because(lab, "too-large",
                  "0/2 nodes are available: 2 Insufficient cpu." AND_PREEMPTION
                  "0/2 nodes are available: 1 Insufficient cpu, 1 No preemption victims found for incoming pod.");
    nobody_moved(lab, then, NULL); /* ours would leave in vain */
    make_sized(lab, "high", 2, 10, NULL, AS_IT_IS);
    lands_on(lab, "high", lab->node[1]);
    nobody_moved(lab, then, "ours");
    REQUIRE(!*uid_of(lab, "ours"), "ours is still there");
    process_stop(&scheduler);
    json_decref(then);
}

/* ---- which ---- */

/* on the first node two of the lowest, on the second one, on the third one that is higher: what goes is the one */
static void fewest_and_lowest_on_the_best_node(struct lab *lab)
{
    struct process scheduler;
    const char *uid;
    json_t *then;

    use_nodes(lab, 3);
    make_sized(lab, "two-a", 2, 5, lab->node[0], IS_HELD);
    make_sized(lab, "two-b", 2, 5, lab->node[0], IS_HELD);
    make_sized(lab, "one", 4, 5, lab->node[1], IS_HELD);
    make_sized(lab, "higher", 4, 9, lab->node[2], IS_HELD);
    uid = uid_of(lab, "one");
    then = photograph(lab);
    start(lab, &scheduler);
    make_sized(lab, "high", 4, 10, NULL, AS_IT_IS);
    is_victim_of(lab, "one", uid, "high", lab->node[1], 30);
    waits_for_victims(lab, "high", "0/3 nodes are available: 3 Insufficient cpu.");
    look_often(lab, 20);
    nobody_moved(lab, then, "one");
    let_go(lab, "one");
    lands_on(lab, "high", lab->node[1]);
    json_object_del(then, "one");
    nobody_moved(lab, then, NULL);
    REQUIRE(process_count(scheduler.out, "preempting ") == 1, "not one line about one victim");
    process_stop(&scheduler);
    json_decref(then);
}

/* all lower ones are taken off in thought; those that fit beside it come back, the most important first */
static void those_that_fit_beside_it_stay(struct lab *lab)
{
    struct process scheduler;
    const char *uid;
    json_t *then;

    use_nodes(lab, 1);
    make_sized(lab, "one", 1, 1, lab->node[0], IS_HELD);
    make_sized(lab, "two", 2, 2, lab->node[0], IS_HELD);
    make_sized(lab, "three", 1, 3, lab->node[0], IS_HELD);
    uid = uid_of(lab, "two");
    then = photograph(lab);
    start(lab, &scheduler);
    make_sized(lab, "high", 2, 10, NULL, AS_IT_IS);
    is_victim_of(lab, "two", uid, "high", lab->node[0], 30);
    let_go(lab, "two");
    lands_on(lab, "high", lab->node[0]);
    nobody_moved(lab, then, "two");
    process_stop(&scheduler);
    json_decref(then);
}

/* ---- until they are gone ---- */

/* two victims, of which one takes its time. What the other one left is not for a lower one, and no one else has to go meanwhile. */
static void room_is_held(struct lab *lab)
{
    struct process scheduler;
    const char *uid;
    json_t *then;

    use_nodes(lab, 2);
    make_sized(lab, "slow", 2, 1, lab->node[0], IS_HELD);
    make_sized(lab, "quick", 2, 1, lab->node[0], AS_IT_IS);
    make_sized(lab, "other", 4, 8, lab->node[1], IS_HELD);
    uid = uid_of(lab, "slow");
    then = photograph(lab);
    json_object_del(then, "quick");
    start(lab, &scheduler);
    make_sized(lab, "high", 4, 10, NULL, AS_IT_IS);
    is_victim_of(lab, "slow", uid, "high", lab->node[0], 30);
    WAIT_UNTIL(!*uid_of(lab, "quick"), "quick is still there");
    make_sized(lab, "lower", 2, 5, NULL, AS_IT_IS);
    is_refused(lab, "lower");
    look_often(lab, 20);
    REQUIRE(!*node_of(lab, "lower"), "lower is on %s, where room was made for high", node_of(lab, "lower"));
    REQUIRE(!*node_of(lab, "high"), "high is on %s, and a victim is still there", node_of(lab, "high"));
    nobody_moved(lab, then, "slow");
    let_go(lab, "slow");
    lands_on(lab, "high", lab->node[0]);
    REQUIRE(!*node_of(lab, "lower"), "lower is bound");
    json_object_del(then, "slow");
    nobody_moved(lab, then, NULL);
    process_stop(&scheduler);
    REQUIRE(process_count(scheduler.out, "preempting ") == 2, "not two lines about two victims");
    json_decref(then);
}

/* the second run knows of the first one's nomination by the API server alone */
static void restart_holds_it_too(struct lab *lab)
{
    struct process scheduler;
    json_t *then;

    use_nodes(lab, 2);
    make_sized(lab, "slow", 2, 1, lab->node[0], IS_HELD);
    make_sized(lab, "quick", 2, 1, lab->node[0], AS_IT_IS);
    make_sized(lab, "other", 4, 8, lab->node[1], IS_HELD);
    start(lab, &scheduler);
    make_sized(lab, "high", 4, 10, NULL, AS_IT_IS);
    is_victim_of(lab, "slow", uid_of(lab, "slow"), "high", lab->node[0], 30);
    WAIT_UNTIL(!*uid_of(lab, "quick"), "quick is still there");
    process_stop(&scheduler);
    make_sized(lab, "lower", 2, 5, NULL, AS_IT_IS);
    then = photograph(lab);
    start(lab, &scheduler);
    is_refused(lab, "lower");
    look_often(lab, 20);
    nobody_moved(lab, then, NULL);
    let_go(lab, "slow");
    lands_on(lab, "high", lab->node[0]);
    REQUIRE(!*node_of(lab, "lower"), "lower is bound");
    REQUIRE(process_count(scheduler.out, "preempting ") == 0, "somebody is preempted again");
    process_stop(&scheduler);
    json_decref(then);
}

int main(void)
{
    static const struct lab_case cases[] = {
        {"off by default", off_by_default, EACH, NEEDS_OWN_NODES},
        {"preemptionPolicy Never", not_the_one_that_never_does, EACH, NEEDS_OWN_NODES},
        {"equals stay", equals_stay, EACH, NEEDS_OWN_NODES},
        {"foreign pods are spared", foreign_pods_are_spared, EACH, NEEDS_OWN_NODES},
        {"the fewest and lowest on the best node", fewest_and_lowest_on_the_best_node, EACH, NEEDS_OWN_NODES},
        {"those that fit beside it stay", those_that_fit_beside_it_stay, EACH, NEEDS_OWN_NODES},
        {"room is held until the victims are gone", room_is_held, EACH, NEEDS_OWN_NODES},
        {"a restart holds it too", restart_holds_it_too, EACH, NEEDS_OWN_NODES},
    };

    return lab_main("preemption", cases, LENGTH(cases));
}

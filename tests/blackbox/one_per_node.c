/*
 * one_per_node.c: --policy one-per-node with single pods: one of ours a node, the highest priority first, and who has to go when a higher one comes.
 * gangs.c has the pods that go together.
 */
#include <stdio.h>
#include <string.h>

#include "tests/blackbox/support/api.h"
#include "tests/blackbox/support/requests.h"
#include "tests/blackbox/support/scene.h"
#include "tests/blackbox/support/scheduler.h"
#include "tests/blackbox/support/server.h"

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])
#define POLICY "--policy", "one-per-node"

/* a pod whose annotation `priority` says this */
static void make_at(struct lab *lab, const char *name, const char *priority)
{
    make_pod(lab, name, textf("{'metadata':{'annotations':{'priority':'%s'}}}", priority));
}

/* the same, HELD when it is deleted, with a grace period of 30 s */
static void make_held(struct lab *lab, const char *name, const char *priority)
{
    make_pod(lab, name,
             textf("{'metadata':{'annotations':{'priority':'%s'}," HELD "},'spec':{'terminationGracePeriodSeconds':30}}", priority));
}

/* somebody else's pod on a node */
static void make_foreign(struct lab *lab, const char *name, const char *node)
{
    make_pod(lab, name, textf("{'spec':{'schedulerName':'nobody','nodeName':'%s'}}", node));
}

/* ---- who gets a node ---- */

static void one_of_ours_a_node(struct lab *lab)
{
    struct process scheduler;
    bool taken[3] = {false};

    use_nodes(lab, 3);
    make_foreign(lab, "foreign0", lab->node[0]);
    make_foreign(lab, "foreign1", lab->node[0]);
    scheduler_start(lab, &scheduler, POLICY, NULL);
    for (int i = 0; i < 4; i++)
        make_pod(lab, textf("p%d", i), NULL);
    WAIT_UNTIL(count_bound(lab) == 5, "%zu of 3 pods are bound", count_bound(lab) - 2);
    for (int i = 0; i < 4; i++)
        for (size_t n = 0; n < 3; n++)
            if (!strcmp(node_of(lab, textf("p%d", i)), lab->node[n])) {
                REQUIRE(!taken[n], "two of our pods are on %s", lab->node[n]);
                taken[n] = true;
            }
    is_refused(lab, "p3"); /* the youngest of those that came in the same second, by name */
    REQUIRE(count_events(lab, "p3", "FailedScheduling") == 1, "no event says why p3 waits");
    lines_are_true(lab, &scheduler);
    delete_pod(lab, "p1");
    WAIT_UNTIL(*node_of(lab, "p3"), "p3 waits, and a node is free");
    process_stop(&scheduler);
    REQUIRE(count_events(lab, "p3", "Preempted") + count_events(lab, "p0", "Preempted") == 0, "somebody was preempted");
}

/* the annotation, else spec.priority, else 0 */
static void highest_first(struct lab *lab)
{
    static const char *const order[] = {"class10", "seven", "five", "nothing", "below"};
    struct process scheduler;

    make_at(lab, "five", "5");
    make_at(lab, "below", "-3");
    make_pod(lab, "nothing", NULL);
    make_pod(lab, "class10", textf("{'spec':{%s}}", ranked(lab, 10, false)));
    make_pod(lab, "seven", textf("{'metadata':{'annotations':{'priority':'7'}},'spec':{%s}}", ranked(lab, 100, false)));
    add_node(lab, NULL);
    scheduler_start(lab, &scheduler, POLICY, NULL);
    for (size_t i = 0; i < LENGTH(order); i++) {
        lands_on(lab, order[i], lab->node[i]);
        if (i + 1 == LENGTH(order))
            break;
        REQUIRE(count_bound(lab) == i + 1, "%zu pods on %zu nodes", count_bound(lab), i + 1);
        add_node(lab, NULL);
    }
    process_stop(&scheduler);
}

static void wrong_priority_is_told_once(struct lab *lab)
{
    struct process scheduler;
    const char *said = textf("pod %s/wrong: annotation priority is \"abc\", expected a whole number: ignored\n", lab->id);

    allow_preemption(lab);
    use_nodes(lab, 1);
    make_at(lab, "wrong", "abc");
    scheduler_start(lab, &scheduler, POLICY, NULL);
    lands_on(lab, "wrong", lab->node[0]);
    wait_for_line(&scheduler, scheduler.err, said);
    make_at(lab, "zero", "0");
    is_refused(lab, "zero"); /* equal: it counts as absent, so as 0 */
    change_pod(lab, "wrong", "{'metadata':{'labels':{'seen':'again'}}}");
    make_at(lab, "one", "1");
    lands_on(lab, "one", lab->node[0]);
    REQUIRE(process_count(scheduler.err, "annotation priority") == 1, "said %d times", process_count(scheduler.err, "annotation priority"));
    process_stop(&scheduler);
}

/* ---- who has to go ---- */

/* v1, v2 and v3 on a node each, HELD, of the priorities 10, 5 and 7 */
static void fill_three_nodes(struct lab *lab, struct process *scheduler)
{
    use_nodes(lab, 3);
    scheduler_start(lab, scheduler, POLICY, NULL);
    make_held(lab, "v1", "10");
    make_held(lab, "v2", "5");
    make_held(lab, "v3", "7");
    WAIT_UNTIL(count_bound(lab) == 3, "%zu of 3 pods are bound", count_bound(lab));
}

static void lowest_goes_and_nobody_else(struct lab *lab)
{
    struct process scheduler;
    const char *node, *uid;
    json_t *then;

    allow_preemption(lab);
    fill_three_nodes(lab, &scheduler);
    node = node_of(lab, "v2");
    uid = uid_of(lab, "v2");
    then = photograph(lab);
    make_at(lab, "high", "8");
    is_victim_of(lab, "v2", uid, "high", node, 30);
    nobody_moved(lab, then, "v2");
    lines_are_true(lab, &scheduler);
    let_go(lab, "v2");
    lands_on(lab, "high", node);
    WAIT_UNTIL(count_events(lab, "high", "Scheduled") == 1, "no event says that it is bound");
    nobody_moved(lab, then, "v2");
    REQUIRE(process_count(scheduler.out, "preempting ") == 1, "not one line about one victim");
    process_stop(&scheduler);
    json_decref(then);
}

/* two come, one after the other, while the first victim is still leaving: a victim each, and no third */
static void victims_are_waited_for(struct lab *lab)
{
    struct process scheduler;
    const char *second, *third;
    json_t *then;

    allow_preemption(lab);
    fill_three_nodes(lab, &scheduler);
    second = node_of(lab, "v2");
    third = node_of(lab, "v3");
    then = photograph(lab);
    make_at(lab, "high", "8");
    is_victim_of(lab, "v2", uid_of(lab, "v2"), "high", second, 30);
    make_at(lab, "higher", "9");
    WAIT_UNTIL(is_leaving(lab, "v3"), "nobody leaves for the second one");
    look_often(lab, 20);
    REQUIRE(!is_leaving(lab, "v1"), "more left than have to");
    let_go(lab, "v3");
    lands_on(lab, "higher", third); /* the first that is free is for the first in order */
    REQUIRE(!*node_of(lab, "high"), "high is on %s, which is not free", node_of(lab, "high"));
    let_go(lab, "v2");
    lands_on(lab, "high", second);
    json_object_del(then, "v3");
    nobody_moved(lab, then, "v2");
    process_stop(&scheduler);
    json_decref(then);
}

static void equals_stay(struct lab *lab)
{
    struct process scheduler;
    json_t *then;

    allow_preemption(lab);
    fill_three_nodes(lab, &scheduler);
    then = photograph(lab);
    make_at(lab, "equal", "5");
    is_refused(lab, "equal");
    make_pod(lab, "low", NULL);
    is_refused(lab, "low");
    look_often(lab, 20);
    nobody_moved(lab, then, NULL);
    REQUIRE(!*text_of(lab, "equal", "status.nominatedNodeName"), "it is nominated");
    REQUIRE(process_count(scheduler.out, "preempting ") == 0, "it says that it preempts");
    process_stop(&scheduler);
    json_decref(then);
}

/* ---- nodes ---- */

static void cordoned_and_deleted_nodes(struct lab *lab)
{
    struct process scheduler;
    json_t *then;

    allow_preemption(lab);
    use_nodes(lab, 2);
    scheduler_start(lab, &scheduler, POLICY, NULL);
    make_at(lab, "a", "3");
    make_at(lab, "b", "3");
    lands_on(lab, "a", lab->node[0]);
    lands_on(lab, "b", lab->node[1]);
    then = photograph(lab);
    change_node(lab, lab->node[0], "{'spec':{'unschedulable':true}}");
    make_at(lab, "c", "1");
    is_refused(lab, "c");
    nobody_moved(lab, then, NULL); /* a cordoned node keeps its pod */
    delete_pod(lab, "a");
    make_at(lab, "d", "2");
    is_refused(lab, "d"); /* the node is free, and cordoned */
    change_node(lab, lab->node[0], "{'spec':{'unschedulable':false}}");
    lands_on(lab, "d", lab->node[0]);
    delete_node(lab, lab->node[1]); /* with its pod on it */
    make_at(lab, "e", "4");
    WAIT_UNTIL(!*uid_of(lab, "d"), "d stays, and e is higher"); /* b holds no capacity any more */
    lands_on(lab, "e", lab->node[0]);
    nobody_moved(lab, then, "a");
    process_stop(&scheduler);
    json_decref(then);
}

/* ---- nothing happens ---- */

static void restart_changes_nothing(struct lab *lab)
{
    struct process scheduler;
    const char *node;
    json_t *then;

    allow_preemption(lab);
    fill_three_nodes(lab, &scheduler);
    node = node_of(lab, "v2");
    make_at(lab, "high", "8");
    is_victim_of(lab, "v2", uid_of(lab, "v2"), "high", node, 30);
    make_at(lab, "low", "1");
    is_refused(lab, "low");
    process_stop(&scheduler);
    then = photograph(lab);
    scheduler_start(lab, &scheduler, POLICY, NULL);
    wait_for_line(&scheduler, scheduler.err, textf("%s/high does not fit: ", lab->id));
    wait_for_line(&scheduler, scheduler.err, textf("%s/low does not fit: ", lab->id));
    nobody_moved(lab, then, NULL);
    REQUIRE(!strcmp(text_of(lab, "high", "status.nominatedNodeName"), node), "high is not nominated any more");
    let_go(lab, "v2");
    lands_on(lab, "high", node);
    json_object_del(then, "v2");
    nobody_moved(lab, then, "high");
    REQUIRE(process_count(scheduler.out, "preempting ") == 0, "somebody is preempted again");
    process_stop(&scheduler);
    json_decref(then);
}

/* a full cluster, one that waits for its victim and one that waits for nothing: what is asked while foreign things change, and for a marker */
static void idle_asks_nothing(struct lab *lab)
{
    static const char *const tolerates =
        "{'metadata':{'annotations':{'priority':'-1'}},'spec':{'tolerations':[{'key':'m','operator':'Exists'}]}}";
    struct load before, after;
    struct process scheduler;

    allow_preemption(lab);
    fill_three_nodes(lab, &scheduler);
    make_foreign(lab, "foreign", lab->node[0]);
    make_at(lab, "high", "8");
    is_victim_of(lab, "v2", uid_of(lab, "v2"), "high", node_of(lab, "v2"), 30);
    make_at(lab, "low", "1");
    is_refused(lab, "low");
    WAIT_UNTIL(count_events(lab, "low", "FailedScheduling") + count_events(lab, "high", "FailedScheduling") == 2, "no event");
    WAIT_UNTIL(count_events(lab, "v1", "Scheduled") + count_events(lab, "v2", "Scheduled") + count_events(lab, "v3", "Scheduled") == 3,
               "no event");
    before = requests_so_far(lab);
    for (int i = 0; i < 10; i++)
        change_pod(lab, "foreign", textf("{'metadata':{'labels':{'round':'%d'}}}", i));
    add_node(lab, "{'spec':{'taints':[{'key':'m','effect':'NoSchedule'}]}}");
    make_pod(lab, "marker", tolerates);
    lands_on(lab, "marker", lab->node[3]);
    WAIT_UNTIL(count_events(lab, "marker", "Scheduled") == 1, "no event");
    after = requests_so_far(lab);
    REQUIRE(requests_between(&before, &after, LOAD_BIND) == 1, "%ld binds", requests_between(&before, &after, LOAD_BIND));
    REQUIRE(requests_between(&before, &after, LOAD_PODS_DELETE) == 0, "%ld deletes", requests_between(&before, &after, LOAD_PODS_DELETE));
    REQUIRE(requests_between(&before, &after, LOAD_PODS_GET) == 0, "%ld gets", requests_between(&before, &after, LOAD_PODS_GET));
    REQUIRE(requests_between(&before, &after, LOAD_STATUS) <= 2, "%ld statuses", requests_between(&before, &after, LOAD_STATUS));
    process_stop(&scheduler);
}

int main(void)
{
    static const struct lab_case cases[] = {
        {"one of ours a node", one_of_ours_a_node, EACH, NEEDS_OWN_NODES},
        {"the highest priority first", highest_first, EACH, NEEDS_OWN_NODES},
        {"a wrong priority is told once", wrong_priority_is_told_once, EACH, NEEDS_OWN_NODES},
        {"the lowest goes, and nobody else", lowest_goes_and_nobody_else, EACH, NEEDS_OWN_NODES},
        {"victims are waited for", victims_are_waited_for, EACH, NEEDS_OWN_NODES},
        {"equals stay", equals_stay, EACH, NEEDS_OWN_NODES},
        {"cordoned and deleted nodes", cordoned_and_deleted_nodes, EACH, NEEDS_OWN_NODES},
        {"a restart changes nothing", restart_changes_nothing, EACH, NEEDS_OWN_NODES},
        {"idle asks nothing", idle_asks_nothing, EACH, NEEDS_OWN_NODES | NEEDS_COUNTS},
    };

    return lab_main("one_per_node", cases, LENGTH(cases));
}

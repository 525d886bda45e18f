/*
 * apart.c: --policy one-per-node with pods that look at other pods: whether a node will do depends on where the others are. They get a node where there is one, and nobody leaves
 * for them.
 */
#include <string.h>

#include "tests/blackbox/support/api.h"
#include "tests/blackbox/support/requests.h"
#include "tests/blackbox/support/scene.h"
#include "tests/blackbox/support/scheduler.h"

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])
#define POLICY "--policy", "one-per-node"

#define NOT_BESIDE(app)                                                                                                                    \
    "'affinity':{'podAntiAffinity':{'requiredDuringSchedulingIgnoredDuringExecution':[{'topologyKey':'zone','labelSelector':"              \
    "{'matchLabels':{'app':'" app "'}}}]}}"
#define SPREAD_OVER_ZONES                                                                                                                  \
    "'topologySpreadConstraints':[{'maxSkew':1,'topologyKey':'zone','whenUnsatisfiable':'DoNotSchedule','labelSelector':"                  \
    "{'matchLabels':{'app':'x'}}}]"

/* one node for each letter, in that zone */
static void use_zones(struct lab *lab, const char *zones)
{
    use_nodes(lab, strlen(zones));
    for (size_t i = 0; zones[i]; i++)
        change_node(lab, lab->node[i], textf("{'metadata':{'labels':{'zone':'%c'}}}", zones[i]));
}

static void make_x(struct lab *lab, const char *name, const char *annotations, const char *spec)
{
    make_pod(lab, name, textf("{'metadata':{'labels':{'app':'x'},'annotations':{%s}},'spec':{%s}}", annotations, spec));
}

/* nothing happens, whatever comes, and it is said why */
static void waits_and_nobody_leaves(struct lab *lab, struct process *scheduler, const char *name, const json_t *then)
{
    is_refused(lab, name);
    look_often(lab, 20);
    nobody_moved(lab, then, name);
    REQUIRE(!*node_of(lab, name), "%s is on %s", name, node_of(lab, name));
    REQUIRE(process_count(scheduler->out, "preempting ") == 0, "it says that it preempts");
    REQUIRE(strstr(pod_scheduled(lab, name), "nobody is evicted for a pod that looks at other pods."), "PodScheduled is \"%s\"",
            pod_scheduled(lab, name));
}

static void nobody_leaves_for_who_is_refused(struct lab *lab)
{
    struct process scheduler;
    json_t *then;

    allow_preemption(lab);
    use_zones(lab, "aa");
    scheduler_start(lab, &scheduler, POLICY, NULL);
    make_x(lab, "low0", "", "");
    make_x(lab, "low1", "", "");
    lands_on(lab, "low0", "");
    lands_on(lab, "low1", "");
    then = photograph(lab);
    make_x(lab, "high", "'priority':'9'", NOT_BESIDE("x"));
    waits_and_nobody_leaves(lab, &scheduler, "high", then);
    delete_pod(lab, "low0"); /* a node is free, and will not do: another in the zone */
    make_pod(lab, "next", NULL);
    lands_on(lab, "next", "");
    delete_pod(lab, "low1");
    lands_on(lab, "high", "");
    process_stop(&scheduler);
    json_decref(then);
}

/* the constraint is the others': the pod itself asks for nothing */
static void nobody_leaves_for_who_is_not_wanted(struct lab *lab)
{
    struct process scheduler;
    json_t *then;

    allow_preemption(lab);
    use_zones(lab, "aa");
    make_pod(lab, "keeper", textf("{'spec':{'schedulerName':'nobody','nodeName':'%s'," NOT_BESIDE("x") "}}", lab->node[0]));
    scheduler_start(lab, &scheduler, POLICY, NULL);
    make_pod(lab, "low0", NULL);
    make_pod(lab, "low1", NULL);
    lands_on(lab, "low0", "");
    lands_on(lab, "low1", "");
    then = photograph(lab);
    make_x(lab, "high", "'priority':'9'", "");
    waits_and_nobody_leaves(lab, &scheduler, "high", then);
    delete_pod(lab, "keeper"); /* now it is a pod as any other */
    lands_on(lab, "high", "");
    process_stop(&scheduler);
    json_decref(then);
}

/* the first free node in name order is not always one that will do */
static void spread_over_zones(struct lab *lab)
{
    struct process scheduler;
    size_t counts[16];

    use_zones(lab, "aaabb");
    scheduler_start(lab, &scheduler, POLICY, NULL);
    for (int i = 0; i < 4; i++)
        make_x(lab, textf("p%d", i), "", SPREAD_OVER_ZONES);
    WAIT_UNTIL(count_bound(lab) == 4, "%zu of 4 pods are bound", count_bound(lab));
    count_each(lab, counts);
    REQUIRE(counts[3] == 1 && counts[4] == 1, "not two of four in each zone");
    make_x(lab, "p4", "", SPREAD_OVER_ZONES);
    lands_on(lab, "p4", lab->node[2]);
    process_stop(&scheduler);
    lines_are_true(lab, &scheduler);
}

/* two that may not be in one zone: not one of them, where the other finds nothing */
static void gang_is_placed_whole(struct lab *lab)
{
    static const char group[] = "'pod-group':'g','pod-group-size':'2'";
    struct process scheduler;
    json_t *then;

    use_zones(lab, "aa");
    scheduler_start(lab, &scheduler, POLICY, NULL);
    make_x(lab, "g0", group, NOT_BESIDE("x"));
    make_x(lab, "g1", group, NOT_BESIDE("x"));
    is_refused(lab, "g0");
    is_refused(lab, "g1");
    then = photograph(lab);
    look_often(lab, 20);
    nobody_moved(lab, then, NULL);
    REQUIRE(count_bound(lab) == 0, "%zu of 2 are bound", count_bound(lab));
    add_node(lab, "{'metadata':{'labels':{'zone':'b'}}}");
    lands_on(lab, "g0", lab->node[0]);
    lands_on(lab, "g1", lab->node[2]);
    process_stop(&scheduler);
    lines_are_true(lab, &scheduler);
    json_decref(then);
}

int main(void)
{
    static const struct lab_case cases[] = {
        {"nobody leaves for who is refused", nobody_leaves_for_who_is_refused, EACH, NEEDS_OWN_NODES},
        {"nobody leaves for who is not wanted", nobody_leaves_for_who_is_not_wanted, EACH, NEEDS_OWN_NODES},
        {"spread over zones", spread_over_zones, EACH, NEEDS_OWN_NODES},
        {"a gang is placed whole", gang_is_placed_whole, EACH, NEEDS_OWN_NODES},
    };

    return lab_main("apart", cases, LENGTH(cases));
}

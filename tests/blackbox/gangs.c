/*
 * gangs.c: --policy one-per-node with pods that go together: all or nothing, on the way in, on the way out, and when something fails in between.
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
#define RECOVERS_SOON "--reinit-delay", "0.2", "--reinit-cooldown", "0.2", "--bind-backoff", "0.05"
#define GANG_BIND_FAILED "the bind of another member of its gang failed for good"

static void make_single(struct lab *lab, const char *name, int priority)
{
    make_pod(lab, name, textf("{'metadata':{'annotations':{'priority':'%d'}}}", priority));
}

/* a member of the gang g; size 0: the gang does not say how many it has */
static void make_member(struct lab *lab, const char *name, int priority, int size)
{
    make_pod(lab, name,
             textf("{'metadata':{'annotations':{'pod-group':'g','priority':'%d'%s}}}", priority,
                   size ? textf(",'pod-group-size':'%d'", size) : ""));
}

/* members <prefix>0 … */
static void make_gang(struct lab *lab, const char *prefix, int priority, int size)
{
    for (int i = 0; i < size; i++)
        make_member(lab, textf("%s%d", prefix, i), priority, size);
}

static size_t bound_of(struct lab *lab, const char *prefix, int size)
{
    size_t bound = 0;

    for (int i = 0; i < size; i++)
        bound += *node_of(lab, textf("%s%d", prefix, i)) != '\0';
    return bound;
}

static size_t there_of(struct lab *lab, const char *prefix, int size)
{
    size_t there = 0;

    for (int i = 0; i < size; i++)
        there += *uid_of(lab, textf("%s%d", prefix, i)) != '\0';
    return there;
}

/* all have a node, each its own */
static void is_whole(struct lab *lab, const char *prefix, int size)
{
    size_t counts[16];

    WAIT_UNTIL(bound_of(lab, prefix, size) == (size_t)size, "%zu of %d members are bound", bound_of(lab, prefix, size), size);
    count_each(lab, counts);
    for (size_t n = 0; n < lab->nodes; n++)
        REQUIRE(counts[n] <= 1, "%zu pods are on %s", counts[n], lab->node[n]);
}

/* it is said of each member that it waits, and none is bound */
static void waits_whole(struct lab *lab, const char *prefix, int size)
{
    for (int i = 0; i < size; i++)
        is_refused(lab, textf("%s%d", prefix, i));
    REQUIRE(bound_of(lab, prefix, size) == 0, "%zu of %d members are bound", bound_of(lab, prefix, size), size);
}

/* ---- on the way in ---- */

static void all_or_nothing(struct lab *lab)
{
    struct process scheduler;

    use_nodes(lab, 2);
    for (int i = 0; i < 3; i++)
        make_member(lab, textf("g%d", i), 0, 0);
    scheduler_start(lab, &scheduler, POLICY, NULL);
    waits_whole(lab, "g", 3);
    REQUIRE(count_events(lab, "g0", "FailedScheduling") == 1, "no event says why it waits");
    add_node(lab, NULL);
    is_whole(lab, "g", 3);
    process_stop(&scheduler);
    lines_are_true(lab, &scheduler);
}

/* what fits beside a gang that does not is not held up by it */
static void gang_that_does_not_fit_is_passed_over(struct lab *lab)
{
    struct process scheduler;

    use_nodes(lab, 3);
    make_single(lab, "high", 100);
    make_gang(lab, "g", 50, 3);
    make_single(lab, "low", 10);
    scheduler_start(lab, &scheduler, POLICY, NULL);
    lands_on(lab, "high", "");
    lands_on(lab, "low", "");
    waits_whole(lab, "g", 3);
    process_stop(&scheduler);
}

static void size_is_waited_for(struct lab *lab)
{
    struct process scheduler;

    use_nodes(lab, 3);
    scheduler_start(lab, &scheduler, POLICY, NULL);
    make_member(lab, "g0", 0, 3);
    make_member(lab, "g1", 0, 3);
    WAIT_UNTIL(!strcmp(pod_scheduled(lab, "g1"), "False|Unschedulable|pod group \"g\" has 2 of 3 members."), "PodScheduled is \"%s\"",
               pod_scheduled(lab, "g1"));
    make_single(lab, "other", 0);
    lands_on(lab, "other", "");
    delete_pod(lab, "other");
    REQUIRE(bound_of(lab, "g", 2) == 0, "it did not wait for its third member");
    make_member(lab, "g2", 0, 3);
    is_whole(lab, "g", 3);
    process_stop(&scheduler);
}

/* ---- who has to go ---- */

static void gang_preempts_several_lower_ones(struct lab *lab)
{
    struct process scheduler;
    json_t *then;

    allow_preemption(lab);
    use_nodes(lab, 4);
    scheduler_start(lab, &scheduler, POLICY, NULL);
    for (int i = 1; i <= 3; i++)
        make_single(lab, textf("low%d", i), i);
    make_single(lab, "high", 20);
    WAIT_UNTIL(count_bound(lab) == 4, "%zu of 4 pods are bound", count_bound(lab));
    then = photograph(lab);
    for (int i = 1; i <= 3; i++)
        json_object_del(then, textf("low%d", i));
    make_gang(lab, "g", 10, 3);
    is_whole(lab, "g", 3);
    nobody_moved(lab, then, NULL);
    for (int i = 1; i <= 3; i++) {
        REQUIRE(!*uid_of(lab, textf("low%d", i)), "low%d is still there", i);
        WAIT_UNTIL(count_events(lab, textf("low%d", i), "Preempted") == 1, "no event says that low%d was preempted", i);
    }
    process_stop(&scheduler);
    json_decref(then);
}

/* two low ones are not enough for a gang of three: nobody leaves in vain */
static void nobody_leaves_in_vain(struct lab *lab)
{
    struct process scheduler;
    json_t *then;

    allow_preemption(lab);
    use_nodes(lab, 3);
    scheduler_start(lab, &scheduler, POLICY, NULL);
    make_single(lab, "low1", 1);
    make_single(lab, "low2", 2);
    make_single(lab, "high", 20);
    WAIT_UNTIL(count_bound(lab) == 3, "%zu of 3 pods are bound", count_bound(lab));
    then = photograph(lab);
    make_gang(lab, "g", 10, 3);
    waits_whole(lab, "g", 3);
    nobody_moved(lab, then, NULL);
    REQUIRE(process_count(scheduler.out, "preempting ") == 0, "it says that it preempts");
    process_stop(&scheduler);
    json_decref(then);
}

static void evicted_and_returns_whole(struct lab *lab)
{
    struct process scheduler;

    allow_preemption(lab);
    use_nodes(lab, 3);
    scheduler_start(lab, &scheduler, POLICY, NULL);
    make_gang(lab, "g", 5, 3);
    is_whole(lab, "g", 3);
    make_single(lab, "high", 9);
    WAIT_UNTIL(there_of(lab, "g", 3) == 0, "%zu of 3 members are left", there_of(lab, "g", 3));
    lands_on(lab, "high", "");
    for (int i = 0; i < 3; i++)
        WAIT_UNTIL(count_events(lab, textf("g%d", i), "Preempted") == 1, "no event says that g%d was preempted", i);
    make_gang(lab, "h", 5, 3); /* as a ReplicaSet makes them again */
    waits_whole(lab, "h", 3);
    delete_pod(lab, "high");
    is_whole(lab, "h", 3);
    process_stop(&scheduler);
}

/* one victim takes its time: the gang that needs all nodes is not bound to the free ones meanwhile */
static void gang_waits_for_the_last_victim(struct lab *lab)
{
    struct process scheduler;
    const char *uid;

    allow_preemption(lab);
    use_nodes(lab, 3);
    scheduler_start(lab, &scheduler, POLICY, NULL);
    make_pod(lab, "slow", "{'metadata':{'annotations':{'priority':'1'}," HELD "},'spec':{'terminationGracePeriodSeconds':30}}");
    uid = uid_of(lab, "slow");
    lands_on(lab, "slow", lab->node[0]);
    make_gang(lab, "g", 10, 3);
    WAIT_UNTIL(is_leaving(lab, "slow"), "it is not evicted");
    REQUIRE(!strcmp(uid_of(lab, "slow"), uid), "another pod is leaving");
    waits_whole(lab, "g", 3);
    make_pod(lab, "low", NULL); /* and nobody else gets what is kept for it */
    is_refused(lab, "low");
    REQUIRE(bound_of(lab, "g", 3) == 0, "a part of the gang is bound");
    let_go(lab, "slow");
    is_whole(lab, "g", 3);
    process_stop(&scheduler);
}

/* ---- what fails ---- */

static void bind_that_fails_takes_the_gang_back(struct lab *lab)
{
    struct process scheduler;

    use_nodes(lab, 3);
    server_faults(lab, "[{'verb':'create','resource':'pods','subresource':'binding','name':'g2','count':2,'do':{'status':500}}]");
    make_gang(lab, "g", 5, 3);
    scheduler_start(lab, &scheduler, POLICY, RECOVERS_SOON, "--max-bind-attempts", "2", NULL);
    WAIT_UNTIL(there_of(lab, "g", 2) == 0, "%zu of the members that were bound are left", there_of(lab, "g", 2));
    for (int i = 0; i < 2; i++) {
        wait_for_line(&scheduler, scheduler.out, textf("preempting %s/g%d on %s: " GANG_BIND_FAILED "\n", lab->id, i, lab->node[i]));
        is_said_preempted(lab, textf("g%d", i), GANG_BIND_FAILED);
    }
    REQUIRE(!*node_of(lab, "g2") && *uid_of(lab, "g2"), "g2 is bound or gone");
    make_member(lab, "g0", 5, 3);
    WAIT_UNTIL(!strcmp(pod_scheduled(lab, "g0"), "False|Unschedulable|pod group \"g\" has 2 of 3 members."), "PodScheduled is \"%s\"",
               pod_scheduled(lab, "g0"));
    REQUIRE(bound_of(lab, "g", 3) == 0, "a part of the gang is back");
    make_member(lab, "g1", 5, 3);
    is_whole(lab, "g", 3);
    process_stop(&scheduler);
    REQUIRE(process_count(scheduler.out, "max retries reached, giving up\n") == 1, "it does not say once that it gives up");
}

/*
 * One of its members cannot be deleted, and meanwhile the plan is made anew, several times: it still has to go, as what is left is no smaller gang. Who comes
 * back waits for that, and is not bound beside it.
 */
static void member_that_cannot_be_deleted(struct lab *lab)
{
    struct process scheduler;
    const char *stays;

    allow_preemption(lab);
    use_nodes(lab, 3);
    scheduler_start(lab, &scheduler, POLICY, RECOVERS_SOON, NULL);
    make_gang(lab, "g", 5, 3);
    is_whole(lab, "g", 3);
    stays = uid_of(lab, "g1");
    forbid_deletion(lab, "g1");
    make_single(lab, "high", 9);
    lands_on(lab, "high", "");
    WAIT_UNTIL(there_of(lab, "g", 3) == 1, "%zu of 3 members are left", there_of(lab, "g", 3));
    delete_pod(lab, "high");
    make_member(lab, "g0", 5, 3); /* as a controller makes them again */
    make_member(lab, "g2", 5, 3);
    WAIT_UNTIL(!strcmp(pod_scheduled(lab, "g0"), "False|Unschedulable|pod group \"g\" is being evicted."), "PodScheduled is \"%s\"",
               pod_scheduled(lab, "g0"));
    look_often(lab, 10);
    REQUIRE(bound_of(lab, "g", 3) == 1 && !strcmp(uid_of(lab, "g1"), stays), "%zu members are bound", bound_of(lab, "g", 3));
    permit_deletion(lab);
    WAIT_UNTIL(strcmp(uid_of(lab, "g1"), stays) != 0, "g1 stays");
    REQUIRE(bound_of(lab, "g", 3) == 0, "a part of the gang is back");
    make_member(lab, "g1", 5, 3);
    is_whole(lab, "g", 3);
    process_stop(&scheduler);
}

/* the same after a bind that failed for good; and nobody is left who waits, for whom polling would make a plan */
static void last_member_that_cannot_be_deleted(struct lab *lab)
{
    struct process scheduler;

    use_nodes(lab, 3);
    server_faults(lab, "[{'verb':'create','resource':'pods','subresource':'binding','name':'g2','count':-1,'do':{'status':500}},"
                       "{'verb':'delete','resource':'pods','name':'g1','count':-1,'do':{'status':403}}]");
    make_gang(lab, "g", 5, 3);
    scheduler_start(lab, &scheduler, POLICY, RECOVERS_SOON, "--max-bind-attempts", "2", NULL);
    wait_for_line(&scheduler, scheduler.err, "missing RBAC rule {apiGroups: [\"\"], resources: [\"pods\"], verbs: [\"delete\"]}: ");
    WAIT_UNTIL(!*uid_of(lab, "g0"), "g0 stays");
    delete_pod(lab, "g2");
    REQUIRE(*node_of(lab, "g1"), "g1 is not where it was");
    server_faults(lab, NULL);
    WAIT_UNTIL(there_of(lab, "g", 3) == 0, "g1 stays");
    is_said_preempted(lab, "g1", GANG_BIND_FAILED);
    process_stop(&scheduler);
}

static void missing_right_to_delete_is_named(struct lab *lab)
{
    struct process scheduler;
    int64_t began, seconds;
    json_t *then;
    int tries;

    if (lab->server == ENVTEST)
        server_control(lab, "forbid", "rbac-preemption.yaml");
    else
        server_faults(lab, "[{'verb':'delete','resource':'pods','name':'low','count':-1,'do':{'status':403}}]");
    use_nodes(lab, 1);
    scheduler_start(lab, &scheduler, POLICY, NULL);
    make_single(lab, "low", 1);
    lands_on(lab, "low", "");
    began = now_us();
    make_single(lab, "high", 2);
    wait_for_line(&scheduler, scheduler.err, "missing RBAC rule {apiGroups: [\"\"], resources: [\"pods\"], verbs: [\"delete\"]}: ");
    then = photograph(lab);
    make_single(lab, "other", 0);
    is_refused(lab, "other");
    look_often(lab, 20);
    nobody_moved(lab, then, "other");
    seconds = (now_us() - began) / 1000000;
    tries = process_count(scheduler.out, "preempting ");
    REQUIRE(tries <= 1 + seconds / 9, "it tried %d times in %d s", tries, (int)seconds);
    if (lab->server == ENVTEST)
        server_control(lab, "allow", "rbac-preemption.yaml");
    else
        server_faults(lab, NULL);
    lands_on(lab, "high", "");
    process_stop(&scheduler);
    json_decref(then);
}

/* the API server says that the pod is gone, or taken: what is so is found out, and nobody waits for ever */
static void refused_binds(struct lab *lab, const char *status)
{
    struct process scheduler;

    use_nodes(lab, 2);
    server_faults(lab, textf("[{'verb':'create','resource':'pods','subresource':'binding','name':'p','do':{'status':%s}}]", status));
    scheduler_start(lab, &scheduler, POLICY, RECOVERS_SOON, NULL);
    make_single(lab, "p", 2);
    make_single(lab, "q", 1);
    lands_on(lab, "p", "");
    lands_on(lab, "q", "");
    process_stop(&scheduler);
    REQUIRE(requests_with(lab, "\"subresource\":\"binding\"", textf("\"code\":%s", status), NULL) == 1, "no bind was answered %s", status);
    REQUIRE(requests_with(lab, "\"subresource\":\"binding\"", "\"code\":201", NULL) == 2, "not a binding for each");
    REQUIRE(requests_with(lab, "\"verb\":\"delete\"", NULL) == 0, "a pod was deleted");
    lines_are_true(lab, &scheduler);
}

static void bind_answered_404(struct lab *lab)
{
    refused_binds(lab, "404");
}

static void bind_answered_409(struct lab *lab)
{
    refused_binds(lab, "409");
}

int main(void)
{
    static const struct lab_case cases[] = {
        {"all or nothing", all_or_nothing, EACH, NEEDS_OWN_NODES},
        {"a gang that does not fit is passed over", gang_that_does_not_fit_is_passed_over, EACH, NEEDS_OWN_NODES},
        {"pod-group-size is waited for", size_is_waited_for, EACH, NEEDS_OWN_NODES},
        {"a gang preempts several lower ones", gang_preempts_several_lower_ones, EACH, NEEDS_OWN_NODES},
        {"nobody leaves in vain", nobody_leaves_in_vain, EACH, NEEDS_OWN_NODES},
        {"a gang is evicted and returns whole", evicted_and_returns_whole, EACH, NEEDS_OWN_NODES},
        {"a gang waits for the last victim", gang_waits_for_the_last_victim, EACH, NEEDS_OWN_NODES},
        {"a bind that fails takes the gang back", bind_that_fails_takes_the_gang_back, EACH, NEEDS_SIMULATOR},
        {"a member that cannot be deleted", member_that_cannot_be_deleted, EACH, NEEDS_OWN_NODES},
        {"the last member, which cannot be deleted", last_member_that_cannot_be_deleted, EACH, NEEDS_SIMULATOR},
        {"the missing right to delete is named", missing_right_to_delete_is_named, EACH, NEEDS_OWN_NODES},
        {"a bind answered 404", bind_answered_404, EACH, NEEDS_SIMULATOR},
        {"a bind answered 409", bind_answered_409, EACH, NEEDS_SIMULATOR},
    };

    return lab_main("gangs", cases, LENGTH(cases));
}

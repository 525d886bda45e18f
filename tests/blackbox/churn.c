/*
 * churn.c: the world changes under the scheduler's hands: pods come back under the same name, nodes go, a second scheduler works beside
 * it, the scheduler itself is killed. No pod is lost, none is bound twice, none to a node it did not ask for.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "compare/observer.h"
#include "tests/blackbox/support/api.h"
#include "tests/blackbox/support/plan.h"
#include "tests/blackbox/support/requests.h"
#include "tests/blackbox/support/scheduler.h"
#include "tests/blackbox/support/server.h"

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])

static const char *pinned_to(const struct lab *lab, size_t node)
{
    return textf("{'spec':{'nodeSelector':{'kubernetes.io/hostname':'%s'}}}", lab->node[node]);
}

static void all_on(struct lab *lab, size_t pods, size_t node)
{
    WAIT_UNTIL(count_bound(lab) == pods, "%zu of %zu pods are bound", count_bound(lab), pods);
    REQUIRE(count_on(lab, lab->node[node]) == pods, "%zu of %zu pods are on the node they ask for", count_on(lab, lab->node[node]), pods);
}

/* the same names again and again, each time asking for the other node: a binding meant for the pod before lands on the wrong one */
static void names_come_back(struct lab *lab)
{
    size_t rounds = lab_sized(lab, 6, 3), pods = lab_sized(lab, 40, 10);
    struct process scheduler;

    use_nodes(lab, 2);
    scheduler_start(lab, &scheduler, NULL);
    for (size_t round = 0; round < rounds; round++) {
        make_pods(lab, "p", pods, pinned_to(lab, round % 2));
        delete_pods(lab, "p", pods);
        make_pods(lab, "p", pods, pinned_to(lab, (round + 1) % 2));
        all_on(lab, pods, (round + 1) % 2);
        delete_pods(lab, "p", pods);
    }
    process_stop(&scheduler);
}

/*
 * The certain case of it: the scheduler has chosen, waits for its second attempt, and cannot hear that the pod is another one by now. The UID
 * in the binding is all that protects the new pod.
 */
static void uid_protects_the_new_pod(struct lab *lab)
{
    struct process scheduler;

    use_nodes(lab, 2);
    make_pod(lab, "p", pinned_to(lab, 0));
    scheduler_start(lab, &scheduler, "--simulate-bind-errors", "1", "--bind-backoff", "0.7", NULL);
    wait_for_line(&scheduler, scheduler.out, "transient error in bind attempt=1");
    server_faults(lab, "[{'verb':'watch','count':-1,'do':{'status':503}},{'verb':'list','count':-1,'do':{'status':503}}]");
    close_watches(lab);
    delete_pod(lab, "p");
    make_pod(lab, "p", pinned_to(lab, 1));
    WAIT_UNTIL(requests_with(lab, "\"subresource\":\"binding\"", "\"code\":409", NULL) == 1, "no binding was refused");
    REQUIRE(!*node_of(lab, "p"), "the new pod was bound to %s", node_of(lab, "p"));
    server_faults(lab, NULL);
    all_on(lab, 1, 1);
    process_stop(&scheduler);
}

static void nodes_go_and_come(struct lab *lab)
{
    struct process scheduler;
    size_t gone = 4;

    use_nodes(lab, 8);
    make_pods(lab, "before", 100, NULL);
    scheduler_start(lab, &scheduler, NULL);
    for (size_t i = 0; i < gone; i++)
        delete_node(lab, lab->node[i]);
    use_nodes(lab, 4);
    WAIT_UNTIL(count_bound(lab) == 100, "%zu of 100 pods are bound", count_bound(lab));
    make_pod(lab, "orphan", pinned_to(lab, 0));
    WAIT_UNTIL(strstr(pod_scheduled(lab, "orphan"), "0/8 nodes are available"), "PodScheduled is \"%s\"", pod_scheduled(lab, "orphan"));
    delete_pods(lab, "before", 100);
    make_pods(lab, "after", 80, NULL);
    WAIT_UNTIL(count_bound(lab) == 80, "%zu of 80 pods are bound", count_bound(lab));
    for (size_t i = 0; i < lab->nodes; i++)
        REQUIRE(count_on(lab, lab->node[i]) == (i < gone ? 0 : 10), "%zu pods on %s", count_on(lab, lab->node[i]), lab->node[i]);
    process_stop(&scheduler);
}

/* ---- judged by somebody who watches ---- */

struct witness {
    struct observer *observer;
    struct load before;
    size_t pods;
};

static void witness_begin(struct lab *lab, struct witness *witness, size_t pods)
{
    struct error err = ERROR_INIT;

    witness->pods = pods;
    witness->before = requests_so_far(lab);
    witness->observer = observer_open(lab->admin, lab->id, "p", pods, &err);
    REQUIRE(witness->observer, "%s", err.text);
}

/* every pod p0 … was bound, and its node was set once */
static void witness_end(struct witness *witness)
{
    struct error err = ERROR_INIT;
    struct observation *seen;

    REQUIRE(observer_wait(witness->observer, OBSERVER_BOUND, witness->pods, DEADLINE_MS), "%zu of %zu pods are bound",
            observer_counts(witness->observer).bound, witness->pods);
    seen = observer_finish(witness->observer, &err);
    REQUIRE(seen, "%s", err.text);
    REQUIRE(!seen->invalid, "%s", seen->reason);
    observation_free(seen);
    observer_close(witness->observer);
}

/* the case's program and watch, under the same name */
static void two_of_the_same_name(struct lab *lab)
{
    size_t pods = lab_sized(lab, 200, 40);
    struct process one, other;
    struct witness witness;

    use_nodes(lab, 10);
    witness_begin(lab, &witness, pods);
    make_pods(lab, "p", pods / 2, NULL);
    scheduler_start(lab, &one, NULL);
    scheduler_start_as(lab, &other, "watch", "other", -1, NULL);
    for (size_t i = pods / 2; i < pods; i++)
        make_pod(lab, textf("p%zu", i), NULL);
    witness_end(&witness);
    process_stop(&one);
    process_stop(&other);
    lines_are_true(lab, &one);
    lines_are_true(lab, &other);
    REQUIRE(count_bound(lab) == pods, "%zu of %zu pods are bound", count_bound(lab), pods);
}

static void killed_and_started_again(struct lab *lab)
{
    size_t pods = lab_sized(lab, 150, 45), few = pods * 2 / 15;
    struct process scheduler;
    struct witness witness;

    use_nodes(lab, 5);
    witness_begin(lab, &witness, pods);
    make_pods(lab, "p", pods, NULL);
    for (size_t bound = few; bound <= 5 * few; bound += 2 * few) {
        scheduler_start(lab, &scheduler, "--max-inflight", "2", NULL);
        REQUIRE(observer_wait(witness.observer, OBSERVER_BOUND, bound, DEADLINE_MS), "no %zu pods are bound", bound);
        process_signal(&scheduler, SIGKILL);
        wait_for_exit(&scheduler, 128 + SIGKILL);
    }
    scheduler_start(lab, &scheduler, NULL);
    witness_end(&witness);
    process_stop(&scheduler);
    lines_are_true(lab, &scheduler);
}

static void second_run_finds_nothing(struct lab *lab)
{
    size_t pods = lab_sized(lab, 30, 6);
    struct process scheduler;
    struct load before, after;

    use_nodes(lab, 3);
    make_pods(lab, "p", pods, NULL);
    scheduler_start(lab, &scheduler, NULL);
    WAIT_UNTIL(count_bound(lab) == pods, "%zu of %zu pods are bound", count_bound(lab), pods);
    process_stop(&scheduler);
    before = requests_so_far(lab);
    scheduler_start(lab, &scheduler, NULL);
    make_pod(lab, "marker", NULL);
    WAIT_UNTIL(count_bound(lab) == pods + 1, "the marker is not bound");
    process_stop(&scheduler);
    after = requests_so_far(lab);
    REQUIRE(!requests_are_ours(lab) || requests_between(&before, &after, LOAD_BIND) == 1, "%ld bindings for the marker",
            requests_between(&before, &after, LOAD_BIND));
    REQUIRE(process_count(scheduler.out, "] Bound ") == 1, "it claims to have bound more than the marker");
}

int main(void)
{
    static const struct lab_case cases[] = {
        {"names come back", names_come_back, EACH, 0},
        {"the UID protects the new pod", uid_protects_the_new_pod, EACH, NEEDS_SIMULATOR},
        {"nodes go and come", nodes_go_and_come, EACH, NEEDS_OWN_NODES},
        {"two of the same name", two_of_the_same_name, EACH, 0},
        {"killed and started again", killed_and_started_again, EACH, 0},
        {"a second run finds nothing to do", second_run_finds_nothing, EACH, 0},
    };

    return lab_main("churn", cases, LENGTH(cases));
}

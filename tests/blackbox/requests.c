/*
 * requests.c: what the schedulers ask of the API server, counted by the server: nothing when there is nothing to ask, and no more for many pods
 * than for one.
 */
#include <string.h>

#include "tests/blackbox/support/api.h"
#include "tests/blackbox/support/pages.h"
#include "tests/blackbox/support/requests.h"
#include "tests/blackbox/support/scheduler.h"
#include "tests/blackbox/support/server.h"

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])
#define IDLE_MS 1500 /* an idle time has to pass: there is no event at its end */

static void pass_time(int64_t ms)
{
    struct wait wait = {now_us() + ms * 1000, 1000};

    while (wait_more(&wait))
        continue;
}

static long lists(const struct load *before, const struct load *after)
{
    return requests_between(before, after, LOAD_PODS_LIST) + requests_between(before, after, LOAD_NODES_LIST);
}

static void bind_marker(struct lab *lab, const char *name)
{
    make_pod(lab, name, NULL);
    WAIT_UNTIL(*node_of(lab, name), "%s is not bound", name);
}

/* requests of any kind, as the server counts them; on a living cluster, where others ask too, as the scheduler does */
static double asked_so_far(struct lab *lab, const char *port)
{
    struct load load;
    double sum = 0;

    if (!requests_are_ours(lab))
        return metric_sum(port, "rest_client_requests_total", "method=");
    load = requests_so_far(lab);
    for (int kind = 0; kind < LOAD_KINDS; kind++)
        sum += (double)load.count[kind];
    return sum;
}

static void watch_is_silent_while_idle(struct lab *lab)
{
    const char *port = textf("%d", free_port());
    struct process scheduler;
    double before, after;

    use_nodes(lab, 3);
    scheduler_start(lab, &scheduler, "--metrics-port", port, NULL);
    bind_marker(lab, "marker");
    WAIT_UNTIL(count_events(lab, "marker", "Scheduled") == 1, "no event");
    before = asked_so_far(lab, port);
    pass_time(IDLE_MS);
    after = asked_so_far(lab, port);
    REQUIRE(after == before, "%g requests while nothing happened", after - before);
    before = metric_sum(port, "rest_client_requests_total", "method=\"GET\"");
    bind_marker(lab, "marker2");
    WAIT_UNTIL(count_events(lab, "marker2", "Scheduled") == 1, "no event");
    after = metric_sum(port, "rest_client_requests_total", "method=\"GET\"");
    REQUIRE(before > 0 && after == before, "%g lists for one pod", after - before);
    process_stop(&scheduler);
}

/* other people's pods, running ones and changing nodes are no reason to ask anything */
static void watch_asks_nothing_of_what_it_hears(struct lab *lab)
{
    struct load before, after;
    struct process scheduler;

    use_nodes(lab, 3);
    scheduler_start(lab, &scheduler, NULL);
    bind_marker(lab, "marker");
    before = requests_so_far(lab);
    make_pods(lab, "foreign", 20, "{'spec':{'schedulerName':'somebody-else'}}");
    make_pods(lab, "there", 20, textf("{'spec':{'nodeName':'%s'}}", lab->node[0]));
    if (requests_are_ours(lab))
        for (size_t i = 0; i < 5; i++)
            change_node(lab, lab->node[1], textf("{'metadata':{'labels':{'round':'%zu'}}}", i));
    bind_marker(lab, "marker2");
    after = requests_so_far(lab);
    REQUIRE(lists(&before, &after) == 0, "%ld lists", lists(&before, &after));
    REQUIRE(requests_between(&before, &after, LOAD_PODS_GET) == 0, "it has read pods");
    REQUIRE(requests_between(&before, &after, LOAD_BIND) == 1, "%ld binds", requests_between(&before, &after, LOAD_BIND));
    process_stop(&scheduler);
}

static void watch_starts_without_a_list(struct lab *lab)
{
    struct load before, after;
    struct process scheduler;

    use_nodes(lab, 3);
    before = requests_so_far(lab);
    make_pods(lab, "p", 20, NULL);
    scheduler_start(lab, &scheduler, NULL);
    WAIT_UNTIL(count_bound(lab) == 20, "%zu of 20 pods are bound", count_bound(lab));
    after = requests_so_far(lab);
    REQUIRE(lists(&before, &after) == 0, "%ld lists where the server streams the initial state", lists(&before, &after));
    process_stop(&scheduler);
}

static void polling_sends_one_list_per_interval(struct lab *lab)
{
    const long cycles = 8, interval_ms = 200;
    struct load before, now;
    struct process scheduler;
    int64_t began, elapsed_ms;

    use_nodes(lab, 3);
    make_pods(lab, "there", 10, textf("{'spec':{'nodeName':'%s'}}", lab->node[0]));
    make_pods(lab, "foreign", 10, "{'spec':{'schedulerName':'somebody-else'}}");
    before = requests_so_far(lab);
    began = now_us();
    scheduler_start(lab, &scheduler, "--interval", "0.2", NULL);
    WAIT_UNTIL((now = requests_so_far(lab), requests_between(&before, &now, LOAD_PODS_LIST) >= cycles), "only %ld lists",
               requests_between(&before, &now, LOAD_PODS_LIST));
    elapsed_ms = (now_us() - began) / 1000;
    REQUIRE(requests_between(&before, &now, LOAD_PODS_LIST) <= elapsed_ms / interval_ms + 1, "%ld lists in %lld ms",
            requests_between(&before, &now, LOAD_PODS_LIST), (long long)elapsed_ms);
    REQUIRE(requests_between(&before, &now, LOAD_NODES_LIST) == 0, "it lists nodes while idle");
    process_stop(&scheduler);
}

/* the server is to search by spec.nodeName and to send none of what is not ours */
static void polling_asks_for_a_small_list(struct lab *lab)
{
    struct process scheduler;

    use_nodes(lab, 1);
    scheduler_start(lab, &scheduler, NULL);
    WAIT_UNTIL(requests_with(lab, "\"verb\":\"list\"", NULL) >= 5, "no five lists");
    process_stop(&scheduler);
    REQUIRE(requests_with(lab, "\"verb\":\"list\"", NULL) == requests_with(lab, "\"verb\":\"list\"", "\"resource\":\"pods\"",
                                                                           "spec.nodeName%3D%2C",
                                                                           textf("spec.schedulerName%%3D%s", lab->id), NULL),
            "it lists more than its own pending pods while idle");
}

static void polling_lists_once_in_a_busy_cycle(struct lab *lab)
{
    static const size_t sizes[] = {1, 20, 400};
    struct load before, after;
    struct process scheduler;

    use_nodes(lab, 5);
    for (size_t i = 0; i < LENGTH(sizes); i++) {
        make_pods(lab, textf("round%zu-", i), sizes[i], NULL);
        before = requests_so_far(lab);
        scheduler_start(lab, &scheduler, "--once", NULL);
        wait_for_exit(&scheduler, 0);
        after = requests_so_far(lab);
        REQUIRE(requests_between(&before, &after, LOAD_PODS_LIST) == 2 && requests_between(&before, &after, LOAD_NODES_LIST) == 1,
                "%zu pods: %ld lists of pods, %ld of nodes", sizes[i], requests_between(&before, &after, LOAD_PODS_LIST),
                requests_between(&before, &after, LOAD_NODES_LIST));
        REQUIRE(requests_between(&before, &after, LOAD_BIND) == (long)sizes[i], "%zu pods: %ld binds", sizes[i],
                requests_between(&before, &after, LOAD_BIND));
    }
}

/* for each pod one binding and one event, and nothing else */
static void pod_costs_a_binding_and_an_event(struct lab *lab)
{
    struct load before, after;
    struct process scheduler;

    use_nodes(lab, 5);
    scheduler_start(lab, &scheduler, NULL);
    bind_marker(lab, "marker");
    WAIT_UNTIL(count_events(lab, "marker", "Scheduled") == 1, "no event");
    before = requests_so_far(lab);
    make_pods(lab, "p", 200, NULL);
    WAIT_UNTIL((after = requests_so_far(lab), requests_between(&before, &after, LOAD_EVENTS) >= 200), "%ld events",
               requests_between(&before, &after, LOAD_EVENTS));
    process_stop(&scheduler);
    after = requests_so_far(lab);
    REQUIRE(requests_between(&before, &after, LOAD_BIND) == 200, "%ld binds", requests_between(&before, &after, LOAD_BIND));
    REQUIRE(requests_between(&before, &after, LOAD_EVENTS) == 200, "%ld events", requests_between(&before, &after, LOAD_EVENTS));
    REQUIRE(requests_between(&before, &after, LOAD_STATUS) == 0, "%ld status patches", requests_between(&before, &after, LOAD_STATUS));
    REQUIRE(requests_between(&before, &after, LOAD_PODS_GET) == 0, "%ld reads of a pod", requests_between(&before, &after, LOAD_PODS_GET));
}

int main(void)
{
    static const struct lab_case cases[] = {
        {"watch is silent while idle", watch_is_silent_while_idle, WATCH, 0},
        {"watch asks nothing of what it hears", watch_asks_nothing_of_what_it_hears, WATCH, NEEDS_COUNTS},
        {"watch starts without a list", watch_starts_without_a_list, WATCH, NEEDS_COUNTS},
        {"polling sends one list per interval", polling_sends_one_list_per_interval, POLLING, NEEDS_COUNTS},
        {"polling asks for a small list", polling_asks_for_a_small_list, POLLING, NEEDS_SIMULATOR},
        {"polling lists once in a busy cycle", polling_lists_once_in_a_busy_cycle, POLLING, NEEDS_COUNTS},
        {"a pod costs a binding and an event", pod_costs_a_binding_and_an_event, EACH, NEEDS_COUNTS},
    };

    return lab_main("requests", cases, LENGTH(cases));
}

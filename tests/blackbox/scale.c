/*
 * scale.c: many nodes and more pods than fit on a page of a list: still the same, exact placement, however the scheduler came to know of them,
 * and within the memory that the project promises.
 */
#include <stdlib.h>
#include <string.h>

#include "compare/process.h"
#include "tests/blackbox/support/api.h"
#include "tests/blackbox/support/requests.h"
#include "tests/blackbox/support/scheduler.h"
#include "tests/blackbox/support/server.h"

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])
#define NODES 250
#define THERE 600 /* more than a page of assigned pods */
#define PENDING 900
#define BACKLOG 2000
#define BACKLOG_NODES 1000
#define BACKLOG_PEAK_BYTES 15000000

/* assigned pods are spread unevenly; the pending ones fill up until every node has the same */
static void fill_evenly(struct lab *lab, const char *plan)
{
    const size_t each = (THERE + PENDING) / NODES;
    size_t counts[LAB_NODES_MAX];
    struct process scheduler;

    use_nodes(lab, NODES);
    for (size_t i = 0; i < THERE / each; i++)
        make_pods(lab, textf("there%zu-", i), each, textf("{'spec':{'nodeName':'%s'}}", lab->node[(7 * i) % NODES]));
    make_pods(lab, "p", PENDING, NULL);
    if (plan)
        server_faults(lab, plan);
    scheduler_start(lab, &scheduler, NULL);
    WAIT_UNTIL(count_bound(lab) == THERE + PENDING, "%zu of %d pods are bound", count_bound(lab), THERE + PENDING);
    process_stop(&scheduler);
    count_each(lab, counts);
    for (size_t i = 0; i < NODES; i++)
        REQUIRE(counts[i] == each, "%zu pods on %s, expected %zu", counts[i], lab->node[i], each);
    REQUIRE(process_count(scheduler.out, "] Bound ") == PENDING, "%d Bound lines", process_count(scheduler.out, "] Bound "));
    REQUIRE(!lab_measures() || scheduler.peak_bytes < (48 << 20), "%lld KiB of memory", (long long)scheduler.peak_bytes / 1024);
}

static void many_nodes_and_pods(struct lab *lab)
{
    fill_evenly(lab, NULL);
}

static void without_watch_list(struct lab *lab)
{
    fill_evenly(lab, "[{'verb':'watch','count':2,'do':{'status':400}}]");
    REQUIRE(requests_with(lab, "\"verb\":\"list\"", NULL) >= 2, "it did not list");
}

static size_t events_written(struct lab *lab)
{
    json_t *events = list_items(lab, textf("/apis/events.k8s.io/v1/namespaces/%s/events", lab->id));
    size_t count = json_array_size(events);

    json_decref(events);
    return count;
}

/* over TLS, as in a cluster, and with the event of each pod. The kernel's peak counts from exec on: what wait4() tells may be the test's own. */
static void backlog_in_little_memory(struct lab *lab)
{
    static const char *const tls[] = {"--tls", NULL};
    struct process scheduler;
    int64_t peak_bytes;

    server_open_with(lab, lab->server == SIMULATOR ? tls : NULL);
    use_nodes(lab, BACKLOG_NODES);
    make_pods(lab, "p", BACKLOG, NULL);
    scheduler_start(lab, &scheduler, NULL);
    WAIT_UNTIL(count_bound(lab) == BACKLOG, "%zu of %d pods are bound", count_bound(lab), BACKLOG);
    WAIT_UNTIL(events_written(lab) == BACKLOG, "%zu of %d events", events_written(lab), BACKLOG);
    peak_bytes = child_peak_bytes(scheduler.pid);
    process_stop(&scheduler);
    REQUIRE(!lab_measures() || peak_bytes <= BACKLOG_PEAK_BYTES, "%lld bytes of memory for %d pods on %d nodes, expected at most %d",
            (long long)peak_bytes, BACKLOG, BACKLOG_NODES, BACKLOG_PEAK_BYTES);
}

int main(void)
{
    static const struct lab_case cases[] = {
        {"many nodes and pods", many_nodes_and_pods, EACH, NEEDS_OWN_NODES},
        {"a backlog in little memory", backlog_in_little_memory, EACH, NEEDS_OWN_NODES | STARTS_NO_SERVER},
        {"a server without WatchList", without_watch_list, WATCH, NEEDS_SIMULATOR},
    };

    return lab_main("scale", cases, LENGTH(cases));
}

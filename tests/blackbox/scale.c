/*
 * scale.c: many nodes and more pods than fit on a page of a list: still the same, exact placement, however the scheduler came to know of them.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/blackbox/support/api.h"
#include "tests/blackbox/support/requests.h"
#include "tests/blackbox/support/scheduler.h"
#include "tests/blackbox/support/server.h"

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])
#define NODES 250
#define THERE 600 /* more than a page of assigned pods */
#define PENDING 900

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

int main(void)
{
    static const struct lab_case cases[] = {
        {"many nodes and pods", many_nodes_and_pods, EACH, NEEDS_OWN_NODES},
        {"a server without WatchList", without_watch_list, WATCH, NEEDS_SIMULATOR},
    };

    return lab_main("scale", cases, LENGTH(cases));
}

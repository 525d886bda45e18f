#include "tests/blackbox/support/plan.h"

#include <string.h>

#include "tests/blackbox/support/api.h"
#include "tests/blackbox/support/requests.h"
#include "tests/blackbox/support/scheduler.h"
#include "tests/blackbox/support/server.h"

#define PODS 60

long binds_that_took(struct lab *lab)
{
    return requests_with(lab, "\"subresource\":\"binding\"", "\"code\":201", NULL) +
           requests_with(lab, "\"subresource\":\"binding\"", "\"fault\":\"lost_answer\"", NULL);
}

void close_watches(struct lab *lab)
{
    json_decref(api(lab, "POST", "/simulator/close-watches", NULL));
}

static void has_a_line_for_each(struct lab *lab, struct process *scheduler)
{
    for (int i = 0; i < PODS / 2; i++) {
        wait_for_line(scheduler, scheduler->out, textf(" %s/a%d -> ", lab->id, i));
        wait_for_line(scheduler, scheduler->out, textf(" %s/b%d -> ", lab->id, i));
    }
}

void all_are_bound_under(struct lab *lab, const char *plan, const char *trace)
{
    struct process scheduler;

    use_nodes(lab, 6);
    make_pods(lab, "a", PODS / 2, NULL);
    server_faults(lab, plan);
    scheduler_start(lab, &scheduler, "--bind-backoff", "0.05", NULL);
    WAIT_UNTIL(binds_that_took(lab) >= 1, "nothing is bound");
    make_pods(lab, "b", PODS / 2, NULL);
    WAIT_UNTIL(binds_that_took(lab) >= PODS, "%ld of %d pods are bound", binds_that_took(lab), PODS);
    server_faults(lab, NULL);
    make_pod(lab, "marker", NULL);
    WAIT_UNTIL(count_bound(lab) == PODS + 1, "%zu of %d pods are bound", count_bound(lab), PODS + 1);
    has_a_line_for_each(lab, &scheduler);
    process_stop(&scheduler);
    lines_are_true(lab, &scheduler);
    /* a list from the past may make polling bind, and say, again what it did */
    REQUIRE(strstr(plan, "stale") || process_count(scheduler.out, "] Bound ") + process_count(scheduler.out, "] bind OK ") == PODS + 1,
            "more than a line for each pod");
    REQUIRE(!trace || requests_with(lab, trace, NULL) > 0, "the plan hit nothing");
    REQUIRE(binds_that_took(lab) == PODS + 1, "%ld bindings for %d pods", binds_that_took(lab), PODS + 1);
}

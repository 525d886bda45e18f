/*
 * server.c: the API server goes away and comes back, its watches break, its history ends: every pod is bound in the end, and none twice.
 */
#include <string.h>

#include "tests/blackbox/support/api.h"
#include "tests/blackbox/support/plan.h"
#include "tests/blackbox/support/requests.h"
#include "tests/blackbox/support/scheduler.h"
#include "tests/blackbox/support/server.h"

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])
#define BACK_MS 5000 /* a scheduler works again so soon after its server does */

/* ---- stopped and started ---- */

static void server_restarts_under_load(struct lab *lab)
{
    struct process scheduler;
    size_t before;

    use_nodes(lab, 10);
    make_pods(lab, "p", 300, NULL);
    scheduler_start(lab, &scheduler, "--max-inflight", "1", NULL);
    WAIT_UNTIL(count_bound(lab) >= 30, "%zu pods are bound", count_bound(lab));
    server_stop(lab);
    server_start(lab);
    before = count_bound(lab);
    make_pod(lab, "marker", NULL);
    WAIT_MS(BACK_MS, count_bound(lab) > before, "it does not work again");
    WAIT_UNTIL(count_bound(lab) == 301, "%zu of 301 pods are bound", count_bound(lab));
    REQUIRE(process_running(&scheduler), "it ended with exit code %d", scheduler.exit_code);
    process_stop(&scheduler);
}

/* idle when the server goes: the pod made right after it is back waits for the watch to come back, no longer */
static void idle_scheduler_is_back_soon(struct lab *lab)
{
    struct process scheduler;

    use_nodes(lab, 2);
    scheduler_start(lab, &scheduler, NULL);
    make_pod(lab, "first", NULL);
    WAIT_UNTIL(*node_of(lab, "first"), "the first pod is not bound");
    server_stop(lab);
    wait_for_line(&scheduler, scheduler.err, "warning: cannot ");
    server_start(lab);
    make_pod(lab, "second", NULL);
    WAIT_MS(BACK_MS, *node_of(lab, "second"), "not back %d ms after the server", BACK_MS);
    REQUIRE(process_lines(scheduler.err) <= 4, "%d lines of warning", process_lines(scheduler.err));
    process_stop(&scheduler);
}

static void server_comes_later(struct lab *lab)
{
    struct process scheduler;

    use_nodes(lab, 2);
    make_pods(lab, "p", 10, NULL);
    server_stop(lab);
    scheduler_start(lab, &scheduler, NULL);
    wait_for_line(&scheduler, scheduler.err, "warning: cannot ");
    server_start(lab);
    WAIT_UNTIL(count_bound(lab) == 10, "%zu of 10 pods are bound", count_bound(lab));
    process_stop(&scheduler);
}

/* ---- watches that break ---- */

static void watch_cut_in_mid_object(struct lab *lab)
{
    all_are_bound_under(lab,
                        "[{'verb':'watch','resource':'pods','count':2,'do':{'watch_cut':true,'watch_after':5}},"
                        "{'verb':'watch','resource':'nodes','count':1,'do':{'watch_cut':true,'watch_after':2}}]",
                        NULL);
    REQUIRE(requests_with(lab, "\"verb\":\"watch\"", "\"resource\":\"pods\"", NULL) >= 3, "it did not watch again");
}

static void watch_closed_early(struct lab *lab)
{
    all_are_bound_under(lab, "[{'verb':'watch','count':4,'do':{'watch_close':true,'watch_after':3}}]", NULL);
    REQUIRE(requests_with(lab, "\"verb\":\"watch\"", NULL) >= 6, "it did not watch again");
}

static void watch_gets_410(struct lab *lab)
{
    all_are_bound_under(lab,
                        "[{'verb':'watch','resource':'pods','count':1,'do':{'watch_gone':true,'watch_after':45}},"
                        "{'verb':'watch','resource':'nodes','count':1,'do':{'watch_gone':true,'watch_after':3}}]",
                        NULL);
    REQUIRE(requests_with(lab, "\"resource\":\"pods\"", "sendInitialEvents=true", NULL) >= 2, "it did not ask for everything again");
}

static void watch_frames_come_twice(struct lab *lab)
{
    all_are_bound_under(lab, "[{'verb':'watch','count':-1,'do':{'duplicate':true}}]", NULL);
}

static void watch_frames_come_out_of_order(struct lab *lab)
{
    all_are_bound_under(lab, "[{'verb':'watch','count':-1,'do':{'reorder':true}}]", NULL);
}

/* what happened while the watch could not come back is not to be had as events any more */
static void history_is_compacted(struct lab *lab)
{
    const size_t rounds = 2;
    struct process scheduler;

    use_nodes(lab, 3);
    make_pods(lab, "first", 5, NULL);
    scheduler_start(lab, &scheduler, NULL);
    WAIT_UNTIL(count_bound(lab) == 5, "%zu pods are bound", count_bound(lab));
    for (size_t round = 1; round <= rounds; round++) {
        server_faults(lab, "[{'verb':'watch','count':2,'do':{'status':503}}]");
        close_watches(lab);
        make_pods(lab, textf("p%zu-", round), 5, NULL);
        delete_pod(lab, textf("p%zu-4", round));
        server_compact(lab);
        WAIT_UNTIL(count_bound(lab) == 5 + round * 4, "round %zu: %zu pods are bound", round, count_bound(lab));
    }
    process_stop(&scheduler);
    REQUIRE(binds_that_took(lab) == 13, "%ld bindings for 13 pods", binds_that_took(lab));
    REQUIRE(requests_with(lab, "\"resource\":\"pods\"", "sendInitialEvents=true", NULL) > (long)rounds,
            "it did not ask for everything again");
}

/* more than a page of pods; the token of the second page has expired */
static void page_two_expires(struct lab *lab, const char *plan, size_t pods)
{
    struct process scheduler;

    use_nodes(lab, 10);
    make_pods(lab, "p", pods, NULL);
    server_faults(lab, plan);
    scheduler_start(lab, &scheduler, NULL);
    WAIT_UNTIL(binds_that_took(lab) == (long)pods, "%ld of %zu pods are bound", binds_that_took(lab), pods);
    if (!strcmp(lab->program, "watch")) {
        /* a watch's first list is one page whatever it asks for (resourceVersion=0): the second list is meant */
        server_faults(lab, "[{'verb':'watch','resource':'pods','do':{'watch_gone':true}},"
                           "{'verb':'list','resource':'pods','skip':1,'count':1,'do':{'status':410,'reason':'Expired'}}]");
        close_watches(lab);
        WAIT_UNTIL(requests_with(lab, "continue=", "\"code\":410", NULL) == 1, "no second page was refused");
    }
    make_pod(lab, "marker", NULL);
    WAIT_UNTIL(binds_that_took(lab) == (long)pods + 1, "%ld of %zu pods are bound", binds_that_took(lab), pods + 1);
    process_stop(&scheduler);
    /* a watch that we close in its first second is told of; the list is meant */
    REQUIRE(process_count(scheduler.err, "list") == 0, "it takes it for trouble, and there is another way to list");
    REQUIRE(requests_with(lab, "continue=", "\"code\":410", NULL) == 1, "no second page was refused");
    REQUIRE(count_bound(lab) == pods + 1, "%zu of %zu pods are bound", count_bound(lab), pods + 1);
}

static void second_page_gets_410(struct lab *lab)
{
    if (!strcmp(lab->program, "watch"))
        page_two_expires(lab, "[{'verb':'watch','count':2,'do':{'status':400}}]", 620);
    else
        page_two_expires(lab, "[{'verb':'list','resource':'pods','skip':1,'count':1,'do':{'status':410,'reason':'Expired'}}]", 620);
}

int main(void)
{
    static const struct lab_case cases[] = {
        {"the server restarts under load", server_restarts_under_load, EACH, NEEDS_CONTROL},
        {"an idle scheduler is back soon", idle_scheduler_is_back_soon, EACH, NEEDS_CONTROL},
        {"the server comes later", server_comes_later, EACH, NEEDS_CONTROL},
        {"a watch is cut in mid-object", watch_cut_in_mid_object, WATCH, NEEDS_SIMULATOR},
        {"a watch is closed early", watch_closed_early, WATCH, NEEDS_SIMULATOR},
        {"a watch gets 410", watch_gets_410, WATCH, NEEDS_SIMULATOR},
        {"frames come twice", watch_frames_come_twice, WATCH, NEEDS_SIMULATOR},
        {"frames come out of order", watch_frames_come_out_of_order, WATCH, NEEDS_SIMULATOR},
        {"the history is compacted", history_is_compacted, WATCH, NEEDS_SIMULATOR},
        {"410 on the second page", second_page_gets_410, EACH, NEEDS_SIMULATOR},
    };

    return lab_main("server", cases, LENGTH(cases));
}

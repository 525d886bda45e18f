/*
 * server.c: the API server goes away, comes back, answers wrong, late or not at all: every pod is bound in the end, and none twice.
 */
#include <string.h>

#include "tests/blackbox/support/api.h"
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

/* ---- faults ---- */

#define PODS 60

/* bindings that were carried out, answered or not. Nothing is asked that the plan could hit. */
static long binds_that_took(struct lab *lab)
{
    return requests_with(lab, "\"subresource\":\"binding\"", "\"code\":201", NULL) +
           requests_with(lab, "\"subresource\":\"binding\"", "\"fault\":\"lost_answer\"", NULL);
}

static void close_watches(struct lab *lab)
{
    json_decref(api(lab, "POST", "/simulator/close-watches", NULL));
}

/* once for each pod, though a list from the past may make polling say it again */
static void has_a_line_for_each(struct lab *lab, struct process *scheduler)
{
    for (int i = 0; i < PODS / 2; i++)
        REQUIRE(process_says(scheduler->out, textf(" %s/a%d -> ", lab->id, i)) && process_says(scheduler->out, textf(" %s/b%d -> ", lab->id, i)),
                "no line says that a%d or b%d is bound", i, i);
}

/*
 * Half of the pods before the scheduler starts, the other half while it works, under the plan all the time. `trace` is what the plan
 * leaves in the log of requests: a plan that hits nothing proves nothing. NULL: the fault cannot be seen there.
 */
static void all_are_bound_under(struct lab *lab, const char *plan, const char *trace)
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
    process_stop(&scheduler);
    REQUIRE(!trace || requests_with(lab, trace, NULL) > 0, "the plan hit nothing");
    REQUIRE(binds_that_took(lab) == PODS + 1, "%ld bindings for %d pods", binds_that_took(lab), PODS + 1);
    has_a_line_for_each(lab, &scheduler);
}

static void watch_cut_in_mid_object(struct lab *lab)
{
    all_are_bound_under(lab,
                        "[{'verb':'watch','resource':'pods','count':3,'do':{'watch_cut':true,'watch_after':5}},"
                        "{'verb':'watch','resource':'nodes','count':2,'do':{'watch_cut':true,'watch_after':2}}]",
                        NULL);
    REQUIRE(requests_with(lab, "\"verb\":\"watch\"", "\"resource\":\"pods\"", NULL) >= 4, "it did not watch again");
}

static void watch_closed_early(struct lab *lab)
{
    all_are_bound_under(lab, "[{'verb':'watch','count':6,'do':{'watch_close':true,'watch_after':3}}]", NULL);
    REQUIRE(requests_with(lab, "\"verb\":\"watch\"", NULL) >= 8, "it did not watch again");
}

static void watch_gets_410(struct lab *lab)
{
    all_are_bound_under(lab,
                        "[{'verb':'watch','resource':'pods','count':3,'do':{'watch_gone':true,'watch_after':7}},"
                        "{'verb':'watch','resource':'nodes','count':2,'do':{'watch_gone':true,'watch_after':3}}]",
                        NULL);
    REQUIRE(requests_with(lab, "\"verb\":\"watch\"", "\"resource\":\"pods\"", NULL) >= 4, "it did not watch again");
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
    REQUIRE(requests_with(lab, "\"resource\":\"pods\"", "sendInitialEvents=true", NULL) > (long)rounds, "it did not ask for everything again");
}

static void everybody_gets_429(struct lab *lab)
{
    all_are_bound_under(lab,
                        "[{'verb':'list','count':1,'do':{'status':429,'retry_after_s':1}},"
                        "{'verb':'watch','count':1,'do':{'status':429,'retry_after_s':1}},"
                        "{'verb':'create','resource':'pods','subresource':'binding','skip':3,'count':12,'do':{'status':429,'retry_after_s':1}}]",
                        "\"code\":429");
}

static void retry_after_is_honoured(struct lab *lab)
{
    struct process scheduler;
    int64_t refused;

    use_nodes(lab, 1);
    make_pod(lab, "p", NULL);
    server_faults(lab, "[{'verb':'create','resource':'pods','subresource':'binding','do':{'status':429,'retry_after_s':2}}]");
    scheduler_start(lab, &scheduler, "--bind-backoff", "0.01", NULL);
    WAIT_UNTIL(requests_with(lab, "\"code\":429", NULL) == 1, "no request was refused");
    refused = now_us();
    WAIT_UNTIL(*node_of(lab, "p"), "the pod is not bound");
    REQUIRE(now_us() - refused > 1800000, "it came back after %lld ms, and was told two seconds", (long long)(now_us() - refused) / 1000);
    REQUIRE(requests_with(lab, "\"subresource\":\"binding\"", NULL) == 2, "more than one further attempt");
    process_stop(&scheduler);
}

static void binds_get_500(struct lab *lab)
{
    all_are_bound_under(lab,
                        "[{'verb':'create','resource':'pods','subresource':'binding','skip':2,'count':10,'do':{'status':500}},"
                        "{'verb':'create','resource':'pods','subresource':'binding','skip':5,'count':5,'do':{'status':503}}]",
                        "\"code\":500");
}

static void reads_get_500(struct lab *lab)
{
    all_are_bound_under(lab,
                        "[{'verb':'list','count':2,'do':{'status':500}},{'verb':'watch','count':2,'do':{'status':503}},"
                        "{'verb':'list','skip':1,'count':1,'do':{'status':504}}]",
                        "\"code\":50");
}

static void answers_of_binds_are_lost(struct lab *lab)
{
    all_are_bound_under(lab, "[{'verb':'create','resource':'pods','subresource':'binding','skip':4,'count':8,'do':{'lost_answer':true}}]",
                        "\"fault\":\"lost_answer\"");
}

static void binds_are_reset(struct lab *lab)
{
    all_are_bound_under(lab, "[{'verb':'create','resource':'pods','subresource':'binding','skip':4,'count':8,'do':{'reset':true}}]",
                        "\"fault\":\"reset\"");
}

static void answers_of_lists_are_cut(struct lab *lab)
{
    all_are_bound_under(lab,
                        "[{'verb':'list','resource':'pods','count':1,'do':{'cut_at_byte':700}},"
                        "{'verb':'list','resource':'nodes','count':1,'do':{'cut_at_byte':1500}},"
                        "{'verb':'watch','resource':'pods','count':1,'do':{'status':400}},{'verb':'watch','resource':'nodes','count':1,'do':{'status':400}}]",
                        NULL);
}

static void everything_is_late(struct lab *lab)
{
    all_are_bound_under(lab,
                        "[{'verb':'list','count':-1,'do':{'delay_ms':150}},{'verb':'watch','count':-1,'do':{'delay_ms':150}},"
                        "{'verb':'create','resource':'pods','subresource':'binding','count':-1,'do':{'delay_ms':120}}]",
                        NULL);
}

/* a list from an etcd member that is behind shows pods as pending that are bound by now */
static void lists_are_stale(struct lab *lab)
{
    all_are_bound_under(lab,
                        "[{'verb':'list','resource':'pods','skip':1,'count':12,'do':{'stale_by':25}},"
                        "{'verb':'watch','resource':'pods','count':1,'do':{'status':400}}]",
                        NULL);
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
        {"429 for everybody", everybody_gets_429, EACH, NEEDS_SIMULATOR},
        {"Retry-After is honoured", retry_after_is_honoured, EACH, NEEDS_SIMULATOR},
        {"binds get 500", binds_get_500, EACH, NEEDS_SIMULATOR},
        {"reads get 500", reads_get_500, EACH, NEEDS_SIMULATOR},
        {"answers of binds are lost", answers_of_binds_are_lost, EACH, NEEDS_SIMULATOR},
        {"binds are reset", binds_are_reset, EACH, NEEDS_SIMULATOR},
        {"answers of lists are cut", answers_of_lists_are_cut, EACH, NEEDS_SIMULATOR},
        {"everything is late", everything_is_late, EACH, NEEDS_SIMULATOR},
        {"lists are stale", lists_are_stale, EACH, NEEDS_SIMULATOR},
        {"410 on the second page", second_page_gets_410, EACH, NEEDS_SIMULATOR},
    };

    return lab_main("server", cases, LENGTH(cases));
}

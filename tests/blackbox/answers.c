/*
 * answers.c: the API server answers wrong, late, twice or not at all: every pod is bound in the end, and none twice.
 */
#include <string.h>

#include "tests/blackbox/support/api.h"
#include "tests/blackbox/support/plan.h"
#include "tests/blackbox/support/requests.h"
#include "tests/blackbox/support/scheduler.h"
#include "tests/blackbox/support/server.h"

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])

static void everybody_gets_429(struct lab *lab)
{
    all_are_bound_under(
        lab,
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
                        "[{'verb':'list','count':1,'do':{'status':500}},{'verb':'watch','count':1,'do':{'status':503}},"
                        "{'verb':'list','resource':'nodes','count':1,'do':{'status':504}}]",
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
                        "{'verb':'watch','resource':'pods','count':1,'do':{'status':400}},{'verb':'watch','resource':'nodes','count':1,'do'"
                        ":{'status':400}}]",
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

int main(void)
{
    static const struct lab_case cases[] = {
        {"429 for everybody", everybody_gets_429, EACH, NEEDS_SIMULATOR},
        {"Retry-After is honoured", retry_after_is_honoured, EACH, NEEDS_SIMULATOR},
        {"binds get 500", binds_get_500, EACH, NEEDS_SIMULATOR},
        {"reads get 500", reads_get_500, EACH, NEEDS_SIMULATOR},
        {"answers of binds are lost", answers_of_binds_are_lost, EACH, NEEDS_SIMULATOR},
        {"binds are reset", binds_are_reset, EACH, NEEDS_SIMULATOR},
        {"answers of lists are cut", answers_of_lists_are_cut, EACH, NEEDS_SIMULATOR},
        {"everything is late", everything_is_late, EACH, NEEDS_SIMULATOR},
        {"lists are stale", lists_are_stale, EACH, NEEDS_SIMULATOR},
    };

    return lab_main("answers", cases, LENGTH(cases));
}

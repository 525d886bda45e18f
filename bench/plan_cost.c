/*
 * plan_cost.c: what one event costs the planner of one-per-node, in a cluster of 1,000, 10,000 and 100,000 pods with a node for every second one.
 * The first half of the pods is placed, the rest waits. Each event is told, and the actions are taken:
 *   same      a pod's news that change nothing
 *   priority  a waiting pod's priority changes, still too low
 *   churn     a waiting pod is deleted, another one comes
 *   preempt   a pod of highest priority comes: one victim leaves and is gone, the newcomer is bound, then leaves again
 * usage: bin/bench/plan_cost [EVENTS]     prints medians of CPU time, in nanoseconds per event, and how they grow from the smallest to the largest
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/policy/plan.h"

#define ROUNDS 9

static uint64_t state = 88172645463325252u;
static struct error err;
static struct plan *plan;
static struct plan_action last[2];
static size_t actions;

static unsigned below(unsigned bound)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (unsigned)(state >> 33) % bound;
}

static void must(int ret)
{
    if (ret == 0)
        return;
    fprintf(stderr, "plan_cost: %s\n", err.text);
    exit(1);
}

static int64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void set_node(unsigned i)
{
    char name[32];
    struct label zone = {"zone", i % 3 ? "a" : "b"};
    struct node_spec spec = {.name = name, .uid = name, .labels = &zone, .label_count = 1, .allocatable = {.cpu_milli = 4000, .pods = 110}};

    snprintf(name, sizeof name, "node-%06u", i);
    must(plan_node_set(plan, &spec, NULL, NULL, 0, &err));
}

/* a gang is the last to leave */
static int priority_of(unsigned i, unsigned pods)
{
    return i >= pods / 2 ? (int)(i % 11) : i % 50 < 5 ? 200 : (int)(100 + i % 7);
}

/* every tenth belongs to a gang of five; on its node it is on the one of its number */
static void set_pod(unsigned i, unsigned uid, int priority, bool on_node)
{
    char name[32], id[32], node[32] = "", group[32];
    struct label annotation[2] = {{"pod-group", group}, {"pod-group-size", "5"}};
    struct pod pod = {.namespace_ = "default",
                      .name = name,
                      .uid = id,
                      .node_name = node,
                      .scheduler_name = "ours",
                      .nominated_node = "",
                      .priority = priority,
                      .created_us = i,
                      .annotations = annotation,
                      .annotation_count = i % 50 < 5 ? 2 : 0,
                      .requests = {.cpu_milli = 100 * (1 + i / 50 % 4)}};

    snprintf(name, sizeof name, "pod-%06u", i);
    snprintf(id, sizeof id, "uid-%06u", uid);
    snprintf(group, sizeof group, "gang-%06u", i / 50);
    if (on_node)
        snprintf(node, sizeof node, "node-%06u", i);
    must(plan_pod_set(plan, &pod, &err));
}

static void take(void *ctx, const struct plan_action *action)
{
    (void)ctx;
    if (actions < 2)
        last[actions] = *action;
    actions++;
}

static void act(void)
{
    actions = 0;
    must(plan_actions(plan, take, NULL, &err));
}

static void gone(const char *name)
{
    must(plan_pod_gone(plan, "default", name, NULL, &err));
}

static void same(unsigned pods)
{
    unsigned i = below(pods);

    set_pod(i, i, priority_of(i, pods), i < pods / 2);
    act();
}

/* a waiting pod that is in no gang */
static unsigned waiting(unsigned pods)
{
    return pods / 2 + below(pods / 100) * 50 + 10 + below(40);
}

static void priority(unsigned pods)
{
    set_pod(waiting(pods), 0, (int)below(50), false);
    act();
}

static void churn(unsigned pods)
{
    char name[32];
    unsigned i = waiting(pods);

    snprintf(name, sizeof name, "pod-%06u", i);
    gone(name);
    act();
    set_pod(i, 0, (int)below(50), false);
    act();
}

/* five events, and what the plan gives out for them */
static void preempt(unsigned pods)
{
    char victim[32], name[32];
    unsigned newcomer = pods + 10;

    set_pod(newcomer, newcomer, 1000, false);
    act();
    if (actions != 1 || last[0].act != PLAN_PREEMPT) {
        fprintf(stderr, "plan_cost: %zu actions, expected one victim\n", actions);
        exit(1);
    }
    snprintf(victim, sizeof victim, "%s", last[0].name);
    gone(victim);
    act();
    snprintf(name, sizeof name, "%s", last[0].name);
    must(plan_bind_done(plan, "default", name, &err));
    act();
    gone(name);
    set_pod((unsigned)atoi(victim + 4), 0, 101, true);
    act();
}

static int by_value(const void *a, const void *b)
{
    double l = *(const double *)a, r = *(const double *)b;

    return (l > r) - (l < r);
}

static double measure(void (*event)(unsigned pods), unsigned pods, unsigned events)
{
    double round[ROUNDS];

    for (int r = 0; r < ROUNDS; r++) {
        int64_t start = now_ns();

        for (unsigned i = 0; i < events; i++)
            event(pods);
        round[r] = (double)(now_ns() - start) / events;
    }
    qsort(round, ROUNDS, sizeof round[0], by_value);
    return round[ROUNDS / 2];
}

static void fill(unsigned pods)
{
    struct plan_config config = {.gang_settle_us = 1000000};

    filter_config_init(&config.filters);
    plan = plan_new(&config, &err);
    must(plan ? 0 : -1);
    for (unsigned i = 0; i < pods / 2; i++)
        set_node(i);
    for (unsigned i = 0; i < pods; i++)
        set_pod(i, i, priority_of(i, pods), i < pods / 2);
    act();
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*event)(unsigned pods);
    } kinds[] = {{"same", same}, {"priority", priority}, {"churn", churn}, {"preempt", preempt}};
    static const unsigned sizes[] = {1000, 10000, 100000};
    unsigned events = argc > 1 ? (unsigned)atoi(argv[1]) : 20000;
    double cost[4][3];

    for (int s = 0; s < 3; s++) {
        fill(sizes[s]);
        for (int k = 0; k < 4; k++)
            cost[k][s] = measure(kinds[k].event, sizes[s], events);
        plan_free(plan);
    }
    printf("%-10s %10u %10u %10u   pods, ns per event\n", "", sizes[0], sizes[1], sizes[2]);
    for (int k = 0; k < 4; k++)
        printf("%-10s %10.0f %10.0f %10.0f   x %.2f\n", kinds[k].name, cost[k][0], cost[k][1], cost[k][2], cost[k][2] / cost[k][0]);
    return 0;
}

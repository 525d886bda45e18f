#include "bench/support/plan_events.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/support/pod_frame.h"
#include "common/policy/plan.h"

struct plan_events {
    struct plan *plan;
    struct pod_frame *frame; /* NULL: news are told as they are */
    unsigned pods;
    uint64_t random;
    int64_t (*meter)(void);
    int64_t spent, reading;
    struct plan_action last;
    size_t actions;
};

/* a pod's strings */
struct named {
    struct pod pod;
    char name[32], uid[48], node[32], group[32], zone[8];
    struct label annotation[2];
};

static unsigned below(struct plan_events *e, unsigned bound)
{
    e->random ^= e->random << 13;
    e->random ^= e->random >> 7;
    e->random ^= e->random << 17;
    return (unsigned)(e->random >> 33) % bound;
}

static void must(int ret, const struct error *err)
{
    if (ret == 0)
        return;
    fprintf(stderr, "plan_events: %s\n", err->text);
    exit(1);
}

static void set_node(struct plan_events *e, unsigned i, int64_t used)
{
    char name[32];
    struct label zone = {"zone", i % 3 ? "a" : "b"};
    struct resources others = {.cpu_milli = used, .pods = 3};
    struct node_spec spec = {.name = name, .uid = name, .labels = &zone, .label_count = 1, .allocatable = {.cpu_milli = 4000, .pods = 110}};
    struct error err = ERROR_INIT;
    int64_t before;

    snprintf(name, sizeof name, "node-%06u", i);
    before = e->meter();
    must(plan_node_set(e->plan, &spec, &others, NULL, 0, &err), &err);
    e->spent += e->meter() - before;
}

/* a gang is the last to leave */
static int priority_of(unsigned i, unsigned pods)
{
    return i >= pods / 2 ? (int)(i % 11) : i % 50 < 5 ? 200 : (int)(100 + i % 7);
}

/* on its node it is on the one of its number */
static void describe(struct named *n, unsigned i, unsigned uid, int priority, bool on_node)
{
    *n = (struct named){.annotation = {{"pod-group", n->group}, {"pod-group-size", "5"}}};
    snprintf(n->name, sizeof n->name, "pod-%06u", i);
    snprintf(n->uid, sizeof n->uid, "8d5f4c1e-2f0b-4a1c-9a41-%012u", uid);
    snprintf(n->group, sizeof n->group, "gang-%06u", i / 50);
    if (on_node)
        snprintf(n->node, sizeof n->node, "node-%06u", i);
    n->pod = (struct pod){.namespace_ = "default",
                          .name = n->name,
                          .uid = n->uid,
                          .node_name = n->node,
                          .scheduler_name = "ours",
                          .nominated_node = "",
                          .priority = priority,
                          .created_us = (int64_t)i * 1000000,
                          .annotations = n->annotation,
                          .annotation_count = i % 50 < 5 ? 2 : 0,
                          .requests = {.cpu_milli = 100 * (1 + i / 50 % 4)}};
}

static void tell(struct plan_events *e, const struct pod *pod)
{
    struct error err = ERROR_INIT;
    int64_t before = e->meter();

    must(plan_pod_set(e->plan, pod, &err), &err);
    e->spent += e->meter() - before;
}

/* the pod as it comes; the caller frees it when it was decoded */
static const struct pod *arrive(struct plan_events *e, const struct named *n, struct pod **decoded)
{
    struct error err = ERROR_INIT;
    int64_t before;

    *decoded = NULL;
    if (!e->frame)
        return &n->pod;
    pod_frame_write(e->frame, &n->pod);
    before = e->meter();
    *decoded = pod_frame_read(e->frame, &err);
    must(*decoded ? 0 : -1, &err);
    e->reading += e->meter() - before;
    return *decoded;
}

static void pod_comes(struct plan_events *e, unsigned i, unsigned uid, int priority, bool on_node)
{
    struct pod *decoded;
    struct named n;

    describe(&n, i, uid, priority, on_node);
    tell(e, arrive(e, &n, &decoded));
    pod_free(decoded);
}

static void pod_goes(struct plan_events *e, unsigned i)
{
    struct error err = ERROR_INIT;
    const struct pod *pod;
    struct pod *decoded;
    struct named n;
    int64_t before;

    describe(&n, i, 0, 0, false);
    pod = arrive(e, &n, &decoded);
    before = e->meter();
    must(plan_pod_gone(e->plan, pod->namespace_, pod->name, NULL, &err), &err);
    e->spent += e->meter() - before;
    pod_free(decoded);
}

static void take(void *ctx, const struct plan_action *action)
{
    struct plan_events *e = ctx;

    e->last = *action;
    e->actions++;
}

static void act(struct plan_events *e)
{
    struct error err = ERROR_INIT;
    int64_t before;

    e->actions = 0;
    before = e->meter();
    must(plan_actions(e->plan, take, e, &err), &err);
    e->spent += e->meter() - before;
}

/* takes the actions, which must be these */
static void expect(struct plan_events *e, size_t actions, enum plan_act kind, const char *what)
{
    act(e);
    if (e->actions == actions && (actions == 0 || e->last.act == kind))
        return;
    fprintf(stderr, "plan_events: %zu actions where %s was expected\n", e->actions, what);
    exit(1);
}

static void same(struct plan_events *e)
{
    unsigned i = below(e, e->pods);

    pod_comes(e, i, i, priority_of(i, e->pods), i < e->pods / 2);
    expect(e, 0, PLAN_BIND, "nothing");
}

/* a waiting pod that is in no gang */
static unsigned waiting(struct plan_events *e)
{
    return e->pods / 2 + below(e, e->pods / 100) * 50 + 10 + below(e, 40);
}

static void priority(struct plan_events *e)
{
    unsigned i = waiting(e);

    pod_comes(e, i, i, (int)below(e, 50), false);
    expect(e, 0, PLAN_BIND, "nothing");
}

static void churn(struct plan_events *e)
{
    unsigned i = waiting(e);

    pod_goes(e, i);
    expect(e, 0, PLAN_BIND, "nothing");
    pod_comes(e, i, i, (int)below(e, 50), false);
    expect(e, 0, PLAN_BIND, "nothing");
}

static void node(struct plan_events *e)
{
    unsigned i = below(e, e->pods / 2);
    struct pod *decoded;
    struct named n;

    describe(&n, i, i, 0, true);
    arrive(e, &n, &decoded);
    pod_free(decoded);
    set_node(e, i, 100 + 10 * (int64_t)below(e, 30));
    expect(e, 0, PLAN_BIND, "nothing");
}

static void preempt(struct plan_events *e)
{
    unsigned newcomer = e->pods + 10, victim;
    struct error err = ERROR_INIT;
    char name[32];
    int64_t before;

    pod_comes(e, newcomer, newcomer, 1000, false);
    expect(e, 1, PLAN_PREEMPT, "one victim");
    victim = (unsigned)atoi(e->last.name + 4);
    pod_goes(e, victim);
    expect(e, 1, PLAN_BIND, "one bind");
    snprintf(name, sizeof name, "%s", e->last.name);
    before = e->meter();
    must(plan_bind_done(e->plan, "default", name, &err), &err);
    e->spent += e->meter() - before;
    expect(e, 0, PLAN_BIND, "nothing");
    pod_goes(e, newcomer); /* and at once somebody is in its place: there is nothing to do */
    pod_comes(e, victim, victim, 101, true);
    expect(e, 0, PLAN_BIND, "nothing");
}

const struct plan_event_kind plan_event_kinds[] = {
    {"same", "news that change nothing", same},
    {"priority", "a waiting pod's priority changes", priority},
    {"churn", "a waiting pod goes, another comes", churn},
    {"node", "other pods take more or less of a node", node},
    {"preempt", "five events: a victim goes, a newcomer is bound", preempt},
};
const size_t plan_event_kind_count = sizeof plan_event_kinds / sizeof plan_event_kinds[0];

int64_t plan_events_next(struct plan_events *e, const struct plan_event_kind *kind)
{
    e->spent = e->reading = 0;
    kind->happen(e);
    return e->spent;
}

int64_t plan_events_reading(const struct plan_events *e)
{
    return e->reading;
}

struct plan_events *plan_events_new(unsigned pods, bool framed, int64_t (*meter)(void))
{
    struct plan_config config = {.gang_settle_us = 1000000};
    struct plan_events *e = calloc(1, sizeof *e);
    struct error err = ERROR_INIT;

    must(e ? 0 : error_no_memory(&err), &err);
    *e = (struct plan_events){.pods = pods, .random = 88172645463325252u, .meter = meter};
    filter_config_init(&config.filters);
    e->plan = plan_new(&config, &err);
    must(e->plan ? 0 : -1, &err);
    for (unsigned i = 0; i < pods / 2; i++)
        set_node(e, i, 100);
    if (framed) {
        e->frame = pod_frame_new(&err);
        must(e->frame ? 0 : -1, &err);
    }
    for (unsigned i = 0; i < pods; i++)
        pod_comes(e, i, i, priority_of(i, pods), i < pods / 2);
    expect(e, 0, PLAN_BIND, "nothing");
    return e;
}

void plan_events_free(struct plan_events *e)
{
    if (!e)
        return;
    plan_free(e->plan);
    pod_frame_free(e->frame);
    free(e);
}

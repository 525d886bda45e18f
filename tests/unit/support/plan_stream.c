#include "tests/unit/support/plan_stream.h"

#include <stdio.h>

#include "tests/unit/support/objects.h"

#define SECOND 1000000

static unsigned below(struct world *w, unsigned bound)
{
    return random_below(&w->random, bound);
}

static void ok(struct world *w, int ret, const struct error *err)
{
    world_must(w, ret == 0, "%s", err->text);
}

static void tick(struct world *w, int64_t us)
{
    struct error err = ERROR_INIT;

    w->m.now += us;
    ok(w, plan_tick(w->plan, w->m.now, &err), &err);
}

static void new_pod(struct world *w, size_t i)
{
    struct model_pod *p = &w->m.pod[i];

    *p = (struct model_pod){.state = MODEL_WAITING,
                            .uid = ++w->uids,
                            .gated = below(w, 20) == 0,
                            .tolerates = below(w, 2),
                            .port = below(w, 10) == 0,
                            .priority = (int64_t)below(w, 5) * 10 - 10,
                            .created = below(w, 4),
                            .gang = below(w, 2) ? (int)below(w, 3) : -1,
                            .node = NO_NODE,
                            .zone = (char)(below(w, 3) ? 0 : 'a' + below(w, 2)),
                            .cpu = below(w, 3) ? 0 : 1000 * below(w, 5),
                            .wrong_priority = below(w, 20) == 0};
    if (p->gang == 1)
        p->size = 1 + below(w, 5);
    model_gang_changed(&w->m, i);
    world_send_pod(w, w->plan, i, true);
}

static void forget_pod(struct world *w, size_t i)
{
    if (w->m.pod[i].node != NO_NODE)
        model_gang_changed(&w->m, i);
    w->m.pod[i].state = MODEL_ABSENT;
    model_settle_gangs(&w->m);
}

void stream_gone(struct world *w, size_t i)
{
    forget_pod(w, i);
    world_send_gone(w, i);
}

/* another of the same name: the API server's DELETED was missed */
static void recreate(struct world *w, size_t i)
{
    forget_pod(w, i);
    new_pod(w, i);
}

static void terminate(struct world *w, size_t i)
{
    w->m.pod[i].deleting = true;
    w->m.pod[i].retry = 0;
    w->m.pod[i].state = MODEL_LEAVING;
    world_send_pod(w, w->plan, i, true);
}

static void bind_failed(struct world *w, size_t i)
{
    struct model_pod *p = &w->m.pod[i];
    struct model_gang *gang = model_gang_of(&w->m, i);
    struct error err = ERROR_INIT;
    char ns[8], name[8];
    size_t live = 0;

    for (size_t j = 0; gang && j < w->m.pods; j++)
        live += model_is_live(&w->m.pod[j]) && model_gang_of(&w->m, j) == gang;
    if (gang && !p->late && live > 1 && !gang->doomed)
        *gang = (struct model_gang){true, live, gang->changed, PLAN_GANG_BIND_FAILED};
    p->state = MODEL_WAITING;
    p->node = NO_NODE;
    p->retry = w->m.now + below(w, 3) * SECOND;
    snprintf(ns, sizeof ns, "ns%zu", i % MODEL_NAMESPACES);
    snprintf(name, sizeof name, "p%02zu", i % 100);
    ok(w, plan_bind_failed(w->plan, ns, name, p->retry, &err), &err);
}

void stream_bind_done(struct world *w, size_t i)
{
    struct error err = ERROR_INIT;
    char ns[8], name[8];

    w->m.pod[i].state = MODEL_BOUND;
    snprintf(ns, sizeof ns, "ns%zu", i % MODEL_NAMESPACES);
    snprintf(name, sizeof name, "p%02zu", i % 100);
    if (below(w, 2))
        ok(w, plan_bind_done(w->plan, ns, name, &err), &err);
    else
        world_send_pod(w, w->plan, i, true);
}

static void preempt_failed(struct world *w, size_t i)
{
    struct model_pod *p = &w->m.pod[i];
    struct error err = ERROR_INIT;
    char ns[8], name[8];

    if (p->deleting)
        return;
    p->retry = w->m.now + below(w, 3) * SECOND;
    if (p->retry <= w->m.now)
        p->state = MODEL_BOUND;
    snprintf(ns, sizeof ns, "ns%zu", i % MODEL_NAMESPACES);
    snprintf(name, sizeof name, "p%02zu", i % 100);
    ok(w, plan_preempt_failed(w->plan, ns, name, p->retry, &err), &err);
}

/* somebody else bound it, maybe to a node that has one of ours, or that is not there */
static void bound_elsewhere(struct world *w, size_t i)
{
    w->m.pod[i].state = MODEL_BOUND;
    w->m.pod[i].retry = 0;
    w->m.pod[i].node = (int)below(w, (unsigned)w->m.nodes);
    world_send_pod(w, w->plan, i, true);
}

static void change_pod(struct world *w, size_t i)
{
    struct model_pod *p = &w->m.pod[i];

    if (p->state == MODEL_LEAVING && p->deleting)
        return;
    p->priority = (int64_t)below(w, 5) * 10 - 10;
    p->gated = p->gated && below(w, 2);
    world_send_pod(w, w->plan, i, p->state != MODEL_BINDING);
}

static void change_node(struct world *w, size_t i)
{
    struct model_node *n = &w->m.node[i];

    if (below(w, 4) == 0)
        n->present = !n->present;
    else
        *n = (struct model_node){.present = n->present,
                                 .cordoned = below(w, 6) == 0,
                                 .tainted = below(w, 4) == 0,
                                 .port = below(w, 6) == 0,
                                 .zone = (char)('a' + below(w, 2)),
                                 .used = 1000 * below(w, 5)};
    world_send_node(w, w->plan, i);
}

/* news that say nothing new: no action follows */
static void nothing_new(struct world *w)
{
    size_t i = below(w, (unsigned)w->m.pods);

    world_act(w);
    tick(w, 0);
    world_send_node(w, w->plan, below(w, (unsigned)w->m.nodes));
    if (w->m.pod[i].state != MODEL_ABSENT)
        world_send_pod(w, w->plan, i, w->m.pod[i].state != MODEL_BINDING);
    world_must(w, world_act(w) == 0, "%zu actions", w->actions);
}

static void pod_event(struct world *w, size_t i)
{
    switch (w->m.pod[i].state) {
    case MODEL_ABSENT:
        w->event = "new pod";
        new_pod(w, i);
        break;
    case MODEL_WAITING:
        w->event = "waiting";
        if (below(w, 12) == 0)
            bound_elsewhere(w, i);
        else if (below(w, 3) == 0)
            below(w, 2) ? terminate(w, i) : stream_gone(w, i);
        else
            change_pod(w, i);
        break;
    case MODEL_BINDING:
        w->event = "binding";
        if (below(w, 5) == 0)
            bind_failed(w, i);
        else
            below(w, 8) ? stream_bind_done(w, i) : terminate(w, i);
        break;
    case MODEL_BOUND:
        w->event = "bound";
        if (below(w, 3) == 0)
            below(w, 4) ? terminate(w, i) : recreate(w, i);
        else
            change_pod(w, i);
        break;
    case MODEL_LEAVING:
        w->event = "leaving";
        if (below(w, 5) == 0)
            preempt_failed(w, i);
        else if (below(w, 3) == 0)
            terminate(w, i);
        else
            below(w, 2) ? stream_gone(w, i) : recreate(w, i);
        break;
    }
}

void stream_pass_time(struct world *w, int64_t us)
{
    for (size_t i = 0; i < w->m.pods; i++) {
        struct model_pod *p = &w->m.pod[i];

        if (p->state == MODEL_LEAVING && !p->deleting && p->retry > w->m.now && p->retry <= w->m.now + us)
            p->state = MODEL_BOUND;
    }
    tick(w, us);
}

/* before a plan is made anew nothing of the old one may be under way; what it evicts may still be there, also in the news */
static void end_all(struct world *w)
{
    for (size_t i = 0; i < w->m.pods; i++) {
        struct model_pod *p = &w->m.pod[i];

        if (p->state == MODEL_BINDING)
            below(w, 4) ? stream_bind_done(w, i) : bind_failed(w, i);
        else if (p->state == MODEL_LEAVING && !p->deleting && p->retry <= w->m.now)
            below(w, 2) ? terminate(w, i) : preempt_failed(w, i);
    }
}

static void tell_pod(struct world *w, size_t i)
{
    struct model_pod *p = &w->m.pod[i];
    struct error err = ERROR_INIT;
    char ns[8], name[8];

    if (p->state == MODEL_ABSENT)
        return;
    if (p->state == MODEL_WAITING)
        p->retry = 0; /* of a bind: that is not kept */
    world_send_pod(w, w->plan, i, true);
    model_gang_changed(&w->m, i);
    if (p->state != MODEL_LEAVING || p->deleting)
        return;
    snprintf(ns, sizeof ns, "ns%zu", i % MODEL_NAMESPACES);
    snprintf(name, sizeof name, "p%02zu", i % 100);
    ok(w, plan_preempt_failed(w->plan, ns, name, p->retry, &err), &err);
}

/* the plan is made anew from all there is, in any order; what it knew of gangs that leave or have left is kept */
static void renew(struct world *w)
{
    size_t first = below(w, (unsigned)w->m.pods);
    struct error err = ERROR_INIT;

    end_all(w);
    model_settle_gangs(&w->m);
    plan_renew(w->plan);
    tick(w, 0);
    for (size_t i = 0; i < w->m.nodes; i++)
        world_send_node(w, w->plan, i);
    for (size_t i = 0; i < w->m.pods; i++)
        tell_pod(w, (first + i) % w->m.pods);
    ok(w, plan_renewed(w->plan, &err), &err);
}

void stream_event(struct world *w)
{
    unsigned what = below(w, 20);

    if (what == 0) {
        w->event = "node";
        change_node(w, below(w, (unsigned)w->m.nodes));
    } else if (what == 1) {
        w->event = "time";
        stream_pass_time(w, below(w, 3) * SECOND / 2);
    } else if (what == 2) {
        w->event = "nothing new";
        nothing_new(w);
    } else if (what == 3 && below(w, 2)) {
        w->event = "made anew";
        renew(w);
    } else {
        pod_event(w, below(w, (unsigned)w->m.pods));
    }
}

/*
 * Random streams of news for the planner, beside a model that makes the plan anew, the plain way, after each: same units in the same order,
 * same taken; victims are those that the model has out of the plan; binds go to free nodes, whole gangs at once, leave room for the rest, and
 * none is missed. A run ends when all that is under way has ended; then nothing of higher priority waits for what lower holds, and a plan made afresh from shuffled
 * news is the same. LAB_EVENTS=n: so many events (default: a million, some seconds); LAB_SEED=n: only that run.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/unit/support/objects.h"
#include "tests/unit/support/plan_world.h"

#define EVENTS_OF_A_RUN 150
#define DEFAULT_EVENTS 1000000
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

static void gone(struct world *w, size_t i)
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

static void bind_done(struct world *w, size_t i)
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
            below(w, 2) ? terminate(w, i) : gone(w, i);
        else
            change_pod(w, i);
        break;
    case MODEL_BINDING:
        w->event = "binding";
        if (below(w, 5) == 0)
            bind_failed(w, i);
        else
            below(w, 8) ? bind_done(w, i) : terminate(w, i);
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
            below(w, 2) ? gone(w, i) : recreate(w, i);
        break;
    }
}

/* the model's share of the time that passed: what was held back is back */
static void pass_time(struct world *w, int64_t us)
{
    for (size_t i = 0; i < w->m.pods; i++) {
        struct model_pod *p = &w->m.pod[i];

        if (p->state == MODEL_LEAVING && !p->deleting && p->retry > w->m.now && p->retry <= w->m.now + us)
            p->state = MODEL_BOUND;
    }
    tick(w, us);
}

static void event(struct world *w)
{
    unsigned what = below(w, 20);

    if (what == 0) {
        w->event = "node";
        change_node(w, below(w, (unsigned)w->m.nodes));
    } else if (what == 1) {
        w->event = "time";
        pass_time(w, below(w, 3) * SECOND / 2);
    } else if (what == 2) {
        w->event = "nothing new";
        nothing_new(w);
    } else {
        pod_event(w, below(w, (unsigned)w->m.pods));
    }
}

/* all that is under way ends well, until there is nothing left to do */
static void come_to_rest(struct world *w)
{
    size_t rounds = 0;
    bool more;

    do {
        world_must(w, rounds++ < 100, "no rest");
        w->event = "coming to rest";
        pass_time(w, 20 * SECOND);
        more = world_act(w) > 0;
        for (size_t i = 0; i < w->m.pods; i++) {
            if (w->m.pod[i].state == MODEL_BINDING)
                bind_done(w, i);
            else if (w->m.pod[i].state == MODEL_LEAVING)
                gone(w, i);
            else
                continue;
            more = true;
        }
    } while (more);
}

/* at rest no node has two, and nothing waits that would fit beside what has the same priority or more */
static void check_rest(struct world *w)
{
    struct model *m = &w->m;

    for (size_t i = 0; i < m->pods; i++)
        for (size_t j = 0; j < i; j++)
            world_must(w,
                       !model_is_live(&m->pod[i]) || !model_is_live(&m->pod[j]) || m->pod[i].node != m->pod[j].node ||
                           !m->node[m->pod[i].node].present,
                       "p%02zu and p%02zu share a node", i, j);
    model_plan(m);
    for (size_t u = 0; u < m->units; u++) {
        size_t with[MODEL_PODS], count = 0;

        if (m->unit[u].placed)
            continue;
        for (size_t v = 0; v < m->units; v++)
            for (size_t i = 0; i < m->unit[v].members; i++)
                if (v == u || (m->unit[v].placed && m->unit[v].priority >= m->unit[u].priority))
                    with[count++] = m->unit[v].member[i];
        world_must(w, !model_matches(m, with, count, NULL, NULL), "%s waits, and lower priority would make room", m->unit[u].name);
    }
}

static void shuffle(struct world *w, size_t *order, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t j = below(w, (unsigned)i + 1);

        order[i] = order[j];
        order[j] = i;
    }
}

/* the same news in another order make the same plan */
static void check_afresh(struct world *w)
{
    struct plan_config config = {.gang_settle_us = w->m.settle};
    struct plan *had = w->plan;
    struct error err = ERROR_INIT;
    size_t order[MODEL_PODS];

    w->event = "afresh";
    filter_config_init(&config.filters);
    pass_time(w, 20 * SECOND);
    w->plan = plan_new(&config, &err);
    ck_assert_ptr_nonnull(w->plan);
    shuffle(w, order, w->m.pods);
    for (size_t i = 0; i < w->m.pods; i++)
        if (w->m.pod[order[i]].state != MODEL_ABSENT)
            world_send_pod(w, w->plan, order[i], true);
    shuffle(w, order, w->m.nodes);
    for (size_t i = 0; i < w->m.nodes; i++)
        world_send_node(w, w->plan, order[i]);
    tick(w, 0);
    world_check_plan(w);
    world_must(w, world_act(w) == 0, "%zu actions", w->actions);
    plan_free(w->plan);
    w->plan = had;
}

static void run(uint64_t seed)
{
    static struct world w;
    struct plan_config config = {.gang_settle_us = SECOND};
    struct error err = ERROR_INIT;

    w = (struct world){.seed = seed, .random = seed * 2654435761u + 88172645463325252u, .event = "start"};
    w.m.settle = config.gang_settle_us = below(&w, 8) ? SECOND : 0;
    w.m.pods = 4 + below(&w, 20);
    w.m.nodes = 1 + below(&w, 9);
    filter_config_init(&config.filters);
    w.plan = plan_new(&config, &err);
    ck_assert_ptr_nonnull(w.plan);
    for (size_t i = 0; i < w.m.nodes; i++) {
        w.m.node[i].present = below(&w, 8) > 0;
        w.m.node[i].zone = (char)('a' + below(&w, 2));
        world_send_node(&w, w.plan, i);
    }
    for (w.index = 0; w.index < EVENTS_OF_A_RUN; w.index++) {
        event(&w);
        if (below(&w, 5))
            world_act(&w);
        else
            world_check_plan(&w);
    }
    come_to_rest(&w);
    check_rest(&w);
    check_afresh(&w);
    plan_free(w.plan);
}

START_TEST(random_streams)
{
    const char *events = getenv("LAB_EVENTS"), *seed = getenv("LAB_SEED");
    unsigned long long runs = (events ? strtoull(events, NULL, 10) : DEFAULT_EVENTS) / EVENTS_OF_A_RUN + 1;

    if (seed) {
        run(strtoull(seed, NULL, 10));
        return;
    }
    for (unsigned long long i = 1; i <= runs; i++)
        run(i);
    printf("seeds 1 to %llu, %d events each, %llu in all; LAB_SEED=n replays one\n", runs, EVENTS_OF_A_RUN, runs * EVENTS_OF_A_RUN);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("plan, random");
    TCase *tcase = tcase_create("streams");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tcase, random_streams);
    tcase_set_timeout(tcase, 3600);
    suite_add_tcase(suite, tcase);
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}

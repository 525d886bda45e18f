/*
 * Random streams of news for the planner, beside a model that makes the plan anew, the plain way, after each: same units in the same order,
 * same taken; victims are those that the model has out of the plan; binds go to free nodes, whole gangs at once, leave room for the rest, and
 * none is missed. A run ends when all that is under way has ended; then nothing of higher priority waits for what lower holds, and a plan made afresh from shuffled
 * news is the same. LAB_EVENTS=n: so many events (default: a million, some seconds); LAB_SEED=n: only that run.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/unit/support/objects.h"
#include "tests/unit/support/plan_stream.h"

#define EVENTS_OF_A_RUN 150
#define DEFAULT_EVENTS 1000000
#define SECOND 1000000

static unsigned below(struct world *w, unsigned bound)
{
    return random_below(&w->random, bound);
}

/* all that is under way ends well, until there is nothing left to do */
static void come_to_rest(struct world *w)
{
    size_t rounds = 0;
    bool more;

    do {
        world_must(w, rounds++ < 100, "no rest");
        w->event = "coming to rest";
        stream_pass_time(w, 20 * SECOND);
        more = world_act(w) > 0;
        for (size_t i = 0; i < w->m.pods; i++) {
            if (w->m.pod[i].state == MODEL_BINDING)
                stream_bind_done(w, i);
            else if (w->m.pod[i].state == MODEL_LEAVING)
                stream_gone(w, i);
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
    stream_pass_time(w, 20 * SECOND);
    w->plan = plan_new(&config, &err);
    ck_assert_ptr_nonnull(w->plan);
    shuffle(w, order, w->m.pods);
    for (size_t i = 0; i < w->m.pods; i++)
        if (w->m.pod[order[i]].state != MODEL_ABSENT)
            world_send_pod(w, w->plan, order[i], true);
    shuffle(w, order, w->m.nodes);
    for (size_t i = 0; i < w->m.nodes; i++)
        world_send_node(w, w->plan, order[i]);
    stream_pass_time(w, 0);
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
        stream_event(&w);
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

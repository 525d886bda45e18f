/* The queue: every transition at explicit times, then random sequences against a model that is a plain array. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cluster/cache.h"
#include "common/cluster/queue.h"
#include "tests/unit/support/objects.h"

#define SECOND INT64_C(1000000)

static struct cache *cache;
static struct queue *queue;
static struct error err;

static void setup(void)
{
    err = (struct error)ERROR_INIT;
    cache = cache_new("ours", &err);
    queue = queue_new(&err);
    ck_assert(cache && queue);
}

static void teardown(void)
{
    queue_free(queue);
    cache_free(cache);
}

/* `created` in seconds; `spec` begins with a comma when it is not empty */
static struct cached_pod *put(const char *name, int priority, int created, const char *spec)
{
    struct pod_update update;

    ck_assert_int_eq(
        cache_set_pod(cache,
                      pod_of("{'metadata':{'name':'%s','namespace':'d','uid':'%s','creationTimestamp':'1970-01-01T00:%02d:%02dZ'},"
                             "'spec':{'schedulerName':'ours','priority':%d%s}}",
                             name, name, created / 60, created % 60, priority, spec),
                      &update, &err),
        0);
    return update.cached;
}

static struct cached_pod *add(const char *name, int priority, int created, int64_t now_us)
{
    struct cached_pod *pod = put(name, priority, created, "");

    ck_assert_int_eq(queue_add(queue, pod, now_us, &err), 0);
    return pod;
}

static void expect_counts(size_t active, size_t backoff, size_t unschedulable, size_t gated)
{
    size_t a, b, u, g;

    queue_counts(queue, &a, &b, &u, &g);
    ck_assert_uint_eq(a, active);
    ck_assert_uint_eq(b, backoff);
    ck_assert_uint_eq(u, unschedulable);
    ck_assert_uint_eq(g, gated);
}

START_TEST(empty_queue_has_nothing)
{
    ck_assert_ptr_null(queue_pop(queue, 0));
    ck_assert(queue_next_us(queue, 0) == INT64_MAX);
    expect_counts(0, 0, 0, 0);
}
END_TEST

START_TEST(order_is_priority_then_age_then_name)
{
    static const char *const order[] = {"high", "old", "a", "b", "young", "low"};

    add("young", 0, 9, 0);
    add("b", 0, 5, 0);
    add("low", -1, 0, 0);
    add("a", 0, 5, 0);
    add("high", 7, 9, 0);
    add("old", 0, 1, 0);
    for (int i = 0; i < 6; i++)
        ck_assert_str_eq(queue_pop(queue, 0)->pod->name, order[i]);
    ck_assert_ptr_null(queue_pop(queue, 0));
}
END_TEST

START_TEST(popped_pod_is_in_flight)
{
    struct cached_pod *pod = add("p", 0, 0, 5);

    ck_assert_int_eq(queue_place(pod), QUEUE_ACTIVE);
    ck_assert_int_eq(queue_attempts(pod), 0);
    ck_assert_int_eq(queue_next_us(queue, 6), 0);
    ck_assert_ptr_eq(queue_pop(queue, 6), pod);
    ck_assert_int_eq(queue_place(pod), QUEUE_NONE);
    ck_assert_int_eq(queue_attempts(pod), 1);
    ck_assert_int_eq(queue_first_seen_us(pod), 5);
    ck_assert(queue_next_us(queue, 6) == INT64_MAX);
    expect_counts(0, 0, 0, 0);
}
END_TEST

START_TEST(added_twice_is_there_once)
{
    struct cached_pod *pod = add("p", 0, 0, 5);

    ck_assert_int_eq(queue_add(queue, pod, 6, &err), 0);
    expect_counts(1, 0, 0, 0);
    ck_assert_int_eq(queue_first_seen_us(pod), 5);
}
END_TEST

/* 1, 2, 4, 8, 10, 10 seconds */
START_TEST(backoff_doubles_up_to_its_limit)
{
    static const int64_t seconds[] = {1, 2, 4, 8, 10, 10};
    struct cached_pod *pod = add("p", 0, 0, 0);
    int64_t now = 0;

    for (int i = 0; i < 6; i++) {
        ck_assert_ptr_eq(queue_pop(queue, now), pod);
        queue_retry(queue, pod, now, 0);
        ck_assert_int_eq(queue_place(pod), QUEUE_BACKOFF);
        ck_assert_int_eq(queue_next_us(queue, now), now + seconds[i] * SECOND);
        ck_assert_ptr_null(queue_pop(queue, now + seconds[i] * SECOND - 1));
        now += seconds[i] * SECOND;
        ck_assert_int_eq(queue_next_us(queue, now), 0);
    }
}
END_TEST

START_TEST(retry_after_is_honoured)
{
    struct cached_pod *pod = add("p", 0, 0, 0);

    queue_pop(queue, 0);
    queue_retry(queue, pod, 0, 30 * SECOND);
    ck_assert_int_eq(queue_next_us(queue, 0), 30 * SECOND);
    ck_assert_ptr_eq(queue_pop(queue, 30 * SECOND), pod);
    queue_retry(queue, pod, 30 * SECOND, 1); /* less than the backoff: the backoff */
    ck_assert_int_eq(queue_next_us(queue, 30 * SECOND), 32 * SECOND);
}
END_TEST

START_TEST(unschedulable_pod_waits_five_minutes)
{
    struct cached_pod *pod = add("p", 0, 0, 0);

    queue_pop(queue, 0);
    queue_unschedulable(queue, pod, 7);
    ck_assert_int_eq(queue_place(pod), QUEUE_UNSCHEDULABLE);
    expect_counts(0, 0, 1, 0);
    ck_assert_int_eq(queue_next_us(queue, 7), 7 + 300 * SECOND);
    ck_assert_ptr_null(queue_pop(queue, 6 + 300 * SECOND));
    ck_assert_int_eq(queue_next_us(queue, 7 + 300 * SECOND), 0);
    ck_assert_ptr_eq(queue_pop(queue, 7 + 300 * SECOND), pod);
    ck_assert_int_eq(queue_attempts(pod), 2);
}
END_TEST

START_TEST(woken_after_its_backoff_is_active)
{
    struct cached_pod *pod = add("p", 0, 0, 0);

    queue_pop(queue, 0);
    queue_unschedulable(queue, pod, 0);
    queue_wake(queue, SECOND);
    ck_assert_int_eq(queue_place(pod), QUEUE_ACTIVE);
}
END_TEST

START_TEST(woken_within_its_backoff_waits_for_the_end)
{
    struct cached_pod *pod = add("p", 0, 0, 0);

    queue_pop(queue, 0);
    queue_unschedulable(queue, pod, 0);
    queue_wake(queue, SECOND - 1);
    ck_assert_int_eq(queue_place(pod), QUEUE_BACKOFF);
    ck_assert_ptr_null(queue_pop(queue, SECOND - 1));
    ck_assert_ptr_eq(queue_pop(queue, SECOND), pod);
}
END_TEST

START_TEST(wake_moves_all_that_wait)
{
    struct cached_pod *pod[20];
    char name[16];

    for (int i = 0; i < 20; i++) {
        snprintf(name, sizeof name, "p%d", i);
        pod[i] = add(name, 0, i, 0);
    }
    for (int i = 0; i < 20; i++)
        queue_unschedulable(queue, queue_pop(queue, 0), i * SECOND / 10);
    expect_counts(0, 0, 20, 0);
    queue_wake(queue, 2 * SECOND);
    expect_counts(11, 9, 0, 0);
    ck_assert_int_eq(queue_place(pod[10]), QUEUE_ACTIVE);
    ck_assert_int_eq(queue_place(pod[11]), QUEUE_BACKOFF);
}
END_TEST

/* the change may have come after the decision had looked: it must not be lost */
START_TEST(wake_while_in_flight_means_backoff)
{
    struct cached_pod *pod = add("p", 0, 0, 0);

    queue_pop(queue, 0);
    queue_wake(queue, 5);
    queue_unschedulable(queue, pod, 10);
    ck_assert_int_eq(queue_place(pod), QUEUE_BACKOFF);
    ck_assert_ptr_eq(queue_pop(queue, 10 + SECOND), pod);
    queue_unschedulable(queue, pod, 10 + SECOND); /* an old wake is no news */
    ck_assert_int_eq(queue_place(pod), QUEUE_UNSCHEDULABLE);
}
END_TEST

START_TEST(failures_of_a_pod_not_in_flight_are_no_news)
{
    struct cached_pod *pod = add("p", 0, 0, 0);

    queue_retry(queue, pod, 0, 0);
    queue_unschedulable(queue, pod, 0);
    ck_assert_int_eq(queue_place(pod), QUEUE_ACTIVE);
    queue_remove(queue, pod);
    queue_retry(queue, pod, 0, 0);
    queue_unschedulable(queue, pod, 0);
    queue_update(queue, pod, 0);
    queue_remove(queue, pod);
    ck_assert_int_eq(queue_place(pod), QUEUE_NONE);
    expect_counts(0, 0, 0, 0);
}
END_TEST

START_TEST(gated_pod_is_never_popped)
{
    struct cached_pod *pod = put("p", 0, 0, ",'schedulingGates':[{'name':'g'}]");

    ck_assert_int_eq(queue_add(queue, pod, 0, &err), 0);
    ck_assert_int_eq(queue_place(pod), QUEUE_GATED);
    expect_counts(0, 0, 0, 1);
    queue_wake(queue, 1);
    ck_assert_ptr_null(queue_pop(queue, 1000 * SECOND));
    ck_assert(queue_next_us(queue, 0) == INT64_MAX);
    pod = put("p", 0, 0, "");
    queue_update(queue, pod, 5);
    ck_assert_ptr_eq(queue_pop(queue, 5), pod);
}
END_TEST

START_TEST(pod_gated_later_leaves_its_place)
{
    const char *gate = ",'schedulingGates':[{'name':'g'}]";
    struct cached_pod *pod = add("p", 0, 0, 0), *flying;

    queue_update(queue, put("p", 0, 0, gate), 1);
    ck_assert_int_eq(queue_place(pod), QUEUE_GATED);
    flying = add("q", 0, 0, 0);
    ck_assert_ptr_eq(queue_pop(queue, 1), flying);
    queue_update(queue, put("q", 0, 0, gate), 1);
    ck_assert_int_eq(queue_place(flying), QUEUE_NONE);
    queue_retry(queue, flying, 1, 0);
    ck_assert_int_eq(queue_place(flying), QUEUE_GATED);
}
END_TEST

START_TEST(changed_priority_changes_the_turn)
{
    struct cached_pod *b;

    add("a", 0, 0, 0);
    b = add("b", 0, 1, 0);
    add("c", 0, 2, 0);
    queue_update(queue, put("b", 5, 1, ""), 0);
    ck_assert_ptr_eq(queue_pop(queue, 0), b);
    ck_assert_str_eq(queue_pop(queue, 0)->pod->name, "a");
}
END_TEST

START_TEST(status_update_does_not_wake)
{
    struct cached_pod *pod = add("p", 0, 0, 0);
    struct pod_update update;

    queue_pop(queue, 0);
    queue_unschedulable(queue, pod, 0);
    ck_assert_int_eq(
        cache_set_pod(cache,
                      pod_of("{'metadata':{'name':'p','namespace':'d','uid':'p','creationTimestamp':'1970-01-01T00:00:00Z'},"
                             "'spec':{'schedulerName':'ours','priority':0},'status':{'phase':'Pending','nominatedNodeName':'n'}}"),
                      &update, &err),
        0);
    queue_update(queue, pod, 5 * SECOND);
    ck_assert_int_eq(queue_place(pod), QUEUE_UNSCHEDULABLE);
}
END_TEST

START_TEST(changed_spec_wakes_after_the_backoff)
{
    struct cached_pod *pod = add("p", 0, 0, 0);

    queue_pop(queue, 0);
    queue_unschedulable(queue, pod, 0);
    queue_update(queue, put("p", 0, 0, ",'tolerations':[{'operator':'Exists'}]"), SECOND / 2);
    ck_assert_int_eq(queue_place(pod), QUEUE_BACKOFF);
    ck_assert_ptr_eq(queue_pop(queue, SECOND), pod);
    /* in flight: what it was tried as is no more */
    queue_update(queue, put("p", 0, 0, ""), SECOND);
    queue_unschedulable(queue, pod, SECOND);
    ck_assert_int_eq(queue_place(pod), QUEUE_BACKOFF);
}
END_TEST

START_TEST(removed_from_every_place)
{
    struct cached_pod *active = add("a", 0, 0, 0), *backoff, *waiting, *gated, *flying;

    queue_remove(queue, active);
    ck_assert_ptr_null(active->user);
    backoff = add("b", 0, 0, 0);
    queue_pop(queue, 0);
    queue_retry(queue, backoff, 0, 0);
    waiting = add("w", 0, 0, 0);
    queue_pop(queue, 0);
    queue_unschedulable(queue, waiting, 0);
    gated = put("g", 0, 0, ",'schedulingGates':[{'name':'g'}]");
    queue_add(queue, gated, 0, &err);
    flying = add("f", 0, 0, 0);
    queue_pop(queue, 0);
    expect_counts(0, 1, 1, 1);
    queue_remove(queue, backoff);
    queue_remove(queue, waiting);
    queue_remove(queue, gated);
    queue_remove(queue, flying);
    expect_counts(0, 0, 0, 0);
    ck_assert(queue_next_us(queue, 0) == INT64_MAX);
    ck_assert_int_eq(queue_add(queue, flying, 50, &err), 0); /* attempts are forgotten */
    ck_assert_int_eq(queue_attempts(flying), 0);
    ck_assert_int_eq(queue_first_seen_us(flying), 50);
}
END_TEST

/* ---- a plain array of pods that does the same ---- */

#define PODS 24

struct model {
    bool queued, in_flight, woken;
    enum queue_place place;
    int priority, created, attempts, version;
    int64_t backoff_end, leave;
};

static struct model model[PODS];
static uint64_t state;
static int64_t now_us;
static int seed, step;

#define CHECK(condition)                                                                                                                   \
    do {                                                                                                                                   \
        if (!(condition))                                                                                                                  \
            ck_abort_msg("QUEUE_MODEL_SEED=%d step %d: %s", seed, step, #condition);                                                       \
    } while (0)

static struct cached_pod *model_put(int p, bool gated)
{
    char name[16], spec[96];

    snprintf(name, sizeof name, "p%02d", p);
    snprintf(spec, sizeof spec, ",'nodeSelector':{'v':'%d'}%s", model[p].version, gated ? ",'schedulingGates':[{'name':'g'}]" : "");
    return put(name, model[p].priority, model[p].created, spec);
}

static struct cached_pod *pod_at(int p)
{
    char name[16];

    snprintf(name, sizeof name, "p%02d", p);
    return cache_pod(cache, "d", name);
}

static int64_t backoff(int attempts)
{
    return attempts > 4 ? 10 * SECOND : (INT64_C(1) << (attempts - 1)) * SECOND;
}

static void model_release(struct model *m)
{
    m->place = m->backoff_end > now_us ? QUEUE_BACKOFF : QUEUE_ACTIVE;
}

static void model_due(void)
{
    for (int p = 0; p < PODS; p++) {
        struct model *m = &model[p];

        if (m->place == QUEUE_BACKOFF && m->backoff_end <= now_us)
            m->place = QUEUE_ACTIVE;
        else if (m->place == QUEUE_UNSCHEDULABLE && m->leave <= now_us)
            model_release(m);
    }
}

static int model_first(void)
{
    int first = -1;

    for (int p = 0; p < PODS; p++) {
        if (model[p].place != QUEUE_ACTIVE)
            continue;
        if (first < 0 || model[p].priority > model[first].priority ||
            (model[p].priority == model[first].priority && model[p].created < model[first].created))
            first = p;
    }
    return first;
}

static void step_add_or_update(int p)
{
    struct model *m = &model[p];
    bool gated = random_below(&state, 6) == 0, changed = random_below(&state, 2);

    if (!m->queued) {
        *m = (struct model){.queued = true, .priority = (int)random_below(&state, 3), .created = (int)random_below(&state, 5)};
        m->place = gated ? QUEUE_GATED : QUEUE_ACTIVE;
        CHECK(queue_add(queue, model_put(p, gated), now_us, &err) == 0);
        return;
    }
    /* an update that changes nothing keeps the gate as it is */
    if (!changed && !m->in_flight)
        gated = m->place == QUEUE_GATED;
    else if (m->in_flight)
        gated = false;
    if (changed) {
        m->version++;
        m->priority = (int)random_below(&state, 3);
    }
    queue_update(queue, model_put(p, gated), now_us);
    if (m->in_flight)
        m->woken = m->woken || changed;
    else if (gated)
        m->place = QUEUE_GATED;
    else if (m->place == QUEUE_GATED || (m->place == QUEUE_UNSCHEDULABLE && changed))
        model_release(m);
}

static void step_remove(int p)
{
    struct cached_pod *pod = pod_at(p);
    struct pod_update update;

    if (!pod)
        return;
    queue_remove(queue, pod);
    cache_remove_pod(cache, "d", pod->pod->name, NULL, &update);
    model[p] = (struct model){0};
}

static void step_pop(void)
{
    struct cached_pod *pod = queue_pop(queue, now_us);
    int first;

    model_due();
    first = model_first();
    CHECK((pod != NULL) == (first >= 0));
    if (!pod)
        return;
    CHECK(pod == pod_at(first));
    model[first].place = QUEUE_NONE;
    model[first].in_flight = true;
    model[first].woken = false;
    model[first].attempts++;
}

static void step_fail(int p)
{
    struct model *m = &model[p];
    int64_t wait, after = random_below(&state, 4) ? 0 : random_below(&state, 20) * SECOND;

    if (!m->in_flight)
        return;
    wait = backoff(m->attempts);
    m->in_flight = false;
    if (random_below(&state, 2)) {
        queue_retry(queue, pod_at(p), now_us, after);
        m->backoff_end = now_us + (after > wait ? after : wait);
        m->place = QUEUE_BACKOFF;
        return;
    }
    queue_unschedulable(queue, pod_at(p), now_us);
    m->backoff_end = now_us + wait;
    m->leave = now_us + 300 * SECOND;
    m->place = m->woken ? QUEUE_BACKOFF : QUEUE_UNSCHEDULABLE;
}

static void step_wake(void)
{
    queue_wake(queue, now_us);
    for (int p = 0; p < PODS; p++) {
        if (model[p].place == QUEUE_UNSCHEDULABLE)
            model_release(&model[p]);
        model[p].woken = model[p].woken || model[p].in_flight;
    }
}

static void check_model(void)
{
    size_t counts[5] = {0}, active, backing, waiting, gated;
    int64_t next = INT64_MAX;

    for (int p = 0; p < PODS; p++) {
        const struct model *m = &model[p];
        const struct cached_pod *pod = pod_at(p);

        CHECK((pod != NULL) == m->queued);
        if (!pod)
            continue;
        CHECK(queue_place(pod) == m->place);
        CHECK(queue_attempts(pod) == m->attempts);
        counts[m->place]++;
        if (m->place == QUEUE_ACTIVE)
            next = 0;
        if (m->place == QUEUE_BACKOFF && m->backoff_end < next)
            next = m->backoff_end;
        if (m->place == QUEUE_UNSCHEDULABLE && m->leave < next)
            next = m->leave;
    }
    queue_counts(queue, &active, &backing, &waiting, &gated);
    CHECK(active == counts[QUEUE_ACTIVE] && backing == counts[QUEUE_BACKOFF]);
    CHECK(waiting == counts[QUEUE_UNSCHEDULABLE] && gated == counts[QUEUE_GATED]);
    CHECK(queue_next_us(queue, now_us) == (next <= now_us ? 0 : next));
}

START_TEST(random_steps)
{
    const char *only = getenv("QUEUE_MODEL_SEED");

    seed = only ? atoi(only) : _i + 1;
    state = (uint64_t)seed * 0x9e3779b97f4a7c15u;
    memset(model, 0, sizeof model);
    now_us = 0;
    for (step = 0; step < 4000; step++) {
        unsigned what = random_below(&state, 20);
        int p = (int)random_below(&state, PODS);

        now_us += random_below(&state, 3) ? random_below(&state, 300000) : 0;
        if (random_below(&state, 200) == 0)
            now_us += 100 * SECOND;
        if (what < 7)
            step_add_or_update(p);
        else if (what < 8)
            step_remove(p);
        else if (what < 14)
            step_pop();
        else if (what < 19)
            step_fail(p);
        else
            step_wake();
        check_model();
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("queue");
    TCase *core = tcase_create("core"), *random = tcase_create("model");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(core, setup, teardown);
    tcase_add_checked_fixture(random, setup, teardown);
    tcase_set_timeout(random, 60);
    tcase_add_test(core, empty_queue_has_nothing);
    tcase_add_test(core, order_is_priority_then_age_then_name);
    tcase_add_test(core, popped_pod_is_in_flight);
    tcase_add_test(core, added_twice_is_there_once);
    tcase_add_test(core, backoff_doubles_up_to_its_limit);
    tcase_add_test(core, retry_after_is_honoured);
    tcase_add_test(core, unschedulable_pod_waits_five_minutes);
    tcase_add_test(core, woken_after_its_backoff_is_active);
    tcase_add_test(core, woken_within_its_backoff_waits_for_the_end);
    tcase_add_test(core, wake_moves_all_that_wait);
    tcase_add_test(core, wake_while_in_flight_means_backoff);
    tcase_add_test(core, failures_of_a_pod_not_in_flight_are_no_news);
    tcase_add_test(core, gated_pod_is_never_popped);
    tcase_add_test(core, pod_gated_later_leaves_its_place);
    tcase_add_test(core, changed_priority_changes_the_turn);
    tcase_add_test(core, status_update_does_not_wake);
    tcase_add_test(core, changed_spec_wakes_after_the_backoff);
    tcase_add_test(core, removed_from_every_place);
    tcase_add_loop_test(random, random_steps, 0, 25);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, random);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}

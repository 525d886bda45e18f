/*
 * test_alloc_scheduler.c: both schedulers, from their birth until every pod is bound and they have ended, each allocation failing in turn: no crash,
 * nothing left behind, no pod bound twice; and where only one allocation fails, every pod is bound. With one-per-node and with --preemption the last pod
 * has the higher priority and no room: one of the others must make it.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/scheduler_open.h"
#include "tests/unit/support/alloc_fault.h"
#include "tests/unit/support/fake_transport.h"

#define PODS 3
#define MOST_WAITS 400

static struct fake fake;
static struct {
    bool here, bound, evicted;
    int node;
} pods[PODS];
static bool preempting; /* this time */
static int waits, served, nodes_seen;
static struct fake_call *pod_watch;
static const char *wrong;

static void must(bool condition, const char *what)
{
    if (!condition && !wrong)
        wrong = what;
}

static int bound(void)
{
    int count = 0;

    for (int i = 0; i < PODS; i++)
        count += pods[i].bound;
    return count;
}

static bool all_done(void)
{
    return bound() == PODS && (!preempting || pods[0].evicted || pods[1].evicted);
}

static bool stop_requested(void)
{
    return waits > MOST_WAITS || (all_done() && fake_open_calls(&fake) <= 2);
}

/* ---- the server ---- */

static void write_pod(int i, char *out, size_t size)
{
    snprintf(out, size,
             "{\"metadata\":{\"name\":\"p%d\",\"namespace\":\"default\",\"uid\":\"u%d\",\"resourceVersion\":\"%d\",\"creationTimestamp\":"
             "\"2026-01-01T00:00:00Z\"},\"spec\":{\"priority\":%d,\"schedulerName\":\"my-scheduler\",\"nodeName\":\"%s\",\"containers\":[{"
             "\"resources\":{"
             "\"requests\":{"
             "\"cpu\":\"1\"}}}]},\"status\":{\"phase\":\"Pending\"}}",
             i, i, 10 + i, preempting && i == PODS - 1 ? 10 : 0,
             !pods[i].bound ? ""
             : pods[i].node ? "n1"
                            : "n0");
}

static void write_node(int i, char *out, size_t size)
{
    snprintf(out, size,
             "{\"metadata\":{\"name\":\"n%d\",\"uid\":\"v%d\",\"resourceVersion\":\"%d\"},\"status\":{\"allocatable\":{\"cpu\":\"%d\","
             "\"memory\":\"8Gi\","
             "\"pods\":\"110\"},\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\"}]}}",
             i, i, 2 + i, preempting ? 1 : 2);
}

static void feed_event(struct fake_call *call, const char *type, const char *object)
{
    char frame[1000];

    snprintf(frame, sizeof frame, "{\"type\":\"%s\",\"object\":%s}\n", type, object);
    if (call && call->state == FAKE_OPEN)
        fake_feed(call, 200, frame, strlen(frame));
}

static void feed_pod(int i, const char *type)
{
    char object[600];

    write_pod(i, object, sizeof object);
    feed_event(pod_watch, type, object);
}

static void serve_watch(struct fake_call *call)
{
    bool initial = strstr(call->target, "sendInitialEvents") != NULL;
    char object[600];

    if (strstr(call->target, "/nodes")) {
        for (int i = 0; initial && i < 2; i++) {
            write_node(i, object, sizeof object);
            feed_event(call, "ADDED", object);
        }
        nodes_seen++;
    } else {
        pod_watch = call;
        for (int i = 0; i < PODS; i++) /* without initial state: it may have missed some */
            if (pods[i].here)
                feed_pod(i, "ADDED");
    }
    if (initial)
        feed_event(call, "BOOKMARK",
                   "{\"metadata\":{\"resourceVersion\":\"50\",\"annotations\":{\"k8s.io/initial-events-end\":\"true\"}}}");
}

static void serve_list(struct fake_call *call)
{
    bool pending = strstr(call->target, "nodeName%3D%2C") != NULL, nodes = strstr(call->target, "/nodes?") != NULL;
    char body[3000] = "{\"metadata\":{\"resourceVersion\":\"50\"},\"items\":[", object[600];
    const char *comma = "";

    for (int i = 0; i < (nodes ? 2 : PODS); i++) {
        if (!nodes && (!pods[i].here || pods[i].bound == pending))
            continue;
        if (nodes)
            write_node(i, object, sizeof object);
        else
            write_pod(i, object, sizeof object);
        snprintf(body + strlen(body), sizeof body - strlen(body), "%s%s", comma, object);
        comma = ",";
    }
    strcat(body, "]}");
    fake_answer(call, 200, body);
}

static void serve_bind(struct fake_call *call)
{
    const char *name = strstr(call->target, "/pods/p");
    int i = name ? name[7] - '0' : PODS;

    must(i >= 0 && i < PODS && call->body_bytes > 100, "a Binding is whole");
    if (i < 0 || i >= PODS)
        return;
    must(!pods[i].bound, "no pod is bound twice");
    pods[i].bound = true;
    pods[i].node = strstr(call->body, "\"name\":\"n1\"}}") != NULL;
    fake_answer(call, 201, "{}");
    feed_pod(i, "MODIFIED");
}

static void serve_eviction(struct fake_call *call)
{
    const char *name = strstr(call->target, "/pods/p");
    int i = name ? name[7] - '0' : PODS;

    must(preempting && i >= 0 && i < PODS - 1 && strstr(call->body, "\"uid\""), "only a victim is deleted, by its UID");
    if (i < 0 || i >= PODS)
        return;
    fake_answer(call, 200, "{}");
    pods[i].evicted = true;
    pods[i].here = false;
    feed_pod(i, "DELETED");
}

static void serve(struct fake_call *call)
{
    served++;
    if (!strcmp(call->method, "DELETE"))
        serve_eviction(call);
    else if (call->method[0] != 'G' && !strstr(call->target, "/binding"))
        fake_answer(call, 201, "{}");
    else if (call->method[0] != 'G')
        serve_bind(call);
    else if (strstr(call->target, "watch=true"))
        serve_watch(call);
    else
        serve_list(call);
}

/* the last pod comes when the first two are bound */
static void on_wait(struct fake *unused, int64_t timeout_ms)
{
    struct fake_call *call = fake_take(&fake);

    (void)unused;
    waits++;
    if (call) {
        serve(call);
    } else {
        fake.now_us += (timeout_ms > 0 ? timeout_ms : timeout_ms < 0 ? 1000 : 0) * 1000;
        if (!pods[PODS - 1].here && bound() == PODS - 1) {
            pods[PODS - 1].here = true;
            feed_pod(PODS - 1, "ADDED");
        }
    }
}

/* ---- the schedulers ---- */

static void on_pod(struct scheduler *s, enum event event, const struct pod *pod)
{
    const struct node *node = is_pending_for_us(s, pod) ? choose_node(s, pod) : NULL;

    (void)event;
    if (node)
        bind_pod(s, pod, node);
}

static void watch(struct scheduler *s)
{
    watch_pods(s, on_pod);
    run_until_stopped(s);
}

static void poll_for_pods(struct scheduler *s)
{
    while (scheduler_running(s)) {
        struct pod_list pending;

        list_pending_pods(s, &pending);
        for (size_t i = 0; i < pending.count; i++) {
            const struct node *node = choose_node(s, pending.pod[i]);

            if (node)
                bind_pod(s, pending.pod[i], node);
        }
        sleep_until_next_poll(s);
    }
}

struct main {
    const char *program, *policy;
    bool preemption;
    void (*run)(struct scheduler *s);
};

static bool memory_is_back(void)
{
    void *volatile first = malloc(1), *volatile second = malloc(1);
    bool back = first || second;

    free(first);
    free(second);
    return back;
}

static int run_scheduler(void *ctx)
{
    const struct main *one = ctx;
    struct options options = {.scheduler_name = "my-scheduler",
                              .interval_ms = 1000,
                              .max_bind_attempts = 3,
                              .bind_backoff_ms = 100,
                              .max_inflight = 4,
                              .preemption = one->preemption,
                              .reinit_delay_us = 100000,
                              .seed = 1};
    struct scheduler_seams seams = {&fake.transport, &fake.clock, NULL, "h", stop_requested, NULL};
    struct log log = {.prefix = "test", .clock = &fake.clock, .quiet = true};
    struct error err = ERROR_INIT;
    struct scheduler *s;
    bool ended_well = false;

    memset(pods, 0, sizeof pods);
    pods[0].here = pods[1].here = true;
    waits = served = nodes_seen = 0;
    pod_watch = NULL;
    options.policy.policy = policy_by_name(one->policy);
    options.policy.preempts = one->preemption ? options.scheduler_name : NULL;
    filter_config_init(&options.policy.filters);
    options.policy.filters.enabled[FILTER_ONE_PER_NODE] = options.policy.policy->plans;
    preempting = one->preemption || options.policy.policy->plans;
    if (fake_open(&fake, NULL, NULL, &err) < 0)
        return -1;
    fake.on_wait = on_wait;
    s = scheduler_open(one->program, &options, &seams, &log, &err);
    must(s || err.kind == ERROR_NO_MEMORY, "a scheduler that does not start says why");
    if (s) {
        one->run(s);
        ended_well = all_done();
        /* one that could not even start watching says so with its exit code */
        ended_well |= scheduler_close(s) != 0 && !nodes_seen && served == 0;
        must(ended_well || !memory_is_back(), "every pod is bound in the end");
    }
    fake_close(&fake);
    return alloc_fault_happened() || !ended_well ? -1 : 0;
}

static void run(struct main one)
{
    int made;

    wrong = NULL;
    made = alloc_fault_run_recovering(run_scheduler, &one);
    ck_assert_int_ne(made, 0);
    ck_assert_msg(!wrong, "%s", wrong);
}

START_TEST(test_watch)
{
    run((struct main){"watch", "least-loaded", false, watch});
}
END_TEST

START_TEST(test_polling)
{
    run((struct main){"polling", "least-loaded", false, poll_for_pods});
}
END_TEST

START_TEST(test_watch_plans)
{
    run((struct main){"watch", "one-per-node", false, watch});
}
END_TEST

START_TEST(test_polling_plans)
{
    run((struct main){"polling", "one-per-node", false, poll_for_pods});
}
END_TEST

START_TEST(test_watch_preempts)
{
    run((struct main){"watch", "least-loaded", true, watch});
}
END_TEST

START_TEST(test_polling_preempts)
{
    run((struct main){"polling", "least-loaded", true, poll_for_pods});
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("allocation failures: scheduler");
    TCase *tcase = tcase_create("core");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tcase, 120);
    tcase_add_test(tcase, test_watch);
    tcase_add_test(tcase, test_polling);
    tcase_add_test(tcase, test_watch_plans);
    tcase_add_test(tcase, test_polling_plans);
    tcase_add_test(tcase, test_watch_preempts);
    tcase_add_test(tcase, test_polling_preempts);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}

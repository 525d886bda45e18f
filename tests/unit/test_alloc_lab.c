/*
 * test_alloc_lab.c: the solution of the students' skeleton on lab.h, polling and watch, each allocation failing in turn: no crash, nothing left behind, no
 * pod bound twice. Polling looks again by itself: where only one allocation fails, it binds every pod.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/scheduler_lab.h"
#include "common/scheduler_open.h"
#include "tests/unit/support/alloc_fault.h"
#include "tests/unit/support/fake_transport.h"

#define STEP_POLLING 1
#define STEP_LOG 1
#define STEP_WATCH 1
#define STEP_LABEL 1
#define STEP_TAINTS 1
#define STEP_BACKOFF 1
#define STEP_SPREAD 1
#include "lab-guide/skeleton/scheduler.c"
#define main polling_main
#include "lab-guide/skeleton/polling.c"
#undef main
#define main watch_main
#include "lab-guide/skeleton/watch.c"
#undef main

#define PODS 3
#define MOST_WAITS 300

static struct fake fake;
static bool bound[PODS];
static int waits, refused;
static struct fake_call *pod_watch;
static const char *wrong;

static bool all_bound(void)
{
    return bound[0] && bound[1] && bound[2];
}

static bool stop_requested(void)
{
    return waits > MOST_WAITS || (all_bound() && fake_open_calls(&fake) <= 2);
}

/* ---- the server ---- */

static void write_object(bool node, int i, char *out, size_t size)
{
    if (node)
        snprintf(out, size, "{\"metadata\":{\"name\":\"n%d\",\"uid\":\"v%d\",\"resourceVersion\":\"2\",\"labels\":{\"env\":\"prod\"}}}", i,
                 i);
    else
        snprintf(out, size,
                 "{\"metadata\":{\"name\":\"p%d\",\"namespace\":\"default\",\"uid\":\"u%d\",\"resourceVersion\":\"3\",\"labels\":{\"app\":"
                 "\"a\"}},"
                 "\"spec\":{\"schedulerName\":\"my-scheduler\"%s},\"status\":{\"phase\":\"Pending\"}}",
                 i, i, bound[i] ? ",\"nodeName\":\"n1\"" : "");
}

static void feed(struct fake_call *call, const char *type, const char *object)
{
    char frame[900];

    snprintf(frame, sizeof frame, "{\"type\":\"%s\",\"object\":%s}\n", type, object);
    if (call && call->state == FAKE_OPEN)
        fake_feed(call, 200, frame, strlen(frame));
}

static void serve_watch(struct fake_call *call, bool nodes)
{
    char object[600];

    if (!nodes)
        pod_watch = call;
    for (int i = 0; i < PODS; i++) {
        write_object(nodes, i, object, sizeof object);
        feed(call, "ADDED", object);
    }
    if (strstr(call->target, "sendInitialEvents"))
        feed(call, "BOOKMARK", "{\"metadata\":{\"resourceVersion\":\"50\",\"annotations\":{\"k8s.io/initial-events-end\":\"true\"}}}");
}

static void serve_list(struct fake_call *call, bool nodes)
{
    char body[3000] = "{\"metadata\":{\"resourceVersion\":\"50\"},\"items\":[", object[600];

    for (int i = 0; i < PODS; i++) {
        write_object(nodes, i, object, sizeof object);
        snprintf(body + strlen(body), sizeof body - strlen(body), "%s%s", i ? "," : "", object);
    }
    strcat(body, "]}");
    fake_answer(call, 200, body);
}

/* each pod's first Binding fails */
static void serve_bind(struct fake_call *call)
{
    const char *name = strstr(call->target, "/pods/p");
    int i = name ? name[7] - '0' : PODS;
    char object[600];

    if (i < 0 || i >= PODS || bound[i]) {
        wrong = "a pod is bound twice, or none";
        return;
    }
    if (refused < PODS) {
        refused++;
        fake_fail(call, 500, "InternalError", "not now");
        return;
    }
    bound[i] = true;
    fake_answer(call, 201, "{}");
    write_object(false, i, object, sizeof object);
    feed(pod_watch, "MODIFIED", object);
}

static void on_wait(struct fake *unused, int64_t timeout_ms)
{
    struct fake_call *call = fake_take(&fake);
    bool nodes;

    (void)unused;
    waits++;
    if (!call) {
        fake.now_us += (timeout_ms > 0 ? timeout_ms : timeout_ms < 0 ? 1000 : 0) * 1000;
        return;
    }
    nodes = strstr(call->target, "/nodes?") != NULL;
    if (call->method[0] != 'G' && !strstr(call->target, "/binding"))
        fake_answer(call, 201, "{}"); /* an event */
    else if (call->method[0] != 'G')
        serve_bind(call);
    else if (strstr(call->target, "watch=true"))
        serve_watch(call, nodes);
    else
        serve_list(call, nodes);
}

/* ---- the schedulers ---- */

static void watch_for_pods(struct lab *lab)
{
    lab_watch(lab, on_pod, on_node);
    lab_run(lab);
}

struct main {
    const char *program;
    void (*run)(struct lab *lab);
    bool comes_back;
};

static bool memory_is_back(void)
{
    void *volatile first = malloc(1), *volatile second = malloc(1);
    bool back = first || second;

    free(first);
    free(second);
    return back;
}

static bool run_on(const struct main *one, struct scheduler *s)
{
    struct error err = ERROR_INIT;
    struct lab *lab = scheduler_lab_open(s, &err);

    if (!lab)
        return false;
    one->run(lab);
    if (one->comes_back && !all_bound() && memory_is_back())
        wrong = "polling binds every pod in the end";
    scheduler_lab_close(lab);
    return all_bound();
}

static int run_program(void *ctx)
{
    static struct required_label required = {"env", "prod"};
    const struct main *one = ctx;
    struct options options = {.scheduler_name = "my-scheduler",
                              .interval_ms = 1000,
                              .max_bind_attempts = 3,
                              .bind_backoff_ms = 100,
                              .max_inflight = 4,
                              .required_labels = &required,
                              .seed = 1};
    struct scheduler_seams seams = {&fake.transport, &fake.clock, NULL, "h", stop_requested, NULL};
    struct log log = {.prefix = "test", .clock = &fake.clock, .quiet = true};
    struct error err = ERROR_INIT;
    struct scheduler *s;
    bool done = false;

    memset(bound, 0, sizeof bound);
    waits = refused = 0;
    pod_watch = NULL;
    options.policy.policy = policy_by_name("spread");
    filter_config_init(&options.policy.filters);
    options.policy.filters.required_labels = &required;
    options.policy.filters.required_label_count = 1;
    if (fake_open(&fake, NULL, NULL, &err) < 0)
        return -1;
    fake.on_wait = on_wait;
    s = scheduler_open(one->program, &options, &seams, &log, &err);
    if (s) {
        done = run_on(one, s);
        scheduler_close(s);
    }
    fake_close(&fake);
    return alloc_fault_happened() || !done ? -1 : 0;
}

static void run(struct main one)
{
    int made;

    wrong = NULL;
    made = alloc_fault_run_recovering(run_program, &one);
    ck_assert_int_ne(made, 0);
    ck_assert_msg(!wrong, "%s", wrong);
}

START_TEST(test_polling)
{
    run((struct main){"polling", poll_for_pods, true});
}
END_TEST

START_TEST(test_watch)
{
    run((struct main){"watch", watch_for_pods, false});
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("allocation failures: lab");
    TCase *tcase = tcase_create("core");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tcase, 120);
    tcase_add_test(tcase, test_polling);
    tcase_add_test(tcase, test_watch);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}

/*
 * test_lab.c: lab.h, the building blocks that students write their scheduler from, on an API server that the test plays.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/scheduler_internal.h"
#include "common/scheduler_lab.h"
#include "tests/unit/support/fake_transport.h"

#define PODS_MAX 8

static struct fake fake;
static struct options options;
static struct scheduler *s;
static struct lab *lab;
static bool stop;

/* ---- the cluster ---- */

struct test_pod {
    const char *name, *uid, *node;
};
static struct test_pod pods[PODS_MAX];
static size_t pod_count, node_count;
static int lists_of_pods, lists_of_nodes, list_status;
static int bind_status; /* 0: the answer is held back in `held` */
static int64_t bind_retry_s;
static int64_t held_until_us; /* then it is answered; 0: by the test */
static struct fake_call *held, *pod_watch, *node_watch;
static char last_bind[600];

static const char *pod_json(const struct test_pod *pod)
{
    static char text[600];

    snprintf(
        text, sizeof text,
        "{\"metadata\":{\"name\":\"%s\",\"namespace\":\"default\",\"uid\":\"%s\",\"resourceVersion\":\"60\"},\"spec\":{\"schedulerName\":"
        "\"my-scheduler\",\"nodeName\":\"%s\"},\"status\":{\"phase\":\"Pending\"}}",
        pod->name, pod->uid, pod->node);
    return text;
}

static const char *node_json(size_t i)
{
    static char text[200];

    snprintf(text, sizeof text, "{\"metadata\":{\"name\":\"n%zu\",\"uid\":\"v%zu\",\"resourceVersion\":\"60\"}}", i, i);
    return text;
}

static void add_pod(const char *name, const char *uid, const char *node)
{
    pods[pod_count++] = (struct test_pod){name, uid, node};
}

static void serve_list(struct fake_call *call, bool of_nodes)
{
    char body[4000] = "{\"metadata\":{\"resourceVersion\":\"50\"},\"items\":[";

    *(of_nodes ? &lists_of_nodes : &lists_of_pods) += 1;
    if (list_status != 200) {
        fake_fail(call, list_status, "InternalError", "no");
        return;
    }
    for (size_t i = 0; i < (of_nodes ? node_count : pod_count); i++) {
        strcat(body, i ? "," : "");
        strcat(body, of_nodes ? node_json(i) : pod_json(&pods[i]));
    }
    strcat(body, "]}");
    fake_answer(call, 200, body);
}

static void serve_bind(struct fake_call *call)
{
    snprintf(last_bind, sizeof last_bind, "%s %s", call->target, call->body);
    if (bind_status == 0)
        held = call;
    else if (bind_status == 201)
        fake_answer(call, 201, "{}");
    else
        fake_answer_with(call, bind_status, bind_retry_s,
                         "{\"kind\":\"Status\",\"status\":\"Failure\",\"reason\":\"Because\",\"message\":\"of that\"}");
}

static void feed(struct fake_call *watch, const char *type, const char *object)
{
    char frame[900];

    snprintf(frame, sizeof frame, "{\"type\":\"%s\",\"object\":%s}\n", type, object);
    ck_assert(watch != NULL);
    fake_feed(watch, 200, frame, strlen(frame));
}

static void end_initial(struct fake_call *watch)
{
    feed(watch, "BOOKMARK", "{\"metadata\":{\"resourceVersion\":\"50\",\"annotations\":{\"k8s.io/initial-events-end\":\"true\"}}}");
}

/* a watch is only kept: the tests play it */
static void on_wait(struct fake *unused, int64_t timeout_ms)
{
    struct fake_call *call = fake_take(&fake);
    bool of_nodes;

    (void)unused;
    if (!call && held && held_until_us && (timeout_ms < 0 || fake.now_us + timeout_ms * 1000 >= held_until_us)) {
        fake.now_us = held_until_us;
        fake_answer(held, 201, "{}");
        held = NULL;
    } else if (!call) {
        fake.now_us += timeout_ms > 0 ? timeout_ms * 1000 : 0;
    }
    if (!call)
        return;
    of_nodes = strstr(call->target, "/nodes?") != NULL;
    if (call->method[0] != 'G')
        serve_bind(call);
    else if (!strstr(call->target, "watch=true"))
        serve_list(call, of_nodes);
    else if (of_nodes)
        node_watch = call;
    else
        pod_watch = call;
}

static bool stop_requested(void)
{
    return stop;
}

static void turn(int times)
{
    while (times-- > 0)
        scheduler_turn(s, 0);
}

static void setup(void)
{
    struct scheduler_seams seams = {&fake.transport, &fake.clock, NULL, "h", stop_requested, NULL};
    struct log log = {.prefix = "test", .clock = &fake.clock, .quiet = true};
    struct error err = ERROR_INIT;

    stop = false;
    pod_count = 0;
    node_count = 3;
    lists_of_pods = lists_of_nodes = 0;
    list_status = 200;
    bind_status = 201;
    bind_retry_s = -1;
    held_until_us = 0;
    held = pod_watch = node_watch = NULL;
    options = (struct options){.scheduler_name = "my-scheduler",
                               .interval_ms = 2000,
                               .max_bind_attempts = 3,
                               .bind_backoff_ms = 100,
                               .max_inflight = 4,
                               .seed = 1};
    options.policy.policy = policy_by_name("least-loaded");
    filter_config_init(&options.policy.filters);
    ck_assert_int_eq(fake_open(&fake, NULL, NULL, &err), 0);
    fake.on_wait = on_wait;
    s = scheduler_open("polling", &options, &seams, &log, &err);
    ck_assert_ptr_nonnull(s);
    lab = scheduler_lab_open(s, &err);
    ck_assert_ptr_nonnull(lab);
}

static void teardown(void)
{
    if (lab)
        scheduler_lab_close(lab);
    scheduler_close(s);
    fake_close(&fake);
}

static const struct pod *pod_named(const char *name)
{
    struct lab_pods all = lab_pods(lab);

    for (size_t i = 0; i < all.count; i++)
        if (!strcmp(all.pod[i]->name, name))
            return all.pod[i];
    return NULL;
}

/* ---- lists ---- */

START_TEST(test_list)
{
    add_pod("b", "u1", "");
    add_pod("a", "u2", "n1");
    ck_assert(lab_list(lab));
    ck_assert_uint_eq(lab_pods(lab).count, 2);
    ck_assert_str_eq(lab_pods(lab).pod[0]->name, "a");
    ck_assert_str_eq(lab_pods(lab).pod[1]->name, "b");
    ck_assert_uint_eq(lab_nodes(lab).count, 3);
    ck_assert_str_eq(lab_nodes(lab).node[2]->name, "n2");
    ck_assert_str_eq(lab_node_name(lab, pod_named("a")), "n1");
    ck_assert_str_eq(lab_node_name(lab, pod_named("b")), "");

    /* what is gone is gone; nobody waits, so the nodes are left alone */
    pods[0] = (struct test_pod){"c", "u3", "n2"};
    node_count = 1;
    ck_assert(lab_list(lab));
    ck_assert_uint_eq(lab_pods(lab).count, 2);
    ck_assert_ptr_null(pod_named("b"));
    ck_assert_ptr_nonnull(pod_named("c"));
    ck_assert_int_eq(lists_of_nodes, 1);

    pods[0].node = "";
    ck_assert(lab_list(lab));
    ck_assert_uint_eq(lab_nodes(lab).count, 1);
}
END_TEST

START_TEST(test_list_that_fails_keeps_what_was_known)
{
    add_pod("a", "u1", "");
    ck_assert(lab_list(lab));
    list_status = 500;
    pods[0].name = "b";
    ck_assert(!lab_list(lab));
    ck_assert_ptr_nonnull(pod_named("a"));
    ck_assert_uint_eq(lab_nodes(lab).count, 3);
}
END_TEST

/* ---- binds ---- */

static struct lab_answer answered;
static char answered_node[64], answered_reason[64];
static int answers;

static void keep_answer(struct lab *unused, const struct lab_answer *answer)
{
    (void)unused;
    answers++;
    answered = *answer;
    snprintf(answered_node, sizeof answered_node, "%s", answer->node);
    snprintf(answered_reason, sizeof answered_reason, "%s", answer->reason);
}

static void list_one(void)
{
    answers = 0;
    add_pod("a", "u1", "");
    ck_assert(lab_list(lab));
}

static void bind_it(int status)
{
    bind_status = status;
    lab_bind(lab, pod_named("a"), lab_nodes(lab).node[1], keep_answer);
    turn(3);
}

START_TEST(test_bind_counts_at_once)
{
    list_one();
    bind_it(0);
    ck_assert_ptr_nonnull(held);
    ck_assert_str_eq(last_bind,
                     "/api/v1/namespaces/default/pods/a/binding {\"apiVersion\":\"v1\",\"kind\":\"Binding\",\"metadata\":{\"name\":\"a\","
                     "\"namespace\":\"default\",\"uid\":\"u1\"},\"target\":{\"apiVersion\":\"v1\",\"kind\":\"Node\",\"name\":\"n1\"}}");
    ck_assert_str_eq(lab_node_name(lab, pod_named("a")), "n1");
    ck_assert_str_eq(pod_named("a")->node_name, "");
    ck_assert(lab_busy(lab, pod_named("a")));

    /* a second one is refused while it is under way */
    lab_bind(lab, pod_named("a"), lab_nodes(lab).node[2], keep_answer);
    turn(2);
    ck_assert_int_eq(fake.count, 3);
    ck_assert_str_eq(lab_node_name(lab, pod_named("a")), "n1");
    ck_assert_int_eq(answers, 0);

    fake_answer(held, 201, "{}");
    ck_assert_int_eq(answers, 1);
    ck_assert_int_eq(answered.result, LAB_BOUND);
    ck_assert_int_eq(answered.attempt, 1);
    ck_assert_str_eq(answered_node, "n1");
    ck_assert(!lab_busy(lab, pod_named("a")));

    /* a list from before still shows it without a node: it counts nevertheless */
    ck_assert(lab_list(lab));
    ck_assert_str_eq(lab_node_name(lab, pod_named("a")), "n1");
    /* the API server's word is the last */
    pods[0].node = "n2";
    ck_assert(lab_list(lab));
    ck_assert_str_eq(lab_node_name(lab, pod_named("a")), "n2");
}
END_TEST

static const struct refusal {
    int status;
    enum lab_result result;
    int told_status;
} refusals[] = {{409, LAB_CONFLICT, 0},    {404, LAB_GONE, 0},      {500, LAB_TRANSIENT, 500},
                {429, LAB_TRANSIENT, 429}, {403, LAB_FORBIDDEN, 0}, {422, LAB_REJECTED, 0}};

START_TEST(test_bind_that_is_refused_counts_no_longer)
{
    const struct refusal *is = &refusals[_i];

    list_one();
    bind_it(is->status);
    ck_assert_int_eq(answers, 1);
    ck_assert_int_eq(answered.result, is->result);
    ck_assert_int_eq(answered.status, is->told_status);
    ck_assert(answered.pod == pod_named("a"));
    ck_assert_str_eq(lab_node_name(lab, pod_named("a")), "");
    ck_assert(!lab_busy(lab, pod_named("a")));

    /* nobody tries again by himself */
    fake_advance_ms(&fake, 60000);
    turn(3);
    ck_assert_int_eq(answers, 1);
    bind_it(500);
    ck_assert_int_eq(answered.attempt, 2);
    ck_assert_str_eq(answered_reason, "Because");
    bind_it(201);
    ck_assert_int_eq(answered.attempt, 3);
    ck_assert_str_eq(answered_reason, "");
    bind_it(500);
    ck_assert_int_eq(answered.attempt, 1); /* it begins anew after a success */
}
END_TEST

START_TEST(test_answer_for_a_pod_that_is_gone)
{
    list_one();
    bind_it(0);
    pod_count = 0;
    ck_assert(lab_list(lab));
    fake_answer(held, 201, "{}");
    ck_assert_int_eq(answers, 1);
    ck_assert_ptr_null(answered.pod);
    ck_assert_int_eq(answered.result, LAB_BOUND);
}
END_TEST

START_TEST(test_another_pod_of_the_same_name_is_new)
{
    list_one();
    bind_it(500);
    bind_it(0);
    pods[0].uid = "u2";
    ck_assert(lab_list(lab));
    ck_assert_str_eq(lab_node_name(lab, pod_named("a")), "");
    ck_assert(!lab_busy(lab, pod_named("a")));
    fake_answer(held, 201, "{}");
    ck_assert_ptr_null(answered.pod);
    ck_assert_str_eq(lab_node_name(lab, pod_named("a")), "");
    bind_it(500);
    ck_assert_int_eq(answered.attempt, 1);
}
END_TEST

START_TEST(test_sleep_waits_for_binds_and_for_the_interval)
{
    int64_t began = fake.now_us;

    list_one();
    lab_bind(lab, pod_named("a"), lab_nodes(lab).node[0], keep_answer);
    lab_sleep(lab);
    ck_assert_int_eq(answers, 1);
    ck_assert_int_ge(fake.now_us - began, 2000000);
    ck_assert_int_lt(fake.now_us - began, 2100000);

    began = fake.now_us;
    bind_status = 0;
    held_until_us = began + 3000000;
    ck_assert(lab_list(lab));
    lab_bind(lab, pod_named("a"), lab_nodes(lab).node[0], keep_answer);
    lab_sleep(lab);
    ck_assert_int_eq(answers, 2);
    ck_assert_int_ge(fake.now_us - began, 3000000);
}
END_TEST

START_TEST(test_end_waits_for_an_answer)
{
    list_one();
    bind_status = 201;
    lab_bind(lab, pod_named("a"), lab_nodes(lab).node[0], keep_answer);
    turn(0);
    kube_timers_fire(&s->timers, fake.now_us); /* it goes out, and the end comes before its answer */
    scheduler_lab_close(lab);
    lab = NULL;
    ck_assert_int_eq(answers, 1);
    ck_assert_int_eq(answered.result, LAB_BOUND);
}
END_TEST

/* ---- later ---- */

static int calls;
static int64_t called_us;

static void count_call(struct lab *unused, const struct pod *pod)
{
    (void)unused;
    ck_assert_str_eq(pod->name, "a");
    calls++;
    called_us = fake.now_us;
}

START_TEST(test_after)
{
    int64_t began;

    list_one();
    calls = 0;
    began = fake.now_us;
    lab_after(lab, pod_named("a"), 700, count_call);
    ck_assert(lab_busy(lab, pod_named("a")));
    fake_advance_ms(&fake, 699);
    turn(1);
    ck_assert_int_eq(calls, 0);
    fake_advance_ms(&fake, 2);
    turn(1);
    ck_assert_int_eq(calls, 1);
    ck_assert_int_ge(fake.now_us - began, 700000);
    ck_assert(!lab_busy(lab, pod_named("a")));
    fake_advance_ms(&fake, 5000);
    turn(1);
    ck_assert_int_eq(calls, 1);
}
END_TEST

START_TEST(test_after_is_not_sooner_than_the_server_asked)
{
    list_one();
    calls = 0;
    bind_retry_s = 5;
    bind_it(429);
    lab_after(lab, pod_named("a"), 100, count_call);
    fake_advance_ms(&fake, 4900);
    turn(1);
    ck_assert_int_eq(calls, 0);
    fake_advance_ms(&fake, 200);
    turn(1);
    ck_assert_int_eq(calls, 1);
}
END_TEST

START_TEST(test_after_of_a_pod_that_goes)
{
    list_one();
    calls = 0;
    lab_after(lab, pod_named("a"), 100, count_call);
    pods[0].uid = "u2";
    ck_assert(lab_list(lab));
    fake_advance_ms(&fake, 1000);
    turn(2);
    ck_assert_int_eq(calls, 0);
}
END_TEST

/* ---- watches ---- */

static char told[600];

static void tell_pod(struct lab *unused, enum lab_event event, const struct pod *pod)
{
    static const char *const words[] = {"+", "~", "-"};

    ck_assert_uint_gt(lab_nodes(unused).count, 0);
    ck_assert(event == LAB_DELETED ? !pod_named(pod->name) : pod_named(pod->name) == pod);
    snprintf(told + strlen(told), sizeof told - strlen(told), "%s%s ", words[event], pod->name);
}

static void tell_node(struct lab *unused, enum lab_event event, const struct node_spec *node)
{
    static const char *const words[] = {"+", "~", "-"};

    (void)unused;
    snprintf(told + strlen(told), sizeof told - strlen(told), "%s%s ", words[event], node->name);
}

static void open_watch(void)
{
    told[0] = '\0';
    pod_watch = node_watch = NULL;
    lab_watch(lab, tell_pod, tell_node);
    turn(4);
    ck_assert(pod_watch && node_watch);
}

START_TEST(test_watch_tells_nothing_before_both_lists_are_whole)
{
    struct test_pod a = {"a", "u1", ""}, b = {"b", "u2", ""}, c = {"c", "u3", ""};

    open_watch();
    feed(pod_watch, "ADDED", pod_json(&b));
    feed(pod_watch, "ADDED", pod_json(&a));
    end_initial(pod_watch);
    feed(pod_watch, "ADDED", pod_json(&c));
    feed(pod_watch, "DELETED", pod_json(&c));
    feed(node_watch, "ADDED", node_json(0));
    ck_assert_str_eq(told, "");
    end_initial(node_watch);
    ck_assert_str_eq(told, "+n0 +a +b ");
}
END_TEST

static void watch_two(void)
{
    struct test_pod a = {"a", "u1", ""}, b = {"b", "u2", ""};

    open_watch();
    feed(node_watch, "ADDED", node_json(0));
    end_initial(node_watch);
    feed(pod_watch, "ADDED", pod_json(&a));
    feed(pod_watch, "ADDED", pod_json(&b));
    end_initial(pod_watch);
    told[0] = '\0';
}

START_TEST(test_watch_tells_of_changes)
{
    struct test_pod a = {"a", "u1", ""}, b = {"b", "u2", ""}, other = {"b", "u9", ""};

    watch_two();
    lab_bind(lab, pod_named("a"), lab_nodes(lab).node[0], keep_answer);
    a.node = "n0";
    feed(pod_watch, "MODIFIED", pod_json(&a));
    ck_assert_str_eq(lab_node_name(lab, pod_named("a")), "n0");
    feed(pod_watch, "DELETED", pod_json(&other)); /* an older one of that name */
    ck_assert_ptr_nonnull(pod_named("b"));
    feed(pod_watch, "DELETED", pod_json(&b));
    feed(pod_watch, "ADDED", pod_json(&other));
    feed(node_watch, "MODIFIED", node_json(0));
    feed(node_watch, "ADDED", node_json(1));
    feed(node_watch, "DELETED", node_json(1));
    ck_assert_str_eq(told, "~a -b +b ~n0 +n1 -n1 ");
}
END_TEST

START_TEST(test_watch_that_is_closed_goes_on)
{
    struct test_pod c = {"c", "u3", ""};

    watch_two();
    fake_advance_ms(&fake, 5000);
    fake_end(pod_watch);
    pod_watch = NULL;
    turn(2);
    ck_assert_ptr_nonnull(pod_watch);
    ck_assert_ptr_nonnull(strstr(pod_watch->target, "resourceVersion=50"));
    feed(pod_watch, "ADDED", pod_json(&c));
    ck_assert_str_eq(told, "+c ");
}
END_TEST

START_TEST(test_watch_that_is_too_old_lists_anew)
{
    struct test_pod b = {"b", "u2", ""}, c = {"c", "u3", ""};

    watch_two();
    feed(pod_watch, "ERROR", "{\"kind\":\"Status\",\"status\":\"Failure\",\"reason\":\"Expired\",\"code\":410,\"message\":\"too old\"}");
    pod_watch = NULL;
    turn(2);
    ck_assert_ptr_nonnull(pod_watch);
    ck_assert_ptr_nonnull(strstr(pod_watch->target, "sendInitialEvents=true"));
    feed(pod_watch, "ADDED", pod_json(&b));
    feed(pod_watch, "ADDED", pod_json(&c));
    end_initial(pod_watch);
    ck_assert_str_eq(told, "~b +c -a ");
    ck_assert_uint_eq(lab_pods(lab).count, 2);
}
END_TEST

/* ---- what makes no sense here ---- */

static bool listed;

static void wait_inside(struct lab *unused, const struct pod *pod)
{
    (void)pod;
    listed = lab_list(unused);
    lab_sleep(unused);
    lab_run(unused);
    calls++;
}

START_TEST(test_a_wait_inside_a_wait_does_nothing)
{
    int requests;

    list_one();
    calls = 0;
    listed = true;
    requests = fake.count;
    lab_after(lab, pod_named("a"), 100, wait_inside);
    fake_advance_ms(&fake, 200);
    turn(1);
    ck_assert_int_eq(calls, 1);
    ck_assert(!listed);
    ck_assert_int_eq(fake.count, requests);
    ck_assert(lab_list(lab)); /* afterwards all is as before */
}
END_TEST

START_TEST(test_options_that_mean_nothing_are_refused)
{
    struct error err = ERROR_INIT;

    options.preemption = true;
    ck_assert_ptr_null(scheduler_lab_open(s, &err));
    ck_assert_int_eq(err.kind, ERROR_USAGE);
    options.preemption = false;
    options.dry_run = true;
    ck_assert_ptr_null(scheduler_lab_open(s, &err));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("lab");
    TCase *tcase = tcase_create("core");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, test_list);
    tcase_add_test(tcase, test_list_that_fails_keeps_what_was_known);
    tcase_add_test(tcase, test_bind_counts_at_once);
    tcase_add_test(tcase, test_answer_for_a_pod_that_is_gone);
    tcase_add_test(tcase, test_another_pod_of_the_same_name_is_new);
    tcase_add_test(tcase, test_sleep_waits_for_binds_and_for_the_interval);
    tcase_add_test(tcase, test_end_waits_for_an_answer);
    tcase_add_test(tcase, test_after);
    tcase_add_test(tcase, test_after_is_not_sooner_than_the_server_asked);
    tcase_add_test(tcase, test_after_of_a_pod_that_goes);
    tcase_add_test(tcase, test_watch_tells_nothing_before_both_lists_are_whole);
    tcase_add_test(tcase, test_watch_tells_of_changes);
    tcase_add_test(tcase, test_watch_that_is_closed_goes_on);
    tcase_add_test(tcase, test_watch_that_is_too_old_lists_anew);
    tcase_add_test(tcase, test_a_wait_inside_a_wait_does_nothing);
    tcase_add_test(tcase, test_options_that_mean_nothing_are_refused);
    tcase_add_loop_test(tcase, test_bind_that_is_refused_counts_no_longer, 0, (int)(sizeof refusals / sizeof *refusals));
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}

/*
 * test_alloc_evict.c: evictions and what is reported of them, each allocation failing in turn. What has to come out: every victim is gone in the end,
 * none without its condition, no other pod is touched, and nothing is left behind.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/kube/evict.h"
#include "common/kube/report.h"
#include "tests/unit/support/alloc_fault.h"
#include "tests/unit/support/fake_transport.h"

static struct fake fake;
static const char *wrong; /* what must not be, in any run */

static void must(bool condition, const char *what)
{
    if (!condition && !wrong)
        wrong = what;
}

static bool memory_is_back(void)
{
    /* the first of two may be the one whose turn it is */
    void *volatile first = malloc(1), *volatile second = malloc(1); /* volatile: a compiler may leave unused allocations out */
    bool back = first || second;

    free(first);
    free(second);
    return back;
}

static void run(int (*scenario)(void *ctx), void *ctx)
{
    int made;

    wrong = NULL;
    made = alloc_fault_run_recovering(scenario, ctx);
    ck_assert_int_ne(made, 0);
    ck_assert_msg(!wrong, "%s", wrong);
}

/* ---- evictions ---- */

#define PODS 5

static struct victim {
    int patches, deletes;
    bool patched, deleted;
    bool wanted, settled; /* an eviction of it is under way; it ended well */
} victims[PODS];

static void on_evicted(void *ctx, const struct eviction *eviction, enum evict_result result, const char *verb, const char *resource,
                       int64_t retry_after_ms, const char *message)
{
    struct victim *victim = &victims[eviction->uid[1] - '0'];

    (void)ctx, (void)retry_after_ms;
    must(victim->wanted && !victim->settled, "an eviction ends once");
    must(verb && resource && message, "an end has its strings");
    must(result != EVICT_FORBIDDEN, "nothing is forbidden");
    must(result == EVICT_FAILED || victim->deleted, "what is said to be gone is gone");
    victim->wanted = false;
    victim->settled = result != EVICT_FAILED;
}

/* v1's answers are lost after the write, v2's DELETE is lost before it, v3 goes by itself after its PATCH, v4 meets a 503 first, twice */
static void serve_victim(struct fake_call *call, struct victim *victim, int number)
{
    bool patch = call->method[0] == 'P';
    int seen = patch ? ++victim->patches : ++victim->deletes;

    if (number == 3 && !patch)
        victim->deleted = true;
    if (victim->deleted) {
        fake_fail(call, 404, "NotFound", "gone");
        return;
    }
    must(patch || victim->patched, "no DELETE before the condition is written");
    if (seen == 1 && number == 4) {
        fake_answer_with(call, 503, 1, "away");
        return;
    }
    if (seen == 1 && number == 2 && !patch) {
        fake_lose(call);
        return;
    }
    *(patch ? &victim->patched : &victim->deleted) = true;
    if (seen == 1 && number == 1)
        fake_lose(call);
    else
        fake_answer_pieces(call, 200, "{\"kind\":\"Pod\"}", 3);
}

static void serve_victims(void)
{
    struct fake_call *call;

    while ((call = fake_take(&fake))) {
        const char *name = strstr(call->target, "/pods/v");
        int number = name ? name[7] - '0' : PODS;
        char uid[20];

        must(number >= 0 && number < PODS, "a target is whole");
        if (number < 0 || number >= PODS)
            return;
        must(!strcmp(name + 8, call->method[0] == 'P' ? "/status" : ""), "each request goes to its place");
        snprintf(uid, sizeof uid, "\"uid\":\"u%d\"}", number);
        must(strstr(call->body, uid) && !strcmp(call->body + strlen(call->body) - 2, "}}"), "a body is whole, and fenced by the UID");
        serve_victim(call, &victims[number], number);
    }
}

static int settled(void)
{
    int count = 0;

    for (int i = 0; i < PODS; i++)
        count += victims[i].settled;
    return count;
}

/* as the scheduler does: what is not gone and not under way is tried again */
static void want_all(struct evictor *evictor)
{
    for (int i = 0; i < PODS; i++) {
        struct error err = ERROR_INIT;
        char name[] = {'v', (char)('0' + i), '\0'}, uid[] = {'u', (char)('0' + i), '\0'};

        if (victims[i].settled || victims[i].wanted)
            continue;
        if (evict_start(evictor, "default", name, uid, "m", &err) == 0)
            victims[i].wanted = true;
        else
            must(err.kind == ERROR_NO_MEMORY, "an eviction that does not start says why");
    }
}

static int evict_pods(void *ctx)
{
    struct evictor_options options = {.max_inflight = 2, .max_attempts = 3, .backoff_ms = 100, .on_done = on_evicted};
    struct error err = ERROR_INIT;
    struct evictor *evictor;

    (void)ctx;
    memset(victims, 0, sizeof victims);
    if (fake_open(&fake, NULL, NULL, &err) < 0)
        return -1;
    options.client = fake.client;
    evictor = evictor_new(&options, &err);
    must(evictor || err.kind == ERROR_NO_MEMORY, "an evictor that does not come to be says why");
    for (int i = 0; evictor && i < 100 && settled() < PODS; i++) {
        want_all(evictor);
        fake_step(&fake);
        serve_victims();
    }
    must(!evictor || settled() == PODS || !memory_is_back(), "every victim is gone in the end");
    must(!evictor || settled() < PODS || evictor_count(evictor) == 0, "nothing is under way in the end");
    if (!alloc_fault_happened())
        must(fake.count == 15, "the scenario is what it says");
    evictor_free(evictor);
    fake_close(&fake);
    return alloc_fault_happened() || settled() < PODS ? -1 : 0;
}

START_TEST(test_evictions)
{
    run(evict_pods, NULL);
}
END_TEST

/* ---- reports ---- */

static bool gate;

static bool may_send(void *ctx)
{
    (void)ctx;
    return gate;
}

static char last_node[20]; /* of the pod u, as the server has it */

/* the second of all requests meets a 429 */
static void serve_reports(struct reporter *reporter)
{
    struct fake_call *call;
    int served = 0;

    for (int i = 0; i < 20; i++) {
        reporter_pump(reporter);
        while ((call = fake_take(&fake))) {
            const char *node = strstr(call->body, "\"nominatedNodeName\":");

            must(call->body[0] == '{' && call->body[strlen(call->body) - 1] == '}', "a body is whole");
            must(!strstr(call->target, "/status") || !strstr(call->body, "\"uid\":\"w\""), "no status of a pod that is forgotten");
            if (served++ == 1) {
                fake_answer_with(call, 429, 1, "slow down");
                continue;
            }
            if (node)
                snprintf(last_node, sizeof last_node, "%.6s", node + 20);
            fake_answer(call, 201, "{}");
        }
        fake_step(&fake);
    }
    must(reporter_pending(reporter) == 0, "every report is written or dropped");
}

static void say_all(struct reporter *reporter)
{
    report_preempted(reporter, "default", "v", "1", "default", "p", "u", "n1", "");
    report_preempted(reporter, "default", "x", "2", "", "", "", "n1", "a note");
    report_failed(reporter, "default", "p", "u", "Unschedulable", "m");
    report_nominated(reporter, "default", "p", "u", "n1");
    report_nominated(reporter, "default", "q", "w", "n1");
    report_forget(reporter, "w");
    report_nominated(reporter, "default", "p", "u", "n2");
}

static int report(void *ctx)
{
    struct reporter_options options = {.scheduler_name = "s", .instance = "s-h", .may_send = may_send};
    struct error err = ERROR_INIT;
    struct reporter *reporter;

    (void)ctx;
    gate = false;
    last_node[0] = '\0';
    if (fake_open(&fake, NULL, NULL, &err) < 0)
        return -1;
    options.client = fake.client;
    reporter = reporter_new(&options, &err);
    if (reporter) {
        say_all(reporter);
        gate = true;
        serve_reports(reporter);
        report_nominated(reporter, "default", "p", "u", "");
        serve_reports(reporter);
        must(alloc_fault_happened() || (fake.count == 6 && !strcmp(last_node, "null}}")), "the scenario is what it says");
    }
    must(reporter || err.kind == ERROR_NO_MEMORY, "a reporter that does not come to be says why");
    reporter_free(reporter);
    fake_close(&fake);
    return alloc_fault_happened() ? -1 : 0;
}

START_TEST(test_reports)
{
    run(report, NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("allocation failures: evict");
    TCase *tcase = tcase_create("core");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, test_evictions);
    tcase_add_test(tcase, test_reports);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}

/* The simulator with each of its allocations failed: an error, never a crash, a leak or a half-done write. */
#include <check.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "simulator/sim.h"
#include "support/alloc_fault.h"

#define PODS "/api/v1/namespaces/default/pods"
#define POD "{\"metadata\":{\"name\":\"p\",\"labels\":{\"a\":\"b\"}},\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"i\"}]}}"
#define EVENT                                                                                                                              \
    "{\"metadata\":{\"name\":\"e\"},\"eventTime\":\"2025-11-22T08:00:00.000001Z\",\"reportingController\":\"me\","                         \
    "\"reportingInstance\":\"me-1\",\"action\":\"A\",\"reason\":\"R\",\"type\":\"Normal\",\"regarding\":{\"namespace\":\"default\"}}"

#ifdef __APPLE__ /* where nothing can be wrapped */
#define __real_malloc malloc
#define __real_free free
#else
void *__real_malloc(size_t bytes);
void __real_free(void *data);
#endif

static int64_t now_us;

static int64_t now(const struct clock *clock)
{
    (void)clock;
    return now_us;
}

static const struct clock still_clock = {NULL, now, now};

/* a request of the story and the status that it must have */
struct step {
    const char *method, *target, *type, *body;
    int status;
};

static int take_step(struct sim *sim, const struct step *step, const char *user)
{
    struct sim_request request = {
        .method = step->method, .target = step->target, .content_type = step->type, .user = user, .body = step->body};
    struct sim_response response;
    struct error err = ERROR_INIT;
    int status;

    request.body_bytes = step->body ? strlen(step->body) : 0;
    if (sim_handle(sim, &request, &response, &err) < 0)
        return err.kind == ERROR_NO_MEMORY ? -1 : -2;
    status = response.status;
    sim_watch_close(response.watch);
    sim_response_free(&response);
    return status == step->status ? 0 : -2;
}

/* `user`: who asks; NULL: the administrator. `ticks`: so often time goes on after each step */
static int run_steps(struct sim *sim, const struct step *steps, size_t count, const char *user, int ticks)
{
    struct error err = ERROR_INIT;
    int ret = 0;

    for (size_t i = 0; i < count && ret == 0; i++) {
        ret = take_step(sim, &steps[i], user);
        for (int tick = 0; tick < ticks && ret == 0; tick++) {
            now_us += 100000;
            ret = sim_tick(sim, &err);
        }
    }
    if (ret == -2) /* a wrong answer is no error that was returned: it must show */
        abort();
    return ret;
}

static struct sim *open_sim(bool whole)
{
    struct sim_options options = {.clock = &still_clock, .seed = 1, .nodes = 1, .default_scheduler = true};
    struct error err = ERROR_INIT;

    options.kubelet_start_ms = 10;
    options.controllers = options.rbac = whole;
    now_us = 0;
    return sim_new(&options, &err);
}

/* what the story left behind, in a number; -1: memory ran out */
static int fingerprint(struct sim *sim, uint64_t *hash)
{
    static const char *const lists[] = {"/api/v1/pods", "/api/v1/events", "/api/v1/namespaces", "/apis/apps/v1/deployments",
                                        "/apis/apps/v1/replicasets"};
    struct error err = ERROR_INIT;

    *hash = 14695981039346656037ull;
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        struct sim_request request = {.method = "GET", .target = lists[i]};
        struct sim_response response;

        if (sim_handle(sim, &request, &response, &err) < 0)
            return -1;
        for (size_t b = 0; b < response.body.bytes; b++)
            *hash = (*hash ^ (unsigned char)response.body.data[b]) * 1099511628211ull;
        sim_response_free(&response);
    }
    return 0;
}

struct story {
    const struct step *steps;
    size_t count;
    uint64_t outcome; /* when nothing fails; 0: not known yet */
    bool whole;       /* with controllers and roles */
    const char *user;
};

/*
 * Carrying on is allowed: a count may be lost; but what clients see must be what it is without a failure. jansson is left
 * out of it: the lexer of 2.14 reads past its buffer when that cannot grow.
 */
static int scenario(void *ctx)
{
    struct story *story = ctx;
    struct sim *sim;
    uint64_t hash = 0;
    int ret;

    json_set_alloc_funcs(__real_malloc, __real_free);
    sim = open_sim(story->whole);
    ret = sim ? run_steps(sim, story->steps, story->count, story->user, story->whole ? 8 : 1) : -1;
    if (ret == 0)
        ret = fingerprint(sim, &hash);
    if (ret == 0 && !story->outcome)
        story->outcome = hash;
    if (ret == 0 && story->outcome != hash)
        abort();
    sim_free(sim);
    return ret;
}

static const struct step writes[] = {
    {"POST", PODS, "application/json", POD, 201},
    {"PATCH", PODS "/p", "application/merge-patch+json", "{\"metadata\":{\"labels\":{\"x\":\"y\"}}}", 200},
    {"PATCH", PODS "/p", "application/strategic-merge-patch+json", "{\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"j\"}]}}", 200},
    {"PATCH", PODS "/p", "application/json-patch+json", "[{\"op\":\"remove\",\"path\":\"/metadata/labels\"}]", 200},
    {"DELETE", PODS "/p", "application/json", "{\"gracePeriodSeconds\":1}", 200},
    {"POST", "/api/v1/namespaces", "application/json", "{\"metadata\":{\"name\":\"n\"}}", 201},
    {"POST", "/api/v1/namespaces/n/pods", "application/json", POD, 201},
    {"DELETE", "/api/v1/namespaces/n", NULL, NULL, 200}};

static const struct step reads[] = {{"POST", "/apis/events.k8s.io/v1/namespaces/default/events", "application/json", EVENT, 201},
                                    {"GET", "/apis/events.k8s.io/v1/events", NULL, NULL, 200},
                                    {"GET", "/api/v1/pods?limit=2&labelSelector=k8s-app", NULL, NULL, 200},
                                    {"GET", "/api/v1/pods?limit=3&resourceVersion=6", NULL, NULL, 200},
                                    {"GET", "/api/v1/pods?watch=1&fieldSelector=spec.nodeName!=", NULL, NULL, 200},
                                    {"GET", "/api/v1/pods?fieldSelector=foo", NULL, NULL, 400}};

static const struct step binds[] = {
    {"POST", PODS, "application/json",
     "{\"metadata\":{\"name\":\"q\"},\"spec\":{\"schedulerName\":\"mine\",\"containers\":[{\"name\":\"c\",\"image\":\"i\"}]}}", 201},
    {"POST", PODS "/q/binding", "application/json",
     "{\"metadata\":{\"name\":\"q\",\"annotations\":{\"a\":\"b\"}},\"target\":{\"name\":\"sched-lab-control-plane\"}}", 201},
    {"POST", PODS "/q/binding", "application/json", "{\"metadata\":{\"name\":\"q\"},\"target\":{\"name\":\"n\"}}", 409},
    {"POST", PODS, "application/json",
     "{\"metadata\":{\"name\":\"r\"},\"spec\":{\"nodeSelector\":{\"a\":\"b\"},\"containers\":[{\"name\":\"c\",\"image\":\"i\"}]}}", 201}};

#define DEPLOYMENTS "/apis/apps/v1/namespaces/default/deployments"
#define DEPLOYMENT                                                                                                                         \
    "{\"metadata\":{\"name\":\"d\"},\"spec\":{\"replicas\":2,\"selector\":{\"matchLabels\":{\"a\":\"b\"}},\"template\":{\"metadata\":{"    \
    "\"labels\":{"                                                                                                                         \
    "\"a\":\"b\"}},\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"i\"}]}}}}"

static const struct step deploys[] = {
    {"POST", DEPLOYMENTS, "application/json", DEPLOYMENT, 201},
    {"PATCH", DEPLOYMENTS "/d", "application/strategic-merge-patch+json",
     "{\"spec\":{\"template\":{\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"j\"}]}}}}", 200},
    {"PATCH", DEPLOYMENTS "/d/scale", "application/merge-patch+json", "{\"spec\":{\"replicas\":1}}", 200},
    {"GET", DEPLOYMENTS "/d/scale", NULL, NULL, 200},
    {"POST", DEPLOYMENTS, "application/json", "{\"metadata\":{\"name\":\"e\"},\"spec\":{\"template\":[]}}", 400},
    {"DELETE", DEPLOYMENTS "/d", "application/json", "{\"propagationPolicy\":\"Foreground\"}", 200}};

static const struct step roles[] = {
    {"GET", PODS, NULL, NULL, 403},
    {"POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", "application/json",
     "{\"spec\":{\"resourceAttributes\":{\"verb\":\"list\",\"resource\":\"pods\"}}}", 201},
    {"POST", "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews", "application/json", "{\"spec\":{\"namespace\":\"default\"}}", 201},
    {"POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", "application/json", "{\"spec\":{\"user\":\"u\"}}", 403},
    {"POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", "application/json", "{}", 201},
    {"GET", "/version", NULL, NULL, 200}};

#define RBAC "/apis/rbac.authorization.k8s.io/v1/namespaces/default"
static const struct step grants[] = {
    {"POST", RBAC "/roles", "application/json",
     "{\"metadata\":{\"name\":\"r\"},\"rules\":[{\"apiGroups\":[\"\"],\"resources\":[\"pods\"],\"verbs\":[\"get\"]}]}", 201},
    {"POST", RBAC "/rolebindings", "application/json",
     "{\"metadata\":{\"name\":\"b\"},\"roleRef\":{\"kind\":\"Role\",\"name\":\"r\"},\"subjects\":[{\"kind\":\"User\",\"name\":\"bob\"}]}",
     201},
    {"POST", RBAC "/rolebindings", "application/json", "{\"metadata\":{\"name\":\"c\"}}", 422},
    {"POST", "/api/v1/namespaces/default/serviceaccounts/default/token", "application/json", "{}", 201},
    {"POST", "/api/v1/namespaces", "application/json", "{\"metadata\":{\"name\":\"n\"}}", 201}};

START_TEST(every_allocation_of_deployments_may_fail)
{
    struct story story = {deploys, sizeof deploys / sizeof deploys[0], 0, true, NULL};

    ck_assert_int_eq(scenario(&story), 0);
    ck_assert_int_ne(alloc_fault_run_recovering(scenario, &story), 0);
}
END_TEST

START_TEST(every_allocation_of_roles_may_fail)
{
    struct story story = {roles, sizeof roles / sizeof roles[0], 0, true, "bob"};
    struct story given = {grants, sizeof grants / sizeof grants[0], 0, true, NULL};

    ck_assert_int_eq(scenario(&story), 0);
    ck_assert_int_ne(alloc_fault_run_recovering(scenario, &story), 0);
    ck_assert_int_eq(scenario(&given), 0);
    ck_assert_int_ne(alloc_fault_run_recovering(scenario, &given), 0);
}
END_TEST

START_TEST(every_allocation_of_writes_may_fail)
{
    struct story story = {writes, sizeof writes / sizeof writes[0], 0, false, NULL};

    ck_assert_int_eq(scenario(&story), 0);
    ck_assert_int_ne(alloc_fault_run_recovering(scenario, &story), 0);
}
END_TEST

START_TEST(every_allocation_of_reads_may_fail)
{
    struct story story = {reads, sizeof reads / sizeof reads[0], 0, false, NULL};

    ck_assert_int_eq(scenario(&story), 0);
    ck_assert_int_ne(alloc_fault_run_recovering(scenario, &story), 0);
}
END_TEST

START_TEST(every_allocation_of_binds_may_fail)
{
    struct story story = {binds, sizeof binds / sizeof binds[0], 0, false, NULL};

    ck_assert_int_eq(scenario(&story), 0);
    ck_assert_int_ne(alloc_fault_run_recovering(scenario, &story), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("alloc_sim");
    TCase *tcase = tcase_create("allocation faults");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tcase, 120);
    tcase_add_test(tcase, every_allocation_of_writes_may_fail);
    tcase_add_test(tcase, every_allocation_of_reads_may_fail);
    tcase_add_test(tcase, every_allocation_of_binds_may_fail);
    tcase_add_test(tcase, every_allocation_of_deployments_may_fail);
    tcase_add_test(tcase, every_allocation_of_roles_may_fail);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}

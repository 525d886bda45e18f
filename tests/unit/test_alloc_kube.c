/*
 * test_alloc_kube.c: requests, lists, watches, bindings and reports through whole scenarios, each allocation failing in turn. What has to come out:
 * an error or a recovery, the store right once there is memory again, no pod bound twice or lost, nothing left behind.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/kube/bind.h"
#include "common/kube/json_parse.h"
#include "common/kube/list.h"
#include "common/kube/reflector.h"
#include "common/kube/report.h"
#include "tests/unit/support/alloc_fault.h"
#include "tests/unit/support/fake_transport.h"
#include "tests/unit/support/scratch.h"

static struct fake fake;
static const char *wrong; /* what must not be, in any run */

static void must(bool condition, const char *what)
{
    if (!condition && !wrong)
        wrong = what;
}

/* whether memory can be had: false in a run in which every allocation from some point on fails */
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

/* ---- requests ---- */

static struct kube_config config;
static int dones;

static void on_call_done(void *ctx, const struct kube_answer *answer)
{
    (void)ctx;
    dones++;
    must(answer->reason && answer->message, "an answer has its strings");
    must(answer->class_ == KUBE_OK || answer->class_ == KUBE_UNAUTHORIZED || answer->class_ == KUBE_FORBIDDEN, "the class is the status'");
}

/* one with a token, a 401, and the answer to the second try */
static void one_request(int status, const char *body)
{
    struct kube_request request = {
        .method = "POST", .target = "/x", .content_type = "application/json", .body = "{}", .body_bytes = 2, .on_done = on_call_done};
    struct error err = ERROR_INIT;
    struct fake_call *call;

    dones = 0;
    if (!kube_start(fake.client, &request, &err)) {
        must(err.kind == ERROR_NO_MEMORY, "a request that does not start says why");
        return;
    }
    call = fake_take(&fake);
    fake_fail(call, 401, "Unauthorized", "who?");
    call = fake_take(&fake);
    if (call)
        fake_answer(call, status, body);
    must(dones == 1, "each request is answered once");
}

static int requests(void *ctx)
{
    struct error err = ERROR_INIT;
    struct kube_credentials *credentials = kube_credentials_new(&config, &fake.clock, &err);

    (void)ctx;
    if (credentials && fake_open(&fake, credentials, NULL, &err) == 0) {
        one_request(201, "{\"kind\":\"Status\"}");
        one_request(403, "{\"reason\":\"Forbidden\",\"message\":\"no\",\"details\":{\"causes\":[{\"reason\":\"x\"}]}}");
        if (!alloc_fault_happened())
            must(dones == 1 && fake.count == 4, "the scenario is what it says");
        fake_close(&fake);
    }
    kube_credentials_free(credentials);
    return alloc_fault_happened() ? -1 : 0;
}

START_TEST(test_requests)
{
    scratch_begin();
    config.token_file = (char *)scratch_write("token", "t", 0600);
    run(requests, NULL);
    scratch_end();
}
END_TEST

/* ---- lists ---- */

static int items;
static enum kube_class list_class;

static void on_list_start(void *ctx)
{
    (void)ctx;
    items = 0;
}

static int on_item(void *ctx, const char *text, size_t bytes, struct error *err)
{
    void *volatile copy = malloc(bytes);

    (void)ctx, (void)text;
    if (!copy)
        return error_no_memory(err);
    free(copy);
    items++;
    return 0;
}

static void on_list_done(void *ctx, const struct kube_answer *answer, const char *resource_version)
{
    (void)ctx;
    dones++;
    list_class = answer->class_;
    must(list_class != KUBE_OK || !strcmp(resource_version, "9"), "a list that went well has its version");
}

#define LIST(items, rv, next) "{\"items\":[" items "],\"metadata\":{\"resourceVersion\":\"" rv "\",\"continue\":\"" next "\"}}"

static const struct json_field list_schema[] = {{"metadata", NULL}, {NULL, NULL}};

/* two pages, of which the second has expired, then one without pages */
static int list(void *ctx)
{
    struct kube_list_options options = {"/api/v1/pods", "a=b", "0", list_schema, on_list_start, on_item, on_list_done, NULL};
    struct error err = ERROR_INIT;
    struct fake_call *call;

    (void)ctx;
    dones = items = 0;
    if (fake_open(&fake, NULL, NULL, &err) < 0)
        return -1;
    if (kube_list_start(fake.client, &options, &err)) {
        while ((call = fake_take(&fake)))
            if (strstr(call->target, "resourceVersion=0"))
                fake_answer_pieces(call, 200, LIST("{\"metadata\":{\"name\":\"a\"}}", "5", "c"), 3);
            else if (strstr(call->target, "continue=c"))
                fake_fail(call, 410, "Expired", "too old");
            else
                fake_answer_pieces(call, 200, LIST("{\"metadata\":{}},{\"metadata\":{\"x\":1}},{\"metadata\":{}}", "9", ""), 7);
        must(dones == 1, "each list ends once");
        must(list_class != KUBE_OK || items == 3, "a list that went well is whole");
        must(list_class == KUBE_OK || alloc_fault_happened(), "the list goes well");
    } else {
        must(err.kind == ERROR_NO_MEMORY, "a list that does not start says why");
        list_class = KUBE_TRANSIENT;
    }
    fake_close(&fake);
    return list_class == KUBE_OK ? 0 : -1;
}

START_TEST(test_list)
{
    run(list, NULL);
}
END_TEST

/* ---- watches ---- */

static struct {
    char fresh[16], objects[16]; /* letters: what was listed so far, what the store has */
    bool replacing;
    int expired; /* how often the server said 410 */
    bool modified;
} store;

static void begin_replace(void *ctx)
{
    (void)ctx;
    store.replacing = true;
    store.fresh[0] = '\0';
}

static void end_replace(void *ctx)
{
    (void)ctx;
    must(store.replacing, "no end without a beginning");
    store.replacing = false;
    memcpy(store.objects, store.fresh, sizeof store.objects);
}

static void put(char *objects, char letter)
{
    size_t length = strlen(objects);

    if (strchr(objects, letter))
        return;
    objects[length] = letter;
    objects[length + 1] = '\0';
}

static int on_object(void *ctx, enum watch_event event, const json_t *object, struct error *err)
{
    char letter = *kube_json_text(json_object_get(object, "metadata"), "name");
    void *volatile copy = malloc(1);
    char *found = strchr(store.objects, letter);

    (void)ctx;
    if (!copy)
        return error_no_memory(err);
    free(copy);
    must(letter != '\0', "an object is whole");
    if (event == WATCH_LISTED)
        put(store.fresh, letter);
    else if (event == WATCH_DELETED && found)
        memmove(found, found + 1, strlen(found));
    else if (event != WATCH_DELETED)
        put(store.objects, letter);
    store.modified |= event == WATCH_MODIFIED;
    return 0;
}

#define OBJECT(name, rv) "{\"metadata\":{\"name\":\"" name "\",\"resourceVersion\":\"" rv "\"}}"
#define EVENT(type, name, rv) "{\"type\":\"" type "\",\"object\":" OBJECT(name, rv) "}\n"
#define BOOKMARK(rv) "{\"type\":\"BOOKMARK\",\"object\":{\"metadata\":{\"resourceVersion\":\"" rv "\"}}}\n"
#define INITIAL_END(rv)                                                                                                                    \
    "{\"type\":\"BOOKMARK\",\"object\":{\"metadata\":{\"resourceVersion\":\"" rv                                                           \
    "\",\"annotations\":{\"k8s.io/initial-events-end\":\"true\"}}}}\n"
#define EXPIRED "{\"type\":\"ERROR\",\"object\":{\"message\":\"too old\",\"reason\":\"Expired\",\"code\":410}}\n"

static void feed_pieces(struct fake_call *call, const char *text)
{
    for (size_t bytes = strlen(text); bytes; text += bytes > 11 ? 11 : bytes, bytes -= bytes > 11 ? 11 : bytes)
        if (!fake_feed(call, 200, text, bytes > 11 ? 11 : bytes))
            return;
}

/* at first the server has a and b, then c comes and b goes; then the version has expired, and the list has a, c and d; at last a is modified */
static void serve_watch(struct fake_call *call)
{
    if (strstr(call->target, "resourceVersion=100")) {
        store.expired++;
        feed_pieces(call, EVENT("ADDED", "c", "110") BOOKMARK("111") EVENT("DELETED", "b", "112") EXPIRED);
    } else if (strstr(call->target, "resourceVersion=1")) { /* begun again somewhere in between */
        store.expired++;
        feed_pieces(call, EXPIRED);
    } else {
        feed_pieces(call, EVENT("MODIFIED", "a", "201"));
    }
}

static void serve(struct fake_call *call)
{
    bool late = store.expired > 0;

    if (strstr(call->target, "sendInitialEvents"))
        feed_pieces(call, late ? EVENT("ADDED", "a", "1") EVENT("ADDED", "c", "110") EVENT("ADDED", "d", "2") INITIAL_END("200")
                                     EVENT("MODIFIED", "a", "201")
                               : EVENT("ADDED", "a", "1") EVENT("ADDED", "b", "2") INITIAL_END("100") EVENT("ADDED", "c", "110"));
    else if (strstr(call->target, "watch=true"))
        serve_watch(call);
    else if (strstr(call->target, "continue="))
        fake_answer_pieces(call, 200, LIST(OBJECT("c", "110") "," OBJECT("d", "2"), "200", ""), 13);
    else if (late)
        fake_answer_pieces(call, 200, LIST(OBJECT("a", "1"), "200", "c"), 13);
    else
        fake_answer_pieces(call, 200, LIST(OBJECT("a", "1") "," OBJECT("b", "2"), "100", ""), 13);
}

static bool store_is_right(void)
{
    return store.expired > 0 && store.modified && strlen(store.objects) == 3 && strchr(store.objects, 'a') && strchr(store.objects, 'c') &&
           strchr(store.objects, 'd');
}

static int watch(void *ctx)
{
    const bool *watch_list = ctx;
    struct reflector_options options = {.path = "/api/v1/pods",
                                        .resource = "pods",
                                        .schema = list_schema,
                                        .watch_list = *watch_list,
                                        .begin_replace = begin_replace,
                                        .on_object = on_object,
                                        .end_replace = end_replace};
    struct reflector *reflector;
    struct error err = ERROR_INIT;
    struct fake_call *call, *open = NULL;

    memset(&store, 0, sizeof store);
    if (fake_open(&fake, NULL, NULL, &err) < 0)
        return -1;
    reflector = reflector_start(fake.client, &options, &err);
    for (int i = 0; reflector && i < 100 && !store_is_right(); i++) {
        fake_step(&fake);
        while ((call = fake_take(&fake))) {
            serve(call);
            open = call;
        }
        /* WatchList: the first watch goes on until it is told that it has expired */
        if (open && open->state == FAKE_OPEN && !store.expired) {
            store.expired++;
            feed_pieces(open, EXPIRED);
        }
    }
    must(reflector || err.kind == ERROR_NO_MEMORY, "a reflector that does not start says why");
    must(!reflector || store_is_right() || !memory_is_back(), "the store is right in the end");
    reflector_stop(reflector);
    fake_close(&fake);
    return alloc_fault_happened() ? -1 : store_is_right() ? 0 : -1;
}

START_TEST(test_list_and_watch)
{
    bool watch_list = false;

    run(watch, &watch_list);
}
END_TEST

START_TEST(test_watch_list)
{
    bool watch_list = true;

    run(watch, &watch_list);
}
END_TEST

/* ---- bindings ---- */

#define PODS 4

static struct pod_truth {
    bool bound;           /* on the server */
    int posts;            /* requests for it so far */
    bool wanted, settled; /* a bind of it is under way; it ended well */
} pods[PODS];

static struct pod_truth *truth_of(const char *uid)
{
    return &pods[uid[1] - '0'];
}

static void on_bound(void *ctx, const struct bind *bind, enum bind_result result, int64_t retry_after_ms, const char *message)
{
    struct pod_truth *pod = truth_of(bind->uid);

    (void)ctx, (void)retry_after_ms, (void)message;
    must(pod->wanted, "a bind ends once");
    must(!pod->settled, "no bind after the pod is bound");
    must(result == BIND_OK || result == BIND_FAILED, "only ours or failed");
    must(result != BIND_OK || pod->bound, "bound is what the server has");
    pod->wanted = false;
    pod->settled = result == BIND_OK;
}

/* p0 goes well; p1's answer is lost after the write, p2's before it; p3 meets a 503 first */
static void serve_post(struct fake_call *call, struct pod_truth *pod, int number)
{
    int posts = ++pod->posts;

    if (pod->bound) {
        must(number == 1, "no second POST where the first was answered");
        fake_fail(call, 409, "Conflict", "pod p is already assigned to node \\\"n1\\\"");
        return;
    }
    if (posts == 1 && number == 3) {
        fake_answer_with(call, 503, 1, "away");
        return;
    }
    pod->bound = posts > 1 || number != 2;
    if (posts == 1 && (number == 1 || number == 2))
        fake_lose(call);
    else
        fake_answer(call, 201, "{}");
}

static void serve_binds(void)
{
    struct fake_call *call;

    while ((call = fake_take(&fake))) {
        const char *name = strstr(call->target, "/pods/");
        int number = name ? name[7] - '0' : PODS;
        char body[200];

        must(number >= 0 && number < PODS, "a target is whole");
        if (number < 0 || number >= PODS)
            return;
        if (call->method[0] == 'P') {
            must(strstr(call->body, "\"uid\":\"u") && strstr(call->body, "\"name\":\"n1\"}}"), "a body is whole");
            serve_post(call, &pods[number], number);
            continue;
        }
        snprintf(body, sizeof body, "{\"metadata\":{\"uid\":\"u%d\"},\"spec\":{\"nodeName\":\"%s\"}}", number,
                 pods[number].bound ? "n1" : "");
        fake_answer_pieces(call, 200, body, 5);
    }
}

static int settled(void)
{
    int count = 0;

    for (int i = 0; i < PODS; i++)
        count += pods[i].settled;
    return count;
}

/* as the scheduler does: what is not bound and not under way is tried again */
static void want_all(struct binder *binder)
{
    for (int i = 0; i < PODS; i++) {
        struct error err = ERROR_INIT;
        char name[] = {'p', (char)('0' + i), '\0'}, uid[] = {'u', (char)('0' + i), '\0'};

        if (pods[i].settled || pods[i].wanted)
            continue;
        if (bind_start(binder, "default", name, uid, "n1", &err) == 0)
            pods[i].wanted = true;
        else
            must(err.kind == ERROR_NO_MEMORY, "a bind that does not start says why");
    }
}

static int bind_pods(void *ctx)
{
    struct binder_options options = {.max_inflight = 2, .max_attempts = 3, .backoff_ms = 100, .simulate_errors = 1, .on_done = on_bound};
    struct error err = ERROR_INIT;
    struct binder *binder;

    (void)ctx;
    memset(pods, 0, sizeof pods);
    if (fake_open(&fake, NULL, NULL, &err) < 0)
        return -1;
    options.client = fake.client;
    binder = binder_new(&options, &err);
    for (int i = 0; binder && i < 100 && settled() < PODS; i++) {
        want_all(binder);
        fake_step(&fake);
        serve_binds();
    }
    must(!binder || settled() == PODS || !memory_is_back(), "every pod is bound in the end");
    must(!binder || settled() < PODS || binder_count(binder) == 0, "nothing is under way in the end");
    binder_free(binder);
    fake_close(&fake);
    return alloc_fault_happened() || settled() < PODS ? -1 : 0;
}

START_TEST(test_binds)
{
    run(bind_pods, NULL);
}
END_TEST

/* ---- reports ---- */

static bool may_send(void *ctx)
{
    (void)ctx;
    return true;
}

static bool forgotten;

static void serve_reports(struct reporter *reporter)
{
    struct fake_call *call;
    int served = 0;

    for (int i = 0; i < 20; i++) {
        reporter_pump(reporter);
        while ((call = fake_take(&fake))) {
            must(call->body[0] == '{' && call->body[strlen(call->body) - 1] == '}', "a body is whole");
            must(!forgotten || !strstr(call->target, "/status") || !strstr(call->body, "\"uid\":\"w\""),
                 "no condition of a pod that is forgotten");
            if (served++ == 1)
                fake_answer_with(call, 429, 1, "slow down");
            else
                fake_answer(call, 201, "{}");
        }
        fake_step(&fake);
    }
    must(reporter_pending(reporter) == 0, "every report is written or dropped");
}

static int report(void *ctx)
{
    struct reporter_options options = {.scheduler_name = "s", .instance = "s-h", .may_send = may_send};
    struct error err = ERROR_INIT;
    struct reporter *reporter;

    (void)ctx;
    forgotten = false;
    if (fake_open(&fake, NULL, NULL, &err) < 0)
        return -1;
    options.client = fake.client;
    reporter = reporter_new(&options, &err);
    if (reporter) {
        report_scheduled(reporter, "default", "a", "u", "n1");
        report_failed(reporter, "default", "b", "v", "Unschedulable", "0/1 nodes are available");
        report_failed(reporter, "default", "c", "w", "Unschedulable", "0/1 nodes are available");
        report_forget(reporter, "w");
        forgotten = true;
        serve_reports(reporter);
        fake.now_us += REPORT_SERIES_US;
        report_failed(reporter, "default", "b", "v", "Unschedulable", "0/1 nodes are available");
        serve_reports(reporter);
        must(alloc_fault_happened() || fake.count == 6, "the scenario is what it says"); /* one of them is sent twice */
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
    Suite *suite = suite_create("allocation failures: kube");
    TCase *tcase = tcase_create("core");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, test_requests);
    tcase_add_test(tcase, test_list);
    tcase_add_test(tcase, test_list_and_watch);
    tcase_add_test(tcase, test_watch_list);
    tcase_add_test(tcase, test_binds);
    tcase_add_test(tcase, test_reports);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}

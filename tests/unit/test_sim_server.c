/*
 * test_sim_server.c: the HTTP front end, in a process of its own, asked by libcurl: tokens, limits, faults on the wire, watches, its own pages.
 */
#include <check.h>
#include <curl/curl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "simulator/files.h"
#include "simulator/server.h"

#define PODS "/api/v1/namespaces/default/pods"

static pid_t child;
static int port, wake[2];
static char token_path[64];
static CURL *curl;
static struct buffer body;

/* --- the child --- */

struct world {
    struct server *server;
    struct tokens *tokens;
};

static void on_wake(void *ctx)
{
    struct world *world = ctx;
    struct error err = ERROR_INIT;
    char byte = 's';

    if (read(wake[0], &byte, 1) != 1 || byte == 's')
        server_stop(world->server);
    else
        tokens_reload(world->tokens, &err);
}

static void serve(int announce, bool with_tokens)
{
    struct error err = ERROR_INIT;
    struct world world = {NULL, tokens_new(&err)};
    struct sim *sim = sim_new(&(struct sim_options){.clock = clock_system(), .seed = 1, .nodes = 2, .kubelet_start_ms = -1}, &err);
    struct server_options options = {.sim = sim,
                                     .clock = clock_system(),
                                     .tokens = world.tokens,
                                     .address = "127.0.0.1",
                                     .wake_fd = wake[0],
                                     .on_wake = on_wake,
                                     .ctx = &world};
    int bound = 0, failed = 1;

    if (with_tokens && tokens_set_file(world.tokens, token_path, &err) < 0)
        _exit(1);
    world.server = server_open(&options, &err);
    if (world.server)
        bound = server_port(world.server);
    if (write(announce, &bound, sizeof bound) == sizeof bound && world.server)
        failed = server_run(world.server, &err) < 0;
    server_close(world.server);
    sim_free(sim);
    tokens_free(world.tokens);
    exit(failed);
}

/* --- the parent --- */

static void start(bool with_tokens)
{
    int announce[2];

    ck_assert_int_eq(pipe(announce), 0);
    ck_assert_int_eq(pipe(wake), 0);
    child = fork();
    if (!child)
        serve(announce[1], with_tokens);
    ck_assert_int_eq(read(announce[0], &port, sizeof port), sizeof port);
    ck_assert_int_gt(port, 0);
    close(announce[0]);
    close(announce[1]);
    curl = curl_easy_init();
    buffer_init(&body, 16 << 20);
}

static void stop(void)
{
    int status;

    curl_easy_cleanup(curl);
    buffer_free(&body);
    ck_assert_int_eq(write(wake[1], "s", 1), 1);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "the server ended with %d", status);
    close(wake[0]);
    close(wake[1]);
}

static void setup(void)
{
    start(false);
}

static size_t collect(char *data, size_t size, size_t count, void *ctx)
{
    struct error err = ERROR_INIT;

    (void)ctx;
    return buffer_add(&body, data, size * count, &err) < 0 ? 0 : size * count;
}

static CURLcode ask(const char *method, const char *target, const char *text, long text_bytes, const char *token, long *status)
{
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
    char url[512], authorization[128];
    CURLcode code;

    if (token) {
        snprintf(authorization, sizeof authorization, "Authorization: Bearer %s", token);
        headers = curl_slist_append(headers, authorization);
    }
    snprintf(url, sizeof url, "http://127.0.0.1:%d%s", port, target);
    buffer_clear(&body);
    curl_easy_reset(curl);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "test/1");
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, collect);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, 10000L);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    if (text) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, text);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, text_bytes);
    }
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
    code = curl_easy_perform(curl);
    *status = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, status);
    curl_slist_free_all(headers);
    return code;
}

static long get(const char *target)
{
    long status;

    ck_assert_int_eq(ask("GET", target, NULL, 0, NULL, &status), CURLE_OK);
    return status;
}

static long post(const char *target, const char *text)
{
    long status;

    ck_assert_int_eq(ask("POST", target, text, (long)strlen(text), NULL, &status), CURLE_OK);
    return status;
}

static void make_pod(const char *name)
{
    char text[256];

    snprintf(text, sizeof text, "{\"metadata\":{\"name\":\"%s\"},\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"i\"}]}}", name);
    ck_assert_int_eq(post(PODS, text), 201);
}

START_TEST(test_one_connection_serves_many_requests)
{
    long connections;

    for (int i = 0; i < 50; i++) {
        ck_assert_int_eq(get("/api/v1/nodes"), 200);
        curl_easy_getinfo(curl, CURLINFO_NUM_CONNECTS, &connections);
        ck_assert_int_eq(connections, i == 0);
    }
    ck_assert_ptr_nonnull(strstr(body.data, "\"kind\":\"NodeList\""));
    ck_assert_int_eq(get("/nope"), 404);
}
END_TEST

START_TEST(test_body_over_the_limit)
{
    size_t bytes = (3 << 20) + 1;
    char *text = malloc(bytes);
    long status;

    memset(text, ' ', bytes);
    ck_assert_int_eq(ask("POST", PODS, text, (long)bytes, NULL, &status), CURLE_OK);
    ck_assert_int_eq(status, 413);
    ck_assert_ptr_nonnull(strstr(body.data, "\"reason\":\"RequestEntityTooLarge\""));
    ck_assert_int_eq(ask("POST", PODS, text, (long)bytes - 1, NULL, &status), CURLE_OK);
    ck_assert_int_eq(status, 400);
    free(text);
}
END_TEST

START_TEST(test_metrics_and_requests)
{
    make_pod("a");
    ck_assert_int_eq(post(PODS "/a/binding", "{\"target\":{\"kind\":\"Node\",\"name\":\"sched-lab-worker\"}}"), 201);
    ck_assert_int_eq(get("/metrics"), 200);
    ck_assert_ptr_nonnull(strstr(body.data, "subresource=\"binding\",verb=\"POST\",version=\"v1\"} 1\n"));
    ck_assert_int_eq(get("/simulator/requests"), 200);
    ck_assert_ptr_nonnull(strstr(body.data,
                                 "\"verb\":\"create\",\"method\":\"POST\",\"path\":\"" PODS "/a/binding\",\"query\":\"\",\"group\":\"\","
                                 "\"namespace\":\"default\",\"resource\":\"pods\",\"subresource\":\"binding\",\"name\":\"a\",\"code\":201,"
                                 "\"user_agent\":\"test/1\",\"user\":\"system:admin\"}\n"));
    ck_assert_int_eq(get("/simulator/requests?after=2"), 200);
    ck_assert_ptr_null(strstr(body.data, "binding"));
    ck_assert_ptr_null(strstr(body.data, "/simulator/"));
    ck_assert_ptr_nonnull(strstr(body.data, "\"path\":\"/metrics\""));
}
END_TEST

START_TEST(test_wrong_plan_is_told)
{
    ck_assert_int_eq(post("/simulator/faults", "[{\"do\":{\"boom\":1}}]"), 400);
    ck_assert_str_eq(body.data, "fault plan: entry 0: do.boom: no such key\n");
    ck_assert_int_eq(post("/simulator/faults", "[{\"verb\":\"list\",\"do\":{\"status\":503}}]"), 200);
    ck_assert_int_eq(get(PODS), 503);
    ck_assert_int_eq(get(PODS), 200);
    ck_assert_int_eq(get("/simulator/nope"), 404);
}
END_TEST

START_TEST(test_reset_is_not_carried_out)
{
    CURLcode code;
    long status;

    make_pod("a");
    ck_assert_int_eq(post("/simulator/faults", "[{\"verb\":\"delete\",\"do\":{\"reset\":true}}]"), 200);
    curl_easy_cleanup(curl); /* on a connection that is new libcurl does not try again by itself */
    curl = curl_easy_init();
    code = ask("DELETE", PODS "/a", NULL, 0, NULL, &status);
    ck_assert_msg(code == CURLE_RECV_ERROR || code == CURLE_GOT_NOTHING, "%d", code); /* a reset, or an early end where there is none */
    ck_assert_int_eq(get(PODS "/a"), 200);
    ck_assert_int_eq(get("/simulator/requests"), 200);
    ck_assert_ptr_nonnull(strstr(body.data, "\"code\":0,\"user_agent\":\"test/1\",\"user\":\"system:admin\",\"fault\":\"reset\"}"));
}
END_TEST

START_TEST(test_lost_answer_is_carried_out)
{
    long status;

    make_pod("a");
    ck_assert_int_eq(post("/simulator/faults", "[{\"verb\":\"delete\",\"do\":{\"lost_answer\":true}}]"), 200);
    curl_easy_cleanup(curl);
    curl = curl_easy_init();
    ck_assert_int_eq(ask("DELETE", PODS "/a", NULL, 0, NULL, &status), CURLE_GOT_NOTHING);
    ck_assert_int_eq(get(PODS "/a"), 404);
}
END_TEST

START_TEST(test_answer_cut_at_a_byte)
{
    long status;

    ck_assert_int_eq(post("/simulator/faults", "[{\"count\":2,\"do\":{\"cut_at_byte\":100}}]"), 200);
    ck_assert_int_eq(ask("GET", "/api/v1/nodes", NULL, 0, NULL, &status), CURLE_PARTIAL_FILE);
    ck_assert_int_eq(status, 200);
    ck_assert_uint_eq(body.bytes, 100);
    ck_assert_int_ne(ask("GET", "/api/v1/nodes?watch=true", NULL, 0, NULL, &status), CURLE_OK);
    ck_assert_uint_eq(body.bytes, 100);
}
END_TEST

START_TEST(test_delay)
{
    int64_t before;

    ck_assert_int_eq(post("/simulator/faults", "[{\"verb\":\"list\",\"do\":{\"delay_ms\":150}}]"), 200);
    before = clock_system()->monotonic_us(clock_system());
    ck_assert_int_eq(get("/api/v1/nodes"), 200);
    ck_assert_int_ge(clock_system()->monotonic_us(clock_system()) - before, 150000);
    before = clock_system()->monotonic_us(clock_system());
    ck_assert_int_eq(get("/api/v1/nodes"), 200);
    ck_assert_int_lt(clock_system()->monotonic_us(clock_system()) - before, 140000);
}
END_TEST

START_TEST(test_watch_ends_when_told)
{
    long status;

    make_pod("a");
    ck_assert_int_eq(post("/simulator/faults", "[{\"verb\":\"watch\",\"do\":{\"watch_close\":true,\"watch_after\":1}}]"), 200);
    ck_assert_int_eq(ask("GET", PODS "?watch=true", NULL, 0, NULL, &status), CURLE_OK);
    ck_assert_ptr_nonnull(strstr(body.data, "{\"type\":\"ADDED\","));
    ck_assert_int_eq(ask("GET", PODS "?watch=true&timeoutSeconds=1", NULL, 0, NULL, &status), CURLE_OK);
    ck_assert_int_eq(post("/simulator/faults", "[{\"verb\":\"watch\",\"do\":{\"watch_cut\":true}}]"), 200);
    ck_assert_int_eq(ask("GET", PODS "?watch=true", NULL, 0, NULL, &status), CURLE_PARTIAL_FILE);
}
END_TEST

static size_t keep(char *data, size_t size, size_t count, void *ctx)
{
    struct error err = ERROR_INIT;

    return buffer_add(ctx, data, size * count, &err) < 0 ? 0 : size * count;
}

/* runs the transfer until its bytes hold the text; -1 after a time */
static int64_t wait_for(CURLM *multi, const struct buffer *bytes, const char *text, int64_t max_us)
{
    int64_t before = clock_system()->monotonic_us(clock_system()), took = 0;
    int running;

    while (took < max_us) {
        curl_multi_perform(multi, &running);
        took = clock_system()->monotonic_us(clock_system()) - before;
        if (bytes->data && strstr(bytes->data, text))
            return took;
        curl_multi_poll(multi, NULL, 0, 50, NULL);
    }
    return -1;
}

/* the loop wakes once a second by itself: an event that has to wait for that is late */
START_TEST(test_watch_sees_an_event_at_once)
{
    struct buffer stream;
    CURLM *multi = curl_multi_init();
    CURL *watch = curl_easy_init();
    char url[128], name[16], line[32];
    int64_t took, worst = 0;

    buffer_init(&stream, 1 << 20);
    make_pod("first");
    snprintf(url, sizeof url, "http://127.0.0.1:%d" PODS "?watch=true", port);
    curl_easy_setopt(watch, CURLOPT_URL, url);
    curl_easy_setopt(watch, CURLOPT_WRITEFUNCTION, keep);
    curl_easy_setopt(watch, CURLOPT_WRITEDATA, &stream);
    curl_multi_add_handle(multi, watch);
    ck_assert_int_ge(wait_for(multi, &stream, "\"name\":\"first\"", 5000000), 0);
    for (int i = 0; i < 5; i++) {
        snprintf(name, sizeof name, "p%d", i);
        snprintf(line, sizeof line, "\"name\":\"p%d\"", i);
        make_pod(name);
        took = wait_for(multi, &stream, line, 5000000);
        ck_assert_int_ge(took, 0);
        worst = took > worst ? took : worst;
    }
    ck_assert_msg(worst < 500000, "%d us", (int)worst);
    curl_multi_remove_handle(multi, watch);
    curl_easy_cleanup(watch);
    curl_multi_cleanup(multi);
    buffer_free(&stream);
}
END_TEST

static size_t hang_up(char *data, size_t size, size_t count, void *ctx)
{
    (void)data, (void)size, (void)count, (void)ctx;
    return 0;
}

static bool page_has(const char *page, const char *text)
{
    for (int i = 0; i < 300; i++) {
        ck_assert_int_eq(get(page), 200);
        if (strstr(body.data, text))
            return true;
        poll(NULL, 0, 20);
    }
    return false;
}

#define OPEN_WATCHES                                                                                                                       \
    "apiserver_longrunning_requests{component=\"apiserver\",group=\"\",resource=\"pods\",scope=\"namespace\",subresource=\"\",verb="       \
    "\"WATCH\",version=\"v1\"} "

/* a client that goes away while nothing happens must not hold its watch for ever */
START_TEST(test_watch_of_a_client_that_left)
{
    CURL *other = curl_easy_init();
    char url[128];

    make_pod("a");
    snprintf(url, sizeof url, "http://127.0.0.1:%d" PODS "?watch=true", port);
    curl_easy_setopt(other, CURLOPT_URL, url);
    curl_easy_setopt(other, CURLOPT_WRITEFUNCTION, hang_up);
    ck_assert_int_eq(curl_easy_perform(other), CURLE_WRITE_ERROR);
    curl_easy_cleanup(other);
    ck_assert(page_has("/metrics", OPEN_WATCHES "0\n"));
}
END_TEST

static CURLcode try_nodes(long *status)
{
    return ask("GET", "/api/v1/nodes", NULL, 0, NULL, status);
}

static void wait_until_refused(void)
{
    int64_t until = clock_system()->monotonic_us(clock_system()) + 20000000;
    long status;

    while (try_nodes(&status) != CURLE_COULDNT_CONNECT)
        ck_assert_msg(clock_system()->monotonic_us(clock_system()) < until, "the server does not go away");
}

/* gone for as long as was asked: watches are torn off, connections refused; then all is as it was, on the same port */
START_TEST(test_outage)
{
    int64_t asked_us, back_us;
    struct buffer stream;
    CURLM *multi = curl_multi_init();
    CURL *watch = curl_easy_init();
    CURLMsg *message;
    char url[128];
    int running = 1, left;
    long status;

    buffer_init(&stream, 1 << 20);
    make_pod("first");
    snprintf(url, sizeof url, "http://127.0.0.1:%d" PODS "?watch=true", port);
    curl_easy_setopt(watch, CURLOPT_URL, url);
    curl_easy_setopt(watch, CURLOPT_WRITEFUNCTION, keep);
    curl_easy_setopt(watch, CURLOPT_WRITEDATA, &stream);
    curl_multi_add_handle(multi, watch);
    ck_assert_int_ge(wait_for(multi, &stream, "\"name\":\"first\"", 5000000), 0);
    ck_assert_int_eq(post("/simulator/outage?ms=0", ""), 400);
    ck_assert_int_eq(post("/simulator/outage", ""), 400);
    asked_us = clock_system()->monotonic_us(clock_system());
    ck_assert_int_eq(post("/simulator/outage?ms=2500", ""), 200);
    wait_until_refused();
    while (running) {
        ck_assert_int_eq(curl_multi_perform(multi, &running), CURLM_OK);
        curl_multi_poll(multi, NULL, 0, 50, NULL);
    }
    message = curl_multi_info_read(multi, &left);
    ck_assert_msg(message && message->data.result != CURLE_OK, "the watch ended as if all was well");
    while (try_nodes(&status) != CURLE_OK)
        ;
    back_us = clock_system()->monotonic_us(clock_system());
    ck_assert_int_eq(status, 200);
    ck_assert_int_ge(back_us - asked_us, 2500000);
    ck_assert_int_eq(get(PODS "/first"), 200);
    ck_assert_int_eq(get("/metrics"), 200);
    ck_assert_ptr_nonnull(strstr(body.data, "verb=\"WATCH\""));
    curl_multi_remove_handle(multi, watch);
    curl_easy_cleanup(watch);
    curl_multi_cleanup(multi);
    buffer_free(&stream);
}
END_TEST

/* told to end while it is away, it ends */
START_TEST(test_stopped_in_an_outage)
{
    ck_assert_int_eq(post("/simulator/outage?ms=600000", ""), 200);
    wait_until_refused();
}
END_TEST

START_TEST(test_tokens)
{
    struct error err = ERROR_INIT;
    long status;

    strcpy(token_path, "/tmp/test_sim_server.XXXXXX");
    close(mkstemp(token_path));
    ck_assert_int_eq(file_write(token_path, "old,alice,1\n", 12, &err), 0);
    start(true);
    ck_assert_int_eq(get("/readyz"), 200);
    ck_assert_int_eq(get("/api/v1/nodes"), 401);
    ck_assert_str_eq(body.data,
                     "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":\"Failure\",\"message\":\"Unauthorized\","
                     "\"reason\":\"Unauthorized\",\"code\":401}");
    ck_assert_int_eq(get("/simulator/requests"), 401);
    ask("GET", "/api/v1/nodes", NULL, 0, "old", &status);
    ck_assert_int_eq(status, 200);
    ck_assert_int_eq(file_write(token_path, "new,alice,1\n", 12, &err), 0);
    ck_assert_int_eq(write(wake[1], "r", 1), 1);
    for (int i = 0; i < 300 && status == 200; i++)
        ask("GET", "/api/v1/nodes", NULL, 0, "old", &status);
    ck_assert_int_eq(status, 401);
    ask("GET", "/simulator/requests", NULL, 0, "new", &status);
    ck_assert_int_eq(status, 200);
    ck_assert_ptr_nonnull(strstr(body.data, "\"user\":\"alice\""));
    ck_assert_ptr_null(strstr(body.data, "old"));
    stop();
    unlink(token_path);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sim_server");
    TCase *tc = tcase_create("server"), *tokens = tcase_create("tokens");
    SRunner *runner;
    int failed;

    curl_global_init(CURL_GLOBAL_ALL);
    tcase_set_timeout(tc, 30);
    tcase_add_checked_fixture(tc, setup, stop);
    tcase_add_test(tc, test_one_connection_serves_many_requests);
    tcase_add_test(tc, test_body_over_the_limit);
    tcase_add_test(tc, test_metrics_and_requests);
    tcase_add_test(tc, test_wrong_plan_is_told);
    tcase_add_test(tc, test_reset_is_not_carried_out);
    tcase_add_test(tc, test_lost_answer_is_carried_out);
    tcase_add_test(tc, test_answer_cut_at_a_byte);
    tcase_add_test(tc, test_delay);
    tcase_add_test(tc, test_watch_ends_when_told);
    tcase_add_test(tc, test_watch_sees_an_event_at_once);
    tcase_add_test(tc, test_watch_of_a_client_that_left);
    tcase_add_test(tc, test_outage);
    tcase_add_test(tc, test_stopped_in_an_outage);
    suite_add_tcase(suite, tc);
    tcase_add_test(tokens, test_tokens);
    suite_add_tcase(suite, tokens);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    curl_global_cleanup();
    return failed ? 1 : 0;
}

/*
 * test_grade_proxy.c: the proxy passes on what a scheduler may ask, and nothing else; streams at once; plays its faults; keeps what it saw.
 */
#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"
#include "grade/proxy.h"
#include "tests/unit/support/scratch.h"
#include "tests/unit/support/upstream.h"

#define PATIENCE_MS 20000

static struct proxy *proxy;
static int port;
static char token[64], own_kubeconfig[512];
static struct error err;

static int64_t now_us(void)
{
    return clock_system()->monotonic_us(clock_system());
}

/* waits for a state, for as long as a machine may take */
#define UNTIL(condition)                                                                                                                   \
    do {                                                                                                                                   \
        int64_t until_ = now_us() + PATIENCE_MS * 1000;                                                                                    \
        while (!(condition)) {                                                                                                             \
            const struct timespec moment_ = {0, 2000000};                                                                                  \
            ck_assert_msg(now_us() < until_, "never: %s", #condition);                                                                     \
            nanosleep(&moment_, NULL);                                                                                                     \
        }                                                                                                                                  \
    } while (0)

static void read_own_kubeconfig(void)
{
    char text[2048], *at;
    FILE *file;
    size_t bytes;

    ck_assert_int_eq(proxy_write_kubeconfig(proxy, own_kubeconfig, &err), 0);
    file = fopen(own_kubeconfig, "r");
    bytes = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[bytes] = '\0';
    at = strstr(text, "token: \"");
    ck_assert_ptr_nonnull(at);
    snprintf(token, sizeof token, "%.*s", (int)strcspn(at + 8, "\""), at + 8);
    ck_assert_ptr_null(strstr(text, UPSTREAM_TOKEN));
}

static void begin(void)
{
    ck_assert_msg(proxy_begin(proxy, "grading", now_us(), &err) == 0, "%s", err.text);
    read_own_kubeconfig();
}

static void open_in_front_of(int upstream)
{
    char text[512];

    snprintf(text, sizeof text,
             "apiVersion: v1\nkind: Config\nclusters: [{name: u, cluster: {server: \"http://127.0.0.1:%d\"}}]\n"
             "users: [{name: u, user: {token: " UPSTREAM_TOKEN
             "}}]\ncontexts: [{name: u, context: {cluster: u, user: u}}]\ncurrent-context: u\n",
             upstream);
    proxy = proxy_open(scratch_write("upstream.kubeconfig", text, 0600), &err);
    ck_assert_msg(proxy != NULL, "%s", err.text);
    port = proxy_port(proxy);
    snprintf(own_kubeconfig, sizeof own_kubeconfig, "%s", scratch_path("own.kubeconfig"));
    begin();
}

static void setup(void)
{
    scratch_begin();
    open_in_front_of(upstream_start());
}

static void teardown(void)
{
    proxy_close(proxy);
    scratch_end();
}

/* ---- a client without manners ---- */

static int dial(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ck_assert(fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0);
    return fd;
}

static void say(int fd, const char *method, const char *target, const char *headers, const char *body)
{
    char head[16384];
    int bytes = snprintf(head, sizeof head, "%s %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n%sContent-Length: %zu\r\n\r\n%s",
                         method, target, token, headers, strlen(body), body);

    ck_assert_int_eq(send(fd, head, (size_t)bytes, MSG_NOSIGNAL), bytes);
}

/* reads on until the text has come, or the connection ends; what has come is in `got` */
static char got[1 << 16];
static bool hears(int fd, const char *text, int ms)
{
    int64_t until = now_us() + (int64_t)ms * 1000;
    size_t bytes = strlen(got);

    while (!strstr(got, text) && now_us() < until && bytes + 1 < sizeof got) {
        struct pollfd look = {.fd = fd, .events = POLLIN};
        ssize_t count;

        if (poll(&look, 1, 20) <= 0)
            continue;
        count = recv(fd, got + bytes, sizeof got - 1 - bytes, 0);
        if (count <= 0)
            break;
        bytes += (size_t)count;
        got[bytes] = '\0';
    }
    return strstr(got, text) != NULL;
}

/* one request on a connection of its own; the status. The answer is in `got`. */
static int ask_with(const char *method, const char *target, const char *headers, const char *body)
{
    int fd = dial(), status;
    char more[1024];

    snprintf(more, sizeof more, "%sConnection: close\r\n", headers);
    say(fd, method, target, more, body);
    *got = '\0';
    hears(fd, "\x01 nobody says this", PATIENCE_MS);
    close(fd);
    status = (int)strtol(got + strcspn(got, " "), NULL, 10);
    return status;
}

static int ask(const char *method, const char *target, const char *body)
{
    return ask_with(method, target, "", body);
}

static int watch_from(const char *version)
{
    char target[256];
    int fd = dial();

    snprintf(target, sizeof target, "/api/v1/pods?watch=true&resourceVersion=%s", version);
    say(fd, "GET", target, "", "");
    *got = '\0';
    return fd;
}

/* the n-th request that was recorded, as text; "" when there are fewer */
static const char *recorded(size_t n, const char *key)
{
    static char text[8192];
    bool truncated;
    json_t *requests = proxy_requests(proxy, &truncated, &err), *value = json_object_get(json_array_get(requests, n), key);

    ck_assert_ptr_nonnull(requests);
    if (json_is_integer(value))
        snprintf(text, sizeof text, "%lld", (long long)json_integer_value(value));
    else
        snprintf(text, sizeof text, "%s", value ? json_string_value(value) : "");
    json_decref(requests);
    return text;
}

#define BINDING "/api/v1/namespaces/grading/pods/p0/binding"
#define TO_N1 "{\"kind\":\"Binding\",\"metadata\":{\"name\":\"p0\"},\"target\":{\"kind\":\"Node\",\"name\":\"n1\"}}"

/* ---- what goes through ---- */

START_TEST(test_passes_on_and_remembers)
{
    ck_assert_int_eq(ask_with("GET", "/api/v1/nodes?limit=5&labelSelector=a%3Db", "User-Agent: curious\r\nImpersonate-User: root\r\n", ""),
                     200);
    ck_assert_ptr_nonnull(strstr(got, "{\"kind\":\"Status\"}"));
    ck_assert_uint_eq(upstream_asked("GET /api/v1/nodes?limit=5&labelSelector=a%3Db ", "Bearer " UPSTREAM_TOKEN), 1);
    ck_assert_uint_eq(upstream_asked("curious", NULL), 1);
    ck_assert_uint_eq(upstream_asked("Impersonate", NULL), 0);
    ck_assert_uint_eq(upstream_asked(token, NULL), 0);
    ck_assert_str_eq(recorded(0, "verb"), "list");
    ck_assert_str_eq(recorded(0, "resource"), "nodes");
    ck_assert_str_eq(recorded(0, "query"), "limit=5&labelSelector=a%3Db");
    ck_assert_str_eq(recorded(0, "user_agent"), "curious");
    ck_assert_str_eq(recorded(0, "code"), "200");
    ck_assert_int_ge(strtol(recorded(0, "took"), NULL, 10), 0);
    ck_assert_int_eq(ask("POST", BINDING, TO_N1), 201);
    ck_assert_uint_eq(upstream_asked("POST " BINDING, TO_N1), 1);
    ck_assert_str_eq(recorded(1, "node"), "n1");
    ck_assert_str_eq(recorded(1, "body"), TO_N1);
    ck_assert_uint_eq(proxy_look(proxy).binds, 1);
    ck_assert_uint_eq(proxy_binds_of(proxy, "p0"), 1);
}
END_TEST

START_TEST(test_old_bindings_collection)
{
    ck_assert_int_eq(ask("POST", "/api/v1/namespaces/grading/bindings", TO_N1), 201);
    ck_assert_str_eq(recorded(0, "name"), "p0");
    ck_assert_str_eq(recorded(0, "node"), "n1");
}
END_TEST

START_TEST(test_one_connection_for_many)
{
    int fd = dial();

    for (int i = 0; i < 50; i++) {
        say(fd, "GET", "/api/v1/nodes", "", "");
        *got = '\0';
        ck_assert(hears(fd, "{\"kind\":\"Status\"}", PATIENCE_MS));
    }
    close(fd);
    ck_assert_uint_eq(proxy_look(proxy).requests, 50);
}
END_TEST

START_TEST(test_nobody_else_comes_in)
{
    snprintf(token, sizeof token, "guess");
    ck_assert_int_eq(ask("GET", "/api/v1/nodes", ""), 401);
    snprintf(token, sizeof token, UPSTREAM_TOKEN);
    ck_assert_int_eq(ask("GET", "/api/v1/nodes", ""), 401);
    ck_assert_uint_eq(upstream_asked(NULL, NULL), 0);
    ck_assert_uint_eq(proxy_look(proxy).requests, 0);
}
END_TEST

/* for clients that send none where there is no TLS */
START_TEST(test_the_token_in_the_path_will_do)
{
    char target[128];

    snprintf(target, sizeof target, "/%s/api/v1/nodes?limit=5", token);
    snprintf(token, sizeof token, "guess");
    ck_assert_int_eq(ask("GET", target, ""), 200);
    ck_assert_uint_eq(upstream_asked("GET /api/v1/nodes?limit=5 ", NULL), 1);
    target[1] ^= 1;
    ck_assert_int_eq(ask("GET", target, ""), 401);
    ck_assert_int_eq(ask("GET", "/guess/api/v1/nodes", ""), 401);
    ck_assert_uint_eq(proxy_look(proxy).requests, 1);
}
END_TEST

static const char *const forbidden[][2] = {
    {"GET", "/api/v1/secrets"},
    {"GET", "/api/v1/namespaces/grading/configmaps/x"},
    {"GET", "/api/v1/namespaces/grading/pods/p0/log"},
    {"GET", "/api/v1/namespaces/grading/pods/p0/exec?command=sh"},
    {"POST", "/api/v1/namespaces/grading/pods/p0/exec"},
    {"POST", "/api/v1/namespaces/grading/pods/p0/eviction"},
    {"POST", "/api/v1/namespaces/grading/pods"},
    {"DELETE", "/api/v1/namespaces/grading/pods/p0"},
    {"DELETE", "/api/v1/namespaces/grading/pods"},
    {"PATCH", "/api/v1/nodes/n1"},
    {"PUT", "/api/v1/nodes/n1/status"},
    {"POST", "/api/v1/namespaces/default/pods/p0/binding"},
    {"POST", "/api/v1/namespaces/default/events"},
    {"PATCH", "/api/v1/namespaces/kube-system/pods/p0/status"},
    {"PATCH", "/api/v1/namespaces/grading/pods/p0"},
    {"POST", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings"},
    {"POST", "/api/v1/namespaces/kube-system/serviceaccounts/default/token"},
    {"POST", "/simulator/faults"},
};

START_TEST(test_forbidden)
{
    ck_assert_int_eq(ask(forbidden[_i][0], forbidden[_i][1], "{}"), 403);
    ck_assert_ptr_nonnull(strstr(got, "\"reason\":\"Forbidden\""));
    ck_assert_uint_eq(upstream_asked(NULL, NULL), 0);
    ck_assert_str_eq(recorded(0, "code"), "403");
}
END_TEST

static const char *const odd[] = {
    "/api/v1/../secrets", "/api/v1/namespaces/%2e%2e/pods", "/api/v1//pods", "/api/v1/pods/a/b/c/d/e/f/g/h/i", "x", "/api/v1/names\tpaces"};

START_TEST(test_odd_targets)
{
    int status = ask("GET", odd[_i], "");

    ck_assert_msg(status == 400 || !*got, "%d", status);
    ck_assert_uint_eq(upstream_asked(NULL, NULL), 0);
}
END_TEST

START_TEST(test_a_body_that_is_too_large)
{
    static char part[1 << 16];
    int fd = dial();
    size_t left = ((size_t)3 << 20) + sizeof part;
    char head[512];

    memset(part, ' ', sizeof part);
    snprintf(head, sizeof head, "POST " BINDING " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Length: %zu\r\n\r\n", token,
             left);
    ck_assert_int_gt(send(fd, head, strlen(head), MSG_NOSIGNAL), 0);
    for (; left; left -= sizeof part)
        if (send(fd, part, sizeof part, MSG_NOSIGNAL) != (ssize_t)sizeof part)
            break;
    *got = '\0';
    ck_assert(hears(fd, " 413 ", PATIENCE_MS));
    close(fd);
    ck_assert_uint_eq(upstream_asked(NULL, NULL), 0);
}
END_TEST

START_TEST(test_what_is_kept_is_bounded)
{
    char body[12000];

    snprintf(body, sizeof body, "{\"note\":\"%010000d\"}", 7);
    ck_assert_int_eq(ask("POST", "/api/v1/namespaces/grading/events", body), 201);
    ck_assert_uint_le(strlen(recorded(0, "body")), 4096);
    ck_assert_uint_gt(strlen(recorded(0, "body")), 4000);
}
END_TEST

/* ---- a patch is no Binding, and works like one ---- */

static const char *const patches[][3] = {
    {"PATCH", "{\"spec\":{\"nodeName\":\"n1\"}}", "patch"},
    {"PATCH", "[{\"op\":\"add\",\"path\":\"/spec/nodeName\",\"value\":\"n1\"}]", "patch"},
    {"PUT", "{\"kind\":\"Pod\",\"metadata\":{\"name\":\"p0\"},\"spec\":{\"nodeName\":\"n1\"}}", "update"},
};

START_TEST(test_a_patch_is_carried_out_as_a_binding)
{
    ck_assert_int_eq(ask(patches[_i][0], "/api/v1/namespaces/grading/pods/p0", patches[_i][1]), 200);
    ck_assert_ptr_nonnull(strstr(got, "\"nodeName\":\"n1\""));
    ck_assert_uint_eq(upstream_asked("POST " BINDING, "\"name\":\"n1\""), 1);
    ck_assert_str_eq(recorded(0, "verb"), patches[_i][2]);
    ck_assert_str_eq(recorded(0, "node"), "n1");
    ck_assert_str_eq(recorded(0, "fault"), "bound-for-it");
}
END_TEST

/* ---- streams ---- */

START_TEST(test_a_watch_comes_at_once)
{
    int fd = watch_from("7");

    UNTIL(upstream_watches() == 1);
    ck_assert(hears(fd, "200 OK", PATIENCE_MS));
    UNTIL(proxy_look(proxy).pod_watches == 1);
    upstream_feed("{\"type\":\"ADDED\"}\n");
    ck_assert(hears(fd, "ADDED", PATIENCE_MS));
    upstream_feed("{\"type\":\"MODIF");
    ck_assert(hears(fd, "MODIF", PATIENCE_MS));
    upstream_feed("IED\"}\n");
    ck_assert(hears(fd, "IED", PATIENCE_MS));
    ck_assert_str_eq(recorded(0, "took"), "-1");
    upstream_end_watches(false);
    ck_assert(hears(fd, "\r\n0\r\n\r\n", PATIENCE_MS));
    UNTIL(strcmp(recorded(0, "took"), "-1") != 0);
    close(fd);
}
END_TEST

START_TEST(test_a_watch_that_tears_is_torn)
{
    int fd = watch_from("7");

    UNTIL(upstream_watches() == 1);
    upstream_feed("{\"type\":");
    ck_assert(hears(fd, "{\"type\":", PATIENCE_MS));
    upstream_end_watches(true);
    ck_assert(!hears(fd, "\r\n0\r\n\r\n", PATIENCE_MS));
    close(fd);
}
END_TEST

START_TEST(test_watches_are_closed)
{
    int fd = watch_from("7"), other = watch_from("8");

    UNTIL(proxy_look(proxy).pod_watches == 2);
    proxy_close_watches(proxy);
    ck_assert(hears(fd, "\r\n0\r\n\r\n", PATIENCE_MS));
    *got = '\0';
    ck_assert(hears(other, "\r\n0\r\n\r\n", PATIENCE_MS));
    UNTIL(upstream_watches() == 0);
    close(fd);
    close(other);
    fd = watch_from("9");
    ck_assert(hears(fd, "200 OK", PATIENCE_MS));
    close(fd);
}
END_TEST

START_TEST(test_watches_are_shut)
{
    int open = watch_from("7"), refused, later;

    UNTIL(proxy_look(proxy).pod_watches == 1);
    proxy_shut_watches(proxy, true);
    ck_assert(hears(open, "\r\n0\r\n\r\n", PATIENCE_MS));
    close(open);
    *got = '\0';
    refused = watch_from("8");
    ck_assert(hears(refused, "200 OK", PATIENCE_MS));
    ck_assert(hears(refused, "\r\n0\r\n\r\n", PATIENCE_MS));
    ck_assert_int_eq(upstream_asked("resourceVersion=8", NULL), 0);
    close(refused);
    proxy_shut_watches(proxy, false);
    later = watch_from("9");
    UNTIL(upstream_watches() == 1);
    close(later);
}
END_TEST

START_TEST(test_the_server_forgets)
{
    bool http = _i;
    int before = watch_from("7"), during, state, fresh;

    UNTIL(proxy_look(proxy).pod_watches == 1);
    proxy_hold_watches(proxy);
    ck_assert(hears(before, "\r\n0\r\n\r\n", PATIENCE_MS));
    close(before);
    during = watch_from("99");
    UNTIL(proxy_look(proxy).requests == 2);
    ck_assert_uint_eq(upstream_asked("resourceVersion=99", NULL), 0);
    proxy_forget_before(proxy, 100, http);
    ck_assert(hears(during, http ? " 410 " : " 200 ", PATIENCE_MS));
    ck_assert(hears(during, "too old resource version: 99 (100)", PATIENCE_MS));
    ck_assert_int_eq(strstr(got, "\"type\":\"ERROR\"") != NULL, !http);
    ck_assert_int_eq(upstream_asked("resourceVersion=99", NULL), 0);
    close(during);
    fresh = watch_from("100");
    UNTIL(upstream_asked("resourceVersion=100", NULL) == 1);
    state = dial();
    say(state, "GET", "/api/v1/pods?watch=true&sendInitialEvents=true&resourceVersion=5", "", "");
    UNTIL(upstream_asked("sendInitialEvents", NULL) == 1);
    close(state);
    close(fresh);
    fresh = watch_from("0");
    UNTIL(upstream_asked("resourceVersion=0 ", NULL) == 1);
    close(fresh);
}
END_TEST

START_TEST(test_a_client_that_leaves)
{
    int fd = watch_from("7");

    UNTIL(upstream_watches() == 1);
    close(fd);
    UNTIL(upstream_watches() == 0);
    UNTIL(proxy_look(proxy).pod_watches == 0);
}
END_TEST

/* it is not read ahead of a client that does not read: neither side's memory is ours to fill */
START_TEST(test_a_client_that_does_not_read)
{
    int fd = dial();
    size_t before = 0, bytes = 0;
    ssize_t count;

    say(fd, "GET", "/api/v1/namespaces", "Connection: close\r\n", "");
    UNTIL(upstream_sent() > 0);
    for (int still = 0; still < 20; still++) {
        const struct timespec moment = {0, 20000000};

        nanosleep(&moment, NULL);
        if (upstream_sent() != before)
            still = 0;
        before = upstream_sent();
    }
    ck_assert_msg(before < UPSTREAM_BIG / 2, "%zu bytes", before);
    ck_assert_uint_le(proxy_look(proxy).undelivered, (size_t)2 << 20);
    while ((count = recv(fd, got, sizeof got, 0)) > 0)
        bytes += (size_t)count;
    ck_assert_uint_ge(bytes, UPSTREAM_BIG);
    close(fd);
}
END_TEST

/* ---- faults ---- */

START_TEST(test_binds_fail_as_often_as_told)
{
    proxy_fail_binds(proxy, "p0", 2, 500, 0);
    proxy_fail_binds(proxy, "p1", 1, 429, 3);
    ck_assert_int_eq(ask("POST", BINDING, TO_N1), 500);
    ck_assert_int_eq(ask("PATCH", "/api/v1/namespaces/grading/pods/p0", patches[0][1]), 500);
    ck_assert_uint_eq(upstream_asked(NULL, NULL), 0);
    ck_assert_int_eq(ask("POST", BINDING, TO_N1), 201);
    ck_assert_int_eq(ask("POST", "/api/v1/namespaces/grading/pods/p1/binding", TO_N1), 429);
    ck_assert_ptr_nonnull(strstr(got, "Retry-After: 3"));
    ck_assert_str_eq(recorded(0, "fault"), "bind-fails");
    ck_assert_str_eq(recorded(2, "fault"), "");
}
END_TEST

START_TEST(test_a_bind_waits)
{
    int fd;

    proxy_hold_bind(proxy, "p0");
    fd = dial();
    say(fd, "POST", BINDING, "", TO_N1);
    UNTIL(proxy_look(proxy).held == 1);
    ck_assert_int_eq(ask("GET", "/api/v1/nodes", ""), 200);
    ck_assert_uint_eq(upstream_asked("POST", NULL), 0);
    *got = '\0';
    proxy_release(proxy);
    ck_assert(hears(fd, "201 Created", PATIENCE_MS));
    ck_assert_uint_eq(upstream_asked("POST", NULL), 1);
    close(fd);
}
END_TEST

START_TEST(test_upstream_says_nothing)
{
    ck_assert_int_eq(ask("GET", "/version", ""), 502);
    ck_assert_str_eq(recorded(0, "code"), "502");
    ck_assert_int_eq(ask("GET", "/api/v1/nodes", ""), 200);
}
END_TEST

START_TEST(test_upstream_is_dead)
{
    proxy_close(proxy);
    open_in_front_of(1);
    ck_assert_int_eq(ask("GET", "/api/v1/nodes", ""), 502);
    ck_assert_int_eq(ask("GET", "/api/v1/pods?watch=true", ""), 502);
}
END_TEST

/* ---- scenes ---- */

START_TEST(test_a_new_scene_forgets_the_old_one)
{
    char old[64];
    int fd = watch_from("7");

    UNTIL(proxy_look(proxy).pod_watches == 1);
    proxy_fail_binds(proxy, "p0", 5, 500, 0);
    snprintf(old, sizeof old, "%s", token);
    begin();
    ck_assert_str_ne(token, old);
    ck_assert(!hears(fd, "\r\n0\r\n\r\n", PATIENCE_MS));
    UNTIL(upstream_watches() == 0);
    ck_assert_uint_eq(proxy_look(proxy).requests, 0);
    ck_assert_int_eq(ask("POST", BINDING, TO_N1), 201);
    snprintf(token, sizeof token, "%s", old);
    ck_assert_int_eq(ask("GET", "/api/v1/nodes", ""), 401);
    ck_assert_uint_eq(proxy_look(proxy).requests, 1);
    close(fd);
}
END_TEST

START_TEST(test_closes_with_everything_open)
{
    int fd = watch_from("7"), held = dial();

    UNTIL(proxy_look(proxy).pod_watches == 1);
    proxy_hold_bind(proxy, "p0");
    say(held, "POST", BINDING, "", TO_N1);
    UNTIL(proxy_look(proxy).held == 1);
    proxy_close(proxy);
    UNTIL(upstream_watches() == 0);
    proxy = NULL;
    close(fd);
    close(held);
}
END_TEST

/* requests that are still under way, taken in or not: none may be put to sleep once nobody is left to wake it */
START_TEST(test_closes_while_requests_arrive)
{
    int fds[64];

    proxy_hold_bind(proxy, "p0");
    for (size_t i = 0; i < sizeof fds / sizeof *fds; i++) {
        fds[i] = dial();
        if (i % 2)
            say(fds[i], "GET", "/api/v1/pods?watch=true&resourceVersion=7", "", "");
        else
            say(fds[i], "POST", BINDING, "", TO_N1);
    }
    proxy_close(proxy);
    proxy = NULL;
    for (size_t i = 0; i < sizeof fds / sizeof *fds; i++)
        close(fds[i]);
}
END_TEST

#define LENGTH(array) (int)(sizeof(array) / sizeof(array)[0])
#define ADD(name) tcase_add_test(c, name)

int main(void)
{
    Suite *suite = suite_create("grade_proxy");
    TCase *c = tcase_create("proxy");
    SRunner *runner;
    int failures;

    tcase_add_checked_fixture(c, setup, teardown);
    ADD(test_passes_on_and_remembers), ADD(test_old_bindings_collection), ADD(test_one_connection_for_many), ADD(test_nobody_else_comes_in),
        ADD(test_the_token_in_the_path_will_do);
    tcase_add_loop_test(c, test_forbidden, 0, LENGTH(forbidden));
    tcase_add_loop_test(c, test_odd_targets, 0, LENGTH(odd));
    ADD(test_a_body_that_is_too_large), ADD(test_what_is_kept_is_bounded);
    tcase_add_loop_test(c, test_a_patch_is_carried_out_as_a_binding, 0, LENGTH(patches));
    ADD(test_a_watch_comes_at_once), ADD(test_a_watch_that_tears_is_torn), ADD(test_watches_are_closed), ADD(test_watches_are_shut);
    tcase_add_loop_test(c, test_the_server_forgets, 0, 2);
    ADD(test_a_client_that_leaves), ADD(test_a_client_that_does_not_read), ADD(test_binds_fail_as_often_as_told), ADD(test_a_bind_waits);
    ADD(test_upstream_says_nothing), ADD(test_upstream_is_dead), ADD(test_a_new_scene_forgets_the_old_one);
    ADD(test_closes_with_everything_open);
    tcase_add_loop_test(c, test_closes_while_requests_arrive, 0, 10);
    suite_add_tcase(suite, c);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failures = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failures != 0;
}

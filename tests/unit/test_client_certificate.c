/*
 * test_client_certificate.c: client certificates that change while the transport is open, as a credential plugin gives them. The server is openssl's
 * s_server: it asks for a certificate and answers every request with a page that shows it.
 */
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/buffer.h"
#include "common/kube/curl_transport.h"
#include "tests/unit/support/scratch.h"

struct identity {
    char cert[4096], key[4096];
};

static struct identity server_identity, alice, bob;
static pid_t server;
static FILE *says; /* what it prints */
static char url[64];
static struct error err;

static void read_text(const char *name, char *text, size_t size)
{
    FILE *file = fopen(scratch_path(name), "r");

    ck_assert_msg(file != NULL, "no %s: is openssl there?", scratch_path(name));
    text[fread(text, 1, size - 1, file)] = '\0';
    fclose(file);
}

static void make_identity(const char *name, struct identity *identity)
{
    char command[1024], cert[64], key[64];

    snprintf(cert, sizeof cert, "%s.cert", name);
    snprintf(key, sizeof key, "%s.key", name);
    scratch_write(cert, "", 0600);
    scratch_write(key, "", 0600);
    snprintf(command, sizeof command,
             "cd %s && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=%s "
             "-addext subjectAltName=IP:127.0.0.1 -keyout %s -out %s 2>/dev/null",
             scratch_path("."), name, key, cert);
    ck_assert_msg(system(command) == 0, "failed: %s", command);
    read_text(cert, identity->cert, sizeof identity->cert);
    read_text(key, identity->key, sizeof identity->key);
}

/* starts the server on a port of its choice, which it prints */
static void start_server(void)
{
    char line[200];
    int out[2];
    char *colon = NULL;

    ck_assert_int_eq(pipe(out), 0);
    server = fork();
    if (server == 0) {
        dup2(out[1], STDOUT_FILENO);
        close(out[0]);
        freopen("/dev/null", "w", stderr);
        if (chdir(scratch_path(".")) == 0)
            execlp("openssl", "openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", "server.cert", "-key", "server.key", "-Verify", "2",
                   "-www", (char *)NULL);
        _exit(127);
    }
    close(out[1]);
    says = fdopen(out[0], "r");
    while (!colon && fgets(line, sizeof line, says))
        if (!strncmp(line, "ACCEPT", 6))
            colon = strrchr(line, ':');
    ck_assert_msg(colon != NULL, "openssl s_server does not start");
    snprintf(url, sizeof url, "https://127.0.0.1:%d", atoi(colon + 1));
}

static void set_up(void)
{
    err = (struct error)ERROR_INIT;
    scratch_begin();
    make_identity("server", &server_identity);
    make_identity("alice", &alice);
    make_identity("bob", &bob);
    start_server();
}

static void tear_down(void)
{
    kill(server, SIGKILL);
    waitpid(server, NULL, 0);
    fclose(says);
    scratch_end();
}

/* ---- a request ---- */

struct reply {
    struct buffer body;
    bool done, complete;
    char problem[300];
};

static int on_data(void *ctx, int status, const char *data, size_t bytes)
{
    struct reply *reply = ctx;

    (void)status;
    return buffer_add(&reply->body, data, bytes, &err);
}

static void on_done(void *ctx, const struct transport_result *result)
{
    struct reply *reply = ctx;

    reply->done = true;
    reply->complete = result->complete;
    snprintf(reply->problem, sizeof reply->problem, "%s", result->problem ? result->problem : "");
}

static void begin(struct transport *transport, struct reply *reply)
{
    struct transport_request request = {
        .method = "GET", .target = "/", .timeout_ms = 20000, .on_data = on_data, .on_done = on_done, .ctx = reply};

    *reply = (struct reply){.done = false};
    buffer_init(&reply->body, 1 << 20);
    ck_assert_msg(transport->start(transport, &request, &err) != NULL, "%s", err.text);
}

/* waits for the end; asserts who the server saw */
static void assert_sees(struct transport *transport, struct reply *reply, const char *who)
{
    char subject[50], spaced[50];

    while (!reply->done)
        ck_assert_msg(transport->wait(transport, 20000, &err) == 0, "%s", err.text);
    snprintf(subject, sizeof subject, "Subject: CN=%s\n", who);
    snprintf(spaced, sizeof spaced, "Subject: CN = %s\n", who); /* openssl before 3.2 */
    ck_assert_msg(reply->complete, "%s", reply->problem);
    ck_assert_msg(strstr(reply->body.data, subject) || strstr(reply->body.data, spaced), "not %s but %s", who, reply->body.data);
    buffer_free(&reply->body);
}

static void assert_server_sees(struct transport *transport, const char *who)
{
    struct reply reply;

    begin(transport, &reply);
    assert_sees(transport, &reply, who);
}

static struct transport *open_as(struct identity *identity)
{
    struct kube_config config = {.server = url, .ca_pem = server_identity.cert};
    struct transport *transport;

    if (identity) {
        config.client_cert_pem = identity->cert;
        config.client_key_pem = identity->key;
    }
    transport = curl_transport_open(&config, "test/1.0", &err);
    ck_assert_msg(transport != NULL, "%s", err.text);
    return transport;
}

static void become(struct transport *transport, const struct identity *identity)
{
    ck_assert_msg(transport->set_client_certificate(transport, identity->cert, identity->key, &err) == 0, "%s", err.text);
}

/* ---- cases ---- */

START_TEST(test_none_then_one_then_another)
{
    struct transport *transport = open_as(NULL);
    struct reply reply;

    begin(transport, &reply);
    while (!reply.done)
        ck_assert_int_eq(transport->wait(transport, 20000, &err), 0);
    ck_assert(!reply.complete);
    buffer_free(&reply.body);
    become(transport, &alice);
    assert_server_sees(transport, "alice");
    assert_server_sees(transport, "alice");
    become(transport, &bob);
    assert_server_sees(transport, "bob");
    become(transport, &alice);
    assert_server_sees(transport, "alice");
    transport->close(transport);
}
END_TEST

START_TEST(test_in_place_of_the_configurations)
{
    struct transport *transport = open_as(&alice);

    assert_server_sees(transport, "alice");
    become(transport, &bob);
    assert_server_sees(transport, "bob");
    transport->close(transport);
}
END_TEST

START_TEST(test_request_under_way_keeps_its_own)
{
    struct transport *transport = open_as(&alice);
    struct reply first, second;

    begin(transport, &first);
    become(transport, &bob);
    begin(transport, &second);
    become(transport, &alice);
    assert_sees(transport, &first, "alice");
    assert_sees(transport, &second, "bob");
    transport->close(transport);
}
END_TEST

START_TEST(test_what_is_no_pem_changes_nothing)
{
    struct transport *transport = open_as(&alice);

    ck_assert_int_eq(transport->set_client_certificate(transport, "junk", bob.key, &err), -1);
    ck_assert_int_eq(err.kind, ERROR_RUNTIME);
    ck_assert_int_eq(transport->set_client_certificate(transport, bob.cert, "junk", &err), -1);
    ck_assert_int_eq(transport->set_client_certificate(transport, bob.cert, bob.cert, &err), -1);
    ck_assert_ptr_null(strstr(err.text, "BEGIN CERTIFICATE-----\nM"));
    assert_server_sees(transport, "alice");
    transport->close(transport);
}
END_TEST

START_TEST(test_without_tls_it_is_ignored)
{
    struct kube_config config = {.server = (char *)"http://127.0.0.1:1"};
    struct transport *transport = curl_transport_open(&config, "test/1.0", &err);

    ck_assert_ptr_nonnull(transport);
    become(transport, &alice);
    transport->close(transport);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("client certificate");
    TCase *tcase = tcase_create("core");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, test_none_then_one_then_another);
    tcase_add_test(tcase, test_in_place_of_the_configurations);
    tcase_add_test(tcase, test_request_under_way_keeps_its_own);
    tcase_add_test(tcase, test_what_is_no_pem_changes_nothing);
    tcase_add_test(tcase, test_without_tls_it_is_ignored);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}

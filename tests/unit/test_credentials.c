/*
 * test_credentials.c: tokens, token files and credential plugins. The plugins are small shell scripts; the minutes of a token's life pass
 * on a clock of the test.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/kube/exec_credential.h"
#include "common/kube/exec_environment.h"
#include "common/kube/kubeconfig.h"
#include "common/kube/secret.h"
#include "common/limits.h"
#include "tests/unit/support/scratch.h"

#define V1 "client.authentication.k8s.io/v1"
#define ANSWER(status) "{\"apiVersion\":\"" V1 "\",\"kind\":\"ExecCredential\",\"status\":" status "}"
#define SECOND_US INT64_C(1000000)

static struct kube_config config;
static struct kube_credentials *credentials;
static struct error err;
static int64_t now_us;
static const char *token;
static bool changed;

static int64_t test_now(const struct clock *clock)
{
    (void)clock;
    return now_us;
}

static const struct clock test_clock = {NULL, test_now, test_now};

static void set_up(void)
{
    scratch_begin();
    config = (struct kube_config){0};
    err = (struct error)ERROR_INIT;
    /* 2026-01-01T00:00:00Z */
    now_us = INT64_C(1767225600) * SECOND_US;
}

static void tear_down(void)
{
    kube_credentials_free(credentials);
    credentials = NULL;
    kube_config_free(&config);
    scratch_end();
}

static void begin(void)
{
    credentials = kube_credentials_new(&config, &test_clock, &err);
    ck_assert_ptr_nonnull(credentials);
}

static void assert_token(bool force, const char *expected, bool expected_changed)
{
    ck_assert_msg(kube_credentials_token(credentials, force, &token, &changed, &err) == 0, "%s", err.text);
    if (expected)
        ck_assert_str_eq(token, expected);
    else
        ck_assert_ptr_null(token);
    ck_assert_int_eq(changed, expected_changed);
}

static void assert_fails(bool force, const char *expected)
{
    ck_assert_int_eq(kube_credentials_token(credentials, force, &token, &changed, &err), -1);
    ck_assert_str_eq(err.text, expected);
    ck_assert_ptr_null(strstr(err.text, "SECRET"));
}

START_TEST(test_no_token)
{
    begin();
    assert_token(false, NULL, false);
    assert_token(true, NULL, false);
    ck_assert_ptr_null(kube_credentials_problem(credentials));
}
END_TEST

START_TEST(test_fixed_token)
{
    config.token = strdup("abc");
    begin();
    assert_token(false, "abc", true);
    assert_token(false, "abc", false);
    now_us += 3600 * SECOND_US;
    assert_token(true, "abc", false);
}
END_TEST

START_TEST(test_token_file_is_read_once_a_minute)
{
    config.token_file = strdup(scratch_write("token", " one\r\n", 0600));
    begin();
    assert_token(false, "one", true);
    scratch_write("token", "two", 0600);
    now_us += 59 * SECOND_US;
    assert_token(false, "one", false);
    now_us += SECOND_US;
    assert_token(false, "two", true);
    assert_token(false, "two", false);
}
END_TEST

START_TEST(test_token_file_is_read_at_a_401_but_not_more_than_once_a_second)
{
    config.token_file = strdup(scratch_write("token", "one", 0600));
    begin();
    assert_token(false, "one", true);
    scratch_write("token", "two", 0600);
    assert_token(true, "one", false);
    now_us += SECOND_US;
    assert_token(true, "two", true);
}
END_TEST

START_TEST(test_token_file_that_fails_keeps_the_old_token)
{
    char expected[800];

    config.token_file = strdup(scratch_write("token", "one", 0600));
    begin();
    assert_token(false, "one", true);
    scratch_write("token", " \n", 0600);
    now_us += 60 * SECOND_US;
    assert_token(false, "one", false);
    snprintf(expected, sizeof expected, "token file %s: the token is empty", config.token_file);
    ck_assert_str_eq(kube_credentials_problem(credentials), expected);
    remove(config.token_file);
    now_us += SECOND_US;
    assert_token(false, "one", false);
    snprintf(expected, sizeof expected, "token file: cannot read %s: No such file or directory", config.token_file);
    ck_assert_str_eq(kube_credentials_problem(credentials), expected);
    scratch_write("token", "two", 0600);
    assert_token(false, "one", false);
    now_us += SECOND_US;
    assert_token(false, "two", true);
    ck_assert_ptr_null(kube_credentials_problem(credentials));
}
END_TEST

START_TEST(test_token_file_errors_from_the_start)
{
    char expected[800];
    char *text = calloc(LIMIT_TOKEN_BYTES + 2, 1);

    config.token_file = strdup(scratch_write("token", "", 0600));
    begin();
    snprintf(expected, sizeof expected, "token file %s: the token is empty", config.token_file);
    assert_fails(false, expected);
    scratch_write("token", "SECRET\nX-Header: SECRET", 0600);
    now_us += SECOND_US;
    snprintf(expected, sizeof expected, "token file %s: the token holds a character that no token has", config.token_file);
    assert_fails(false, expected);
    memset(text, 'a', LIMIT_TOKEN_BYTES + 1);
    scratch_write("token", text, 0600);
    free(text);
    now_us += SECOND_US;
    snprintf(expected, sizeof expected, "token file %s: the token is longer than %u bytes", config.token_file, LIMIT_TOKEN_BYTES);
    assert_fails(false, expected);
    scratch_write("token", "good", 0600);
    now_us += SECOND_US;
    assert_token(false, "good", true);
}
END_TEST

START_TEST(test_token_beside_a_file_serves_until_the_file_is_there)
{
    config.token = strdup("fixed");
    config.token_file = strdup(scratch_path("token"));
    begin();
    assert_token(false, "fixed", true);
    ck_assert_ptr_nonnull(kube_credentials_problem(credentials));
    scratch_write("token", "fresh", 0600);
    now_us += SECOND_US;
    assert_token(false, "fresh", true);
    remove(config.token_file);
    now_us += 60 * SECOND_US;
    assert_token(false, "fresh", false);
}
END_TEST

/* a plugin that runs these lines of shell */
static void use_plugin(const char *lines)
{
    char script[4096];

    snprintf(script, sizeof script, "#!/bin/sh\n%s\n", lines);
    free(config.exec_command);
    free(config.exec_api_version);
    config.exec_command = strdup(scratch_write("plugin", script, 0700));
    config.exec_api_version = strdup(V1);
    config.exec_interactive = KUBE_EXEC_INTERACTIVE_NEVER;
}

static void print_answer(const char *status)
{
    char lines[2048];

    snprintf(lines, sizeof lines,
             "echo run >>'%s'\ncat <<'END'\n{\"apiVersion\":\"" V1 "\",\"kind\":\"ExecCredential\",\"status\":%s}\nEND",
             scratch_path("runs"), status);
    use_plugin(lines);
}

/* how often print_answer()'s plugins have run */
static size_t runs(void)
{
    char *text = access(scratch_path("runs"), F_OK) == 0 ? scratch_read(scratch_path("runs")) : NULL;
    size_t bytes = text ? strlen(text) : 0;

    free(text);
    return bytes / strlen("run\n");
}

START_TEST(test_exec_without_expiry_runs_once_and_again_at_a_401)
{
    print_answer("{\"token\":\"one\"}");
    begin();
    assert_token(false, "one", true);
    print_answer("{\"token\":\"two\"}");
    now_us += 86400 * SECOND_US;
    assert_token(false, "one", false);
    ck_assert_uint_eq(runs(), 1);
    assert_token(true, "two", true);
    assert_token(true, "two", false);
    ck_assert_uint_eq(runs(), 2);
}
END_TEST

START_TEST(test_exec_runs_again_when_it_expires)
{
    print_answer("{\"token\":\"one\",\"expirationTimestamp\":\"2026-01-01T01:10:00+01:00\"}");
    begin();
    assert_token(false, "one", true);
    print_answer("{\"token\":\"two\"}");
    now_us += 599 * SECOND_US;
    assert_token(false, "one", false);
    now_us += SECOND_US;
    assert_token(false, "two", true);
    ck_assert_uint_eq(runs(), 2);
}
END_TEST

START_TEST(test_exec_that_fails_keeps_the_old_token_and_is_not_run_all_the_time)
{
    print_answer("{\"token\":\"one\",\"expirationTimestamp\":\"2026-01-01T00:00:10Z\"}");
    begin();
    assert_token(false, "one", true);
    print_answer("{}");
    now_us += 10 * SECOND_US;
    assert_token(false, "one", false);
    ck_assert_ptr_nonnull(strstr(kube_credentials_problem(credentials), "gave neither a token nor a certificate with its key"));
    assert_token(true, "one", false);
    ck_assert_uint_eq(runs(), 2);
    now_us += 5 * SECOND_US;
    assert_token(false, "one", false);
    ck_assert_uint_eq(runs(), 3);
}
END_TEST

#define CERT "-----BEGIN CERTIFICATE-----\\nQQ==\\n-----END CERTIFICATE-----\\n"
#define KEY "-----BEGIN PRIVATE KEY-----\\nQQ==\\n-----END PRIVATE KEY-----\\n"

START_TEST(test_exec_certificate)
{
    print_answer("{\"clientCertificateData\":\"" CERT "\",\"clientKeyData\":\"" KEY "\"}");
    begin();
    assert_token(false, NULL, true);
    ck_assert_ptr_nonnull(strstr(kube_credentials_cert_pem(credentials), "BEGIN CERTIFICATE-----\n"));
    ck_assert_ptr_nonnull(strstr(kube_credentials_key_pem(credentials), "BEGIN PRIVATE KEY-----\n"));
    assert_token(false, NULL, false);
}
END_TEST

START_TEST(test_exec_environment_and_arguments)
{
    char *args[] = {(char *)"a b", (char *)"$HOME", NULL};
    struct kube_exec_env env[] = {
        {(char *)"LAB_A", (char *)"first"}, {(char *)"LAB_A", (char *)"second"}, {(char *)"LAB_B", (char *)"x=y z"}};
    char *seen;

    use_plugin("printf '%s|' \"$@\" \"$LAB_A\" \"$LAB_B\" \"$LAB_C\" \"$KUBERNETES_EXEC_INFO\" >\"$(dirname \"$0\")/seen\"\n"
               "env | grep -c '^LAB_A=' >>\"$(dirname \"$0\")/seen\"\n"
               "readlink /proc/self/fd/0 >>\"$(dirname \"$0\")/seen\" || echo /dev/null >>\"$(dirname \"$0\")/seen\"\n"
               "echo '" ANSWER("{\"token\":\"t\"}") "'");
    setenv("LAB_A", "outer", 1);
    setenv("LAB_C", "kept", 1);
    setenv("KUBERNETES_EXEC_INFO", "outer", 1);
    config.exec_args = args;
    config.exec_env = env;
    config.exec_env_count = 3;
    config.server = strdup("https://h:6443");
    config.ca_pem = strdup("CA");
    config.tls_server_name = strdup("n\"n");
    config.exec_provide_cluster_info = true;
    begin();
    assert_token(false, "t", true);
    seen = scratch_read(scratch_path("seen"));
    ck_assert_str_eq(seen, "a b|$HOME|second|x=y z|kept|{\"kind\":\"ExecCredential\",\"apiVersion\":\"" V1
                           "\",\"spec\":{\"interactive\":false,\"cluster\":{\"server\":\"https://h:6443\",\"tls-server-name\":\"n\\\"n\","
                           "\"certificate-authority-data\":\"Q0E=\"}}}|1\n/dev/null\n");
    free(seen);
    config.exec_args = NULL;
    config.exec_env = NULL;
    config.exec_env_count = 0;
}
END_TEST

static void assert_plugin_fails(const char *lines, const char *problem)
{
    char expected[1024];

    use_plugin(lines);
    kube_credentials_free(credentials);
    begin();
    snprintf(expected, sizeof expected, "exec plugin \"%s\": %s", config.exec_command, problem);
    assert_fails(false, expected);
}

START_TEST(test_exec_answers_that_are_none)
{
    assert_plugin_fails(":", "printed nothing");
    assert_plugin_fails("echo SECRET", "printed no JSON (line 1, column 6)");
    assert_plugin_fails("echo '{\"token\": \"SECRET\" SECRET}'", "printed no JSON (line 1, column 25)");
    assert_plugin_fails("echo '[]'", "printed JSON that is no ExecCredential");
    assert_plugin_fails("echo '{\"kind\": \"ExecCredential\", \"apiVersion\": \"client.authentication.k8s.io/v1beta1\"}'",
                        "answered in another apiVersion than " V1);
    assert_plugin_fails("echo '{\"kind\": \"ExecCredential\", \"apiVersion\": \"" V1 "\"}'", "gave no status");
    assert_plugin_fails("echo '" ANSWER("{}") "'", "gave neither a token nor a certificate with its key");
    assert_plugin_fails("echo '" ANSWER("{\"token\": 7}") "'", "status.token is no text");
    assert_plugin_fails("echo '" ANSWER("{\"token\": \"SECRET SECRET\"}") "'", "the token holds a character that no token has");
    assert_plugin_fails("printf '%s' '" ANSWER("{\"token\": \"SECRET\\u000d\\u000a\"}") "'",
                        "the token holds a character that no token has");
    assert_plugin_fails("printf '%s' '" ANSWER("{\"clientKeyData\": \"" KEY "\"}") "'", "gave only one of certificate and key");
    assert_plugin_fails("printf '%s' '" ANSWER("{\"clientCertificateData\": \"SECRET\", \"clientKeyData\": \"" KEY "\"}") "'",
                        "status.clientCertificateData is no PEM");
    assert_plugin_fails("echo '" ANSWER("{\"token\": \"t\", \"expirationTimestamp\": \"soon\"}") "'",
                        "status.expirationTimestamp is no RFC 3339 time");
}
END_TEST

START_TEST(test_exec_programs_that_fail)
{
    assert_plugin_fails("echo SECRET; exit 3", "failed with exit code 3");
    assert_plugin_fails("kill -9 $$", "killed by signal 9");
    assert_plugin_fails("yes SECRET", "printed more than 1048576 bytes");
}
END_TEST

START_TEST(test_exec_program_that_cannot_start)
{
    char expected[1024];

    use_plugin("");
    chmod(config.exec_command, 0600);
    begin();
    snprintf(expected, sizeof expected, "exec plugin \"%s\": cannot be started: Permission denied", config.exec_command);
    assert_fails(false, expected);
    ck_assert_int_eq(err.kind, ERROR_USAGE);
    scratch_write("plugin", "no interpreter line: must not reach a shell\n", 0700);
    now_us += 5 * SECOND_US;
    snprintf(expected, sizeof expected, "exec plugin \"%s\": cannot be started: Exec format error", config.exec_command);
    assert_fails(false, expected);
}
END_TEST

START_TEST(test_exec_missing_program_shows_the_hint)
{
    use_plugin("");
    free(config.exec_command);
    config.exec_command = strdup("lab-no-such-plugin");
    config.exec_install_hint = strdup("get it from example.com");
    begin();
    assert_fails(false, "exec plugin \"lab-no-such-plugin\": not found in PATH; get it from example.com");
    ck_assert_int_eq(err.kind, ERROR_USAGE);
}
END_TEST

START_TEST(test_exec_found_in_path)
{
    char path[700];

    print_answer("{\"token\":\"t\"}");
    free(config.exec_command);
    config.exec_command = strdup("plugin");
    snprintf(path, sizeof path, ":.:relative:%s:%s", scratch_path("."), getenv("PATH"));
    setenv("PATH", path, 1);
    begin();
    assert_token(false, "t", true);
}
END_TEST

START_TEST(test_exec_is_not_found_in_a_relative_folder)
{
    char here[1024];

    print_answer("{\"token\":\"t\"}");
    free(config.exec_command);
    config.exec_command = strdup("plugin");
    setenv("PATH", ":.:../..:/bin:/usr/bin", 1);
    ck_assert_ptr_nonnull(getcwd(here, sizeof here));
    ck_assert_int_eq(chdir(scratch_path(".")), 0);
    begin();
    assert_fails(false, "exec plugin \"plugin\": not found in PATH");
    ck_assert_int_eq(chdir(here), 0);
}
END_TEST

START_TEST(test_exec_environment_holds_each_name_once)
{
    struct kube_exec_env env[] = {{(char *)"LAB_A", (char *)"first"}, {(char *)"LAB_A", (char *)"second"}};
    char **list;
    int seen = 0, infos = 0, i;

    setenv("LAB_A", "outer", 1);
    setenv("LAB_AB", "other", 1);
    setenv("KUBERNETES_EXEC_INFO", "outer", 1);
    use_plugin("");
    config.exec_env = env;
    config.exec_env_count = 2;
    list = exec_environment_new(&config, false, &err);
    ck_assert_ptr_nonnull(list);
    for (i = 0; list[i]; i++) {
        if (!strncmp(list[i], "LAB_A=", 6) && ++seen)
            ck_assert_str_eq(list[i], "LAB_A=second");
        if (!strncmp(list[i], "KUBERNETES_EXEC_INFO=", 21) && ++infos)
            ck_assert_str_ne(list[i], "KUBERNETES_EXEC_INFO=outer");
    }
    ck_assert_int_eq(seen, 1);
    ck_assert_int_eq(infos, 1);
    exec_environment_free(list);
    config.exec_env = NULL;
    config.exec_env_count = 0;
}
END_TEST

START_TEST(test_exec_always_interactive_needs_a_terminal)
{
    use_plugin("");
    config.exec_interactive = KUBE_EXEC_INTERACTIVE_ALWAYS;
    begin();
    ck_assert_ptr_nonnull(freopen("/dev/null", "r", stdin));
    ck_assert_int_eq(kube_credentials_token(credentials, false, &token, &changed, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "interactiveMode is Always, and standard input is no terminal"));
}
END_TEST

/* a zombie has ended: in a container nobody may collect it */
static bool is_zombie(pid_t pid)
{
    char command[64], state[16] = "";
    FILE *ps;

    snprintf(command, sizeof command, "ps -o stat= -p %ld", (long)pid);
    ps = popen(command, "r");
    ck_assert_ptr_nonnull(ps);
    if (!fgets(state, sizeof state, ps))
        state[0] = '\0';
    pclose(ps);
    return strchr(state, 'Z') != NULL;
}

/* the pid that a plugin wrote into "pid" is no more; its end may take the kernel a moment */
static void assert_gone(void)
{
    char *text = scratch_read(scratch_path("pid"));
    pid_t pid = (pid_t)atol(text);
    struct timespec moment = {0, 1000000};

    free(text);
    ck_assert_int_gt(pid, 0);
    while (kill(pid, 0) == 0 && !is_zombie(pid))
        nanosleep(&moment, NULL);
    ck_assert(kill(pid, 0) == 0 || errno == ESRCH);
}

START_TEST(test_exec_that_hangs_is_killed_with_its_children)
{
    struct exec_credential credential = {0};
    char lines[700];

    snprintf(lines, sizeof lines, "sleep 1000 & echo $! >'%s'; wait", scratch_path("pid"));
    use_plugin(lines);
    ck_assert_int_eq(exec_credential_get(&config, 300, NULL, &credential, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, ": still running after 300 ms, killed"));
    assert_gone();
}
END_TEST

static bool stop_now(void)
{
    return access(scratch_path("pid"), F_OK) == 0;
}

START_TEST(test_exec_is_killed_at_a_stop)
{
    char lines[700];

    snprintf(lines, sizeof lines, "echo $$ >'%s.new'; mv '%s.new' '%s'; exec sleep 1000", scratch_path("pid"), scratch_path("pid"),
             scratch_path("pid"));
    use_plugin(lines);
    begin();
    kube_credentials_set_stop(credentials, stop_now);
    ck_assert_int_eq(kube_credentials_token(credentials, false, &token, &changed, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, ": stopped"));
    assert_gone();
}
END_TEST

START_TEST(test_exec_does_not_wait_for_what_it_left_behind)
{
    char lines[1024], *text;

    snprintf(lines, sizeof lines, "sleep 1000 & echo $! >'%s'\necho '" ANSWER("{\"token\":\"t\"}") "'", scratch_path("pid"));
    use_plugin(lines);
    begin();
    assert_token(false, "t", true);
    text = scratch_read(scratch_path("pid"));
    kill((pid_t)atol(text), SIGKILL);
    free(text);
}
END_TEST

START_TEST(test_exec_closed_output_is_not_its_end)
{
    use_plugin("echo '" ANSWER("{\"token\":\"t\"}") "'\nexec >&-\nsleep 0.2\nexit 4");
    begin();
    ck_assert_int_eq(kube_credentials_token(credentials, false, &token, &changed, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, ": failed with exit code 4"));
}
END_TEST

START_TEST(test_exec_inherits_no_descriptor_and_no_ignored_sigpipe)
{
    int fd = fcntl(STDERR_FILENO, F_DUPFD, 77);

    ck_assert_int_eq(fd, 77);
    signal(SIGPIPE, SIG_IGN);
    use_plugin("[ -e /proc/$$/fd/77 ] && exit 5\n"
               "[ -r /proc/$$/status ] && grep -q '^SigIgn:.*[13579bdf]...$' /proc/$$/status && exit 6\n"
               "echo '" ANSWER("{\"token\":\"t\"}") "'");
    begin();
    assert_token(false, "t", true);
    close(fd);
}
END_TEST

START_TEST(test_secret_buffer_keeps_its_ceiling)
{
    struct secret_buffer b;

    secret_buffer_init(&b, 5000);
    while (secret_buffer_room(&b, &err) == 0) {
        memset(b.data + b.bytes, 'x', secret_buffer_free_bytes(&b));
        secret_buffer_wrote(&b, secret_buffer_free_bytes(&b));
    }
    ck_assert_uint_eq(b.bytes, 5000);
    ck_assert_uint_eq(strlen(b.data), 5000);
    ck_assert_str_eq(err.text, "more than 5000 bytes");
    secret_buffer_free(&b);
}
END_TEST

static Suite *new_suite(void)
{
    Suite *suite = suite_create("credentials");
    TCase *tests = tcase_create("all");

    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_set_timeout(tests, 30);
    tcase_add_test(tests, test_no_token);
    tcase_add_test(tests, test_fixed_token);
    tcase_add_test(tests, test_token_file_is_read_once_a_minute);
    tcase_add_test(tests, test_token_file_is_read_at_a_401_but_not_more_than_once_a_second);
    tcase_add_test(tests, test_token_file_that_fails_keeps_the_old_token);
    tcase_add_test(tests, test_token_file_errors_from_the_start);
    tcase_add_test(tests, test_token_beside_a_file_serves_until_the_file_is_there);
    tcase_add_test(tests, test_exec_without_expiry_runs_once_and_again_at_a_401);
    tcase_add_test(tests, test_exec_runs_again_when_it_expires);
    tcase_add_test(tests, test_exec_that_fails_keeps_the_old_token_and_is_not_run_all_the_time);
    tcase_add_test(tests, test_exec_certificate);
    tcase_add_test(tests, test_exec_environment_and_arguments);
    tcase_add_test(tests, test_exec_answers_that_are_none);
    tcase_add_test(tests, test_exec_programs_that_fail);
    tcase_add_test(tests, test_exec_program_that_cannot_start);
    tcase_add_test(tests, test_exec_missing_program_shows_the_hint);
    tcase_add_test(tests, test_exec_found_in_path);
    tcase_add_test(tests, test_exec_is_not_found_in_a_relative_folder);
    tcase_add_test(tests, test_exec_environment_holds_each_name_once);
    tcase_add_test(tests, test_exec_always_interactive_needs_a_terminal);
    tcase_add_test(tests, test_exec_that_hangs_is_killed_with_its_children);
    tcase_add_test(tests, test_exec_is_killed_at_a_stop);
    tcase_add_test(tests, test_exec_does_not_wait_for_what_it_left_behind);
    tcase_add_test(tests, test_exec_closed_output_is_not_its_end);
    tcase_add_test(tests, test_exec_inherits_no_descriptor_and_no_ignored_sigpipe);
    tcase_add_test(tests, test_secret_buffer_keeps_its_ceiling);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    SRunner *runner = srunner_create(new_suite());
    int failed;

    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}

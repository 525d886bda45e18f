/*
 * test_kubeconfig.c: kubeconfigs from tests/unit/kubeconfig: valid/NAME.yaml with what comes out in NAME.expected, invalid/NAME.yaml with
 * the exact message in NAME.error; and the sources, lists and folders that take more than one file.
 */
#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/buffer.h"
#include "common/kube/base64.h"
#include "common/kube/kubeconfig.h"
#include "common/limits.h"
#include "tests/unit/support/scratch.h"

#define DATA "tests/unit/kubeconfig/"
#define CA "-----BEGIN CERTIFICATE-----\nQ0E=\n-----END CERTIFICATE-----\n"

static struct kube_config config;
static struct error err;

static void set_up(void)
{
    config = (struct kube_config){0};
    err = (struct error)ERROR_INIT;
    scratch_begin();
}

static void tear_down(void)
{
    kube_config_free(&config);
    scratch_end();
}

static int load_path(const char *path)
{
    struct kube_config_source source = {.kubeconfig = path};

    return kube_config_load(&source, &config, &err);
}

/* replaces every `from`; the result is malloc'd and `text` freed */
static char *replace(char *text, const char *from, const char *to)
{
    struct buffer out;
    const char *at = text, *next;

    buffer_init(&out, 1 << 20);
    for (; (next = strstr(at, from)); at = next + strlen(from)) {
        ck_assert_int_eq(buffer_add(&out, at, (size_t)(next - at), &err), 0);
        ck_assert_int_eq(buffer_add_string(&out, to, &err), 0);
    }
    ck_assert_int_eq(buffer_add_string(&out, at, &err), 0);
    free(text);
    return buffer_steal(&out);
}

static void add(struct buffer *out, const char *name, const char *value)
{
    if (value)
        ck_assert_int_eq(buffer_printf(out, &err, "%s=%s\n", name, value), 0);
}

static void add_pem(struct buffer *out, const char *name, const char *pem)
{
    char *line = pem ? replace(strdup(pem), "\n", "\\n") : NULL;

    add(out, name, line);
    free(line);
}

static void add_exec(struct buffer *out)
{
    char list[1024] = "";
    size_t i, used = 0;

    add(out, "exec_command", config.exec_command);
    for (i = 0; config.exec_args && config.exec_args[i]; i++)
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", i ? "," : "", config.exec_args[i]);
    add(out, "exec_args", used ? list : NULL);
    for (i = used = 0; i < config.exec_env_count; i++)
        used +=
            (size_t)snprintf(list + used, sizeof list - used, "%s%s=%s", i ? "," : "", config.exec_env[i].name, config.exec_env[i].value);
    add(out, "exec_env", used ? list : NULL);
    add(out, "exec_api_version", config.exec_api_version);
    add(out, "exec_install_hint", config.exec_install_hint);
    add(out, "exec_provide_cluster_info", config.exec_provide_cluster_info ? "true" : NULL);
    snprintf(list, sizeof list, "%d", (int)config.exec_interactive);
    add(out, "exec_interactive", config.exec_command ? list : NULL);
}

/* the fields that are set, a line each; malloc'd */
static char *describe(void)
{
    struct buffer out;

    buffer_init(&out, 1 << 20);
    add(&out, "origin", config.origin);
    add(&out, "server", config.server);
    add(&out, "namespace", config.namespace_);
    add(&out, "proxy_url", config.proxy_url);
    add(&out, "tls_server_name", config.tls_server_name);
    add(&out, "insecure", config.insecure_skip_tls_verify ? "true" : NULL);
    add_pem(&out, "ca_pem", config.ca_pem);
    add_pem(&out, "client_cert_pem", config.client_cert_pem);
    add_pem(&out, "client_key_pem", config.client_key_pem);
    add(&out, "token", config.token);
    add(&out, "token_file", config.token_file);
    add(&out, "username", config.username);
    add(&out, "password", config.password);
    add(&out, "impersonate", config.impersonate);
    add_exec(&out);
    return buffer_steal(&out);
}

/* the expectation that goes with a .yaml, with @FILE@ and @DIR@ filled in; malloc'd */
static char *expectation(const char *folder, const char *yaml, const char *ending)
{
    char path[512], here[512], dir[1024];
    size_t stem = strlen(yaml) - strlen(".yaml");
    char *text;

    ck_assert_ptr_nonnull(getcwd(here, sizeof here));
    snprintf(dir, sizeof dir, "%s/%s", here, folder);
    snprintf(path, sizeof path, "%s/%.*s%s", folder, (int)stem, yaml, ending);
    text = replace(scratch_read(path), "@DIR@", dir);
    snprintf(path, sizeof path, "%s/%s", folder, yaml);
    return replace(text, "@FILE@", path);
}

/* calls `check` for each .yaml; at least `least`, so that a lost folder is no success */
static void each_case(const char *folder, int least, void (*check)(const char *folder, const char *yaml, const char *path))
{
    DIR *dir = opendir(folder);
    struct dirent *entry;
    char path[512];
    int seen = 0;

    ck_assert_msg(dir != NULL, "cannot open %s: run from the top of the source", folder);
    while ((entry = readdir(dir))) {
        const char *ending = strrchr(entry->d_name, '.');

        if (!ending || strcmp(ending, ".yaml"))
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        check(folder, entry->d_name, path);
        seen++;
    }
    closedir(dir);
    ck_assert_int_ge(seen, least);
}

static void check_valid(const char *folder, const char *yaml, const char *path)
{
    char *expected = expectation(folder, yaml, ".expected"), *found;

    ck_assert_msg(load_path(path) == 0, "%s: %s", yaml, err.text);
    ck_assert_msg(err.kind == ERROR_NONE && !*err.text, "%s: success touched the error", yaml);
    found = describe();
    ck_assert_msg(!strcmp(found, expected), "%s: found\n%sexpected\n%s", yaml, found, expected);
    free(found);
    free(expected);
    kube_config_free(&config);
}

START_TEST(test_valid_files)
{
    each_case(DATA "valid", 30, check_valid);
}
END_TEST

static void check_invalid(const char *folder, const char *yaml, const char *path)
{
    char *expected = expectation(folder, yaml, ".error");
    struct kube_config untouched = {.insecure_skip_tls_verify = true};

    config.insecure_skip_tls_verify = true;
    expected[strcspn(expected, "\n")] = '\0';
    ck_assert_msg(load_path(path) == -1, "%s: was accepted, expected: %s", yaml, expected);
    ck_assert_msg(!strcmp(err.text, expected), "%s: found\n%s\nexpected\n%s", yaml, err.text, expected);
    ck_assert_int_eq(err.kind, ERROR_USAGE);
    ck_assert_ptr_null(strstr(err.text, "SECRET"));
    ck_assert_msg(!memcmp(&config, &untouched, sizeof config), "%s: failure touched the output", yaml);
    free(expected);
}

START_TEST(test_invalid_files)
{
    each_case(DATA "invalid", 70, check_invalid);
}
END_TEST

static const char *write_config(const char *name, const char *server, const char *rest)
{
    char text[2048];

    snprintf(text, sizeof text, "clusters: [{name: c, cluster: {server: '%s'}}]\n%s", server, rest);
    return scratch_write(name, text, 0600);
}

#define CONTEXT_X "contexts: [{name: x, context: {cluster: c}}, {name: y, context: {cluster: d}}]\ncurrent-context: x\n"

/* fails with exactly this text */
static void assert_fails(const struct kube_config_source *source, const char *format, const char *argument)
{
    char expected[1024];

    snprintf(expected, sizeof expected, format, argument);
    ck_assert_int_eq(kube_config_load(source, &config, &err), -1);
    ck_assert_str_eq(err.text, expected);
    ck_assert_int_eq(err.kind, ERROR_USAGE);
}

START_TEST(test_explicit_file_that_is_none)
{
    const char *path = scratch_path("none");
    struct kube_config_source source = {.kubeconfig = path};
    char name[64];

    assert_fails(&source, "cannot read %s: No such file or directory", path);
    ck_assert_int_eq(mkdir(path, 0700), 0);
    assert_fails(&source, "%s is a folder, expected a file", path);
    source.kubeconfig = path = scratch_path("loop");
    ck_assert_int_eq(symlink("loop", path), 0);
    ck_assert_int_eq(kube_config_load(&source, &config, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, path));
    source.kubeconfig = "/dev/zero";
    snprintf(name, sizeof name, "%u", LIMIT_CONFIG_FILE_BYTES);
    assert_fails(&source, "/dev/zero: the file is larger than %s bytes", name);
}
END_TEST

START_TEST(test_unreadable_file)
{
    struct kube_config_source source = {.kubeconfig = scratch_write("closed", "{}", 0)};

    if (geteuid() != 0) /* root reads everything */
        assert_fails(&source, "cannot read %s: Permission denied", source.kubeconfig);
}
END_TEST

START_TEST(test_message_is_one_line_whatever_the_names)
{
    struct kube_config_source source = {.kubeconfig = "/no\nsuch\033file"};

    assert_fails(&source, "cannot read %s: No such file or directory", "/no?such?file");
}
END_TEST

START_TEST(test_context_flag)
{
    struct kube_config_source source = {
        .kubeconfig = write_config("a", "https://a", "contexts: [{name: x, context: {cluster: c, namespace: n}}]\n"), .context = "x"};

    ck_assert_int_eq(kube_config_load(&source, &config, &err), 0);
    ck_assert_str_eq(config.namespace_, "n");
    source.context = "z";
    assert_fails(&source, "%s: context \"z\" does not exist; contexts: x", source.kubeconfig);
}
END_TEST

START_TEST(test_list_first_file_wins_per_entry)
{
    char list[2048];
    struct kube_config_source source = {.kubeconfig_env = list};

    write_config("a", "https://a", "current-context: ''\n");
    write_config("b", "https://b", "current-context: y\nusers: [{name: u, user: {token: b}}]\n");
    scratch_write("c",
                  "current-context: x\nclusters: [{name: d, cluster: {server: 'https://d'}}, {name: c, cluster: {server: 'https://e', "
                  "proxy-url: 'http://p'}}]\n"
                  "contexts: [{name: x, context: {cluster: c}}, {name: y, context: {cluster: c, user: u}}]\n",
                  0600);
    snprintf(list, sizeof list, ":%s:%s:%s::%s:", scratch_path("missing"), scratch_path("a"), scratch_path("b"), scratch_path("c"));
    ck_assert_int_eq(kube_config_load(&source, &config, &err), 0);
    ck_assert_str_eq(config.server, "https://a");
    ck_assert_str_eq(config.token, "b");
    ck_assert_ptr_null(config.proxy_url); /* entries are taken whole */
    ck_assert_str_eq(config.origin, scratch_path("c"));
    ck_assert_str_eq(config.context, "y");
}
END_TEST

START_TEST(test_list_paths_resolve_against_their_own_file)
{
    char list[2048], folder[1024], expected[1200];
    struct kube_config_source source = {.kubeconfig_env = list};

    write_config("a", "https://a", CONTEXT_X);
    ck_assert_int_eq(mkdir(scratch_path("sub"), 0700), 0);
    write_config("sub/b", "https://b", "users: [{name: u, user: {tokenFile: t}}]\ncontexts: [{name: z, context: {cluster: c, user: u}}]\n");
    snprintf(list, sizeof list, "%s:%s", scratch_path("a"), scratch_path("sub/b"));
    source.context = "z";
    snprintf(folder, sizeof folder, "%s", scratch_path("sub"));
    ck_assert_int_eq(kube_config_load(&source, &config, &err), 0);
    snprintf(expected, sizeof expected, "%s/t", folder);
    ck_assert_str_eq(config.token_file, expected);
    ck_assert_str_eq(config.server, "https://a");
    remove(scratch_path("sub/b"));
}
END_TEST

START_TEST(test_list_errors)
{
    char list[2048];
    struct kube_config_source source = {.kubeconfig_env = list};

    snprintf(list, sizeof list, "%s", scratch_path("missing"));
    assert_fails(&source, "KUBECONFIG=%s: no such file", list);
    scratch_write("empty", "", 0600);
    scratch_write("broken", "users: {}\n", 0600);
    write_config("a", "https://a", CONTEXT_X);
    snprintf(list, sizeof list, "%s:%s", scratch_path("empty"), scratch_path("empty"));
    assert_fails(&source, "%s: the file is empty, expected a kubeconfig", "KUBECONFIG");
    snprintf(list, sizeof list, "%s:%s", scratch_path("a"), scratch_path("broken"));
    assert_fails(&source, "%s:1: users: expected a list", scratch_path("broken"));
    snprintf(list, sizeof list, "%s:%s", scratch_path("empty"), scratch_path("a"));
    ck_assert_int_eq(kube_config_load(&source, &config, &err), 0);
}
END_TEST

START_TEST(test_home_is_the_last_source)
{
    struct kube_config_source source = {.home = scratch_path("home")};

    assert_fails(&source,
                 "no configuration: give --kubeconfig, set KUBECONFIG, run in a cluster (KUBERNETES_SERVICE_HOST is not set), or have "
                 "%s/.kube/config",
                 scratch_path("home"));
    ck_assert_int_eq(mkdir(scratch_path("home"), 0700) + mkdir(scratch_path("home/.kube"), 0700), 0);
    write_config("home/.kube/config", "https://home", CONTEXT_X);
    source.kubeconfig_env = "";
    ck_assert_int_eq(kube_config_load(&source, &config, &err), 0);
    ck_assert_str_eq(config.server, "https://home");
    remove(scratch_path("home/.kube/config"));
    remove(scratch_path("home/.kube"));
}
END_TEST

START_TEST(test_nothing_found_without_a_home)
{
    struct kube_config_source source = {.context = "x"};

    assert_fails(&source,
                 "no configuration: give --kubeconfig, set KUBECONFIG, run in a cluster (passed over: it has no --context), or have %s",
                 "~/.kube/config (HOME is not set)");
}
END_TEST

static struct kube_config_source in_cluster_source(void)
{
    static char folder[600];

    snprintf(folder, sizeof folder, "%s", scratch_path("."));
    scratch_write("token", "t\n", 0600);
    scratch_write("ca.crt", CA, 0600);
    scratch_write("namespace", "team-a\n", 0600);
    return (struct kube_config_source){.service_host = "10.96.0.1", .service_port = "443", .service_account_dir = folder, .home = folder};
}

START_TEST(test_in_cluster)
{
    struct kube_config_source source = in_cluster_source();

    ck_assert_int_eq(kube_config_load(&source, &config, &err), 0);
    ck_assert_str_eq(config.origin, "in-cluster");
    ck_assert_ptr_null(config.context);
    ck_assert_str_eq(config.server, "https://10.96.0.1:443");
    ck_assert_str_eq(config.namespace_, "team-a");
    ck_assert_str_eq(config.ca_pem, CA);
    ck_assert_ptr_null(config.token);
    ck_assert_str_eq(strrchr(config.token_file, '/'), "/token");
}
END_TEST

START_TEST(test_in_cluster_ipv6_and_no_namespace_file)
{
    struct kube_config_source source = in_cluster_source();

    source.service_host = "fd00:10:96::1";
    remove(scratch_path("namespace"));
    ck_assert_int_eq(kube_config_load(&source, &config, &err), 0);
    ck_assert_str_eq(config.server, "https://[fd00:10:96::1]:443");
    ck_assert_str_eq(config.namespace_, "default");
}
END_TEST

START_TEST(test_in_cluster_errors)
{
    struct kube_config_source source = in_cluster_source();

    source.service_port = "tcp://1";
    ck_assert_int_eq(kube_config_load(&source, &config, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "in-cluster: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT: "));
    source.service_port = "443";
    scratch_write("ca.crt", "none", 0600);
    ck_assert_int_eq(kube_config_load(&source, &config, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "ca.crt: expected PEM"));
    remove(scratch_path("token"));
    ck_assert_int_eq(kube_config_load(&source, &config, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "no configuration: "));
    ck_assert_ptr_nonnull(strstr(err.text, "(this pod has no service account token)"));
}
END_TEST

START_TEST(test_order_of_sources)
{
    struct kube_config_source source = in_cluster_source();

    source.kubeconfig_env = write_config("env", "https://env", CONTEXT_X);
    source.kubeconfig = write_config("flag", "https://flag", CONTEXT_X);
    ck_assert_int_eq(kube_config_load(&source, &config, &err), 0);
    ck_assert_str_eq(config.server, "https://flag");
    kube_config_free(&config);
    source.kubeconfig = NULL;
    ck_assert_int_eq(kube_config_load(&source, &config, &err), 0);
    ck_assert_str_eq(config.server, "https://env");
    kube_config_free(&config);
    source.kubeconfig_env = NULL;
    ck_assert_int_eq(mkdir(scratch_path(".kube"), 0700), 0);
    write_config(".kube/config", "https://home", CONTEXT_X);
    ck_assert_int_eq(kube_config_load(&source, &config, &err), 0);
    ck_assert_str_eq(config.server, "https://10.96.0.1:443");
    remove(scratch_path(".kube/config"));
}
END_TEST

START_TEST(test_too_many_values)
{
    size_t bytes = 2u * (LIMIT_YAML_NODES + 2), i;
    char *text = malloc(bytes + 3);
    const char *path;

    text[0] = '[';
    for (i = 1; i < bytes; i++)
        text[i] = i % 2 ? 'a' : ',';
    text[bytes] = ']';
    text[bytes + 1] = '\0';
    path = scratch_write("many", text, 0600);
    free(text);
    assert_fails(&(struct kube_config_source){.kubeconfig = path}, "%s:1: more than 200000 values", path);
}
END_TEST

START_TEST(test_base64_round_trip)
{
    char data[64], text[128], back[128];
    size_t bytes, i;

    for (bytes = 0; bytes < sizeof data; bytes++) {
        for (i = 0; i < bytes; i++)
            data[i] = (char)(i * 37 + bytes * 91);
        base64_encode(data, bytes, text);
        ck_assert_uint_eq(strlen(text) + 1, base64_encoded_size(bytes));
        ck_assert_int_eq(base64_decode(text, strlen(text), back), (long)bytes);
        ck_assert(!memcmp(data, back, bytes));
    }
}
END_TEST

START_TEST(test_base64_refuses)
{
    static const char *const wrong[] = {
        "a", "ab", "abc", "=", "====", "a===", "ab=", "ab=c", "ab==cd==", "abc==", "abcd=", "ab-_", "abcd\001"};
    char out[64];
    size_t i;

    for (i = 0; i < sizeof wrong / sizeof *wrong; i++)
        ck_assert_msg(base64_decode(wrong[i], strlen(wrong[i]), out) == -1, "\"%s\" was taken", wrong[i]);
    ck_assert_int_eq(base64_decode(" a G\n k=\r\n", 10, out), 2);
    ck_assert_str_eq(out, "hi");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kubeconfig");
    TCase *tests = tcase_create("all");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, test_valid_files);
    tcase_add_test(tests, test_invalid_files);
    tcase_add_test(tests, test_explicit_file_that_is_none);
    tcase_add_test(tests, test_unreadable_file);
    tcase_add_test(tests, test_message_is_one_line_whatever_the_names);
    tcase_add_test(tests, test_context_flag);
    tcase_add_test(tests, test_list_first_file_wins_per_entry);
    tcase_add_test(tests, test_list_paths_resolve_against_their_own_file);
    tcase_add_test(tests, test_list_errors);
    tcase_add_test(tests, test_home_is_the_last_source);
    tcase_add_test(tests, test_nothing_found_without_a_home);
    tcase_add_test(tests, test_in_cluster);
    tcase_add_test(tests, test_in_cluster_ipv6_and_no_namespace_file);
    tcase_add_test(tests, test_in_cluster_errors);
    tcase_add_test(tests, test_order_of_sources);
    tcase_add_test(tests, test_too_many_values);
    tcase_add_test(tests, test_base64_round_trip);
    tcase_add_test(tests, test_base64_refuses);
    suite_add_tcase(suite, tests);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}

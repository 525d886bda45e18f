/*
 * test_alloc_kubeconfig.c: configuration and credentials with each allocation failing in turn.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/kube/kubeconfig.h"
#include "tests/unit/support/alloc_fault.h"
#include "tests/unit/support/scratch.h"

#define DATA "tests/unit/kubeconfig/valid/"

/* 0, or -1 with an error; anything else comes out as what is reported: no error after a failed allocation, or one without */
static int outcome(int ret, const struct error *err)
{
    if (ret == 0 || (ret == -1 && err->kind != ERROR_NONE && *err->text))
        return ret;
    return alloc_fault_happened() ? 0 : -1;
}

static int load(void *ctx)
{
    struct kube_config config = {0};
    struct error err = ERROR_INIT;
    int ret = kube_config_load(ctx, &config, &err);

    kube_config_free(&config);
    return outcome(ret, &err);
}

static void assert_load_survives(struct kube_config_source source)
{
    ck_assert_int_ne(alloc_fault_run(load, &source), 0);
}

START_TEST(test_load_files)
{
    static const char *const files[] = {DATA "relative-paths.yaml", DATA "data-before-file.yaml", DATA "exec.yaml",
                                        DATA "exec-relative.yaml",  DATA "anchors.yaml",          DATA "proxy-and-server-name.yaml",
                                        DATA "basic-auth.yaml"};
    size_t i;

    for (i = 0; i < sizeof files / sizeof *files; i++)
        assert_load_survives((struct kube_config_source){.kubeconfig = files[i]});
}
END_TEST

START_TEST(test_load_list)
{
    assert_load_survives((struct kube_config_source){.kubeconfig_env = DATA "missing:" DATA "token.yaml:" DATA "namespace.yaml"});
}
END_TEST

START_TEST(test_load_in_cluster)
{
    scratch_begin();
    scratch_write("token", "t\n", 0600);
    scratch_write("ca.crt", "-----BEGIN CERTIFICATE-----\n", 0600);
    scratch_write("namespace", "n\n", 0600);
    assert_load_survives(
        (struct kube_config_source){.service_host = "::1", .service_port = "443", .service_account_dir = scratch_path(".")});
    scratch_end();
}
END_TEST

START_TEST(test_load_home)
{
    scratch_begin();
    ck_assert_int_eq(mkdir(scratch_path(".kube"), 0700), 0);
    scratch_write(".kube/config",
                  "contexts: [{name: x, context: {cluster: c}}]\nclusters: [{name: c, cluster: {server: h}}]\ncurrent-context: x\n", 0600);
    assert_load_survives((struct kube_config_source){.home = scratch_path(".")});
    remove(scratch_path(".kube/config"));
    scratch_end();
}
END_TEST

/* a load that fails for its own reason keeps doing so; whichever error comes, nothing is left behind */
static int load_refused(void *ctx)
{
    return load(ctx) == -1 ? 0 : -1;
}

START_TEST(test_load_refused)
{
    struct kube_config_source source = {.kubeconfig = "tests/unit/kubeconfig/invalid/unknown-context.yaml"};

    ck_assert_int_ne(alloc_fault_run_recovering(load_refused, &source), 0);
    source.kubeconfig = "tests/unit/kubeconfig/invalid/ca-and-insecure.yaml";
    ck_assert_int_ne(alloc_fault_run_recovering(load_refused, &source), 0);
    source.kubeconfig = "tests/unit/kubeconfig/invalid/duplicate-key.yaml";
    ck_assert_int_ne(alloc_fault_run_recovering(load_refused, &source), 0);
}
END_TEST

static int take_token(void *ctx)
{
    struct error err = ERROR_INIT;
    struct kube_credentials *credentials = kube_credentials_new(ctx, clock_system(), &err);
    const char *token = NULL;
    bool changed;
    int ret = credentials ? kube_credentials_token(credentials, false, &token, &changed, &err) : -1;

    if (ret == 0 && (!token || strcmp(token, "t")))
        ret = -2;
    kube_credentials_free(credentials);
    return outcome(ret, &err);
}

START_TEST(test_token)
{
    struct kube_config config = {.token = (char *)"t"};

    ck_assert_int_ne(alloc_fault_run(take_token, &config), 0);
}
END_TEST

START_TEST(test_token_file)
{
    struct kube_config config = {0};

    scratch_begin();
    config.token_file = (char *)scratch_write("token", "t\n", 0600);
    ck_assert_int_ne(alloc_fault_run(take_token, &config), 0);
    scratch_end();
}
END_TEST

START_TEST(test_exec_token)
{
    char *args[] = {(char *)"a", NULL};
    struct kube_exec_env env = {(char *)"A", (char *)"b"};
    struct kube_config config = {.exec_args = args, .exec_env = &env, .exec_env_count = 1, .exec_provide_cluster_info = true};

    scratch_begin();
    config.server = (char *)"https://h";
    config.ca_pem = (char *)"CA";
    config.exec_api_version = (char *)"client.authentication.k8s.io/v1";
    config.exec_command =
        (char *)scratch_write("plugin",
                              "#!/bin/sh\necho '{\"apiVersion\":\"client.authentication.k8s.io/v1\",\"kind\":\"ExecCredential\","
                              "\"status\":{\"token\":\"t\",\"expirationTimestamp\":\"2026-01-01T00:00:00Z\"}}'\n",
                              0700);
    ck_assert_int_ne(alloc_fault_run(take_token, &config), 0);
    scratch_end();
}
END_TEST

/* a configuration with SECRET in every place that is one, in clear or in base64 (U0VDUkVU) */
#define SECRET_CONFIG                                                                                                                      \
    "contexts: [{name: x, context: {cluster: c, user: u}}]\nclusters: [{name: c, cluster: {server: h}}]\ncurrent-context: x\n"             \
    "users: [{name: u, user: {client-certificate: crt, client-key: key, username: a, password: SECRET}},"                                  \
    " {name: v, user: {token: SECRET, client-key-data: U0VDUkVU}}]\n"

START_TEST(test_load_leaves_no_secret_in_freed_memory)
{
    struct kube_config_source source = {0};

    scratch_begin();
    scratch_write("crt", "-----BEGIN CERTIFICATE-----\n", 0600);
    scratch_write("key", "-----BEGIN PRIVATE KEY-----\nSECRET\n", 0600);
    source.kubeconfig = scratch_write("config", SECRET_CONFIG, 0600);
    ck_assert_int_le(alloc_fault_count_exposed(load, &source, "SECRET"), 0);
    ck_assert_int_le(alloc_fault_count_exposed(load, &source, "U0VDUkVU"), 0);
    scratch_end();
}
END_TEST

static int take_secret(void *ctx)
{
    struct error err = ERROR_INIT;
    struct kube_credentials *credentials = kube_credentials_new(ctx, clock_system(), &err);
    const char *token = NULL;
    bool changed;
    int ret = credentials ? kube_credentials_token(credentials, false, &token, &changed, &err) : -1;

    kube_credentials_free(credentials);
    return ret;
}

START_TEST(test_token_file_leaves_no_secret_in_freed_memory)
{
    struct kube_config config = {0};

    scratch_begin();
    config.token_file = (char *)scratch_write("token", " SECRET\n", 0600);
    ck_assert_int_le(alloc_fault_count_exposed(take_secret, &config, "SECRET"), 0);
    scratch_end();
}
END_TEST

static int expose(void *ctx)
{
    char *copy = strdup(ctx);

    free(copy);
    return copy ? 0 : -1;
}

START_TEST(test_support_finds_an_exposed_secret)
{
    ck_assert_int_ne(alloc_fault_count_exposed(expose, (void *)"a SECRET b", "SECRET"), 0);
}
END_TEST

/* the support itself: it finds what it is there to find */
static int leaky(void *ctx)
{
    char *first = malloc(8), *second;

    if (!first)
        return -1;
    second = realloc(NULL, 8);
    if (!second)
        return -1;
    free(first);
    free(second);
    *(int *)ctx = 1;
    return 0;
}

static int silent(void *ctx)
{
    free(calloc(1, 8));
    *(int *)ctx = 1;
    return 0;
}

static int idle(void *ctx)
{
    *(int *)ctx = 1;
    return 0;
}

static const struct {
    int (*scenario)(void *ctx);
} defects[] = {{leaky}, {silent}, {idle}};

START_TEST(test_support_finds_defects)
{
    int ran = 0;

    /* a test that must fail: where nothing is wrapped it has to fail of itself */
    if (alloc_fault_run(defects[_i].scenario, &ran) == -1)
        ck_abort_msg("not supported here");
}
END_TEST

static Suite *new_suite(bool defective)
{
    Suite *suite = suite_create(defective ? "allocation faults: defects to find" : "allocation faults: kubeconfig");
    TCase *tests = tcase_create("all");

    tcase_set_timeout(tests, 60);
    suite_add_tcase(suite, tests);
    if (defective) {
        tcase_add_loop_test(tests, test_support_finds_defects, 0, sizeof defects / sizeof *defects);
        return suite;
    }
    tcase_add_test(tests, test_load_files);
    tcase_add_test(tests, test_load_list);
    tcase_add_test(tests, test_load_in_cluster);
    tcase_add_test(tests, test_load_home);
    tcase_add_test(tests, test_load_refused);
    tcase_add_test(tests, test_token);
    tcase_add_test(tests, test_token_file);
    tcase_add_test(tests, test_exec_token);
    tcase_add_test(tests, test_load_leaves_no_secret_in_freed_memory);
    tcase_add_test(tests, test_token_file_leaves_no_secret_in_freed_memory);
    tcase_add_test(tests, test_support_finds_an_exposed_secret);
    return suite;
}

/* every one of the planted defects has to be found; silently, they are no failures of ours */
static bool finds_defects(void)
{
    SRunner *runner = srunner_create(new_suite(true));
    bool found;

    srunner_run_all(runner, CK_SILENT);
    found = srunner_ntests_failed(runner) == srunner_ntests_run(runner);
    srunner_free(runner);
    if (!found)
        printf("alloc_fault: a planted defect was not found\n");
    return found;
}

int main(void)
{
    SRunner *runner = srunner_create(new_suite(false));
    int failed;

    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed || !finds_defects() ? 1 : 0;
}

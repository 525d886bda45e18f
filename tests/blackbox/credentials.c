/*
 * credentials.c: who the scheduler is for the server: tokens that change or have expired, certificates, plugins, and rights that are missing.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/kube/kubeconfig.h"
#include "tests/blackbox/support/api.h"
#include "tests/blackbox/support/requests.h"
#include "tests/blackbox/support/scheduler.h"
#include "tests/blackbox/support/server.h"

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])

/* ---- a server that asks for tokens, and the scheduler's token in a file ---- */

static const char first_token[] = "first-secret-4711", second_token[] = "second-secret-0815";

static const char *token_path(struct lab *lab)
{
    const char *slash = strrchr(lab->kubeconfig, '/');

    return textf("%.*s/scheduler.token", (int)(slash - lab->kubeconfig), lab->kubeconfig);
}

static void write_tokens(struct lab *lab, const char *scheduler)
{
    lab_write(lab, "scheduler.token", scheduler);
    lab_write(lab, "tokens.csv", textf("admin-secret-1234,admin,1,\"system:masters\"\n%s,scheduler,2,\"system:masters\"\n", scheduler));
}

/* a kubeconfig for the server under test, with this user */
static void login_as(struct lab *lab, const char *user)
{
    struct kube_config_source source = kube_config_source_from_env(lab->admin, NULL);
    struct kube_config config;
    struct error err = ERROR_INIT;

    REQUIRE(kube_config_load(&source, &config, &err) == 0, "%s", err.text);
    if (config.ca_pem)
        lab_write(lab, "ca.crt", config.ca_pem);
    strcpy(lab->kubeconfig, lab_write(lab, "scheduler.kubeconfig",
                                      textf("apiVersion: v1\nkind: Config\nclusters: [{name: c, cluster: {server: \"%s\"%s}}]\n"
                                            "users: [{name: u, user: {%s}}]\ncontexts: [{name: x, context: {cluster: c, user: u}}]\n"
                                            "current-context: x\n",
                                            config.server, config.ca_pem ? ", certificate-authority: ca.crt" : "", user)));
    kube_config_free(&config);
}

/* the simulator with tokens; a borrowed server has its own, and a kubeconfig with a tokenFile for us */
static void open_with_tokens(struct lab *lab)
{
    const char *const arguments[] = {"--token-file", lab_path(lab, "tokens.csv"), NULL};

    if (lab->server == SIMULATOR)
        write_tokens(lab, first_token);
    server_open_with(lab, lab->server == SIMULATOR ? arguments : NULL);
    if (lab->server == SIMULATOR)
        login_as(lab, "tokenFile: scheduler.token");
}

static bool old_token_is_refused(struct lab *lab)
{
    return requests_with(lab, "\"code\":401", NULL) > 0;
}

/* the new token is in the file, and the old one is refused */
static void rotate(struct lab *lab)
{
    const char *token = textf("%s-%s", second_token, lab->id);

    if (lab->server == SIMULATOR) {
        write_tokens(lab, token);
        process_signal(&lab->simulator, SIGHUP);
    } else {
        server_control(lab, "rotate-token", token);
    }
}

static void says_no_token(struct lab *lab, struct process *process)
{
    const char *const secrets[] = {textf("%.20s", process_text(token_path(lab))), "first-secret", "second-secret", "wrong-secret"};

    for (size_t i = 0; i < LENGTH(secrets); i++)
        REQUIRE(!*secrets[i] || (!process_says(process->out, secrets[i]) && !process_says(process->err, secrets[i])),
                "it has printed a token");
}

static void is_bound(struct lab *lab, const char *pod)
{
    make_pod(lab, pod, NULL);
    WAIT_UNTIL(*node_of(lab, pod), "%s is not bound", pod);
}

static void token_file_is_rotated(struct lab *lab)
{
    struct process scheduler;

    open_with_tokens(lab);
    use_nodes(lab, 1);
    scheduler_start(lab, &scheduler, "-v", NULL);
    is_bound(lab, "before");
    rotate(lab);
    for (int i = 0; i < 3; i++)
        is_bound(lab, textf("after%d", i));
    if (lab->server == SIMULATOR)
        WAIT_UNTIL((is_bound(lab, textf("more%lld", (long long)now_us())), old_token_is_refused(lab)), "the old token was never refused");
    process_stop(&scheduler);
    says_no_token(lab, &scheduler);
    REQUIRE(lab->server != SIMULATOR || requests_with(lab, "\"code\":401", NULL) <= 12, "%ld requests with the old token",
            requests_with(lab, "\"code\":401", NULL));
}

static void exec_plugin_is_run_again(struct lab *lab)
{
    struct process scheduler;
    const char *plugin, *runs;

    open_with_tokens(lab);
    runs = lab_path(lab, "runs");
    plugin = lab_write(
        lab, "plugin",
        textf("#!/bin/sh\necho run >>'%s'\nprintf '{\"apiVersion\":\"client.authentication.k8s.io/v1\",\"kind\":\"ExecCredential\","
              "\"status\":{\"token\":\"%%s\"}}' \"$(cat '%s')\"\n",
              runs, token_path(lab)));
    REQUIRE(chmod(plugin, 0700) == 0, "chmod");
    login_as(lab, "exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin, interactiveMode: Never}");
    use_nodes(lab, 1);
    scheduler_start(lab, &scheduler, "-v", NULL);
    for (int i = 0; i < 5; i++)
        is_bound(lab, textf("before%d", i));
    REQUIRE(process_lines(runs) == 1, "%d runs of the plugin for one token", process_lines(runs));
    rotate(lab);
    is_bound(lab, "after0");
    WAIT_UNTIL((is_bound(lab, textf("more%lld", (long long)now_us())), process_lines(runs) >= 2), "the plugin is not run again");
    process_stop(&scheduler);
    REQUIRE(process_lines(runs) <= 5, "%d runs of the plugin for two tokens", process_lines(runs));
    says_no_token(lab, &scheduler);
}

/* one line for each resource, no more however often it tries, and all is well when the token is taken again */
static void token_has_expired(struct lab *lab)
{
    int resources = strcmp(lab->program, "watch") ? 1 : 2;
    struct process scheduler;

    open_with_tokens(lab);
    use_nodes(lab, 1);
    make_pod(lab, "p", NULL);
    login_as(lab, "token: wrong-secret-0000");
    scheduler_start(lab, &scheduler, NULL);
    WAIT_UNTIL(process_count(scheduler.err, ": Unauthorized\n") == resources, "it does not say that it is not authorized");
    if (lab->server == SIMULATOR) {
        WAIT_UNTIL(requests_with(lab, "\"code\":401", NULL) >= 2 * resources + 2, "it does not try again");
        REQUIRE(process_lines(scheduler.err) == resources, "%d lines", process_lines(scheduler.err));
        write_tokens(lab, "wrong-secret-0000");
        process_signal(&lab->simulator, SIGHUP);
        WAIT_UNTIL(*node_of(lab, "p"), "the pod is not bound when the token is good again");
    }
    process_stop(&scheduler);
    says_no_token(lab, &scheduler);
}

/* ---- a client certificate ---- */

static void openssl(struct lab *lab, const char *const *arguments)
{
    const char *argv[24] = {"/usr/bin/env", "openssl"};
    struct process process;
    size_t n = 2;

    while (*arguments)
        argv[n++] = *arguments++;
    process_start(&process, lab->folder, "openssl", argv, -1);
    REQUIRE(process_ends(&process, DEADLINE_MS) && process.exit_code == 0, "openssl %s failed", argv[2]);
}

static void make_certificate(struct lab *lab, const char *name)
{
    const char *const arguments[] = {"req",
                                     "-x509",
                                     "-newkey",
                                     "ec",
                                     "-pkeyopt",
                                     "ec_paramgen_curve:P-256",
                                     "-nodes",
                                     "-keyout",
                                     lab_path(lab, textf("%s.key", name)),
                                     "-out",
                                     lab_path(lab, textf("%s.crt", name)),
                                     "-days",
                                     "2",
                                     "-subj",
                                     textf("/CN=lab-%s", name),
                                     "-addext",
                                     "subjectAltName=IP:127.0.0.1",
                                     NULL};

    openssl(lab, arguments);
}

static void start_tls_server(struct lab *lab, struct process *server, const char *port)
{
    const char *const argv[] = {"/usr/bin/env",
                                "openssl",
                                "s_server",
                                "-accept",
                                port,
                                "-cert",
                                lab_path(lab, "server.crt"),
                                "-key",
                                lab_path(lab, "server.key"),
                                "-CAfile",
                                lab_path(lab, "client.crt"),
                                "-Verify",
                                "1",
                                "-verify_return_error",
                                "-www",
                                NULL};

    process_start(server, lab->folder, "s_server", argv, -1);
    WAIT_UNTIL(process_says(server->out, "ACCEPT"), "openssl s_server does not come up");
}

static void connect_with(struct lab *lab, const char *port, const char *user, const char *words)
{
    struct process scheduler;

    lab_write(lab, "config",
              textf("apiVersion: v1\nkind: Config\n"
                    "clusters: [{name: c, cluster: {server: \"https://127.0.0.1:%s\", certificate-authority: server.crt}}]\n"
                    "users: [{name: u, user: {%s}}]\ncontexts: [{name: x, context: {cluster: c, user: u}}]\ncurrent-context: x\n",
                    port, user));
    program_start(lab, &scheduler, "--kubeconfig", lab_path(lab, "config"), NULL);
    wait_for_line(&scheduler, scheduler.err, words);
    process_stop(&scheduler);
}

/* the server shows its page only to who has the certificate that it knows */
static void client_certificate(struct lab *lab)
{
    struct process server;
    const char *port;

    make_certificate(lab, "server");
    make_certificate(lab, "client");
    make_certificate(lab, "stranger");
    port = textf("%d", free_port());
    start_tls_server(lab, &server, port);
    connect_with(lab, port, "client-certificate: client.crt, client-key: client.key", "not JSON: starts with '<HTML>");
    connect_with(lab, port, "client-certificate: stranger.crt, client-key: stranger.key", "alert");
    connect_with(lab, port, "", "alert");
    process_kill(&server);
}

/* ---- rights that are missing ---- */

static void warns_of(struct lab *lab, struct process *process, const char *group, const char *resource, const char *verb)
{
    (void)lab;
    wait_for_line(process, process->err,
                  textf("warning: missing RBAC rule {apiGroups: [\"%s\"], resources: [\"%s\"], verbs: [\"%s\"]}: ", group, resource, verb));
}

static void allow(struct lab *lab, const char *rules)
{
    const char *target = textf("/apis/rbac.authorization.k8s.io/v1/clusterroles/%s", lab->id);

    api_change(lab, target, "", json_of("{'rules':[%s]}", rules));
}

static const char read_all[] = "{'apiGroups':[''],'resources':['nodes','pods'],'verbs':['get','list','watch']}";
static const char create_bindings[] = "{'apiGroups':[''],'resources':['pods/binding'],'verbs':['create']}";
static const char large[] =
    "{'spec':{'containers':[{'name':'pause','image':'registry.k8s.io/pause:3.10','resources':{'requests':{'cpu':'5'}}}]}}";

/* a user of nobody's, who is given one right after the other */
static void rights_come_one_by_one(struct lab *lab)
{
    struct kube_config_source source = kube_config_source_from_env(lab->admin, NULL);
    static const char *const arguments[] = {"--rbac", NULL};
    struct kube_config config;
    struct error err = ERROR_INIT;
    struct process scheduler;

    server_open_with(lab, lab->server == SIMULATOR ? arguments : NULL);
    REQUIRE(kube_config_load(&source, &config, &err) == 0 && config.token, "the administrator has no token");
    login_as(lab, textf("token: %s, as: %s", config.token, lab->id));
    kube_config_free(&config);
    json_decref(
        api(lab, "POST", "/apis/rbac.authorization.k8s.io/v1/clusterroles",
            json_of("{'apiVersion':'rbac.authorization.k8s.io/v1','kind':'ClusterRole','metadata':{'name':'%s'},'rules':[]}", lab->id)));
    json_decref(api(lab, "POST", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
                    json_of("{'apiVersion':'rbac.authorization.k8s.io/v1','kind':'ClusterRoleBinding','metadata':{'name':'%s'},"
                            "'roleRef':{'apiGroup':'rbac.authorization.k8s.io','kind':'ClusterRole','name':'%s'},"
                            "'subjects':[{'apiGroup':'rbac.authorization.k8s.io','kind':'User','name':'%s'}]}",
                            lab->id, lab->id, lab->id)));
    use_nodes(lab, 1);
    make_pod(lab, "p", NULL);
    scheduler_start(lab, &scheduler, NULL);
    warns_of(lab, &scheduler, "", "pods", strcmp(lab->program, "watch") ? "list" : "watch");
    allow(lab, read_all);
    warns_of(lab, &scheduler, "", "pods/binding", "create");
    allow(lab, textf("%s,%s", read_all, create_bindings));
    WAIT_UNTIL(*node_of(lab, "p"), "the pod is not bound when the right is there");
    warns_of(lab, &scheduler, "events.k8s.io", "events", "create");
    make_pod(lab, "large", large);
    warns_of(lab, &scheduler, "", "pods/status", "patch");
    process_stop(&scheduler);
}

static void forbidden_requests_name_the_rule(struct lab *lab)
{
    static const struct {
        const char *faults, *group, *resource, *verb;
    } missing[] = {
        {"[{'verb':'list','resource':'pods','count':-1,'do':{'status':403}},{'verb':'watch','resource':'pods','count':-1,'do':{'status':"
         "403}}]",
         "", "pods", NULL},
        {"[{'verb':'create','resource':'pods','subresource':'binding','count':-1,'do':{'status':403}}]", "", "pods/binding", "create"},
        {"[{'verb':'create','resource':'events','count':-1,'do':{'status':403}}]", "events.k8s.io", "events", "create"},
        {"[{'verb':'patch','resource':'pods','subresource':'status','count':-1,'do':{'status':403}}]", "", "pods/status", "patch"},
    };
    const char *see = strcmp(lab->program, "watch") ? "list" : "watch";
    struct process scheduler;

    use_nodes(lab, 1);
    make_pod(lab, "p", NULL);
    make_pod(lab, "large", large);
    for (size_t i = 0; i < LENGTH(missing); i++) {
        server_faults(lab, missing[i].faults);
        scheduler_start(lab, &scheduler, NULL);
        warns_of(lab, &scheduler, missing[i].group, missing[i].resource, missing[i].verb ? missing[i].verb : see);
        process_stop(&scheduler); /* first: without the fault it would bind */
        server_faults(lab, NULL);
        if (!strcmp(missing[i].resource, "pods/binding"))
            REQUIRE(!*node_of(lab, "p"), "bound without the right to");
    }
    REQUIRE(*node_of(lab, "p"), "without the right to write events it has not bound");
}

int main(void)
{
    static const struct lab_case cases[] = {
        {"the token file is rotated", token_file_is_rotated, EACH, STARTS_NO_SERVER | NEEDS_TOKENS},
        {"an exec plugin is run again", exec_plugin_is_run_again, EACH, STARTS_NO_SERVER | NEEDS_TOKENS},
        {"the token has expired", token_has_expired, EACH, STARTS_NO_SERVER},
        {"a client certificate", client_certificate, EACH, STARTS_NO_SERVER},
        {"rights come one by one", rights_come_one_by_one, EACH, STARTS_NO_SERVER | NEEDS_OWN_NODES},
        {"a forbidden request names the rule", forbidden_requests_name_the_rule, EACH, NEEDS_SIMULATOR},
    };

    return lab_main("credentials", cases, LENGTH(cases));
}

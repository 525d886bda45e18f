/* judge_server.c: from the kubeconfig to an API server that knows us. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "doctor/judge_internal.h"

#define SKEW_WARN_US (5 * S_US)
#define SKEW_FAIL_US (300 * S_US)
#define MINOR_MIN 25

static void mend_kind_kubeconfig(struct judging *j)
{
    if (*j->kind_name)
        report_mend(j->report, "kind export kubeconfig --name %s", words_shell(j->kind_name));
    else
        report_mend(j->report, "kubectl config get-contexts    (and choose one with --context)");
}

static bool judge_config(struct judging *j)
{
    const json_t *config = fact(j->cluster, "config");
    const json_t *names = fact(j->laptop, "clusters.names");
    const char *problem = fact_text(config, "problem");

    if (!*problem) {
        report_ok(j->report, "kubeconfig", "%s (%s), context %s, %s by %s", fact_text(config, "origin"), fact_text(config, "from"),
                  *fact_text(config, "context") ? fact_text(config, "context") : "none", fact_text(config, "server"),
                  fact_text(config, "credential"));
        return true;
    }
    report_bad(j->report, LEVEL_FAIL, "kubeconfig", "%s", problem);
    if (strstr(problem, "context"))
        report_mend(j->report, "kubectl config get-contexts    (and choose one with --context)");
    else if (json_array_size(names))
        report_mend(j->report, "kind export kubeconfig --name %s", words_shell(json_string_value(json_array_get(names, 0))));
    else
        report_mend(j->report, "bin/simulator --write-kubeconfig /tmp/sim.yaml & export KUBECONFIG=/tmp/sim.yaml");
    return false;
}

/* whether `kind get clusters` has one of that name */
static bool kind_has(const struct judging *j, const char *name)
{
    const json_t *cluster;
    size_t i;

    json_array_foreach(fact(j->laptop, "clusters.names"), i,
                       cluster) if (json_is_string(cluster) && !strcmp(json_string_value(cluster), name)) return true;
    return false;
}

static void mend_refused(struct judging *j)
{
    const char *server = fact_text(j->cluster, "config.server"), *host = fact_text(j->cluster, "config.host");

    if (*j->kind_name && kind_has(j, j->kind_name))
        report_mend(j->report, "docker start $(docker ps -aq --filter label=io.x-k8s.kind.cluster=%s)", words_shell(j->kind_name));
    else if (*j->kind_name)
        report_mend(j->report, "kind create cluster --name %s --config kind-multinode.yaml", words_shell(j->kind_name));
    else if (words_is_loopback(host) && !strncmp(server, "http://", 7))
        report_mend(j->report, "bin/simulator --write-kubeconfig %s &", words_shell(fact_text(j->cluster, "config.origin")));
    else
        report_mend(j->report, "curl -k %s/version", words_shell(server));
}

static void judge_no_answer(struct judging *j, const char *problem)
{
    if (strstr(problem, "not trusted") || strstr(problem, "CA certificate") || strstr(problem, "no TLS connection")) {
        report_bad(j->report, LEVEL_FAIL, "TLS", "%s", problem);
        mend_kind_kubeconfig(j);
    } else if (strstr(problem, "client certificate")) {
        report_bad(j->report, LEVEL_FAIL, "credential", "%s", problem);
        mend_kind_kubeconfig(j);
    } else if (strstr(problem, "cannot resolve")) {
        report_bad(j->report, LEVEL_FAIL, "server", "%s", problem);
        report_mend(j->report, "getent hosts %s", words_shell(fact_text(j->cluster, "config.host")));
    } else {
        report_bad(j->report, LEVEL_FAIL, "server", "%s", problem);
        mend_refused(j);
    }
}

/* an answer came; is it an API server's? */
static bool judge_version(struct judging *j)
{
    const json_t *version = fact(j->cluster, "version");
    const int64_t status = fact_number(version, "status", 0);
    const char *git = fact_text(version, "body.gitVersion");
    int major = 0, minor = 0;

    if (status == 0) {
        judge_no_answer(j, fact_text(version, "message"));
        return false;
    }
    if (status == 401 || status == 403) /* the credential's affair */
        return true;
    if (!fact_listed(version) || !words_version(git, &major, &minor)) {
        report_bad(j->report, LEVEL_FAIL, "server", "%s answers, but not as an API server does: status %" PRId64 "%s%s",
                   fact_text(j->cluster, "config.server"), status, *fact_text(version, "message") ? ": " : "",
                   fact_text(version, "message"));
        report_mend(j->report, "curl -k %s/version", words_shell(fact_text(j->cluster, "config.server")));
        return false;
    }
    if (major > 1 || minor >= MINOR_MIN) {
        report_ok(j->report, "server", "%s %s%s", fact_text(j->cluster, "config.server"), git, on_simulator(j) ? " (the simulator)" : "");
    } else {
        report_bad(j->report, LEVEL_WARN, "server", "%s: the lab is tried on v1.%d and newer", git, MINOR_MIN);
        if (*j->kind_name)
            report_mend(j->report, "kind delete cluster --name %s && kind create cluster --name %s --config kind-multinode.yaml",
                        words_shell(j->kind_name), words_shell(j->kind_name));
        else
            report_mend(j->report, "kind create cluster --config kind-multinode.yaml");
    }
    return true;
}

static void judge_tls(struct judging *j)
{
    const json_t *config = fact(j->cluster, "config");

    if (strncmp(fact_text(config, "server"), "https://", 8) != 0 && !strcmp(fact_text(config, "credential"), "token")) {
        report_bad(j->report, LEVEL_WARN, "TLS", "http: kubectl does not send a token over it, and is nobody");
        if (on_simulator(j))
            report_mend(j->report, "bin/simulator --tls --rbac --write-kubeconfig %s", words_shell(fact_text(config, "origin")));
        else
            report_mend(j->report, "kubectl config view --minify    (and give its server as https://)");
    } else if (strncmp(fact_text(config, "server"), "https://", 8) != 0)
        report_skip(j->report, "TLS", "http: nothing to check%s", on_simulator(j) ? " on the simulator" : "");
    else if (fact_true(config, "insecure")) {
        report_bad(j->report, LEVEL_WARN, "TLS", "insecure-skip-tls-verify: whoever answers is believed");
        mend_kind_kubeconfig(j);
    } else
        report_ok(j->report, "TLS", "the server's certificate is trusted");
}

static bool judge_credential(struct judging *j)
{
    /* who is refused at the first question is refused; a later answer may not have come */
    const bool at_once = fact_number(j->cluster, "version.status", 0) == 401;
    const json_t *user = fact(j->cluster, at_once ? "version" : "user");
    const int64_t status = fact_number(user, "status", 0), listed = fact_number(j->cluster, "nodes.status", 0);
    const char *warning = fact_text(j->cluster, "warning");

    if (status == 201) {
        report_ok(j->report, "credential", "accepted, you are %s", fact_text(user, "name"));
        return true;
    }
    if (status != 401 && listed && listed != 401) { /* a server that does not say who one is */
        report_ok(j->report, "credential", "accepted");
        return true;
    }
    report_bad(j->report, LEVEL_FAIL, "credential", "%s (status %" PRId64 ")%s%s", fact_text(user, "message"), status, *warning ? "; " : "",
               warning);
    mend_kind_kubeconfig(j);
    return false;
}

bool judge_server(struct judging *j)
{
    if (!judge_config(j) || !judge_version(j)) {
        report_skip(j->report, "the rest", "needs an API server that answers");
        return false;
    }
    judge_tls(j);
    if (judge_credential(j))
        return true;
    report_skip(j->report, "the rest", "needs a credential that the server accepts");
    return false;
}

void judge_clock(struct judging *j)
{
    const int64_t local = fact_time(j->cluster, "local"), server = fact_time(j->cluster, "date");
    const int64_t skew = local > server ? local - server : server - local;

    if (!local || !server) {
        report_skip(j->report, "clock", "the server does not tell its time");
        return;
    }
    if (skew < SKEW_WARN_US) {
        report_ok(j->report, "clock", "as the server's");
        return;
    }
    report_bad(j->report, skew < SKEW_FAIL_US ? LEVEL_WARN : LEVEL_FAIL, "clock",
               "%s %s the server's: certificates, leases and ages will not fit", words_span(skew), local > server ? "ahead of" : "behind");
    if (!strcmp(fact_text(j->laptop, "os.name"), "Darwin"))
        report_mend(j->report, "sudo sntp -sS time.apple.com");
    else
        report_mend(j->report, fact_true(j->laptop, "os.wsl") ? "sudo hwclock -s" : "sudo timedatectl set-ntp true");
}

/* judge_tools.c: docker, kind and kubectl: there, new enough, and at work. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "doctor/judge_internal.h"

#define KIND_MINOR_MIN 20
#define KIND_NEW "v0.30.0"
#define KUBECTL_NEW "v1.34.0"

/* the name of this machine in download addresses */
static const char *platform(const struct judging *j)
{
    static char text[64];
    const char *machine = fact_text(j->laptop, "os.machine");
    const bool arm = !strcmp(machine, "arm64") || !strcmp(machine, "aarch64");

    snprintf(text, sizeof text, "%s%c%s", strcmp(fact_text(j->laptop, "os.name"), "Darwin") == 0 ? "darwin" : "linux", '/',
             arm ? "arm64" : "amd64");
    return text;
}

static bool is_mac(const struct judging *j)
{
    return !strncmp(platform(j), "darwin", 6);
}

/* something of docker's is missing or broken: what that means depends on whether anybody needs it */
static void add_tool(struct judging *j, enum level level, const char *check, const char *what)
{
    static const char unneeded[] = "not needed on the simulator";

    if (on_simulator(j))
        report_skip(j->report, check, "%s: %s", what, unneeded);
    else if (level == LEVEL_FAIL || j->kubernetes != KUBERNETES_UNSEEN)
        report_bad(j->report, level, check, "%s", what);
    else
        report_bad(j->report, level, check, "%s (%s)", what, unneeded);
}

/* what a program that failed has said, or what was done to it */
static const char *trouble(const json_t *run)
{
    const char *problem = fact_text(run, "problem"), *output = fact_text(run, "output");

    return *output && strstr(problem, "exit code") ? output : problem;
}

static void judge_docker_trouble(struct judging *j, const json_t *docker)
{
    const char *output = trouble(docker);

    if (strstr(output, "permission denied")) {
        add_tool(j, LEVEL_FAIL, "docker", "the daemon's socket is not yours: permission denied");
        report_mend(j->report, "sudo usermod -aG docker \"$USER\" && newgrp docker");
        return;
    }
    if (strstr(output, "annot connect") || strstr(output, "daemon running") || strstr(output, "error during connect"))
        add_tool(j, LEVEL_FAIL, "docker", "installed, but its daemon does not answer");
    else if (strstr(output, "still running"))
        add_tool(j, LEVEL_FAIL, "docker", "installed, but hangs: no answer within 10 s");
    else
        add_tool(j, LEVEL_FAIL, "docker", output);
    if (is_mac(j))
        report_mend(j->report, "open -a Docker");
    else
        report_mend(j->report, fact_true(j->laptop, "os.wsl") ? "sudo service docker restart" : "sudo systemctl restart docker");
}

/* whether the lab's image was built; only where docker tells */
static void judge_built(struct judging *j)
{
    const json_t *image = fact(j->laptop, "image");

    if (!image || on_simulator(j))
        return;
    if (!*fact_text(image, "problem"))
        report_ok(j->report, "image built", "%s", j->options->image);
    else {
        report_bad(j->report, LEVEL_WARN, "image built", "docker has no %s (the simulator needs none)", j->options->image);
        report_mend(j->report, "make image IMAGE=%s", words_shell(j->options->image));
    }
}

void judge_docker(struct judging *j)
{
    const json_t *docker = fact(j->laptop, "docker");
    const char *output = fact_text(docker, "output"), *problem = fact_text(docker, "problem");

    if (!fact_true(docker, "found")) {
        add_tool(j, LEVEL_WARN, "docker", "not installed");
        report_mend(j->report, "%s",
                    is_mac(j) ? "brew install --cask docker && open -a Docker" : "curl -fsSL https://get.docker.com | sudo sh");
    } else if (*problem) {
        judge_docker_trouble(j, docker);
    } else {
        report_ok(j->report, "docker", "%s", output);
        judge_built(j);
    }
}

static void mend_kind(struct judging *j)
{
    char name[64];

    snprintf(name, sizeof name, "%s", platform(j));
    name[strcspn(name, "/")] = '-';
    if (is_mac(j))
        report_mend(j->report, "brew install kind || brew upgrade kind");
    else
        report_mend(j->report, "curl -Lo kind https://kind.sigs.k8s.io/dl/" KIND_NEW "/kind-%s && sudo install kind /usr/local/bin/kind",
                    name);
}

void judge_kind(struct judging *j)
{
    const json_t *kind = fact(j->laptop, "kind");
    const char *output = fact_text(kind, "output");
    int major = 0, minor = 0;
    char what[160];

    if (!fact_true(kind, "found"))
        add_tool(j, LEVEL_WARN, "kind", "not installed");
    else if (*fact_text(kind, "problem"))
        add_tool(j, LEVEL_FAIL, "kind", trouble(kind));
    else if (words_version(output, &major, &minor) && (major > 0 || minor >= KIND_MINOR_MIN)) {
        report_ok(j->report, "kind", "%s", output);
        return;
    } else {
        snprintf(what, sizeof what, "%.80s: expected v0.%d or newer", output, KIND_MINOR_MIN);
        add_tool(j, LEVEL_FAIL, "kind", what);
    }
    mend_kind(j);
}

static void mend_kubectl(struct judging *j, const char *version)
{
    report_mend(j->report, "curl -LO https://dl.k8s.io/release/%s/bin/%s/kubectl && sudo install kubectl /usr/local/bin/kubectl", version,
                platform(j));
}

/* v1.34.4-eks-1 is v1.34.4 where releases are loaded from; what is no version is none */
static const char *release(const char *version)
{
    static char text[32];

    snprintf(text, sizeof text, "%.*s", (int)(strcspn(version, "-+") & 31), version);
    return text[0] == 'v' && text[strspn(text, "v0123456789.")] == '\0' ? text : KUBECTL_NEW;
}

void judge_kubectl(struct judging *j)
{
    const json_t *kubectl = fact(j->laptop, "kubectl");
    const char *version = fact_text(kubectl, "version"), *server = fact_text(j->cluster, "version.body.gitVersion");
    int major = 0, minor = 0, server_major = 0, server_minor = 0;

    if (!fact_true(kubectl, "found") || *fact_text(kubectl, "problem") || !words_version(version, &major, &minor)) {
        const char *output = fact_text(kubectl, "output");

        report_bad(j->report, LEVEL_FAIL, "kubectl", "%s",
                   !fact_true(kubectl, "found")     ? "not installed"
                   : *fact_text(kubectl, "problem") ? fact_text(kubectl, "problem")
                   : *output                        ? output
                                                    : "does not tell its version");
        mend_kubectl(j, release(server));
    } else if (!words_version(server, &server_major, &server_minor) || (major == server_major && abs(minor - server_minor) <= 1)) {
        report_ok(j->report, "kubectl", "%s%s%s", version, *server ? ", server " : "", server);
    } else {
        report_bad(j->report, LEVEL_WARN, "kubectl", "%s is more than one minor version away from the server's %s", version, server);
        mend_kubectl(j, release(server));
    }
}

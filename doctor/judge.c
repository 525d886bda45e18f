/* judge.c: see judge.h. The order of the findings, and what several judges need. */
#include "doctor/judge.h"

#include <stdio.h>
#include <string.h>

#include "doctor/judge_internal.h"

bool on_simulator(const struct judging *j)
{
    return j->kubernetes == KUBERNETES_SIMULATOR;
}

const char *name_of(const json_t *object)
{
    static char names[8][330];
    static unsigned next;
    char *name = names[next++ % 8];

    snprintf(name, sizeof names[0], "%.64s/%.255s", fact_text(object, "metadata.namespace"), fact_text(object, "metadata.name"));
    return name;
}

void mend_by_loading(struct judging *j, const char *image)
{
    if (j->kubernetes == KUBERNETES_KIND && !strcmp(j->kind_name, "kind"))
        report_mend(j->report, "kind load docker-image %s", words_shell(image));
    else if (j->kubernetes == KUBERNETES_KIND)
        report_mend(j->report, "kind load docker-image %s --name %s", words_shell(image), words_shell(j->kind_name));
    else
        report_mend(j->report, "docker push %s    (to a registry that the nodes can reach)", words_shell(image));
}

bool was_listed(struct judging *j, const char *check, const char *list)
{
    const json_t *answer = fact(j->cluster, list);

    if (fact_listed(answer))
        return true;
    report_bad(j->report, LEVEL_WARN, check, "cannot list %s: %s", list, fact_text(answer, "message"));
    report_mend(j->report, "kubectl auth can-i list %s --all-namespaces", list);
    return false;
}

/* kind names its contexts kind-NAME, and says on each node where it is from */
static void find_kind(struct judging *j)
{
    static const char scheme[] = "kind://";
    const char *context = fact_text(j->cluster, "config.context"),
               *provider = fact_text(json_array_get(fact(j->cluster, "nodes.items"), 0), "spec.providerID");

    if (!strncmp(provider, scheme, strlen(scheme)) && strchr(provider + strlen(scheme), '/')) {
        const char *name = strchr(provider + strlen(scheme), '/') + 1;

        snprintf(j->kind_name, sizeof j->kind_name, "%.*s", (int)(strcspn(name, "/") & 127), name);
    } else if (!strncmp(context, "kind-", 5)) {
        snprintf(j->kind_name, sizeof j->kind_name, "%.120s", context + 5);
    }
}

static void find_kubernetes(struct judging *j)
{
    if (!strcmp(fact_text(j->cluster, "version.body.platform"), "simulator")) {
        j->kubernetes = KUBERNETES_SIMULATOR;
        return;
    }
    find_kind(j);
    if (*j->kind_name)
        j->kubernetes = KUBERNETES_KIND;
    else if (fact_listed(fact(j->cluster, "version")))
        j->kubernetes = KUBERNETES_OTHER;
}

static void judge_laptop(struct judging *j)
{
    j->report->part = "laptop";
    judge_system(j);
    judge_docker(j);
    judge_kind(j);
    judge_kubectl(j);
    judge_limits(j);
    judge_proxy(j);
}

static void judge_cluster(struct judging *j)
{
    j->report->part = "cluster";
    if (!judge_server(j))
        return;
    judge_clock(j);
    judge_nodes(j);
    judge_images(j);
    judge_access(j);
    judge_deployments(j);
    judge_doubles(j);
    judge_leases(j);
    judge_names(j);
    judge_pods(j);
}

/* A program of a mend that talks to the cluster, or is about the kubeconfig. */
static const struct asking {
    const char *program;
    bool knows_contexts;
} asking[] = {{"kubectl ", true}, {"bin/explain ", true}, {"bin/watch ", true}, {"bin/doctor ", true}, {"kind export kubeconfig ", false}};

static const struct asking *asks_the_cluster(const char *mend, const char *at)
{
    if (at != mend && (at < mend + 2 || strncmp(at - 2, "| ", 2) != 0))
        return NULL;
    for (size_t i = 0; i < sizeof asking / sizeof asking[0]; i++)
        if (!strncmp(at, asking[i].program, strlen(asking[i].program)))
            return &asking[i];
    return NULL;
}

/* the mend with the flags of the command line; false: it is too long for a line */
static bool point(const struct doctor_options *options, const char *mend, char *out, size_t size)
{
    size_t used = 0;

    for (const char *at = mend; *at && used < size;) {
        const struct asking *program = asks_the_cluster(mend, at);

        if (!program) {
            out[used++] = *at++;
            continue;
        }
        used += (size_t)snprintf(out + used, size - used, "%s", program->program);
        if (options->kubeconfig && used < size)
            used += (size_t)snprintf(out + used, size - used, "--kubeconfig %s ", words_shell(options->kubeconfig));
        if (options->context && program->knows_contexts && used < size)
            used += (size_t)snprintf(out + used, size - used, "--context %s ", words_shell(options->context));
        at += strlen(program->program);
    }
    if (used < size)
        out[used] = '\0';
    return used < size;
}

/* A cluster that was named to us has to be named to whoever mends it, or another one is mended. */
static void point_at_the_cluster(struct judging *j)
{
    char pointed[REPORT_LINE_BYTES];

    for (size_t i = 0; i < j->report->count && (j->options->kubeconfig || j->options->context); i++)
        if (j->report->finding[i].mend && point(j->options, j->report->finding[i].mend, pointed, sizeof pointed))
            report_mend_at(j->report, i, "%s", pointed);
}

void judge(const struct doctor_options *options, const json_t *facts, struct report *report)
{
    struct judging j = {
        .options = options, .laptop = json_object_get(facts, "laptop"), .cluster = json_object_get(facts, "cluster"), .report = report};

    j.now_us = fact_time(j.cluster, "now");
    find_kubernetes(&j);
    schedulers_find(j.cluster, options->image, &j.schedulers);
    judge_laptop(&j);
    if (j.cluster)
        judge_cluster(&j);
    point_at_the_cluster(&j);
}

/* judge_schedulers.c: the scheduler's Deployment, two schedulers of one name, and the Lease. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "doctor/judge_internal.h"

/* a Deployment's own words for why it has no pods */
static const char *replica_failure(const json_t *deployment)
{
    const json_t *condition;
    size_t i;

    json_array_foreach(fact(deployment, "status.conditions"), i,
                       condition) if (!strcmp(fact_text(condition, "type"), "ReplicaFailure") &&
                                      !strcmp(fact_text(condition, "status"), "True")) return fact_text(condition, "message");
    return "";
}

/* another one that is at work for the same pods */
static bool has_a_stand_in(const struct judging *j, const struct scheduler *one)
{
    for (size_t i = 0; i < j->schedulers.count; i++)
        if (&j->schedulers.one[i] != one && j->schedulers.one[i].ready && !strcmp(j->schedulers.one[i].serves, one->serves))
            return true;
    return false;
}

static void judge_replicas(struct judging *j, const struct scheduler *one)
{
    const char *failure = replica_failure(one->object);

    if (one->wanted == 0 && has_a_stand_in(j, one)) {
        report_ok(j->report, "deployment", "%s is scaled to 0", name_of(one->object));
    } else if (one->wanted == 0) {
        report_bad(j->report, LEVEL_WARN, "deployment", "%s is scaled to 0: nobody serves %s", name_of(one->object), one->serves);
        report_mend(j->report, "kubectl -n %s scale deployment %s --replicas=1", one->namespace_, one->name);
    } else if (one->ready >= one->wanted) {
        report_ok(j->report, "deployment", "%s: %" PRId64 " of %" PRId64 " ready, for pods of %s", name_of(one->object), one->ready,
                  one->wanted, one->serves);
    } else if (strstr(failure, "serviceaccount")) {
        report_bad(j->report, LEVEL_FAIL, "deployment", "%s gets no pods: %s", name_of(one->object), failure);
        report_mend(j->report, "kubectl apply -f manifests/rbac.yaml");
    } else {
        report_bad(j->report, LEVEL_FAIL, "deployment", "%s: %" PRId64 " of %" PRId64 " ready%s%s", name_of(one->object), one->ready,
                   one->wanted, *failure ? ": " : "", failure);
        report_mend(j->report, "kubectl -n %s describe deployment %s", one->namespace_, one->name);
    }
}

/* the lab's schedulers are there, and serve others than we were told of */
static void judge_served(struct judging *j, const struct word_list *others, const char *nearest)
{
    struct word_list names = *others;

    report_bad(j->report, LEVEL_WARN, "scheduler", "none serves %s, but %s: is that the name in your pods?", j->options->scheduler_name,
               word_list_text(&names));
    report_mend(j->report, "bin/doctor --scheduler-name %s", words_shell(nearest));
}

void judge_deployments(struct judging *j)
{
    struct word_list others = {.count = 0};
    const char *nearest = "";
    bool served = false;

    if (!was_listed(j, "deployment", "deployments"))
        return;
    for (size_t i = 0; i < j->schedulers.count; i++) {
        const struct scheduler *one = &j->schedulers.one[i];

        if (one->is_kube_scheduler)
            continue;
        if (!one->is_pod)
            judge_replicas(j, one);
        else
            report_ok(j->report, "deployment", "none, but pod %s, for pods of %s", name_of(one->object), one->serves);
        served |= !strcmp(one->serves, j->options->scheduler_name);
        word_list_add(&others, one->serves);
        nearest = one->serves;
    }
    if (!others.count && on_simulator(j)) {
        report_skip(j->report, "deployment", "none: on the simulator a scheduler runs beside it");
        report_mend(j->report, "bin/watch --scheduler-name %s", words_shell(j->options->scheduler_name));
    } else if (!others.count) {
        report_bad(j->report, LEVEL_WARN, "deployment", "no scheduler of the lab is in the cluster (before its step 5 none is)");
        report_mend(j->report, "kubectl apply -f manifests/rbac.yaml -f manifests/watch-deployment.yaml");
    } else if (!served) {
        judge_served(j, &others, nearest);
    }
}

/* all that run under one name */
struct namesakes {
    struct word_list who;
    int64_t replicas;
    bool elect;                   /* each of them */
    bool kube, ours;              /* kube-scheduler, and one of the lab's: their Leases are not the same */
    const struct scheduler *last; /* of the lab's */
};

static void count_namesakes(const struct judging *j, size_t first, struct namesakes *out)
{
    *out = (struct namesakes){.elect = true};
    for (size_t k = first; k < j->schedulers.count; k++) {
        const struct scheduler *one = &j->schedulers.one[k];

        if (strcmp(one->serves, j->schedulers.one[first].serves) != 0 || !one->wanted)
            continue;
        out->replicas += one->wanted;
        out->elect &= one->elects;
        out->kube |= one->is_kube_scheduler;
        out->ours |= !one->is_kube_scheduler;
        if (!one->is_kube_scheduler && (!out->last || out->last->elects || !one->elects))
            out->last = one;
        word_list_add(&out->who, name_of(one->object));
    }
}

static void judge_name_of(struct judging *j, size_t first)
{
    struct namesakes all;

    count_namesakes(j, first, &all);
    if (!all.ours || all.replicas < 2 || (all.elect && !all.kube))
        return;
    report_bad(j->report, LEVEL_FAIL, "one of a name", "%" PRId64 " schedulers serve %s without leader election among them: %s",
               all.replicas, j->schedulers.one[first].serves, word_list_text(&all.who));
    if (all.last->is_pod)
        report_mend(j->report, "kubectl -n %s delete pod %s", all.last->namespace_, all.last->name);
    else
        report_mend(j->report, "kubectl -n %s scale deployment %s --replicas=%d", all.last->namespace_, all.last->name,
                    all.who.count > 1 ? 0 : 1);
}

void judge_doubles(struct judging *j)
{
    for (size_t i = 0; i < j->schedulers.count; i++) {
        bool again = false;

        for (size_t k = 0; k < i && !again; k++)
            again = !strcmp(j->schedulers.one[k].serves, j->schedulers.one[i].serves);
        if (!again)
            judge_name_of(j, i);
    }
}

/* ---- leases ---- */

/* the pod whose name is the holder's host name, as client-go's identity HOST_UUID has it */
static bool holder_lives(const struct judging *j, const char *holder)
{
    const size_t bytes = strcspn(holder, "_");
    const json_t *pod;
    size_t i;

    json_array_foreach(fact(j->cluster, "pods.items"), i, pod)
    {
        const char *name = fact_text(pod, "metadata.name");

        if (strlen(name) == bytes && !strncmp(name, holder, bytes))
            return true;
    }
    return false;
}

static void judge_lease(struct judging *j, const json_t *lease)
{
    const char *holder = fact_text(lease, "spec.holderIdentity"), *name = fact_text(lease, "metadata.name");
    const int64_t renewed = fact_time(lease, "spec.renewTime"), duration = fact_number(lease, "spec.leaseDurationSeconds", 15) * S_US,
                  left = renewed + duration - j->now_us;

    if (!*holder) {
        report_ok(j->report, "lease", "%s is free", name_of(lease));
    } else if (left < 0) {
        report_bad(j->report, LEVEL_WARN, "lease", "%s is held by %s, dead for %s", name_of(lease), holder, words_span(left));
        report_mend(j->report, "kubectl -n %s delete lease %s", fact_text(lease, "metadata.namespace"), words_shell(name));
    } else if (holder_lives(j, holder)) {
        report_ok(j->report, "lease", "%s is held by %s", name_of(lease), holder);
    } else {
        report_ok(j->report, "lease", "%s is held by %s, which is no pod here, for %s more unless it renews", name_of(lease), holder,
                  words_span(left));
    }
}

/* of a scheduler that is there; and the one that is asked about may elect by hand, outside of the cluster */
static bool lease_is_ours(const struct judging *j, const char *namespace_, const char *name)
{
    for (size_t i = 0; i < j->schedulers.count; i++) {
        const struct scheduler *one = &j->schedulers.one[i];

        if (!one->is_kube_scheduler && !strcmp(name, one->lease) && !strcmp(namespace_, one->lease_namespace))
            return true;
    }
    return !strcmp(name, j->options->scheduler_name) && !strcmp(namespace_, "kube-system");
}

void judge_leases(struct judging *j)
{
    const json_t *lease;
    size_t i;

    json_array_foreach(fact(j->cluster, "leases.items"), i, lease)
    {
        if (lease_is_ours(j, fact_text(lease, "metadata.namespace"), fact_text(lease, "metadata.name")))
            judge_lease(j, lease);
    }
}

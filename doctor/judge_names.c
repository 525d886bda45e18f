/* judge_names.c: pods that wait for a scheduler that nobody runs, and the name that was meant. */
#include <stdio.h>
#include <string.h>

#include "doctor/judge_internal.h"

#define YOUNG_US (5 * S_US)     /* a scheduler that polls may not have looked yet */
#define LATELY_US (3600 * S_US) /* who bound a pod then may well run, outside of the cluster */
#define NAMES_MAX 16

static const json_t *scheduled_condition(const json_t *pod)
{
    const json_t *condition;
    size_t i;

    json_array_foreach(fact(pod, "status.conditions"), i,
                       condition) if (!strcmp(fact_text(condition, "type"), "PodScheduled")) return condition;
    return NULL;
}

bool waits_for_a_node(const json_t *pod)
{
    return !*fact_text(pod, "spec.nodeName") && !*fact_text(pod, "metadata.deletionTimestamp") &&
           !json_array_size(fact(pod, "spec.schedulingGates")) && !strcmp(fact_text(pod, "status.phase"), "Pending");
}

/* somebody looked at it, and said why not */
static bool was_refused(const json_t *pod)
{
    return *fact_text(scheduled_condition(pod), "message") != '\0';
}

static bool runs(const struct judging *j, const char *scheduler)
{
    const json_t *lease, *pod;
    size_t i;

    for (i = 0; i < j->schedulers.count; i++)
        if (!strcmp(j->schedulers.one[i].serves, scheduler) && j->schedulers.one[i].ready > 0)
            return true;
    json_array_foreach(fact(j->cluster, "leases.items"), i,
                       lease) if (!strcmp(fact_text(lease, "metadata.name"), scheduler) && *fact_text(lease, "spec.holderIdentity") &&
                                  fact_time(lease, "spec.renewTime") + fact_number(lease, "spec.leaseDurationSeconds", 15) * S_US >
                                      j->now_us) return true;
    json_array_foreach(fact(j->cluster, "pods.items"), i, pod) if (!strcmp(fact_text(pod, "spec.schedulerName"), scheduler) &&
                                                                   waits_for_a_node(pod) && was_refused(pod)) return true;
    return false;
}

bool nobody_serves(const struct judging *j, const char *scheduler)
{
    const json_t *bound = json_object_get(fact(j->cluster, "pods.bound"), scheduler);

    /* a control plane that shows nothing of itself, and the simulator's, which is no pod */
    if (!strcmp(scheduler, "default-scheduler"))
        return false;
    return !runs(j, scheduler) && fact_time(bound, "last") + LATELY_US < j->now_us;
}

/* the name among those that make sense here that is nearest; "" when none is near */
static const char *meant(const struct judging *j, const char *name)
{
    const char *candidates[SCHEDULERS_MAX + 2], *best = "";
    size_t count = 0, least = strlen(name) / 4 > 2 ? strlen(name) / 4 + 1 : 3;

    for (; count < j->schedulers.count; count++)
        candidates[count] = j->schedulers.one[count].serves;
    candidates[count++] = j->options->scheduler_name;
    candidates[count++] = "default-scheduler";
    for (size_t i = 0; i < count; i++) {
        const size_t distance = words_distance(name, candidates[i]);

        if (distance > 0 && distance < least) {
            least = distance;
            best = candidates[i];
        }
    }
    return best;
}

/* the Deployment that the pod's ReplicaSet is of; "" when it has none */
static const char *deployment_of(const json_t *pod)
{
    static char name[260];
    const json_t *owner = json_array_get(fact(pod, "metadata.ownerReferences"), 0);
    const char *set = fact_text(owner, "name"),
               *hash = json_string_value(json_object_get(fact(pod, "metadata.labels"), "pod-template-hash"));

    snprintf(name, sizeof name, "%s", set);
    if (strcmp(fact_text(owner, "kind"), "ReplicaSet") != 0 || !hash || strlen(hash) + 1 >= strlen(name))
        return "";
    name[strlen(name) - strlen(hash) - 1] = '\0';
    return name;
}

static void mend_name(struct judging *j, const json_t *pod, const char *name, const char *right)
{
    const char *namespace_ = fact_text(pod, "metadata.namespace"), *deployment = deployment_of(pod);
    char change[700];

    if (*deployment) {
        snprintf(change, sizeof change, "{\"spec\":{\"template\":{\"spec\":{\"schedulerName\":\"%.300s\"}}}}", right);
        report_mend(j->report, "kubectl -n %s patch deployment %s -p %s", namespace_, deployment, words_shell(change));
    } else {
        snprintf(change, sizeof change, "s|schedulerName: %.250s$|schedulerName: %.250s|", name, right);
        report_mend(j->report, "kubectl -n %s get pod %s -o yaml | sed %s | kubectl replace --force -f -", namespace_,
                    fact_text(pod, "metadata.name"), words_shell(change));
    }
}

static void mend_missing(struct judging *j, const char *name)
{
    for (size_t i = 0; i < j->schedulers.count; i++) {
        const struct scheduler *one = &j->schedulers.one[i];

        if (strcmp(one->serves, name) != 0)
            continue;
        if (one->wanted == 0)
            report_mend(j->report, "kubectl -n %s scale deployment %s --replicas=1", one->namespace_, one->name);
        else
            report_mend(j->report, "kubectl -n %s describe %s %s", one->namespace_, one->is_pod ? "pod" : "deployment", one->name);
        return;
    }
    if (!strcmp(name, "my-scheduler") && !on_simulator(j))
        report_mend(j->report, "kubectl apply -f manifests/rbac.yaml -f manifests/watch-deployment.yaml");
    else
        report_mend(j->report, "bin/watch --scheduler-name %s", words_shell(name));
}

/* the pods of one scheduler; `first` is one of them */
static void judge_name(struct judging *j, const json_t *first, const char *name)
{
    struct word_list waiting = {.count = 0};
    const char *right = meant(j, name);
    const json_t *pod;
    size_t i;

    json_array_foreach(fact(j->cluster, "pods.items"), i,
                       pod) if (waits_for_a_node(pod) && !strcmp(fact_text(pod, "spec.schedulerName"), name))
        word_list_add(&waiting, name_of(pod));
    report_bad(j->report, LEVEL_FAIL, "scheduler", "nobody serves \"%s\"%s%s%s, for which %zu pod%s: %s", name,
               *right ? " (did you mean \"" : "", right, *right ? "\"?)" : "", waiting.count, waiting.count == 1 ? " waits" : "s wait",
               word_list_text(&waiting));
    if (*right && strcmp(name, j->options->scheduler_name) != 0)
        mend_name(j, first, name, right);
    else
        mend_missing(j, name);
}

void judge_names(struct judging *j)
{
    const char *told[NAMES_MAX];
    const json_t *pod;
    size_t i, count = 0;

    json_array_foreach(fact(j->cluster, "pods.items"), i, pod)
    {
        const char *name = fact_text(pod, "spec.schedulerName");
        bool again = count == NAMES_MAX;

        if (!waits_for_a_node(pod) || j->now_us - fact_time(pod, "metadata.creationTimestamp") < YOUNG_US || !nobody_serves(j, name))
            continue;
        for (size_t k = 0; k < count && !again; k++)
            again = !strcmp(told[k], name);
        if (again)
            continue;
        told[count++] = name;
        judge_name(j, pod, name);
    }
}

/* judge_pods.c: pods that are stuck, and why, one line each. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "doctor/judge_internal.h"
#include "doctor/pods.h"

#define SILENT_US (30 * S_US)    /* served, and yet nobody says anything about it */
#define CREATING_US (120 * S_US) /* an image of ordinary size has come by then */
#define LEAVING_US (10 * S_US)   /* beyond its grace period */
#define PODS_TOLD 12

static void describe(struct judging *j, const json_t *pod)
{
    report_mend(j->report, "kubectl -n %s describe pod %s", fact_text(pod, "metadata.namespace"), fact_text(pod, "metadata.name"));
}

static const json_t *find_node(const struct judging *j, const char *name)
{
    const json_t *node;
    size_t i;

    json_array_foreach(fact(j->cluster, "nodes.items"), i, node) if (!strcmp(fact_text(node, "metadata.name"), name)) return node;
    return NULL;
}

static bool node_is_ready(const json_t *node)
{
    const json_t *condition;
    size_t i;

    json_array_foreach(fact(node, "status.conditions"), i, condition) if (!strcmp(fact_text(condition, "type"), "Ready")) return !strcmp(
        fact_text(condition, "status"), "True");
    return false;
}

/* ---- without a node ---- */

static const char *refusal(const json_t *pod)
{
    const json_t *condition;
    size_t i;

    json_array_foreach(fact(pod, "status.conditions"), i,
                       condition) if (!strcmp(fact_text(condition, "type"), "PodScheduled") &&
                                      !strcmp(fact_text(condition, "status"), "False")) return fact_text(condition, "message");
    return "";
}

static bool judge_waiting(struct judging *j, const json_t *pod)
{
    const char *scheduler = fact_text(pod, "spec.schedulerName"), *namespace_ = fact_text(pod, "metadata.namespace"),
               *name = fact_text(pod, "metadata.name"), *message = refusal(pod);
    const int64_t age = j->now_us - fact_time(pod, "metadata.creationTimestamp");

    if (json_array_size(fact(pod, "spec.schedulingGates"))) {
        report_bad(j->report, LEVEL_WARN, "pod", "%s is gated by %s: no scheduler may look at it", name_of(pod),
                   fact_text(json_array_get(fact(pod, "spec.schedulingGates"), 0), "name"));
        report_mend(j->report, "kubectl -n %s patch pod %s --type json -p '[{\"op\":\"remove\",\"path\":\"/spec/schedulingGates\"}]'",
                    namespace_, name);
    } else if (nobody_serves(j, scheduler)) {
        return false; /* judge_names() has told */
    } else if (*message) {
        report_bad(j->report, LEVEL_FAIL, "pod", "%s waits for a node: %s", name_of(pod), message);
        if (!strcmp(scheduler, "default-scheduler"))
            describe(j, pod);
        else
            report_mend(j->report, "bin/explain --scheduler-name %s %s/%s", words_shell(scheduler), namespace_, name);
    } else if (age > SILENT_US) {
        report_bad(j->report, LEVEL_FAIL, "pod", "%s waits for a node since %s, and %s says nothing", name_of(pod), words_span(age),
                   scheduler);
        describe(j, pod);
    } else {
        return false;
    }
    return true;
}

/* ---- with a node ---- */

/* why exit codes are what they are: of ours, and of every container */
static const char *exit_hint(int64_t code, const char *reason)
{
    if (!strcmp(reason, "OOMKilled"))
        return ": more memory than its limit";
    switch (code) {
    case 2:
        return ": a wrong flag or configuration, its last line names it";
    case 126:
    case 127:
        return ": its command cannot be run";
    case 139:
        return ": it crashed (SIGSEGV)";
    default:
        return "";
    }
}

static void judge_crash(struct judging *j, const json_t *pod, const json_t *status)
{
    const char *reason = fact_text(status, "lastState.terminated.reason");
    const int64_t code = fact_number(status, "lastState.terminated.exitCode", -1);

    report_bad(j->report, LEVEL_FAIL, "pod",
               "%s: container %s crashes again and again, %" PRId64 " times, last exit code %" PRId64 "%s%s%s%s", name_of(pod),
               fact_text(status, "name"), fact_number(status, "restartCount", 0), code, *reason ? " (" : "", reason, *reason ? ")" : "",
               exit_hint(code, reason));
    report_mend(j->report, "kubectl -n %s logs %s -c %s --previous", fact_text(pod, "metadata.namespace"), fact_text(pod, "metadata.name"),
                fact_text(status, "name"));
}

static const char *image_of(const json_t *pod, const char *container)
{
    static const char *const lists[] = {"spec.containers", "spec.initContainers"};
    const json_t *one;
    size_t i;

    for (int k = 0; k < 2; k++)
        json_array_foreach(fact(pod, lists[k]), i, one) if (!strcmp(fact_text(one, "name"), container)) return fact_text(one, "image");
    return "";
}

static bool is_about_images(const char *reason)
{
    static const char *const reasons[] = {"ErrImageNeverPull", "ImagePullBackOff", "ErrImagePull", "ImageInspectError"};

    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
        if (!strcmp(reason, reasons[i]))
            return true;
    return false;
}

static void judge_waiting_container(struct judging *j, const json_t *pod, const json_t *status)
{
    const char *reason = fact_text(status, "state.waiting.reason"), *message = fact_text(status, "state.waiting.message"),
               *image = image_of(pod, fact_text(status, "name")), *node = fact_text(pod, "spec.nodeName");

    if (!strcmp(reason, "CrashLoopBackOff")) {
        judge_crash(j, pod, status);
        return;
    }
    if (is_about_images(reason) && words_image_is_local(image)) {
        report_bad(j->report, LEVEL_FAIL, "pod", "%s: %s: %s is not on %s, and %s", name_of(pod), reason, image, node,
                   strcmp(reason, "ErrImageNeverPull") == 0 ? "may not be pulled" : "cannot be pulled");
        mend_by_loading(j, image);
        return;
    }
    report_bad(j->report, LEVEL_FAIL, "pod", "%s on %s: container %s: %s%s%.500s", name_of(pod), node, fact_text(status, "name"), reason,
               *message ? ": " : "", message);
    describe(j, pod);
}

static bool judge_placed(struct judging *j, const json_t *pod)
{
    const char *name = fact_text(pod, "spec.nodeName");
    const json_t *node = find_node(j, name), *waiting = pods_waiting(pod);
    const int64_t age = j->now_us - fact_time(pod, "metadata.creationTimestamp");

    if (waiting) {
        judge_waiting_container(j, pod, waiting);
        return true;
    }
    if (strcmp(fact_text(pod, "status.phase"), "Pending") != 0)
        return false;
    if (fact_listed(fact(j->cluster, "nodes")) && !node) {
        report_bad(j->report, LEVEL_FAIL, "pod", "%s is bound to %s, and there is no such node", name_of(pod), name);
        report_mend(j->report, "kubectl -n %s delete pod %s --force", fact_text(pod, "metadata.namespace"),
                    fact_text(pod, "metadata.name"));
    } else if (node && !node_is_ready(node)) {
        report_bad(j->report, LEVEL_FAIL, "pod", "%s cannot start on %s, which is not ready", name_of(pod), name);
        report_mend(j->report, "kubectl describe node %s", name);
    } else if (age > CREATING_US) {
        report_bad(j->report, LEVEL_FAIL, "pod", "%s does not start on %s since %s", name_of(pod), name, words_span(age));
        describe(j, pod);
    } else {
        return false;
    }
    return true;
}

/* ---- on its way out ---- */

static bool judge_leaving(struct judging *j, const json_t *pod)
{
    const int64_t over = j->now_us - fact_time(pod, "metadata.deletionTimestamp");
    const json_t *finalizers = fact(pod, "metadata.finalizers");
    const char *namespace_ = fact_text(pod, "metadata.namespace"), *name = fact_text(pod, "metadata.name");

    if (over < LEAVING_US)
        return false;
    if (json_array_size(finalizers)) {
        report_bad(j->report, LEVEL_FAIL, "pod", "%s is being deleted since %s: finalizer %s holds it", name_of(pod), words_span(over),
                   json_string_value(json_array_get(finalizers, 0)));
        report_mend(j->report, "kubectl -n %s patch pod %s --type merge -p '{\"metadata\":{\"finalizers\":null}}'", namespace_, name);
    } else {
        const json_t *node = find_node(j, fact_text(pod, "spec.nodeName"));

        report_bad(j->report, LEVEL_FAIL, "pod", "%s is being deleted since %s%s%s%s", name_of(pod), words_span(over),
                   node && node_is_ready(node) ? "" : ": no kubelet on ",
                   node && node_is_ready(node) ? "" : fact_text(pod, "spec.nodeName"), node && node_is_ready(node) ? "" : " ends it");
        report_mend(j->report, "kubectl -n %s delete pod %s --grace-period=0 --force", namespace_, name);
    }
    return true;
}

static bool judge_pod(struct judging *j, const json_t *pod)
{
    if (*fact_text(pod, "metadata.deletionTimestamp"))
        return judge_leaving(j, pod);
    return *fact_text(pod, "spec.nodeName") ? judge_placed(j, pod) : judge_waiting(j, pod);
}

void judge_pods(struct judging *j)
{
    const json_t *items = fact(j->cluster, "pods.items"), *pod;
    const size_t before = report_count(j->report, LEVEL_FAIL);
    size_t i, told = 0, left = 0;

    if (!was_listed(j, "pods", "pods"))
        return;
    json_array_foreach(items, i, pod)
    {
        if (told == PODS_TOLD)
            left++;
        else
            told += judge_pod(j, pod);
    }
    if (told == PODS_TOLD && left) {
        report_bad(j->report, LEVEL_WARN, "pod", "%zu more that do not run are not looked at: mend these first", left);
        report_mend(j->report, "kubectl get pods -A --field-selector=status.phase!=Running");
    }
    if (!told && report_count(j->report, LEVEL_FAIL) == before)
        report_ok(j->report, "pods", "none is stuck");
}

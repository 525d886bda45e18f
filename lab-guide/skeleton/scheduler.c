/*
 * scheduler.c: observe, decide, act. What you write here serves polling and watch alike.
 */
#include "scheduler.h"

#include <string.h>

/* ---- observe ---- */

bool is_ours(struct lab *lab, const struct pod *pod)
{
#if STEP_POLLING
    return !strcmp(pod->scheduler_name, lab_scheduler_name(lab)) && !*lab_node_name(lab, pod) && !lab_busy(lab, pod) &&
           pod->phase == POD_PENDING && !pod->deleting && !pod->gated;
#else
    /*
     * TODO (step 3, observe): true for a pod that asks for our scheduler and waits for a node. Not one that has a node already, nor one that
     * is being bound, has ended, is being deleted, or is gated. Other schedulers' pods are never ours.
     */
    (void)lab;
    (void)pod;
    return false;
#endif
}

/* ---- decide ---- */

#if STEP_POLLING
#if STEP_SPREAD
static bool same_app(const struct pod *a, const struct pod *b)
{
    const char *app = label_get(a->labels, a->label_count, "app");
    const char *other = label_get(b->labels, b->label_count, "app");

    return app && other && !strcmp(app, other);
}

#endif
#endif
int count_pods(struct lab *lab, const struct pod *pod, const struct node_spec *node)
{
#if STEP_POLLING
    struct lab_pods pods = lab_pods(lab);
#if STEP_SPREAD
    bool spread = !strcmp(lab_policy(lab), "spread") && label_get(pod->labels, pod->label_count, "app");
#endif
    int count = 0;

    for (size_t i = 0; i < pods.count; i++) {
        const struct pod *other = pods.pod[i];

        if (strcmp(lab_node_name(lab, other), node->name) != 0 || !pod_counts(other))
            continue;
#if STEP_SPREAD
        if (spread && !same_app(pod, other))
            continue;
#else
        /*
         * TODO (step 8, spread): with --policy spread, and if `pod` has a label "app", only pods with the same value of "app" count. lab_policy()
         * tells the policy, label_get() a label.
         */
        (void)pod;
#endif
        count++;
    }
    return count;
#else
    /* TODO (step 3, decide): go through lab_pods() and count those that are on this node. A pod that has ended does not count: pod_counts(). */
    (void)lab;
    (void)pod;
    (void)node;
    return 0;
#endif
}

bool has_required_labels(struct lab *lab, const struct node_spec *node)
{
#if STEP_LABEL
    size_t count;
    const struct label *required = lab_required_labels(lab, &count);

    for (size_t i = 0; i < count; i++) {
        const char *value = label_get(node->labels, node->label_count, required[i].key);

        if (!value || (required[i].value && strcmp(value, required[i].value) != 0))
            return false;
    }
    return true;
#else
    /* TODO (step 8, label): false for a node that lacks one of lab_required_labels(), or has it with another value. */
    (void)lab;
    (void)node;
    return true;
#endif
}

#if STEP_TAINTS
/* an empty key or effect of a toleration stands for every one */
static bool is_tolerated(const struct pod *pod, const struct taint *taint)
{
    for (size_t i = 0; i < pod->toleration_count; i++) {
        const struct toleration *t = &pod->tolerations[i];

        if (*t->key && strcmp(t->key, taint->key) != 0)
            continue;
        if (*t->effect && strcmp(t->effect, taint->effect) != 0)
            continue;
        if (!strcmp(t->operator_, "Exists") || (!strcmp(t->operator_, "Equal") && !strcmp(t->value, taint->value)))
            return true;
    }
    return false;
}

#endif
bool tolerates_taints(const struct pod *pod, const struct node_spec *node)
{
#if STEP_TAINTS
    for (size_t i = 0; i < node->taint_count; i++) {
        const struct taint *taint = &node->taints[i];

        if (strcmp(taint->effect, "PreferNoSchedule") != 0 && !is_tolerated(pod, taint))
            return false;
    }
    return true;
#else
    /*
     * TODO (step 8, taints): false if the node has a taint with the effect NoSchedule or NoExecute that none of the pod's tolerations matches. A
     * toleration matches by key, effect and operator: Exists, or Equal, which compares the value too. An empty key or effect matches any.
     */
    (void)pod;
    (void)node;
    return true;
#endif
}

const struct node_spec *pick_node(struct lab *lab, const struct pod *pod)
{
#if STEP_POLLING
    struct lab_nodes nodes = lab_nodes(lab);
    const struct node_spec *best = NULL;
    int best_count = 0;

    for (size_t i = 0; i < nodes.count; i++) {
        const struct node_spec *node = nodes.node[i];
        int count;

        if (!has_required_labels(lab, node) || !tolerates_taints(pod, node))
            continue;
        count = count_pods(lab, pod, node);
        if (!best || count < best_count) {
            best = node;
            best_count = count;
        }
    }
    return best;
#else
    /*
     * TODO (step 3, decide): of lab_nodes() the one with the fewest pods, by count_pods(); on a tie the first. Leave out nodes for which
     * has_required_labels() or tolerates_taints() is false: both say true until step 8.
     */
    (void)lab;
    (void)pod;
    return NULL;
#endif
}

/* ---- act ---- */

void place_pod(struct lab *lab, const struct pod *pod)
{
#if STEP_POLLING
    const struct node_spec *node;

    if (!is_ours(lab, pod)) /* observe */
        return;

    node = pick_node(lab, pod); /* decide */

    if (node)
        lab_bind(lab, pod, node, on_answer); /* act */
#else
    /* TODO (step 3, act): if the pod is ours, pick a node; if there is one, lab_bind() the pod to it, with on_answer for the answer. */
    (void)lab;
    (void)pod;
#endif
}

void on_answer(struct lab *lab, const struct lab_answer *answer)
{
#if STEP_BACKOFF
    int64_t delay_ms = 500;

#endif
    if (answer->result == LAB_BOUND) {
#if STEP_LOG
        lab_print(lab, "Bound %s/%s -> %s", answer->namespace_, answer->name, answer->node);
#else
        /* TODO (step 3, log): with lab_print() the line that everybody looks for: "Bound NAMESPACE/NAME -> NODE". Not before it is true. */
        (void)lab;
#endif
        return;
    }
#if STEP_BACKOFF
    if (answer->result != LAB_TRANSIENT || !answer->pod)
        return;
    for (int i = 1; i < answer->attempt && delay_ms < 8000; i++)
        delay_ms *= 2;
    lab_print(lab, "transient error in bind attempt=%d: status=%d reason=%s", answer->attempt, answer->status, answer->reason);
    lab_after(lab, answer->pod, delay_ms, place_pod);
#else
    /*
     * TODO (step 8, backoff): after LAB_TRANSIENT try again later: lab_after(), with place_pod. Wait 500 ms after the first attempt, twice as long
     * after each further one, up to some seconds. answer->pod is NULL when there is nothing left to bind.
     */
#endif
}

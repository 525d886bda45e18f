/*
 * fit_error.c: why a pod fits nowhere, in kube-scheduler's words: FitError of pkg/scheduler/framework/types.go (1.34), followed by what its
 * PostFilter plugins say. Without resource claims DynamicResources says "no new claims to deallocate"; DefaultPreemption tells nodes
 * where a preemption could never help from nodes where it found no victims.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/policy/peers.h"
#include "common/policy/policy.h"
#include "common/policy/rules.h"

struct tally {
    const char *reason;
    size_t nodes;
    char count[24]; /* "NODES ", as it is printed and sorted */
};

struct histogram {
    struct tally *tally;
    size_t count;
};

static const char left_out[] = "node(s) didn't satisfy plugin(s) [NodeAffinity]";
static const char conflict[] = "pod affinity terms conflict";
static const char kept[] = "node(s) were kept for pods that go first"; /* with a plan: feasible, and yet not for this pod */
static const char never[] = "not eligible due to preemptionPolicy=Never.";
static const char no_help[] = "Preemption is not helpful for scheduling";
static const char no_victims[] = "No preemption victims found for incoming pod";

/* the histogram has room for every reason that can come */
static void add(struct histogram *h, const char *reason)
{
    struct tally *tally = h->tally;

    while (tally < h->tally + h->count && strcmp(tally->reason, reason) != 0)
        tally++;
    if (tally == h->tally + h->count)
        h->tally[h->count++] = (struct tally){.reason = reason};
    tally->nodes++;
}

/* as strings, so "10 x" stands before "2 x" */
static int in_order(const void *a, const void *b)
{
    const struct tally *s = a, *t = b;
    int order = strcmp(s->count, t->count);

    return order ? order : strcmp(s->reason, t->reason);
}

static int print(struct histogram *h, size_t nodes, struct buffer *out, struct error *err)
{
    for (size_t i = 0; i < h->count; i++)
        snprintf(h->tally[i].count, sizeof h->tally[i].count, "%zu ", h->tally[i].nodes);
    qsort(h->tally, h->count, sizeof *h->tally, in_order);
    if (buffer_printf(out, err, "0/%zu nodes are available:", nodes) < 0)
        return -1;
    for (size_t i = 0; i < h->count; i++)
        if (buffer_printf(out, err, "%s %s%s", i ? "," : "", h->tally[i].count, h->tally[i].reason) < 0)
            return -1;
    return h->count ? buffer_add_string(out, ".", err) : 0;
}

/* could removing pods from the node never help? */
static bool is_unresolvable(int filter, const char *reason, const struct pod *pod, const struct node *node)
{
    switch (filter) {
    case FILTER_HOST_PORTS:
        return false;
    case FILTER_RESOURCES:
        return resources_exceed_node(pod, node);
    case FILTER_TOPOLOGY_SPREAD:
    case FILTER_POD_AFFINITY:
        return peers_unresolvable(reason);
    default:
        return true;
    }
}

static void examine(const struct scheduling_policy *policy, const struct pod *pod, const struct peers *peers, const struct node *node,
                    struct histogram *why, struct histogram *preemption)
{
    const char *reasons[FILTER_MAX_REASONS] = {NULL};
    size_t count = 0;
    int filter;

    if (policy->filters.enabled[FILTER_NODE_SELECTOR] && affinity_leaves_out(pod, node)) {
        add(why, left_out);
        add(preemption, no_help);
        return;
    }
    filter = filter_first_failing(&policy->filters, pod, peers, node, reasons, &count);
    for (size_t i = 0; i < count; i++)
        add(why, reasons[i]);
    if (filter < 0)
        add(why, kept);
    add(preemption, is_unresolvable(filter, reasons[0], pod, node) ? no_help : no_victims);
}

/*
 * Where matchFields contradict each other in every term kube-scheduler filters no node at all (PreFilter of its NodeAffinity plugin). Its
 * DynamicResources then misses what it would have noted while filtering, says so, and nobody comes to speak of preemption.
 */
static int say_conflict(size_t nodes, struct buffer *out, struct error *err)
{
    return buffer_printf(out, err, "0/%zu nodes are available: %s. not found", nodes, conflict);
}

static int say_preemption(const struct pod *pod, struct histogram *preemption, size_t nodes, struct buffer *out, struct error *err)
{
    if (buffer_add_string(out, " no new claims to deallocate, preemption: ", err) < 0)
        return -1;
    return pod->never_preempts ? buffer_add_string(out, never, err) : print(preemption, nodes, out, err);
}

int policy_fit_error(const struct scheduling_policy *policy, const struct pod *pod, struct node *const *nodes, size_t count,
                     struct buffer *out, struct error *err)
{
    const size_t room = FILTER_COUNT + 8 + pod->requests.extended_count; /* each filter's, what some have more than one of, and left_out */
    struct histogram why = {NULL, 0}, preemption = {(struct tally[2]){{0}}, 0};
    const size_t before = out->bytes;
    struct peers *peers = NULL;
    int ret = -1;

    if (count == 0)
        return buffer_add_string(out, "no nodes available to schedule pods", err);
    if (policy->filters.enabled[FILTER_NODE_SELECTOR] && affinity_conflicts(pod))
        return say_conflict(count, out, err);
    why.tally = calloc(room, sizeof *why.tally);
    if (!why.tally)
        return error_no_memory(err);
    if (peers_count(&policy->filters, pod, nodes, count, &peers, err) < 0)
        goto cleanup;
    for (size_t i = 0; i < count; i++)
        examine(policy, pod, peers, nodes[i], &why, &preemption);
    if (print(&why, count, out, err) < 0)
        goto cleanup;
    if (!policy->policy->plans && say_preemption(pod, &preemption, count, out, err) < 0)
        goto cleanup;
    ret = 0;
cleanup:
    if (ret < 0 && out->data)
        out->data[out->bytes = before] = '\0';
    peers_free(peers);
    free(why.tally);
    return ret;
}

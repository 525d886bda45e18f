/*
 * fit_error.c: why a pod fits nowhere, in kube-scheduler's words: FitError of pkg/scheduler/framework/types.go (1.34), followed by what its
 * PostFilter plugins say. Without resource claims DynamicResources says "no new claims to deallocate"; DefaultPreemption tells nodes
 * where a preemption could never help from nodes where it found no victims.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/policy/policy.h"
#include "common/policy/preempt_internal.h"
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

/* the words about one node: what the filters say, and what preemption has to say of it */
struct words {
    struct histogram why, preemption;
    bool helps; /* somewhere preemption makes room */
};

/* what taking pods off the node would come to */
static int examine_preemption(struct words *words, struct dry_run *run, const struct node *node, struct error *err)
{
    enum dry_run_result result;

    if (dry_run_node(run, node, &result, err) < 0)
        return -1;
    words->helps = words->helps || result == DRY_RUN_ROOM;
    if (result == DRY_RUN_NO_VICTIMS)
        add(&words->preemption, no_victims);
    for (size_t i = 0; i < run->reason_count && result == DRY_RUN_NO_ROOM; i++)
        add(&words->preemption, run->reasons[i]);
    return 0;
}

/* `run` is for a pod that may preempt; one without `policy->preempts` finds no victims */
static int examine(struct words *words, struct dry_run *run, const struct node *node, struct error *err)
{
    const char *reasons[FILTER_MAX_REASONS] = {NULL};
    bool could_help;
    size_t count;

    could_help = preemption_could_help(run->policy, run->pod, run->peers, node, reasons, &count);
    if (run->policy->filters.enabled[FILTER_NODE_SELECTOR] && affinity_leaves_out(run->pod, node))
        add(&words->why, left_out);
    else if (count == 0)
        add(&words->why, kept);
    for (size_t i = 0; i < count; i++)
        add(&words->why, reasons[i]);
    if (words->helps)
        return 0; /* nobody will speak of preemption */
    if (could_help && run->scheduler_name)
        return examine_preemption(words, run, node, err);
    add(&words->preemption, could_help ? no_victims : no_help);
    return 0;
}

/*
 * Where matchFields contradict each other in every term kube-scheduler filters no node at all (PreFilter of its NodeAffinity plugin). Its
 * DynamicResources then misses what it would have noted while filtering, says so, and nobody comes to speak of preemption.
 */
static int say_conflict(size_t nodes, struct buffer *out, struct error *err)
{
    return buffer_printf(out, err, "0/%zu nodes are available: %s. not found", nodes, conflict);
}

static int examine_all(struct words *words, struct dry_run *run, struct node *const *nodes, size_t count, struct error *err)
{
    int ret = peers_count(&run->policy->filters, run->pod, nodes, count, &run->peers, err);

    for (size_t i = 0; ret == 0 && i < count; i++)
        ret = examine(words, run, nodes[i], err);
    peers_free(run->peers);
    dry_run_end(run);
    return ret;
}

int policy_fit_error(const struct scheduling_policy *policy, const struct pod *pod, struct node *const *nodes, size_t count,
                     struct buffer *out, struct error *err)
{
    /* each filter's, what some have more than one of, and the three of this file */
    const size_t room = FILTER_COUNT + 10 + pod->requests.extended_count, before = out->bytes;
    struct dry_run run = {.policy = policy, .pod = pod};
    struct words words = {{NULL, 0}, {NULL, 0}, false};
    const char *barred;
    int ret = -1;

    if (count == 0)
        return buffer_add_string(out, "no nodes available to schedule pods", err);
    if (policy->filters.enabled[FILTER_NODE_SELECTOR] && affinity_conflicts(pod))
        return say_conflict(count, out, err);
    words.why.tally = calloc(2 * room, sizeof *words.why.tally);
    if (!words.why.tally)
        return error_no_memory(err);
    words.preemption.tally = words.why.tally + room;
    barred = preemption_barred(policy, pod, nodes, count, policy->preempts);
    run.scheduler_name = barred ? NULL : policy->preempts;
    if (examine_all(&words, &run, nodes, count, err) < 0 || print(&words.why, count, out, err) < 0)
        goto cleanup;
    if (!words.helps && !policy->policy->plans &&
        (buffer_add_string(out, " no new claims to deallocate, preemption: ", err) < 0 ||
         (barred ? buffer_add_string(out, barred, err) : print(&words.preemption, count, out, err)) < 0))
        goto cleanup;
    ret = 0;
cleanup:
    if (ret < 0 && out->data)
        out->data[out->bytes = before] = '\0';
    free(words.why.tally);
    return ret;
}

/* verdict.c: see verdict.h. */
#include "explain/verdict.h"

#include <string.h>

#include "common/policy/peers.h"

static void judge(const struct scheduling_policy *policy, const struct pod *pod, const struct peers *peers, const struct node *node,
                  struct verdict *verdict)
{
    const char *reasons[FILTER_MAX_REASONS];
    size_t count;

    *verdict = (struct verdict){.node = node->spec->name, .score = policy->policy->score ? policy->policy->score(policy, pod, node) : 0};
    if (policy->filters.enabled[FILTER_TAINTS])
        verdict->taints = taints_not_preferred(pod, node);
    verdict->spread = peers_rank(peers, node);
    for (int i = 0; i < FILTER_COUNT; i++) {
        /* a node that has a pod of ours already is the plan's affair: it says which pod, and whether it stays */
        if (!policy->filters.enabled[i] || i == FILTER_ONE_PER_NODE ||
            filter_check((enum filter_id)i, &policy->filters, pod, peers, node, reasons, &count))
            continue;
        for (size_t j = 0; j < count && verdict->objections < VERDICT_MAX_OBJECTIONS; j++)
            verdict->objection[verdict->objections++] = (struct objection){(enum filter_id)i, reasons[j]};
    }
}

int verdicts_make(const struct scheduling_policy *policy, const struct pod *pod, struct node *const *nodes, size_t count,
                  struct verdict *out, struct error *err)
{
    struct peers *peers = NULL;

    if (!policy->policy->plans && peers_count(&policy->filters, pod, nodes, count, &peers, err) < 0)
        return -1;
    for (size_t i = 0; i < count; i++)
        judge(policy, pod, peers, nodes[i], &out[i]);
    peers_free(peers);
    return 0;
}

/* What set the pick apart from the other feasible nodes. */
struct contest {
    size_t feasible, equal;
    bool taints_told, spread_told; /* a node that would have won by its score lost by them */
};

static struct contest look(const struct verdict *verdicts, size_t count, const struct verdict *pick)
{
    struct contest contest = {0, 0, false, false};

    for (size_t i = 0; i < count; i++) {
        const struct verdict *v = &verdicts[i];

        if (v->objections)
            continue;
        contest.feasible++;
        if (v->score > pick->score)
            continue;
        if (v->taints == pick->taints && v->spread == pick->spread)
            contest.equal++;
        else if (v->score == pick->score && v > pick)
            continue;
        else if (v->taints > pick->taints)
            contest.taints_told = true;
        else
            contest.spread_told = true;
    }
    return contest;
}

int verdicts_tell_pick(const struct verdict *verdicts, size_t count, const char *pick, struct buffer *out, struct error *err)
{
    const struct verdict *picked = verdicts;
    struct contest contest;

    while (strcmp(picked->node, pick) != 0)
        picked++;
    contest = look(verdicts, count, picked);
    if (buffer_printf(out, err, "%zu of %zu nodes %s feasible", contest.feasible, count, contest.feasible == 1 ? "is" : "are") < 0)
        return -1;
    if (contest.feasible == 1)
        return 0;
    if (contest.equal > 1 ? buffer_printf(out, err, "; first in name order of %zu with the lowest score", contest.equal) < 0
                          : buffer_add_string(out, "; lowest score", err) < 0)
        return -1;
    if (!contest.taints_told && !contest.spread_told)
        return 0;
    return buffer_printf(out, err, " among %s%s%s", contest.taints_told ? "those with the fewest PreferNoSchedule taints in the way" : "",
                         contest.taints_told && contest.spread_told ? ", and of these " : "",
                         contest.spread_told ? "those that ScheduleAnyway constraints favour most" : "");
}

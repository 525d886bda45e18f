/* explain.c: see explain.h. What is said of nodes and of the pick is verdict.c's. */
#include "explain/explain.h"

#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "common/cluster/queue.h"
#include "common/limits.h"
#include "common/policy/preempt.h"
#include "explain/planned.h"
#include "explain/show.h"
#include "explain/verdict.h"

struct run {
    struct snapshot *snapshot;
    const struct scheduling_policy *policy;
    const struct explanation *out;
    struct verdict *verdicts; /* one for each node */
    struct showing showing;
    struct queue *queue;
    struct error *err; /* of collect(); kind ERROR_NONE: all is well */
};

/* ---- one decision ---- */

/* what a fit error does not say: what becomes of the pod all the same */
static int tell_victims(const struct preemption *room, struct buffer *out, struct error *err)
{
    if (room->node && !room->victim_count)
        return buffer_add_string(out, " Room is made by what terminates there already.", err);
    for (size_t i = 0; i < room->victim_count; i++)
        if (buffer_printf(out, err, "%s %s/%s", i ? "," : " Room is made by evicting", room->victims[i]->pod->namespace_,
                          room->victims[i]->pod->name) < 0)
            return -1;
    return room->node ? buffer_add_string(out, ".", err) : 0;
}

/* `room`: where eviction makes room, if there was no pick; NULL: nobody is evicted */
static int show(struct run *run, const struct pod *pod, const struct node *pick, const struct preemption *room, const char *lead,
                struct error *err)
{
    const struct node *goes_to = pick || !room ? pick : room->node;
    struct explained explained = {.node = goes_to ? goes_to->spec->name : NULL, .verdicts = run->verdicts};
    struct node *const *nodes = cache_nodes(run->snapshot->cache, &explained.verdict_count);
    int ret;

    if (verdicts_make(run->policy, pod, nodes, explained.verdict_count, run->verdicts, err) < 0)
        return -1;
    buffer_clear(&run->showing.message);
    if (buffer_add_string(&run->showing.message, lead, err) < 0)
        return -1;
    if (pick)
        ret = verdicts_tell_pick(run->verdicts, explained.verdict_count, pick->spec->name, &run->showing.message, err);
    else
        ret = policy_fit_error(run->policy, pod, nodes, explained.verdict_count, &run->showing.message, err);
    if (ret < 0 || (!pick && room && tell_victims(room, &run->showing.message, err) < 0))
        return -1;
    return show_pod(&run->showing, &explained, pod->namespace_, pod->name, err);
}

/* *pick: the node, or NULL */
static int decide(struct run *run, const struct pod *pod, struct node **pick, struct error *err)
{
    size_t count;
    struct node *const *nodes = cache_nodes(run->snapshot->cache, &count);
    struct decision decision = policy_decide(run->policy, pod, nodes, count, NULL, NULL);

    if (decision.no_memory)
        return error_no_memory(err);
    *pick = decision.node;
    return 0;
}

/* ---- pods that are not pending ---- */

/* Taken off its node, decided, and put back. */
static int redecide(struct run *run, const struct named_pod *named, struct error *err)
{
    struct cache *cache = run->snapshot->cache;
    struct cached_pod *cached = cache_pod(cache, named->namespace_, named->name);
    struct node *home = cached->assumed ? cached->node : NULL, *pick;
    struct buffer lead;
    int ret = -1;

    buffer_init(&lead, LIMIT_OBJECT_BYTES);
    cache_forget(cache, cached);
    if (buffer_printf(&lead, err, "is on %s now; decided afresh: ", named->where) == 0 && decide(run, cached->pod, &pick, err) == 0)
        ret = show(run, cached->pod, pick, NULL, lead.data, err);
    if (home)
        cache_assume(cache, cached, home);
    buffer_free(&lead);
    return ret;
}

static int show_named(struct run *run, struct error *err)
{
    for (size_t i = 0; i < run->snapshot->named_count; i++) {
        const struct named_pod *named = &run->snapshot->named[i];

        if (named->fate == POD_WAITS)
            continue;
        if ((named->fate == POD_PLACED ? redecide(run, named, err) : show_undecided(&run->showing, named, err)) < 0)
            return -1;
    }
    return 0;
}

/* ---- pending pods ---- */

static void collect(void *ctx, struct cached_pod *cached)
{
    struct run *run = ctx;
    const struct pod *pod = cached->pod;
    const struct named_pod *named = snapshot_named(run->snapshot, pod->namespace_, pod->name);

    if (*pod->node_name || pod->deleting || pod->gated || (named && named->fate == POD_PLACED))
        return;
    if (run->err->kind == ERROR_NONE)
        queue_add(run->queue, cached, 0, run->err);
}

/* with --preemption, for a pod that fits nowhere */
static int make_room(struct run *run, const struct pod *pod, struct preemption *room, struct error *err)
{
    const char *ours = run->policy->preempts;
    size_t count;
    struct node *const *nodes = cache_nodes(run->snapshot->cache, &count);

    if (!ours || !policy_may_preempt(run->policy, pod, nodes, count, ours))
        return 0;
    return policy_preempt(run->policy, ours, pod, nodes, count, room, err);
}

/* the pod is where it goes, and the victims are gone */
static int settle(struct run *run, struct cached_pod *cached, struct node *goes_to, const struct preemption *room, struct error *err)
{
    struct cache *cache = run->snapshot->cache;
    struct steps *steps = run->out->steps;
    struct pod_update update;

    queue_remove(run->queue, cached);
    if (!goes_to)
        return 0;
    for (size_t i = 0; i < room->victim_count; i++) {
        const struct pod *victim = room->victims[i]->pod;

        if (steps_add(&steps->preempt, victim, goes_to->spec->name, err) < 0)
            return -1;
        cache_remove_pod(cache, victim->namespace_, victim->name, NULL, &update);
    }
    if (run->policy->preempts && steps_add(&steps->bind, cached->pod, goes_to->spec->name, err) < 0)
        return -1;
    cache_assume(cache, cached, goes_to);
    return 0;
}

static int decide_one(struct run *run, struct cached_pod *cached, struct error *err)
{
    const struct snapshot *snapshot = run->snapshot;
    const struct pod *pod = cached->pod;
    struct preemption room = {0};
    struct node *pick;
    int ret = -1;

    if (decide(run, pod, &pick, err) < 0 || (!pick && make_room(run, pod, &room, err) < 0))
        return -1;
    if ((snapshot->named_count && !snapshot_named(snapshot, pod->namespace_, pod->name)) || show(run, pod, pick, &room, "", err) == 0)
        ret = settle(run, cached, pick ? pick : room.node, &room, err);
    preemption_free(&room);
    return ret;
}

static int decide_pending(struct run *run, struct error *err)
{
    struct cached_pod *cached;

    while ((cached = queue_pop(run->queue, 0)))
        if (decide_one(run, cached, err) < 0)
            return -1;
    return 0;
}

static int decide_one_by_one(struct snapshot *snapshot, const struct scheduling_policy *policy, const struct explanation *out,
                             struct error *err)
{
    struct error problem = ERROR_INIT;
    struct run run = {.snapshot = snapshot, .policy = policy, .out = out, .err = &problem};
    size_t count;
    int ret = -1;

    cache_nodes(snapshot->cache, &count);
    show_begin(&run.showing, snapshot, out);
    run.queue = queue_new(err);
    if (!run.queue)
        return -1;
    run.verdicts = calloc(count + 1, sizeof *run.verdicts);
    if (!run.verdicts) {
        error_no_memory(err);
        goto cleanup;
    }
    cache_each_pod(snapshot->cache, collect, &run);
    if (problem.kind != ERROR_NONE) {
        *err = problem;
        goto cleanup;
    }
    if (show_named(&run, err) == 0)
        ret = decide_pending(&run, err);
cleanup:
    queue_free(run.queue);
    free(run.verdicts);
    show_end(&run.showing);
    return ret;
}

int explain_pods(struct snapshot *snapshot, const struct scheduling_policy *policy, const struct explanation *out, struct error *err)
{
    return policy->policy->plans ? planned_explain(snapshot, policy, out, err) : decide_one_by_one(snapshot, policy, out, err);
}

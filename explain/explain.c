/* explain.c: see explain.h. What is said of nodes and of the pick is verdict.c's. */
#include "explain/explain.h"

#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "common/cluster/queue.h"
#include "common/limits.h"
#include "explain/verdict.h"

struct run {
    struct snapshot *snapshot;
    const struct scheduling_policy *policy;
    explain_visitor *visit;
    void *ctx;
    struct verdict *verdicts;    /* one for each node */
    struct buffer name, message; /* of the pod that is visited */
    struct queue *queue;
    struct error *err; /* of collect(); kind ERROR_NONE: all is well */
};

/* ---- one decision ---- */

static int visit(struct run *run, struct explained *explained, const char *namespace_, const char *name, struct error *err)
{
    buffer_clear(&run->name);
    if (buffer_printf(&run->name, err, "%s/%s", namespace_, name) < 0)
        return -1;
    explained->pod = run->name.data;
    explained->message = run->message.data;
    return run->visit(run->ctx, explained, err);
}

static int show(struct run *run, const struct pod *pod, const struct node *pick, const char *lead, struct error *err)
{
    struct explained explained = {.node = pick ? pick->spec->name : NULL, .verdicts = run->verdicts};
    struct node *const *nodes = cache_nodes(run->snapshot->cache, &explained.verdict_count);
    int ret;

    if (verdicts_make(run->policy, pod, nodes, explained.verdict_count, run->verdicts, err) < 0)
        return -1;
    buffer_clear(&run->message);
    if (buffer_add_string(&run->message, lead, err) < 0)
        return -1;
    if (pick)
        ret = verdicts_tell_pick(run->verdicts, explained.verdict_count, pick->spec->name, &run->message, err);
    else
        ret = policy_fit_error(run->policy, pod, nodes, explained.verdict_count, &run->message, err);
    if (ret < 0)
        return -1;
    return visit(run, &explained, pod->namespace_, pod->name, err);
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
        ret = show(run, cached->pod, pick, lead.data, err);
    if (home)
        cache_assume(cache, cached, home);
    buffer_free(&lead);
    return ret;
}

static int show_undecided(struct run *run, const struct named_pod *named, struct error *err)
{
    static const char *const why[] = {
        [POD_GATED] = "Scheduling is blocked due to non-empty scheduling gates", /* kube-scheduler's plugins/schedulinggates */
        [POD_DELETING] = "is being deleted: not decided",
        [POD_ENDED] = "has ended: not decided",
    };
    struct explained explained = {.node = NULL};

    buffer_clear(&run->message);
    if (named->fate == POD_FOREIGN ? buffer_printf(&run->message, err, "is for scheduler %s, not for %s: not decided", named->where,
                                                   run->snapshot->scheduler_name) < 0
                                   : buffer_add_string(&run->message, why[named->fate], err) < 0)
        return -1;
    return visit(run, &explained, named->namespace_, named->name, err);
}

static int show_named(struct run *run, struct error *err)
{
    for (size_t i = 0; i < run->snapshot->named_count; i++) {
        const struct named_pod *named = &run->snapshot->named[i];

        if (named->fate == POD_WAITS)
            continue;
        if ((named->fate == POD_PLACED ? redecide(run, named, err) : show_undecided(run, named, err)) < 0)
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

static int decide_pending(struct run *run, struct error *err)
{
    struct snapshot *snapshot = run->snapshot;
    struct cached_pod *cached;
    struct node *pick;

    while ((cached = queue_pop(run->queue, 0))) {
        const struct pod *pod = cached->pod;

        if (decide(run, pod, &pick, err) < 0)
            return -1;
        if ((!snapshot->named_count || snapshot_named(snapshot, pod->namespace_, pod->name)) && show(run, pod, pick, "", err) < 0)
            return -1;
        queue_remove(run->queue, cached);
        if (pick)
            cache_assume(snapshot->cache, cached, pick);
    }
    return 0;
}

int explain_pods(struct snapshot *snapshot, const struct scheduling_policy *policy, explain_visitor *visitor, void *ctx, struct error *err)
{
    struct error problem = ERROR_INIT;
    struct run run = {.snapshot = snapshot, .policy = policy, .visit = visitor, .ctx = ctx, .err = &problem};
    size_t count;
    int ret = -1;

    cache_nodes(snapshot->cache, &count);
    buffer_init(&run.name, LIMIT_OBJECT_BYTES);
    buffer_init(&run.message, LIMIT_OBJECT_BYTES);
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
    buffer_free(&run.name);
    buffer_free(&run.message);
    return ret;
}

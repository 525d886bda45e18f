/*
 * planned.c: see planned.h. The plan is run to its end as if all went well: what it evicts goes, what it binds is bound, and what terminates is gone after the first actions.
 */
#include "explain/planned.h"

#include <stdlib.h>
#include <string.h>

#include "explain/planned_internal.h"

/* ---- our pods ---- */

static const char *group_of(const struct pod *pod)
{
    const char *group = label_get(pod->annotations, pod->annotation_count, "pod-group");

    return group ? group : "";
}

/* where the pod is; one that was asked for by name is kept as if it were pending */
static const char *place_of(const struct snapshot *snapshot, const struct pod *pod)
{
    const struct named_pod *named;

    if (*pod->node_name)
        return pod->node_name;
    named = snapshot_named(snapshot, pod->namespace_, pod->name);
    return named && named->fate == POD_PLACED ? named->where : NULL;
}

static void collect(void *ctx, struct cached_pod *cached)
{
    struct planned *planned = ctx;
    const struct pod *pod = cached->pod;

    if (strcmp(pod->scheduler_name, planned->snapshot->scheduler_name) == 0)
        planned->member[planned->members++] =
            (struct member){.pod = pod, .group = group_of(pod), .where = place_of(planned->snapshot, pod)};
}

static int in_order(const void *left, const void *right)
{
    const struct member *a = left, *b = right;
    int order = strcmp(a->pod->namespace_, b->pod->namespace_);

    if (order == 0)
        order = strcmp(a->group, b->group);
    return order ? order : strcmp(a->pod->name, b->pod->name);
}

bool member_waits(const struct member *member)
{
    return !member->where && !member->pod->deleting && !member->pod->gated;
}

static struct member *find(const struct planned *planned, const char *namespace_, const char *name)
{
    const struct cached_pod *cached = cache_pod(planned->snapshot->cache, namespace_, name);

    return cached ? cached->user : NULL;
}

static int gather(struct planned *planned, struct error *err)
{
    struct cache *cache = planned->snapshot->cache;
    const size_t most = cache_pod_count(cache) + 1;

    planned->member = calloc(most, sizeof *planned->member);
    planned->order = calloc(most, sizeof(struct member *));
    if (!planned->member || !planned->order)
        return error_no_memory(err);
    cache_each_pod(cache, collect, planned);
    qsort(planned->member, planned->members, sizeof *planned->member, in_order);
    for (size_t i = 0; i < planned->members; i++)
        cache_pod(cache, planned->member[i].pod->namespace_, planned->member[i].pod->name)->user = &planned->member[i];
    return 0;
}

/* ---- the plan ---- */

static int feed(struct planned *planned, struct error *err)
{
    const struct plan_config config = {
        .filters = planned->policy->filters, .report = planned->out->warn, .report_ctx = planned->out->warn_ctx};

    struct node *const *nodes;
    size_t count;

    planned->plan = plan_new(&config, err);
    if (!planned->plan)
        return -1;
    nodes = cache_nodes(planned->snapshot->cache, &count);
    for (size_t i = 0; i < count; i++)
        if (plan_node_cached(planned->plan, nodes[i], planned->snapshot->scheduler_name, err) < 0)
            return -1;
    for (size_t i = 0; i < planned->members; i++) {
        struct pod seen = *planned->member[i].pod;

        if (planned->member[i].where)
            seen.node_name = planned->member[i].where;
        if (*seen.node_name)
            seen.peers = NULL;
        else if (plan_looking(&planned->policy->filters, planned->snapshot->cache, &seen, err) < 0)
            return -1;
        if (plan_pod_set(planned->plan, &seen, err) < 0)
            return -1;
    }
    return 0;
}

static void on_entry(void *ctx, const struct plan_entry *entry)
{
    struct planned *planned = ctx;
    struct member *member = find(planned, entry->namespace_, entry->name);

    member->ordered = member->in_unit = true;
    member->priority = entry->priority;
    planned->order[planned->ordered++] = member;
}

/* those that look at other pods see it there, until the plan is made */
static void count_there(struct planned *planned, const struct member *member)
{
    struct cache *cache = planned->snapshot->cache;
    struct cached_pod *cached = cache_pod(cache, member->pod->namespace_, member->pod->name);

    if (cached && !cached->home && member->goes_to)
        cache_assume(cache, cached, cache_node(cache, member->goes_to->spec->name));
}

static void count_nobody(struct planned *planned)
{
    struct cache *cache = planned->snapshot->cache;

    for (size_t i = 0; i < planned->members; i++)
        if (planned->member[i].goes_to)
            cache_forget(cache, cache_pod(cache, planned->member[i].pod->namespace_, planned->member[i].pod->name));
}

static void on_action(void *ctx, const struct plan_action *action)
{
    struct planned *planned = ctx;
    struct member *member = find(planned, action->namespace_, action->name);
    struct steps *steps = planned->out->steps;

    member->fresh = true;
    if (action->act == PLAN_PREEMPT) {
        member->victim = true;
        member->reason = action->reason;
        member->cause = *action->cause_name ? find(planned, action->cause_namespace, action->cause_name) : NULL;
    } else {
        member->in_unit = true;
        member->priority = action->priority;
        member->goes_to = cache_node(planned->snapshot->cache, action->node);
        member->at_once = planned->round == 0;
        count_there(planned, member);
    }
    if (planned->problem.kind == ERROR_NONE)
        steps_add(action->act == PLAN_PREEMPT ? &steps->preempt : &steps->bind, member->pod, action->node, &planned->problem);
}

/* the API server's news of what was done; *any: there were some */
static int carry_out(struct planned *planned, bool *any, struct error *err)
{
    *any = false;
    for (size_t i = 0; i < planned->members; i++) {
        struct member *member = &planned->member[i];
        const char *namespace_ = member->pod->namespace_, *name = member->pod->name;
        const bool leaves = member->pod->deleting && planned->round == 0;

        if (!member->fresh && !leaves)
            continue;
        *any = true;
        member->fresh = false;
        if ((member->victim || leaves ? plan_pod_gone(planned->plan, namespace_, name, NULL, err)
                                      : plan_bind_done(planned->plan, namespace_, name, err)) < 0)
            return -1;
    }
    return 0;
}

static int give_out(struct planned *planned, struct error *err)
{
    if (plan_actions(planned->plan, on_action, planned, err) < 0 ||
        plan_place_apart(planned->plan, planned->snapshot->cache, on_action, planned, err) < 0 ||
        plan_actions(planned->plan, on_action, planned, err) < 0)
        return -1;
    if (planned->problem.kind == ERROR_NONE)
        return 0;
    *err = planned->problem;
    return -1;
}

static int find_apart(struct planned *planned, struct error *err)
{
    struct plan_status status;

    for (size_t i = 0; i < planned->members; i++) {
        const struct pod *pod = planned->member[i].pod;

        if (plan_status(planned->plan, pod->namespace_, pod->name, &status, err) < 0)
            return -1;
        planned->member[i].apart = status.wait == PLAN_APART;
    }
    return 0;
}

static int run(struct planned *planned, struct error *err)
{
    bool any = true;
    int ret = plan_explain(planned->plan, on_entry, planned, err) < 0 ? -1 : find_apart(planned, err);

    for (planned->round = 0; any && ret == 0; planned->round++)
        ret = give_out(planned, err) < 0 || carry_out(planned, &any, err) < 0 ? -1 : 0;
    count_nobody(planned);
    return ret;
}

/* ---- what is shown ---- */

static bool is_asked_for(const struct planned *planned, const struct member *member)
{
    return !planned->snapshot->named_count || snapshot_named(planned->snapshot, member->pod->namespace_, member->pod->name);
}

static int show_named(struct planned *planned, struct error *err)
{
    for (size_t i = 0; i < planned->snapshot->named_count; i++) {
        const struct named_pod *named = &planned->snapshot->named[i];

        if (named->fate == POD_WAITS)
            continue;
        if ((named->fate == POD_PLACED ? planned_show(planned, find(planned, named->namespace_, named->name), err)
                                       : show_undecided(&planned->showing, named, err)) < 0)
            return -1;
    }
    return 0;
}

static int show_all(struct planned *planned, struct error *err)
{
    if (show_named(planned, err) < 0)
        return -1;
    for (size_t i = 0; i < planned->ordered; i++)
        if (member_waits(planned->order[i]) && is_asked_for(planned, planned->order[i]) &&
            planned_show(planned, planned->order[i], err) < 0)
            return -1;
    for (size_t i = 0; i < planned->members; i++) {
        const struct member *member = &planned->member[i];

        if (member_waits(member) && !member->ordered && is_asked_for(planned, member) && planned_show(planned, member, err) < 0)
            return -1;
    }
    return 0;
}

int planned_explain(struct snapshot *snapshot, const struct scheduling_policy *policy, const struct explanation *out, struct error *err)
{
    struct planned planned = {.snapshot = snapshot, .policy = policy, .out = out, .problem = ERROR_INIT};
    int ret = -1;

    if (others_open(&planned.others, snapshot->cache, snapshot->scheduler_name, err) < 0)
        return -1;
    show_begin(&planned.showing, snapshot, out);
    planned.verdicts = calloc(planned.others.count + 1, sizeof *planned.verdicts);
    if (!planned.verdicts)
        error_no_memory(err);
    else if (gather(&planned, err) == 0 && feed(&planned, err) == 0 && run(&planned, err) == 0 && planned_find_holders(&planned, err) == 0)
        ret = show_all(&planned, err);
    planned_free_holders(&planned);
    show_end(&planned.showing);
    plan_free(planned.plan);
    free(planned.verdicts);
    free(planned.order);
    free(planned.member);
    others_close(&planned.others);
    return ret;
}

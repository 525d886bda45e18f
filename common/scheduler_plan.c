/*
 * scheduler_plan.c: one-per-node: where the planner (common/policy/plan.h) meets the cluster. Watch tells it each change as it comes; polling makes it
 * anew in every cycle. What it wants preempted goes to scheduler_evict.c at once; what it wants bound is assumed on its node and comes to the
 * handler of main.c as any pod does, for which choose_node() then has the answer ready.
 */
#include <stdlib.h>
#include <string.h>

#include "common/limits.h"
#include "common/policy/peers.h"
#include "common/scheduler_plan.h"

/* A node that passed the plan's filters fails the cluster's (topology spread, affinity between pods): so long until the next try. */
#define TRY_AGAIN_US 1000000

/* ---- birth and end ---- */

/* what a pod's annotations got wrong is said once, also when the plan is made anew */
static void on_report(void *ctx, const char *text)
{
    struct planner *planner = ctx;
    uint64_t hash = scheduler_hash(text);

    for (size_t i = 0; i < REPORTED_KEPT; i++)
        if (planner->reported[i] == hash)
            return;
    planner->reported[planner->next_reported++ % REPORTED_KEPT] = hash;
    log_warn(&planner->s->log, "%s", text);
}

static struct plan *plan_open(struct planner *planner, struct error *err)
{
    const struct options *options = planner->s->options;
    struct plan_config config = {options->policy.filters, options->gang_settle_us, on_report, planner};

    config.filters.enabled[FILTER_ONE_PER_NODE] = false; /* the plan sees to that itself */
    return plan_new(&config, err);
}

int planner_open(struct scheduler *s, struct error *err)
{
    if (!s->options->policy.policy->plans)
        return 0;
    s->planner = calloc(1, sizeof *s->planner);
    if (!s->planner)
        return error_no_memory(err);
    s->planner->s = s;
    s->planner->rebuild_us = 0;
    s->planner->rebuilt_us = INT64_MIN;
    return 0;
}

void planner_free(struct planner *planner)
{
    if (!planner)
        return;
    planner_cancel_looks(planner);
    plan_free(planner->plan);
    free(planner);
}

/* ---- the plan made anew ---- */

/* after a failure: the state settles first, and not every time */
void planner_rebuild_later(struct planner *planner)
{
    const struct options *options = planner->s->options;
    int64_t now = scheduler_now_us(planner->s), at = now + options->reinit_delay_us;

    if (planner->rebuild_us != INT64_MAX)
        return; /* it is due already */
    if (planner->rebuilt_us != INT64_MIN && at < planner->rebuilt_us + options->reinit_cooldown_us)
        at = planner->rebuilt_us + options->reinit_cooldown_us;
    planner->rebuild_us = at;
    log_verbose(&planner->s->log, "the plan is made anew in %lld ms", (long long)((at - now) / 1000));
}

struct our_pods {
    struct scheduler *s;
    struct cached_pod **pod;
    size_t count, room;
    bool no_memory;
};

static void collect(void *ctx, struct cached_pod *cached)
{
    struct our_pods *ours = ctx;
    struct cached_pod **grown;

    if (strcmp(cached->pod->scheduler_name, ours->s->options->scheduler_name) != 0)
        return;
    if (ours->count == ours->room) {
        grown = realloc(ours->pod, (ours->room * 2 + 64) * sizeof *grown);
        ours->no_memory = ours->no_memory || !grown;
        if (!grown)
            return;
        ours->pod = grown;
        ours->room = ours->room * 2 + 64;
    }
    ours->pod[ours->count++] = cached;
}

static int by_age(const void *a, const void *b)
{
    const struct cached_pod *x = *(struct cached_pod *const *)a, *y = *(struct cached_pod *const *)b;

    return x->pod->created_us < y->pod->created_us ? -1 : x->pod->created_us > y->pod->created_us;
}

/* as it is, and as it was when its eviction was refused a moment ago */
static int feed_pod(struct planner *planner, const struct cached_pod *cached, struct error *err)
{
    const struct pod *pod = cached->pod;
    int64_t until_us = victim_refused_until_us(planner->s, pod->uid);

    if (planner_feed_pod(planner, cached, err) < 0)
        return -1;
    return until_us ? plan_preempt_failed(planner->plan, pod->namespace_, pod->name, until_us, err) : 0;
}

/*
 * Each pod is told at the time it was created: a gang whose last member came long ago has settled. A creationTimestamp has no fraction, so
 * the whole second is given to it.
 */
static int feed_pods(struct planner *planner, struct our_pods *ours, struct error *err)
{
    const struct clock *clock = ours->s->seams.clock;
    int64_t now = scheduler_now_us(ours->s), wall = clock->wall_us(clock);

    if (ours->no_memory)
        return error_no_memory(err);
    if (ours->count)
        qsort(ours->pod, ours->count, sizeof(struct cached_pod *), by_age);
    for (size_t i = 0; i < ours->count; i++) {
        int64_t age = wall - ours->pod[i]->pod->created_us - 1000000;

        if (plan_tick(planner->plan,
                      age > 0 && age < now ? now - age
                      : age > 0            ? 0
                                           : now,
                      err) < 0 ||
            feed_pod(planner, ours->pod[i], err) < 0)
            return -1;
    }
    return plan_tick(planner->plan, now, err);
}

static int feed_all(struct planner *planner, struct error *err)
{
    struct scheduler *s = planner->s;
    struct our_pods ours = {.s = s};
    struct node *const *nodes;
    size_t count;
    int ret = -1;

    nodes = cache_nodes(s->cache, &count);
    for (size_t i = 0; i < count; i++)
        if (plan_node_cached(planner->plan, nodes[i], s->options->scheduler_name, err) < 0)
            goto cleanup;
    cache_each_pod(s->cache, collect, &ours);
    ret = feed_pods(planner, &ours, err);
cleanup:
    free(ours.pod);
    return ret;
}

/* gangs that have begun to leave do so under the next plan too: else what a failed DELETE left of one would pass for a smaller gang */
static void planner_forget(struct planner *planner)
{
    planner->made = false;
    if (planner->plan)
        plan_renew(planner->plan);
}

/* 0, or -1 when memory ran out: there is no plan then */
static int rebuild(struct planner *planner, struct error *err)
{
    planner->rebuild_us = INT64_MAX;
    planner->rebuilt_us = scheduler_now_us(planner->s);
    if (!planner->plan)
        planner->plan = plan_open(planner, err);
    planner_forget(planner);
    if (planner->plan && feed_all(planner, err) == 0 && plan_renewed(planner->plan, err) == 0) {
        planner->made = planner->stirred = true;
        return 0;
    }
    planner_lost(planner, err);
    return -1;
}

void planner_lost(struct planner *planner, const struct error *err)
{
    scheduler_warn(planner->s, "the plan is lost: %s", err->text);
    planner_forget(planner);
    planner_rebuild_later(planner);
}

/* ---- what the plan wants done ---- */

static void preempt(struct planner *planner, const struct plan_action *action)
{
    struct victim_of of = {action->namespace_,      action->name,       action->uid,       action->node,
                           action->cause_namespace, action->cause_name, action->cause_uid, plan_reason_text(action->reason)};
    struct error err = ERROR_INIT;

    planner->victims++;
    if (victim_evict(planner->s, &of, &err) == 0) {
        if (*of.cause_uid && !planner->s->options->dry_run)
            report_nominated(planner->s->reporter, of.cause_namespace, of.cause_name, of.cause_uid, of.node);
        return;
    }
    scheduler_warn(planner->s, "cannot preempt %s/%s: %s", action->namespace_, action->name, err.text);
    planner_rebuild_later(planner);
}

/* Between two cycles polling has nobody to hand a pod to: the next cycle's plan says the same again. */
static void hand_out(struct planner *planner, const struct plan_action *action)
{
    struct scheduler *s = planner->s;
    struct cached_pod *cached = cache_pod(s->cache, action->namespace_, action->name);
    struct node *node = cache_node(s->cache, action->node);

    if (!s->on_pod && !planner->in_cycle)
        return;
    if (!cached || !node || cached->home || strcmp(cached->pod->uid, action->uid) != 0) {
        planner_rebuild_later(planner); /* the plan knows of something that the cache does not */
        return;
    }
    cache_assume(s->cache, cached, node);
    queue_activate(s->queue, cached);
}

static void on_action(void *ctx, const struct plan_action *action)
{
    struct planner *planner = ctx;

    if (action->act == PLAN_PREEMPT)
        preempt(planner, action);
    else
        hand_out(planner, action);
}

/* whether a pod waits apart may depend on it */
static int heed_anti_affinity(struct planner *planner, struct error *err)
{
    struct our_pods ours = {.s = planner->s};
    struct node *const *nodes;
    size_t count;
    int64_t there;
    int ret = 0;

    nodes = cache_nodes(planner->s->cache, &count);
    there = count ? (int64_t)nodes[0]->totals->anti_affinity_pods : 0;
    if (there == planner->anti_affinity_pods)
        return 0;
    planner->anti_affinity_pods = there;
    cache_each_pod(planner->s->cache, collect, &ours);
    if (ours.no_memory)
        ret = error_no_memory(err);
    for (size_t i = 0; i < ours.count && ret == 0; i++)
        if (!ours.pod[i]->home)
            ret = planner_feed_pod(planner, ours.pod[i], err);
    free(ours.pod);
    return ret;
}

/* what waits apart comes last; between two cycles of polling nobody could take it */
static int give_out_all(struct planner *planner, struct error *err)
{
    bool polling = !planner->s->on_pod;

    if (plan_tick(planner->plan, scheduler_now_us(planner->s), err) < 0 || heed_anti_affinity(planner, err) < 0 ||
        plan_actions(planner->plan, on_action, planner, err) < 0)
        return -1;
    if (!planner->stirred || (polling && !planner->in_cycle))
        return 0;
    planner->stirred = false;
    if (plan_place_apart(planner->plan, planner->s->cache, on_action, planner, err) < 0)
        return -1;
    return plan_actions(planner->plan, on_action, planner, err);
}

static void give_out(struct planner *planner)
{
    struct error err = ERROR_INIT;

    planner->victims = 0;
    if (give_out_all(planner, &err) < 0)
        planner_lost(planner, &err);
    if (planner->victims)
        metrics_preemption(planner->s->metrics, planner->victims);
}

/*
 * Nothing of the old plan may be under way when it goes: its answers would mean nothing to the new one. Nor may a pod that it gave out be on its
 * way to the handler: the others of its gang may be bound already.
 */
static bool may_rebuild(const struct planner *planner)
{
    const struct scheduler *s = planner->s;
    size_t active, backoff, unschedulable, gated;

    queue_counts(s->queue, &active, &backoff, &unschedulable, &gated);
    return active == 0 && binder_count(s->binder) == 0 && victims_count(s->victims) == 0 && !planner->looks;
}

void planner_turn(struct scheduler *s)
{
    struct planner *planner = s->planner;
    struct error err = ERROR_INIT;

    if (!planner || (s->on_pod ? !scheduler_synced(s) : !planner->made))
        return;
    /* while it has to wait nothing new is begun */
    if (s->on_pod && scheduler_now_us(s) >= planner->rebuild_us && (!may_rebuild(planner) || rebuild(planner, &err) < 0))
        return;
    if (planner->made)
        give_out(planner);
}

void planner_end_cycle(struct scheduler *s)
{
    if (s->planner)
        planner_forget(s->planner);
}

bool planner_is_evicting(const struct scheduler *s)
{
    return s->planner && s->planner->plan && plan_has_doomed(s->planner->plan);
}

void planner_begin_cycle(struct scheduler *s)
{
    struct error err = ERROR_INIT;

    if (!s->planner || rebuild(s->planner, &err) < 0)
        return;
    s->planner->in_cycle = true;
    give_out(s->planner);
    s->planner->in_cycle = false;
}

int64_t planner_next_us(const struct scheduler *s)
{
    const struct planner *planner = s->planner;
    int64_t deadline;

    if (!planner || !s->on_pod || !scheduler_synced(s))
        return INT64_MAX;
    if (planner->rebuild_us <= scheduler_now_us(s) && !may_rebuild(planner))
        return INT64_MAX; /* an answer will come */
    deadline = planner->made ? plan_deadline_us(planner->plan) : -1;
    return deadline >= 0 && deadline < planner->rebuild_us ? deadline : planner->rebuild_us;
}

bool planner_settling(const struct scheduler *s)
{
    int64_t next = planner_next_us(s);

    return next != INT64_MAX && next - scheduler_now_us(s) <= s->options->gang_settle_us;
}

/* ---- the choice for one pod ---- */

/* The plan's filters see one node; topology spread and affinity look at all of them, and the cluster may have changed since the plan spoke. */
static bool still_feasible(struct scheduler *s, const struct pod *pod, const struct node *node, struct error *err)
{
    struct peers *peers = NULL;
    struct node *const *nodes;
    size_t count;
    bool feasible;

    nodes = cache_nodes(s->cache, &count);
    if (peers_count(&s->options->policy.filters, pod, nodes, count, &peers, err) < 0)
        return false;
    feasible = filter_node(&s->options->policy.filters, pod, peers, node, NULL, NULL);
    peers_free(peers);
    return feasible;
}

struct node *planner_choose(struct scheduler *s, struct cached_pod *cached)
{
    struct error err = ERROR_INIT;
    struct node *node;

    if (!cached->assumed && s->on_pod) {
        planner_pod(s, cached); /* after a 404 the plan has dropped it; and it is still there */
        planner_turn(s);
    }
    if (!cached->assumed)
        return NULL;
    node = cached->node;
    cache_forget(s->cache, cached); /* bind_pod() assumes it again */
    if (node && still_feasible(s, cached->pod, node, &err))
        return node;
    planner_not_bound(s, cached->pod, scheduler_now_us(s) + TRY_AGAIN_US);
    planner_pod(s, cached); /* it may have to wait apart */
    return NULL;
}

/* scheduler_plan_news.c: what the planner is told of the cluster, of binds and of evictions, and what it has to say of a pod that waits. */
#include <stdio.h>
#include <string.h>

#include "common/limits.h"
#include "common/scheduler_plan.h"

/* The planner, if there is a plan to tell news; it knows what time it is then: gangs settle by it. */
static struct planner *ready(struct scheduler *s)
{
    struct planner *planner = s->planner;
    struct error err = ERROR_INIT;

    if (!planner || !planner->made)
        return NULL;
    planner->stirred = true;
    if (plan_tick(planner->plan, scheduler_now_us(s), &err) == 0)
        return planner;
    planner_lost(planner, &err);
    return NULL;
}

static bool is_ours(const struct scheduler *s, const struct pod *pod)
{
    return !strcmp(pod->scheduler_name, s->options->scheduler_name);
}

/* ---- the cluster ---- */

void planner_node(struct scheduler *s, const char *name)
{
    struct planner *planner = ready(s);
    const struct node *node = planner ? cache_node(s->cache, name) : NULL;
    struct error err = ERROR_INIT;

    if (node && plan_node_cached(planner->plan, node, s->options->scheduler_name, &err) < 0)
        planner_lost(planner, &err);
}

void planner_node_gone(struct scheduler *s, const char *name)
{
    struct planner *planner = ready(s);
    struct error err = ERROR_INIT;

    if (planner && plan_node_removed(planner->plan, name, &err) < 0)
        planner_lost(planner, &err);
}

void planner_nodes(struct scheduler *s)
{
    struct node *const *nodes;
    size_t count;

    nodes = cache_nodes(s->cache, &count);
    for (size_t i = 0; i < count && s->planner; i++)
        planner_node(s, nodes[i]->spec->name);
}

int planner_feed_pod(struct planner *planner, const struct cached_pod *cached, struct error *err)
{
    struct pod pod = *cached->pod;

    if (cached->assumed)
        pod.node_name = cache_node_name(cached);
    if (*pod.node_name)
        pod.peers = NULL;
    else if (plan_looking(&planner->s->options->policy.filters, planner->s->cache, &pod, err) < 0)
        return -1;
    return plan_pod_set(planner->plan, &pod, err);
}

void planner_pod(struct scheduler *s, const struct cached_pod *cached)
{
    struct planner *planner = ready(s);
    struct error err = ERROR_INIT;

    if (!planner)
        return;
    if (!is_ours(s, cached->pod))
        planner_node(s, cache_node_name(cached));
    else if (planner_feed_pod(planner, cached, &err) < 0)
        planner_lost(planner, &err);
}

void planner_pod_gone(struct scheduler *s, const char *namespace_, const char *name, const char *uid)
{
    struct planner *planner = ready(s);
    struct error err = ERROR_INIT;

    if (planner && plan_pod_gone(planner->plan, namespace_, name, uid, &err) < 0)
        planner_lost(planner, &err);
}

/* ---- binds ---- */

void planner_not_bound(struct scheduler *s, const struct pod *pod, int64_t retry_us)
{
    struct planner *planner = ready(s);
    struct error err = ERROR_INIT;

    if (planner && plan_bind_failed(planner->plan, pod->namespace_, pod->name, retry_us, &err) < 0)
        planner_lost(planner, &err);
}

static int tell(struct planner *planner, const struct bind *bind, enum bind_result result, int64_t retry_us, struct error *err)
{
    switch (result) {
    case BIND_OK:
        return plan_bind_done(planner->plan, bind->namespace_, bind->name, err);
    case BIND_POD_GONE:
        return plan_pod_gone(planner->plan, bind->namespace_, bind->name, bind->uid, err);
    case BIND_CONFLICT:
        planner_look(planner, bind->namespace_, bind->name, bind->uid);
        return 0;
    default:
        planner_rebuild_later(planner);
        return plan_bind_failed(planner->plan, bind->namespace_, bind->name, retry_us, err);
    }
}

void planner_bind_ended(struct scheduler *s, const struct bind *bind, enum bind_result result, int64_t retry_us)
{
    struct planner *planner = ready(s);
    struct error err = ERROR_INIT;

    if (planner && tell(planner, bind, result, retry_us, &err) < 0)
        planner_lost(planner, &err);
}

/* ---- evictions ---- */

void planner_evicted(struct scheduler *s, const struct eviction *eviction, enum evict_result result, int64_t retry_us)
{
    struct planner *planner = ready(s);
    struct error err = ERROR_INIT;
    int ret = 0;

    if (!planner || result == EVICT_OK)
        return;
    if (result == EVICT_GONE) {
        ret = plan_pod_gone(planner->plan, eviction->namespace_, eviction->name, eviction->uid, &err);
    } else {
        ret = plan_preempt_failed(planner->plan, eviction->namespace_, eviction->name, retry_us, &err);
        planner_rebuild_later(planner);
    }
    if (ret < 0)
        planner_lost(planner, &err);
}

/* ---- words ---- */

static int say_gang(const struct plan_status *status, struct buffer *out, struct error *err)
{
    if (status->wait == PLAN_WAITS_FOR_MEMBERS)
        return buffer_printf(out, err, "pod group \"%s\" has %zu of %zu members.", status->group, status->members, status->wanted);
    if (status->wait == PLAN_WAITS_FOR_GANG_TO_LEAVE)
        return buffer_printf(out, err, "pod group \"%s\" is being evicted.", status->group);
    return buffer_printf(out, err, "pod group \"%s\" is held back by a member that is gated or whose bind failed.", status->group);
}

/* the nodes, and why none of them, as with any policy; then what is being done about it */
static int say_nodes(struct scheduler *s, const struct pod *pod, const struct plan_status *status, struct buffer *out, struct error *err)
{
    struct node *const *nodes;
    size_t count;

    nodes = cache_nodes(s->cache, &count);
    if (policy_fit_error(&s->options->policy, pod, nodes, count, out, err) < 0)
        return -1;
    if (status->wait == PLAN_APART)
        return buffer_add_string(out, " preemption: nobody is evicted for a pod that looks at other pods.", err);
    if (status->wait == PLAN_IN_PLAN)
        return buffer_add_string(out, " preemption: a node is kept until it is free.", err);
    return buffer_add_string(out, " preemption: nothing of lower priority makes room.", err);
}

bool planner_explain(struct scheduler *s, const struct pod *pod, struct buffer *out, struct error *err)
{
    struct planner *planner = ready(s);
    struct plan_status status;

    if (!planner || plan_status(planner->plan, pod->namespace_, pod->name, &status, err) < 0)
        return false;
    switch (status.wait) {
    case PLAN_IN_PLAN:
    case PLAN_OUTSIDE:
    case PLAN_APART:
        return say_nodes(s, pod, &status, out, err) == 0;
    case PLAN_WAITS_FOR_MEMBERS:
    case PLAN_WAITS_FOR_GANG_TO_LEAVE:
        return say_gang(&status, out, err) == 0;
    case PLAN_HELD_BACK:
        return status.group && say_gang(&status, out, err) == 0;
    default:
        return false; /* it will be decided in a moment */
    }
}

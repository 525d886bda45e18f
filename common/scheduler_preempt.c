/*
 * scheduler_preempt.c: --preemption: room for a pod that fits nowhere, as kube-scheduler makes it. Victims are evicted, the pod is nominated for their
 * node and waits until they are gone; meanwhile no pod of lower priority gets what they leave.
 */
#include <stdlib.h>
#include <string.h>

#include "common/policy/peers.h"
#include "common/policy/preempt.h"
#include "common/scheduler_internal.h"

/* One allocation. */
struct nomination {
    struct nomination *next;
    char *namespace_, *name, *uid, *node;
    bool counted; /* assumed on its node for the length of one decision */
};

/* ---- who is nominated ---- */

static struct nomination *nomination_new(const struct pod *pod, const char *node)
{
    const char *const texts[] = {pod->namespace_, pod->name, pod->uid, node};
    struct nomination *n;
    size_t bytes = sizeof *n;
    char *at, **to[4];

    for (int i = 0; i < 4; i++)
        bytes += strlen(texts[i]) + 1;
    n = calloc(1, bytes);
    if (!n)
        return NULL;
    to[0] = &n->namespace_, to[1] = &n->name, to[2] = &n->uid, to[3] = &n->node;
    at = (char *)(n + 1);
    for (int i = 0; i < 4; i++) {
        *to[i] = strcpy(at, texts[i]);
        at += strlen(texts[i]) + 1;
    }
    return n;
}

static struct nomination **link_of(struct scheduler *s, const char *uid)
{
    struct nomination **at = &s->nominations;

    while (*at && strcmp((*at)->uid, uid) != 0)
        at = &(*at)->next;
    return at;
}

static void drop(struct nomination **at)
{
    struct nomination *n = *at;

    if (!n)
        return;
    *at = n->next;
    free(n);
}

/* Without memory another pod may be faster: nothing is lost, the pod preempts again. */
static void nominate(struct scheduler *s, const struct pod *pod, const char *node)
{
    struct nomination *n;

    drop(link_of(s, pod->uid));
    n = *node ? nomination_new(pod, node) : NULL;
    if (!n)
        return;
    n->next = s->nominations;
    s->nominations = n;
}

void preempt_note_nominated(struct scheduler *s, const struct pod *pod)
{
    const struct nomination *n;

    if (!s->options->preemption || !*pod->nominated_node)
        return;
    n = *link_of(s, pod->uid);
    if (!n || strcmp(n->node, pod->nominated_node) != 0)
        nominate(s, pod, pod->nominated_node);
}

void preempt_free(struct scheduler *s)
{
    while (s->nominations)
        drop(&s->nominations);
}

/* ---- a decision that counts on them ---- */

static struct cached_pod *pod_of(struct scheduler *s, const struct nomination *n)
{
    struct cached_pod *cached = cache_pod(s->cache, n->namespace_, n->name);

    return cached && !strcmp(cached->pod->uid, n->uid) && !cached->pod->node_name[0] ? cached : NULL;
}

/* As kube-scheduler adds nominated pods of the same or a higher priority to their nodes before it filters. Returns whether there are any. */
static bool count_nominated(struct scheduler *s, const struct pod *pod)
{
    bool any = false;

    for (struct nomination **at = &s->nominations; *at;) {
        struct nomination *n = *at;
        struct cached_pod *cached = pod_of(s, n);
        struct node *node = cache_node(s->cache, n->node);

        if (!cached) {
            drop(at); /* bound, or gone */
            continue;
        }
        at = &n->next;
        n->counted = node && !cached->home && cached->pod != pod && cached->pod->priority >= pod->priority;
        if (!n->counted)
            continue;
        cache_assume(s->cache, cached, node);
        any = true;
    }
    return any;
}

static void uncount_nominated(struct scheduler *s)
{
    for (struct nomination *n = s->nominations; n; n = n->next) {
        if (n->counted)
            cache_forget(s->cache, pod_of(s, n));
        n->counted = false;
    }
}

/* A nominated pod may never come: an affinity that only it would satisfy is none. */
static bool holds_without_them(struct scheduler *s, const struct pod *pod, const struct decision *decision)
{
    struct error no_memory = ERROR_INIT;
    struct peers *peers = NULL;
    struct node *const *nodes;
    size_t count;
    bool holds;

    if (!pod->peers || !decision->node)
        return true;
    nodes = cache_nodes(s->cache, &count);
    if (peers_count(&s->options->policy.filters, pod, nodes, count, &peers, &no_memory) < 0)
        return false;
    holds = filter_node(&s->options->policy.filters, pod, peers, decision->node, NULL, NULL);
    peers_free(peers);
    return holds;
}

struct decision preempt_decide(struct scheduler *s, const struct pod *pod, policy_trace trace, void *trace_ctx)
{
    struct decision decision;
    struct node *const *nodes;
    size_t count;
    bool any = s->nominations && count_nominated(s, pod);

    nodes = cache_nodes(s->cache, &count);
    decision = policy_decide(&s->options->policy, pod, nodes, count, trace, trace_ctx);
    if (!any)
        return decision;
    uncount_nominated(s);
    return holds_without_them(s, pod, &decision) ? decision : (struct decision){NULL, 0, decision.no_memory};
}

int preempt_fit_error(struct scheduler *s, const struct pod *pod, struct buffer *message, struct error *err)
{
    struct node *const *nodes;
    size_t count;
    int ret;

    count_nominated(s, pod);
    nodes = cache_nodes(s->cache, &count);
    ret = policy_fit_error(&s->options->policy, pod, nodes, count, message, err);
    uncount_nominated(s);
    return ret;
}

/* ---- making room ---- */

static int find_room(struct scheduler *s, const struct pod *pod, struct preemption *room, struct error *err)
{
    struct node *const *nodes;
    size_t count;
    int ret;

    count_nominated(s, pod);
    nodes = cache_nodes(s->cache, &count);
    ret = policy_preempt(&s->options->policy, s->options->scheduler_name, pod, nodes, count, room, err);
    uncount_nominated(s);
    return ret;
}

static void evict_victims(struct scheduler *s, const struct pod *pod, const struct preemption *room)
{
    struct error err = ERROR_INIT;

    for (size_t i = 0; i < room->victim_count; i++) {
        const struct pod *victim = room->victims[i]->pod;
        struct victim_of of = {victim->namespace_, victim->name, victim->uid, room->node->spec->name,
                               pod->namespace_,    pod->name,    pod->uid,    "preempted for a higher priority"};

        if (!is_victim(s->victims, victim->uid) && !victim_refused_until_us(s, victim->uid) && victim_evict(s, &of, &err) < 0)
            scheduler_warn(s, "cannot preempt %s/%s: %s", victim->namespace_, victim->name, err.text);
    }
    if (room->victim_count)
        metrics_preemption(s->metrics, room->victim_count);
}

void preempt_for(struct scheduler *s, const struct pod *pod)
{
    struct preemption room = {NULL, NULL, 0};
    struct error err = ERROR_INIT;
    struct node *const *nodes;
    const char *where;
    size_t count;

    nodes = cache_nodes(s->cache, &count);
    if (!s->options->preemption || !policy_may_preempt(&s->options->policy, pod, nodes, count, s->options->scheduler_name))
        return;
    if (find_room(s, pod, &room, &err) < 0) {
        scheduler_warn(s, "no room can be made for %s/%s: %s", pod->namespace_, pod->name, err.text);
        return;
    }
    where = room.node ? room.node->spec->name : "";
    evict_victims(s, pod, &room);
    if (!s->options->dry_run && (room.node || *link_of(s, pod->uid))) {
        nominate(s, pod, where);
        report_nominated(s->reporter, pod->namespace_, pod->name, pod->uid, where);
    }
    preemption_free(&room);
}

/*
 * scheduler_watch.c: observing by watch. Two reflectors keep the cache; pods of ours that wait go through the queue to the handler.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cluster/decode.h"
#include "common/kube/json_peek.h"
#include "common/scheduler_internal.h"

/* what kube-scheduler watches too: a pod that has ended leaves the selector, and so the cache */
#define LIVE_PODS "status.phase!=Succeeded,status.phase!=Failed"

#define NODE_NAME_BYTES 256

static const char *metadata(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(json_object_get(object, "metadata"), key));

    return text ? text : "";
}

/* ---- what the watch brings ---- */

static void on_forbidden(void *ctx, const char *verb, const char *resource, const char *message)
{
    scheduler_warn_forbidden(ctx, verb, resource, message);
    scheduler_fail_once(ctx);
}

/* where a plan decides, it says itself which pods it is time for */
static void wake(struct scheduler *s)
{
    if (!s->planner)
        queue_wake(s->queue, scheduler_now_us(s));
}

static void begin_nodes(void *ctx)
{
    struct scheduler *s = ctx;

    cache_begin_replace_nodes(s->cache);
}

static void on_node_gone(void *ctx, const char *name)
{
    planner_node_gone(ctx, name);
}

static void end_nodes(void *ctx)
{
    struct scheduler *s = ctx;

    cache_end_replace_nodes(s->cache, on_node_gone, s);
    s->nodes_synced = true;
    s->state.ready = scheduler_synced(s);
    wake(s);
}

static int on_node(void *ctx, enum watch_event event, const json_t *object, struct error *err)
{
    struct scheduler *s = ctx;
    struct node_spec *spec;
    bool helps;

    if (event == WATCH_DELETED) {
        cache_remove_node(s->cache, metadata(object, "name"));
        planner_node_gone(s, metadata(object, "name"));
        if (cache_peers_waiting(s->cache))
            queue_wake_peers(s->queue, scheduler_now_us(s)); /* with it goes a domain that pods were spread over */
        return 0;
    }
    spec = node_decode(object, err);
    if (!spec || cache_set_node(s->cache, spec, &helps, err) < 0)
        return -1;
    planner_node(s, metadata(object, "name"));
    if (helps)
        wake(s);
    return 0;
}

void scheduler_release_pod(void *ctx, struct cached_pod *cached)
{
    struct scheduler *s = ctx;

    queue_remove(s->queue, cached);
    bind_drop(s->binder, cached->pod->uid);
    report_forget(s->reporter, cached->pod->uid);
    planner_pod_gone(s, cached->pod->namespace_, cached->pod->name, cached->pod->uid);
}

static void begin_pods(void *ctx)
{
    struct scheduler *s = ctx;

    cache_begin_replace_pods(s->cache);
}

static void end_pods(void *ctx)
{
    struct scheduler *s = ctx;

    cache_end_replace_pods(s->cache, scheduler_release_pod, s);
    planner_nodes(s);
    s->pods_synced = true;
    s->state.ready = scheduler_synced(s);
    wake(s);
}

/* for the planner: on which node a change may be felt besides the one where the pod is afterwards; "" when nobody wants to know */
static void note_node(const struct scheduler *s, const struct cached_pod *cached, char *name)
{
    snprintf(name, NODE_NAME_BYTES, "%s", s->planner && cached ? cache_node_name(cached) : "");
}

static int on_deleted_pod(struct scheduler *s, const char *namespace_, const char *name, const char *uid)
{
    struct cached_pod *cached = cache_pod(s->cache, namespace_, name);
    struct pod_update update;
    char was_on[NODE_NAME_BYTES];

    if (!cached || (uid && strcmp(cached->pod->uid, uid) != 0))
        return 0;
    note_node(s, cached, was_on);
    scheduler_release_pod(s, cached);
    cache_remove_pod(s->cache, namespace_, name, uid, &update);
    planner_node(s, was_on);
    if (update.freed)
        wake(s);
    return 0;
}

/* whether the cached pod lives on as what has arrived now; else the queue and the binder must let go of it first */
static bool lives_on(const struct scheduler *s, const struct cached_pod *cached, const struct pod *pod)
{
    return !strcmp(cached->pod->uid, pod->uid) && pod_counts(pod) &&
           (pod->node_name[0] || !strcmp(pod->scheduler_name, s->options->scheduler_name));
}

/* an answer of ours may still be on its way: it will find the pod where it is */
static void on_assigned(struct scheduler *s, struct cached_pod *cached)
{
    if (bind_settle(s->binder, cached->pod->uid, cached->pod->node_name))
        queue_remove(s->queue, cached);
}

static int apply(struct scheduler *s, const struct pod_update *update, struct error *err)
{
    struct cached_pod *cached = update->cached;
    int64_t now = scheduler_now_us(s);

    switch (update->change) {
    case POD_NEW_PENDING:
        trace_pod(s->trace, "seen", cached->pod->namespace_, cached->pod->name, cached->pod->uid);
        return queue_add(s->queue, cached, now, err);
    case POD_STILL_PENDING:
        if (cached->assumed)
            break;
        queue_update(s->queue, cached, now);
        return queue_add(s->queue, cached, now, err); /* there was no memory for it when it was new */
    case POD_ASSIGNED:
        on_assigned(s, cached);
        break;
    default:
        break;
    }
    return 0;
}

static int on_pod_object(void *ctx, enum watch_event event, const json_t *object, struct error *err)
{
    struct scheduler *s = ctx;
    struct pod_update update;
    struct cached_pod *cached;
    struct pod *pod;
    char was_on[NODE_NAME_BYTES];

    if (event == WATCH_DELETED)
        return on_deleted_pod(s, metadata(object, "namespace"), metadata(object, "name"), metadata(object, "uid"));
    pod = pod_decode(object, s->options->scheduler_name, err);
    if (!pod)
        return -1;
    if (s->options->print_pods)
        log_bare(&s->log, "pod: '%s', phase: '%s' %s.", pod->name, pod_phase_name(pod->phase), pod->scheduler_name);
    cached = cache_pod(s->cache, pod->namespace_, pod->name);
    note_node(s, cached, was_on);
    if (cached && !lives_on(s, cached, pod))
        scheduler_release_pod(s, cached);
    if (cache_set_pod(s->cache, pod, &update, err) < 0 || apply(s, &update, err) < 0)
        return -1;
    planner_node(s, was_on);
    if (update.cached) {
        planner_pod(s, update.cached);
        preempt_note_nominated(s, update.cached->pod);
    }
    if (update.freed)
        wake(s);
    else if (update.stirs_peers)
        queue_wake_peers(s->queue, scheduler_now_us(s));
    scheduler_pump(s);
    return 0;
}

/* ---- the event that every bind of ours brings back ---- */

static bool holds_string(struct json_piece object, const char *name, const char *text)
{
    struct json_piece inside;

    return json_peek_string(json_peek(object.at, name), &inside) && json_piece_is(inside, text);
}

/*
 * On one watch each change of an object follows the last, and what sets spec.nodeName is the Binding, which changes nothing else that we keep: if the pod is
 * where we assumed it, there is nothing to read.
 */
static bool confirms(void *ctx, const char *object)
{
    struct scheduler *s = ctx;
    struct json_piece metadata = json_peek(object, "metadata");
    char namespace_[64], name[256];
    struct cached_pod *cached;

    if (s->options->print_pods || !json_peek_copy(metadata, "namespace", namespace_, sizeof namespace_) ||
        !json_peek_copy(metadata, "name", name, sizeof name))
        return false;
    cached = cache_pod(s->cache, namespace_, name);
    if (!cached || !cached->assumed || !cached->node || cached->pod->deleting || !holds_string(metadata, "uid", cached->pod->uid) ||
        json_peek(metadata.at, "deletionTimestamp").at || !holds_string(json_peek(object, "spec"), "nodeName", cached->node->spec->name) ||
        !holds_string(json_peek(object, "status"), "phase", "Pending"))
        return false;
    cache_confirm(s->cache, cached);
    on_assigned(s, cached);
    planner_pod(s, cached);
    return true;
}

/* ---- from the queue to the handler ---- */

/* the plan had a node for it, but meanwhile it was gated or deleted */
static void recall(struct scheduler *s, struct cached_pod *cached)
{
    if (!s->planner || !cached->assumed || bind_find(s->binder, cached->pod->uid))
        return;
    cache_forget(s->cache, cached);
    planner_not_bound(s, cached->pod, scheduler_now_us(s));
}

static void deliver(struct scheduler *s, struct cached_pod *cached)
{
    const struct pod *pod = cached->pod;
    enum event event = queue_attempts(cached) == 1 ? EVENT_ADDED : EVENT_RETRY;

    if (!is_pending_for_us(s, pod) || (cached->assumed && !s->planner)) {
        recall(s, cached);
        return; /* an event will bring it back, or take it away */
    }
    if (event == EVENT_ADDED)
        log_line(&s->log, "event=ADDED pod=%s/%s", pod->namespace_, pod->name);
    s->on_pod(s, event, pod);
    /* a handler that neither bound nor refused it must not lose it */
    if (queue_place(cached) == QUEUE_NONE && !cached->assumed) {
        queue_retry(s->queue, cached, scheduler_now_us(s), 0);
        planner_not_bound(s, pod, queue_backoff_end_us(cached));
    }
}

/* Decides only what can be sent: when the API server is slow the most important pods still go first. */
void scheduler_pump(struct scheduler *s)
{
    struct cached_pod *cached;

    if (!s->on_pod || !scheduler_synced(s))
        return;
    planner_turn(s);
    while (binder_has_room(s->binder) && (cached = queue_pop(s->queue, scheduler_now_us(s))))
        deliver(s, cached);
}

void watch_pods(struct scheduler *s, pod_handler on_pod)
{
    struct reflector_options nodes = {.path = "/api/v1/nodes",
                                      .resource = "nodes",
                                      .schema = node_schema,
                                      .watch_list = true,
                                      .begin_replace = begin_nodes,
                                      .on_object = on_node,
                                      .end_replace = end_nodes,
                                      .on_forbidden = on_forbidden,
                                      .ctx = s};
    struct reflector_options pods = {.path = s->pods_path,
                                     .resource = "pods",
                                     .field_selector = LIVE_PODS,
                                     .schema = pod_schema,
                                     .watch_list = true,
                                     .begin_replace = begin_pods,
                                     .is_known = confirms,
                                     .on_object = on_pod_object,
                                     .end_replace = end_pods,
                                     .on_forbidden = on_forbidden,
                                     .ctx = s};
    struct error err = ERROR_INIT;

    s->on_pod = on_pod;
    s->nodes = reflector_start(s->client, &nodes, &err);
    s->pods = s->nodes ? reflector_start(s->client, &pods, &err) : NULL;
    if (s->pods)
        return;
    scheduler_warn(s, "cannot start: %s", err.text);
    s->failed = true;
    s->stopping = true;
}

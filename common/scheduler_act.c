/*
 * scheduler_act.c: from a choice to a binding: assume, bind, and what each answer means.
 */
#include <stdlib.h>
#include <string.h>

#include "common/scheduler_internal.h"

/* after a refusal that only an administrator can lift */
#define FORBIDDEN_RETRY_US 10000000

/* the pod that a bind is about, if it is still the same one */
static struct cached_pod *pod_of(struct scheduler *s, const struct bind *bind)
{
    struct cached_pod *cached = cache_pod(s->cache, bind->namespace_, bind->name);

    return cached && !strcmp(cached->pod->uid, bind->uid) ? cached : NULL;
}

/* The choice is void: the pod counts nowhere, and waits for its next turn (polling sees it in the next list). Returns when that can be. */
static int64_t take_back(struct scheduler *s, struct cached_pod *cached, int64_t not_before_us)
{
    int64_t now = scheduler_now_us(s);

    if (!cached)
        return now;
    cache_forget(s->cache, cached);
    if (s->on_pod && !cached->node && !cached->pod->node_name[0] && queue_place(cached) == QUEUE_NONE)
        queue_retry(s->queue, cached, now, not_before_us);
    return s->on_pod ? queue_backoff_end_us(cached) : now + not_before_us;
}

void bind_pod(struct scheduler *s, const struct pod *pod, const struct node *node)
{
    struct cached_pod *cached = cache_pod(s->cache, pod->namespace_, pod->name);
    struct error err = ERROR_INIT;

    if (!cached || cached->pod != pod || bind_find(s->binder, pod->uid))
        return;
    cache_assume(s->cache, cached, cache_node(s->cache, node->spec->name));
    if (s->options->dry_run) {
        log_line(&s->log, "dry-run: %s/%s -> %s", pod->namespace_, pod->name, node->spec->name);
        return;
    }
    report_forget(s->reporter, pod->uid);
    if (bind_start(s->binder, pod->namespace_, pod->name, pod->uid, node->spec->name, &err) < 0) {
        scheduler_warn(s, "cannot bind %s/%s: %s", pod->namespace_, pod->name, err.text);
        planner_not_bound(s, pod, take_back(s, cached, 0));
    }
}

void scheduler_on_sent(void *ctx, const struct bind *bind)
{
    struct scheduler *s = ctx;

    trace_pod(s->trace, "bind", bind->namespace_, bind->name, bind->uid);
}

void scheduler_on_transient(void *ctx, const struct bind *bind, int status, const char *reason)
{
    struct scheduler *s = ctx;

    log_line(&s->log, "transient error in bind attempt=%d: status=%d reason=%s", bind->attempt, status, reason);
}

void scheduler_on_unreadable(void *ctx, const char *message)
{
    scheduler_warn_forbidden(ctx, "get", "pods", message);
}

static void on_success(struct scheduler *s, const struct bind *bind, struct cached_pod *cached)
{
    int64_t now = scheduler_now_us(s);

    if (bind->attempt > 1 || s->options->simulate_bind_errors > 0)
        log_line(&s->log, "bind OK %s/%s -> %s (attempt=%d)", bind->namespace_, bind->name, bind->node, bind->attempt);
    else
        log_line(&s->log, "Bound %s/%s -> %s", bind->namespace_, bind->name, bind->node);
    report_scheduled(s->reporter, bind->namespace_, bind->name, bind->uid, bind->node);
    if (s->on_pod && cached) {
        metrics_pod_scheduled(s->metrics, queue_attempts(cached), now - queue_first_seen_us(cached));
        queue_remove(s->queue, cached);
    } else {
        metrics_pod_scheduled(s->metrics, bind->attempt, now - bind->started_us);
    }
    scheduler_note_settled(s, bind->uid);
}

static int64_t on_failure(struct scheduler *s, const struct bind *bind, struct cached_pod *cached, int64_t retry_after_ms,
                          const char *message)
{
    int64_t not_before = retry_after_ms > 0 ? retry_after_ms * 1000 : 0;

    log_line(&s->log, "max retries reached, giving up");
    report_failed(s->reporter, bind->namespace_, bind->name, bind->uid, "SchedulerError", message);
    return take_back(s, cached, not_before);
}

void scheduler_on_bound(void *ctx, const struct bind *bind, enum bind_result result, int64_t retry_after_ms, const char *message)
{
    struct scheduler *s = ctx;
    struct cached_pod *cached = pod_of(s, bind);
    int64_t retry_us = 0;

    if (result != BIND_OK)
        metrics_attempt(s->metrics, ATTEMPT_ERROR, scheduler_now_us(s) - bind->started_us);
    switch (result) {
    case BIND_OK:
        on_success(s, bind, cached);
        break;
    case BIND_CONFLICT:
        log_verbose(&s->log, "%s/%s: %s", bind->namespace_, bind->name, message);
        retry_us = take_back(s, cached, 0);
        break;
    case BIND_POD_GONE:
        log_verbose(&s->log, "%s/%s is gone: %s", bind->namespace_, bind->name, message);
        retry_us = take_back(s, cached, 0);
        break;
    case BIND_FAILED:
        retry_us = on_failure(s, bind, cached, retry_after_ms, message);
        break;
    case BIND_FORBIDDEN:
        scheduler_warn_forbidden(s, "create", "pods/binding", message);
        retry_us = take_back(s, cached, FORBIDDEN_RETRY_US);
        break;
    case BIND_REJECTED:
        scheduler_warn(s, "cannot bind %s/%s to %s: %s", bind->namespace_, bind->name, bind->node, message);
        retry_us = take_back(s, cached, 0);
    }
    planner_bind_ended(s, bind, result, retry_us);
}

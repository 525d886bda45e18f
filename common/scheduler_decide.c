/*
 * scheduler_decide.c: the decision for one pod, and what is said when there is none.
 */
#include <stdlib.h>
#include <string.h>

#include "common/limits.h"
#include "common/scheduler_internal.h"

bool is_pending_for_us(struct scheduler *s, const struct pod *pod)
{
    return !pod->node_name[0] && !pod->deleting && !pod->gated && pod_counts(pod) &&
           !strcmp(pod->scheduler_name, s->options->scheduler_name) && !bind_find(s->binder, pod->uid);
}

struct trace {
    struct scheduler *s;
    const char *app;
};

static void log_score(void *ctx, const struct node *node, int64_t score)
{
    struct trace *trace = ctx;

    log_line(&trace->s->log, "node %s score=%lld (app=%s)", node->spec->name, (long long)score, trace->app);
}

static bool why(struct scheduler *s, const struct pod *pod, struct buffer *message, struct error *err)
{
    return s->planner ? planner_explain(s, pod, message, err) : preempt_fit_error(s, pod, message, err) == 0;
}

/* the pod fits nowhere: the words go to the log, the event and the condition. False: there are none, or not yet */
static bool explain(struct scheduler *s, const struct pod *pod)
{
    struct buffer message;
    struct error err = ERROR_INIT;
    bool known;

    buffer_init(&message, LIMIT_OBJECT_BYTES);
    known = why(s, pod, &message, &err);
    if (!known) {
        if (err.kind != ERROR_NONE)
            scheduler_warn(s, "%s/%s does not fit, and the reason cannot be told: %s", pod->namespace_, pod->name, err.text);
    } else if (s->options->dry_run || report_failed(s->reporter, pod->namespace_, pod->name, pod->uid, "Unschedulable", message.data)) {
        log_warn(&s->log, "%s/%s does not fit: %s", pod->namespace_, pod->name, message.data);
    }
    buffer_free(&message);
    return known;
}

static enum attempt_result result_of(const struct decision *decision)
{
    if (decision->node)
        return ATTEMPT_SCHEDULED;
    return decision->no_memory ? ATTEMPT_ERROR : ATTEMPT_UNSCHEDULABLE;
}

static struct decision decide(struct scheduler *s, const struct pod *pod, bool tell)
{
    const char *app = label_get(pod->labels, pod->label_count, APP_LABEL);
    struct trace trace = {s, app ? app : "None"};

    return preempt_decide(s, pod, tell ? log_score : NULL, &trace);
}

/* Where a plan has nothing to say yet (a gang settles, a bind was refused) nobody would ask again: it comes back by itself. */
static void put_back(struct scheduler *s, struct cached_pod *cached, bool known)
{
    if (known || !s->planner)
        queue_unschedulable(s->queue, cached, scheduler_now_us(s));
    else
        queue_retry(s->queue, cached, scheduler_now_us(s), s->options->gang_settle_us);
}

const struct node *choose_node(struct scheduler *s, const struct pod *pod)
{
    struct cached_pod *cached = cache_pod(s->cache, pod->namespace_, pod->name);
    bool tell = !s->planner && (s->options->verbose > 0 || s->options->policy.policy->tells_scores);
    int64_t began = scheduler_now_us(s);
    struct decision decision = {NULL, 0, false};
    bool known;

    if (!s->planner)
        decision = decide(s, pod, tell);
    else if (cached && cached->pod == pod)
        decision.node = planner_choose(s, cached);
    metrics_attempt(s->metrics, result_of(&decision), scheduler_now_us(s) - began);
    if (decision.node) {
        if (tell)
            log_line(&s->log, "choosing node %s with score=%lld", decision.node->spec->name, (long long)decision.score);
        return decision.node;
    }
    if (decision.no_memory) {
        scheduler_warn(s, "%s/%s waits: out of memory", pod->namespace_, pod->name);
        return NULL; /* it comes back: watch sees to it in deliver(), polling in its next cycle */
    }
    known = explain(s, pod);
    preempt_for(s, pod);
    if (s->on_pod && cached && cached->pod == pod)
        put_back(s, cached, known);
    return NULL;
}

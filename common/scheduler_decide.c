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

/* the pod fits nowhere: the words go to the log, the event and the condition */
static void explain(struct scheduler *s, const struct pod *pod, struct node *const *nodes, size_t count)
{
    struct buffer message;
    struct error err = ERROR_INIT;

    buffer_init(&message, LIMIT_OBJECT_BYTES);
    if (policy_fit_error(&s->options->policy, pod, nodes, count, &message, &err) < 0)
        scheduler_warn(s, "%s/%s does not fit, and the reason cannot be told: %s", pod->namespace_, pod->name, err.text);
    else if (s->options->dry_run || report_failed(s->reporter, pod->namespace_, pod->name, pod->uid, "Unschedulable", message.data))
        log_warn(&s->log, "%s/%s does not fit: %s", pod->namespace_, pod->name, message.data);
    buffer_free(&message);
}

static enum attempt_result result_of(const struct decision *decision)
{
    if (decision->node)
        return ATTEMPT_SCHEDULED;
    return decision->no_memory ? ATTEMPT_ERROR : ATTEMPT_UNSCHEDULABLE;
}

const struct node *choose_node(struct scheduler *s, const struct pod *pod)
{
    const char *app = label_get(pod->labels, pod->label_count, APP_LABEL);
    struct trace trace = {s, app ? app : "None"};
    bool tell = s->options->verbose > 0 || s->options->policy.policy->tells_scores;
    int64_t began = scheduler_now_us(s);
    struct node *const *nodes;
    struct decision decision;
    struct cached_pod *cached;
    size_t count;

    nodes = cache_nodes(s->cache, &count);
    decision = policy_decide(&s->options->policy, pod, nodes, count, tell ? log_score : NULL, &trace);
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
    explain(s, pod, nodes, count);
    cached = cache_pod(s->cache, pod->namespace_, pod->name);
    if (s->on_pod && cached && cached->pod == pod)
        queue_unschedulable(s->queue, cached, scheduler_now_us(s));
    return NULL;
}

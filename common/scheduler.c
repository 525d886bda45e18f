/*
 * scheduler.c: birth, loop and end of a scheduler. The verbs are in scheduler_polling.c and scheduler_watch.c (observe), scheduler_decide.c
 * (decide) and scheduler_act.c (act).
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/scheduler_internal.h"

int64_t scheduler_now_us(const struct scheduler *s)
{
    return s->seams.clock->monotonic_us(s->seams.clock);
}

uint64_t scheduler_hash(const char *text)
{
    uint64_t hash = 14695981039346656037u;

    while (*text)
        hash = (hash ^ (unsigned char)*text++) * 1099511628211u;
    return hash;
}

bool scheduler_synced(const struct scheduler *s)
{
    return s->nodes_synced && s->pods_synced;
}

/* ---- warnings ---- */

/* the slot of a warning: its own when it was said before, else the one that was taken first */
static struct warned *slot_of(struct scheduler *s, const char *text)
{
    for (size_t i = 0; i < WARNINGS_KEPT; i++)
        if (!strncmp(text, s->warned[i].text, sizeof s->warned[i].text - 1))
            return &s->warned[i];
    return &s->warned[s->next_warned++ % WARNINGS_KEPT];
}

static void warn_text(struct scheduler *s, const char *text)
{
    int64_t now = scheduler_now_us(s);
    struct warned *slot = slot_of(s, text);

    if (!strncmp(text, slot->text, sizeof slot->text - 1) && now - slot->said_us < WARN_AGAIN_US)
        return;
    snprintf(slot->text, sizeof slot->text, "%s", text);
    slot->said_us = now;
    log_warn(&s->log, "%s", text);
}

void scheduler_warn(struct scheduler *s, const char *format, ...)
{
    char text[768];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    warn_text(s, text);
}

void scheduler_warn_forbidden(struct scheduler *s, const char *verb, const char *resource, const char *message)
{
    const char *group = !strcmp(resource, "events") ? "events.k8s.io" : !strcmp(resource, "leases") ? "coordination.k8s.io" : "";

    scheduler_warn(s, "missing RBAC rule {apiGroups: [\"%s\"], resources: [\"%s\"], verbs: [\"%s\"]}: %s", group, resource, verb, message);
}

void scheduler_fail_once(struct scheduler *s)
{
    if (!s->options->once)
        return;
    s->failed = true;
    s->stopping = true;
}

static void on_client_warning(void *ctx, const char *text)
{
    struct scheduler *s = ctx;

    warn_text(s, text);
    if (!strncmp(text, "cannot ", 7))
        scheduler_fail_once(s);
}

/* `what` is "create events" */
static void on_report_forbidden(void *ctx, const char *what, const char *message)
{
    char verb[16];
    const char *resource = strchr(what, ' ') + 1;

    snprintf(verb, sizeof verb, "%.*s", (int)(resource - what - 1), what);
    scheduler_warn_forbidden(ctx, verb, resource, message);
}

/* binds and evictions first; and together they share the slots of --max-inflight, each of which costs memory in libcurl */
static bool reports_may_go(void *ctx)
{
    const struct scheduler *s = ctx;
    size_t inflight = binder_inflight(s->binder) + victims_inflight(s->victims) + reporter_inflight(s->reporter);

    return !binder_sending(s->binder) && inflight < (size_t)s->options->max_inflight;
}

/* ---- birth ---- */

void scheduler_machine(const struct scheduler *s, char *name, size_t size)
{
    snprintf(name, size, "%s", s->seams.machine ? s->seams.machine : "localhost");
    if (!s->seams.machine)
        gethostname(name, size - 1);
    name[size - 1] = '\0';
}

static struct reporter *open_reporter(struct scheduler *s, struct error *err)
{
    char host[256], instance[600];
    struct reporter_options options = {s->client, s->options->scheduler_name, instance, s->metrics, reports_may_go, on_report_forbidden, s};

    scheduler_machine(s, host, sizeof host);
    snprintf(instance, sizeof instance, "%s-%s", s->options->scheduler_name, host);
    return reporter_new(&options, err);
}

static struct kube_client *open_client(struct scheduler *s, struct error *err)
{
    struct kube_client_options options = {.transport = s->seams.transport,
                                          .clock = s->seams.clock,
                                          .timers = &s->timers,
                                          .credentials = s->seams.credentials,
                                          .metrics = s->metrics,
                                          .seed = s->options->seed,
                                          .warn = on_client_warning,
                                          .warn_ctx = s};

    return kube_client_new(&options, err);
}

static struct binder *open_binder(struct scheduler *s, struct error *err)
{
    struct binder_options options = {.client = s->client,
                                     .max_inflight = s->options->max_inflight,
                                     .max_attempts = s->options->max_bind_attempts,
                                     .backoff_ms = s->options->bind_backoff_ms,
                                     .simulate_errors = s->options->simulate_bind_errors,
                                     .on_sent = scheduler_on_sent,
                                     .on_transient = scheduler_on_transient,
                                     .on_unreadable = scheduler_on_unreadable,
                                     .on_done = scheduler_on_bound,
                                     .ctx = s};

    return binder_new(&options, err);
}

/* frees whatever there is of a scheduler */
static void free_scheduler(struct scheduler *s)
{
    scheduler_close_polling(s);
    reflector_stop(s->nodes);
    reflector_stop(s->pods);
    planner_free(s->planner);
    preempt_free(s);
    victims_free(s->victims);
    elector_free(s->elector);
    reporter_free(s->reporter);
    binder_free(s->binder);
    queue_free(s->queue);
    cache_free(s->cache);
    kube_client_free(s->client);
    metrics_free(s->metrics);
    free(s);
}

struct scheduler *scheduler_open(const char *program, const struct options *options, const struct scheduler_seams *seams,
                                 const struct log *log, struct error *err)
{
    struct scheduler *s = calloc(1, sizeof *s);

    if (!s) {
        error_no_memory(err);
        return NULL;
    }
    s->program = program;
    s->options = options;
    s->seams = *seams;
    s->log = *log;
    s->state.live = true;
    if (options->namespace_)
        snprintf(s->pods_path, sizeof s->pods_path, "/api/v1/namespaces/%s/pods", options->namespace_);
    else
        snprintf(s->pods_path, sizeof s->pods_path, "/api/v1/pods");
    if (!(s->metrics = metrics_new(options->scheduler_name, seams->host, err)) || !(s->client = open_client(s, err)) ||
        !(s->binder = open_binder(s, err)) || !(s->reporter = open_reporter(s, err)) ||
        !(s->cache = cache_new(options->scheduler_name, err)) || !(s->queue = queue_new(err)) || victims_open(s, err) < 0 ||
        planner_open(s, err) < 0) {
        free_scheduler(s);
        return NULL;
    }
    log_line(&s->log, "scheduler starting… name=%s", options->scheduler_name);
    return s;
}

/* ---- the loop ---- */

bool scheduler_running(const struct scheduler *s)
{
    return !s->stopping && !(s->seams.stop_requested && s->seams.stop_requested());
}

void scheduler_stop(struct scheduler *s)
{
    s->stopping = true;
}

bool scheduler_idle(const struct scheduler *s)
{
    return binder_count(s->binder) == 0 && victims_count(s->victims) == 0 && reporter_pending(s->reporter) == 0;
}

int64_t scheduler_next_us(struct scheduler *s)
{
    int64_t next = kube_timers_next(&s->timers), queued = planner_next_us(s);

    if (queued < next)
        next = queued;
    if (s->on_pod && scheduler_synced(s) && binder_has_room(s->binder)) {
        queued = queue_next_us(s->queue, scheduler_now_us(s));
        if (queued < next)
            next = queued;
    }
    return next;
}

static void count_pending(struct scheduler *s)
{
    size_t active, backoff, unschedulable, gated;

    if (!s->serve)
        return;
    queue_counts(s->queue, &active, &backoff, &unschedulable, &gated);
    metrics_pending(s->metrics, active, backoff, unschedulable, gated);
}

void scheduler_turn(struct scheduler *s, int64_t max_wait_ms)
{
    struct error err = ERROR_INIT;
    int64_t wait_ms = max_wait_ms, next_us, now;

    kube_timers_fire(&s->timers, scheduler_now_us(s));
    if (!s->on_pod)
        planner_turn(s);
    scheduler_pump(s);
    kube_timers_fire(&s->timers, scheduler_now_us(s)); /* what the decisions have begun goes out now */
    reporter_pump(s->reporter);
    count_pending(s);
    log_flush(&s->log);
    next_us = scheduler_next_us(s);
    now = scheduler_now_us(s);
    if (next_us != INT64_MAX) {
        int64_t due_ms = next_us <= now ? 0 : (next_us - now + 999) / 1000;

        if (wait_ms < 0 || due_ms < wait_ms)
            wait_ms = due_ms;
    }
    if (s->seams.transport->wait(s->seams.transport, wait_ms, &err) < 0) {
        scheduler_warn(s, "the event loop is broken: %s", err.text);
        s->failed = true;
        s->stopping = true;
    }
}

void run_until_stopped(struct scheduler *s)
{
    while (scheduler_running(s)) {
        scheduler_turn(s, -1);
        if (s->options->once && scheduler_synced(s) && scheduler_idle(s) && !planner_settling(s) &&
            queue_next_us(s->queue, scheduler_now_us(s)) > scheduler_now_us(s))
            s->stopping = true;
    }
}

/* ---- the end ---- */

/* what is on the wire is waited for, and reports go out while there is time; nothing new is decided */
static void shut_down(struct scheduler *s)
{
    int64_t deadline = scheduler_now_us(s) + SHUTDOWN_US, left;

    s->on_pod = NULL;
    reflector_stop(s->nodes);
    reflector_stop(s->pods);
    s->nodes = s->pods = NULL;
    planner_free(s->planner);
    s->planner = NULL;
    binder_drain(s->binder);
    victims_drain(s->victims);
    while (!s->failed && (binder_inflight(s->binder) || victims_inflight(s->victims) || reporter_pending(s->reporter))) {
        left = (deadline - scheduler_now_us(s)) / 1000;
        if (left <= 0)
            break;
        scheduler_turn(s, left);
    }
    if (s->elector)
        elector_release(s->elector); /* what was on the wire is done: another may begin */
    while (s->elector && elector_busy(s->elector) && (left = (deadline - scheduler_now_us(s)) / 1000) > 0)
        scheduler_turn(s, left);
    log_flush(&s->log);
}

int scheduler_close(struct scheduler *s)
{
    int code;

    shut_down(s);
    code = s->failed ? 1 : 0;
    free_scheduler(s);
    return code;
}

/*
 * scheduler_evict.c: taking pods off their nodes, for the planner and for --preemption: what is asked of the API server, what is written about it, and what
 * its answers mean.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/scheduler_internal.h"

/* after a refusal: that pod is not tried again before */
#define EVICT_AGAIN_US 10000000
#define REFUSALS_KEPT 64

/* What is told once a victim is on its way. One allocation. */
struct victim {
    struct victim *next;
    char *uid, *node, *cause_namespace, *cause_name, *cause_uid, *reason;
};

struct victims {
    struct evictor *evictor;
    struct victim *first;
    struct kube_timers *timers;
    struct kube_timer again; /* without a planner, which sees to that itself: the pods that need the room try again */
    struct refusal {
        uint64_t uid; /* its hash */
        int64_t until_us;
    } refused[REFUSALS_KEPT]; /* a ring: of more than that some are tried too soon */
    size_t next_refused;
};

static char *keep(char **to, const char *text)
{
    size_t bytes = strlen(text) + 1;
    char *at = memcpy(*to, text, bytes);

    *to += bytes;
    return at;
}

static struct victim *victim_new(const struct victim_of *of)
{
    const char *const texts[] = {of->uid, of->node, of->cause_namespace, of->cause_name, of->cause_uid, of->reason};
    struct victim *victim;
    size_t bytes = sizeof *victim;
    char *to;

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        bytes += strlen(texts[i]) + 1;
    victim = malloc(bytes);
    if (!victim)
        return NULL;
    to = (char *)(victim + 1);
    victim->uid = keep(&to, of->uid);
    victim->node = keep(&to, of->node);
    victim->cause_namespace = keep(&to, of->cause_namespace);
    victim->cause_name = keep(&to, of->cause_name);
    victim->cause_uid = keep(&to, of->cause_uid);
    victim->reason = keep(&to, of->reason);
    return victim;
}

static struct victim *take_victim(struct victims *victims, const char *uid)
{
    for (struct victim **at = &victims->first; *at; at = &(*at)->next) {
        struct victim *victim = *at;

        if (strcmp(victim->uid, uid) != 0)
            continue;
        *at = victim->next;
        return victim;
    }
    return NULL;
}

/* ---- refusals ---- */

static void note_refusal(struct scheduler *s, const char *uid, int64_t until_us)
{
    struct victims *victims = s->victims;

    victims->refused[victims->next_refused++ % REFUSALS_KEPT] = (struct refusal){scheduler_hash(uid), until_us};
    if (!s->planner && until_us < victims->again.due_us)
        victims->again.due_us = until_us;
}

int64_t victim_refused_until_us(const struct scheduler *s, const char *uid)
{
    const int64_t now = scheduler_now_us(s);
    const uint64_t hash = scheduler_hash(uid);

    for (size_t i = 0; s->victims && i < REFUSALS_KEPT; i++)
        if (s->victims->refused[i].uid == hash && s->victims->refused[i].until_us > now)
            return s->victims->refused[i].until_us;
    return 0;
}

static void try_again(void *ctx)
{
    struct scheduler *s = ctx;

    queue_wake(s->queue, scheduler_now_us(s));
}

/* ---- one eviction ---- */

static void on_evicted(void *ctx, const struct eviction *eviction, enum evict_result result, const char *verb, const char *resource,
                       int64_t retry_after_ms, const char *message)
{
    struct scheduler *s = ctx;
    struct victim *victim = take_victim(s->victims, eviction->uid);
    int64_t again_us = scheduler_now_us(s) + (retry_after_ms * 1000 > EVICT_AGAIN_US ? retry_after_ms * 1000 : EVICT_AGAIN_US);

    if (result == EVICT_FORBIDDEN)
        scheduler_warn_forbidden(s, verb, resource, message);
    else if (result == EVICT_FAILED)
        scheduler_warn(s, "cannot preempt %s/%s: %s", eviction->namespace_, eviction->name, message);
    if (result == EVICT_FORBIDDEN || result == EVICT_FAILED)
        note_refusal(s, eviction->uid, again_us);
    if (result == EVICT_OK && victim)
        report_preempted(s->reporter, eviction->namespace_, eviction->name, eviction->uid, victim->cause_namespace, victim->cause_name,
                         victim->cause_uid, victim->node, victim->reason);
    free(victim);
    planner_evicted(s, eviction, result, again_us);
}

int victims_open(struct scheduler *s, struct error *err)
{
    struct evictor_options options = {.client = s->client,
                                      .max_inflight = s->options->max_inflight,
                                      .max_attempts = s->options->max_bind_attempts,
                                      .backoff_ms = s->options->bind_backoff_ms,
                                      .on_done = on_evicted,
                                      .ctx = s};

    if (!s->options->preemption && !s->options->policy.policy->plans)
        return 0;
    s->victims = calloc(1, sizeof *s->victims);
    if (!s->victims)
        return error_no_memory(err);
    s->victims->timers = &s->timers;
    kube_timer_add(&s->timers, &s->victims->again, try_again, s);
    s->victims->evictor = evictor_new(&options, err);
    return s->victims->evictor ? 0 : -1;
}

void victims_free(struct victims *victims)
{
    struct victim *next;

    if (!victims)
        return;
    kube_timer_remove(victims->timers, &victims->again);
    evictor_free(victims->evictor);
    for (struct victim *victim = victims->first; victim; victim = next) {
        next = victim->next;
        free(victim);
    }
    free(victims);
}

size_t victims_count(const struct victims *victims)
{
    return victims ? evictor_count(victims->evictor) : 0;
}

size_t victims_inflight(const struct victims *victims)
{
    return victims ? evictor_inflight(victims->evictor) : 0;
}

bool is_victim(const struct victims *victims, const char *uid)
{
    return victims && evict_find(victims->evictor, uid);
}

void victims_drain(struct victims *victims)
{
    if (victims)
        evictor_drain(victims->evictor);
}

int victim_evict(struct scheduler *s, const struct victim_of *of, struct error *err)
{
    char message[400];
    struct victim *victim;

    if (*of->cause_name)
        log_line(&s->log, "preempting %s/%s on %s: %s (%s/%s)", of->namespace_, of->name, of->node, of->reason, of->cause_namespace,
                 of->cause_name);
    else
        log_line(&s->log, "preempting %s/%s on %s: %s", of->namespace_, of->name, of->node, of->reason);
    if (s->options->dry_run)
        return 0;
    victim = victim_new(of);
    if (!victim)
        return error_no_memory(err);
    snprintf(message, sizeof message, "%s: preempting%s%s", s->options->scheduler_name,
             *of->cause_uid ? " to accommodate a higher priority pod" : ": ", *of->cause_uid ? "" : of->reason);
    if (evict_start(s->victims->evictor, of->namespace_, of->name, of->uid, message, err) < 0) {
        free(victim);
        return -1;
    }
    victim->next = s->victims->first;
    s->victims->first = victim;
    return 0;
}

#include "compare/live_model.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RATE_LEAST_US 5000000
#define MINUTE_US 60000000
#define LOOK_APART_US 1000000

void live_model_free(struct live_model *m)
{
    size_t i;

    for (i = 0; i < m->side_count; i++)
        free(m->sides[i].pods);
    free(m->nodes);
    free(m->node_order);
    free(m->node_slots);
    memset(m, 0, sizeof *m);
}

int live_model_add_side(struct live_model *m, const char *name, double interval_s)
{
    struct live_side *side = &m->sides[m->side_count];

    if (m->side_count == LIVE_SIDES_MAX)
        return -1;
    snprintf(side->name, sizeof side->name, "%s", name);
    side->interval_s = interval_s;
    return (int)m->side_count++;
}

void live_model_say(struct live_model *m, int64_t at_us, const char *format, ...)
{
    struct live_line *line = &m->log[m->log_count++ % LIVE_LOG_LINES];
    va_list args;

    line->at_us = at_us;
    va_start(args, format);
    vsnprintf(line->text, sizeof line->text, format, args);
    va_end(args);
}

void live_model_invalidate(struct live_model *m, const char *format, ...)
{
    va_list args;

    if (*m->invalid)
        return;
    va_start(args, format);
    vsnprintf(m->invalid, sizeof m->invalid, format, args);
    va_end(args);
}

static void __attribute__((format(printf, 2, 3))) invalidate_side(struct live_side *side, const char *format, ...)
{
    va_list args;

    if (*side->invalid)
        return;
    va_start(args, format);
    vsnprintf(side->invalid, sizeof side->invalid, format, args);
    va_end(args);
}

/* ---- pods ---- */

/* the pod, made when it is new */
static struct live_pod *need_pod(struct live_side *side, size_t number, struct error *err)
{
    if (number >= LIVE_PODS_MAX) {
        error_set(err, ERROR_RUNTIME, "more than %d pods", LIVE_PODS_MAX);
        return NULL;
    }
    if (number >= side->pod_capacity) {
        size_t capacity = number < 512 ? 1024 : 2 * number;
        struct live_pod *larger = realloc(side->pods, capacity * sizeof *larger);

        if (!larger) {
            error_no_memory(err);
            return NULL;
        }
        side->pods = larger;
        side->pod_capacity = capacity;
    }
    for (; side->pod_count <= number; side->pod_count++)
        side->pods[side->pod_count] = (struct live_pod){.accepted_us = NOT_SEEN, .bound_us = NOT_SEEN, .gone_us = NOT_SEEN, .node = -1};
    return &side->pods[number];
}

static void know(struct live_side *side, struct live_pod *pod)
{
    if (pod->known)
        return;
    pod->known = true;
    side->waiting++;
}

/* the answer and the watch tell of the same moment: the earlier one was nearer */
static void accept_at(struct live_side *side, struct live_pod *pod, int64_t at_us)
{
    know(side, pod);
    if (pod->accepted_us == NOT_SEEN || at_us < pod->accepted_us)
        pod->accepted_us = at_us;
}

int live_model_pod_accepted(struct live_model *m, size_t side, size_t number, int64_t at_us, struct error *err)
{
    struct live_pod *pod = need_pod(&m->sides[side], number, err);

    if (!pod)
        return -1;
    accept_at(&m->sides[side], pod, at_us);
    return 0;
}

static void note_recovery(struct live_model *m, struct live_side *side, int64_t at_us)
{
    if (!side->recovers)
        return;
    side->recovers = false;
    live_model_say(m, at_us, "%s binds again, %.1f s after the server was back", side->name,
                   at_us > m->back_us ? (double)(at_us - m->back_us) / 1e6 : 0.0);
}

static void bind_pod(struct live_model *m, struct live_side *side, struct live_pod *pod, int node, int64_t at_us, bool timed)
{
    pod->node = node;
    m->nodes[node].pods[side - m->sides]++;
    side->waiting--;
    side->bound++;
    side->placed++;
    if (timed && pod->accepted_us != NOT_SEEN) {
        pod->bound_us = at_us;
        side->samples[side->sample_count++ % LIVE_WINDOW] =
            (struct live_sample){at_us, at_us > pod->accepted_us ? at_us - pod->accepted_us : 0};
    } else {
        side->untimed++;
    }
    if (side->state == LIVE_STARTING)
        live_model_started(m, (size_t)(side - m->sides), at_us);
    note_recovery(m, side, at_us);
}

int live_model_pod_seen(struct live_model *m, size_t index, size_t number, const char *node_name, int64_t at_us, int64_t delay_us,
                        struct error *err)
{
    struct live_side *side = &m->sides[index];
    struct live_pod *pod = need_pod(side, number, err);
    int node = -1;

    if (!pod)
        return -1;
    pod->listed = true;
    if (pod->gone_us != NOT_SEEN)
        return 0;
    if (delay_us > pod->delay_us)
        pod->delay_us = delay_us;
    if (delay_us != LIVE_LISTED && !pod->known)
        accept_at(side, pod, at_us);
    know(side, pod);
    if (!node_name || !*node_name)
        return 0;
    node = live_model_find_node(m, node_name);
    /* the watch of pods may be ahead of the one of nodes */
    if (node < 0) {
        live_model_node_seen(m, node_name, true, false, false);
        node = live_model_find_node(m, node_name);
    }
    if (node < 0)
        return 0;
    if (pod->node < 0) {
        bind_pod(m, side, pod, node, at_us, delay_us != LIVE_LISTED);
    } else if (pod->node != node) {
        invalidate_side(side, "pod %zu was bound twice: to %.100s, then to %.100s", number, m->nodes[pod->node].name, node_name);
        live_model_say(m, at_us, "%s: %s", side->name, side->invalid);
        m->nodes[pod->node].pods[index]--;
        m->nodes[node].pods[index]++;
        pod->node = node;
    }
    return 0;
}

static void pod_is_gone(struct live_model *m, size_t index, struct live_pod *pod, int64_t at_us)
{
    struct live_side *side = &m->sides[index];

    if (!pod->known || pod->gone_us != NOT_SEEN)
        return;
    pod->gone_us = at_us;
    if (pod->node < 0) {
        side->waiting--;
        return;
    }
    m->nodes[pod->node].pods[index]--;
    side->placed--;
}

void live_model_pod_gone(struct live_model *m, size_t side, size_t number, int64_t at_us)
{
    if (number < m->sides[side].pod_count)
        pod_is_gone(m, side, &m->sides[side].pods[number], at_us);
}

void live_model_list_begins(struct live_model *m, bool nodes)
{
    size_t i, j;

    for (i = 0; nodes && i < m->node_count; i++)
        m->nodes[i].listed = false;
    for (i = 0; !nodes && i < m->side_count; i++)
        for (j = 0; j < m->sides[i].pod_count; j++)
            m->sides[i].pods[j].listed = false;
}

void live_model_list_ends(struct live_model *m, bool nodes, int64_t at_us)
{
    size_t i, j;

    for (i = 0; nodes && i < m->node_count; i++)
        if (!m->nodes[i].listed)
            live_model_node_gone(m, m->nodes[i].name);
    /* a pod whose creation was answered while the list was under way may not be on it: it is left for the next event */
    for (i = 0; !nodes && i < m->side_count; i++)
        for (j = 0; j < m->sides[i].pod_count; j++)
            if (!m->sides[i].pods[j].listed && m->sides[i].pods[j].node >= 0)
                pod_is_gone(m, i, &m->sides[i].pods[j], at_us);
}

/* ---- the server, the schedulers ---- */

void live_model_disconnected(struct live_model *m, const char *why, int64_t at_us)
{
    if (!m->connected)
        return;
    m->connected = false;
    m->away = true;
    live_model_say(m, at_us, "the API server is away: %s", why);
    live_model_invalidate(m, "the API server was away for a while");
}

void live_model_connected(struct live_model *m, int64_t at_us)
{
    size_t i;

    m->connected = true;
    if (!m->away)
        return;
    m->away = false;
    m->back_us = at_us;
    live_model_say(m, at_us, "the API server is back");
    for (i = 0; i < m->side_count; i++)
        m->sides[i].recovers = m->sides[i].state != LIVE_ENDED;
}

void live_model_started(struct live_model *m, size_t side, int64_t at_us)
{
    if (m->sides[side].state != LIVE_STARTING)
        return;
    m->sides[side].state = LIVE_RUNNING;
    live_model_say(m, at_us, "%s runs", m->sides[side].name);
}

void live_model_ended(struct live_model *m, size_t side, const char *how, int64_t at_us)
{
    struct live_side *s = &m->sides[side];

    if (s->state == LIVE_ENDED)
        return;
    s->state = LIVE_ENDED;
    s->recovers = false;
    snprintf(s->end, sizeof s->end, "%s", how);
    invalidate_side(s, "it ended by itself (%s)", how);
    live_model_say(m, at_us, "%s ended by itself (%s)", s->name, how);
}

void live_model_stopped(struct live_model *m, int64_t for_us, int64_t at_us)
{
    size_t i, j;

    for (i = 0; i < m->side_count; i++)
        for (j = 0; j < m->sides[i].pod_count; j++)
            if (m->sides[i].pods[j].known && m->sides[i].pods[j].node < 0)
                m->sides[i].pods[j].accepted_us = NOT_SEEN;
    live_model_say(m, at_us, "stopped for %.1f s", (double)for_us / 1e6);
    live_model_invalidate(m, "the view was stopped for %.1f s", (double)for_us / 1e6);
}

void live_model_pause(struct live_model *m, bool paused, int64_t at_us)
{
    if (paused == m->paused)
        return;
    m->paused = paused;
    live_model_say(m, at_us, paused ? "arrivals are paused" : "arrivals go on");
}

/* ---- figures ---- */

void live_model_requests(struct live_model *m, size_t index, const struct live_count *counts, size_t count, int64_t at_us)
{
    struct live_side *side = &m->sides[index];
    size_t i, last = (side->look_count + LIVE_RATE_LOOKS - 1) % LIVE_RATE_LOOKS;

    side->count_count = count < LIVE_COUNTS_MAX ? count : LIVE_COUNTS_MAX;
    side->requests = 0;
    for (i = 0; i < side->count_count; i++) {
        side->counts[i] = counts[i];
        side->requests += counts[i].count;
    }
    if (side->requests > 0)
        live_model_started(m, index, at_us);
    /* looks a second apart reach back a minute */
    if (side->look_count > 1 && at_us - side->looks[(last + LIVE_RATE_LOOKS - 1) % LIVE_RATE_LOOKS].at_us < LOOK_APART_US)
        side->look_count--;
    last = side->look_count++ % LIVE_RATE_LOOKS;
    side->looks[last].at_us = at_us;
    side->looks[last].requests = side->requests;
}

double live_model_count(const struct live_side *side, const char *name)
{
    size_t i;

    for (i = 0; i < side->count_count; i++)
        if (!strcmp(side->counts[i].name, name))
            return (double)side->counts[i].count;
    return NAN;
}

double live_model_per_minute(const struct live_side *side)
{
    size_t kept = side->look_count < LIVE_RATE_LOOKS ? side->look_count : LIVE_RATE_LOOKS, i, last, from = 0;
    int64_t span_us = 0;

    if (!kept)
        return -1;
    last = (side->look_count - 1) % LIVE_RATE_LOOKS;
    for (i = 1; i < kept; i++) {
        size_t at = (side->look_count - 1 - i) % LIVE_RATE_LOOKS;

        from = at;
        span_us = side->looks[last].at_us - side->looks[at].at_us;
        if (span_us >= MINUTE_US)
            break;
    }
    if (span_us < RATE_LEAST_US)
        return -1;
    return (double)(side->looks[last].requests - side->looks[from].requests) * MINUTE_US / (double)span_us;
}

struct statistics live_model_latency(const struct live_side *side)
{
    int64_t latencies[LIVE_WINDOW];
    size_t i, count = side->sample_count < LIVE_WINDOW ? side->sample_count : LIVE_WINDOW;

    for (i = 0; i < count; i++)
        latencies[i] = side->samples[i].latency_us;
    return statistics_of(latencies, count);
}

int64_t live_model_last_latency(const struct live_side *side)
{
    return side->sample_count ? side->samples[(side->sample_count - 1) % LIVE_WINDOW].latency_us : NOT_SEEN;
}

/* elector.c: one step at a time: read the Lease, then write it; while it is ours it is written without reading it first. */
#include "common/kube/elector.h"

#include <stdlib.h>
#include <string.h>

#include "common/kube/elector_lease.h"
#include "common/limits.h"

/* client-go waits a retry period stretched by up to 1.2 of itself while it does not lead */
#define JITTER_PERCENT 120

enum step { RESTING, READING, WRITING, RELEASING };

struct elector {
    struct elector_options options;
    struct kube_timer timer; /* the next try, or the end of the renewal's time */
    struct kube_call *call;
    enum step step;
    struct buffer answer, body;
    json_t *lease;       /* as last read or written; NULL: none is known */
    int64_t observed_us; /* when it was first seen as it is, by our clock */
    int64_t renewed_us;  /* as the leader: when we last wrote it */
    bool leads, unread;  /* unread: the next try must read first */
    char *leader;        /* who was last told of */
};

static int64_t now_us(const struct elector *e)
{
    const struct clock *clock = kube_client_clock(e->options.client);

    return clock->monotonic_us(clock);
}

static int64_t wall_us(const struct elector *e)
{
    const struct clock *clock = kube_client_clock(e->options.client);

    return clock->wall_us(clock);
}

static void send(struct elector *e, enum step step);

/* ---- what is known of the lease ---- */

static void tell_leader(struct elector *e)
{
    const char *holder = lease_holder(e->lease);
    char *copy;

    if (!*holder || (e->leader && !strcmp(e->leader, holder)))
        return;
    copy = strdup(holder);
    if (!copy)
        return;
    free(e->leader);
    e->leader = copy;
    if (e->options.on_leader && strcmp(holder, e->options.identity) != 0)
        e->options.on_leader(e->options.ctx, e->leader);
}

/* takes `lease` over; a record that has not changed keeps the time when it was first seen */
static void observe(struct elector *e, json_t *lease)
{
    if (!e->lease || !lease_same(e->lease, lease))
        e->observed_us = now_us(e);
    json_decref(e->lease);
    e->lease = lease;
    tell_leader(e);
}

static bool is_ours(const struct elector *e)
{
    return !strcmp(lease_holder(e->lease), e->options.identity);
}

/* somebody holds it, and has renewed it lately enough by our clock */
static bool is_held(const struct elector *e)
{
    return *lease_holder(e->lease) && e->observed_us + lease_duration_s(e->lease) * 1000000 > now_us(e);
}

/* ---- time ---- */

static void rest(struct elector *e)
{
    int64_t pause = ELECTOR_RETRY_S * 1000000;

    e->step = RESTING;
    if (!e->leads)
        pause += pause / 100 * (int64_t)(kube_client_random(e->options.client) % (JITTER_PERCENT + 1));
    e->timer.due_us = now_us(e) + pause;
}

static void lose(struct elector *e, const char *why)
{
    e->leads = false;
    e->step = RESTING;
    e->timer.due_us = TIMER_NEVER;
    e->options.on_lost(e->options.ctx, why);
}

static bool renewal_is_over(const struct elector *e)
{
    return e->leads && now_us(e) - e->renewed_us >= ELECTOR_RENEW_S * 1000000;
}

/* the try did not work; a leader has until the end of its renewal's time */
static void failed(struct elector *e)
{
    e->unread = true;
    if (renewal_is_over(e))
        lose(e, "it could not be renewed");
    else
        rest(e);
}

static void on_timer(void *ctx)
{
    struct elector *e = ctx;

    if (renewal_is_over(e))
        lose(e, "it could not be renewed");
    else
        send(e, e->leads && !e->unread ? WRITING : READING);
}

/* ---- answers ---- */

/* the lease as the server has it now: ours to write, or somebody else's */
static void on_read(struct elector *e)
{
    struct error err = ERROR_INIT;
    json_t *lease = lease_parse(&e->answer, &err);

    if (!lease) {
        failed(e);
        return;
    }
    observe(e, lease);
    e->unread = false;
    if (e->leads && !is_ours(e))
        lose(e, "somebody else holds it");
    else if (!is_ours(e) && is_held(e))
        rest(e);
    else
        send(e, WRITING);
}

static void on_written(struct elector *e)
{
    struct error err = ERROR_INIT;
    json_t *lease = lease_parse(&e->answer, &err);
    bool began = !e->leads;

    if (lease)
        observe(e, lease);
    e->unread = !lease;
    e->leads = true;
    e->renewed_us = now_us(e);
    rest(e);
    if (began)
        e->options.on_leading(e->options.ctx);
}

static const char *verb_of(const struct elector *e)
{
    return e->step == READING ? "get" : e->lease ? "update" : "create";
}

/* that somebody else was faster is none */
static void tell_problem(struct elector *e, const struct kube_answer *answer)
{
    if (answer->class_ == KUBE_FORBIDDEN) {
        if (e->options.on_forbidden)
            e->options.on_forbidden(e->options.ctx, verb_of(e), answer->message);
    } else if (answer->class_ != KUBE_CONFLICT && e->options.on_problem) {
        e->options.on_problem(e->options.ctx, verb_of(e), answer->message);
    }
}

static void on_done(void *ctx, const struct kube_answer *answer)
{
    struct elector *e = ctx;
    enum step step = e->step;

    e->call = NULL;
    if (step == RELEASING)
        return;
    if (answer->class_ == KUBE_OK) {
        step == READING ? on_read(e) : on_written(e);
    } else if (answer->class_ == KUBE_NOT_FOUND && step == READING) {
        json_decref(e->lease);
        e->lease = NULL;
        send(e, WRITING);
    } else {
        tell_problem(e, answer);
        failed(e);
    }
}

static int on_data(void *ctx, const char *data, size_t bytes)
{
    struct elector *e = ctx;
    struct error err = ERROR_INIT;

    return buffer_add(&e->answer, data, bytes, &err);
}

/* ---- requests ---- */

static int build(struct elector *e, enum step step, struct kube_request *request, struct buffer *target, struct error *err)
{
    struct lease_words words = {e->options.namespace_, e->options.name, step == RELEASING ? "" : e->options.identity,
                                step == RELEASING ? 1 : ELECTOR_LEASE_S, wall_us(e)};
    bool create = !e->lease;

    if (buffer_printf(target, err, "/apis/coordination.k8s.io/v1/namespaces/%s/leases%s%s", e->options.namespace_,
                      step != READING && create ? "" : "/", step != READING && create ? "" : e->options.name) < 0)
        return -1;
    request->method = step == READING ? "GET" : create ? "POST" : "PUT";
    request->target = target->data;
    if (step == READING)
        return 0;
    buffer_clear(&e->body);
    if (lease_write(e->lease, &words, &e->body, err) < 0)
        return -1;
    request->content_type = "application/json";
    request->body = e->body.data;
    request->body_bytes = e->body.bytes;
    return 0;
}

/* no request outlives the time of a renewal: what it would say came too late */
static void send(struct elector *e, enum step step)
{
    struct kube_request request = {.timeout_ms = ELECTOR_RENEW_S * 1000 / 2, .on_data = on_data, .on_done = on_done, .ctx = e};
    struct error err = ERROR_INIT;
    struct buffer target;

    e->step = step;
    e->timer.due_us = TIMER_NEVER;
    buffer_init(&target, LIMIT_TARGET_BYTES);
    buffer_clear(&e->answer);
    if (build(e, step, &request, &target, &err) == 0)
        e->call = kube_start(e->options.client, &request, &err);
    buffer_free(&target);
    if (!e->call && step != RELEASING)
        failed(e);
}

/* ---- life ---- */

struct elector *elector_start(const struct elector_options *options, struct error *err)
{
    struct elector *e = calloc(1, sizeof *e);

    if (!e) {
        error_no_memory(err);
        return NULL;
    }
    e->options = *options;
    buffer_init(&e->answer, LIMIT_OBJECT_BYTES);
    buffer_init(&e->body, LIMIT_REQUEST_BODY_BYTES);
    kube_timer_add(kube_client_timers(options->client), &e->timer, on_timer, e);
    e->timer.due_us = now_us(e);
    return e;
}

void elector_free(struct elector *e)
{
    if (!e)
        return;
    if (e->call)
        kube_cancel(e->options.client, e->call);
    kube_timer_remove(kube_client_timers(e->options.client), &e->timer);
    json_decref(e->lease);
    buffer_free(&e->answer);
    buffer_free(&e->body);
    free(e->leader);
    free(e);
}

bool elector_leads(const struct elector *e)
{
    return e->leads;
}

void elector_release(struct elector *e)
{
    bool write_it = e->leads && e->lease && !e->unread && !e->call;

    if (e->call && e->step != RELEASING)
        kube_cancel(e->options.client, e->call);
    if (e->step == RELEASING)
        return;
    e->call = NULL;
    e->leads = false;
    e->step = RELEASING;
    e->timer.due_us = TIMER_NEVER;
    if (write_it)
        send(e, RELEASING);
}

bool elector_busy(const struct elector *e)
{
    return e->step == RELEASING && e->call;
}

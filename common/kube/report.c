/*
 * report.c: see report.h. Reports wait in one queue and are written as text only when they are sent.
 */
#include "common/kube/report.h"

#include <stdlib.h>
#include <string.h>

#include "common/kube/pod_request.h"
#include "common/kube/report_internal.h"
#include "common/limits.h"

int64_t report_now_us(const struct reporter *reporter)
{
    const struct clock *clock = kube_client_clock(reporter->options.client);

    return clock->monotonic_us(clock);
}

/* ---- the queue ---- */

static void count_drop(struct reporter *reporter)
{
    if (reporter->options.metrics)
        metrics_event_dropped(reporter->options.metrics);
}

static void drop(struct reporter *reporter, struct report_item *item)
{
    count_drop(reporter);
    free(item);
}

/* two reports on one pod's status become one, where the one that waits stands */
static void merge(struct reporter *reporter, struct report_item *waiting, const struct report *older, const struct report *newer)
{
    struct report merged = report_merged(older, newer);
    struct report_item *item = report_item_new(&merged, 0);

    if (!item) {
        count_drop(reporter);
        return;
    }
    report_list_replace(&reporter->waiting, waiting, item);
    free(waiting);
}

void report_enqueue(struct reporter *reporter, const struct report *report, unsigned serial)
{
    struct report_item *item = report->kind == REPORT_STATUS ? report_list_status(&reporter->waiting, report->uid) : NULL;
    char event_name[REPORT_EVENT_NAME_BYTES];
    struct report older;

    if (item) {
        report_item_read(item, event_name, &older);
        merge(reporter, item, &older, report);
        return;
    }
    item = report_item_new(report, serial);
    if (!item) {
        count_drop(reporter);
        return;
    }
    if (reporter->waiting.count >= LIMIT_EVENT_QUEUE) {
        struct report_item *oldest = reporter->waiting.first;

        report_list_remove(&reporter->waiting, oldest);
        drop(reporter, oldest);
    }
    report_list_add_last(&reporter->waiting, item);
}

/* back to where it came from; what was said of the pod's status in the meantime counts */
static void put_back(struct reporter *reporter, struct report_item *item)
{
    struct report_item *waiting = item->kind == REPORT_STATUS ? report_list_status(&reporter->waiting, report_item_uid(item)) : NULL;
    char event_name[REPORT_EVENT_NAME_BYTES];
    struct report older, newer;

    if (!waiting) {
        report_list_add_first(&reporter->waiting, item);
        return;
    }
    report_item_read(item, event_name, &older);
    report_item_read(waiting, event_name, &newer);
    merge(reporter, waiting, &older, &newer);
    free(item);
}

/* ---- sending ---- */

static void on_timer(void *ctx)
{
    struct reporter *reporter = ctx;

    reporter->paused = false;
}

/* everything waits; of several answers the one that asks for the longest pause counts */
static void pause_for(struct reporter *reporter, int64_t wait_us)
{
    int64_t due_us = report_now_us(reporter) + wait_us;

    if (!reporter->paused || reporter->timer.due_us < due_us)
        reporter->timer.due_us = due_us;
    reporter->paused = true;
}

/* trouble that may pass: everything waits a moment, this one goes first */
static void retry_later(struct reporter *reporter, struct report_item *item, int64_t retry_after_ms)
{
    int64_t wait_us = kube_client_jitter(reporter->options.client, (int64_t)1000000 << item->attempts);

    pause_for(reporter, wait_us < retry_after_ms * 1000 ? retry_after_ms * 1000 : wait_us);
    if (item->obsolete)
        free(item);
    else if (++item->attempts >= REPORT_MAX_ATTEMPTS)
        drop(reporter, item);
    else
        put_back(reporter, item);
}

static void on_forbidden(struct reporter *reporter, const struct report_item *item, const char *message)
{
    static const char *const what[] = {"create events", "patch events", "patch pods/status"};
    int right = item->kind == REPORT_STATUS ? 2 : item->kind == REPORT_SERIES ? 1 : 0;

    /* a namespace that is going away says 403 too, and that is no missing right */
    if (reporter->forbidden[right] || strstr(message, "being terminated"))
        return;
    reporter->forbidden[right] = true;
    if (reporter->options.on_forbidden)
        reporter->options.on_forbidden(reporter->options.ctx, what[right], message);
}

/* takes it off the wire; its item is left to the caller */
static void end_sending(struct sending *sending)
{
    struct sending **link = &sending->reporter->inflight;

    while (*link != sending)
        link = &(*link)->next;
    *link = sending->next;
    sending->reporter->inflight_count--;
    buffer_free(&sending->body);
    free(sending);
}

static void on_done(void *ctx, const struct kube_answer *answer)
{
    struct sending *sending = ctx;
    struct reporter *reporter = sending->reporter;
    struct report_item *item = sending->item;
    char event_name[REPORT_EVENT_NAME_BYTES];
    struct report report;

    end_sending(sending);
    switch (pod_is_another(answer) ? KUBE_CONFLICT : answer->class_) {
    case KUBE_OK:
    case KUBE_CONFLICT: /* the event is there already, or the pod is another one */
    case KUBE_NOT_FOUND:
        free(item);
        break;
    case KUBE_TRANSIENT:
    case KUBE_UNKNOWN:
    case KUBE_UNAUTHORIZED:
        retry_later(reporter, item, answer->retry_after_ms);
        break;
    case KUBE_FORBIDDEN:
        on_forbidden(reporter, item, answer->message);
        drop(reporter, item);
        break;
    default:
        report_item_read(item, event_name, &report);
        kube_client_warn(reporter->options.client, "cannot report on %s/%s: %s", report.namespace_, report.name, answer->message);
        drop(reporter, item);
    }
}

static int start_call(struct sending *sending, const struct report *report, struct error *err)
{
    struct reporter *reporter = sending->reporter;
    struct kube_request request = {.method = report_method(report->kind),
                                   .content_type = report_content_type(report->kind),
                                   .timeout_ms = REPORT_TIMEOUT_MS,
                                   .on_done = on_done,
                                   .ctx = sending};
    struct buffer target;

    buffer_init(&target, LIMIT_TARGET_BYTES);
    if (report_target(report, &target, err) == 0 &&
        report_body(report, reporter->scheduler_name, reporter->instance, &sending->body, err) == 0) {
        request.target = target.data;
        request.body = sending->body.data;
        request.body_bytes = sending->body.bytes;
        sending->call = kube_start(reporter->options.client, &request, err);
    }
    buffer_free(&target);
    return sending->call ? 0 : -1;
}

static int send_item(struct reporter *reporter, struct report_item *item, struct error *err)
{
    struct sending *sending = calloc(1, sizeof *sending);
    char event_name[REPORT_EVENT_NAME_BYTES];
    struct report report;

    if (!sending)
        return error_no_memory(err);
    sending->reporter = reporter;
    sending->item = item;
    buffer_init(&sending->body, LIMIT_REQUEST_BODY_BYTES);
    sending->next = reporter->inflight;
    reporter->inflight = sending;
    reporter->inflight_count++;
    report_item_read(item, event_name, &report);
    if (start_call(sending, &report, err) == 0)
        return 0;
    end_sending(sending);
    return -1;
}

/* of two patches of one status on the wire at a time the older could come last */
static bool must_wait(const struct reporter *reporter, const struct report_item *item)
{
    if (item->kind != REPORT_STATUS)
        return false;
    for (const struct sending *sending = reporter->inflight; sending; sending = sending->next)
        if (sending->item->kind == REPORT_STATUS && !strcmp(report_item_uid(sending->item), report_item_uid(item)))
            return true;
    return false;
}

/* at most as many are passed over as are on the wire */
static struct report_item *next_to_send(const struct reporter *reporter)
{
    struct report_item *item = reporter->waiting.first;

    while (item && must_wait(reporter, item))
        item = item->next;
    return item;
}

void reporter_pump(struct reporter *reporter)
{
    struct report_item *item;

    while (!reporter->paused && reporter->inflight_count < REPORT_MAX_INFLIGHT && (item = next_to_send(reporter)) &&
           reporter->options.may_send(reporter->options.ctx)) {
        struct error err = ERROR_INIT;

        report_list_remove(&reporter->waiting, item);
        if (send_item(reporter, item, &err) < 0)
            drop(reporter, item);
    }
}

size_t reporter_pending(const struct reporter *reporter)
{
    return reporter->waiting.count + reporter->inflight_count;
}

size_t reporter_inflight(const struct reporter *reporter)
{
    return reporter->inflight_count;
}

/* ---- birth and death ---- */

struct reporter *reporter_new(const struct reporter_options *options, struct error *err)
{
    struct reporter *reporter = calloc(1, sizeof *reporter);

    if (!reporter) {
        error_no_memory(err);
        return NULL;
    }
    reporter->options = *options;
    kube_timer_add(kube_client_timers(options->client), &reporter->timer, on_timer, reporter);
    reporter->scheduler_name = strdup(options->scheduler_name);
    reporter->instance = strdup(options->instance);
    if (!reporter->scheduler_name || !reporter->instance) {
        error_no_memory(err);
        reporter_free(reporter);
        return NULL;
    }
    return reporter;
}

void reporter_free(struct reporter *reporter)
{
    struct report_item *item;

    if (!reporter)
        return;
    while (reporter->inflight) {
        kube_cancel(reporter->options.client, reporter->inflight->call);
        free(reporter->inflight->item);
        end_sending(reporter->inflight);
    }
    while ((item = reporter->waiting.first)) {
        report_list_remove(&reporter->waiting, item);
        free(item);
    }
    report_words_clear(&reporter->words);
    kube_timer_remove(kube_client_timers(reporter->options.client), &reporter->timer);
    free(reporter->scheduler_name);
    free(reporter->instance);
    free(reporter);
}

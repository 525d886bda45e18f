/*
 * report.c: see report.h. Reports wait in one queue and are written as text only when they are sent.
 */
#include "common/kube/report.h"

#include <stdlib.h>
#include <string.h>

#include "common/kube/report_queue.h"
#include "common/kube/report_words.h"
#include "common/limits.h"

/* a report on the wire */
struct sending {
    struct reporter *reporter;
    struct report_item *item;
    struct kube_call *call;
    struct buffer body;
    struct sending *next;
};

struct reporter {
    struct reporter_options options;
    char *scheduler_name, *instance;
    struct report_list waiting;
    struct sending *inflight;
    size_t inflight_count;
    struct report_words words;
    bool unremembered;       /* of some pod a condition may wait although nothing is remembered of it */
    struct kube_timer timer; /* ends a pause */
    bool paused;
    unsigned serial;
    bool forbidden[3]; /* already said, by right */
};

static int64_t now_us(const struct reporter *reporter)
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

/* queues a copy of a report; the oldest gives way when the queue is full */
static void enqueue(struct reporter *reporter, const struct report *report, unsigned serial)
{
    struct report_item *item = report_item_new(report, serial);

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

/* ---- sending ---- */

static void on_timer(void *ctx)
{
    struct reporter *reporter = ctx;

    reporter->paused = false;
}

/* everything waits; of several answers the one that asks for the longest pause counts */
static void pause_for(struct reporter *reporter, int64_t wait_us)
{
    int64_t due_us = now_us(reporter) + wait_us;

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
        report_list_add_first(&reporter->waiting, item);
}

static void on_forbidden(struct reporter *reporter, const struct report_item *item, const char *message)
{
    static const char *const what[] = {"create events", "patch events", "patch pods/status"};
    int right = item->kind == REPORT_CONDITION ? 2 : item->kind == REPORT_SERIES ? 1 : 0;

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
    switch (answer->class_) {
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

void reporter_pump(struct reporter *reporter)
{
    while (!reporter->paused && reporter->waiting.first && reporter->inflight_count < REPORT_MAX_INFLIGHT &&
           reporter->options.may_send(reporter->options.ctx)) {
        struct report_item *item = reporter->waiting.first;
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

/* ---- what is said, and what was said last ---- */

static int64_t wall_us(const struct reporter *reporter)
{
    const struct clock *clock = kube_client_clock(reporter->options.client);

    return clock->wall_us(clock);
}

void report_scheduled(struct reporter *reporter, const char *namespace_, const char *name, const char *uid, const char *node)
{
    struct report report = {REPORT_SCHEDULED, namespace_, name, uid, node, "", "", wall_us(reporter), 0};

    enqueue(reporter, &report, reporter->serial++);
}

/* the same message again: counted, and written at most every five minutes. Returns whether it was the same */
static bool say_again(struct reporter *reporter, struct last_word *word, struct report *report)
{
    if (!word || word->message_hash != report_words_hash(report->text))
        return false;
    word->count++;
    word->seen_us = now_us(reporter);
    if (word->seen_us - word->written_us < REPORT_SERIES_US)
        return true;
    word->written_us = word->seen_us;
    report->kind = REPORT_SERIES;
    report->event_name = word->event_name;
    report->count = word->count;
    enqueue(reporter, report, 0);
    return true;
}

bool report_failed(struct reporter *reporter, const char *namespace_, const char *name, const char *uid, const char *reason,
                   const char *message)
{
    char event_name[REPORT_EVENT_NAME_BYTES];
    struct report report = {REPORT_FAILED, namespace_, name, uid, message, reason, "", wall_us(reporter), 0};

    report_words_sweep(&reporter->words, uid, now_us(reporter) - 2 * (int64_t)REPORT_SERIES_US);
    if (say_again(reporter, report_words_find(&reporter->words, uid), &report))
        return false;
    report_event_name(name, report.wall_us, reporter->serial, event_name);
    enqueue(reporter, &report, reporter->serial++);
    report.kind = REPORT_CONDITION;
    enqueue(reporter, &report, 0);
    if (!report_words_set(&reporter->words, uid, message, event_name, now_us(reporter)))
        reporter->unremembered = true;
    return true;
}

/* a condition written after the binding would say False of a pod that is placed */
static bool is_condition_of(const struct report_item *item, const char *uid)
{
    char event_name[REPORT_EVENT_NAME_BYTES];
    struct report report;

    if (item->kind != REPORT_CONDITION)
        return false;
    report_item_read(item, event_name, &report);
    return !strcmp(report.uid, uid);
}

void report_forget(struct reporter *reporter, const char *uid)
{
    struct report_item *next;

    if (!report_words_forget(&reporter->words, uid) && !reporter->unremembered)
        return;
    for (struct report_item *item = reporter->waiting.first; item; item = next) {
        next = item->next;
        if (is_condition_of(item, uid)) {
            report_list_remove(&reporter->waiting, item);
            free(item);
        }
    }
    for (struct sending *sending = reporter->inflight; sending; sending = sending->next)
        sending->item->obsolete |= is_condition_of(sending->item, uid);
    if (!reporter_pending(reporter))
        reporter->unremembered = false;
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

/*
 * report.c: see report.h. Reports wait in one queue and are written as text only when they are sent.
 */
#include "common/kube/report.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/kube/report_body.h"
#include "common/kube/report_words.h"
#include "common/limits.h"

#define EVENT_NAME_BYTES 254 /* what a name of an object may have, and the NUL */

struct item {
    struct report report;
    struct reporter *reporter;
    struct kube_call *call;
    struct buffer body;
    int attempts;
    bool obsolete; /* on the wire when its pod was forgotten: not sent a second time */
    struct item *previous, *next;
};

struct item_list {
    struct item *first, *last;
    size_t count;
};

struct reporter {
    struct reporter_options options;
    char *scheduler_name, *instance;
    struct item_list waiting, inflight;
    struct report_words words;
    bool unremembered;       /* of some pod a condition may wait although nothing is remembered of it */
    struct kube_timer timer; /* ends a pause */
    bool paused;
    unsigned long serial;
    bool forbidden[3]; /* already said, by right */
};

static int64_t now_us(const struct reporter *reporter)
{
    const struct clock *clock = kube_client_clock(reporter->options.client);

    return clock->monotonic_us(clock);
}

/* ---- the queue ---- */

static void link_last(struct item_list *list, struct item *item)
{
    item->next = NULL;
    item->previous = list->last;
    if (list->last)
        list->last->next = item;
    else
        list->first = item;
    list->last = item;
    list->count++;
}

static void link_first(struct item_list *list, struct item *item)
{
    item->previous = NULL;
    item->next = list->first;
    if (list->first)
        list->first->previous = item;
    else
        list->last = item;
    list->first = item;
    list->count++;
}

static void unlink_item(struct item_list *list, struct item *item)
{
    *(item->previous ? &item->previous->next : &list->first) = item->next;
    *(item->next ? &item->next->previous : &list->last) = item->previous;
    list->count--;
}

static void free_item(struct item *item)
{
    buffer_free(&item->body);
    free(item);
}

static void drop(struct reporter *reporter, struct item *item)
{
    if (reporter->options.metrics)
        metrics_event_dropped(reporter->options.metrics);
    free_item(item);
}

static const char *pack(char **room, const char *text)
{
    size_t bytes = strlen(text) + 1;
    char *copy = *room;

    memcpy(copy, text, bytes);
    *room += bytes;
    return copy;
}

/* queues a copy of a report; the oldest gives way when the queue is full */
static void enqueue(struct reporter *reporter, const struct report *report)
{
    size_t bytes = strlen(report->namespace_) + strlen(report->name) + strlen(report->uid) + strlen(report->text) + strlen(report->reason) +
                   strlen(report->event_name) + 6;
    struct item *item = malloc(sizeof *item + bytes);
    char *room = (char *)(item + 1);

    if (!item) {
        if (reporter->options.metrics)
            metrics_event_dropped(reporter->options.metrics);
        return;
    }
    *item = (struct item){.report = *report, .reporter = reporter};
    item->report.namespace_ = pack(&room, report->namespace_);
    item->report.name = pack(&room, report->name);
    item->report.uid = pack(&room, report->uid);
    item->report.text = pack(&room, report->text);
    item->report.reason = pack(&room, report->reason);
    item->report.event_name = pack(&room, report->event_name);
    buffer_init(&item->body, LIMIT_REQUEST_BODY_BYTES);
    if (reporter->waiting.count >= LIMIT_EVENT_QUEUE) {
        struct item *oldest = reporter->waiting.first;

        unlink_item(&reporter->waiting, oldest);
        drop(reporter, oldest);
    }
    link_last(&reporter->waiting, item);
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
static void retry_later(struct reporter *reporter, struct item *item, int64_t retry_after_ms)
{
    int64_t wait_us = kube_client_jitter(reporter->options.client, (int64_t)1000000 << item->attempts);

    pause_for(reporter, wait_us < retry_after_ms * 1000 ? retry_after_ms * 1000 : wait_us);
    if (item->obsolete)
        free_item(item);
    else if (++item->attempts >= REPORT_MAX_ATTEMPTS)
        drop(reporter, item);
    else
        link_first(&reporter->waiting, item);
}

static void on_forbidden(struct reporter *reporter, const struct item *item, const char *message)
{
    static const char *const what[] = {"create events", "patch events", "patch pods/status"};
    int right = item->report.kind == REPORT_CONDITION ? 2 : item->report.kind == REPORT_SERIES ? 1 : 0;

    /* a namespace that is going away says 403 too, and that is no missing right */
    if (reporter->forbidden[right] || strstr(message, "being terminated"))
        return;
    reporter->forbidden[right] = true;
    if (reporter->options.on_forbidden)
        reporter->options.on_forbidden(reporter->options.ctx, what[right], message);
}

static void on_done(void *ctx, const struct kube_answer *answer)
{
    struct item *item = ctx;
    struct reporter *reporter = item->reporter;

    item->call = NULL;
    unlink_item(&reporter->inflight, item);
    switch (answer->class_) {
    case KUBE_OK:
    case KUBE_CONFLICT: /* the event is there already, or the pod is another one */
    case KUBE_NOT_FOUND:
        free_item(item);
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
        kube_client_warn(reporter->options.client, "cannot report on %s/%s: %s", item->report.namespace_, item->report.name,
                         answer->message);
        drop(reporter, item);
    }
}

static int send_item(struct item *item, struct error *err)
{
    struct reporter *reporter = item->reporter;
    struct kube_request request = {.method = report_method(item->report.kind),
                                   .content_type = report_content_type(item->report.kind),
                                   .timeout_ms = REPORT_TIMEOUT_MS,
                                   .on_done = on_done,
                                   .ctx = item};
    struct buffer target;

    buffer_init(&target, LIMIT_TARGET_BYTES);
    buffer_clear(&item->body);
    if (report_target(&item->report, &target, err) == 0 &&
        report_body(&item->report, reporter->scheduler_name, reporter->instance, &item->body, err) == 0) {
        request.target = target.data;
        request.body = item->body.data;
        request.body_bytes = item->body.bytes;
        item->call = kube_start(reporter->options.client, &request, err);
    }
    buffer_free(&target);
    return item->call ? 0 : -1;
}

void reporter_pump(struct reporter *reporter)
{
    while (!reporter->paused && reporter->waiting.first && reporter->inflight.count < REPORT_MAX_INFLIGHT &&
           reporter->options.may_send(reporter->options.ctx)) {
        struct item *item = reporter->waiting.first;
        struct error err = ERROR_INIT;

        unlink_item(&reporter->waiting, item);
        if (send_item(item, &err) < 0)
            drop(reporter, item);
        else
            link_last(&reporter->inflight, item);
    }
}

size_t reporter_pending(const struct reporter *reporter)
{
    return reporter->waiting.count + reporter->inflight.count;
}

size_t reporter_inflight(const struct reporter *reporter)
{
    return reporter->inflight.count;
}

/* ---- what is said, and what was said last ---- */

static int64_t wall_us(const struct reporter *reporter)
{
    const struct clock *clock = kube_client_clock(reporter->options.client);

    return clock->wall_us(clock);
}

/* "<pod>.<16 hex digits>", as client-go names events; unique while this process lives and the clock goes on */
static void name_event(struct reporter *reporter, const char *pod, int64_t wall, char *out)
{
    size_t length = report_cut(pod, EVENT_NAME_BYTES - 18);

    while (length && (pod[length - 1] == '.' || pod[length - 1] == '-')) /* a name of an object may not have them before a dot */
        length--;
    snprintf(out, EVENT_NAME_BYTES, "%.*s.%016" PRIx64, (int)length, pod, (uint64_t)wall * 1000 + reporter->serial++ % 1000);
}

void report_scheduled(struct reporter *reporter, const char *namespace_, const char *name, const char *uid, const char *node)
{
    char event_name[EVENT_NAME_BYTES];
    int64_t wall = wall_us(reporter);
    struct report report = {REPORT_SCHEDULED, namespace_, name, uid, node, "", event_name, wall, 0};

    name_event(reporter, name, wall, event_name);
    enqueue(reporter, &report);
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
    report->text = "";
    enqueue(reporter, report);
    return true;
}

bool report_failed(struct reporter *reporter, const char *namespace_, const char *name, const char *uid, const char *reason,
                   const char *message)
{
    char event_name[EVENT_NAME_BYTES];
    int64_t wall = wall_us(reporter);
    struct report report = {REPORT_FAILED, namespace_, name, uid, message, reason, event_name, wall, 0};

    report_words_sweep(&reporter->words, uid, now_us(reporter) - 2 * (int64_t)REPORT_SERIES_US);
    if (say_again(reporter, report_words_find(&reporter->words, uid), &report))
        return false;
    name_event(reporter, name, wall, event_name);
    enqueue(reporter, &report);
    report.kind = REPORT_CONDITION;
    enqueue(reporter, &report);
    if (!report_words_set(&reporter->words, uid, message, event_name, now_us(reporter)))
        reporter->unremembered = true;
    return true;
}

/* a condition written after the binding would say False of a pod that is placed */
static bool is_condition_of(const struct item *item, const char *uid)
{
    return item->report.kind == REPORT_CONDITION && !strcmp(item->report.uid, uid);
}

void report_forget(struct reporter *reporter, const char *uid)
{
    struct item *next;

    if (!report_words_forget(&reporter->words, uid) && !reporter->unremembered)
        return;
    for (struct item *item = reporter->waiting.first; item; item = next) {
        next = item->next;
        if (is_condition_of(item, uid)) {
            unlink_item(&reporter->waiting, item);
            free_item(item);
        }
    }
    for (struct item *item = reporter->inflight.first; item; item = item->next)
        item->obsolete |= is_condition_of(item, uid);
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
    struct item *item;

    if (!reporter)
        return;
    while ((item = reporter->inflight.first)) {
        kube_cancel(reporter->options.client, item->call);
        unlink_item(&reporter->inflight, item);
        free_item(item);
    }
    while ((item = reporter->waiting.first)) {
        unlink_item(&reporter->waiting, item);
        free_item(item);
    }
    report_words_clear(&reporter->words);
    kube_timer_remove(kube_client_timers(reporter->options.client), &reporter->timer);
    free(reporter->scheduler_name);
    free(reporter->instance);
    free(reporter);
}

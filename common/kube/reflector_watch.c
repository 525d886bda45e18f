/*
 * reflector_watch.c: one watch from its start to its end, and what its end means for the next step.
 */
#include <string.h>

#include "common/kube/frame.h"
#include "common/kube/json_parse.h"
#include "common/kube/json_peek.h"
#include "common/kube/reflector_internal.h"
#include "common/limits.h"

#define TOO_MANY_REQUESTS 429

/* ---- frames ---- */

/* remembers why the watch has to end; -1 makes the scan stop */
static int stop_watch(struct reflector *r, enum kube_class class_, int64_t retry_after_ms, const char *message)
{
    size_t length = strnlen(message, sizeof r->problem.message - 1);

    r->problem.class_ = class_;
    r->problem.retry_after_ms = retry_after_ms;
    memcpy(r->problem.message, message, length);
    r->problem.message[length] = '\0';
    return -1;
}

/* Whether version `a` is before `b`: they count up on one server (KEP-5504). What is not a number is not compared. */
static bool is_before(const char *a, const char *b)
{
    size_t a_digits = strspn(a, "0123456789"), b_digits = strspn(b, "0123456789");

    if (!a_digits || !b_digits || a[a_digits] || b[b_digits])
        return false;
    return a_digits != b_digits ? a_digits < b_digits : strcmp(a, b) < 0;
}

/* An old state after a newer one, as no API server sends it (a proxy that mixes up a stream might): a pod that was deleted would come back to stay. */
static int refuse_disorder(struct reflector *r, struct error *err)
{
    stop_watch(r, KUBE_REJECTED, -1, "the events came out of order");
    return error_set(err, ERROR_RUNTIME, "%s", r->problem.message);
}

static int on_object_frame(struct reflector *r, const struct frame *frame, struct error *err)
{
    static const enum watch_event events[] = {WATCH_ADDED, WATCH_MODIFIED, WATCH_DELETED};
    /* while the initial state comes, changes since its snapshot may come too, deletions among them */
    enum watch_event event = r->initial && frame->type != FRAME_DELETED ? WATCH_LISTED : events[frame->type];

    if (!r->initial && is_before(frame->resource_version, r->resource_version))
        return refuse_disorder(r, err);
    if (reflector_hand_over(r, event, frame->object, err) < 0) {
        r->must_list = true;
        return -1;
    }
    return r->initial || !frame->resource_version[0] ? 0 : reflector_keep_version(r, frame->resource_version, err);
}

static int on_bookmark(struct reflector *r, const struct frame *frame, struct error *err)
{
    /* a watch from "" would begin anywhere, and deletions before it would never be heard of */
    if (!frame->resource_version[0])
        return error_set(err, ERROR_RUNTIME, "a bookmark without a resourceVersion");
    if (reflector_keep_version(r, frame->resource_version, err) < 0)
        return -1;
    if (r->initial && frame->initial_events_end) {
        r->initial = false;
        r->timer.due_us = TIMER_NEVER;
        reflector_end_replace(r);
    }
    return 0;
}

/* what client-go does with an ERROR: 429 says nothing about our store, anything else may mean that it cannot be followed from this version */
static int on_error(struct reflector *r, const struct frame *frame, struct error *err)
{
    enum kube_class class_ = kube_classify(frame->code, true, false, frame->reason, frame->too_large_rv);

    if (frame->code != TOO_MANY_REQUESTS)
        r->must_list = true;
    stop_watch(r, class_, frame->retry_after_ms, frame->message);
    return error_set(err, ERROR_RUNTIME, "%s", r->problem.message[0] ? r->problem.message : "an ERROR without a message");
}

static int judge_frame(struct reflector *r, const struct frame *frame, struct error *err)
{
    switch (frame->type) {
    case FRAME_ERROR:
        return on_error(r, frame, err);
    case FRAME_BOOKMARK:
        return on_bookmark(r, frame, err);
    case FRAME_UNKNOWN:
        kube_client_warn(r->client, "watch of %s: unknown event type %.32s, skipped", r->options.resource, frame->type_text);
        return 0;
    default:
        r->events++;
        return on_object_frame(r, frame, err);
    }
}

/* Whether a frame is a MODIFIED that says nothing new; then only the version moves on. 1 when it was, 0 when it has to be read, -1 on an error. */
static int pass_over(struct reflector *r, const char *text, struct error *err)
{
    struct json_piece object, version;
    char number[32];

    if (!r->options.is_known || r->initial || !json_piece_is(json_peek(text, "type"), "\"MODIFIED\""))
        return 0;
    object = json_peek(text, "object");
    if (!object.at || !json_peek_string(json_peek(json_peek(object.at, "metadata").at, "resourceVersion"), &version) ||
        version.bytes >= sizeof number)
        return 0;
    memcpy(number, version.at, version.bytes);
    number[version.bytes] = '\0';
    if (is_before(number, r->resource_version) || !r->options.is_known(r->options.ctx, object.at))
        return 0;
    r->events++;
    return reflector_keep_version(r, number, err) < 0 ? -1 : 1;
}

int reflector_on_frame(void *ctx, const char *text, size_t bytes, size_t raw_bytes, struct error *err)
{
    struct reflector *r = ctx;
    struct error problem = ERROR_INIT;
    int ret = pass_over(r, text, err);
    struct frame frame;
    json_t *json;

    (void)raw_bytes;
    if (ret != 0)
        return ret < 0 ? -1 : 0;
    json = kube_json_parse(text, bytes, &problem);
    if (!json) {
        if (problem.kind != ERROR_NO_MEMORY)
            error_prefix(&problem, "a change of %s is skipped", r->options.resource);
        return reflector_skip(r, &problem, err);
    }
    ret = frame_read(json, &frame, err) < 0 ? -1 : judge_frame(r, &frame, err);
    json_decref(json);
    return ret;
}

static int on_data(void *ctx, const char *data, size_t bytes)
{
    struct reflector *r = ctx;
    struct error err = ERROR_INIT;

    if (r->initial)
        r->timer.due_us = reflector_now_us(r) + REFLECTOR_INITIAL_QUIET_US;
    if (json_scan_feed(r->scan, data, bytes, &err) == 0)
        return 0;
    return r->problem.class_ == KUBE_OK ? stop_watch(r, KUBE_TRANSIENT, -1, err.text) : -1;
}

/* ---- the end ---- */

/* a server without WatchList says so in one of several ways (KEP-3157); the paged list serves as well */
static bool refuses_watch_list(const struct reflector *r, const struct kube_answer *answer)
{
    return r->initial && (answer->status == 400 || answer->status == 422 || answer->status == 405);
}

void reflector_give_up_watch_list(struct reflector *r)
{
    kube_client_warn(r->client, "watch of %s: the initial state does not end, listing instead", r->options.resource);
    kube_cancel(r->client, r->watch);
    r->watch = NULL;
    r->initial = r->watch_list = false;
}

/* the watch is over and nothing was wrong with it */
static void on_clean_end(struct reflector *r)
{
    struct kube_answer early = {
        .class_ = KUBE_TRANSIENT, .retry_after_ms = -1, .reason = "", .message = "the watch ended at once, without an event"};
    bool early_end = reflector_now_us(r) - r->watch_started_us < REFLECTOR_SHORT_WATCH_US;

    if (early_end && !r->events)
        reflector_back_off(r, "watch", &early);
    else
        r->timer.due_us = reflector_now_us(r) + (early_end ? REFLECTOR_SHORT_PAUSE_US : 0);
}

/* whether an answer says that the same watch again would get the same answer */
static bool cannot_go_on(enum kube_class class_)
{
    return class_ == KUBE_EXPIRED || class_ == KUBE_REJECTED || class_ == KUBE_CONFLICT || class_ == KUBE_NOT_FOUND;
}

static void judge_end(struct reflector *r, struct kube_answer *answer, bool was_initial)
{
    if (cannot_go_on(answer->class_))
        r->must_list = true;
    if (was_initial && answer->class_ == KUBE_OK)
        answer->message = "the watch ended before its initial state was whole";
    if (answer->class_ == KUBE_EXPIRED && !was_initial)
        reflector_run_at_once(r); /* the store is behind */
    else if (!was_initial && (answer->class_ == KUBE_OK || (answer->class_ == KUBE_UNKNOWN && r->events)))
        on_clean_end(r); /* torn off while it worked is as good as ended */
    else
        reflector_back_off(r, "watch", answer);
}

static void on_done(void *ctx, const struct kube_answer *answer)
{
    struct reflector *r = ctx;
    struct kube_answer outcome = *answer;
    struct error err = ERROR_INIT;
    bool was_initial = r->initial;

    r->watch = NULL;
    if (refuses_watch_list(r, answer)) {
        r->initial = r->watch_list = false;
        reflector_run_at_once(r);
        return;
    }
    r->initial = false;
    if (r->problem.class_ != KUBE_OK) {
        outcome.class_ = r->problem.class_;
        outcome.message = r->problem.message;
        outcome.retry_after_ms = r->problem.retry_after_ms;
    } else if (answer->class_ == KUBE_OK && json_scan_finish(r->scan, &err) < 0) {
        outcome.class_ = KUBE_UNKNOWN; /* it ended in the middle, though the connection did not break */
        outcome.message = err.text;
    }
    judge_end(r, &outcome, was_initial);
}

/* ---- the start ---- */

static int build_target(struct reflector *r, struct buffer *target, struct error *err)
{
    int timeout = REFLECTOR_WATCH_TIMEOUT_MIN_S + (int)(kube_client_random(r->client) % (REFLECTOR_WATCH_TIMEOUT_MIN_S + 1));

    if (buffer_printf(target, err, "%s?watch=true&allowWatchBookmarks=true&timeoutSeconds=%d", r->options.path, timeout) < 0)
        return -1;
    if (r->options.field_selector &&
        (buffer_add_string(target, "&fieldSelector=", err) < 0 || buffer_add_query_escaped(target, r->options.field_selector, err) < 0))
        return -1;
    if (r->initial)
        return buffer_add_string(target, "&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&resourceVersion=", err);
    if (buffer_add_string(target, "&resourceVersion=", err) < 0)
        return -1;
    return buffer_add_query_escaped(target, r->resource_version, err);
}

void reflector_start_watch(struct reflector *r)
{
    struct kube_request request = {.method = "GET", .is_stream = true, .on_data = on_data, .on_done = on_done, .ctx = r};
    struct error err = ERROR_INIT;
    struct kube_answer failed = {.class_ = KUBE_TRANSIENT, .retry_after_ms = -1, .reason = "", .message = err.text};
    struct buffer target;

    buffer_init(&target, LIMIT_TARGET_BYTES);
    json_scan_reset(r->scan);
    r->problem.class_ = KUBE_OK;
    r->events = 0;
    r->initial = r->must_list;
    r->watch_started_us = reflector_now_us(r);
    if (build_target(r, &target, &err) == 0) {
        /* the server ends it after timeoutSeconds; a connection that died without a word is noticed a little later */
        request.idle_timeout_ms = (2 * REFLECTOR_WATCH_TIMEOUT_MIN_S + 60) * 1000;
        request.target = target.data;
        r->watch = kube_start(r->client, &request, &err);
    }
    buffer_free(&target);
    if (!r->watch) {
        r->initial = false;
        reflector_back_off(r, "watch", &failed);
        return;
    }
    if (r->initial) {
        r->timer.due_us = r->watch_started_us + REFLECTOR_INITIAL_QUIET_US;
        r->options.begin_replace(r->options.ctx);
    }
}

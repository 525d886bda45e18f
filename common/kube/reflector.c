/*
 * reflector.c: see reflector.h. Three states: a list is under way, a watch is open, or the timer of the backoff runs.
 */
#include "common/kube/reflector.h"

#include <stdlib.h>
#include <string.h>

#include "common/kube/frame.h"
#include "common/kube/list.h"
#include "common/limits.h"

struct reflector {
    struct kube_client *client;
    struct reflector_options options;
    struct json_field *frame_schema;
    struct json_scan *scan; /* of the watch */
    struct kube_list *list;
    struct kube_call *watch;
    struct kube_timer timer;
    char *resource_version; /* of what the store has; "" when it must be listed afresh */
    bool synced;            /* a whole list came at least once */
    bool must_list;         /* the next step is a list, not a watch */
    bool watch_list;        /* the server takes WatchList, as far as we know */
    bool initial;           /* the open watch is still sending its initial state */
    int64_t watch_started_us, backoff_us, failed_us;
    bool refused;           /* the last failure: nobody listened */
    unsigned long events;   /* of the open watch */
    struct frame_problem {
        enum kube_class class_;
        int64_t retry_after_ms;
        char message[384];
    } problem; /* an ERROR frame, or why we stopped reading; class_ KUBE_OK: none */
};

static void step(void *ctx);

static int64_t now_us(const struct reflector *r)
{
    const struct clock *clock = kube_client_clock(r->client);

    return clock->monotonic_us(clock);
}

static int keep_version(struct reflector *r, const char *version, struct error *err)
{
    size_t bytes = strlen(version) + 1;
    char *copy;

    if (r->resource_version && bytes <= strlen(r->resource_version) + 1) {
        memcpy(r->resource_version, version, bytes);
        return 0;
    }
    copy = malloc(bytes);
    if (!copy)
        return error_no_memory(err);
    memcpy(copy, version, bytes);
    free(r->resource_version);
    r->resource_version = copy;
    return 0;
}

static void end(struct reflector *r)
{
    r->synced = true;
    r->must_list = false;
    r->options.end_replace(r->options.ctx);
}

static void run_at_once(struct reflector *r)
{
    r->timer.due_us = now_us(r);
}

/* how long to wait after a failure: doubling, forgotten after two healthy minutes or when the kind of failure changes */
static int64_t next_backoff(struct reflector *r, bool refused, int64_t retry_after_ms)
{
    int64_t now = now_us(r), most = refused ? REFLECTOR_BACKOFF_MAX_REFUSED_US : REFLECTOR_BACKOFF_MAX_US, wait;

    if (!r->backoff_us || now - r->failed_us > REFLECTOR_HEALTHY_US || r->refused != refused)
        r->backoff_us = REFLECTOR_BACKOFF_FIRST_US;
    else if (r->backoff_us < most)
        r->backoff_us *= 2;
    if (r->backoff_us > most)
        r->backoff_us = most;
    r->refused = refused;
    r->failed_us = now;
    wait = kube_client_jitter(r->client, r->backoff_us);
    if (retry_after_ms * 1000 > wait)
        wait = retry_after_ms * 1000;
    return wait < 2 * REFLECTOR_BACKOFF_MAX_US ? wait : 2 * REFLECTOR_BACKOFF_MAX_US;
}

static void back_off(struct reflector *r, const char *verb, const struct kube_answer *answer)
{
    int64_t wait = next_backoff(r, answer->unsent, answer->retry_after_ms);

    if (answer->class_ == KUBE_FORBIDDEN && r->options.on_forbidden)
        r->options.on_forbidden(r->options.ctx, verb, r->options.resource, answer->message);
    else
        kube_client_warn(r->client, "cannot %s %s: %s%s%s", verb, r->options.resource, answer->reason, answer->reason[0] ? ": " : "",
                         answer->message);
    r->timer.due_us = now_us(r) + wait;
}

/* An object that makes no sense is reported and skipped; without memory the store would be wrong, so that ends the list or watch. */
static int hand_over(struct reflector *r, enum watch_event event, const json_t *object, struct error *err)
{
    struct error problem = ERROR_INIT;

    if (r->options.on_object(r->options.ctx, event, object, &problem) == 0)
        return 0;
    if (problem.kind == ERROR_NO_MEMORY)
        return error_no_memory(err);
    kube_client_warn(r->client, "%s", problem.text);
    return 0;
}

/* ---- list ---- */

static int on_list_item(void *ctx, const char *text, size_t bytes, struct error *err)
{
    struct reflector *r = ctx;
    json_error_t problem;
    json_t *object = json_loadb(text, bytes, JSON_REJECT_DUPLICATES, &problem);
    int ret;

    if (!object)
        return error_set(err, ERROR_RUNTIME, "an item of the list is not JSON: %s", problem.text);
    ret = hand_over(r, WATCH_LISTED, object, err);
    json_decref(object);
    return ret;
}

static void on_list_start(void *ctx)
{
    struct reflector *r = ctx;

    r->options.begin_replace(r->options.ctx);
}

static void on_list_done(void *ctx, const struct kube_answer *answer, const char *resource_version)
{
    struct reflector *r = ctx;
    struct error err = ERROR_INIT;
    struct kube_answer failed = *answer;

    r->list = NULL;
    if (answer->class_ == KUBE_OK && keep_version(r, resource_version, &err) == 0) {
        end(r);
        run_at_once(r);
        return;
    }
    if (err.kind)
        failed.message = err.text;
    back_off(r, "list", &failed);
}

static void start_list(struct reflector *r)
{
    struct kube_list_options options = {.path = r->options.path,
                                        .field_selector = r->options.field_selector,
                                        .resource_version = r->synced ? r->resource_version : "0",
                                        .schema = r->options.schema,
                                        .on_start = on_list_start,
                                        .on_item = on_list_item,
                                        .on_done = on_list_done,
                                        .ctx = r};
    struct error err = ERROR_INIT;
    struct kube_answer failed = {.class_ = KUBE_TRANSIENT, .retry_after_ms = -1, .reason = "", .message = err.text};

    r->list = kube_list_start(r->client, &options, &err);
    if (r->list)
        return;
    back_off(r, "list", &failed);
}

/* ---- watch ---- */

/* remembers why the watch has to end; -1 makes the scan stop */
static int stop_watch(struct reflector *r, enum kube_class class_, int64_t retry_after_ms, const char *message)
{
    r->problem.class_ = class_;
    r->problem.retry_after_ms = retry_after_ms;
    memcpy(r->problem.message, message, strnlen(message, sizeof r->problem.message - 1));
    r->problem.message[strnlen(message, sizeof r->problem.message - 1)] = '\0';
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
    if (hand_over(r, event, frame->object, err) < 0) {
        r->must_list = true;
        return -1;
    }
    return r->initial || !frame->resource_version[0] ? 0 : keep_version(r, frame->resource_version, err);
}

static int on_bookmark(struct reflector *r, const struct frame *frame, struct error *err)
{
    if (keep_version(r, frame->resource_version, err) < 0)
        return -1;
    if (r->initial && frame->initial_events_end) {
        r->initial = false;
        end(r);
    }
    return 0;
}

static int on_frame(void *ctx, const char *text, size_t bytes, size_t raw_bytes, struct error *err)
{
    struct reflector *r = ctx;
    struct frame frame;
    json_error_t problem;
    json_t *json = json_loadb(text, bytes, JSON_REJECT_DUPLICATES, &problem);
    int ret = 0;

    (void)raw_bytes;
    if (!json || frame_read(json, &frame, err) < 0) {
        ret = error_set(err, ERROR_RUNTIME, "not a watch frame: %s", json ? "no type or no object" : problem.text);
    } else if (frame.type == FRAME_ERROR) {
        ret = stop_watch(r, kube_classify(frame.code, true, false, frame.reason, frame.too_large_rv), frame.retry_after_ms, frame.message);
        error_set(err, ERROR_RUNTIME, "%s", r->problem.message);
    } else if (frame.type == FRAME_UNKNOWN) {
        kube_client_warn(r->client, "watch of %s: unknown event type %.32s, skipped", r->options.resource, frame.type_text);
    } else if (frame.type == FRAME_BOOKMARK) {
        ret = on_bookmark(r, &frame, err);
    } else {
        r->events++;
        ret = on_object_frame(r, &frame, err);
    }
    json_decref(json);
    return ret;
}

static int on_watch_data(void *ctx, const char *data, size_t bytes)
{
    struct reflector *r = ctx;
    struct error err = ERROR_INIT;

    if (json_scan_feed(r->scan, data, bytes, &err) == 0)
        return 0;
    return r->problem.class_ == KUBE_OK ? stop_watch(r, KUBE_TRANSIENT, -1, err.text) : -1;
}

/* a server without WatchList says so in one of several ways (KEP-3157); the paged list serves as well */
static bool refuses_watch_list(const struct reflector *r, const struct kube_answer *answer)
{
    return r->initial && (answer->status == 400 || answer->status == 422 || answer->status == 405);
}

/* the watch is over and nothing was wrong with it */
static void on_clean_end(struct reflector *r)
{
    struct kube_answer early = {.class_ = KUBE_TRANSIENT, .retry_after_ms = -1, .reason = "", .message = "the watch ended at once, without an event"};

    bool early_end = now_us(r) - r->watch_started_us < REFLECTOR_SHORT_WATCH_US;

    if (early_end && !r->events)
        back_off(r, "watch", &early);
    else
        r->timer.due_us = now_us(r) + (early_end ? REFLECTOR_SHORT_PAUSE_US : 0);
}

static void on_watch_done(void *ctx, const struct kube_answer *answer)
{
    struct reflector *r = ctx;
    struct kube_answer failed = *answer;
    bool was_initial = r->initial;

    r->watch = NULL;
    if (refuses_watch_list(r, answer)) {
        r->watch_list = false;
        run_at_once(r);
        return;
    }
    r->initial = false;
    if (r->problem.class_ != KUBE_OK) {
        failed.class_ = r->problem.class_;
        failed.message = r->problem.message;
        failed.retry_after_ms = r->problem.retry_after_ms;
        r->must_list |= r->problem.class_ != KUBE_TRANSIENT;
    }
    if (failed.class_ == KUBE_EXPIRED && !was_initial) {
        r->must_list = true; /* at once: the store is behind */
        run_at_once(r);
    } else if (failed.class_ == KUBE_OK || (failed.class_ == KUBE_UNKNOWN && r->events)) {
        on_clean_end(r); /* torn off while it worked is as good as ended */
    } else {
        back_off(r, "watch", &failed);
    }
}

static int build_target(struct reflector *r, struct buffer *target, struct error *err)
{
    int timeout = REFLECTOR_WATCH_TIMEOUT_MIN_S + (int)(kube_client_random(r->client) % (REFLECTOR_WATCH_TIMEOUT_MIN_S + 1));

    if (buffer_printf(target, err, "%s?watch=true&allowWatchBookmarks=true&timeoutSeconds=%d", r->options.path, timeout) < 0)
        return -1;
    if (r->options.field_selector && (buffer_add_string(target, "&fieldSelector=", err) < 0 ||
                                      buffer_add_query_escaped(target, r->options.field_selector, err) < 0))
        return -1;
    if (r->initial)
        return buffer_add_string(target, "&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&resourceVersion=", err);
    return buffer_printf(target, err, "&resourceVersion=%s", r->resource_version);
}

static void start_watch(struct reflector *r)
{
    struct kube_request request = {.method = "GET", .is_stream = true, .on_data = on_watch_data, .on_done = on_watch_done, .ctx = r};
    struct error err = ERROR_INIT;
    struct kube_answer failed = {.class_ = KUBE_TRANSIENT, .retry_after_ms = -1, .reason = "", .message = err.text};
    struct buffer target;

    buffer_init(&target, LIMIT_TARGET_BYTES);
    json_scan_reset(r->scan);
    r->problem.class_ = KUBE_OK;
    r->events = 0;
    r->initial = r->must_list;
    r->watch_started_us = now_us(r);
    if (build_target(r, &target, &err) == 0) {
        /* the server ends it after timeoutSeconds; a connection that died without a word is noticed a little later */
        request.idle_timeout_ms = (2 * REFLECTOR_WATCH_TIMEOUT_MIN_S + 60) * 1000;
        request.target = target.data;
        r->watch = kube_start(r->client, &request, &err);
    }
    buffer_free(&target);
    if (!r->watch) {
        back_off(r, "watch", &failed);
        return;
    }
    if (r->initial)
        r->options.begin_replace(r->options.ctx);
}

static void step(void *ctx)
{
    struct reflector *r = ctx;

    if (r->must_list && !r->watch_list)
        start_list(r);
    else
        start_watch(r);
}

struct reflector *reflector_start(struct kube_client *client, const struct reflector_options *options, struct error *err)
{
    struct reflector *r = calloc(1, sizeof *r);
    struct json_scan_callbacks callbacks = {on_frame, NULL, r};

    if (!r) {
        error_no_memory(err);
        return NULL;
    }
    r->client = client;
    r->options = *options;
    r->must_list = true;
    r->watch_list = options->watch_list;
    kube_timer_add(kube_client_timers(client), &r->timer, step, r);
    if (keep_version(r, "", err) < 0)
        goto fail;
    r->frame_schema = frame_schema_new(options->schema, err);
    if (!r->frame_schema)
        goto fail;
    r->scan = json_scan_new(JSON_SCAN_FRAMES, r->frame_schema, LIMIT_OBJECT_BYTES, 0, &callbacks, err);
    if (!r->scan)
        goto fail;
    run_at_once(r);
    return r;
fail:
    reflector_stop(r);
    return NULL;
}

void reflector_stop(struct reflector *r)
{
    if (!r)
        return;
    if (r->list)
        kube_list_cancel(r->list);
    if (r->watch)
        kube_cancel(r->client, r->watch);
    kube_timer_remove(kube_client_timers(r->client), &r->timer);
    json_scan_free(r->scan);
    free(r->frame_schema);
    free(r->resource_version);
    free(r);
}

bool reflector_synced(const struct reflector *reflector)
{
    return reflector->synced;
}

/*
 * reflector.c: see reflector.h. Three states: a list is under way, a watch is open, or the timer of the backoff runs.
 */
#include "common/kube/reflector_internal.h"

#include <stdlib.h>
#include <string.h>

#include "common/kube/frame.h"
#include "common/kube/json_parse.h"
#include "common/limits.h"

int64_t reflector_now_us(const struct reflector *r)
{
    const struct clock *clock = kube_client_clock(r->client);

    return clock->monotonic_us(clock);
}

int reflector_keep_version(struct reflector *r, const char *version, struct error *err)
{
    size_t bytes = strlen(version) + 1;
    char *copy;

    if (bytes > LIMIT_RESOURCE_VERSION_BYTES)
        return error_set(err, ERROR_RUNTIME, "a resourceVersion of %zu bytes", bytes - 1);
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

void reflector_end_replace(struct reflector *r)
{
    r->synced = true;
    r->must_list = false;
    r->options.end_replace(r->options.ctx);
}

void reflector_run_at_once(struct reflector *r)
{
    r->timer.due_us = reflector_now_us(r);
}

/* how long to wait after a failure: doubling, forgotten after two healthy minutes or when the kind of failure changes */
static int64_t next_backoff(struct reflector *r, bool refused, int64_t retry_after_ms)
{
    int64_t now = reflector_now_us(r), most = refused ? REFLECTOR_BACKOFF_MAX_REFUSED_US : REFLECTOR_BACKOFF_MAX_US, wait;

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

void reflector_back_off(struct reflector *r, const char *verb, const struct kube_answer *answer)
{
    int64_t wait = next_backoff(r, answer->unsent, answer->retry_after_ms);

    if (answer->class_ == KUBE_FORBIDDEN && r->options.on_forbidden)
        r->options.on_forbidden(r->options.ctx, verb, r->options.resource, answer->message);
    else
        kube_client_warn(r->client, "cannot %s %s: %s%s%s", verb, r->options.resource, answer->reason, answer->reason[0] ? ": " : "",
                         answer->message);
    r->timer.due_us = reflector_now_us(r) + wait;
}

int reflector_skip(struct reflector *r, const struct error *problem, struct error *err)
{
    if (problem->kind == ERROR_NO_MEMORY)
        return error_no_memory(err);
    kube_client_warn(r->client, "%s", problem->text);
    return 0;
}

int reflector_hand_over(struct reflector *r, enum watch_event event, const json_t *object, struct error *err)
{
    struct error problem = ERROR_INIT;

    if (r->options.on_object(r->options.ctx, event, object, &problem) == 0)
        return 0;
    return reflector_skip(r, &problem, err);
}

/* ---- list ---- */

static int on_list_item(void *ctx, const char *text, size_t bytes, struct error *err)
{
    struct reflector *r = ctx;
    struct error problem = ERROR_INIT;
    json_t *object = kube_json_parse(text, bytes, &problem);
    int ret;

    if (!object) {
        if (problem.kind != ERROR_NO_MEMORY)
            error_prefix(&problem, "one of the %s is skipped", r->options.resource);
        return reflector_skip(r, &problem, err);
    }
    ret = reflector_hand_over(r, WATCH_LISTED, object, err);
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
    if (answer->class_ == KUBE_OK && reflector_keep_version(r, resource_version, &err) == 0) {
        reflector_end_replace(r);
        reflector_run_at_once(r);
        return;
    }
    if (err.kind)
        failed.message = err.text;
    reflector_back_off(r, "list", &failed);
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
    reflector_back_off(r, "list", &failed);
}

static void step(void *ctx)
{
    struct reflector *r = ctx;

    if (r->watch) /* the timer of a quiet initial state */
        reflector_give_up_watch_list(r);
    if (r->must_list && !r->watch_list)
        start_list(r);
    else
        reflector_start_watch(r);
}

struct reflector *reflector_start(struct kube_client *client, const struct reflector_options *options, struct error *err)
{
    struct reflector *r = calloc(1, sizeof *r);
    struct json_scan_callbacks callbacks = {reflector_on_frame, NULL, r};

    if (!r) {
        error_no_memory(err);
        return NULL;
    }
    r->client = client;
    r->options = *options;
    r->must_list = true;
    r->watch_list = options->watch_list;
    kube_timer_add(kube_client_timers(client), &r->timer, step, r);
    if (reflector_keep_version(r, "", err) < 0)
        goto fail;
    r->frame_schema = frame_schema_new(options->schema, err);
    if (!r->frame_schema)
        goto fail;
    r->scan = json_scan_new(JSON_SCAN_FRAMES, r->frame_schema, LIMIT_OBJECT_BYTES, 0, &callbacks, err);
    if (!r->scan)
        goto fail;
    reflector_run_at_once(r);
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

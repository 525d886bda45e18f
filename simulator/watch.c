#include "simulator/watch.h"

#include <stdlib.h>
#include <string.h>

#include "common/limits.h"
#include "simulator/list.h"
#include "simulator/status.h"
#include "simulator/watch_internal.h"

#define MAX_QUEUED 200000 /* frames a watch may be behind; a real server ends the stream of a slow one much sooner */

static void mark_ready(struct sim_watch *watch)
{
    struct sim *sim = watch->sim;

    if (watch->is_ready || !sim)
        return;
    watch->is_ready = true;
    watch->prev_ready = sim->ready_last;
    watch->next_ready = NULL;
    if (sim->ready_last)
        sim->ready_last->next_ready = watch;
    else
        sim->ready = watch;
    sim->ready_last = watch;
}

static void unmark_ready(struct sim_watch *watch)
{
    struct sim *sim = watch->sim;

    if (!watch->is_ready)
        return;
    watch->is_ready = false;
    if (watch->prev_ready)
        watch->prev_ready->next_ready = watch->next_ready;
    else
        sim->ready = watch->next_ready;
    if (watch->next_ready)
        watch->next_ready->prev_ready = watch->prev_ready;
    else
        sim->ready_last = watch->prev_ready;
}

void watch_call_ready(struct sim *sim)
{
    while (sim->ready) {
        struct sim_watch *watch = sim->ready;

        unmark_ready(watch);
        if (watch->ready)
            watch->ready(watch->ready_ctx);
    }
}

void watch_end(struct sim_watch *watch)
{
    const struct resource *resource = watch->resource;

    watch->ending = true;
    mark_ready(watch);
    if (watch->counted || !watch->sim)
        return;
    watch->counted = true;
    counters_request(watch->sim->counters, "watch", resource->group, resource->version, resource->name, "", watch->scope, 200,
                     sim_now_us(watch->sim) - watch->started_us);
    counters_longrunning(watch->sim->counters, "watch", resource->group, resource->version, resource->name, "", watch->scope, -1);
}

void watch_drop_queue(struct sim_watch *watch)
{
    for (; watch->queue_count; watch->queue_count--) {
        object_unref(watch->queue[watch->queue_at].object);
        watch->queue_at = (watch->queue_at + 1) % watch->queue_capacity;
    }
}

static bool grow(struct sim_watch *watch)
{
    size_t capacity = watch->queue_capacity ? watch->queue_capacity * 2 : 16;
    struct frame *queue;

    if (watch->queue_count < watch->queue_capacity)
        return true;
    queue = watch->queue_count < MAX_QUEUED ? calloc(capacity, sizeof *queue) : NULL;
    if (!queue)
        return false;
    for (size_t i = 0; i < watch->queue_count; i++)
        queue[i] = watch->queue[(watch->queue_at + i) % watch->queue_capacity];
    free(watch->queue);
    watch->queue = queue;
    watch->queue_at = 0;
    watch->queue_capacity = capacity;
    return true;
}

void watch_queue(struct sim_watch *watch, enum frame_type type, struct object *object, int64_t rv)
{
    if (watch->ending)
        return;
    if (!grow(watch)) {
        watch_end(watch);
        return;
    }
    watch->queue[(watch->queue_at + watch->queue_count++) % watch->queue_capacity] =
        (struct frame){type, object ? object_ref(object) : NULL, rv};
    mark_ready(watch);
}

static void queue_event(struct sim_watch *watch, enum frame_type type, struct object *object)
{
    watch_queue(watch, type, object, object->rv);
    if (watch->has_fault && watch->fault.duplicate)
        watch_queue(watch, type, object, object->rv);
}

static bool selects(const struct sim_watch *watch, const struct object *object)
{
    return object && !strncmp(object->key, watch->prefix, strlen(watch->prefix)) && selector_matches(&watch->selector, object);
}

/* what enters the selector is ADDED, what leaves it is DELETED with its content before and the new resourceVersion */
static void offer(struct sim_watch *watch, struct change *change)
{
    bool before = selects(watch, change->prev), after = change->type != CHANGE_DELETED && selects(watch, change->object);
    struct error err = ERROR_INIT;
    struct object *left;

    if (after) {
        queue_event(watch, before ? FRAME_MODIFIED : FRAME_ADDED, change->object);
    } else if (before) {
        left = store_left(&watch->sim->store, change, &err);
        if (left)
            queue_event(watch, FRAME_DELETED, left);
        else
            watch_end(watch);
    }
}

void watch_change(struct sim *sim, struct change *change)
{
    for (struct sim_watch *watch = sim->watches[change->object->resource->slot].first; watch; watch = watch->next)
        if (!watch->ending)
            offer(watch, change);
}

static int queue_initial(struct sim_watch *watch, struct error *err)
{
    const struct store *store = &watch->sim->store;
    struct store_view view;
    struct object *object;

    if (store_view_open(&view, store, watch->resource->slot, store->rv, watch->prefix, "", err) < 0)
        return -1;
    while ((object = store_view_next(&view)))
        if (selector_matches(&watch->selector, object))
            queue_event(watch, FRAME_ADDED, object);
    store_view_close(&view);
    return 0;
}

/* A watch from no resourceVersion, or from "0", begins with what there is; so does one that asks for it. Its end is marked in both cases. */
static int begin(struct sim_watch *watch, int64_t rv, const char *initial, struct error *err)
{
    struct store *store = &watch->sim->store;
    bool whole = initial ? !strcmp(initial, "true") : rv <= 0;

    if (whole && rv > store->rv) {
        watch_queue(watch, FRAME_TOO_LARGE, NULL, rv);
        watch_end(watch);
    } else if (whole) {
        if (queue_initial(watch, err) < 0)
            return -1;
        if (watch->bookmarks)
            watch_queue(watch, FRAME_INITIAL_END, NULL, store->rv);
    } else if (rv > 0 && rv < store->floor) {
        watch_queue(watch, FRAME_GONE, NULL, rv);
        watch_end(watch);
    } else if (rv > 0) {
        for (int64_t r = rv + 1; r <= store->rv; r++)
            if (store_change(store, r)->object->resource->slot == watch->resource->slot)
                offer(watch, store_change(store, r));
    }
    return 0;
}

static int refuse(struct call *call, const char *field, const char *message, struct error *err)
{
    struct status_cause cause = {"FieldValueForbidden", message, field};

    return status_invalid(call->response, "meta.k8s.io", "ListOptions", "", &cause, 1, err);
}

/* metainternalversion/validation.ValidateListOptions for a watch */
static int check_options(struct call *call, const char *initial, struct error *err)
{
    const char *match = target_filled_parameter(&call->target, "resourceVersionMatch");

    if (match && !initial)
        return refuse(call, "resourceVersionMatch",
                      "Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided", err);
    if (initial && (!match || strcmp(match, "NotOlderThan") != 0))
        return refuse(call, "resourceVersionMatch", "Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan",
                      err);
    return 0;
}

/* one every so often, and one two seconds before the time is up (cacheWatcher.nextBookmarkTime) */
static int64_t next_bookmark(const struct sim_watch *watch, int64_t now_us)
{
    int64_t next = now_us + watch->sim->options.bookmark_ms * 1000, last = watch->deadline_us - 2000000;

    return now_us < last && last < next ? last : next;
}

static void set_times(struct sim_watch *watch, const struct call *call)
{
    const char *timeout = target_filled_parameter(&call->target, "timeoutSeconds");
    int64_t seconds = timeout ? strtoll(timeout, NULL, 10) : 0;

    if (seconds <= 0)
        seconds = 1800 + (int64_t)(sim_random(watch->sim) % 1800);
    watch->started_us = sim_now_us(watch->sim);
    watch->deadline_us = watch->started_us + seconds * 1000000;
    watch->next_bookmark_us = next_bookmark(watch, watch->started_us);
}

static const char *scope_of(const struct call *call, const struct selector *selector)
{
    if (selector->name)
        return "resource";
    return *call->target.namespace_ ? "namespace" : "cluster";
}

/* takes over the selector */
static struct sim_watch *watch_new(struct call *call, struct selector *selector, struct error *err)
{
    struct sim_watch *watch = calloc(1, sizeof *watch);
    const char *include = target_parameter(&call->target, "includeObject");

    if (!watch) {
        selector_free(selector);
        error_no_memory(err);
        return NULL;
    }
    watch->sim = call->sim;
    watch->resource = call->target.resource;
    watch->selector = *selector;
    watch->scope = scope_of(call, selector);
    list_prefix(call, watch->prefix);
    watch->form = render_form(call->request->accept);
    strncpy(watch->include_object, include ? include : "", sizeof watch->include_object - 1);
    watch->bookmarks = target_flag(&call->target, "allowWatchBookmarks");
    buffer_init(&watch->rendered, 2 * LIMIT_OBJECT_BYTES);
    if (call->fault) {
        watch->fault = *call->fault;
        watch->has_fault = true;
    }
    set_times(watch, call);
    return watch;
}

static void link_watch(struct sim_watch *watch)
{
    struct watch_list *list = &watch->sim->watches[watch->resource->slot];
    const struct resource *resource = watch->resource;

    watch->next = list->first;
    if (list->first)
        list->first->prev = watch;
    list->first = watch;
    counters_longrunning(watch->sim->counters, "watch", resource->group, resource->version, resource->name, "", watch->scope, 1);
}

int watch_start(struct call *call, struct error *err)
{
    const char *initial = target_filled_parameter(&call->target, "sendInitialEvents");
    struct selector selector;
    struct sim_watch *watch;
    int64_t rv;
    int ret = list_resource_version(call, &rv, err);

    if (ret == 0)
        ret = check_options(call, initial, err);
    if (ret == 0)
        ret = list_selector(call, &selector, err);
    if (ret)
        return ret < 0 ? -1 : 0;
    watch = watch_new(call, &selector, err);
    if (!watch)
        return -1;
    link_watch(watch);
    if (begin(watch, rv, initial, err) < 0) {
        sim_watch_close(watch);
        return -1;
    }
    call->response->status = 200;
    call->response->content_type = "application/json";
    call->response->watch = watch;
    return 0;
}

/* when it next has a bookmark to send or its time is up */
static int64_t due_us(const struct sim_watch *watch)
{
    int64_t due = watch->deadline_us;

    if (watch->bookmarks && watch->next_bookmark_us < due)
        due = watch->next_bookmark_us;
    return due;
}

static void tick_one(struct sim_watch *watch, int64_t now_us)
{
    if (watch->bookmarks && now_us >= watch->next_bookmark_us && now_us < watch->deadline_us) {
        watch_queue(watch, FRAME_BOOKMARK, NULL, watch->sim->store.rv);
        watch->next_bookmark_us = next_bookmark(watch, now_us);
    }
    if (now_us >= watch->deadline_us)
        watch_end(watch);
}

void watch_tick(struct sim *sim, int64_t now_us)
{
    for (int slot = 0; slot < SLOT_COUNT; slot++)
        for (struct sim_watch *watch = sim->watches[slot].first; watch; watch = watch->next)
            if (!watch->ending)
                tick_one(watch, now_us);
}

int64_t watch_next_us(const struct sim *sim)
{
    int64_t next = INT64_MAX;

    for (int slot = 0; slot < SLOT_COUNT; slot++)
        for (const struct sim_watch *watch = sim->watches[slot].first; watch; watch = watch->next)
            if (!watch->ending && due_us(watch) < next)
                next = due_us(watch);
    return next;
}

void watch_end_all(struct sim *sim)
{
    for (int slot = 0; slot < SLOT_COUNT; slot++)
        for (struct sim_watch *watch = sim->watches[slot].first; watch; watch = watch->next)
            watch_end(watch);
}

void watch_orphan_all(struct sim *sim)
{
    watch_end_all(sim);
    for (int slot = 0; slot < SLOT_COUNT; slot++)
        for (struct sim_watch *watch = sim->watches[slot].first, *next; watch; watch = next) {
            next = watch->next;
            watch->next = watch->prev = NULL;
            watch_drop_queue(watch);
            unmark_ready(watch);
            watch->sim = NULL;
        }
}

void sim_watch_on_ready(struct sim_watch *watch, void (*ready)(void *ctx), void *ctx)
{
    watch->ready = ready;
    watch->ready_ctx = ctx;
}

void sim_watch_close(struct sim_watch *watch)
{
    if (!watch)
        return;
    if (watch->sim) {
        watch_end(watch);
        unmark_ready(watch);
        if (watch->prev)
            watch->prev->next = watch->next;
        else
            watch->sim->watches[watch->resource->slot].first = watch->next;
        if (watch->next)
            watch->next->prev = watch->prev;
    }
    watch_drop_queue(watch);
    object_unref(watch->current);
    buffer_free(&watch->rendered);
    selector_free(&watch->selector);
    free(watch->queue);
    free(watch);
}

/* watch_read.c: what a watch has queued, as bytes of the stream; faults of the plan strike here. */
#include <stdio.h>
#include <string.h>

#include "common/limits.h"
#include "simulator/status.h"
#include "simulator/table.h"
#include "simulator/watch_internal.h"

static const char *const type_names[] = {"ADDED", "MODIFIED", "DELETED", "BOOKMARK", "BOOKMARK", "ERROR", "ERROR"};

static bool is_event(const struct frame *frame)
{
    return frame->type <= FRAME_DELETED;
}

static struct frame *queued(struct sim_watch *watch, size_t i)
{
    return &watch->queue[(watch->queue_at + i) % watch->queue_capacity];
}

/* with the fault `reorder` the events of one burst change places in pairs */
static void swap_pair(struct sim_watch *watch)
{
    struct frame first;

    if (watch->swapped) {
        watch->swapped = false;
        return;
    }
    if (watch->queue_count < 2 || !is_event(queued(watch, 0)) || !is_event(queued(watch, 1)))
        return;
    first = *queued(watch, 0);
    *queued(watch, 0) = *queued(watch, 1);
    *queued(watch, 1) = first;
    watch->swapped = true;
}

static int bookmark_object(const struct sim_watch *watch, const struct frame *frame, struct buffer *out, struct error *err)
{
    const char *annotation = frame->type == FRAME_INITIAL_END ? ",\"annotations\":{\"k8s.io/initial-events-end\":\"true\"}" : "";
    const char *prefix = watch->resource->prefix, *rest = watch->resource->bookmark_rest;

    if (watch->form == FORM_PARTIAL) {
        prefix = "{\"kind\":\"PartialObjectMetadata\",\"apiVersion\":\"meta.k8s.io/v1\",";
        rest = "";
    }
    return buffer_printf(out, err, "%s\"metadata\":{\"resourceVersion\":\"%lld\"%s}%s}", prefix, (long long)frame->rv, annotation, rest);
}

/* as a Table a bookmark is a row without content */
static int render_bookmark(struct sim_watch *watch, const struct frame *frame, struct buffer *out, struct error *err)
{
    struct buffer object;
    const char *text;
    char name[64];
    int ret = -1;

    if (watch->form != FORM_TABLE)
        return bookmark_object(watch, frame, out, err);
    buffer_init(&object, LIMIT_OBJECT_BYTES);
    if (bookmark_object(watch, frame, &object, err) == 0) {
        text = object.data;
        ret = table_render(resource_qualified(watch->resource, name), &text, 1, NULL, !watch->columns_sent, watch->include_object,
                           sim_wall_us(watch->sim), out, err);
        watch->columns_sent = true;
    }
    buffer_free(&object);
    return ret;
}

static int render_gone(struct sim_watch *watch, const struct frame *frame, struct buffer *out, struct error *err)
{
    struct status status = {.code = 410, .reason = "Expired"};
    char message[96];

    snprintf(message, sizeof message, "too old resource version: %lld (%lld)", (long long)frame->rv,
             (long long)(watch->sim ? watch->sim->store.floor : frame->rv));
    status.message = message;
    return status_render(out, &status, err);
}

static int render_too_large(struct sim_watch *watch, const struct frame *frame, struct buffer *out, struct error *err)
{
    struct status status;
    struct status_details details;
    char message[STATUS_TOO_LARGE_BYTES];

    status_too_large_fill(&status, &details, message, frame->rv, watch->sim ? watch->sim->store.rv : 0);
    return status_render(out, &status, err);
}

/* fills the three parts of the frame that is read next */
static int render_frame(struct sim_watch *watch, const struct frame *frame, struct error *err)
{
    struct buffer *out = &watch->rendered;
    int ret;

    buffer_clear(out);
    if (buffer_printf(out, err, "{\"type\":\"%s\",\"object\":", type_names[frame->type]) < 0)
        return -1;
    watch->parts[1] = text_span("", 0);
    watch->parts[2] = text_span("}\n", 2);
    if (is_event(frame) && render_is_plain(watch->resource, watch->form)) {
        watch->parts[1] = text_span(frame->object->text, frame->object->text_bytes);
        ret = 0;
    } else if (is_event(frame)) {
        ret = render_object(watch->sim, watch->resource, watch->form, watch->include_object, !watch->columns_sent, frame->object, out, err);
        watch->columns_sent = true;
    } else if (frame->type == FRAME_GONE) {
        ret = render_gone(watch, frame, out, err);
    } else if (frame->type == FRAME_TOO_LARGE) {
        ret = render_too_large(watch, frame, out, err);
    } else {
        ret = render_bookmark(watch, frame, out, err);
    }
    watch->parts[0] = text_span(out->data, out->bytes);
    watch->part = 0;
    return ret;
}

/* the fault, once its number of events has been sent; true when the stream goes no further as it was */
static bool strike(struct sim_watch *watch)
{
    const struct fault_action *fault = &watch->fault;

    if (!watch->has_fault || watch->events_begun < fault->watch_after || !(fault->watch_close || fault->watch_gone))
        return false;
    watch->has_fault = false;
    watch_drop_queue(watch);
    if (fault->watch_gone)
        watch_queue(watch, FRAME_GONE, NULL, watch->sim ? watch->sim->store.rv : 0);
    watch_end(watch);
    return true;
}

/* the fault that tears the stream off in the middle of an event: half of its bytes, then nothing */
static void tear(struct sim_watch *watch)
{
    watch->parts[1].bytes /= 2;
    if (!watch->parts[1].bytes)
        watch->parts[0].bytes -= watch->parts[0].bytes / 4;
    watch->parts[2].bytes = 0;
    watch_drop_queue(watch);
    watch_end(watch);
    watch->torn = true;
}

/* takes the next frame into reading; false when there is none */
static bool next_frame(struct sim_watch *watch)
{
    struct error err = ERROR_INIT;
    struct frame frame;

    strike(watch);
    if (!watch->queue_count)
        return false;
    if (watch->has_fault && watch->fault.reorder)
        swap_pair(watch);
    frame = *queued(watch, 0);
    watch->queue_at = (watch->queue_at + 1) % watch->queue_capacity;
    watch->queue_count--;
    object_unref(watch->current);
    watch->current = frame.object;
    if (render_frame(watch, &frame, &err) < 0) { /* no memory, or an object that makes no row: the stream ends, as on a server that fails */
        memset(watch->parts, 0, sizeof watch->parts);
        watch_drop_queue(watch);
        watch_end(watch);
        return false;
    }
    if (!is_event(&frame))
        return true;
    if (watch->has_fault && watch->fault.watch_cut && watch->events_begun >= watch->fault.watch_after)
        tear(watch);
    watch->events_begun++;
    return true;
}

static bool frame_left(const struct sim_watch *watch)
{
    return watch->parts[0].bytes || watch->parts[1].bytes || watch->parts[2].bytes;
}

size_t sim_watch_read(struct sim_watch *watch, char *out, size_t max)
{
    size_t copied = 0;

    while (copied < max && (frame_left(watch) || next_frame(watch))) {
        struct span *part = &watch->parts[watch->part];
        size_t bytes = part->bytes < max - copied ? part->bytes : max - copied;

        if (bytes)
            memcpy(out + copied, part->at, bytes);
        copied += bytes;
        part->at += bytes;
        part->bytes -= bytes;
        if (!part->bytes && watch->part < 2)
            watch->part++;
    }
    return copied;
}

bool sim_watch_ended(const struct sim_watch *watch)
{
    return watch->ending && !watch->queue_count && !frame_left(watch);
}

bool sim_watch_torn(const struct sim_watch *watch)
{
    return watch->torn && sim_watch_ended(watch);
}

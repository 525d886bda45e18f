/*
 * watch_internal.h: one stream, shared by watch.c (what goes into its queue) and watch_read.c (how it is read off).
 */
#ifndef SIMULATOR_WATCH_INTERNAL_H
#define SIMULATOR_WATCH_INTERNAL_H

#include "simulator/render.h"
#include "simulator/selector.h"
#include "simulator/watch.h"

enum frame_type { FRAME_ADDED, FRAME_MODIFIED, FRAME_DELETED, FRAME_BOOKMARK, FRAME_INITIAL_END, FRAME_GONE, FRAME_TOO_LARGE };

struct frame {
    enum frame_type type;
    struct object *object; /* a reference; NULL but for events */
    int64_t rv;            /* of a bookmark; what was asked for, of the last two */
};

struct sim_watch {
    struct sim *sim; /* NULL once that is gone */
    struct sim_watch *next, *prev;
    struct sim_watch *next_ready, *prev_ready;
    bool is_ready;
    void (*ready)(void *ctx);
    void *ready_ctx;

    const struct resource *resource;
    struct selector selector;
    char prefix[280];
    const char *scope;
    enum form form;
    char include_object[16];
    bool columns_sent;

    bool bookmarks;
    int64_t started_us, next_bookmark_us, deadline_us;

    struct frame *queue; /* a ring */
    size_t queue_at, queue_count, queue_capacity;
    bool ending; /* no more frames will be queued */
    bool torn;
    bool counted;

    struct fault_action fault;
    bool has_fault;
    int64_t events_begun;
    bool swapped; /* the event at the front has changed places already */

    /* the frame being read: head, body, tail */
    struct object *current;
    struct buffer rendered;
    struct span parts[3];
    int part;
};

/* No more frames: what is queued is still read, then the stream has ended. Counts the request. */
void watch_end(struct sim_watch *watch);
/* Drops what is queued. */
void watch_drop_queue(struct sim_watch *watch);
/* Queues a frame; takes its own reference of the object. Lacking memory ends the watch. */
void watch_queue(struct sim_watch *watch, enum frame_type type, struct object *object, int64_t rv);

#endif

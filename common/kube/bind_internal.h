/*
 * bind_internal.h: what the files of the binder share; nobody else includes it. bind.c sends and judges, bind_op.c keeps the binds under way,
 * bind_read.c reads a pod whose answer was lost, bind_simulate.c counts simulated errors.
 */
#ifndef COMMON_KUBE_BIND_INTERNAL_H
#define COMMON_KUBE_BIND_INTERNAL_H

#include "common/buffer.h"
#include "common/kube/bind.h"
#include "common/kube/json_scan.h"

enum place { WAITING_FOR_SLOT, ON_WIRE, WAITING_FOR_RETRY, PLACES };

struct op {
    struct bind bind; /* first: an op is a bind */
    struct binder *binder;
    enum place place;
    bool verify;    /* the next request reads the pod instead of binding it */
    bool last_look; /* no attempt is left: it is only read once more, as its last answer was lost */
    int64_t due_us; /* of the next attempt */
    struct kube_call *call;
    struct json_scan *scan; /* of the pod that is read; NULL otherwise */
    char *seen_uid, *seen_node;
    struct buffer body;
    struct op *previous, *next; /* in the list of its place */
    struct op *next_in_bucket;
};

struct op_list {
    struct op *first, *last;
    size_t count;
};

#define BIND_BUCKETS 1024

struct binder {
    struct binder_options options;
    struct op_list lists[PLACES];
    struct op *buckets[BIND_BUCKETS];
    struct kube_timer timer;
    bool draining;
    struct spent *spent;
    size_t spent_count;
};

/* ---- bind_op.c ---- */

/* An op with copies of the strings, found by bind_op_find() from now on, waiting for a slot. NULL on ERROR_NO_MEMORY. */
struct op *bind_op_new(struct binder *binder, const char *namespace_, const char *name, const char *uid, const char *node,
                       struct error *err);
/* The op of that UID, or NULL. */
struct op *bind_op_find(const struct binder *binder, const char *uid);
/* To the end of another list. */
void bind_op_move(struct op *op, enum place place);
/* Out of its list and the index: it is no longer under way. */
void bind_op_unlink(struct op *op);
/* Frees one that is unlinked and has no call. */
void bind_op_free(struct op *op);
/* Cancels and frees all ops of a place. */
void bind_op_free_all(struct op_list *list);

/* ---- bind.c ---- */

/* The end of a bind: on_done is called, the op is gone afterwards. */
void bind_finish(struct op *op, enum bind_result result, int64_t retry_after_ms, const char *message);
/* An attempt failed in a way that may pass: the op waits for the next one, or its end has come. */
void bind_attempt_failed(struct op *op, int status, const char *reason, int64_t retry_after_ms);
/* Sends what waits, as far as the limit allows. */
void bind_fill_slots(struct binder *binder);
/* Appends the pod's path and `suffix`. */
int bind_target(const struct op *op, const char *suffix, struct buffer *target, struct error *err);

/* ---- bind_read.c ---- */

/* Reads the pod; its answer is judged there. -1: nothing was started. */
int bind_read_start(struct op *op, struct error *err);

/* ---- bind_simulate.c ---- */

/* Whether this attempt is to fail; counts it. Without memory to count with, it is not. */
bool bind_simulate(struct binder *binder, const char *uid);
/* The pod is done with: its count is dropped. */
void bind_simulate_forget(struct binder *binder, const char *uid);
void bind_simulate_free(struct binder *binder);

/* pods whose count is kept; the oldest gives way */
#define BIND_SIMULATE_PODS 10000

#endif

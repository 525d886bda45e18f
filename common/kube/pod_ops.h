/*
 * pod_ops.h: requests about pods that are seen through to their end: what binder and evictor share. Each op is in one of three places (waiting for a
 * slot, on the wire, waiting for its next attempt) and, by the pod's UID, in an index. What is sent, and what an answer means, is the owner's.
 */
#ifndef COMMON_KUBE_POD_OPS_H
#define COMMON_KUBE_POD_OPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/kube/client.h"

enum pod_op_place { POD_OP_WAITING, POD_OP_ON_WIRE, POD_OP_RETRY, POD_OP_PLACES };

struct pod_ops;

/* First member of the owner's own struct. */
struct pod_op {
    struct pod_ops *ops;
    const char *uid; /* the owner's */
    enum pod_op_place place;
    int64_t due_us;         /* of the next attempt */
    struct kube_call *call; /* the owner's; cancelled when the op is dropped */
    struct pod_op *previous, *next, *next_in_bucket;
};

struct pod_op_list {
    struct pod_op *first, *last;
    size_t count;
};

#define POD_OP_BUCKETS 1024
#define POD_OP_BACKOFF_MAX_MS 60000

/* An owner fills the first part and calls pod_ops_open(); the rest is pod_ops.c's, to be read. */
struct pod_ops {
    struct kube_client *client; /* borrowed */
    size_t max_inflight;
    int64_t backoff_ms; /* before the second attempt; doubles, with jitter */
    /* Sends the request of an op that is on the wire from now on; when nothing was sent it has been given another place, or its end. */
    void (*send)(struct pod_op *op);
    /* Frees an op that is unlinked and has no call. */
    void (*free_op)(struct pod_op *op);

    struct pod_op_list lists[POD_OP_PLACES];
    struct pod_op *buckets[POD_OP_BUCKETS];
    struct kube_timer timer;
    bool draining;
};

void pod_ops_open(struct pod_ops *ops);
/* Drops every op. */
void pod_ops_close(struct pod_ops *ops);

/* Takes an op in: found by its UID, and sent from the loop as soon as the limit allows. ERROR_RUNTIME when there may be none: `what` (a word) is under
 * way for that pod already, or the draining has begun. To be asked before an op is made. */
int pod_ops_may_add(const struct pod_ops *ops, const char *uid, const char *what, struct error *err);
void pod_ops_add(struct pod_ops *ops, struct pod_op *op, const char *uid);
/* The op of that UID, or NULL. */
struct pod_op *pod_ops_find(const struct pod_ops *ops, const char *uid);
/* To the end of another list. */
void pod_op_move(struct pod_op *op, enum pod_op_place place);
/* Out of its list and the index: it is no longer under way. */
void pod_op_unlink(struct pod_op *op);
/* Cancels its request, unlinks and frees it. */
void pod_op_drop(struct pod_op *op);
/* The next attempt is due after `attempt` (from 1 on) has failed: after the backoff, or what the server asked for (-1: nothing), whichever is longer. */
void pod_op_retry(struct pod_op *op, int attempt, int64_t retry_after_ms);
/* Sends what waits, as far as the limit allows. To be called whenever an op has left the wire. */
void pod_ops_fill_slots(struct pod_ops *ops);

/* All ops under way. */
size_t pod_ops_count(const struct pod_ops *ops);
/* Drops what is not on the wire; nothing is sent and nothing may be added any more. */
void pod_ops_drain(struct pod_ops *ops);

/* Copies a string to *room and moves it on: for strings behind an op in its own memory. */
const char *pod_op_pack(char **room, const char *text);
int64_t pod_ops_now_us(const struct pod_ops *ops);

#endif

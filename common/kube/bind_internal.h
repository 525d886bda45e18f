/*
 * bind_internal.h: what the files of the binder share; nobody else includes it. bind.c sends and judges, bind_read.c reads a pod whose answer was
 * lost, bind_simulate.c counts simulated errors.
 */
#ifndef COMMON_KUBE_BIND_INTERNAL_H
#define COMMON_KUBE_BIND_INTERNAL_H

#include "common/buffer.h"
#include "common/kube/bind.h"
#include "common/kube/json_scan.h"
#include "common/kube/pod_ops.h"

struct op {
    struct pod_op base; /* first: a pod_op is an op */
    struct bind bind;
    bool verify;            /* the next request reads the pod instead of binding it */
    bool last_look;         /* no attempt is left: it is only read once more, as its last answer was lost */
    struct json_scan *scan; /* of the pod that is read; NULL otherwise */
    char *seen_uid, *seen_node;
    struct buffer body;
};

struct binder {
    struct pod_ops ops; /* first: an op's pod_ops is its binder */
    struct binder_options options;
    struct spent *spent;
    size_t spent_count;
};

static inline struct binder *bind_binder_of(const struct op *op)
{
    return (struct binder *)op->base.ops;
}

/* ---- bind.c ---- */

/* The end of a bind: on_done is called, the op is gone afterwards. */
void bind_finish(struct op *op, enum bind_result result, int64_t retry_after_ms, const char *message);
/* An attempt failed in a way that may pass: the op waits for the next one, or its end has come. */
void bind_attempt_failed(struct op *op, int status, const char *reason, int64_t retry_after_ms);

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

/*
 * bind.h: sends Bindings (POST pods/NAME/binding with the pod's UID) and sees each through to its end: concurrent up to a limit,
 * retries with backoff and Retry-After, reads the pod when an answer was lost. Knows nothing of why a node was chosen.
 */
#ifndef COMMON_KUBE_BIND_H
#define COMMON_KUBE_BIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/kube/client.h"

enum bind_result {
    BIND_OK,       /* bound to our node: 201, or it turned out to be there already (409 that names our node, or read after a lost answer) */
    BIND_CONFLICT, /* 409: on another node, another UID, being deleted, or gated. The watch will tell */
    BIND_POD_GONE, /* 404, or another pod has the name now */
    BIND_FAILED,   /* transient errors on every attempt */
    BIND_FORBIDDEN, /* 403: RBAC */
    BIND_REJECTED   /* the server will never take it as it is */
};

/* One bind under way: the binder's, read-only for others. */
struct bind {
    const char *namespace_, *name, *uid, *node;
    int attempt;        /* 1 for the first */
    int64_t started_us; /* monotonic: bind_start() */
};

struct binder;

struct binder_options {
    struct kube_client *client; /* borrowed */
    int max_inflight;           /* requests on the wire at a time, at least 1 */
    int max_attempts;           /* per bind, at least 1; when the last one's answer is lost the pod is still read once */
    int64_t backoff_ms;         /* before the second attempt; doubles, with jitter, at most 60 s */
    int simulate_errors;        /* the first so many attempts of each pod fail with a 500 and are never sent */
    /* A Binding goes out now. Starts and drops nothing. May be NULL. */
    void (*on_sent)(void *ctx, const struct bind *bind);
    /* An attempt failed in a way that may pass; it is tried again unless it was the last. status 0: no answer. Starts and drops nothing. May be NULL. */
    void (*on_transient)(void *ctx, const struct bind *bind, int status, const char *reason);
    /* The server says that a pod whose answer was lost may not be read ("get" of "pods"); it is tried again as after any failure. May be NULL. */
    void (*on_unreadable)(void *ctx, const char *message);
    /*
     * The end of a bind, exactly once unless it was dropped; `bind` and the strings are valid during the call, and the bind is no longer found or
     * counted. May start others, of the same pod too, and drop others; must not free the binder. retry_after_ms: what the server asked for, or -1.
     */
    void (*on_done)(void *ctx, const struct bind *bind, enum bind_result result, int64_t retry_after_ms, const char *message);
    void *ctx;
};

/* NULL on ERROR_NO_MEMORY. `options` is copied, what it points to borrowed until binder_free(). */
struct binder *binder_new(const struct binder_options *options, struct error *err);
/* Cancels everything; on_done is not called. Not from inside a callback. NULL is allowed. */
void binder_free(struct binder *binder);

/*
 * Starts a bind; strings are copied. Sent from the loop as soon as the limit allows, first come first served. Nothing is called from inside.
 * -1, and nothing is started: ERROR_NO_MEMORY; ERROR_RUNTIME when a bind of that UID is under way already, or after binder_drain().
 */
int bind_start(struct binder *binder, const char *namespace_, const char *name, const char *uid, const char *node, struct error *err);
/* Drops a bind of that UID unless its request is on the wire (then its answer decides). Its on_done is not called. Returns whether it was dropped. */
bool bind_drop(struct binder *binder, const char *uid);
/*
 * A watch shows the pod on `node`. As bind_drop(), but a bind to that node whose answer was lost has succeeded: its on_done is called. Returns
 * whether no bind of that UID is left.
 */
bool bind_settle(struct binder *binder, const char *uid, const char *node);
/* The bind of that UID, or NULL; the binder's, valid until its on_done or bind_drop(). */
const struct bind *bind_find(const struct binder *binder, const char *uid);
/* Calls visit for every bind under way; it starts and drops nothing. */
void bind_each(const struct binder *binder, void (*visit)(void *ctx, const struct bind *bind), void *ctx);

/* All binds under way; those with a request on the wire. */
size_t binder_count(const struct binder *binder);
size_t binder_inflight(const struct binder *binder);
/* Whether binds wait for a slot (those that wait for another attempt do not). */
bool binder_sending(const struct binder *binder);
/* Whether one more would be sent at once. */
bool binder_has_room(const struct binder *binder);
/* Shutdown: drops what is not on the wire and starts nothing more; what fails on the wire is not tried again, and dropped too. */
void binder_drain(struct binder *binder);

#define BIND_TIMEOUT_MS 20000

#endif

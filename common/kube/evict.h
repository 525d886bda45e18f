/*
 * evict.h: preempts pods as kube-scheduler does (pkg/scheduler/framework/preemption: PreemptPod): first the condition DisruptionTarget in the
 * victim's status, then a DELETE with the pod's own grace period; both only of the pod with that UID. Concurrent up to a limit, retries with
 * backoff and Retry-After. Knows nothing of why a pod has to go; the event Preempted is report_preempted()'s.
 */
#ifndef COMMON_KUBE_EVICT_H
#define COMMON_KUBE_EVICT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/kube/client.h"

enum evict_result {
    EVICT_OK, /* the DELETE is accepted: the pod is terminating or gone. Also when its answer was lost and the pod is gone at the next look */
    EVICT_GONE,     /* 404, or another pod has the name now (409): it went without us */
    EVICT_FAILED,   /* transient errors on every attempt, or refused for good */
    EVICT_FORBIDDEN /* 403: RBAC */
};

/* One eviction under way: the evictor's, read-only for others. */
struct eviction {
    const char *namespace_, *name, *uid;
    int attempt;        /* 1 for the first, 0 before it; each goes on at the request at which the last one failed */
    int64_t started_us; /* monotonic: evict_start() */
};

struct evictor;

struct evictor_options {
    struct kube_client *client; /* borrowed */
    int max_inflight;           /* evictions on the wire at a time, at least 1; each has one request there */
    int max_attempts;           /* per eviction, at least 1 */
    int64_t backoff_ms;         /* before the second attempt; doubles, with jitter, at most 60 s */
    /*
     * The end of an eviction, exactly once unless it was dropped; `eviction` and the strings are valid during the call, and the eviction is no longer
     * found or counted. May start others, of the same pod too, and drop others; must not free the evictor. `verb` and `resource` name the last
     * request as RBAC does: "patch" "pods/status", or "delete" "pods"; static. retry_after_ms: what the server asked for, or -1.
     */
    void (*on_done)(void *ctx, const struct eviction *eviction, enum evict_result result, const char *verb, const char *resource,
                    int64_t retry_after_ms, const char *message);
    void *ctx;
};

/* NULL on ERROR_NO_MEMORY. `options` is copied, what it points to borrowed until evictor_free(). */
struct evictor *evictor_new(const struct evictor_options *options, struct error *err);
/* Cancels everything; on_done is not called. Not from inside a callback. NULL is allowed. */
void evictor_free(struct evictor *evictor);

/*
 * Starts an eviction; strings are copied. `message` is the condition's, kube-scheduler's words: "<scheduler>: preempting to accommodate a higher
 * priority pod". Sent from the loop as soon as the limit allows, first come first served. Nothing is called from inside.
 * -1, and nothing is started: ERROR_NO_MEMORY; ERROR_RUNTIME when an eviction of that UID is under way already, or after evictor_drain().
 */
int evict_start(struct evictor *evictor, const char *namespace_, const char *name, const char *uid, const char *message, struct error *err);
/* The eviction of that UID, or NULL; the evictor's, valid until its on_done or evict_drop(). */
const struct eviction *evict_find(const struct evictor *evictor, const char *uid);
/*
 * Drops an eviction of that UID unless its DELETE is on the wire (then its answer decides). Its on_done is not called. Returns whether it was
 * dropped. The condition may be written already, and a DELETE whose answer was lost may have been carried out.
 */
bool evict_drop(struct evictor *evictor, const char *uid);

/* All evictions under way; those with a request on the wire. */
size_t evictor_count(const struct evictor *evictor);
size_t evictor_inflight(const struct evictor *evictor);
/* Shutdown: drops what is not on the wire and starts nothing more; what needs another request is dropped when its answer comes. */
void evictor_drain(struct evictor *evictor);

#define EVICT_TIMEOUT_MS 20000

#endif

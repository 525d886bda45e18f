/*
 * reflector.h: keeps somebody's store equal to what the API server has of one kind: list, then watch, then list again only when
 * needed. Named after, and following, client-go's tools/cache/reflector.go: bookmarks, 410, ERROR frames in a 200, clean ends,
 * WatchList (KEP-3157) with the paged list as fallback, backoff 800 ms doubling to 30 s with jitter.
 */
#ifndef COMMON_KUBE_REFLECTOR_H
#define COMMON_KUBE_REFLECTOR_H

#include <jansson.h>

#include "common/kube/client.h"
#include "common/kube/json_scan.h"

enum watch_event { WATCH_LISTED, WATCH_ADDED, WATCH_MODIFIED, WATCH_DELETED };

struct reflector;

struct reflector_options {
    const char *path;                /* "/api/v1/nodes"; borrowed */
    const char *resource;            /* "nodes": for messages; borrowed */
    const char *field_selector;      /* NULL: none; borrowed */
    const struct json_field *schema; /* what on_object wants to see of an object (NULL: all); borrowed. metadata.resourceVersion is added */
    bool watch_list;                 /* try WatchList first */
    /* The store is about to be replaced: objects come as WATCH_LISTED. When it fails half-way nothing is said, what the store held still
     * stands, and begin_replace comes again. */
    void (*begin_replace)(void *ctx);
    /*
     * Asked of each MODIFIED before it is parsed, with its projected text: true when it only says what the store knows by now; on_object is not called
     * then. A step that saves half the work of a binding. May be NULL.
     */
    bool (*is_known)(void *ctx, const char *object);
    /* One object, only read during the call. -1 with *err filled (memory, an object that makes no sense): it is reported and skipped. */
    int (*on_object)(void *ctx, enum watch_event event, const json_t *object, struct error *err);
    /* Everything was listed: what did not come is gone. From here on the store is in sync. */
    void (*end_replace)(void *ctx);
    /* Missing rights: user, verb, resource in the server's words. Called at most once per backoff. NULL: it is a warning like others. */
    void (*on_forbidden)(void *ctx, const char *verb, const char *resource, const char *message);
    void *ctx;
};

/*
 * Starts with the next turn of the loop; `options` is copied. NULL on ERROR_NO_MEMORY. Failures of the server never end it: it warns through the
 * client and comes back. The callbacks must not stop it.
 */
struct reflector *reflector_start(struct kube_client *client, const struct reflector_options *options, struct error *err);
/* Cancels what is under way and frees it; no callback is made. NULL is allowed. */
void reflector_stop(struct reflector *reflector);

/* Whether a whole list has come at least once. */
bool reflector_synced(const struct reflector *reflector);

#define REFLECTOR_BACKOFF_FIRST_US 800000
#define REFLECTOR_BACKOFF_MAX_US 30000000
/* nobody listens: a try costs the server nothing, and the lab wants to be back soon after it */
#define REFLECTOR_BACKOFF_MAX_REFUSED_US 2000000
#define REFLECTOR_HEALTHY_US 120000000
#define REFLECTOR_SHORT_WATCH_US 1000000
/* between watches that each end in under a second, even when they brought events */
#define REFLECTOR_SHORT_PAUSE_US 50000
#define REFLECTOR_WATCH_TIMEOUT_MIN_S 300
/* an initial state of a WatchList that neither goes on nor ends: not every server's storage can say where it ends */
#define REFLECTOR_INITIAL_QUIET_US 30000000

#endif

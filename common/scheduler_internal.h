/*
 * scheduler_internal.h: the inside of a scheduler, shared by the scheduler*.c files, the one place where kube (the API server), cluster (what is known) and
 * policy (what is decided) meet.
 */
#ifndef COMMON_SCHEDULER_INTERNAL_H
#define COMMON_SCHEDULER_INTERNAL_H

#include "common/cluster/cache.h"
#include "common/cluster/queue.h"
#include "common/kube/bind.h"
#include "common/kube/client.h"
#include "common/kube/list.h"
#include "common/kube/reflector.h"
#include "common/kube/report.h"
#include "common/scheduler.h"
#include "common/scheduler_open.h"
#include "common/service/metrics.h"
#include "common/service/serve.h"
#include "common/service/trace.h"

/* at SIGTERM: so long for the requests on the wire, reports included, to be answered; a container must end within a second */
#define SHUTDOWN_US 700000
/* the same warning again is said at most so often */
#define WARN_AGAIN_US 30000000
#define WARNINGS_KEPT 8

struct uid_list {
    char **uid;
    size_t count, capacity;
};

struct scheduler {
    const char *program;
    const struct options *options;
    struct scheduler_seams seams;
    struct log log;
    struct kube_timers timers;
    struct metrics *metrics;
    struct kube_client *client;
    struct binder *binder;
    struct reporter *reporter;
    struct serve *serve;
    struct trace *trace; /* NULL without --trace-file */
    struct serve_state state;
    struct cache *cache;
    bool stopping, failed;
    char pods_path[320]; /* of all namespaces or of --namespace */
    struct warned {
        char text[256];
        int64_t said_us;
    } warned[WARNINGS_KEPT]; /* what was said last; several, because troubles of nodes and of pods take turns */
    unsigned next_warned;

    /* watch */
    struct queue *queue;
    struct reflector *nodes, *pods;
    bool nodes_synced, pods_synced;
    pod_handler on_pod;

    /* polling */
    struct poll_list {
        struct scheduler *s;
        struct kube_list *list; /* NULL when it is done */
        const char *resource;
        bool ok;
    } poll_pending, poll_nodes, poll_assigned;
    const struct pod **pending;
    size_t pending_count, pending_capacity;
    char pending_selector[400];
    struct uid_list settled; /* bound since this cycle began: a list from before may still show them pending */
    int64_t cycle_us;        /* when this cycle began */
    int64_t backoff_us;      /* after a failed list; 0: none */

    /* what scheduler_start() made, and scheduler_finish() frees */
    struct started {
        struct options options;
        struct kube_config config;
        struct transport *transport;
        struct kube_credentials *credentials;
    } * started;
};

int64_t scheduler_now_us(const struct scheduler *s);
bool scheduler_synced(const struct scheduler *s);
/* One warning line; the same one again only every 30 s. */
void scheduler_warn(struct scheduler *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Names the missing RBAC rule. `resource` as RBAC writes it: "pods/binding". */
void scheduler_warn_forbidden(struct scheduler *s, const char *verb, const char *resource, const char *message);
/* Something that --once cannot do without has failed. */
void scheduler_fail_once(struct scheduler *s);
/* For scheduler_open(): the callbacks of the binder (scheduler_act.c). */
void scheduler_on_sent(void *ctx, const struct bind *bind);
void scheduler_on_transient(void *ctx, const struct bind *bind, int status, const char *reason);
void scheduler_on_bound(void *ctx, const struct bind *bind, enum bind_result result, int64_t retry_after_ms, const char *message);
/* Watch: decides what is due and can be sent (scheduler_watch.c). */
void scheduler_pump(struct scheduler *s);
/* Watch: lets go of a pod that leaves the cache. */
void scheduler_release_pod(void *ctx, struct cached_pod *cached);
/* Whether everything that was begun is done: for --once. */
bool scheduler_idle(const struct scheduler *s);
/* polling: remembers that a pod was bound in this cycle; frees what polling holds. */
void scheduler_note_settled(struct scheduler *s, const char *uid);
void scheduler_close_polling(struct scheduler *s);

/* the app label, as the lab's log prints it */
#define APP_LABEL "app"

#endif

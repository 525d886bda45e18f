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
#include "common/kube/elector.h"
#include "common/kube/evict.h"
#include "common/kube/list.h"
#include "common/kube/reflector.h"
#include "common/kube/report.h"
#include "common/policy/policy.h"
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
    struct victims *victims;        /* NULL where nothing preempts */
    struct planner *planner;        /* NULL unless the policy plans */
    struct nomination *nominations; /* pods that wait for their victims to go; of --preemption */
    struct elector *elector;        /* NULL without --leader-elect */
    char identity[256], lease_name[320];
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
/* The name of the place where we run. */
void scheduler_machine(const struct scheduler *s, char *name, size_t size);
bool scheduler_synced(const struct scheduler *s);
/* A hash of a text, to know it again without keeping it: FNV-1a. */
uint64_t scheduler_hash(const char *text);
/* One warning line; the same one again only every 30 s. */
void scheduler_warn(struct scheduler *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Names the missing RBAC rule. `resource` as RBAC writes it: "pods/binding". */
void scheduler_warn_forbidden(struct scheduler *s, const char *verb, const char *resource, const char *message);
/* Something that --once cannot do without has failed. */
void scheduler_fail_once(struct scheduler *s);
/* For scheduler_open(): the callbacks of the binder (scheduler_act.c). */
void scheduler_on_sent(void *ctx, const struct bind *bind);
void scheduler_on_transient(void *ctx, const struct bind *bind, int status, const char *reason);
void scheduler_on_unreadable(void *ctx, const char *message);
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

/* ---- --leader-elect (scheduler_lead.c) ---- */

/* Begins to try for the lease, and waits until it is ours, or the scheduler is to stop; neither does anything without the flag. */
int lead_open(struct scheduler *s, struct error *err);
void lead_wait(struct scheduler *s);

/* ---- taking pods off their nodes (scheduler_evict.c) ---- */

/* A pod to be evicted. Strings are borrowed during a call; without a pod that needs the room the cause's are "". */
struct victim_of {
    const char *namespace_, *name, *uid, *node;
    const char *cause_namespace, *cause_name, *cause_uid;
    const char *reason; /* a few words for the log, and for the event when there is no cause */
};

/* s->victims, where the options ask for preemption; without it NULL, which all of these take. */
int victims_open(struct scheduler *s, struct error *err);
void victims_free(struct victims *victims);
size_t victims_count(const struct victims *victims);
size_t victims_inflight(const struct victims *victims);
/* Whether a pod is being evicted: the API server has not answered yet. */
bool is_victim(const struct victims *victims, const char *uid);
/* Its eviction was refused a moment ago: until then it is not tried again, and counts as under way. 0: it was not. */
int64_t victim_refused_until_us(const struct scheduler *s, const char *uid);
void victims_drain(struct victims *victims);
/*
 * Logs it and starts it: condition, DELETE, then the event. With --dry-run it is only logged. -1: nothing was
 * started.
 */
int victim_evict(struct scheduler *s, const struct victim_of *of, struct error *err);

/* ---- --preemption (scheduler_preempt.c) ---- */

/* A decision that leaves pods of the same or a higher priority the room they are nominated for. */
struct decision preempt_decide(struct scheduler *s, const struct pod *pod, policy_trace trace, void *trace_ctx);
/* policy_fit_error() of such a decision. */
int preempt_fit_error(struct scheduler *s, const struct pod *pod, struct buffer *message, struct error *err);
/* The pod fits nowhere: evicts what makes room for it, where the options allow and it helps. */
void preempt_for(struct scheduler *s, const struct pod *pod);
/* The API server says of a pending pod that it is nominated: an earlier run, or an earlier cycle, made room for it. */
void preempt_note_nominated(struct scheduler *s, const struct pod *pod);
void preempt_free(struct scheduler *s);

/* ---- one-per-node (scheduler_plan*.c); nothing happens where s->planner is NULL ---- */

int planner_open(struct scheduler *s, struct error *err);
void planner_free(struct planner *planner);
/* The node of that name changed, or what others use of it (one that is not in the cache: nothing); or it is gone. */
void planner_node(struct scheduler *s, const char *name);
void planner_node_gone(struct scheduler *s, const char *name);
/* All nodes may be used differently by others. */
void planner_nodes(struct scheduler *s);
/* A pod of the cache came or changed; or is gone. */
void planner_pod(struct scheduler *s, const struct cached_pod *cached);
void planner_pod_gone(struct scheduler *s, const char *namespace_, const char *name, const char *uid);
/* Gives out what can be done now: evictions start, pods to bind are assumed and put into the active queue. */
void planner_turn(struct scheduler *s);
/* Polling: the plan of this cycle, after its lists; and its end, before those of the next: what is listed must not change by its doing meanwhile. */
void planner_begin_cycle(struct scheduler *s);
void planner_end_cycle(struct scheduler *s);
/* Whether a gang is leaving: a cycle is due to that too, when no pod waits. */
bool planner_is_evicting(const struct scheduler *s);
/* When it has something to do without being told; INT64_MAX: never. Whether that is a gang that settles, for --once. */
int64_t planner_next_us(const struct scheduler *s);
bool planner_settling(const struct scheduler *s);
/* The plan's node for a pending pod, or NULL. */
struct node *planner_choose(struct scheduler *s, struct cached_pod *cached);
/* Why it is NULL, for the event; false when there is nothing to be said yet. */
bool planner_explain(struct scheduler *s, const struct pod *pod, struct buffer *out, struct error *err);
/* The pod was not bound after all, and is not to be considered before retry_us; how a bind ended, and an eviction. */
void planner_not_bound(struct scheduler *s, const struct pod *pod, int64_t retry_us);
void planner_bind_ended(struct scheduler *s, const struct bind *bind, enum bind_result result, int64_t retry_us);
void planner_evicted(struct scheduler *s, const struct eviction *eviction, enum evict_result result, int64_t retry_us);

/* the app label, as the lab's log prints it */
#define APP_LABEL "app"

#endif

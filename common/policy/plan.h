/*
 * plan.h: the planner of one-per-node: which of our pods hold a node, at most one each, and what is to be done next to get there.
 * Pure: no clock (time is an argument), no JSON, no network. It is told of nodes and pods, and gives actions out; an action given out counts
 * as under way, so none is given twice, until the API server's news or an acknowledgement says how it ended.
 *
 * The rules. A unit is one pod, or a gang: the pods of one namespace with the same `pod-group` annotation, all or nothing. Units are taken in
 * order while they fit, passing over one that does not: higher priority first (of a gang the lowest of its members), then the placed before
 * the unplaced, the smaller, the older (of a gang its oldest member), by name. A unit fits when its members and all taken before can have a node each, a placed pod its own,
 * a waiting one any that passes its filters; a node held by a terminating pod counts, and is waited for. A placed unit that is
 * not taken is a victim. So a unit that is placed leaves only for higher priority, or for another pod on its very node.
 *
 * A gang waits until it is complete: `pod-group-size` members, or, without one, no member has come for the settle time. None of its members
 * may be gated or held back. It is bound only when there are free nodes for all at once. A member that comes when others have
 * their nodes is late: a unit of its own, with the gang's priority, that never makes them leave; so one of lower priority than theirs, which would lower the
 * gang's, waits until they are gone. A gang evicted is evicted whole,
 * the members whose bind is still under way when that has ended, and is back when all victims are gone and as many members wait as it had
 * (without a pod-group-size: or ten settle times have passed since one came or went, so that a smaller gang is not lost).
 *
 * A pod that looks at other pods (topology spread, affinity between pods; also where another's anti-affinity is against it) can't be promised a node, as whether
 * one will do depends on where the others go. It waits apart, and its gang with it: nobody is evicted for it, and plan_place_apart() gives it a node that is free, would
 * do as things are, and is needed by no unit that goes first. Once placed it is as any other.
 *
 * How it is cut: plan_tree.c the ordered index; plan_class.c what can go where, as few classes; plan_cut.c which units are taken;
 * plan_gang.c pods into units; plan_pods.c, plan_nodes.c the news; plan_act.c what to do next; plan_apart.c pods that look at others.
 * An event costs O(log P) for the usual cluster, where few kinds of pods meet few kinds of nodes; memory is a few hundred bytes a pod.
 */
#ifndef COMMON_POLICY_PLAN_H
#define COMMON_POLICY_PLAN_H

#include "common/cluster/cache.h"
#include "common/error.h"
#include "common/policy/filter.h"

struct plan;

struct plan_config {
    struct filter_config filters; /* copied; the required labels must outlive the plan */
    int64_t gang_settle_us;       /* --gang-settle; 0 or more */
    /* Something in a pod's annotations that is ignored, one line, once for each pod and value. May be NULL. Must not call the plan. */
    void (*report)(void *ctx, const char *text);
    void *report_ctx;
};

/* The configuration is copied. NULL on ERROR_NO_MEMORY. The time is 0. */
struct plan *plan_new(const struct plan_config *config, struct error *err);
/* NULL is allowed. */
void plan_free(struct plan *plan);

/*
 * Begins anew: no nodes, no pods, the time is 0; also after a failure. What is kept is which gangs have begun to leave, and how many members come back
 * of those that have left: the next plan goes on with it. Tell it all nodes and pods then, and plan_renewed() that this was all; before that gangs are
 * in no plan, and there are no actions.
 */
void plan_renew(struct plan *plan);
int plan_renewed(struct plan *plan, struct error *err);
/* Whether a gang has begun to leave, and was not seen to be gone yet. */
bool plan_has_doomed(const struct plan *plan);

/*
 * It is `now_us` (any clock that never goes back; an earlier time counts as the last one). Tell it before the news of an event, and when plan_deadline_us() has
 * come: gangs settle, and pods held back return.
 */
int plan_tick(struct plan *plan, int64_t now_us, struct error *err);
/* When plan_tick() has something to do next; -1: never. */
int64_t plan_deadline_us(const struct plan *plan);

/*
 * A node is there, or changed. `used` is what pods that are not ours take of it (cpu, memory, pods; extended in the order of
 * spec->allocatable.extended; NULL: nothing), `ports` the host ports that they hold. All is copied. The same again changes nothing.
 * Every call that returns int: ERROR_NO_MEMORY is its only failure, and the plan is then of no more use: free it and make it anew.
 */
int plan_node_set(struct plan *plan, const struct node_spec *spec, const struct resources *used, const struct host_port *ports,
                  size_t port_count, struct error *err);
/* The same for a node of the cache: what is used of it is what the pods there use that do not name `scheduler_name`. */
int plan_node_cached(struct plan *plan, const struct node *node, const char *scheduler_name, struct error *err);
/* A node is gone. Pods placed there stay until they are gone too, and hold no capacity. Unknown: nothing. */
int plan_node_removed(struct plan *plan, const char *name, struct error *err);

/*
 * Whether anything of the cluster can speak against a node for this pod because of other pods: then it waits apart, and plan_pod_set() is to be told so by
 * its `peers`: NULL, or not. plan_looking() says it as that wants it, `pod` being a copy of what the cache has.
 */
int plan_looking(const struct filter_config *filters, const struct cache *cache, struct pod *pod, struct error *err);

/*
 * What the API server says of a pod of ours: waiting, placed (node_name), terminating (deleting), or terminal, which is as good as gone.
 * Copied. Another UID under the same name: the older pod is gone. News from before an action of ours (still unassigned, not yet
 * terminating) does not undo it.
 */
int plan_pod_set(struct plan *plan, const struct pod *pod, struct error *err);
/* Deleted, or not ours any more. `uid` NULL: whichever; else only the pod of that UID. Unknown: nothing. */
int plan_pod_gone(struct plan *plan, const char *namespace_, const char *name, const char *uid, struct error *err);

enum plan_act { PLAN_PREEMPT, PLAN_BIND };

enum plan_reason {
    PLAN_PLACE,           /* a bind: the pod is in the plan */
    PLAN_FOR_PRIORITY,    /* a victim: `cause` needs the room */
    PLAN_SHARED_NODE,     /* a victim: another of our pods stays on its node */
    PLAN_GANG_EVICTED,    /* a victim: its gang has begun to leave */
    PLAN_GANG_BIND_FAILED /* a victim: the bind of another member of its gang failed for good */
};

/* All strings are the plan's, until its next call. */
struct plan_action {
    enum plan_act act;
    enum plan_reason reason;
    const char *namespace_, *name, *uid, *node;
    int64_t priority; /* of its unit */
    /* PLAN_FOR_PRIORITY: a pod that waits for the room, of higher priority; else "" */
    const char *cause_namespace, *cause_name, *cause_uid;
};

/* "preempted for a higher priority", …: for log lines. Static. */
const char *plan_reason_text(enum plan_reason reason);

/*
 * Gives out all that can be done now: first the victims, then the binds to nodes that are free, in plan order, each to the first node
 * in name order that leaves room for the rest of the plan. Each counts as under way at once: the victim is leaving, the pod is on its node. `act` must not call the plan:
 * it queues. No news, no actions. Members of a gang are given out one after the other, in one call.
 */
int plan_actions(struct plan *plan, void (*act)(void *ctx, const struct plan_action *action), void *ctx, struct error *err);

/*
 * Gives out binds for what waits apart, in order, as plan_actions() does, each to the first node in name order of which the cache says that it will do beside
 * what is there and what was given out before; a gang whole or not at all. Call it after plan_actions(), and that again when there were any. The cache is as
 * before when it returns. Pods that it does not have, or that are on their way, are passed over.
 */
int plan_place_apart(struct plan *plan, struct cache *cache, void (*act)(void *ctx, const struct plan_action *action), void *ctx,
                     struct error *err);

/* A bind under way succeeded (or 409: it is there already). The watch says so too: either may come first. */
int plan_bind_done(struct plan *plan, const char *namespace_, const char *name, struct error *err);
/*
 * A bind under way failed for good: the pod waits, and is not considered before `retry_us` (of plan_tick's clock). Was it part of a gang's
 * binding, the members already bound are victims now (PLAN_GANG_BIND_FAILED), and the gang returns whole. A pod not being bound: nothing. On 404 call plan_pod_gone()
 * instead, on 409 plan_pod_set() with what was read.
 */
int plan_bind_failed(struct plan *plan, const char *namespace_, const char *name, int64_t retry_us, struct error *err);
/*
 * A victim could not be deleted: until `retry_us` it counts as leaving all the same, then it is where it was. A plan being made is told so of a
 * pod on its node, when the one before met with that.
 */
int plan_preempt_failed(struct plan *plan, const char *namespace_, const char *name, int64_t retry_us, struct error *err);

/* One pod of the ideal plan. Strings as in an action. */
struct plan_entry {
    const char *namespace_, *name, *uid;
    const char *node;  /* where it is or will go; NULL: not in the plan */
    const char *group; /* its gang, or NULL */
    bool placed;       /* it is on a node now: with node NULL it is a victim */
    int64_t priority;  /* of its unit */
};

/* The ideal plan, unit by unit in order, those passed over too. Changes nothing. Pods in no unit (incomplete gangs, gated, terminating) are left out. */
int plan_explain(struct plan *plan, void (*show)(void *ctx, const struct plan_entry *entry), void *ctx, struct error *err);

enum plan_wait {
    PLAN_NOT_WAITING,             /* not known, on a node or on its way there, leaving, or gated */
    PLAN_HELD_BACK,               /* until the retry_us of its own failure, or a member of its gang is gated or held back */
    PLAN_SETTLING,                /* its gang, without a pod-group-size: more members may come */
    PLAN_WAITS_FOR_MEMBERS,       /* its gang has `members` of the `wanted` */
    PLAN_WAITS_FOR_GANG_TO_LEAVE, /* its gang is being evicted */
    PLAN_IN_PLAN,                 /* a node is kept for it; what is on it now must go first, or its gang's other nodes are not free yet */
    PLAN_OUTSIDE,                 /* units that go first leave no room */
    PLAN_APART                    /* it, or one of its gang, looks at other pods: no node is free that would do and is not kept */
};

struct plan_status {
    enum plan_wait wait;
    const char *group;      /* its gang, or NULL; the plan's, until its next call */
    size_t members, wanted; /* of the gang: that wait; of the pod-group-size, 0 without one */
};

/* What a pod waits for. An unknown pod is PLAN_NOT_WAITING. */
int plan_status(struct plan *plan, const char *namespace_, const char *name, struct plan_status *status, struct error *err);

/* Waiting pods that the plan holds a node for, and those it does not: for metrics. */
int plan_counts(struct plan *plan, size_t *waiting_in_plan, size_t *waiting_outside, struct error *err);

#endif

/*
 * plan_internal.h: what the planner's files share.
 *
 * Nodes that accept the same pods are one class; waiting pods that the same classes accept are one kind, pods placed on nodes of a
 * class another. A set of pods fits when each class has room: placed ones take their own, and a small flow shares out the rest. Two of our pods
 * on one node would be counted twice, so such a node is a class of its own.
 *
 * Units whose members are of the same kinds are one lane, in order. What does not fit at one point does not fit later either, so from the first of a lane
 * that does not fit on, none of that lane does: a plan is one cut in each lane, and an event moves cuts.
 */
#ifndef COMMON_POLICY_PLAN_INTERNAL_H
#define COMMON_POLICY_PLAN_INTERNAL_H

#include "common/cluster/cache.h"
#include "common/policy/plan.h"
#include "common/policy/plan_table.h"
#include "common/policy/plan_tree.h"

/* A gang evicted is given up as it was after so many settle times without news of a member. */
#define PLAN_RETURN_SETTLES 10
/* So many shapes without a pod are remembered: the next of that shape need not be tried on each node. */
#define PLAN_IDLE_SHAPES 16

struct plan_kind {
    unsigned serial;
    struct plan_class *pinned; /* placed on a node of this class; NULL: waiting */
    struct plan_shape *shape;  /* one of the shapes of a waiting kind: where it may go, all may */
    size_t index;              /* of a waiting kind in plan.kind */
};

/* What the filters read of a pod. */
struct plan_shape {
    struct plan_shape *next;
    struct pod *pod; /* stands for all; owned */
    uint64_t fingerprint;
    size_t slot; /* its bit in the nodes' and classes' bits */
    struct plan_kind *kind;
    struct plan_pod *pods;
    size_t pod_count;
    uint64_t idle_since; /* a serial: the least recently used goes first */
};

struct plan_class {
    uint64_t *bits; /* which shapes its nodes accept */
    size_t index, total;
    size_t tally;          /* scratch */
    struct plan_tree free; /* nodes without a pod of ours, by name */
    struct plan_node *nodes;
    struct plan_node *alone; /* not NULL: only for this node, which has two of our pods or more */
    struct plan_kind pinned;
};

struct plan_node {
    struct plan_entry_key entry;
    char *name;
    bool present;
    struct node view; /* for the filters: the spec, and what is there besides our pods; all owned */
    struct cached_pod with_ports;
    struct plan_class *class_; /* NULL while it is not present */
    struct plan_node *class_next, **class_link;
    uint64_t *bits, first_bits; /* bits: the first ones while they are enough */
    struct plan_pod *pods;      /* ours: on it, on their way to it, leaving it */
    size_t live;                /* of them, not leaving */
    bool is_free;               /* in the class's tree */
};

struct plan_lane_part {
    struct plan_kind *kind;
    size_t count;
};

struct plan_lane {
    struct plan_lane_part *part; /* of each of its units, by serial */
    size_t parts;
    bool placed;
    struct plan_tree tree;
    size_t cut;       /* so many are taken; only a hint while plan.stale */
    size_t low, high; /* while cuts are looked for: so many fit, of so many that may */
    bool closed;      /* while cuts are looked for; while binding: no more of these now */
    size_t claimed;   /* scratch: units, and members of the next, that were named as the cause of an eviction; or shown */
    size_t claimed_members;
};

struct plan_unit {
    struct plan_item item;  /* where it is in the lane */
    struct plan_lane *lane; /* NULL: in no plan now */
    struct plan_gang *gang; /* NULL: one pod */
    struct plan_pod *pod;
    int64_t priority, created_us;
    uint32_t size;
    bool placed, mark; /* mark: in the lane, it can be evicted now */
};

enum plan_pod_state { PLAN_POD_WAITING, PLAN_POD_BINDING, PLAN_POD_BOUND, PLAN_POD_LEAVING };

struct plan_pod {
    struct plan_entry_key entry;
    char *uid; /* namespace_, name and uid are in the same allocation */
    enum plan_pod_state state;
    bool deleting, gated, late;
    bool apart;            /* it looks at other pods */
    struct plan_unit *in;  /* the unit that it is part of now */
    struct plan_unit unit; /* when it is one by itself */
    struct plan_shape *shape;
    struct plan_gang *gang;
    struct plan_node *node;
    int64_t priority, created_us;
    int64_t retry_us;   /* with a timer; 0: none */
    int64_t group_size; /* of the annotation; 0: none */
    uint64_t reported;  /* a hash of the values last complained of */
    struct plan_pod *gang_next, **gang_link;
    struct plan_pod *node_next, **node_link;
    struct plan_pod *shape_next, **shape_link;
};

struct plan_gang {
    struct plan_entry_key entry;
    struct plan_pod *pods;
    struct plan_unit unit;
    size_t live, bound, leaving, waiting, blocked; /* members by state; blocked: gated or held back */
    size_t expected;                               /* members it had when it was evicted */
    int64_t size, changed_us;
    bool doomed; /* leaving as a whole */
    enum plan_reason doom;
    struct plan_gang *doomed_next;
    bool doomed_listed;
    int64_t timer_us; /* 0: none */
};

/* Which classes can take a demand by kinds: rows and columns of a small flow. */
struct plan_flow {
    size_t rows, columns;
    size_t *demand, *capacity, *left, *flow;
    unsigned char *allowed;
    size_t *queue, *row_from, *column_from;
};

struct plan {
    struct plan_config config;
    int64_t now_us;
    struct plan_table pods, nodes, gangs;
    struct plan_shape *shapes;
    size_t idle_shapes;
    uint64_t *slots_used; /* bits, as each node and class has: so many words */
    size_t words;
    struct plan_class **class_;
    size_t classes, class_room;
    struct plan_kind **kind;
    size_t kinds, kind_room;
    struct plan_lane **lane;
    size_t lanes, lane_room;
    struct plan_lane apart; /* waiting units with a pod that looks at other pods: they take what is free, and are in no cut */
    struct plan_pool pool;
    struct plan_tree timers;
    struct plan_gang *doomed;
    struct plan_flow flow; /* kinds by classes */
    struct plan_flow
        bind; /* twice as many: a class's free nodes and those that will be; kinds that wait, and the same bound to free nodes now */
    bool flows_ready;
    struct plan_lane_part *part; /* scratch: the parts of a unit */
    size_t part_room;
    size_t *rank; /* scratch: units taken of each lane */
    size_t rank_room;
    struct plan_pod **member; /* scratch: the members of a unit by name */
    size_t member_room;
    struct plan_action *action; /* what plan_actions() gives out */
    size_t actions, action_room;
    unsigned serial;
    uint64_t uses;
    bool stale;  /* cuts must be looked for */
    bool news;   /* something changed since the last plan_actions() */
    bool retype; /* classes or shapes changed: kinds must be looked at */
    bool making; /* from plan_renew() to plan_renewed() */
    bool broken; /* out of memory */
};

/* The array with room for one more item of `size` bytes after `count`; NULL when there is no memory, and it is as before. */
void *plan_grow(void *array, size_t *room, size_t count, size_t size);

/* plan.c */
/* Puts a timer of a pod (0) or gang (1) in place of the one at *timer_us, if any; 0: none, which cannot fail. */
int plan_timer_set(struct plan *plan, int64_t *timer_us, void *owner, int gang, int64_t at_us, struct error *err);
/* No use any more: ERROR_NO_MEMORY now and from now on. Returns -1. */
int plan_break(struct plan *plan, struct error *err);

/* plan_class.c */
/* The node's bits, presence or count of live pods changed: puts it into the class where it belongs. */
int plan_node_classify(struct plan *plan, struct plan_node *node, struct error *err);
/* A shape was forgotten: classes that differed only there are one. */
int plan_classes_merge(struct plan *plan, struct error *err);
/* The node has a first pod, or none any more. */
int plan_node_set_free(struct plan_node *node, struct error *err);
void plan_class_free(struct plan_class *class_);

/* plan_shape.c */
/* The same for pods that read the same to the filters. */
uint64_t plan_shape_fingerprint(const struct pod *seen);
/* The shape of that fingerprint, or NULL. */
struct plan_shape *plan_shape_known(const struct plan *plan, uint64_t fingerprint);
/* Links the pod with its shape. */
int plan_shape_join(struct plan *plan, struct plan_pod *pod, const struct pod *seen, uint64_t fingerprint, struct error *err);
void plan_shape_leave(struct plan *plan, struct plan_pod *pod);
/* Tries every shape on the node. */
void plan_node_try_shapes(struct plan *plan, struct plan_node *node);
/* Brings kinds in line with classes, when something changed. */
int plan_kinds_settle(struct plan *plan, struct error *err);
/* Forgets shapes that nobody uses, beyond `keep`. */
int plan_shapes_trim(struct plan *plan, size_t keep, struct error *err);
/* Classes and kinds are the rows and columns of the flows: fills what they allow, when something changed. */
int plan_flows_prepare(struct plan *plan, struct error *err);
bool plan_class_accepts(const struct plan_class *class_, const struct plan_kind *kind);

/* plan_lane.c */
/* Puts the unit where its priority, state and members say, or takes it out of the plan. */
int plan_unit_place(struct plan *plan, struct plan_unit *unit, struct error *err);
void plan_unit_withdraw(struct plan *plan, struct plan_unit *unit);
/* A waiting pod of that kind, in no gang, will soon be placed: see plan_tree_fetch(). */
void plan_lane_fetch(const struct plan *plan, const struct plan_kind *kind, int64_t priority, int64_t created_us);
/* The kind of a pod now, or NULL when it needs no node's room. */
struct plan_kind *plan_pod_kind(const struct plan_pod *pod);
int plan_unit_compare(const void *a, const void *b);

/* plan_cut.c */
/* What plan->rank units of each lane take: demand by kind, and what is left of each class; false when that is less than nothing. */
bool plan_demand(const struct plan *plan, size_t *demand, size_t *left);
/* Room in plan->rank for all lanes. */
int plan_rank_reserve(struct plan *plan, struct error *err);
/* Looks for the cuts, when something changed. */
int plan_settle(struct plan *plan, struct error *err);

/* plan_status.c */
/* A unit in a lane is in the plan. plan_settle() must have been called. */
bool plan_unit_taken(const struct plan_unit *unit);

/* plan_flow.c */
/* Room for rows and columns; `allowed`, demand and capacity are to be filled then. */
int plan_flow_reserve(struct plan_flow *flow, size_t rows, size_t columns, struct error *err);
void plan_flow_free(struct plan_flow *flow);
/* Whether the capacity can take the demand. */
bool plan_flow_fits(struct plan_flow *flow);

/* plan_act.c */
/* One more of plan->action, of a pod on its node. */
int plan_note(struct plan *plan, enum plan_act act, enum plan_reason reason, const struct plan_pod *pod, int64_t priority,
              struct error *err);
/* Fills plan->member with the unit's members by name. */
int plan_members(struct plan *plan, const struct plan_unit *unit, size_t *count, struct error *err);
/* Of the lanes that pass, the one whose first unit not claimed comes first, and that unit; NULL: none. */
struct plan_lane *plan_first_lane(const struct plan *plan, bool (*passes)(const struct plan_lane *lane), const struct plan_item **first);

/* plan_gang.c */
/* Something of the pod changed: brings its unit, or its gang's, in line. */
int plan_pod_refresh(struct plan *plan, struct plan_pod *pod, struct error *err);
int plan_gang_refresh(struct plan *plan, struct plan_gang *gang, struct error *err);
int plan_gang_join(struct plan *plan, struct plan_pod *pod, const char *group, struct error *err);
/* Frees the gang with its last member; otherwise brings it in line. */
int plan_gang_leave(struct plan *plan, struct plan_pod *pod, struct error *err);
/* Forgets its members; false when there is nothing else to remember of it, and it was freed. */
bool plan_gang_renew(struct plan_gang *gang);
/* All members are told. False when it is over, and it was freed. */
bool plan_gang_renewed(const struct plan *plan, struct plan_gang *gang);
/* The gang leaves as a whole; it had `had` members. */
int plan_gang_doom(struct plan *plan, struct plan_gang *gang, enum plan_reason reason, size_t had, struct error *err);

/* plan_pods.c */
/* 0: no timer. */
int plan_pod_retry_at(struct plan *plan, struct plan_pod *pod, int64_t retry_us, struct error *err);
/* The pod is on the node, on its way to it or leaving it (NULL: on none), in that state. */
int plan_pod_move(struct plan *plan, struct plan_pod *pod, struct plan_node *node, enum plan_pod_state state, struct error *err);

/* plan_nodes.c */
/* The node of that name, made when there is none: a pod may be placed on a node that is not known yet. */
struct plan_node *plan_node_named(struct plan *plan, const char *name, struct error *err);
/* Frees it when it is not present and has no pods. */
void plan_node_release(struct plan *plan, struct plan_node *node);
void plan_node_free(struct plan_node *node);
/* Room for a word of bits after `words`, which is 0. */
int plan_node_more_bits(struct plan_node *node, size_t words, struct error *err);
bool plan_bit(const uint64_t *bits, size_t slot);
void plan_bit_set(uint64_t *bits, size_t slot, bool value);

#endif

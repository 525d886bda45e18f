/*
 * plan_model.h: the plan of one-per-node made a second time, the plain way: all units sorted, each tried with all taken before by augmenting
 * paths over single pods and nodes. Small worlds only. It shares no code with common/policy.
 */
#ifndef TESTS_UNIT_SUPPORT_PLAN_MODEL_H
#define TESTS_UNIT_SUPPORT_PLAN_MODEL_H

#include "common/policy/plan.h"

#define MODEL_PODS 40
#define MODEL_NODES 16
#define MODEL_GANGS 8
#define MODEL_NAMESPACES 2
#define NO_NODE (-1)

enum model_state { MODEL_ABSENT, MODEL_WAITING, MODEL_BINDING, MODEL_BOUND, MODEL_LEAVING };

struct model_pod {
    enum model_state state;
    unsigned uid;
    bool deleting, gated, late, tolerates, port;
    int64_t priority, size, created, retry;
    int gang;    /* within its namespace; -1: none */
    int node;    /* NO_NODE, or an index: also of a node that is not present */
    char zone;   /* 0: any */
    int64_t cpu; /* milli */
    bool wrong_priority;
};

struct model_node {
    bool present, cordoned, tainted, port;
    char zone;
    int64_t used;
};

struct model_gang {
    bool doomed;
    size_t expected;
    int64_t changed;
    int reason; /* of its doom: enum plan_reason */
};

/* A gang's members that wait and can go together, its members on nodes, or one pod. */
struct model_unit {
    size_t member[MODEL_PODS], members;
    int64_t priority, created;
    bool placed, gang;
    bool taken;
    char name[32];
};

struct model {
    struct model_pod pod[MODEL_PODS]; /* pod i is ns<i % 2>/p<i> */
    struct model_node node[MODEL_NODES];
    struct model_gang gang[MODEL_NAMESPACES][MODEL_GANGS];
    size_t pods, nodes;
    int64_t now, settle;
    struct model_unit unit[MODEL_PODS];
    size_t units;
};

/* After every change: gangs that have left are over. */
void model_settle_gangs(struct model *model);
/* A member came, or one that held a node is gone. */
void model_gang_changed(struct model *model, size_t pod);
/* Fills model->unit, in order, with what is taken. */
void model_plan(struct model *model);
/* May the waiting pod go to the node by its filters? */
bool model_feasible(const struct model *model, size_t pod, size_t node);
bool model_is_live(const struct model_pod *pod);
struct model_gang *model_gang_of(struct model *model, size_t pod);
/*
 * Can all these pods have a node each? A live pod only its own. A waiting one where `only_free` is set only a node without any pod of ours,
 * else any; nodes where `blocked` is set are given to nobody. Either array may be NULL.
 */
bool model_matches(const struct model *model, const size_t *pod, size_t pods, const bool *only_free, const bool *blocked);

#endif

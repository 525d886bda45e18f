/*
 * scheduler_lab.h: the inside of lab.h, shared by the scheduler_lab*.c files. A lab stands on a struct scheduler, whose connection, loop, log and options
 * it uses; in place of cache, queue and policy, which decide too much, it has a plain list of what the API server said.
 */
#ifndef COMMON_SCHEDULER_LAB_H
#define COMMON_SCHEDULER_LAB_H

#include "common/kube/bind.h"
#include "common/kube/list.h"
#include "common/kube/reflector.h"
#include "common/kube/timer.h"
#include "common/lab.h"

struct scheduler;

struct known_pod {
    struct pod *pod;
    char *assumed; /* the node that we have chosen, until the API server shows it there or says no; NULL */
    int attempts;  /* binds that failed */
    int64_t not_before_us;
    int64_t due_us; /* of lab_after(); TIMER_NEVER: none */
    void (*later)(struct lab *lab, const struct pod *pod);
    unsigned generation; /* of the last list that had it */
    bool untold;         /* on_pod has not heard of it */
};

struct known_node {
    struct node_spec *spec;
    unsigned generation;
    bool untold;
};

/* Both sorted; the views are the same objects as lab_pods() and lab_nodes() give them out. */
struct known {
    struct known_pod **pods;
    const struct pod **pod_view;
    size_t pod_count, pod_capacity;
    struct known_node *nodes;
    const struct node_spec **node_view;
    size_t node_count, node_capacity;
    unsigned pod_generation, node_generation;
};

struct lab_list_call {
    struct lab *lab;
    struct kube_list *list; /* NULL when it is done */
    const char *resource;
    bool ok;
};

/* a bind without its answer, whatever becomes of its pod */
struct lab_bind_call {
    struct lab_bind_call *next;
    lab_on_answer on_answer;
    char uid[];
};

struct lab {
    struct scheduler *s;
    struct binder *binder; /* one attempt each: trying again is the student's */
    struct lab_bind_call *binds;
    struct known known;
    struct label *required_labels;
    struct kube_timer timer; /* for the earliest lab_after() */
    int calling;             /* inside so many of the student's functions: nothing may wait there */
    int status;              /* what the attempt that is about to be answered met */
    struct lab_list_call list_pods, list_nodes;
    int64_t listed_us;
    struct reflector *pods, *nodes;
    bool pods_synced, nodes_synced;
    lab_on_pod on_pod;
    lab_on_node on_node;
};

/* ---- scheduler_lab.c ---- */

/*
 * A lab on a scheduler that is there, borrowed; NULL on failure: ERROR_NO_MEMORY, or ERROR_USAGE for options that mean nothing to it. lab_start() is this and
 * scheduler_start(); lab_finish() is scheduler_lab_close(), which waits as it does, and scheduler_finish().
 */
struct lab *scheduler_lab_open(struct scheduler *s, struct error *err);
void scheduler_lab_close(struct lab *lab);
/* Whether `function` may wait now; else a warning says why not. */
bool scheduler_lab_may_wait(struct lab *lab, const char *function);

/* ---- scheduler_lab_known.c ---- */

/*
 * Takes what the API server says of a pod or node, which it owns in any case. *is_new: not known, or another one of that name (UID), of which nothing
 * is kept. -1: ERROR_NO_MEMORY, nothing has changed.
 */
int known_set_pod(struct known *known, struct pod *pod, struct known_pod **is, bool *is_new, struct error *err);
int known_set_node(struct known *known, struct node_spec *spec, struct known_node **is, bool *is_new, struct error *err);
/* By namespace and name; NULL when unknown. */
struct known_pod *known_pod(const struct known *known, const char *namespace_, const char *name);
struct known_node *known_node(const struct known *known, const char *name);
/* Takes one out of the lists. The caller frees it: known_pod_free(), node_spec_free(). */
struct known_pod *known_take_pod(struct known *known, const char *namespace_, const char *name);
struct node_spec *known_take_node(struct known *known, const char *name);
void known_pod_free(struct known_pod *pod);
void known_free(struct known *known);

/* ---- scheduler_lab_observe.c ---- */

void scheduler_lab_close_observe(struct lab *lab);

#endif

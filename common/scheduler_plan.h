/*
 * scheduler_plan.h: what the files of the planner's meeting point share: scheduler_plan.c (the plan, and what it wants done), scheduler_plan_news.c
 * (what it is told), scheduler_plan_look.c (a 409: where is the pod?). The rest of the scheduler knows what scheduler_internal.h says of it.
 */
#ifndef COMMON_SCHEDULER_PLAN_H
#define COMMON_SCHEDULER_PLAN_H

#include "common/policy/plan.h"
#include "common/scheduler_internal.h"

#define REPORTED_KEPT 256

struct look;

struct planner {
    struct scheduler *s;
    struct plan *plan;                /* NULL: never made. It knows of gangs that leave even while it is not made */
    bool made;                        /* it was told everything, and is told all news */
    int64_t rebuild_us;               /* when it is to be made anew; INT64_MAX: it is right as it is */
    int64_t rebuilt_us;               /* when it last was; INT64_MIN: never */
    bool stirred;                     /* something came to be known: what waits apart may find a node */
    int64_t anti_affinity_pods;       /* in the cluster, when that was last looked at */
    bool in_cycle;                    /* polling: main.c's loop is about to ask for each pending pod */
    size_t victims;                   /* of this plan_actions() */
    struct look *looks;               /* pods that are being read */
    uint64_t reported[REPORTED_KEPT]; /* hashes of what was said of annotations */
    size_t next_reported;
};

/* Tells the plan of a pod of ours: as it is, or on the node where it is assumed. */
int planner_feed_pod(struct planner *planner, const struct cached_pod *cached, struct error *err);
/* The plan is of no more use: a warning, and a new one later. */
void planner_lost(struct planner *planner, const struct error *err);
/* As --reinit-delay and --reinit-cooldown say. Nothing when it is due already. */
void planner_rebuild_later(struct planner *planner);

/* A pod was found to be elsewhere than we thought: it is read, and the plan told. Nothing when it is being read already. */
void planner_look(struct planner *planner, const char *namespace_, const char *name, const char *uid);
void planner_cancel_looks(struct planner *planner);

#endif

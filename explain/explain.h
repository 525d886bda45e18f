/*
 * explain.h: decides as the schedulers do, and keeps what they do not: what each filter said of each node. Pure, but for the snapshot that counts the picks.
 */
#ifndef EXPLAIN_EXPLAIN_H
#define EXPLAIN_EXPLAIN_H

#include "common/policy/policy.h"
#include "explain/snapshot.h"
#include "explain/steps.h"

#define VERDICT_MAX_OBJECTIONS (FILTER_MAX_REASONS + FILTER_COUNT + 1)
#define OBJECTION_TAKEN FILTER_COUNT /* no filter's: with a policy that plans, another of our pods stays or goes there */

/* What one filter has against a node; the filters with several reasons have several objections. */
struct objection {
    enum filter_id filter; /* or OBJECTION_TAKEN */
    const char *reason;    /* kube-scheduler's words */
};

/* What is said of one node. */
struct verdict {
    const char *node;
    size_t objections; /* 0: the node is feasible. All filters are asked, not only the first that fails */
    struct objection objection[VERDICT_MAX_OBJECTIONS];
    int64_t score;  /* with a policy that plans: how many pods of ours are on it now */
    int taints;     /* PreferNoSchedule taints in the way: fewer of them come before the score */
    int64_t spread; /* what ScheduleAnyway constraints have against it: less comes before the score, after the taints */
};

/* What is said of one pod. All is valid during the call that brings it. */
struct explained {
    const char *pod;                /* NAMESPACE/NAME */
    const char *node;               /* the pick, perhaps once others are gone; or NULL */
    const char *message;            /* how the pick came about, kube-scheduler's fit error, or why nothing is decided */
    const struct verdict *verdicts; /* in name order */
    size_t verdict_count;           /* 0 where nothing is decided */
};

/* Returns 0 to go on, -1 with *err filled to stop. */
typedef int explain_visitor(void *ctx, const struct explained *explained, struct error *err);

/* What becomes of it all. */
struct explanation {
    explain_visitor *visit;
    void *ctx;
    struct steps *steps;                            /* added to: with a policy that plans, or evicts */
    void (*warn)(void *warn_ctx, const char *text); /* one line on something that is ignored; may be NULL */
    void *warn_ctx;
};

/*
 * Decides all pending pods in the order of the queue (common/cluster/queue.h), each counting on the ones before it, and visits each; with named pods
 * only those: first the ones that are not pending, which change nothing for the others, in the order of the command line. The picks stay assumed in
 * the snapshot, and who is evicted for them is gone from it. A policy that plans decides for all at once: its order is the plan's, those in no unit last, and it is looked at until nothing
 * is left to do, as if all that terminate were gone and every gang without a size complete. -1: the visitor's, or ERROR_NO_MEMORY.
 */
int explain_pods(struct snapshot *snapshot, const struct scheduling_policy *policy, const struct explanation *out, struct error *err);

#endif

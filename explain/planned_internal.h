/* planned_internal.h: what planned.c, which runs the plan, and planned_words.c, which tells of it, share. */
#ifndef EXPLAIN_PLANNED_INTERNAL_H
#define EXPLAIN_PLANNED_INTERNAL_H

#include "common/policy/plan.h"
#include "explain/others.h"
#include "explain/planned.h"
#include "explain/show.h"
#include "explain/verdict.h"

/* A pod of ours, and what becomes of it. */
struct member {
    const struct pod *pod;
    const char *group; /* "": no gang */
    const char *where; /* its node now, or NULL */
    bool ordered;      /* it is in planned.order */
    bool in_unit;      /* it is part of a unit of the plan, which has this priority */
    bool apart;        /* it looks at other pods, or one of its gang does: it gets what is free in the end */
    int64_t priority;
    bool victim;
    enum plan_reason reason;    /* of a victim */
    const struct member *cause; /* of a victim; NULL: none is named */
    const struct node *goes_to; /* where it is bound; NULL: nowhere */
    bool at_once;               /* its node is free now */
    bool fresh;                 /* scratch: of the last actions, and not done yet */
};

/* Who has a node in the end. */
struct holder {
    const struct member *member; /* NULL: nobody */
    char *text;                  /* for the verdicts of others; NULL without a member */
    int64_t ours_now;            /* pods of ours on it now */
};

struct planned {
    struct snapshot *snapshot;
    const struct scheduling_policy *policy;
    const struct explanation *out;
    struct others others;
    struct plan *plan;
    struct member *member; /* by namespace, gang and name; cached_pod.user leads here */
    size_t members;
    struct member **order; /* in the plan's order */
    size_t ordered;
    size_t round;          /* of actions */
    struct holder *holder; /* one for each of `others` */
    struct verdict *verdicts;
    struct showing showing;
    struct error problem; /* of a callback; kind ERROR_NONE: all is well */
};

/* Waits for a node now: unassigned, not gated, not terminating. */
bool member_waits(const struct member *member);

/* Who holds what, once the plan has run. */
int planned_find_holders(struct planned *planned, struct error *err);
void planned_free_holders(struct planned *planned);
/* Visits one that waits, or that has its node. */
int planned_show(struct planned *planned, const struct member *member, struct error *err);

#endif

/* planned.h: the decisions of a policy that plans for all pods at once. For explain.c. */
#ifndef EXPLAIN_PLANNED_H
#define EXPLAIN_PLANNED_H

#include "explain/explain.h"

/* explain_pods() for such a policy. The snapshot is only read, but for the pods' `user`. */
int planned_explain(struct snapshot *snapshot, const struct scheduling_policy *policy, const struct explanation *out, struct error *err);

#endif

/* verdict.h: what the filters and the policy say of each node, and why one of them was picked. For explain.c and the tests. */
#ifndef EXPLAIN_VERDICT_H
#define EXPLAIN_VERDICT_H

#include "explain/explain.h"

/*
 * Fills `out`, one for each of `count` nodes; its strings are static or the nodes' and the pod's. A policy that plans looks at no peers, and its score is left to
 * the caller. ERROR_NO_MEMORY.
 */
int verdicts_make(const struct scheduling_policy *policy, const struct pod *pod, struct node *const *nodes, size_t count,
                  struct verdict *out, struct error *err);

/* Appends how the pick, one of the feasible nodes, came about: "3 of 4 nodes are feasible; lowest score". */
int verdicts_tell_pick(const struct verdict *verdicts, size_t count, const char *pick, struct buffer *out, struct error *err);

#endif

/* ours.h: the same cluster as our scheduler sees it, and its word on each pod: the way of the bytes is the program's own, from the list's scan on. */
#ifndef TESTS_DIFFERENTIAL_OURS_H
#define TESTS_DIFFERENTIAL_OURS_H

#include "common/buffer.h"
#include "common/cluster/cache.h"

/* A cache with what two answers of the API server list. NULL on failure. */
struct cache *ours_read(const struct buffer *nodes, const struct buffer *pods, struct error *err);

/*
 * What kube-scheduler says when the extender has refused the feasible nodes: "0/N nodes are available: 1 fits n0, 1 Insufficient cpu." Where no node
 * is feasible the whole fit error, with what it says of preemption. Appended to `out`; *feasible is how many nodes are.
 */
int ours_judge(const struct cache *cache, const char *namespace_, const char *name, struct buffer *out, size_t *feasible,
               struct error *err);

/*
 * Where our scheduler would make room for a pod, and by whom: "n2: default/a1 team-a/a4", the victims in alphabetical order; "fits" where it has room already; else the fit error with
 * preemption on. Appended to `out`.
 */
int ours_preempt(const struct cache *cache, const char *namespace_, const char *name, struct buffer *out, struct error *err);

#endif

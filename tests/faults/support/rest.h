/*
 * rest.h: whether the schedulers' work is done, judged from what the server holds by a cache and a plan that are made for it afresh.
 */
#ifndef TESTS_FAULTS_REST_H
#define TESTS_FAULTS_REST_H

#include "tests/faults/support/oracle.h"
#include "tests/faults/support/run.h"

/* What the server holds; owned. */
struct truth {
    struct pod *pods[MAX_PODS];
    struct node_spec *nodes[MAX_NODES];
    struct placed_pod placed[MAX_PODS];
    size_t pod_count, node_count, placed_count;
};

/* With one-per-node: what a new plan would do first, as "preempt p1" or "bind p1"; "" when it is at rest. Static. */
const char *rest_of_plan(const struct run *run, const struct truth *truth);

/* With --preemption: a pod that waits although there are pods that it could preempt; NULL when there is none. */
const struct pod *waits_without_preempting(const struct run *run, const struct truth *truth);

#endif

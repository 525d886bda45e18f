/*
 * scheduler.h: your scheduler's own verbs, which polling.c and watch.c share. They are written in scheduler.c, from what common/lab.h offers.
 */
#ifndef SCHEDULER_H
#define SCHEDULER_H

#include "common/lab.h"

/* Observe: is this pod ours to place, now? */
bool is_ours(struct lab *lab, const struct pod *pod);

/* Decide: how many pods on the node count against putting `pod` there? */
int count_pods(struct lab *lab, const struct pod *pod, const struct node_spec *node);

/* Decide: does the node have every label of --require-node-label? */
bool has_required_labels(struct lab *lab, const struct node_spec *node);

/* Decide: does the pod tolerate every taint of the node that keeps pods away? */
bool tolerates_taints(const struct pod *pod, const struct node_spec *node);

/* Decide: the node for this pod, or NULL where there is none. */
const struct node_spec *pick_node(struct lab *lab, const struct pod *pod);

/* Observe, decide, act for one pod. Does nothing when the pod is not ours or fits nowhere. */
void place_pod(struct lab *lab, const struct pod *pod);

/* What the API server said to a bind. */
void on_answer(struct lab *lab, const struct lab_answer *answer);

#endif

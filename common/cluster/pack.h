/*
 * pack.h: puts a struct and everything that it points to into one allocation: the same walk is made twice, first to measure,
 * then to copy. For the rooms of common/cluster, and for the planner, which keeps copies.
 */
#ifndef COMMON_CLUSTER_PACK_H
#define COMMON_CLUSTER_PACK_H

#include "common/cluster/node.h"
#include "common/cluster/pod.h"
#include "common/error.h"

enum pack_flags {
    PACK_REASONS = 1 << 0, /* with "Insufficient NAME" for each extended resource */
    PACK_SHARED = 1 << 1   /* namespace_, node_name, scheduler_name and labels stay where they are: the caller keeps them alive */
};

/* A copy of `pod` in one allocation, freed with pod_free(). `pod` is only read. NULL on ERROR_NO_MEMORY. */
struct pod *pod_pack(const struct pod *pod, unsigned flags, struct error *err);
/* The same for a node. */
struct node_spec *node_spec_pack(const struct node_spec *spec, struct error *err);

#endif

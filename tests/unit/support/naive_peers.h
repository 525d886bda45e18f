/*
 * naive_peers.h: topology spread and affinity between pods a second time, for test_peers.c: on the JSON itself, everything counted anew for
 * each node, without tables, caches or shortcuts.
 */
#ifndef TESTS_UNIT_SUPPORT_NAIVE_PEERS_H
#define TESTS_UNIT_SUPPORT_NAIVE_PEERS_H

#include <jansson.h>

#define SKEWED "node(s) didn't match pod topology spread constraints"
#define LABEL_MISSING "node(s) didn't match pod topology spread constraints (missing required label)"
#define NOT_MET "node(s) didn't match pod affinity rules"
#define UNWANTED "node(s) didn't match pod anti-affinity rules"
#define CLAIMED "node(s) didn't satisfy existing pods anti-affinity rules"

/* Nodes, and the pods on them. */
struct world {
    json_t *nodes[8], *pods[24];
    size_t node_count, pod_count;
};

/* NULL, or why the node is none for the pod: one of the reasons above. */
const char *naive_spread(const struct world *w, const json_t *pod, const json_t *node);
const char *naive_affinity(const struct world *w, const json_t *pod, const json_t *node);

#endif

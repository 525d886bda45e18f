/*
 * bin_pack.c: fills one node after the other: the node with the least free cpu and memory that the pod still fits on, as a share of what the
 * node has, both weighed the same. The score is that free share in millionths, before the pod.
 */
#include "common/policy/policies.h"

#define WHOLE 1000000

/* 0 to 1; an over-committed node has nothing free */
static double free_share(int64_t allocatable, int64_t requested)
{
    return requested >= allocatable ? 0 : (double)(allocatable - requested) / (double)allocatable;
}

static int64_t free_on(const struct scheduling_policy *parameters, const struct pod *pod, const struct node *node)
{
    const struct resources *has = &node->spec->allocatable, *taken = &node->requested;
    double sum = 0;
    int kinds = 0;

    (void)parameters;
    (void)pod;
    if (has->cpu_milli > 0) {
        sum += free_share(has->cpu_milli, taken->cpu_milli);
        kinds++;
    }
    if (has->memory_bytes > 0) {
        sum += free_share(has->memory_bytes, taken->memory_bytes);
        kinds++;
    }
    return kinds ? (int64_t)(sum / kinds * WHOLE + 0.5) : WHOLE; /* a node that says nothing of its size comes last */
}

const struct policy bin_pack = {.name = "bin-pack", .summary = "the node with the least cpu and memory free", .score = free_on};

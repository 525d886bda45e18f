/*
 * placement.h: did each pod of a burst go to a node with the fewest pods? Pure.
 *
 * Binds of one burst may be under way together and arrive in another order than they were decided in, so the order of requests says nothing. What holds for
 * every scheduler that takes a least-loaded node each time, counting the pods it has placed itself, whatever it does about ties: when all is done, no node has got its last pod
 * while another had fewer: for each node that got one, (pods now) - 1 <= (pods now) of every other. And what fulfils that can be put in such an order.
 */
#ifndef GRADE_PLACEMENT_H
#define GRADE_PLACEMENT_H

#include "grade/judge.h"

struct placement {
    const char *app;    /* count pods with this label app only; NULL: all */
    bool ended_too;     /* count pods that have succeeded or failed as well */
    int64_t t_us;       /* of the state that the burst found */
    const json_t *pods; /* names of the burst */
};

/*
 * Judges the pods of the burst that have a node. Pods of others that come or go meanwhile are given the benefit of the doubt. On a cluster, nodes that are tainted,
 * unready or cordoned need not be taken, and may be. False: says in the finding which node got a pod, and which one had fewer.
 */
bool placement_is_least(const json_t *piece, const struct placement *placement, struct finding *finding);

#endif

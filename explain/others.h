/*
 * others.h: the nodes with only the pods on them that are not ours: what one-per-node judges a node by, since ours are its own affair.
 */
#ifndef EXPLAIN_OTHERS_H
#define EXPLAIN_OTHERS_H

#include "common/cluster/cache.h"
#include "common/error.h"

struct others {
    struct node **node; /* in name order; the filters can read them, but for what looks at other pods than those with host ports */
    size_t count;
};

/* Of the cache, which must not change until others_close(). On failure (ERROR_NO_MEMORY) there is nothing to close. */
int others_open(struct others *others, const struct cache *cache, const char *scheduler_name, struct error *err);
void others_close(struct others *others);

#endif

/* decision_case.h: what the files of tests/unit/decisions and tests/unit/preemptions have in common: a cluster, and the flags of a decision. */
#ifndef TESTS_UNIT_SUPPORT_DECISION_CASE_H
#define TESTS_UNIT_SUPPORT_DECISION_CASE_H

#include <jansson.h>

#include "common/cluster/cache.h"
#include "common/policy/policy.h"

#define CASE_MAX_REQUIRED 4

/* The file and the name of the case under way, for messages. */
extern char case_at[1024];

/* A policy and what it points to. */
struct case_policy {
    struct scheduling_policy policy;
    struct required_label required[CASE_MAX_REQUIRED];
    char text[CASE_MAX_REQUIRED][64];
};

/* Calls `run` with each case of each file of the folder, case_at set; returns how many there were. */
size_t case_each(const char *folder, void (*run)(const json_t *test));
/* The nodes and pods of a case, but for the pods whose "namespace/name" is in `without` (NULL: none). The scheduler is "ours". */
struct cache *case_cache(const json_t *test, const json_t *without);
/* Its policy, seed, no_filters and require. `out` must not be moved. */
void case_policy(const json_t *test, struct case_policy *out);

/* The nodes and what is on them, byte by byte, to see that nothing has changed. */
#define PICTURE_MAX 64
struct cluster_picture {
    struct node node[PICTURE_MAX];
    struct cached_pod pod[PICTURE_MAX];
    size_t nodes, pods;
};

void take_picture(struct node *const *nodes, size_t count, struct cluster_picture *picture);
void check_untouched(struct node *const *nodes, size_t count, const struct cluster_picture *before);

#endif

/*
 * spread.c: pods of one app apart from each other: the node with the fewest pods that have the same `app` label, in whatever namespace; for
 * a pod without that label the node with the fewest pods.
 */
#include <string.h>

#include "common/cluster/cache.h"
#include "common/policy/policies.h"

#define APP_LABEL "app"

static int64_t pods_of_app(const struct scheduling_policy *parameters, const struct pod *pod, const struct node *node)
{
    const char *app = label_get(pod->labels, pod->label_count, APP_LABEL);
    const struct label *last = NULL;
    bool same = false;
    int64_t count = 0;

    (void)parameters;
    if (!app)
        return node->pod_count;
    for (const struct cached_pod *on = node->pods; on; on = on->next_on_node) {
        const struct pod *other = on->pod;

        /* pods of a Deployment share their labels: looked through once */
        if (!last || other->labels != last) {
            const char *theirs = label_get(other->labels, other->label_count, APP_LABEL);

            same = theirs && strcmp(theirs, app) == 0;
            last = other->labels;
        }
        count += same;
    }
    return count;
}

const struct policy spread = {
    .name = "spread", .summary = "the node with the fewest pods of the same app label", .score = pods_of_app, .tells_scores = true};

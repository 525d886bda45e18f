/* peers.c: the two halves together. */
#include "common/policy/peers.h"

#include <stdlib.h>

#include "common/policy/peers_internal.h"
#include "common/policy/rules.h"

/* does anybody look at anybody? */
static bool is_needed(const struct filter_config *config, const struct pod *pod, struct node *const *nodes, size_t count)
{
    if (config->enabled[FILTER_POD_AFFINITY] && count && nodes[0]->totals->anti_affinity_pods)
        return true;
    return pod->peers && count && (config->enabled[FILTER_POD_AFFINITY] || config->enabled[FILTER_TOPOLOGY_SPREAD]);
}

int peers_count(const struct filter_config *config, const struct pod *pod, struct node *const *nodes, size_t count, struct peers **out,
                struct error *err)
{
    struct peers *peers;

    if (!is_needed(config, pod, nodes, count)) {
        *out = NULL;
        return 0;
    }
    peers = calloc(1, sizeof *peers);
    if (!peers)
        return error_no_memory(err);
    if (config->enabled[FILTER_TOPOLOGY_SPREAD] && (spread_count(&peers->hard, SPREAD_DO_NOT_SCHEDULE, pod, nodes, count, err) < 0 ||
                                                    spread_count(&peers->soft, SPREAD_SCHEDULE_ANYWAY, pod, nodes, count, err) < 0))
        goto fail;
    if (config->enabled[FILTER_POD_AFFINITY] && affinity_count(&peers->affinity, pod, nodes, count, err) < 0)
        goto fail;
    if (!peers->hard.count && !peers->soft.count && affinity_is_idle(&peers->affinity)) {
        peers_free(peers);
        peers = NULL;
    }
    *out = peers;
    return 0;
fail:
    peers_free(peers);
    return -1;
}

bool peers_forbid(const struct peers *peers)
{
    return peers && (peers->hard.count || !affinity_is_idle(&peers->affinity));
}

void peers_free(struct peers *peers)
{
    if (!peers)
        return;
    spread_free(&peers->hard);
    spread_free(&peers->soft);
    affinity_free(&peers->affinity);
    free(peers);
}

void peers_shift(struct peers *peers, const struct pod *pod, const struct pod *other, const struct node *node, int by)
{
    if (!peers)
        return;
    spread_shift(&peers->hard, pod, other, node, by);
    affinity_shift(&peers->affinity, pod, other, node, by);
}

int64_t peers_rank(const struct peers *peers, const struct node *node)
{
    return peers ? spread_rank(&peers->soft, node) : 0;
}

const char *peers_objection(enum filter_id filter, const struct peers *peers, const struct node *node)
{
    if (!peers)
        return NULL;
    return filter == FILTER_TOPOLOGY_SPREAD ? spread_objection(&peers->hard, node) : affinity_objection(&peers->affinity, node);
}

bool peers_unresolvable(const char *objection)
{
    return objection == spread_label_missing || objection == affinity_not_met || objection == affinity_unknown;
}

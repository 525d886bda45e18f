/*
 * topology_spread.c: pods evenly over zones, hosts or whatever nodes have a label of (kube-scheduler's plugins/podtopologyspread, 1.34,
 * oddities included: a selector that is empty counts nobody but the pod itself, and a pod that terminates is not counted).
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/cluster/cache.h"
#include "common/policy/peers_internal.h"
#include "common/policy/rules.h"

static const char skewed[] = "node(s) didn't match pod topology spread constraints";
const char spread_label_missing[] = "node(s) didn't match pod topology spread constraints (missing required label)";

static const char *domain_of(const struct node *node, const char *key)
{
    return label_get(node->spec->labels, node->spec->label_count, key);
}

static bool has_all_keys(const struct spread *spread, const struct node *node)
{
    for (size_t i = 0; i < spread->count; i++)
        if (!domain_of(node, spread->part[i].constraint->topology_key))
            return false;
    return true;
}

/* does the node take part in the constraint at all? */
static bool is_included(const struct spread_constraint *c, const struct pod *pod, const struct node *node)
{
    return (!c->honors_affinity || node_matches(pod, node)) && (!c->honors_taints || taints_allow(pod, node));
}

static int64_t matching_pods(const struct spread_constraint *c, const struct pod *pod, const struct node *node)
{
    const char *last = NULL; /* pods of a cache that agree in namespace, scheduler and labels share them: one look for all */
    bool matches = false;
    int64_t count = 0;

    if (c->selector.expression_count == 0)
        return 0;
    for (const struct cached_pod *on = node->pods; on; on = on->next_on_node) {
        const struct pod *other = on->pod;

        if (other->namespace_ != last) {
            last = other->namespace_;
            matches = strcmp(last, pod->namespace_) == 0 && pod_selected(&c->selector, other);
        }
        count += matches && !other->deleting;
    }
    return count;
}

static int count_node(struct spread *spread, const struct pod *pod, const struct node *node, struct error *err)
{
    if (!has_all_keys(spread, node))
        return 0;
    for (size_t i = 0; i < spread->count; i++) {
        struct spread_part *part = &spread->part[i];
        const struct spread_constraint *c = part->constraint;

        if (is_included(c, pod, node) &&
            domains_add(&part->domains, domain_of(node, c->topology_key), matching_pods(c, pod, node), err) < 0)
            return -1;
    }
    return 0;
}

/* the constraints of that kind, ready to be counted */
static int begin(struct spread *spread, enum spread_action action, const struct pod *pod, struct error *err)
{
    const struct pod_peers *peers = pod->peers;
    size_t count = 0;

    for (size_t i = 0; i < peers->constraint_count; i++)
        count += peers->constraints[i].when_unsatisfiable == action;
    if (count == 0)
        return 0;
    spread->part = calloc(count, sizeof *spread->part);
    if (!spread->part)
        return error_no_memory(err);
    for (size_t i = 0; i < peers->constraint_count; i++)
        if (peers->constraints[i].when_unsatisfiable == action)
            spread->part[spread->count++] =
                (struct spread_part){.constraint = &peers->constraints[i], .self = pod_selected(&peers->constraints[i].selector, pod)};
    return 0;
}

int spread_count(struct spread *spread, enum spread_action action, const struct pod *pod, struct node *const *nodes, size_t count,
                 struct error *err)
{
    if (!pod->peers)
        return 0;
    if (begin(spread, action, pod, err) < 0)
        return -1;
    for (size_t i = 0; spread->count && i < count; i++)
        if (count_node(spread, pod, nodes[i], err) < 0)
            return -1;
    for (size_t i = 0; i < spread->count; i++) {
        struct spread_part *part = &spread->part[i];
        const bool enough = part->constraint->min_domains <= 0 || part->domains.count >= (size_t)part->constraint->min_domains;

        part->least = enough ? domains_least(&part->domains) : 0;
        part->weight = log((double)(part->domains.count + 2));
    }
    return 0;
}

void spread_free(struct spread *spread)
{
    for (size_t i = 0; i < spread->count; i++)
        domains_free(&spread->part[i].domains);
    free(spread->part);
}

/*
 * The fewest pods of any domain stay what they were: only the node's own domains lose some, and where that makes one of them the emptiest the skew there is as
 * small as can be by either number.
 */
void spread_shift(struct spread *spread, const struct pod *pod, const struct pod *other, const struct node *node, int by)
{
    if (!spread->count || other->deleting || strcmp(other->namespace_, pod->namespace_) != 0 || !has_all_keys(spread, node))
        return;
    for (size_t i = 0; i < spread->count; i++) {
        const struct spread_constraint *c = spread->part[i].constraint;

        if (c->selector.expression_count && pod_selected(&c->selector, other) && is_included(c, pod, node))
            domains_shift(&spread->part[i].domains, domain_of(node, c->topology_key), by);
    }
}

const char *spread_objection(const struct spread *spread, const struct node *node)
{
    for (size_t i = 0; i < spread->count; i++) {
        const struct spread_part *part = &spread->part[i];
        const char *domain = domain_of(node, part->constraint->topology_key);

        if (!domain)
            return spread_label_missing;
        if (domains_get(&part->domains, domain) + part->self - part->least > part->constraint->max_skew)
            return skewed;
    }
    return NULL;
}

int64_t spread_rank(const struct spread *spread, const struct node *node)
{
    double rank = 0;

    if (!has_all_keys(spread, node))
        return INT64_MAX;
    for (size_t i = 0; i < spread->count; i++) {
        const struct spread_part *part = &spread->part[i];

        rank += (double)domains_get(&part->domains, domain_of(node, part->constraint->topology_key)) * part->weight;
    }
    return (int64_t)(rank + 0.5);
}

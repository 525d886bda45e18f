/*
 * pod_affinity.c: required affinity and anti-affinity between pods, in both directions: a pod that is there already may not want the new
 * one beside it (kube-scheduler's plugins/interpodaffinity, 1.34).
 *
 * Namespaces are not watched: of their labels only kubernetes.io/metadata.name is known, which the API server sets on each of them. A
 * namespaceSelector on other labels cannot be answered. A pending pod with such a term is refused, with a reason that says so; that of a pod which
 * is there already is taken to select every namespace, so that its anti-affinity is never broken.
 * In one thing this follows the API's documentation and not kube-scheduler 1.34: there, a selector of a pending pod that matches a namespace without
 * labels (NotIn, DoesNotExist) selects all of them, because the merge of namespaces works on a copy of the term.
 */
#include <stdlib.h>
#include <string.h>

#include "common/cluster/cache.h"
#include "common/policy/peers_internal.h"
#include "common/policy/rules.h"

#define NAMESPACE_LABEL "kubernetes.io/metadata.name"

const char affinity_not_met[] = "node(s) didn't match pod affinity rules";
const char affinity_unknown[] = "node(s) didn't match pod affinity rules (a namespaceSelector may only name " NAMESPACE_LABEL ")";
static const char unwanted_there[] = "node(s) didn't match pod anti-affinity rules";
static const char claimed_there[] = "node(s) didn't satisfy existing pods anti-affinity rules";

static bool knows_namespaces(const struct pod_affinity_term *term)
{
    for (size_t i = 0; i < term->namespace_selector.expression_count; i++)
        if (strcmp(term->namespace_selector.expressions[i].key, NAMESPACE_LABEL) != 0)
            return false;
    return true;
}

static bool covers_namespace(const struct pod_affinity_term *term, const struct pod *owner, const char *namespace_)
{
    const struct label label = {NAMESPACE_LABEL, namespace_};

    if (term->namespace_count == 0 && !term->namespace_selector.present)
        return strcmp(owner->namespace_, namespace_) == 0;
    for (size_t i = 0; i < term->namespace_count; i++)
        if (strcmp(term->namespaces[i], namespace_) == 0)
            return true;
    return term->namespace_selector.present && (!knows_namespaces(term) || labels_selected(&term->namespace_selector, &label, 1));
}

static bool term_matches(const struct pod_affinity_term *term, const struct pod *owner, const struct pod *other)
{
    return covers_namespace(term, owner, other->namespace_) && pod_selected(&term->selector, other);
}

static bool all_terms_match(const struct pod *owner, const struct pod *other)
{
    const struct pod_peers *peers = owner->peers;

    for (size_t i = 0; i < peers->affinity_count; i++)
        if (!term_matches(&peers->affinity[i], owner, other))
            return false;
    return true;
}

static const char *domain_of(const struct node *node, const char *key)
{
    return label_get(node->spec->labels, node->spec->label_count, key);
}

/* a node without the label is in no domain */
static int add(struct term_domains *term, const struct node *node, struct error *err)
{
    const char *domain = domain_of(node, term->topology_key);

    return domain ? domains_add(&term->domains, domain, 1, err) : 0;
}

/* ---- what the pod asks for ---- */

static int begin_terms(const struct pod_affinity_term *terms, size_t count, struct term_domains **out, size_t *out_count, struct error *err)
{
    struct term_domains *made;

    if (count == 0)
        return 0;
    made = calloc(count, sizeof *made);
    if (!made)
        return error_no_memory(err);
    for (size_t i = 0; i < count; i++)
        made[i].topology_key = terms[i].topology_key;
    *out = made;
    *out_count = count;
    return 0;
}

static int count_pod(struct affinity *a, const struct pod *pod, const struct pod *other, const struct node *node, struct error *err)
{
    if (all_terms_match(pod, other))
        for (size_t i = 0; i < a->wanted_count; i++) {
            if (add(&a->wanted[i], node, err) < 0)
                return -1;
            a->wanted_there += domain_of(node, a->wanted[i].topology_key) != NULL;
        }
    for (size_t i = 0; i < a->unwanted_count; i++)
        if (term_matches(&pod->peers->anti_affinity[i], pod, other) && add(&a->unwanted[i], node, err) < 0)
            return -1;
    return 0;
}

static int count_own(struct affinity *a, const struct pod *pod, struct node *const *nodes, size_t count, struct error *err)
{
    const struct pod_peers *peers = pod->peers;

    if (begin_terms(peers->affinity, peers->affinity_count, &a->wanted, &a->wanted_count, err) < 0 ||
        begin_terms(peers->anti_affinity, peers->anti_affinity_count, &a->unwanted, &a->unwanted_count, err) < 0)
        return -1;
    for (size_t i = 0; i < a->wanted_count; i++)
        a->unknown = a->unknown || !knows_namespaces(&peers->affinity[i]);
    for (size_t i = 0; i < a->unwanted_count; i++)
        a->unknown = a->unknown || !knows_namespaces(&peers->anti_affinity[i]);
    for (size_t i = 0; i < count; i++)
        for (const struct cached_pod *on = nodes[i]->pods; on; on = on->next_on_node)
            if (count_pod(a, pod, on->pod, nodes[i], err) < 0)
                return -1;
    a->self = all_terms_match(pod, pod);
    return 0;
}

/* ---- what the pods that are there ask for ---- */

static int claim(struct affinity *a, const char *topology_key, const struct node *node, struct error *err)
{
    struct term_domains *claimed = a->claimed;
    size_t i = 0;

    while (i < a->claimed_count && strcmp(claimed[i].topology_key, topology_key) != 0)
        i++;
    if (i == a->claimed_count) {
        claimed = realloc(claimed, (i + 1) * sizeof *claimed);
        if (!claimed)
            return error_no_memory(err);
        claimed[i] = (struct term_domains){.topology_key = topology_key};
        a->claimed = claimed;
        a->claimed_count++;
    }
    return add(&claimed[i], node, err);
}

static int count_claims_on(struct affinity *a, const struct pod *pod, const struct node *node, struct error *err)
{
    size_t left = node->anti_affinity_count;

    /* such pods come first, so the walk is short on a full node too */
    for (const struct cached_pod *on = node->pods; on && left > 0; on = on->next_on_node) {
        const struct pod_peers *peers = on->pod->peers;

        if (!peers || !peers->anti_affinity_count)
            continue;
        left--;
        for (size_t i = 0; i < peers->anti_affinity_count; i++)
            if (term_matches(&peers->anti_affinity[i], on->pod, pod) && claim(a, peers->anti_affinity[i].topology_key, node, err) < 0)
                return -1;
    }
    return 0;
}

int affinity_count(struct affinity *affinity, const struct pod *pod, struct node *const *nodes, size_t count, struct error *err)
{
    if (pod->peers && pod->peers->affinity_count + pod->peers->anti_affinity_count > 0 && count_own(affinity, pod, nodes, count, err) < 0)
        return -1;
    if (count == 0 || nodes[0]->totals->anti_affinity_pods == 0)
        return 0;
    for (size_t i = 0; i < count; i++)
        if (count_claims_on(affinity, pod, nodes[i], err) < 0)
            return -1;
    return 0;
}

static void free_terms(struct term_domains *terms, size_t count)
{
    for (size_t i = 0; i < count; i++)
        domains_free(&terms[i].domains);
    free(terms);
}

void affinity_free(struct affinity *affinity)
{
    free_terms(affinity->wanted, affinity->wanted_count);
    free_terms(affinity->unwanted, affinity->unwanted_count);
    free_terms(affinity->claimed, affinity->claimed_count);
}

/* 1: the node is in a domain, which has been counted before */
static int shift(struct term_domains *term, const struct node *node, int by)
{
    const char *domain = domain_of(node, term->topology_key);

    if (domain)
        domains_shift(&term->domains, domain, by);
    return domain != NULL;
}

static void shift_claims(struct affinity *a, const struct pod *pod, const struct pod *other, const struct node *node, int by)
{
    for (size_t i = 0; other->peers && i < other->peers->anti_affinity_count; i++) {
        const struct pod_affinity_term *term = &other->peers->anti_affinity[i];

        if (!term_matches(term, other, pod))
            continue;
        for (size_t j = 0; j < a->claimed_count; j++)
            if (strcmp(a->claimed[j].topology_key, term->topology_key) == 0)
                shift(&a->claimed[j], node, by);
    }
}

void affinity_shift(struct affinity *affinity, const struct pod *pod, const struct pod *other, const struct node *node, int by)
{
    if (affinity->wanted_count && all_terms_match(pod, other))
        for (size_t i = 0; i < affinity->wanted_count; i++)
            affinity->wanted_there += by * shift(&affinity->wanted[i], node, by);
    for (size_t i = 0; i < affinity->unwanted_count; i++)
        if (term_matches(&pod->peers->anti_affinity[i], pod, other))
            shift(&affinity->unwanted[i], node, by);
    shift_claims(affinity, pod, other, node, by);
}

bool affinity_is_idle(const struct affinity *affinity)
{
    return affinity->wanted_count + affinity->unwanted_count + affinity->claimed_count == 0;
}

/* ---- one node ---- */

static bool is_met(const struct affinity *a, const struct node *node)
{
    bool met = true;

    for (size_t i = 0; i < a->wanted_count; i++) {
        const char *domain = domain_of(node, a->wanted[i].topology_key);

        if (!domain)
            return false;
        met = met && domains_get(&a->wanted[i].domains, domain) > 0;
    }
    return met || (a->self && !a->wanted_there);
}

static bool stands_in(const struct term_domains *terms, size_t count, const struct node *node)
{
    for (size_t i = 0; i < count; i++) {
        const char *domain = domain_of(node, terms[i].topology_key);

        if (domain && domains_get(&terms[i].domains, domain) > 0)
            return true;
    }
    return false;
}

const char *affinity_objection(const struct affinity *affinity, const struct node *node)
{
    if (affinity->unknown)
        return affinity_unknown;
    if (!is_met(affinity, node))
        return affinity_not_met;
    if (stands_in(affinity->unwanted, affinity->unwanted_count, node))
        return unwanted_there;
    return stands_in(affinity->claimed, affinity->claimed_count, node) ? claimed_there : NULL;
}

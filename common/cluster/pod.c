/* pod.c: what everybody asks of a pod. */
#include "common/cluster/pod.h"

#include <stdlib.h>
#include <string.h>

void pod_free(struct pod *pod)
{
    free(pod);
}

const char *label_get(const struct label *labels, size_t count, const char *key)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(labels[i].key, key) == 0)
            return labels[i].value;
    return NULL;
}

bool pod_counts(const struct pod *pod)
{
    return pod->phase != POD_SUCCEEDED && pod->phase != POD_FAILED;
}

/* FNV-1a; the NUL is hashed too, so that "ab","c" and "a","bc" differ */
static uint64_t mix_bytes(uint64_t hash, const void *data, size_t bytes)
{
    const unsigned char *byte = data;

    for (size_t i = 0; i < bytes; i++)
        hash = (hash ^ byte[i]) * 1099511628211u;
    return hash;
}

static uint64_t mix(uint64_t hash, const char *s)
{
    return mix_bytes(hash, s, strlen(s) + 1);
}

static uint64_t mix_number(uint64_t hash, int64_t number)
{
    return mix_bytes(hash, &number, sizeof number);
}

static uint64_t mix_labels(uint64_t hash, const struct label *labels, size_t count)
{
    hash = mix_number(hash, (int64_t)count);
    for (size_t i = 0; i < count; i++)
        hash = mix(mix(hash, labels[i].key), labels[i].value);
    return hash;
}

static uint64_t mix_expressions(uint64_t hash, const struct match_expression *e, size_t count)
{
    hash = mix_number(hash, (int64_t)count);
    for (; count-- > 0; e++) {
        hash = mix_number(mix(mix(hash, e->key), e->operator_), (int64_t)e->value_count);
        for (size_t i = 0; i < e->value_count; i++)
            hash = mix(hash, e->values[i]);
    }
    return hash;
}

static uint64_t mix_requests(uint64_t hash, const struct resources *r)
{
    hash = mix_number(mix_number(hash, r->cpu_milli), r->memory_bytes);
    for (size_t i = 0; i < r->extended_count; i++)
        hash = mix_number(mix(hash, r->extended[i].name), r->extended[i].amount);
    return hash;
}

static uint64_t mix_selector(uint64_t hash, const struct label_selector *selector)
{
    return mix_expressions(mix_number(hash, selector->present), selector->expressions, selector->expression_count);
}

static uint64_t mix_terms(uint64_t hash, const struct pod_affinity_term *terms, size_t count)
{
    hash = mix_number(hash, (int64_t)count);
    for (size_t i = 0; i < count; i++) {
        hash = mix_selector(mix(hash, terms[i].topology_key), &terms[i].selector);
        hash = mix_number(mix_selector(hash, &terms[i].namespace_selector), (int64_t)terms[i].namespace_count);
        for (size_t j = 0; j < terms[i].namespace_count; j++)
            hash = mix(hash, terms[i].namespaces[j]);
    }
    return hash;
}

static uint64_t mix_peers(uint64_t hash, const struct pod_peers *peers)
{
    hash = mix_number(hash, (int64_t)peers->constraint_count);
    for (size_t i = 0; i < peers->constraint_count; i++) {
        const struct spread_constraint *c = &peers->constraints[i];

        hash = mix_number(mix_number(mix(hash, c->topology_key), c->when_unsatisfiable), c->max_skew);
        hash = mix_number(mix_number(mix_number(hash, c->min_domains), c->honors_affinity), c->honors_taints);
        hash = mix_selector(hash, &c->selector);
    }
    hash = mix_terms(hash, peers->affinity, peers->affinity_count);
    return mix_terms(hash, peers->anti_affinity, peers->anti_affinity_count);
}

uint64_t pod_fingerprint(const struct pod *pod)
{
    uint64_t hash = mix_requests(14695981039346656037u, &pod->requests);

    hash = mix_number(mix_number(hash, pod->priority), pod->gated);
    hash = mix_labels(hash, pod->labels, pod->label_count);
    hash = mix_labels(hash, pod->annotations, pod->annotation_count);
    hash = mix_labels(hash, pod->node_selector, pod->node_selector_count);
    hash = mix_number(hash, pod->has_required_node_affinity);
    for (size_t i = 0; i < pod->affinity_term_count; i++) {
        const struct node_selector_term *term = &pod->affinity_terms[i];

        hash = mix_expressions(hash, term->expressions, term->expression_count);
        hash = mix_expressions(hash, term->fields, term->field_count);
    }
    hash = mix_number(hash, (int64_t)pod->toleration_count);
    for (size_t i = 0; i < pod->toleration_count; i++) {
        const struct toleration *t = &pod->tolerations[i];

        hash = mix(mix(mix(mix(hash, t->key), t->operator_), t->value), t->effect);
    }
    for (size_t i = 0; i < pod->host_port_count; i++)
        hash = mix_number(mix(mix(hash, pod->host_ports[i].ip), pod->host_ports[i].protocol), pod->host_ports[i].port);
    if (pod->peers)
        hash = mix_peers(hash, pod->peers);
    return hash;
}

const char *pod_phase_name(enum pod_phase phase)
{
    static const char *const names[] = {"Pending", "Running", "Succeeded", "Failed", "Unknown"};

    return names[phase];
}

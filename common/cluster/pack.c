/* pack.c: one allocation for a pod or a node with all that belongs to it. */
#include "common/cluster/pack.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

/* base NULL: only measures */
struct packer {
    char *base;
    size_t used;
};

static void *reserve(struct packer *p, size_t bytes, size_t align)
{
    size_t at = (p->used + align - 1) / align * align;

    p->used = at + bytes;
    return p->base ? p->base + at : NULL;
}

/* the copy of an array of structs, NULL while measuring and for an empty one */
static void *copy_array(struct packer *p, const void *array, size_t count, size_t size)
{
    void *copy = count ? reserve(p, count * size, alignof(void *)) : NULL;

    if (copy)
        memcpy(copy, array, count * size);
    return copy;
}

static const char *copy_string(struct packer *p, const char *s)
{
    size_t bytes = strlen(s) + 1;
    char *copy;

    if (bytes == 1)
        return "";
    copy = reserve(p, bytes, 1);
    return copy ? memcpy(copy, s, bytes) : s;
}

/* nearly every pod tolerates not-ready and unreachable, by admission: words that all pods have need no copy in each */
static const char *copy_word(struct packer *p, const char *s)
{
    static const char *const words[] = {
        "node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable", "Exists", "Equal", "NoExecute", "NoSchedule"};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (!strcmp(s, words[i]))
            return words[i];
    return copy_string(p, s);
}

static const struct label *copy_labels(struct packer *p, const struct label *labels, size_t count)
{
    struct label *copy = copy_array(p, labels, count, sizeof *copy);

    for (size_t i = 0; i < count; i++) {
        struct label label = {copy_string(p, labels[i].key), copy_string(p, labels[i].value)};

        if (copy)
            copy[i] = label;
    }
    return copy;
}

static const struct extended_resource *copy_extended(struct packer *p, const struct extended_resource *from, size_t count, bool reasons)
{
    static const char insufficient[] = "Insufficient ";
    const size_t prefix = sizeof insufficient - 1;
    struct extended_resource *copy = copy_array(p, from, count, sizeof *copy);

    for (size_t i = 0; i < count; i++) {
        size_t bytes = strlen(from[i].name) + 1;
        char *text = reserve(p, bytes + (reasons ? prefix : 0), 1);

        if (!copy)
            continue;
        if (reasons)
            memcpy(text, insufficient, prefix);
        copy[i].insufficient = reasons ? text : NULL;
        copy[i].name = memcpy(text + (reasons ? prefix : 0), from[i].name, bytes);
    }
    return copy;
}

static const char *const *copy_strings(struct packer *p, const char *const *from, size_t count)
{
    const char **copy = copy_array(p, from, count, sizeof *copy);

    for (size_t i = 0; i < count; i++) {
        const char *s = copy_string(p, from[i]);

        if (copy)
            copy[i] = s;
    }
    return copy;
}

static const struct match_expression *copy_expressions(struct packer *p, const struct match_expression *from, size_t count)
{
    struct match_expression *copy = copy_array(p, from, count, sizeof *copy);

    for (size_t i = 0; i < count; i++) {
        struct match_expression e = from[i];

        e.key = copy_string(p, e.key);
        e.operator_ = copy_string(p, e.operator_);
        e.values = copy_strings(p, e.values, e.value_count);
        if (copy)
            copy[i] = e;
    }
    return copy;
}

static const struct node_selector_term *copy_terms(struct packer *p, const struct node_selector_term *from, size_t count)
{
    struct node_selector_term *copy = copy_array(p, from, count, sizeof *copy);

    for (size_t i = 0; i < count; i++) {
        struct node_selector_term term = from[i];

        term.expressions = copy_expressions(p, term.expressions, term.expression_count);
        term.fields = copy_expressions(p, term.fields, term.field_count);
        if (copy)
            copy[i] = term;
    }
    return copy;
}

static const struct spread_constraint *copy_constraints(struct packer *p, const struct spread_constraint *from, size_t count)
{
    struct spread_constraint *copy = copy_array(p, from, count, sizeof *copy);

    for (size_t i = 0; i < count; i++) {
        struct spread_constraint c = from[i];

        c.topology_key = copy_string(p, c.topology_key);
        c.selector.expressions = copy_expressions(p, c.selector.expressions, c.selector.expression_count);
        if (copy)
            copy[i] = c;
    }
    return copy;
}

static const struct pod_affinity_term *copy_pod_terms(struct packer *p, const struct pod_affinity_term *from, size_t count)
{
    struct pod_affinity_term *copy = copy_array(p, from, count, sizeof *copy);

    for (size_t i = 0; i < count; i++) {
        struct pod_affinity_term term = from[i];

        term.topology_key = copy_string(p, term.topology_key);
        term.selector.expressions = copy_expressions(p, term.selector.expressions, term.selector.expression_count);
        term.namespaces = copy_strings(p, term.namespaces, term.namespace_count);
        term.namespace_selector.expressions =
            copy_expressions(p, term.namespace_selector.expressions, term.namespace_selector.expression_count);
        if (copy)
            copy[i] = term;
    }
    return copy;
}

static const struct pod_peers *copy_peers(struct packer *p, const struct pod_peers *from)
{
    struct pod_peers *copy = copy_array(p, from, from ? 1 : 0, sizeof *copy), peers;

    if (!from)
        return NULL;
    peers = *from;
    peers.constraints = copy_constraints(p, from->constraints, from->constraint_count);
    peers.affinity = copy_pod_terms(p, from->affinity, from->affinity_count);
    peers.anti_affinity = copy_pod_terms(p, from->anti_affinity, from->anti_affinity_count);
    if (copy)
        *copy = peers;
    return copy;
}

static const struct toleration *copy_tolerations(struct packer *p, const struct toleration *from, size_t count)
{
    struct toleration *copy = copy_array(p, from, count, sizeof *copy);

    for (size_t i = 0; i < count; i++) {
        struct toleration t = {copy_word(p, from[i].key), copy_word(p, from[i].operator_), copy_string(p, from[i].value),
                               copy_word(p, from[i].effect)};
        if (copy)
            copy[i] = t;
    }
    return copy;
}

static const struct host_port *copy_ports(struct packer *p, const struct host_port *from, size_t count)
{
    struct host_port *copy = copy_array(p, from, count, sizeof *copy);

    for (size_t i = 0; i < count; i++) {
        struct host_port port = {copy_string(p, from[i].ip), copy_string(p, from[i].protocol), from[i].port};

        if (copy)
            copy[i] = port;
    }
    return copy;
}

/* the pod with its pointers into the new memory; arrays come first so that few bytes are lost to alignment */
static struct pod lay_out_pod(struct packer *p, const struct pod *from, unsigned flags)
{
    struct pod pod = *from;

    p->used = sizeof pod;
    pod.requests.extended = copy_extended(p, from->requests.extended, from->requests.extended_count, flags & PACK_REASONS);
    if (!(flags & PACK_SHARED)) {
        pod.labels = copy_labels(p, from->labels, from->label_count);
        pod.namespace_ = copy_string(p, from->namespace_);
        pod.node_name = copy_string(p, from->node_name);
        pod.scheduler_name = copy_string(p, from->scheduler_name);
    }
    pod.annotations = copy_labels(p, from->annotations, from->annotation_count);
    pod.node_selector = copy_labels(p, from->node_selector, from->node_selector_count);
    pod.affinity_terms = copy_terms(p, from->affinity_terms, from->affinity_term_count);
    pod.tolerations = copy_tolerations(p, from->tolerations, from->toleration_count);
    pod.host_ports = copy_ports(p, from->host_ports, from->host_port_count);
    pod.peers = copy_peers(p, from->peers);
    pod.uid = copy_string(p, from->uid);
    pod.name = copy_string(p, from->name);
    pod.nominated_node = copy_string(p, from->nominated_node);
    pod.bytes = p->used;
    return pod;
}

struct pod *pod_pack(const struct pod *pod, unsigned flags, struct error *err)
{
    struct packer p = {NULL, 0};

    lay_out_pod(&p, pod, flags);
    p.base = malloc(p.used);
    if (!p.base) {
        error_no_memory(err);
        return NULL;
    }
    *(struct pod *)(void *)p.base = lay_out_pod(&p, pod, flags);
    return (struct pod *)(void *)p.base;
}

static struct node_spec lay_out_node(struct packer *p, const struct node_spec *from)
{
    struct node_spec spec = *from;
    struct taint *taints;

    p->used = sizeof spec;
    taints = copy_array(p, from->taints, from->taint_count, sizeof *taints);
    for (size_t i = 0; i < from->taint_count; i++) {
        struct taint taint = {copy_string(p, from->taints[i].key), copy_string(p, from->taints[i].value),
                              copy_string(p, from->taints[i].effect)};

        if (taints)
            taints[i] = taint;
    }
    spec.taints = taints;
    spec.labels = copy_labels(p, from->labels, from->label_count);
    spec.allocatable.extended = copy_extended(p, from->allocatable.extended, from->allocatable.extended_count, false);
    spec.name = copy_string(p, from->name);
    spec.uid = copy_string(p, from->uid);
    spec.bytes = p->used;
    return spec;
}

struct node_spec *node_spec_pack(const struct node_spec *spec, struct error *err)
{
    struct packer p = {NULL, 0};

    lay_out_node(&p, spec);
    p.base = malloc(p.used);
    if (!p.base) {
        error_no_memory(err);
        return NULL;
    }
    *(struct node_spec *)(void *)p.base = lay_out_node(&p, spec);
    return (struct node_spec *)(void *)p.base;
}

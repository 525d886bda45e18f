/* plan_nodes.c: the news of nodes. */
#include <stdlib.h>
#include <string.h>

#include "common/cluster/pack.h"
#include "common/policy/plan_internal.h"

#define SPEC_BYTES 256 /* of what is read of a spec with a few labels */

bool plan_bit(const uint64_t *bits, size_t slot)
{
    return bits[slot / 64] >> slot % 64 & 1;
}

void plan_bit_set(uint64_t *bits, size_t slot, bool value)
{
    uint64_t bit = (uint64_t)1 << slot % 64;

    bits[slot / 64] = value ? bits[slot / 64] | bit : bits[slot / 64] & ~bit;
}

/* what plan_node_set() was told is given back, but for the spec */
static void forget_pods(struct plan_node *node)
{
    free((struct extended_resource *)node->view.requested.extended);
    pod_free(node->with_ports.pod);
    node->view = (struct node){.spec = node->view.spec, .traits = node->view.traits};
    node->with_ports = (struct cached_pod){0};
}

static void forget_view(struct plan_node *node)
{
    forget_pods(node);
    node_spec_free((struct node_spec *)node->view.spec);
    node->view = (struct node){0};
}

void plan_node_free(struct plan_node *node)
{
    forget_view(node);
    if (node->bits != &node->first_bits)
        free(node->bits);
    free(node);
}

int plan_node_more_bits(struct plan_node *node, size_t words, struct error *err)
{
    bool first = node->bits == &node->first_bits;
    uint64_t *more = realloc(first ? NULL : node->bits, (words + 1) * sizeof *more);

    if (!more)
        return error_no_memory(err);
    if (first)
        more[0] = node->first_bits;
    more[words] = 0;
    node->bits = more;
    return 0;
}

struct plan_node *plan_node_named(struct plan *plan, const char *name, struct error *err)
{
    uint64_t hash = plan_table_hash("", name);
    size_t bytes = strlen(name) + 1;
    struct plan_node *node;

    plan_table_fetch_entry(&plan->nodes, hash, sizeof *node + bytes);
    node = plan_table_find_hash(&plan->nodes, hash, "", name);
    if (node)
        return node;
    node = calloc(1, sizeof *node + bytes); /* the name follows the struct */
    if (!node) {
        error_no_memory(err);
        return NULL;
    }
    node->name = memcpy(node + 1, name, bytes);
    node->bits = plan->words > 1 ? calloc(plan->words, sizeof *node->bits) : &node->first_bits;
    node->entry.namespace_ = "";
    node->entry.name = node->name;
    if (!node->bits || plan_table_add(&plan->nodes, &node->entry, err) < 0) {
        plan_node_free(node);
        error_no_memory(err);
        return NULL;
    }
    return node;
}

void plan_node_release(struct plan *plan, struct plan_node *node)
{
    if (node->present || node->pods)
        return;
    plan_table_remove(&plan->nodes, &node->entry);
    plan_node_free(node);
}

static bool same_used(const struct node *view, const struct resources *used)
{
    if (view->pod_count != used->pods || view->requested.cpu_milli != used->cpu_milli ||
        view->requested.memory_bytes != used->memory_bytes || view->requested.extended_count != used->extended_count)
        return false;
    for (size_t i = 0; i < used->extended_count; i++)
        if (view->requested.extended[i].amount != used->extended[i].amount)
            return false;
    return true;
}

static bool same_ports(const struct pod *had, const struct host_port *ports, size_t count)
{
    if ((had ? had->host_port_count : 0) != count)
        return false;
    for (size_t i = 0; i < count; i++)
        if (had->host_ports[i].port != ports[i].port || strcmp(had->host_ports[i].ip, ports[i].ip) != 0 ||
            strcmp(had->host_ports[i].protocol, ports[i].protocol) != 0)
            return false;
    return true;
}

/* only the amounts count: their names are the spec's, in its order */
static int copy_used(struct node *view, const struct resources *used, struct error *err)
{
    struct extended_resource *extended = NULL;

    if (used->extended_count) {
        extended = calloc(used->extended_count, sizeof *extended);
        if (!extended)
            return error_no_memory(err);
        for (size_t i = 0; i < used->extended_count; i++)
            extended[i].amount = used->extended[i].amount;
    }
    view->requested = *used;
    view->requested.extended = extended;
    view->pod_count = used->pods;
    return 0;
}

/* the filter for host ports walks the pods of a node: one stands for all of the others */
static int copy_ports(struct plan_node *node, const struct host_port *ports, size_t count, struct error *err)
{
    struct pod with = {.namespace_ = "",
                       .name = "",
                       .uid = "",
                       .node_name = "",
                       .scheduler_name = "",
                       .nominated_node = "",
                       .host_ports = ports,
                       .host_port_count = count};

    if (count == 0)
        return 0;
    node->with_ports.pod = pod_pack(&with, 0, err);
    if (!node->with_ports.pod)
        return -1;
    node->view.pods = &node->with_ports;
    node->view.host_port_count = count;
    return 0;
}

static int set_spec(struct plan_node *node, const struct node_spec *spec, struct error *err)
{
    struct node_spec *copy = node_spec_pack(spec, err);

    if (!copy)
        return -1;
    forget_view(node);
    node->view.spec = copy;
    node->view.traits = copy->traits;
    return 0;
}

static int node_set(struct plan *plan, const struct node_spec *spec, const struct resources *used, const struct host_port *ports,
                    size_t port_count, struct error *err)
{
    uint64_t hash = plan_table_hash("", spec->name);
    struct plan_node *node;
    bool same_spec;

    plan_fetch((const void *)(uintptr_t)plan_table_last_said(&plan->nodes, hash), SPEC_BYTES);
    node = plan_node_named(plan, spec->name, err);
    if (!node)
        return -1;
    same_spec = node->present && node_spec_same(node->view.spec, spec);
    if (same_spec && same_used(&node->view, used) && same_ports(node->with_ports.pod, ports, port_count))
        return 0;
    if (!same_spec && set_spec(node, spec, err) < 0)
        return -1;
    if (!same_spec) /* of a node, where its spec is: it comes while the node does */
        plan_table_say(&plan->nodes, &node->entry, (uintptr_t)node->view.spec);
    forget_pods(node);
    if (copy_used(&node->view, used, err) < 0 || copy_ports(node, ports, port_count, err) < 0)
        return -1;
    node->present = true;
    plan_node_try_shapes(plan, node);
    return plan_node_classify(plan, node, err);
}

int plan_node_set(struct plan *plan, const struct node_spec *spec, const struct resources *used, const struct host_port *ports,
                  size_t port_count, struct error *err)
{
    static const struct resources nothing;

    if (plan->broken || node_set(plan, spec, used ? used : &nothing, ports, port_count, err) < 0 || plan_kinds_settle(plan, err) < 0)
        return plan_break(plan, err);
    return 0;
}

int plan_node_removed(struct plan *plan, const char *name, struct error *err)
{
    struct plan_node *node = plan->broken ? NULL : plan_table_find(&plan->nodes, "", name);

    if (plan->broken)
        return plan_break(plan, err);
    if (!node || !node->present)
        return 0;
    node->present = false;
    if (plan_node_classify(plan, node, err) < 0 || plan_kinds_settle(plan, err) < 0)
        return plan_break(plan, err);
    forget_view(node);
    plan_node_release(plan, node);
    return 0;
}

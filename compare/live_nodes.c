/*
 * live_nodes.c: the nodes of the live view's model: found by name, kept in the order people count in.
 */
#include <stdlib.h>
#include <string.h>

#include "compare/live_model.h"

#define SLOTS 16384 /* a power of two, over three times LIVE_NODES_MAX */

int live_model_init(struct live_model *m, int64_t now_us, struct error *err)
{
    memset(m, 0, sizeof *m);
    m->began_us = now_us;
    m->back_us = NOT_SEEN;
    m->nodes = malloc(LIVE_NODES_MAX * sizeof *m->nodes);
    m->node_order = malloc(LIVE_NODES_MAX * sizeof *m->node_order);
    m->node_slots = calloc(SLOTS, sizeof *m->node_slots);
    if (m->nodes && m->node_order && m->node_slots)
        return 0;
    live_model_free(m);
    return error_no_memory(err);
}

/* where the name is, or where it would go */
static size_t slot_of(const struct live_model *m, const char *name)
{
    uint32_t hash = 2166136261u;
    const char *at;
    size_t slot;

    for (at = name; *at; at++)
        hash = (hash ^ (unsigned char)*at) * 16777619u;
    for (slot = hash % SLOTS; m->node_slots[slot]; slot = (slot + 1) % SLOTS)
        if (!strcmp(m->nodes[m->node_slots[slot] - 1].name, name))
            break;
    return slot;
}

int live_model_find_node(const struct live_model *m, const char *name)
{
    return m->node_slots[slot_of(m, name)] - 1;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* numbers within names count as numbers */
static int compare_names(const char *a, const char *b)
{
    while (*a && *b) {
        if (is_digit(*a) && is_digit(*b)) {
            char *a_end, *b_end;
            unsigned long long left = strtoull(a, &a_end, 10), right = strtoull(b, &b_end, 10);

            if (left != right)
                return left < right ? -1 : 1;
            a = a_end;
            b = b_end;
            continue;
        }
        if (*a != *b)
            return *a < *b ? -1 : 1;
        a++;
        b++;
    }
    return (*a != 0) - (*b != 0);
}

static void put_in_order(struct live_model *m, int node)
{
    size_t at = m->node_there++;

    for (; at && compare_names(m->nodes[node].name, m->nodes[m->node_order[at - 1]].name) < 0; at--)
        m->node_order[at] = m->node_order[at - 1];
    m->node_order[at] = node;
}

static void take_out_of_order(struct live_model *m, int node)
{
    size_t i, kept = 0;

    for (i = 0; i < m->node_there; i++)
        if (m->node_order[i] != node)
            m->node_order[kept++] = m->node_order[i];
    m->node_there = kept;
}

static int add_node(struct live_model *m, size_t slot, const char *name)
{
    struct live_node *node = &m->nodes[m->node_count];
    size_t bytes = strlen(name);

    if (m->node_count == LIVE_NODES_MAX || bytes >= sizeof node->name)
        return -1;
    memset(node, 0, sizeof *node);
    memcpy(node->name, name, bytes + 1);
    node->gone = true;
    m->node_slots[slot] = (int32_t)++m->node_count;
    return (int)m->node_count - 1;
}

void live_model_node_seen(struct live_model *m, const char *name, bool ready, bool cordoned, bool tainted)
{
    size_t slot = slot_of(m, name);
    int index = m->node_slots[slot] - 1;
    struct live_node *node;

    if (index < 0 && (index = add_node(m, slot, name)) < 0)
        return;
    node = &m->nodes[index];
    if (node->gone)
        put_in_order(m, index);
    node->gone = false;
    node->listed = true;
    node->ready = ready;
    node->cordoned = cordoned;
    node->tainted = tainted;
}

void live_model_node_gone(struct live_model *m, const char *name)
{
    int index = live_model_find_node(m, name);

    if (index < 0 || m->nodes[index].gone)
        return;
    m->nodes[index].gone = true;
    take_out_of_order(m, index);
}

size_t live_model_node_prefix(const struct live_model *m)
{
    const char *first;
    size_t length, i;

    if (m->node_there < 2)
        return 0;
    first = m->nodes[m->node_order[0]].name;
    length = strlen(first);
    for (i = 1; i < m->node_there && length; i++) {
        const char *name = m->nodes[m->node_order[i]].name;

        while (length && strncmp(first, name, length))
            length--;
    }
    while (length && first[length - 1] != '-')
        length--;
    return length;
}

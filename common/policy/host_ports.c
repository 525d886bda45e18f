/* host_ports.c: a host port can be taken once per address and protocol; 0.0.0.0 is every address. */
#include <string.h>

#include "common/cluster/cache.h"
#include "common/policy/rules.h"

static bool conflict(const struct host_port *a, const struct host_port *b)
{
    if (a->port != b->port || strcmp(a->protocol, b->protocol) != 0)
        return false;
    return strcmp(a->ip, b->ip) == 0 || strcmp(a->ip, "0.0.0.0") == 0 || strcmp(b->ip, "0.0.0.0") == 0;
}

static bool pods_conflict(const struct pod *a, const struct pod *b)
{
    for (size_t i = 0; i < a->host_port_count; i++)
        for (size_t j = 0; j < b->host_port_count; j++)
            if (conflict(&a->host_ports[i], &b->host_ports[j]))
                return true;
    return false;
}

bool host_ports_free(const struct pod *pod, const struct node *node)
{
    size_t left = node->host_port_count;

    /* pods with host ports come first, so the walk is short on a full node too */
    for (const struct cached_pod *on = node->pods; on && left > 0; on = on->next_on_node) {
        if (pods_conflict(pod, on->pod))
            return false;
        left -= on->pod->host_port_count;
    }
    return true;
}

/* others.c: see others.h. */
#include "explain/others.h"

#include <stdlib.h>
#include <string.h>

/* A node, and the pods with host ports in the place of its own. */
struct view {
    struct node node; /* first: others.node points here */
    struct extended_resource *extended;
    struct cached_pod *holder;
};

static bool is_other(const struct cached_pod *on, const char *scheduler_name)
{
    return strcmp(on->pod->scheduler_name, scheduler_name) != 0;
}

static int64_t sum(int64_t a, int64_t b)
{
    return a <= INT64_MAX - b ? a + b : INT64_MAX;
}

static void count(struct view *view, const struct pod *pod)
{
    struct resources *requested = &view->node.requested;

    view->node.pod_count++;
    requested->cpu_milli = sum(requested->cpu_milli, pod->requests.cpu_milli);
    requested->memory_bytes = sum(requested->memory_bytes, pod->requests.memory_bytes);
    for (size_t i = 0; i < pod->requests.extended_count; i++)
        for (size_t j = 0; j < requested->extended_count; j++)
            if (strcmp(view->extended[j].name, pod->requests.extended[i].name) == 0)
                view->extended[j].amount = sum(view->extended[j].amount, pod->requests.extended[i].amount);
}

static void view_free(struct view *view)
{
    if (!view)
        return;
    free(view->extended);
    free(view->holder);
    free(view);
}

/* room for what the view needs beside the node; NULL: no memory */
static struct view *view_new(const struct node *node, const char *scheduler_name)
{
    const size_t extended_count = node->requested.extended_count;
    struct view *view = calloc(1, sizeof *view);
    size_t holders = 0;

    if (!view)
        return NULL;
    for (const struct cached_pod *on = node->pods; on; on = on->next_on_node)
        holders += is_other(on, scheduler_name) && on->pod->host_port_count;
    view->node = *node;
    view->node.pods = NULL;
    view->node.pod_count = 0;
    view->node.host_port_count = view->node.anti_affinity_count = 0;
    view->extended = calloc(extended_count + 1, sizeof *view->extended);
    view->holder = calloc(holders + 1, sizeof *view->holder);
    if (!view->extended || !view->holder) {
        view_free(view);
        return NULL;
    }
    for (size_t i = 0; i < extended_count; i++)
        view->extended[i].name = node->requested.extended[i].name;
    view->node.requested = (struct resources){.extended = view->extended, .extended_count = extended_count};
    return view;
}

static struct view *look(const struct node *node, const char *scheduler_name)
{
    struct view *view = view_new(node, scheduler_name);
    size_t holders = 0;

    for (const struct cached_pod *on = node->pods; view && on; on = on->next_on_node) {
        if (!is_other(on, scheduler_name))
            continue;
        count(view, on->pod);
        if (!on->pod->host_port_count)
            continue;
        view->node.host_port_count += on->pod->host_port_count;
        view->holder[holders] = (struct cached_pod){.pod = on->pod, .next_on_node = view->node.pods};
        view->node.pods = &view->holder[holders++];
    }
    return view;
}

int others_open(struct others *others, const struct cache *cache, const char *scheduler_name, struct error *err)
{
    struct others made = {NULL, 0};
    size_t count_;
    struct node *const *nodes = cache_nodes(cache, &count_);

    made.node = calloc(count_ + 1, sizeof(struct node *));
    if (!made.node)
        return error_no_memory(err);
    for (; made.count < count_; made.count++) {
        struct view *view = look(nodes[made.count], scheduler_name);

        if (!view) {
            others_close(&made);
            return error_no_memory(err);
        }
        made.node[made.count] = &view->node;
    }
    *others = made;
    return 0;
}

void others_close(struct others *others)
{
    for (size_t i = 0; i < others->count; i++)
        view_free((struct view *)(void *)others->node[i]);
    free(others->node);
    *others = (struct others){NULL, 0};
}

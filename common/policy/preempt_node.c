/*
 * preempt_node.c: preemption tried on one node (SelectVictimsOnNode of kube-scheduler's defaultpreemption). The node is not touched: the filters are shown a copy of what they
 * read of it, its sums built up from those that stay, so that none is ever subtracted from a sum that reached its ceiling.
 */
#include <stdlib.h>
#include <string.h>

#include "common/policy/preempt_internal.h"
#include "common/policy/rules.h"

bool preemptible(const struct pod *on_node, const struct pod *pod, const char *scheduler_name)
{
    return on_node->priority < pod->priority && strcmp(on_node->scheduler_name, scheduler_name) == 0;
}

/* ---- who is there ---- */

/* the array with room for that many, in another place perhaps; NULL: no memory, and it is where it was */
static void *reserve(void *array, size_t *room, size_t count, size_t size, struct error *err)
{
    size_t more = *room ? *room : 16;
    void *grown;

    while (more < count)
        more *= 2;
    if (more == *room)
        return array;
    grown = realloc(array, more * size);
    if (grown)
        *room = more;
    else
        error_no_memory(err);
    return grown;
}

/* for all that is needed of a node with so many pods that may go */
static int reserve_all(struct dry_run *run, const struct node *node, size_t holders, struct error *err)
{
    struct cached_pod **victim = reserve(run->victim, &run->victim_room, run->removable_count, sizeof *victim, err);
    struct extended_resource *extended;
    struct cached_pod *holder;

    if (!victim)
        return -1;
    run->victim = victim;
    extended = reserve(run->extended, &run->extended_room, 2 * node->requested.extended_count, sizeof *extended, err);
    if (!extended)
        return -1;
    run->extended = extended;
    holder = reserve(run->holder, &run->holder_room, holders, sizeof *holder, err);
    if (!holder)
        return -1;
    run->holder = holder;
    return 0;
}

/* one that has not started counts as started now: after all others */
static uint32_t start_of(const struct pod *pod)
{
    return pod->started_s ? pod->started_s : UINT32_MAX;
}

/* MoreImportantPod of pkg/scheduler/util; by name where that does not tell, so that runs can be repeated */
static int by_importance(const void *left, const void *right)
{
    const struct pod *a = ((const struct removable *)left)->cached->pod, *b = ((const struct removable *)right)->cached->pod;
    int order;

    if (a->priority != b->priority)
        return a->priority > b->priority ? -1 : 1;
    if (start_of(a) != start_of(b))
        return start_of(a) < start_of(b) ? -1 : 1;
    order = strcmp(a->namespace_, b->namespace_);
    return order ? order : strcmp(a->name, b->name);
}

static int collect(struct dry_run *run, const struct node *node, struct error *err)
{
    struct removable *removable;
    size_t holders = 0;

    run->removable_count = run->victim_count = run->reason_count = 0;
    for (struct cached_pod *on = node->pods; on; on = on->next_on_node) {
        holders += on->pod->host_port_count > 0;
        if (!preemptible(on->pod, run->pod, run->scheduler_name))
            continue;
        removable = reserve(run->removable, &run->removable_room, run->removable_count + 1, sizeof *removable, err);
        if (!removable)
            return -1;
        run->removable = removable;
        run->removable[run->removable_count++] = (struct removable){on, true};
    }
    if (run->removable_count == 0)
        return 0;
    if (reserve_all(run, node, holders, err) < 0)
        return -1;
    qsort(run->removable, run->removable_count, sizeof *run->removable, by_importance);
    return 0;
}

/* ---- the node without them ---- */

static int64_t sum(int64_t a, int64_t b)
{
    return a <= INT64_MAX - b ? a + b : INT64_MAX;
}

static void count(struct dry_run *run, const struct pod *pod)
{
    struct resources *requested = &run->without.requested;

    run->without.pod_count++;
    requested->cpu_milli = sum(requested->cpu_milli, pod->requests.cpu_milli);
    requested->memory_bytes = sum(requested->memory_bytes, pod->requests.memory_bytes);
    for (size_t i = 0; i < pod->requests.extended_count; i++)
        for (size_t j = 0; j < requested->extended_count; j++)
            if (strcmp(run->extended[j].name, pod->requests.extended[i].name) == 0)
                run->extended[j].amount = sum(run->extended[j].amount, pod->requests.extended[i].amount);
}

/* the node with those alone that stay in any case */
static void empty(struct dry_run *run, const struct node *node)
{
    const size_t extended_count = node->requested.extended_count;

    run->without = *node;
    run->without.pod_count = 0;
    run->without.pods = NULL;
    run->without.host_port_count = 0;
    run->without.requested = (struct resources){.extended = run->extended, .extended_count = extended_count};
    for (size_t i = 0; i < extended_count; i++)
        run->extended[i] = (struct extended_resource){node->requested.extended[i].name, 0, NULL};
    run->holders_staying = 0;
    for (const struct cached_pod *on = node->pods; on; on = on->next_on_node) {
        if (preemptible(on->pod, run->pod, run->scheduler_name))
            continue;
        count(run, on->pod);
        if (on->pod->host_port_count)
            run->holder[run->holders_staying++] = (struct cached_pod){.pod = on->pod};
    }
    for (size_t i = 0; i < run->removable_count; i++)
        peers_shift(run->peers, run->pod, run->removable[i].cached->pod, node, -1);
}

/* the list that the filter of host ports walks */
static void list_holders(struct dry_run *run)
{
    size_t holders = run->holders_staying;

    for (size_t i = 0; i < run->removable_count; i++)
        if (!run->removable[i].gone && run->removable[i].cached->pod->host_port_count)
            run->holder[holders++] = (struct cached_pod){.pod = run->removable[i].cached->pod};
    run->without.pods = holders ? run->holder : NULL;
    run->without.host_port_count = 0;
    for (size_t i = 0; i < holders; i++) {
        run->holder[i].next_on_node = i + 1 < holders ? &run->holder[i + 1] : NULL;
        run->without.host_port_count += run->holder[i].pod->host_port_count;
    }
}

static bool fits(struct dry_run *run)
{
    if (run->pod->host_port_count)
        list_holders(run);
    run->reason_count = 0;
    return filter_first_failing(&run->policy->filters, run->pod, run->peers, &run->without, run->reasons, &run->reason_count) < 0;
}

/* back on the node, if the pod still fits then; else a victim */
static void reprieve(struct dry_run *run, struct removable *removable, const struct node *node)
{
    const size_t extended_bytes = node->requested.extended_count * sizeof *run->extended;
    const struct node before = run->without;

    if (extended_bytes)
        memcpy(run->extended + node->requested.extended_count, run->extended, extended_bytes);
    count(run, removable->cached->pod);
    peers_shift(run->peers, run->pod, removable->cached->pod, node, 1);
    removable->gone = false;
    if (fits(run))
        return;
    removable->gone = true;
    peers_shift(run->peers, run->pod, removable->cached->pod, node, -1);
    run->without = before;
    if (extended_bytes)
        memcpy(run->extended, run->extended + node->requested.extended_count, extended_bytes);
    run->victim[run->victim_count++] = removable->cached;
}

int dry_run_node(struct dry_run *run, const struct node *node, enum dry_run_result *result, struct error *err)
{
    if (collect(run, node, err) < 0)
        return -1;
    *result = DRY_RUN_NO_VICTIMS;
    if (run->removable_count == 0)
        return 0;
    empty(run, node);
    *result = fits(run) ? DRY_RUN_ROOM : DRY_RUN_NO_ROOM;
    for (size_t i = 0; i < run->removable_count; i++) {
        struct removable *removable = &run->removable[i];

        if (*result == DRY_RUN_ROOM && !removable->cached->pod->deleting)
            reprieve(run, removable, node);
    }
    for (size_t i = 0; i < run->removable_count; i++)
        if (run->removable[i].gone)
            peers_shift(run->peers, run->pod, run->removable[i].cached->pod, node, 1);
    return 0;
}

void dry_run_end(struct dry_run *run)
{
    free(run->removable);
    free(run->extended);
    free(run->holder);
    free(run->victim);
}

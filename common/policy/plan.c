/* plan.c: the planner's birth and end. */
#include "common/policy/plan.h"

#include <stdlib.h>
#include <string.h>

#include "common/policy/plan_internal.h"

static int compare_timers(const void *a, const void *b)
{
    return a < b ? -1 : a > b; /* only to tell them apart: what is due at one time comes in one call */
}

static void start(struct plan *plan)
{
    plan_tree_init(&plan->timers, &plan->pool, compare_timers);
    plan_tree_init(&plan->apart.tree, &plan->pool, plan_unit_compare);
}

struct plan *plan_new(const struct plan_config *config, struct error *err)
{
    struct plan *plan = calloc(1, sizeof *plan);

    if (!plan || !(plan->slots_used = calloc(1, sizeof *plan->slots_used))) {
        free(plan);
        error_no_memory(err);
        return NULL;
    }
    plan->words = 1;
    plan->config = *config;
    start(plan);
    return plan;
}

static void free_entries(struct plan_table *table, void (*free_entry)(void *entry))
{
    size_t turn = 0;

    for (void *entry; (entry = plan_table_each(table, &turn));)
        free_entry(entry);
    plan_table_free(table);
}

static void free_node(void *entry)
{
    plan_node_free(entry);
}

static void free_shapes(struct plan *plan)
{
    struct plan_shape *next;

    for (struct plan_shape *s = plan->shapes; s; s = next) {
        next = s->next;
        pod_free(s->pod);
        free(s);
    }
}

/* all that it was told, but for the gangs */
static void forget(struct plan *plan)
{
    free_entries(&plan->pods, free);
    free_entries(&plan->nodes, free_node);
    free_shapes(plan);
    for (size_t i = 0; i < plan->classes; i++)
        plan_class_free(plan->class_[i]);
    for (size_t i = 0; i < plan->kinds; i++)
        free(plan->kind[i]);
    for (size_t i = 0; i < plan->lanes; i++) {
        free(plan->lane[i]->part);
        free(plan->lane[i]);
    }
    plan_flow_free(&plan->flow);
    plan_flow_free(&plan->bind);
    plan_pool_free(&plan->pool);
    free(plan->class_);
    free(plan->kind);
    free(plan->lane);
    free(plan->part);
    free(plan->rank);
    free(plan->member);
    free(plan->action);
}

void plan_free(struct plan *plan)
{
    if (!plan)
        return;
    forget(plan);
    free_entries(&plan->gangs, free);
    free(plan->slots_used);
    free(plan);
}

static bool renew_gang(void *ctx, void *entry)
{
    (void)ctx;
    return plan_gang_renew(entry);
}

void plan_renew(struct plan *plan)
{
    forget(plan);
    plan_table_sift(&plan->gangs, renew_gang, NULL);
    memset(plan->slots_used, 0, plan->words * sizeof *plan->slots_used);
    *plan =
        (struct plan){.config = plan->config, .gangs = plan->gangs, .slots_used = plan->slots_used, .words = plan->words, .making = true};
    start(plan);
}

static bool gang_renewed(void *ctx, void *entry)
{
    return plan_gang_renewed(ctx, entry);
}

int plan_renewed(struct plan *plan, struct error *err)
{
    size_t turn = 0;

    if (plan->broken)
        return plan_break(plan, err);
    plan->making = false;
    plan_table_sift(&plan->gangs, gang_renewed, plan);
    for (struct plan_gang *gang; (gang = plan_table_each(&plan->gangs, &turn));) /* none is over: none goes */
        if (plan_gang_refresh(plan, gang, err) < 0)
            return plan_break(plan, err);
    return plan_kinds_settle(plan, err) < 0 ? plan_break(plan, err) : 0;
}

bool plan_has_doomed(const struct plan *plan)
{
    size_t turn = 0;

    for (const struct plan_gang *gang; (gang = plan_table_each(&plan->gangs, &turn));)
        if (gang->doomed)
            return true;
    return false;
}

int plan_timer_set(struct plan *plan, int64_t *timer_us, void *owner, int gang, int64_t at_us, struct error *err)
{
    struct plan_item item = {{(uint64_t)*timer_us, (uint64_t)gang}, owner};

    if (*timer_us > 0)
        plan_tree_erase(&plan->timers, &item);
    *timer_us = 0;
    item.key[0] = (uint64_t)at_us;
    if (at_us <= 0)
        return 0;
    if (plan_tree_insert(&plan->timers, &item, false, err) < 0)
        return -1;
    *timer_us = at_us;
    return 0;
}

int plan_break(struct plan *plan, struct error *err)
{
    plan->broken = true;
    return error_no_memory(err);
}

void *plan_grow(void *array, size_t *room, size_t count, size_t size)
{
    size_t wanted = count < 8 ? 8 : count * 2;
    void *more = array;

    if (count >= *room && (more = realloc(array, wanted * size)))
        *room = wanted;
    return more;
}

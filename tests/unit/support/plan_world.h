/* plan_world.h: a planner and the model beside it: news go to both, and what the planner gives out is held against the model. */
#ifndef TESTS_UNIT_SUPPORT_PLAN_WORLD_H
#define TESTS_UNIT_SUPPORT_PLAN_WORLD_H

#include <check.h>
#include <stdio.h>

#include "tests/unit/support/plan_model.h"

struct world {
    struct model m;
    struct plan *plan;
    uint64_t random, seed;
    unsigned uids;
    struct plan_action action[MODEL_PODS * 2];
    size_t actions;
    const char *event;
    size_t index; /* of the event */
};

#define world_must(w, condition, ...)                                                                                                      \
    do {                                                                                                                                   \
        if (!(condition)) {                                                                                                                \
            printf("seed %llu, event %zu (%s): ", (unsigned long long)(w)->seed, (w)->index, (w)->event);                                  \
            printf(__VA_ARGS__);                                                                                                           \
            printf("\n");                                                                                                                  \
            ck_abort_msg("LAB_SEED=%llu replays it: %s", (unsigned long long)(w)->seed, #condition);                                       \
        }                                                                                                                                  \
    } while (0)

/* Tells `plan` what the API server says of the pod; `assigned` false: news from before its bind. */
void world_send_pod(struct world *w, struct plan *plan, size_t pod, bool assigned);
/* The pod is no more. */
void world_send_gone(struct world *w, size_t pod);
void world_send_node(struct world *w, struct plan *plan, size_t node);
/* What plan_explain() shows is what the model plans. */
void world_check_plan(struct world *w);
/* Takes the actions, holds them against the model, and has the model follow. Returns how many. */
size_t world_act(struct world *w);

#endif

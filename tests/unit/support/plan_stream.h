/* plan_stream.h: what can happen to the nodes and pods of a world, drawn at random: it happens to the model, and the planner is told. */
#ifndef TESTS_UNIT_SUPPORT_PLAN_STREAM_H
#define TESTS_UNIT_SUPPORT_PLAN_STREAM_H

#include "tests/unit/support/plan_world.h"

/* One thing more happens. */
void stream_event(struct world *w);
/* Time passes: what was held back is back. */
void stream_pass_time(struct world *w, int64_t us);
/* A bind under way ends well. */
void stream_bind_done(struct world *w, size_t pod);
/* The pod is no more. */
void stream_gone(struct world *w, size_t pod);

#endif

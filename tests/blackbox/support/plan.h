/*
 * plan.h: a scheduler at work under a plan of faults. Simulator only.
 */
#ifndef TESTS_BLACKBOX_PLAN_H
#define TESTS_BLACKBOX_PLAN_H

#include "tests/blackbox/support/lab.h"

/*
 * Half of the pods before the scheduler starts, the other half while it works, under the plan all the time: in the end each of them is bound, by one
 * binding, and a line says so. `trace` is what the plan leaves in the log of requests, since a plan that hits nothing proves nothing; NULL: it
 * cannot be seen there.
 */
void all_are_bound_under(struct lab *lab, const char *plan, const char *trace);

/* Bindings that were carried out, answered or not. Nothing is asked that a plan could hit. */
long binds_that_took(struct lab *lab);

/* Ends every watch cleanly. */
void close_watches(struct lab *lab);

#endif

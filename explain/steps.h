/* steps.h: what is to be done after all decisions: which pods are evicted, and which are bound where, each list in its order. */
#ifndef EXPLAIN_STEPS_H
#define EXPLAIN_STEPS_H

#include <stddef.h>

#include "common/cluster/pod.h"
#include "common/error.h"

struct step {
    char *pod; /* NAMESPACE/NAME; node follows it in the same allocation */
    const char *node;
};

struct step_list {
    struct step *step;
    size_t count, room;
};

/* Zero it to begin; steps_free() ends it. */
struct steps {
    struct step_list preempt, bind;
};

/* The names are copied. ERROR_NO_MEMORY leaves the list as it was. */
int steps_add(struct step_list *list, const struct pod *pod, const char *node, struct error *err);
void steps_free(struct steps *steps);

#endif

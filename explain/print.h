/*
 * print.h: what explain writes, one decision at a time: a cluster of thousands of nodes and pods need not fit into memory.
 */
#ifndef EXPLAIN_PRINT_H
#define EXPLAIN_PRINT_H

#include <stdio.h>

#include "explain/explain.h"

/* width of the tables */
#define PRINT_WIDTH 100

/* One form of output. begin() and end() stand around the decisions; a form keeps nothing between calls but what struct printing holds. */
struct printing {
    const struct print_form *form;
    FILE *out;
    size_t decisions;          /* so far */
    const struct steps *steps; /* for end(): the plan; NULL: the policy neither plans nor evicts */
};

struct print_form {
    int (*begin)(struct printing *printing, const struct options *options, struct error *err);
    int (*decision)(struct printing *printing, const struct explained *explained, struct error *err);
    int (*end)(struct printing *printing, const struct options *options, struct error *err);
};

/* One JSON object: {"policy", "decisions": [{"pod", "node" or null, "message", "nodes": [{"name", "feasible", "reasons", "score"}]}], "plan": {"preempt":
 * [{"pod", "node"}], "bind": [{"pod", "node"}]}}; the plan only where there is one */
extern const struct print_form print_json;
/* A table for each pod, then the plan. Control characters are shown as '?'. */
extern const struct print_form print_text;

#endif

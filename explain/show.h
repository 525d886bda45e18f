/* show.h: hands one pod after the other to the visitor. For explain.c and planned.c. */
#ifndef EXPLAIN_SHOW_H
#define EXPLAIN_SHOW_H

#include "common/buffer.h"
#include "explain/explain.h"

struct showing {
    const struct snapshot *snapshot;
    const struct explanation *out;
    struct buffer name, message; /* of the pod at hand; the message is filled by the caller */
};

void show_begin(struct showing *showing, const struct snapshot *snapshot, const struct explanation *out);
void show_end(struct showing *showing);

/* Visits with the pod's name and what stands in showing->message. -1: the visitor's, or ERROR_NO_MEMORY. */
int show_pod(struct showing *showing, struct explained *explained, const char *namespace_, const char *name, struct error *err);
/* A pod that was asked for by name, and is neither waiting nor placed: the message says why nothing is decided. */
int show_undecided(struct showing *showing, const struct named_pod *named, struct error *err);

#endif

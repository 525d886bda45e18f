/*
 * observation.h: what a watch on pods told us, pod by pod, and whether it can be believed. Pure: it is fed the bytes of the watch and
 * the time they came. It judges itself: anything that could make a figure wrong makes the observation INVALID, with the reason.
 */
#ifndef COMPARE_OBSERVATION_H
#define COMPARE_OBSERVATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buffer.h"
#include "common/error.h"

#define NOT_SEEN INT64_MIN /* a time that was not measured */

struct observed_pod {
    char *uid;        /* NULL until ADDED */
    char *node;       /* NULL until bound */
    int64_t added_us; /* when its ADDED came; NOT_SEEN before */
    int64_t bound_us; /* when spec.nodeName was first seen set; NOT_SEEN before */
    int64_t gone_us;  /* when its DELETED came; NOT_SEEN before */
    int64_t delay_us; /* the most by which added_us or bound_us may be too late */
};

/* Fields are for reading; observation.c alone writes them. */
struct observation {
    char *prefix;
    size_t count; /* pods expected: PREFIX0 .. PREFIX<count-1> */
    struct observed_pod *pods;
    size_t added, bound, gone; /* how many of them so far */
    int64_t first_bound_us, last_bound_us;
    uint64_t resource_version; /* of the last frame */
    int64_t delay_us;          /* what is fed now may have waited so long */
    int64_t clock_step_us;     /* the wall clock stepped meanwhile; the observer's finding */
    bool invalid;
    char reason[256];   /* of the first thing that went wrong */
    struct buffer line; /* a frame that has come in part */
};

/* Expects `count` pods with names of `prefix` and a number without leading zeros. NULL on ERROR_NO_MEMORY. Free with observation_free(). */
struct observation *observation_new(const char *prefix, size_t count, struct error *err);
void observation_free(struct observation *o);

/*
 * Takes bytes of a watch's body that came at now_us; a frame counts from the time its last byte came. Pods of other names are skipped.
 * Invalid from here on: a frame that is no watch event, an ERROR event, a resourceVersion that went back, an event of a pod whose
 * ADDED never came, a pod born with a node, a second ADDED of a name, a node name that changed or vanished, a pod deleted before it was bound.
 * Fails only with ERROR_NO_MEMORY (also invalid then).
 */
int observation_feed(struct observation *o, const char *data, size_t bytes, int64_t now_us, struct error *err);

/* What is fed from now on may have waited so long before it was read; 0 at first. */
void observation_set_delay(struct observation *o, int64_t delay_us);

/* The watch ended or was cut while it was needed: invalid, since what came meanwhile has no true time. */
void observation_interrupted(struct observation *o, const char *why);

/*
 * What a list of the API server says of a pod at the end: its node, or NULL while unassigned. It must be what the watch said.
 */
void observation_audit(struct observation *o, const char *name, const char *uid, const char *node);

/* Nothing more will come: invalid when a pod was never seen or never bound. */
void observation_finish(struct observation *o);

/* The number behind the prefix, or -1 when no pod of ours has that name. */
long observation_number(const struct observation *o, const char *name);

/* From ADDED to the binding being visible, for each bound pod; returns how many it wrote. `out` holds `count` entries. */
size_t observation_latencies(const struct observation *o, int64_t *out);

#endif

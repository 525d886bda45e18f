/*
 * witness_internal.h: private to witness*.c.
 */
#ifndef GRADE_WITNESS_INTERNAL_H
#define GRADE_WITNESS_INTERNAL_H

#include <pthread.h>

#include "common/limits.h"
#include "compare/api_client.h"
#include "grade/witness.h"

/* one state of a pod; the texts are in one allocation behind it */
struct state {
    int64_t t_us;
    json_t
        *json;   /* {"namespace","name","uid","scheduler","node","phase","type","labels","deleting","gated"}: touched under the lock only */
    long before; /* the state before of the same pod name; -1: none */
};

struct witness {
    pthread_mutex_t lock;
    pthread_t thread;
    bool thread_runs, stop;
    struct api_client *client; /* of the thread, once that runs */
    CURLM *multi;
    CURL *easy;
    struct buffer line; /* of the thread */
    char version[LIMIT_RESOURCE_VERSION_BYTES];
    struct state *states;
    size_t count, capacity;
    json_t *latest; /* "namespace/name" → index of its last state */
    bool truncated;
    struct error lost; /* of kind ERROR_NONE: not */
};

/* Adds a state of a pod as of now. With the lock held, or before there is a thread. What cannot be kept sets `truncated`. */
void witness_add(struct witness *witness, const char *type, const json_t *pod);

/* A member that is a string; "" else. */
const char *witness_text(const json_t *object, const char *key);

#endif

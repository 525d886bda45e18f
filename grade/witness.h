/*
 * witness.h: follows every pod of the API server with the grader's own credentials, on a connection and in a thread of its own: what happened to the pods,
 * whoever made it happen and whatever anybody printed.
 */
#ifndef GRADE_WITNESS_H
#define GRADE_WITNESS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

struct witness;

/* Lists all pods and follows them from there. `kubeconfig` as for api_client_open(). End with witness_close(). */
struct witness *witness_open(const char *kubeconfig, struct error *err);
void witness_close(struct witness *witness); /* NULL allowed */

/* Why it has lost sight (the API server went away, or forgot): fills `err`, returns -1. Nothing it says can be relied on then. */
int witness_check(struct witness *witness, struct error *err);

/* What is known of a pod now. */
struct witness_pod {
    bool there;
    char node[256], phase[32];
    int64_t since_us; /* monotonic: when this was seen first */
};
struct witness_pod witness_pod(struct witness *witness, const char *namespace_, const char *name);

/* How many pods of a namespace are there, and how many of them have a node. */
size_t witness_count(struct witness *witness, const char *namespace_, size_t *bound);

/*
 * The pods of a scene as evidence has them (evidence.h), with times since zero_us: those that were there when it began, or came later. States from before it began
 * are left out but for the last one. A new reference.
 */
json_t *witness_pods(struct witness *witness, int64_t zero_us, bool *truncated, struct error *err);

#endif

/* objects.h: pods and nodes from short JSON, for the tests of the cluster and the policy. A mistake in the text ends the test. */
#ifndef TESTS_UNIT_SUPPORT_OBJECTS_H
#define TESTS_UNIT_SUPPORT_OBJECTS_H

#include "common/cluster/decode.h"

/* JSON written with ' in place of ". The caller gives it back with json_decref(). */
json_t *json_of(const char *text);
/* Decoded; the format gives such a text. The scheduler is "ours". */
struct pod *pod_of(const char *format, ...) __attribute__((format(printf, 1, 2)));
struct node_spec *node_of(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A pseudo-random number below `bound`, the same for the same seed on every machine. */
unsigned random_below(uint64_t *state, unsigned bound);

#endif

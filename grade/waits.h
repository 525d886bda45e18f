/*
 * waits.h: how long a submission waits before it tries a bind again.
 */
#ifndef GRADE_WAITS_H
#define GRADE_WAITS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WAITS_MAX 8

/* A machine that is slow makes a wait longer, never shorter: of several pods the shortest n-th wait tells what was meant. */
struct waits {
    int64_t shortest_us[WAITS_MAX]; /* before the second attempt, the third, ... */
    int64_t longest_us;             /* of those after the first; 0: there is none */
    size_t count;
};

/* The waits before all attempts at these pods (an array of names), from each answer to the next request to bind, of evidence's "requests". */
struct waits waits_read(const json_t *requests, const json_t *pods);

/* True when a later wait is longer than the first: at least 1.2 times, for doubling with a jitter of a half is 1.33 and more. */
bool waits_grow(const struct waits *waits);

#endif

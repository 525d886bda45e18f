/*
 * claim.h: what a submission says that it has bound.
 */
#ifndef GRADE_CLAIM_H
#define GRADE_CLAIM_H

#include <stdbool.h>

#define CLAIM_NAME_BYTES 256

struct claim {
    char namespace_[CLAIM_NAME_BYTES], pod[CLAIM_NAME_BYTES], node[CLAIM_NAME_BYTES];
};

/* Reads "… Bound NS/POD -> NODE", or as the backoff lesson has it "… bind OK NS/POD -> NODE (attempt=N)"; false: the line claims nothing. */
bool claim_read(const char *line, struct claim *claim);

#endif

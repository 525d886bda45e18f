/*
 * continue.h: the tokens of paged lists (k8s.io/apiserver/pkg/storage/continue.go).
 */
#ifndef SIMULATOR_CONTINUE_H
#define SIMULATOR_CONTINUE_H

#include <stdint.h>

#include "common/buffer.h"
#include "common/error.h"

/* Appends a token: go on behind `key` in the state of `rv` (-1: in whatever state there is then). */
int continue_encode(struct buffer *out, const char *key, int64_t rv, struct error *err);

/*
 * Reads a token. Returns NULL and fills *rv and `from`, the first key that may follow (at most `max` bytes with its NUL); else says what
 * is wrong with it (static).
 */
const char *continue_decode(const char *token, int64_t *rv, char *from, size_t max);

#endif

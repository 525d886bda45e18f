/*
 * flag_value.h: what compare and grade read from their command lines alike. ERROR_USAGE with the flag's name and what was expected; the value is then undefined.
 */
#ifndef COMPARE_FLAG_VALUE_H
#define COMPARE_FLAG_VALUE_H

#include <stdint.h>

#include "common/error.h"

/* Anything but blanks; *value is `text` itself. */
int flag_text(const char *flag, const char *text, const char **value, struct error *err);

/* --seed: a whole number from 0 to `most`. */
int flag_seed(const char *text, uint64_t most, uint64_t *seed, struct error *err);

#endif

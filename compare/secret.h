/*
 * secret.h: words that nobody guesses.
 */
#ifndef COMPARE_SECRET_H
#define COMPARE_SECRET_H

#include <stdbool.h>
#include <stddef.h>

#include "common/error.h"

/* Fills `out` with size - 1 random hexadecimal digits and a NUL. ERROR_RUNTIME when the system has no randomness to give. */
int secret_make(char *out, size_t size, struct error *err);

/* Whether two texts are equal, in a time that does not tell where they differ. */
bool secret_equal(const char *given, const char *secret);

#endif

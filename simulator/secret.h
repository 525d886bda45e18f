/*
 * secret.h: bearer tokens that nobody can guess. They do not come from the seed.
 */
#ifndef SIMULATOR_SECRET_H
#define SIMULATOR_SECRET_H

#include "common/error.h"

#define SECRET_BYTES 65 /* 256 bits as hexadecimal digits, and the NUL */

/* Writes a new one. ERROR_RUNTIME when the system has no randomness to give. */
int secret_make(char out[SECRET_BYTES], struct error *err);

#endif

/*
 * selfsigned.h: a certificate of its own for 127.0.0.1, ::1 and localhost, made by the openssl program.
 */
#ifndef SIMULATOR_SELFSIGNED_H
#define SIMULATOR_SELFSIGNED_H

#include "common/buffer.h"
#include "common/error.h"

/* Appends certificate and key as PEM. ERROR_USAGE when there is no openssl program or it fails. Leaves no file behind. */
int selfsigned_make(struct buffer *cert, struct buffer *key, struct error *err);

#endif

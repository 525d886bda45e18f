/*
 * secret.h: memory that holds tokens, passwords and private keys. It is overwritten before it is freed, also when it grows.
 */
#ifndef COMMON_KUBE_SECRET_H
#define COMMON_KUBE_SECRET_H

#include <stddef.h>

#include "common/error.h"

/* Overwrites `bytes` bytes in a way that the compiler keeps. NULL is allowed with 0 bytes. */
void secret_wipe(void *data, size_t bytes);

/* Overwrites a malloc'd NUL-terminated text and frees it. NULL is allowed. */
void secret_free(char *text);

/* A buffer as in common/buffer.h that leaves no copy of its content behind. */
struct secret_buffer {
    char *data; /* NUL-terminated once secret_buffer_room() succeeded; NULL before */
    size_t bytes, capacity, max;
};

/* Empty, with a ceiling of `max` bytes. Allocates nothing. */
void secret_buffer_init(struct secret_buffer *b, size_t max);

/*
 * Makes room for at least one byte more, and a NUL: the caller writes at data + bytes up to secret_buffer_free_bytes() and calls
 * secret_buffer_wrote(). ERROR_USAGE when the ceiling is reached ("more than N bytes"), ERROR_NO_MEMORY; the content stays.
 */
int secret_buffer_room(struct secret_buffer *b, struct error *err);
size_t secret_buffer_free_bytes(const struct secret_buffer *b);
void secret_buffer_wrote(struct secret_buffer *b, size_t bytes);

/* Overwrites and frees the content. Usable afterwards. */
void secret_buffer_free(struct secret_buffer *b);

#endif

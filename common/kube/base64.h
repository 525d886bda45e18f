/*
 * base64.h: the standard alphabet of RFC 4648 with padding, as kubeconfigs carry certificates and keys.
 */
#ifndef COMMON_KUBE_BASE64_H
#define COMMON_KUBE_BASE64_H

#include <stddef.h>

/* Bytes that base64_decode() may write for a text of `bytes` bytes, the NUL it adds included. */
size_t base64_decoded_max(size_t bytes);

/*
 * Decodes into `out` (base64_decoded_max() bytes, the caller's) and adds a NUL. White space is passed over, as Go passes over
 * newlines. Returns the number of bytes, or -1 when it is no base64: a foreign character, padding missing or misplaced.
 * `out` is undefined then.
 */
long base64_decode(const char *text, size_t bytes, char *out);

/* Bytes that base64_encode() writes for `bytes` bytes, the NUL included. */
size_t base64_encoded_size(size_t bytes);

/* Encodes into `out` (base64_encoded_size() bytes, the caller's), with padding, on one line, and a NUL. */
void base64_encode(const void *data, size_t bytes, char *out);

#endif

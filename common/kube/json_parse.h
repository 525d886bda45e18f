/*
 * json_parse.h: parses what the API server sends, the same way everywhere.
 */
#ifndef COMMON_KUBE_JSON_PARSE_H
#define COMMON_KUBE_JSON_PARSE_H

#include <jansson.h>
#include <stddef.h>

#include "common/error.h"

/*
 * One JSON text. The caller json_decref()s it. NULL on failure: ERROR_RUNTIME when it is not JSON (a duplicate key, bytes that are no UTF-8),
 * ERROR_NO_MEMORY. A "\u0000" is taken: the API server keeps it in an annotation, and a user's pod must not make a whole list unreadable.
 */
json_t *kube_json_parse(const char *text, size_t bytes, struct error *err);

/* The string under a key, "" when there is none. Borrowed from `object`, which may be NULL. */
const char *kube_json_text(const json_t *object, const char *key);

#endif

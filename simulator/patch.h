/*
 * patch.h: JSON patch (RFC 6902), JSON merge patch (RFC 7386) and strategic merge patch.
 */
#ifndef SIMULATOR_PATCH_H
#define SIMULATOR_PATCH_H

#include <jansson.h>

#include "common/error.h"

/*
 * All make a new document from `doc` and `patch`, both only read. A new reference, or NULL: then *problem is what is wrong with the
 * patch (at most `max` bytes), or "" when memory ran out (err is filled).
 */
json_t *patch_merge(json_t *doc, json_t *patch, char *problem, size_t max, struct error *err);
json_t *patch_strategic(json_t *doc, json_t *patch, char *problem, size_t max, struct error *err);
json_t *patch_json(json_t *doc, json_t *patch, char *problem, size_t max, struct error *err);

#endif

/*
 * target.h: the path and query of a request, taken apart.
 */
#ifndef SIMULATOR_TARGET_H
#define SIMULATOR_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "simulator/resource.h"

#define TARGET_MAX_SEGMENTS 12
#define TARGET_MAX_PARAMETERS 32

struct target {
    const char *path;                            /* unescaped, without the query */
    const char *group, *version;                 /* NULL: not under /api or /apis */
    const struct resource *resource;             /* NULL: not the path of a resource that we have */
    const char *namespace_, *name, *subresource; /* "" when the path has none */
    bool watch;                                  /* the old /watch/ paths */
    bool bindings; /* the bindings resource: resource is pods, subresource "binding", the name is in the body */
    struct {
        const char *key, *value;
    } parameters[TARGET_MAX_PARAMETERS];
    size_t parameter_count;
    char *memory; /* holds the strings, owned */
};

/* Takes `target` apart (copied). Free with target_free(). */
int target_parse(struct target *target, const char *text, struct error *err);
void target_free(struct target *target);

/* The value of a query parameter, or NULL. */
const char *target_parameter(const struct target *target, const char *key);
/* The same, but "" is NULL too. */
const char *target_filled_parameter(const struct target *target, const char *key);
/* As Go's ParseBool for query conversion does it: absent, "0" and "false" are false. */
bool target_flag(const struct target *target, const char *key);

#endif

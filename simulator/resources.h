/*
 * resources.h: the groups, versions and resources of the simulator, as discovery announces them. One table, so that discovery,
 * OpenAPI and the front end cannot disagree.
 */
#ifndef SIMULATOR_RESOURCES_H
#define SIMULATOR_RESOURCES_H

#include <stdbool.h>
#include <stddef.h>

struct api_resource {
    const char *group; /* "" is core */
    const char *version;
    const char *name;        /* plural */
    const char *subresource; /* NULL: the resource itself. Subresources follow their resource */
    const char *singular;
    const char *kind;
    bool namespaced;
    const char *verbs;       /* separated by spaces, in alphabetical order */
    const char *short_names; /* separated by spaces; "" */
    const char *categories;  /* separated by spaces; "" */
    const char *kind_in;     /* the group and version of the kind where they are others, "autoscaling/v1"; else "" */
};

/* The whole table, grouped by group, core first. Static; *count entries. */
const struct api_resource *api_resources(size_t *count);

#endif

/* resize.c: determineContainerReqs of k8s.io/component-helpers/resource, the half that reads. */
#include "common/cluster/resize.h"

#include <string.h>

#define CONDITIONS "status.conditions"

/* only the first condition of that type counts */
static int read_infeasible(const json_t *conditions, bool *infeasible, struct error *err)
{
    for (size_t i = 0; i < json_array_size(conditions); i++) {
        const json_t *condition = read_element(conditions, i, CONDITIONS, err);
        const char *type = "", *reason = "";

        if (!condition || read_string(condition, CONDITIONS ".type", &type, err) < 0)
            return -1;
        if (strcmp(type, "PodResizePending") != 0)
            continue;
        if (read_string(condition, CONDITIONS ".reason", &reason, err) < 0)
            return -1;
        *infeasible = strcmp(reason, "Infeasible") == 0;
        return 0;
    }
    return 0;
}

int resize_read(const json_t *status, struct resize *resize, struct error *err)
{
    const json_t *conditions = NULL;
    struct resize found = {{NULL, NULL}, false};

    if (read_array(status, "status.containerStatuses", &found.statuses[0], err) < 0 ||
        read_array(status, "status.initContainerStatuses", &found.statuses[1], err) < 0)
        return -1;
    if (found.statuses[0] || found.statuses[1])
        if (read_array(status, CONDITIONS, &conditions, err) < 0 || read_infeasible(conditions, &found.infeasible, err) < 0)
            return -1;
    *resize = found;
    return 0;
}

static int read_status(const json_t *status, bool *known, const json_t **running, const json_t **allocated, struct error *err)
{
    const json_t *resources = NULL;

    if (read_object(status, "status.containerStatuses.resources", &resources, err) < 0)
        return -1;
    *known = resources != NULL;
    if (!resources)
        return 0;
    if (read_object(resources, "status.containerStatuses.resources.requests", running, err) < 0)
        return -1;
    return read_object(status, "status.containerStatuses.allocatedResources", allocated, err);
}

int resize_find(const struct resize *resize, const char *container, bool *known, const json_t **running, const json_t **allocated,
                struct error *err)
{
    *known = false;
    *running = *allocated = NULL;
    for (int kind = 0; kind < 2; kind++) {
        for (size_t i = 0; i < json_array_size(resize->statuses[kind]); i++) {
            const json_t *status = read_element(resize->statuses[kind], i, "status.containerStatuses", err);
            const char *name = "";

            if (!status || read_string(status, "status.containerStatuses.name", &name, err) < 0)
                return -1;
            if (strcmp(name, container) == 0)
                return read_status(status, known, running, allocated, err);
        }
    }
    return 0;
}

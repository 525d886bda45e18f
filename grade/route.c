#include "grade/route.h"

#include <stdio.h>
#include <string.h>

#define SEGMENTS_MAX 10
#define LENGTH(array) (sizeof(array) / sizeof(array)[0])

struct path {
    char text[2048];
    char *segment[SEGMENTS_MAX];
    size_t count;
};

static bool is_name(const char *segment)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._:";

    return *segment && strspn(segment, allowed) == strlen(segment) && strcmp(segment, ".") != 0 && strcmp(segment, "..") != 0;
}

/* "/api/v1/pods" into its segments; one slash at the end is nothing */
static int split(const char *target, struct path *path)
{
    size_t bytes = strcspn(target, "?");
    char *at;

    path->count = 0;
    if (*target != '/' || bytes >= sizeof path->text)
        return -1;
    memcpy(path->text, target, bytes);
    path->text[bytes] = '\0';
    if (bytes > 1 && path->text[bytes - 1] == '/')
        path->text[bytes - 1] = '\0';
    for (at = path->text; at && at[1]; path->count++) {
        char *next = strchr(at + 1, '/');

        if (path->count == SEGMENTS_MAX)
            return -1;
        *at++ = '\0';
        if (next)
            *next = '\0';
        if (!is_name(at))
            return -1;
        path->segment[path->count] = at;
        at = next;
    }
    return 0;
}

static int copy(char *out, size_t size, const char *from)
{
    return (size_t)snprintf(out, size, "%s", from) < size ? 0 : -1;
}

/* Value of a query's parameter, as it stands there; false when it has none. */
static bool parameter(const char *target, const char *key, char *out, size_t size)
{
    const char *at = strchr(target, '?');
    size_t bytes = strlen(key);

    while (at) {
        at++;
        if (!strncmp(at, key, bytes) && at[bytes] == '=') {
            snprintf(out, size, "%.*s", (int)strcspn(at + bytes + 1, "&"), at + bytes + 1);
            return true;
        }
        at = strchr(at, '&');
    }
    return false;
}

static bool is_true(const char *target, const char *key)
{
    char value[8];

    return parameter(target, key, value, sizeof value) && (!strcmp(value, "true") || !strcmp(value, "True") || !strcmp(value, "1"));
}

static int name_verb(const char *method, const char *target, struct route *route)
{
    static const struct {
        const char *method, *one, *all;
    } verbs[] = {{"GET", "get", "list"},      {"HEAD", "get", "list"},     {"POST", "create", "create"},
                 {"PUT", "update", "update"}, {"PATCH", "patch", "patch"}, {"DELETE", "delete", "deletecollection"}};

    for (size_t i = 0; i < LENGTH(verbs); i++) {
        if (strcmp(method, verbs[i].method) != 0)
            continue;
        route->watch = i < 2 && *route->resource && is_true(target, "watch");
        route->initial_events = route->watch && is_true(target, "sendInitialEvents");
        route->follows = i < 2 && is_true(target, "follow");
        return copy(route->verb, sizeof route->verb,
                    route->watch                        ? "watch"
                    : *route->name || !*route->resource ? verbs[i].one
                                                        : verbs[i].all);
    }
    return -1;
}

/* RESOURCE[/NAME[/SUBRESOURCE]], in a namespace or not */
static int read_resource(struct route *route, char *const *segment, size_t count)
{
    if (count >= 3 && !strcmp(segment[0], "namespaces") && strcmp(segment[2], "status") != 0 && strcmp(segment[2], "finalize") != 0) {
        if (copy(route->namespace_, sizeof route->namespace_, segment[1]) < 0)
            return -1;
        segment += 2;
        count -= 2;
    }
    if (count > 3 || (count > 0 && copy(route->resource, sizeof route->resource, segment[0]) < 0) ||
        (count > 1 && copy(route->name, sizeof route->name, segment[1]) < 0) ||
        (count > 2 && copy(route->subresource, sizeof route->subresource, segment[2]) < 0))
        return -1;
    return 0;
}

int route_read(const char *method, const char *target, struct route *route)
{
    struct route read = {0};
    struct path path;
    size_t skip;

    if (split(target, &path) < 0)
        return -1;
    if (path.count >= 2 && !strcmp(path.segment[0], "api"))
        skip = 2;
    else if (path.count >= 3 && !strcmp(path.segment[0], "apis"))
        skip = 3;
    else
        skip = path.count;
    if (skip == 3 && path.count > 3 && copy(read.group, sizeof read.group, path.segment[1]) < 0)
        return -1;
    if (skip == path.count && path.count && copy(read.page, sizeof read.page, path.segment[0]) < 0)
        return -1;
    if (read_resource(&read, path.segment + skip, path.count - skip) < 0 || name_verb(method, target, &read) < 0)
        return -1;
    parameter(target, "resourceVersion", read.resource_version, sizeof read.resource_version);
    *route = read;
    return 0;
}

bool route_writes(const struct route *route)
{
    return strcmp(route->verb, "get") != 0 && strcmp(route->verb, "list") != 0 && strcmp(route->verb, "watch") != 0;
}

bool route_binds(const struct route *route)
{
    if (*route->group || strcmp(route->verb, "create") != 0)
        return false;
    return (!strcmp(route->resource, "pods") && !strcmp(route->subresource, "binding")) ||
           (!strcmp(route->resource, "bindings") && !*route->subresource);
}

static bool may_read(const struct route *route)
{
    static const char *const resources[] = {"nodes",
                                            "pods",
                                            "namespaces",
                                            "events",
                                            "leases",
                                            "services",
                                            "replicasets",
                                            "statefulsets",
                                            "replicationcontrollers",
                                            "deployments",
                                            "daemonsets",
                                            "poddisruptionbudgets",
                                            "priorityclasses",
                                            "csinodes",
                                            "csidrivers",
                                            "storageclasses",
                                            "csistoragecapacities",
                                            "volumeattachments",
                                            "persistentvolumes",
                                            "persistentvolumeclaims",
                                            "resourceslices",
                                            "resourceclaims",
                                            "deviceclasses"};

    static const char *const pages[] = {"api", "apis", "version", "openapi", "healthz", "livez", "readyz"};

    for (size_t i = 0; !*route->resource && i < LENGTH(pages); i++)
        if (!strcmp(route->page, pages[i]))
            return true;
    if (!*route->resource)
        return false;
    if (*route->subresource && strcmp(route->subresource, "status") != 0)
        return false;
    for (size_t i = 0; i < LENGTH(resources); i++)
        if (!strcmp(route->resource, resources[i]))
            return true;
    return false;
}

static bool may_write(const struct route *route)
{
    static const struct {
        const char *group, *resource, *subresource, *verbs;
    } rules[] = {{"", "events", "", "create patch update"},
                 {"events.k8s.io", "events", "", "create patch update"},
                 {"", "pods", "status", "patch update"},
                 {"coordination.k8s.io", "leases", "", "create patch update"}};

    if (route_binds(route))
        return true;
    for (size_t i = 0; i < LENGTH(rules); i++)
        if (!strcmp(route->group, rules[i].group) && !strcmp(route->resource, rules[i].resource) &&
            !strcmp(route->subresource, rules[i].subresource) && strstr(rules[i].verbs, route->verb))
            return true;
    return false;
}

bool route_allowed(const struct route *route, const char *own)
{
    if (!route_writes(route))
        return may_read(route) && !route->follows;
    return may_write(route) && !strcmp(route->namespace_, own);
}

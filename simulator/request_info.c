/*
 * request_info.c: /api/v1/namespaces/NS/pods/NAME/binding and its like, in parts.
 */
#include "simulator/request_info.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { PARTS = 9 };

struct parts {
    const char *at[PARTS];
    size_t bytes[PARTS];
    int count;
};

static void split(const char *target, struct parts *parts)
{
    parts->count = 0;
    while (*target == '/' && parts->count < PARTS) {
        size_t bytes = strcspn(++target, "/?");

        if (bytes) {
            parts->at[parts->count] = target;
            parts->bytes[parts->count++] = bytes;
        }
        target += bytes;
    }
}

static bool is(const struct parts *parts, int i, const char *word)
{
    return i < parts->count && parts->bytes[i] == strlen(word) && memcmp(parts->at[i], word, parts->bytes[i]) == 0;
}

static void take(const struct parts *parts, int i, char *out, size_t size)
{
    if (i < parts->count)
        snprintf(out, size, "%.*s", (int)parts->bytes[i], parts->at[i]);
}

/* watch=true, watch=1 or a bare watch, as Go's parser of booleans has it */
static bool asks_to_watch(const char *target)
{
    const char *query = strchr(target, '?');

    for (; query && query[0]; query = strchr(query + 1, '&')) {
        const char *value = query + 6;

        if (strncmp(query + 1, "watch", 5) != 0 || (*value && !strchr("=&", *value)))
            continue;
        return *value != '=' || !(value[1] == '0' || value[1] == 'f' || value[1] == 'F');
    }
    return false;
}

static const char *verb_of(const char *method, const struct request_info *info, bool watch)
{
    static const char *const verbs[][2] = {{"POST", "create"}, {"PUT", "update"}, {"PATCH", "patch"}};

    if (*info->resource && (strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0))
        return watch ? "watch" : *info->name ? "get" : "list";
    if (*info->resource && strcmp(method, "DELETE") == 0)
        return *info->name ? "delete" : "deletecollection";
    for (size_t i = 0; *info->resource && i < sizeof verbs / sizeof verbs[0]; i++)
        if (strcmp(method, verbs[i][0]) == 0)
            return verbs[i][1];
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
        if (strcmp(method, verbs[i][0]) == 0)
            return (const char *const[]){"post", "put", "patch"}[i];
    return strcmp(method, "DELETE") == 0 ? "delete" : strcmp(method, "HEAD") == 0 ? "head" : "get";
}

void request_info_read(const char *method, const char *target, struct request_info *info)
{
    struct parts parts;
    int at;

    *info = (struct request_info){.verb = ""};
    split(target, &parts);
    if (is(&parts, 0, "api") && parts.count > 2) {
        at = 1;
    } else if (is(&parts, 0, "apis") && parts.count > 3) {
        take(&parts, 1, info->group, sizeof info->group);
        at = 2;
    } else {
        info->verb = verb_of(method, info, false);
        return;
    }
    take(&parts, at++, info->version, sizeof info->version);
    if (is(&parts, at, "namespaces") && at + 1 < parts.count) {
        take(&parts, at + 1, info->namespace_, sizeof info->namespace_);
        /* /namespaces/NS and its subresources are about the namespace itself */
        if (at + 2 < parts.count && !is(&parts, at + 2, "status") && !is(&parts, at + 2, "finalize"))
            at += 2;
    }
    take(&parts, at, info->resource, sizeof info->resource);
    take(&parts, at + 1, info->name, sizeof info->name);
    take(&parts, at + 2, info->subresource, sizeof info->subresource);
    info->verb = verb_of(method, info, asks_to_watch(target));
}

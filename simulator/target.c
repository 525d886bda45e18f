#include "simulator/target.h"

#include <stdlib.h>
#include <string.h>

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* takes percent escapes out, in place; in a query '+' is a blank */
static void unescape(char *text, bool query)
{
    char *out = text;

    for (; *text; text++) {
        if (*text == '%' && hex(text[1]) >= 0 && hex(text[2]) >= 0) {
            *out++ = (char)(hex(text[1]) << 4 | hex(text[2]));
            text += 2;
        } else {
            *out++ = *text == '+' && query ? ' ' : *text;
        }
    }
    *out = '\0';
}

static void parse_query(struct target *target, char *query)
{
    while (query && *query && target->parameter_count < TARGET_MAX_PARAMETERS) {
        char *next = strchr(query, '&'), *value;

        if (next)
            *next++ = '\0';
        value = strchr(query, '=');
        if (value)
            *value++ = '\0';
        else
            value = query + strlen(query);
        unescape(query, true);
        unescape(value, true);
        target->parameters[target->parameter_count].key = query;
        target->parameters[target->parameter_count++].value = value;
        query = next;
    }
}

static size_t split_path(char *path, const char *segments[TARGET_MAX_SEGMENTS + 1])
{
    size_t count = 0;

    while (path && *path == '/') {
        *path++ = '\0';
        if (count == TARGET_MAX_SEGMENTS)
            return 0;
        segments[count++] = path;
        path = strchr(path, '/');
    }
    for (size_t i = 0; i < count; i++)
        unescape((char *)segments[i], false);
    return count;
}

static void find_resource(struct target *target, const char *group, const char *version, const char *const *rest, size_t count)
{
    const char *resource;
    bool in_namespace = false;

    target->group = group;
    target->version = version;
    if (count && !strcmp(rest[0], "watch")) {
        target->watch = true;
        rest++;
        count--;
    }
    if (count > 2 && !strcmp(rest[0], "namespaces") && strcmp(rest[2], "status") != 0 && strcmp(rest[2], "finalize") != 0) {
        target->namespace_ = rest[1];
        in_namespace = true;
        rest += 2;
        count -= 2;
    }
    if (!count || count > 3)
        return;
    resource = rest[0];
    target->name = count > 1 ? rest[1] : "";
    target->subresource = count > 2 ? rest[2] : "";
    if (!strcmp(resource, "bindings") && in_namespace && count == 1 && !*group) {
        target->bindings = true;
        target->resource = resource_find("", "v1", "pods");
        target->subresource = "binding";
        return;
    }
    target->resource = resource_find(group, version, resource);
    if (target->resource && (in_namespace ? !target->resource->namespaced : target->resource->namespaced && *target->name))
        target->resource = NULL;
}

int target_parse(struct target *target, const char *text, struct error *err)
{
    const char *segments[TARGET_MAX_SEGMENTS + 1];
    size_t count, bytes = strlen(text) + 1;
    char *path, *split, *query;

    memset(target, 0, sizeof *target);
    target->namespace_ = target->name = target->subresource = "";
    target->memory = malloc(2 * bytes);
    if (!target->memory)
        return error_no_memory(err);
    path = memcpy(target->memory, text, bytes);
    query = strchr(path, '?');
    if (query)
        *query++ = '\0';
    parse_query(target, query);
    split = strcpy(target->memory + bytes, path);
    count = split_path(split, segments);
    unescape(path, false);
    target->path = path;
    if (count > 2 && !strcmp(segments[0], "api"))
        find_resource(target, "", segments[1], segments + 2, count - 2);
    else if (count > 3 && !strcmp(segments[0], "apis"))
        find_resource(target, segments[1], segments[2], segments + 3, count - 3);
    return 0;
}

void target_free(struct target *target)
{
    free(target->memory);
    target->memory = NULL;
}

const char *target_parameter(const struct target *target, const char *key)
{
    for (size_t i = 0; i < target->parameter_count; i++)
        if (!strcmp(target->parameters[i].key, key))
            return target->parameters[i].value;
    return NULL;
}

const char *target_filled_parameter(const struct target *target, const char *key)
{
    const char *value = target_parameter(target, key);

    return value && *value ? value : NULL;
}

bool target_flag(const struct target *target, const char *key)
{
    const char *value = target_parameter(target, key);

    return value && strcmp(value, "0") != 0 && strcmp(value, "false") != 0;
}

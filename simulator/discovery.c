/*
 * discovery.c: answers made from the table of resources, in the two forms clients ask for: a document per group and version, or
 * all of it at once (apidiscovery.k8s.io).
 */
#include "simulator/discovery.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "simulator/openapi.h"
#include "simulator/resources.h"

static const char json_type[] = "application/json";

static bool begins_group(const struct api_resource *table, size_t i)
{
    return i == 0 || strcmp(table[i].group, table[i - 1].group) != 0;
}

/* "a b c" as ["a","b","c"] */
static int add_words(struct buffer *out, const char *words, struct error *err)
{
    const char *separator = "[";

    for (; *words; words += strcspn(words, " "), words += *words == ' ') {
        if (buffer_printf(out, err, "%s\"%.*s\"", separator, (int)strcspn(words, " "), words) < 0)
            return -1;
        separator = ",";
    }
    return buffer_add(out, "]", 1, err);
}

static int add_names(struct buffer *out, const struct api_resource *r, struct error *err)
{
    if (*r->short_names && (buffer_add_string(out, ",\"shortNames\":", err) < 0 || add_words(out, r->short_names, err) < 0))
        return -1;
    if (*r->categories && (buffer_add_string(out, ",\"categories\":", err) < 0 || add_words(out, r->categories, err) < 0))
        return -1;
    return 0;
}

static int add_versions_and_preferred(struct buffer *out, const struct api_resource *r, struct error *err)
{
    return buffer_printf(out, err,
                         "\"name\":\"%s\",\"versions\":[{\"groupVersion\":\"%s/%s\",\"version\":\"%s\"}],"
                         "\"preferredVersion\":{\"groupVersion\":\"%s/%s\",\"version\":\"%s\"}}",
                         r->group, r->group, r->version, r->version, r->group, r->version, r->version);
}

static int add_group_list(struct buffer *out, struct error *err)
{
    const struct api_resource *table;
    const char *separator = "";
    size_t count;

    table = api_resources(&count);
    if (buffer_add_string(out, "{\"kind\":\"APIGroupList\",\"apiVersion\":\"v1\",\"groups\":[", err) < 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        if (!*table[i].group || !begins_group(table, i))
            continue;
        if (buffer_printf(out, err, "%s{", separator) < 0 || add_versions_and_preferred(out, &table[i], err) < 0)
            return -1;
        separator = ",";
    }
    return buffer_add_string(out, "]}", err);
}

static int add_resource(struct buffer *out, const struct api_resource *r, struct error *err)
{
    if (buffer_printf(out, err, "{\"name\":\"%s%s%s\",\"singularName\":\"%s\",\"namespaced\":%s,", r->name, r->subresource ? "/" : "",
                      r->subresource ? r->subresource : "", r->singular, r->namespaced ? "true" : "false") < 0 ||
        (*r->kind_in && buffer_printf(out, err, "\"group\":\"%.*s\",\"version\":\"%s\",", (int)strcspn(r->kind_in, "/"), r->kind_in,
                                      strchr(r->kind_in, '/') + 1) < 0) ||
        buffer_printf(out, err, "\"kind\":\"%s\",\"verbs\":", r->kind) < 0 || add_words(out, r->verbs, err) < 0 ||
        add_names(out, r, err) < 0)
        return -1;
    return buffer_add(out, "}", 1, err);
}

/* 1 when there is such a group and version, else 0 */
static int add_resource_list(struct buffer *out, const char *group, const char *version, struct error *err)
{
    const struct api_resource *table;
    bool known = false;
    size_t count;

    table = api_resources(&count);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(table[i].group, group) != 0 || strcmp(table[i].version, version) != 0)
            continue;
        if (!known && buffer_printf(out, err, "{\"kind\":\"APIResourceList\",%s\"groupVersion\":\"%s%s%s\",\"resources\":[",
                                    *group ? "\"apiVersion\":\"v1\"," : "", group, *group ? "/" : "", version) < 0)
            return -1;
        if ((known && buffer_add(out, ",", 1, err) < 0) || add_resource(out, &table[i], err) < 0)
            return -1;
        known = true;
    }
    return known ? (buffer_add_string(out, "]}", err) < 0 ? -1 : 1) : 0;
}

static int add_aggregated_kind(struct buffer *out, const struct api_resource *r, struct error *err)
{
    const char *version = strchr(r->kind_in, '/');

    return buffer_printf(out, err, "\"responseKind\":{\"group\":\"%.*s\",\"version\":\"%s\",\"kind\":\"%s\"},",
                         (int)strcspn(r->kind_in, "/"), r->kind_in, version ? version + 1 : "", r->kind);
}

static int add_aggregated_resource(struct buffer *out, const struct api_resource *r, const struct api_resource *end, struct error *err)
{
    const char *separator = ",\"subresources\":[";

    if (buffer_printf(out, err, "{\"resource\":\"%s\",", r->name) < 0 || add_aggregated_kind(out, r, err) < 0 ||
        buffer_printf(out, err, "\"scope\":\"%s\",\"singularResource\":\"%s\",\"verbs\":", r->namespaced ? "Namespaced" : "Cluster",
                      r->singular) < 0 ||
        add_words(out, r->verbs, err) < 0 || add_names(out, r, err) < 0)
        return -1;
    for (r++; r < end && r->subresource; r++) {
        if (buffer_printf(out, err, "%s{\"subresource\":\"%s\",", separator, r->subresource) < 0 || add_aggregated_kind(out, r, err) < 0 ||
            buffer_add_string(out, "\"verbs\":", err) < 0 || add_words(out, r->verbs, err) < 0 || buffer_add(out, "}", 1, err) < 0)
            return -1;
        separator = ",";
    }
    return buffer_add_string(out, *separator == ',' && !separator[1] ? "]}" : "}", err);
}

/* one group from table[*at] on; *at is then the first entry of the next */
static int add_aggregated_group(struct buffer *out, const struct api_resource *table, size_t count, size_t *at, struct error *err)
{
    const struct api_resource *first = &table[*at];
    const char *separator = "";

    if (*first->group ? buffer_printf(out, err, "{\"metadata\":{\"name\":\"%s\"},", first->group) < 0
                      : buffer_add_string(out, "{\"metadata\":{},", err) < 0)
        return -1;
    if (buffer_printf(out, err, "\"versions\":[{\"version\":\"%s\",\"resources\":[", first->version) < 0)
        return -1;
    do {
        if (!table[*at].subresource) {
            if (buffer_add_string(out, separator, err) < 0 || add_aggregated_resource(out, &table[*at], table + count, err) < 0)
                return -1;
            separator = ",";
        }
        ++*at;
    } while (*at < count && !begins_group(table, *at));
    return buffer_add_string(out, "],\"freshness\":\"Current\"}]}", err);
}

static int add_aggregated(struct buffer *out, bool core, const char *version, struct error *err)
{
    const struct api_resource *table;
    const char *separator = "";
    size_t count, at = 0;

    table = api_resources(&count);
    if (buffer_printf(out, err, "{\"kind\":\"APIGroupDiscoveryList\",\"apiVersion\":\"apidiscovery.k8s.io/%s\",\"metadata\":{},\"items\":[",
                      version) < 0)
        return -1;
    while (at < count) {
        if (core != !*table[at].group) {
            at++;
            continue;
        }
        if (buffer_add_string(out, separator, err) < 0 || add_aggregated_group(out, table, count, &at, err) < 0)
            return -1;
        separator = ",";
    }
    return buffer_add_string(out, "]}", err);
}

/* the version of apidiscovery.k8s.io that an Accept header asks for first, or NULL for the plain documents */
static const char *aggregated_version(const char *accept)
{
    for (; accept && *accept; accept += strcspn(accept, ","), accept += *accept == ',') {
        char range[160];
        size_t bytes = strcspn(accept, ",");

        snprintf(range, sizeof range, "%.*s;", (int)(bytes < sizeof range - 2 ? bytes : sizeof range - 2), accept);
        if (!strstr(range, "application/json"))
            continue;
        if (!strstr(range, "as="))
            return NULL;
        if (strstr(range, "as=APIGroupDiscoveryList;") && strstr(range, "v=v2;"))
            return "v2";
        if (strstr(range, "as=APIGroupDiscoveryList;") && strstr(range, "v=v2beta1;"))
            return "v2beta1";
    }
    return NULL;
}

static int handle_root(bool core, const char *accept, struct buffer *out, const char **content_type, struct error *err)
{
    const char *version = aggregated_version(accept);

    if (version) {
        *content_type = strcmp(version, "v2") == 0 ? "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
                                                   : "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList";
        return add_aggregated(out, core, version, err) < 0 ? -1 : 1;
    }
    if (!core)
        return add_group_list(out, err) < 0 ? -1 : 1;
    return buffer_add_string(out,
                             "{\"kind\":\"APIVersions\",\"versions\":[\"v1\"],"
                             "\"serverAddressByClientCIDRs\":[{\"clientCIDR\":\"0.0.0.0/0\",\"serverAddress\":\"\"}]}",
                             err) < 0
               ? -1
               : 1;
}

/* "GROUP" or "GROUP/VERSION" below /apis/ */
static int handle_group(const char *path, struct buffer *out, struct error *err)
{
    const struct api_resource *table;
    size_t count, bytes = strcspn(path, "/");
    char group[128];

    snprintf(group, sizeof group, "%.*s", (int)(bytes < sizeof group ? bytes : sizeof group - 1), path);
    if (!*group)
        return 0;
    if (path[bytes])
        return add_resource_list(out, group, path + bytes + 1, err);
    table = api_resources(&count);
    for (size_t i = 0; i < count; i++)
        if (strcmp(table[i].group, group) == 0)
            return buffer_add_string(out, "{\"kind\":\"APIGroup\",\"apiVersion\":\"v1\",", err) < 0 ||
                           add_versions_and_preferred(out, &table[i], err) < 0
                       ? -1
                       : 1;
    return 0;
}

static int handle_openapi(const char *path, const char *accept, struct buffer *out, const char **content_type, struct error *err)
{
    if (strcmp(path, "v2") == 0) {
        bool protobuf = accept && strstr(accept, "application/com.github.proto-openapi.spec.v2");

        if (protobuf)
            *content_type = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";
        return openapi_v2_document(protobuf, out, err) < 0 ? -1 : 1;
    }
    if (strcmp(path, "v3") == 0)
        return openapi_v3_index(out, err) < 0 ? -1 : 1;
    if (strncmp(path, "v3/api/", 7) == 0)
        return openapi_v3_document("", path + 7, out, err);
    if (strncmp(path, "v3/apis/", 8) == 0 && strchr(path + 8, '/')) {
        size_t bytes = strcspn(path + 8, "/");
        char group[128];

        snprintf(group, sizeof group, "%.*s", (int)(bytes < sizeof group ? bytes : sizeof group - 1), path + 8);
        return openapi_v3_document(group, path + 8 + bytes + 1, out, err);
    }
    return 0;
}

static int handle_version(struct buffer *out, struct error *err)
{
    return buffer_add_string(
               out,
               "{\"major\":\"1\",\"minor\":\"34\",\"emulationMajor\":\"1\",\"emulationMinor\":\"34\","
               "\"minCompatibilityMajor\":\"1\",\"minCompatibilityMinor\":\"33\",\"gitVersion\":\"v1.34.4\",\"gitCommit\":\"\","
               "\"gitTreeState\":\"clean\",\"buildDate\":\"1970-01-01T00:00:00Z\",\"goVersion\":\"\",\"compiler\":\"cc\","
               "\"platform\":\"simulator\"}",
               err) < 0
               ? -1
               : 1;
}

static bool is_health(const char *path)
{
    return strcmp(path, "/livez") == 0 || strcmp(path, "/readyz") == 0 || strcmp(path, "/healthz") == 0;
}

static int dispatch(const char *path, const char *accept, struct buffer *out, const char **content_type, struct error *err)
{
    if (strcmp(path, "/api") == 0 || strcmp(path, "/apis") == 0)
        return handle_root(!path[4], accept, out, content_type, err);
    if (strncmp(path, "/api/", 5) == 0 && !strchr(path + 5, '/'))
        return add_resource_list(out, "", path + 5, err);
    if (strncmp(path, "/apis/", 6) == 0)
        return handle_group(path + 6, out, err);
    if (strncmp(path, "/openapi/", 9) == 0)
        return handle_openapi(path + 9, accept, out, content_type, err);
    if (strcmp(path, "/version") == 0)
        return handle_version(out, err);
    if (is_health(path)) {
        *content_type = "text/plain; charset=utf-8";
        return buffer_add_string(out, "ok", err) < 0 ? -1 : 1;
    }
    return 0;
}

int discovery_handle(const char *path, const char *accept, struct buffer *out, const char **content_type, int *status, struct error *err)
{
    const char *type = json_type;
    size_t before = out->bytes, bytes = strlen(path);
    char plain[256];
    int ret;

    /* Python's client asks for /api/ and /apis/ */
    if (bytes < 2 || bytes >= sizeof plain)
        return 0;
    memcpy(plain, path, bytes + 1);
    if (plain[bytes - 1] == '/')
        plain[bytes - 1] = '\0';
    ret = dispatch(plain, accept, out, &type, err);
    if (ret <= 0) {
        out->bytes = before;
        return ret;
    }
    *content_type = type;
    *status = 200;
    return 1;
}

/*
 * openapi.c: documents made from the table of resources.
 */
#include "simulator/openapi.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "common/limits.h"
#include "simulator/resources.h"

static int add_path(const struct api_resource *r, bool first, struct buffer *out, struct error *err)
{
    static const char patch[] =
        "\"parameters\":[{\"name\":\"dryRun\",\"in\":\"query\",\"schema\":{\"type\":\"string\"}},"
        "{\"name\":\"fieldManager\",\"in\":\"query\",\"schema\":{\"type\":\"string\"}},"
        "{\"name\":\"fieldValidation\",\"in\":\"query\",\"schema\":{\"type\":\"string\"}},"
        "{\"name\":\"force\",\"in\":\"query\",\"schema\":{\"type\":\"boolean\"}}],"
        "\"requestBody\":{\"content\":{\"application/json-patch+json\":{},\"application/merge-patch+json\":{}},\"required\":true},"
        "\"responses\":{\"200\":{\"description\":\"OK\"}},\"x-kubernetes-action\":\"patch\"";

    if (buffer_printf(out, err, "%s\"%s%s/%s%s/%s/{name}\":{\"patch\":{", first ? "" : ",", *r->group ? "/apis/" : "/api", r->group,
                      r->version, r->namespaced ? "/namespaces/{namespace}" : "", r->name) < 0)
        return -1;
    return buffer_printf(out, err, "%s,\"x-kubernetes-group-version-kind\":{\"group\":\"%s\",\"version\":\"%s\",\"kind\":\"%s\"}}}", patch,
                         r->group, r->version, r->kind);
}

static bool can_patch(const struct api_resource *r)
{
    return !r->subresource && strstr(r->verbs, "patch") != NULL;
}

int openapi_v3_document(const char *group, const char *version, struct buffer *out, struct error *err)
{
    const struct api_resource *table;
    size_t count, before = out->bytes;
    bool known = false, first = true;

    table = api_resources(&count);
    for (size_t i = 0; i < count; i++)
        known = known || (strcmp(table[i].group, group) == 0 && strcmp(table[i].version, version) == 0);
    if (!known)
        return 0;
    if (buffer_add_string(out, "{\"openapi\":\"3.0.0\",\"info\":{\"title\":\"Kubernetes\",\"version\":\"1.34\"},\"paths\":{", err) < 0)
        goto undo;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(table[i].group, group) != 0 || strcmp(table[i].version, version) != 0 || !can_patch(&table[i]))
            continue;
        if (add_path(&table[i], first, out, err) < 0)
            goto undo;
        first = false;
    }
    if (buffer_add_string(out, "},\"components\":{\"schemas\":{}}}", err) == 0)
        return 1;
undo:
    out->bytes = before;
    return -1;
}

/* the hash in a document's address lets kubectl keep it: it must change when the document does */
static int document_hash(const struct api_resource *r, uint64_t *hash, struct error *err)
{
    struct buffer document;
    int ret;

    buffer_init(&document, LIMIT_OBJECT_BYTES);
    ret = openapi_v3_document(r->group, r->version, &document, err);
    *hash = 14695981039346656037u;
    for (size_t i = 0; i < document.bytes; i++)
        *hash = (*hash ^ (unsigned char)document.data[i]) * 1099511628211u;
    buffer_free(&document);
    return ret < 0 ? -1 : 0;
}

int openapi_v3_index(struct buffer *out, struct error *err)
{
    const struct api_resource *table;
    size_t count, before = out->bytes;

    table = api_resources(&count);
    if (buffer_add_string(out, "{\"paths\":{", err) < 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        const struct api_resource *r = &table[i];
        char path[128];
        uint64_t hash;

        if (i && strcmp(r->group, table[i - 1].group) == 0)
            continue;
        snprintf(path, sizeof path, "%s%s/%s", *r->group ? "apis/" : "api", r->group, r->version);
        if (document_hash(r, &hash, err) < 0 ||
            buffer_printf(out, err, "%s\"%s\":{\"serverRelativeURL\":\"/openapi/v3/%s?hash=%016" PRIX64 "\"}", i ? "," : "", path, path,
                          hash) < 0)
            goto undo;
    }
    if (buffer_add_string(out, "}}", err) == 0)
        return 0;
undo:
    out->bytes = before;
    return -1;
}

int openapi_v2_document(bool protobuf, struct buffer *out, struct error *err)
{
    /* field 1 (swagger) "2.0"; field 2 (info) with its field 1 (title) and field 2 (version); field 8 (paths), empty */
    static const char wire[] = "\x0a\x03"
                               "2.0"
                               "\x12\x13"
                               "\x0a\x0a"
                               "Kubernetes"
                               "\x12\x05"
                               "v1.34"
                               "\x42\x00";

    if (protobuf)
        return buffer_add(out, wire, sizeof wire - 1, err);
    return buffer_add_string(
        out, "{\"swagger\":\"2.0\",\"info\":{\"title\":\"Kubernetes\",\"version\":\"v1.34.4\"},\"paths\":{},\"definitions\":{}}", err);
}

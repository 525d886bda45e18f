#include "simulator/continue.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/limits.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static int add_base64url(struct buffer *out, const char *data, size_t bytes, struct error *err)
{
    for (size_t i = 0; i < bytes; i += 3) {
        unsigned char in[3] = {0};
        size_t have = bytes - i < 3 ? bytes - i : 3;
        char group[4];

        memcpy(in, data + i, have);
        group[0] = alphabet[in[0] >> 2];
        group[1] = alphabet[(in[0] & 3) << 4 | in[1] >> 4];
        group[2] = alphabet[(in[1] & 15) << 2 | in[2] >> 6];
        group[3] = alphabet[in[2] & 63];
        if (buffer_add(out, group, have + 1, err) < 0)
            return -1;
    }
    return 0;
}

/* decodes in place of `out`, which has room; returns the bytes, or -1 */
static long decode_base64url(const char *text, char *out)
{
    unsigned bits = 0, held = 0;
    char *at = out;

    for (; *text && *text != '='; text++) {
        const char *digit = strchr(alphabet, *text);

        if (!digit)
            return -1;
        bits = bits << 6 | (unsigned)(digit - alphabet);
        held += 6;
        if (held >= 8) {
            held -= 8;
            *at++ = (char)(bits >> held);
        }
    }
    *at = '\0';
    return at - out;
}

int continue_encode(struct buffer *out, const char *key, int64_t rv, struct error *err)
{
    struct buffer json;
    int ret = -1;

    buffer_init(&json, LIMIT_TARGET_BYTES);
    if (buffer_printf(&json, err, "{\"v\":\"meta.k8s.io/v1\",\"rv\":%lld,\"start\":\"/%s\\u0000\"}", (long long)rv, key) == 0)
        ret = add_base64url(out, json.data, json.bytes, err);
    buffer_free(&json);
    return ret;
}

/* the first key that may follow `start` ("/key\0": the first one above key, which is key with the smallest byte behind it) */
static const char *read_start(const json_t *start, char *from, size_t max)
{
    const char *text = json_string_value(start);
    size_t bytes = json_string_length(start);

    if (!text || bytes < 2 || text[0] != '/' || bytes + 1 > max)
        return "continue key is not valid";
    if (text[bytes - 1] == '\0')
        snprintf(from, max, "%s\x01", text + 1);
    else
        snprintf(from, max, "%s", text + 1);
    return NULL;
}

const char *continue_decode(const char *token, int64_t *rv, char *from, size_t max)
{
    char *json = malloc(strlen(token) + 1);
    long bytes = json ? decode_base64url(token, json) : -1;
    json_t *doc = bytes > 0 ? json_loadb(json, (size_t)bytes, JSON_ALLOW_NUL, NULL) : NULL;
    const char *version = json_string_value(json_object_get(doc, "v")), *problem = "continue key is not valid";

    if (version && strcmp(version, "meta.k8s.io/v1") != 0)
        problem = "server does not recognize this encoded version";
    else if (version && json_integer_value(json_object_get(doc, "rv")) == 0)
        problem = "incorrect encoded start resourceVersion";
    else if (version)
        problem = read_start(json_object_get(doc, "start"), from, max);
    if (!problem)
        *rv = json_integer_value(json_object_get(doc, "rv"));
    json_decref(doc);
    free(json);
    return problem;
}

/* options_value.c: what a flag's value may look like. The rules for names are Kubernetes' own (apimachinery/pkg/util/validation). */
#include "common/service/options_value.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHOWN_BYTES 60
#define NAME_BYTES 63
#define SUBDOMAIN_BYTES 253

int value_unexpected(const char *what, const char *text, struct error *err)
{
    char shown[SHOWN_BYTES + 1];
    size_t i;

    for (i = 0; i < SHOWN_BYTES && text[i]; i++)
        shown[i] = (unsigned char)text[i] < 0x20 || text[i] == 0x7f ? '?' : text[i];
    /* a cut inside a UTF-8 sequence takes the whole sequence away */
    if (text[i])
        while (i && ((unsigned char)text[i] & 0xc0) == 0x80)
            i--;
    shown[i] = '\0';
    return error_set(err, ERROR_USAGE, "expected %s, got '%s%s'", what, shown, text[i] ? "..." : "");
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Digits to a number; stops at the first other character. False when it does not fit. */
static bool read_digits(const char **text, uint64_t *out)
{
    uint64_t value = 0;

    for (; is_digit(**text); ++*text) {
        unsigned digit = (unsigned)(**text - '0');

        if (value > (UINT64_MAX - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    *out = value;
    return true;
}

/* Milliseconds in a text of seconds. False when it is none, or beyond what the caller could want. */
static bool read_seconds(const char *text, int64_t *out_ms)
{
    const char *p = text;
    uint64_t whole, ms = 0;
    uint64_t scale = 100;
    bool digits;

    if (!read_digits(&p, &whole) || whole > INT32_MAX)
        return false;
    digits = p > text;
    if (*p == '.')
        for (p++; is_digit(*p); p++, scale /= 10) {
            ms += (uint64_t)(*p - '0') * scale;
            digits = true;
        }
    if (*p || !digits)
        return false;
    *out_ms = (int64_t)(whole * 1000 + ms);
    return true;
}

int value_seconds(const char *text, int64_t min_ms, int64_t max_ms, int64_t *out_ms, struct error *err)
{
    int64_t ms;
    char what[64];

    if (read_seconds(text, &ms) && ms >= min_ms && ms <= max_ms) {
        *out_ms = ms;
        return 0;
    }
    snprintf(what, sizeof what, "seconds between %g and %g", (double)min_ms / 1000, (double)max_ms / 1000);
    return value_unexpected(what, text, err);
}

int value_number(const char *text, uint64_t min, uint64_t max, uint64_t *out, struct error *err)
{
    const char *p = text;
    uint64_t value;
    char what[80];

    if (is_digit(*p) && read_digits(&p, &value) && !*p && value >= min && value <= max) {
        *out = value;
        return 0;
    }
    snprintf(what, sizeof what, "a whole number between %llu and %llu", (unsigned long long)min, (unsigned long long)max);
    return value_unexpected(what, text, err);
}

int value_not_empty(const char *text, const char *what, struct error *err)
{
    return *text ? 0 : value_unexpected(what, text, err);
}

static bool is_lower_alnum(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z');
}

static bool is_alnum(char c)
{
    return is_lower_alnum(c) || (c >= 'A' && c <= 'Z');
}

/* A DNS-1123 subdomain: labels of lower-case letters, digits and '-' with dots between. `dots` false: one label. */
static bool is_dns_name(const char *s, size_t bytes, bool dots)
{
    size_t i;

    if (!bytes || bytes > (dots ? SUBDOMAIN_BYTES : NAME_BYTES))
        return false;
    for (i = 0; i < bytes; i++) {
        bool edge = i == 0 || i == bytes - 1 || s[i - 1] == '.' || s[i + 1] == '.';

        if (is_lower_alnum(s[i]) || (s[i] == '-' && !edge) || (s[i] == '.' && dots && !edge))
            continue;
        return false;
    }
    return true;
}

/* The part of a qualified name behind the '/', and any label value that is not empty. */
static bool is_name(const char *s, size_t bytes)
{
    size_t i;

    if (!bytes || bytes > NAME_BYTES || !is_alnum(s[0]) || !is_alnum(s[bytes - 1]))
        return false;
    for (i = 0; i < bytes; i++)
        if (!is_alnum(s[i]) && s[i] != '-' && s[i] != '_' && s[i] != '.')
            return false;
    return true;
}

static bool is_qualified_name(const char *s, size_t bytes)
{
    const char *slash = memchr(s, '/', bytes);
    size_t prefix = slash ? (size_t)(slash - s) : 0;

    if (!slash)
        return is_name(s, bytes);
    return is_dns_name(s, prefix, true) && is_name(slash + 1, bytes - prefix - 1);
}

int value_scheduler_name(const char *text, struct error *err)
{
    if (is_qualified_name(text, strlen(text)))
        return 0;
    return value_unexpected("a scheduler name (at most 63 letters, digits, '-', '_' or '.')", text, err);
}

int value_namespace(const char *text, struct error *err)
{
    if (is_dns_name(text, strlen(text), false))
        return 0;
    return value_unexpected("a namespace (at most 63 lower-case letters, digits or '-')", text, err);
}

int value_object_name(const char *text, struct error *err)
{
    if (is_dns_name(text, strlen(text), true))
        return 0;
    return value_unexpected("a name (lower-case letters, digits, '-' or '.')", text, err);
}

int value_node_name(const char *text, struct error *err)
{
    if (is_dns_name(text, strlen(text), true))
        return 0;
    return value_unexpected("the name of a node", text, err);
}

int value_pod(const char *text, struct error *err)
{
    const char *slash = strchr(text, '/');

    if (slash && is_dns_name(text, (size_t)(slash - text), false) && is_dns_name(slash + 1, strlen(slash + 1), true))
        return 0;
    return value_unexpected("a pod as NAMESPACE/POD", text, err);
}

int value_address(const char *text, struct error *err)
{
    unsigned char address[sizeof(struct in6_addr)];

    if (inet_pton(AF_INET, text, address) == 1 || inet_pton(AF_INET6, text, address) == 1)
        return 0;
    return value_unexpected("an IP address", text, err);
}

int value_node_label(const char *text, struct required_label *label, struct error *err)
{
    const char *equals = strchr(text, '=');
    size_t key_bytes = equals ? (size_t)(equals - text) : strlen(text);
    const char *value = equals ? equals + 1 : NULL;
    char *key;

    if (!is_qualified_name(text, key_bytes) || (value && *value && !is_name(value, strlen(value))))
        return value_unexpected("a node label as KEY or KEY=VALUE", text, err);
    key = malloc(key_bytes + 1);
    if (!key)
        return error_no_memory(err);
    memcpy(key, text, key_bytes);
    key[key_bytes] = '\0';
    *label = (struct required_label){key, value};
    return 0;
}

#include "tests/unit/support/objects.h"

#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

json_t *json_of(const char *text)
{
    json_error_t error;
    char *copy = strdup(text);
    json_t *json;

    ck_assert_ptr_nonnull(copy);
    for (char *c = copy; *c; c++)
        if (*c == '\'')
            *c = '"';
    json = json_loads(copy, 0, &error);
    ck_assert_msg(json != NULL, "%s in %s", error.text, copy);
    free(copy);
    return json;
}

static json_t *json_of_format(const char *format, va_list args)
{
    static char text[8192];
    int bytes = vsnprintf(text, sizeof text, format, args);

    ck_assert(bytes >= 0 && (size_t)bytes < sizeof text);
    return json_of(text);
}

struct pod *pod_of(const char *format, ...)
{
    struct error err = ERROR_INIT;
    struct pod *pod;
    va_list args;
    json_t *json;

    va_start(args, format);
    json = json_of_format(format, args);
    va_end(args);
    pod = pod_decode(json, "ours", &err);
    ck_assert_msg(pod != NULL, "%s", err.text);
    json_decref(json);
    return pod;
}

struct node_spec *node_of(const char *format, ...)
{
    struct error err = ERROR_INIT;
    struct node_spec *node;
    va_list args;
    json_t *json;

    va_start(args, format);
    json = json_of_format(format, args);
    va_end(args);
    node = node_decode(json, &err);
    ck_assert_msg(node != NULL, "%s", err.text);
    json_decref(json);
    return node;
}

/* xorshift64* */
unsigned random_below(uint64_t *state, unsigned bound)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return (unsigned)((*state * 2685821657736338717u) >> 33) % bound;
}

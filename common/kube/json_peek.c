#include "common/kube/json_peek.h"

#include <string.h>

/* the byte behind a string that starts at `p`, or NULL */
static const char *end_of_string(const char *p)
{
    for (p++; *p && *p != '"'; p++)
        if (*p == '\\' && !*++p)
            return NULL;
    return *p ? p + 1 : NULL;
}

/* the byte behind an object or array, or NULL; that brackets match was seen to by json_scan */
static const char *end_of_brackets(const char *p)
{
    int depth = 0;

    for (; p && *p; p++) {
        if (*p == '{' || *p == '[')
            depth++;
        else if ((*p == '}' || *p == ']') && --depth == 0)
            return p + 1;
        else if (*p == '"' && (p = end_of_string(p)))
            p--;
        if (!p)
            break;
    }
    return NULL;
}

static const char *end_of_value(const char *p)
{
    if (*p == '"')
        return end_of_string(p);
    if (*p == '{' || *p == '[')
        return end_of_brackets(p);
    p += strcspn(p, ",}]");
    return *p ? p : NULL;
}

bool json_peek_member(const char **at, struct json_piece *key, struct json_piece *value)
{
    const char *start, *end;

    if ((**at != '{' && **at != ',') || (*at)[1] != '"')
        return false;
    start = *at + 1;
    end = end_of_string(start);
    if (!end || *end != ':')
        return false;
    *key = (struct json_piece){start + 1, (size_t)(end - start) - 2};
    start = end + 1;
    end = end_of_value(start);
    if (!end)
        return false;
    *value = (struct json_piece){start, (size_t)(end - start)};
    *at = end;
    return true;
}

struct json_piece json_peek(const char *object, const char *name)
{
    struct json_piece key, value;

    while (object && json_peek_member(&object, &key, &value))
        if (json_piece_is(key, name))
            return value;
    return (struct json_piece){NULL, 0};
}

bool json_peek_string(struct json_piece value, struct json_piece *text)
{
    if (!value.at || value.bytes < 2 || value.at[0] != '"' || memchr(value.at, '\\', value.bytes))
        return false;
    *text = (struct json_piece){value.at + 1, value.bytes - 2};
    return true;
}

bool json_piece_is(struct json_piece piece, const char *text)
{
    return piece.at && strlen(text) == piece.bytes && !memcmp(piece.at, text, piece.bytes);
}

bool json_peek_copy(struct json_piece object, const char *name, char *out, size_t size)
{
    struct json_piece inside;

    if (!json_peek_string(json_peek(object.at, name), &inside) || inside.bytes >= size)
        return false;
    memcpy(out, inside.at, inside.bytes);
    out[inside.bytes] = '\0';
    return true;
}

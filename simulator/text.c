#include "simulator/text.h"

#include <string.h>

struct span text_span(const char *text, size_t bytes)
{
    return (struct span){text, bytes};
}

static const char *skip_string(const char *at)
{
    for (at++; *at != '"'; at++)
        if (*at == '\\')
            at++;
    return at + 1;
}

static const char *skip_value(const char *at)
{
    int depth = 0;

    if (*at == '"')
        return skip_string(at);
    if (*at != '{' && *at != '[')
        return at + strcspn(at, ",}]");
    for (;; at++) {
        switch (*at) {
        case '"':
            at = skip_string(at) - 1;
            break;
        case '{':
        case '[':
            depth++;
            break;
        case '}':
        case ']':
            if (--depth == 0)
                return at + 1;
            break;
        default:
            break;
        }
    }
}

struct text_walk text_walk(struct span container)
{
    bool walkable = container.bytes > 1 && (*container.at == '{' || *container.at == '[');

    return (struct text_walk){walkable ? container.at + 1 : "}"};
}

/* steps over a comma; false at the closing bracket */
static bool more(struct text_walk *walk)
{
    if (*walk->at == ',')
        walk->at++;
    return *walk->at != '}' && *walk->at != ']';
}

bool text_next_member(struct text_walk *walk, struct span *key, struct span *value)
{
    const char *end;

    if (!more(walk))
        return false;
    end = skip_string(walk->at);
    *key = text_span(walk->at + 1, (size_t)(end - walk->at) - 2);
    value->at = end + 1;
    walk->at = skip_value(value->at);
    value->bytes = (size_t)(walk->at - value->at);
    return true;
}

bool text_next_element(struct text_walk *walk, struct span *value)
{
    if (!more(walk))
        return false;
    value->at = walk->at;
    walk->at = skip_value(value->at);
    value->bytes = (size_t)(walk->at - value->at);
    return true;
}

bool text_span_is(struct span key, const char *plain)
{
    size_t bytes = strlen(plain);

    return key.bytes == bytes && memcmp(key.at, plain, bytes) == 0;
}

bool text_is(struct span value, const char *plain)
{
    return value.bytes >= 2 && *value.at == '"' && text_span_is(text_span(value.at + 1, value.bytes - 2), plain);
}

bool text_get(struct span object, const char *key, struct span *value)
{
    struct text_walk walk = text_walk(object);
    struct span name, found;

    if (!object.bytes || *object.at != '{')
        return false;
    while (text_next_member(&walk, &name, &found)) {
        if (!text_span_is(name, key))
            continue;
        *value = found;
        return true;
    }
    return false;
}

bool text_path(struct span object, const char *path, struct span *value)
{
    char key[64];
    size_t bytes;

    for (;; path += bytes + 1) {
        bytes = strcspn(path, ".");
        if (bytes >= sizeof key)
            return false;
        memcpy(key, path, bytes);
        key[bytes] = '\0';
        if (!text_get(object, key, &object))
            return false;
        if (!path[bytes])
            break;
    }
    *value = object;
    return true;
}

static int hex_digit(char c)
{
    return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}

/* the byte behind a backslash; *at stands on the escape's letter and is left on its last byte. jansson writes \u only for control characters */
static char escaped_byte(const char **at)
{
    switch (**at) {
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    case 'u':
        *at += 4;
        return (char)(hex_digit((*at)[-1]) << 4 | hex_digit((*at)[0]));
    default:
        return **at;
    }
}

int text_add_decoded(struct buffer *out, struct span value, struct error *err)
{
    const char *at = value.at, *end = value.at + value.bytes, *run;

    if (!value.bytes || *at != '"')
        return buffer_add(out, value.at, value.bytes, err);
    end--;
    run = ++at;
    for (; at < end; at++) {
        char byte;

        if (*at != '\\')
            continue;
        if (buffer_add(out, run, (size_t)(at - run), err) < 0)
            return -1;
        at++;
        byte = escaped_byte(&at);
        if (buffer_add(out, &byte, 1, err) < 0)
            return -1;
        run = at + 1;
    }
    return buffer_add(out, run, (size_t)(end - run), err);
}

int text_add_edited(struct buffer *out, struct span text, const struct text_edit *edits, size_t count, struct error *err)
{
    const char *at = text.at;

    for (size_t i = 0; i < count; i++) {
        if (buffer_add(out, at, (size_t)(edits[i].at - at), err) < 0)
            return -1;
        if (buffer_add(out, edits[i].insert, edits[i].insert_bytes, err) < 0)
            return -1;
        at = edits[i].at + edits[i].remove;
    }
    return buffer_add(out, at, (size_t)(text.at + text.bytes - at), err);
}

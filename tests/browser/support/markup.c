#include "tests/browser/support/markup.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH 32

static bool name_byte(char c)
{
    return isalnum((unsigned char)c) || c == '-' || c == '_' || c == ':';
}

/* behind the ">" of a tag; quotes may hold one */
static const char *tag_end(const char *at, const char *end)
{
    char quote = 0;

    for (; at < end; at++) {
        if (quote)
            quote = *at == quote ? 0 : quote;
        else if (*at == '"' || *at == '\'')
            quote = *at;
        else if (*at == '>')
            return at + 1;
    }
    return NULL;
}

bool markup_next(const char **at, const char *end, struct tag *tag)
{
    const char *p = *at;

    while (p < end && (p = memchr(p, '<', (size_t)(end - p))) && !isalpha((unsigned char)p[1]))
        p++;
    if (!p || p >= end)
        return false;
    tag->name = p + 1;
    for (tag->name_bytes = 0; name_byte(tag->name[tag->name_bytes]);)
        tag->name_bytes++;
    tag->attributes = tag->name + tag->name_bytes;
    tag->end = tag_end(tag->attributes, end);
    if (!tag->end)
        return false;
    *at = tag->end;
    return true;
}

bool markup_is(const struct tag *tag, const char *name)
{
    return strlen(name) == tag->name_bytes && !memcmp(tag->name, name, tag->name_bytes);
}

static const struct {
    const char *entity;
    char character;
} entities[] = {{"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&#39;", '\''}};

/* the entity at text, or -1 */
static int entity_at(const char *text)
{
    size_t i;

    for (i = 0; i < sizeof entities / sizeof *entities; i++)
        if (!strncmp(text, entities[i].entity, strlen(entities[i].entity)))
            return (int)i;
    return -1;
}

static void resolve(const char *from, size_t bytes, char *out, size_t size)
{
    const char *end = from + bytes;
    size_t length = 0;

    while (from < end && length + 1 < size) {
        int entity = *from == '&' ? entity_at(from) : -1;

        out[length++] = entity < 0 ? *from : entities[entity].character;
        from += entity < 0 ? 1 : strlen(entities[entity].entity);
    }
    out[length] = '\0';
}

/* the next NAME="VALUE" from *at on; false at the end of the tag, and *bad when what is there is none */
static bool next_attribute(const char **at, const char *end, const char **name, size_t *name_bytes, const char **value, size_t *bytes,
                           bool *bad)
{
    const char *p = *at, *close;

    *bad = false;
    while (p < end && isspace((unsigned char)*p))
        p++;
    if (p >= end || *p == '>' || *p == '/')
        return false;
    *bad = true;
    for (*name = p; name_byte(*p);)
        p++;
    *name_bytes = (size_t)(p - *name);
    if (p == *name || *p != '=' || (p[1] != '"' && p[1] != '\''))
        return false;
    close = memchr(p + 2, p[1], (size_t)(end - p - 2));
    if (!close)
        return false;
    *value = p + 2;
    *bytes = (size_t)(close - *value);
    *at = close + 1;
    *bad = false;
    return true;
}

bool markup_attribute(const struct tag *tag, const char *wanted, char *out, size_t size)
{
    const char *at = tag->attributes, *name, *value;
    size_t name_bytes, bytes;
    bool bad;

    while (next_attribute(&at, tag->end, &name, &name_bytes, &value, &bytes, &bad))
        if (name_bytes == strlen(wanted) && !memcmp(name, wanted, name_bytes)) {
            resolve(value, bytes, out, size);
            return true;
        }
    return false;
}

double markup_number(const struct tag *tag, const char *name)
{
    char text[64], *end;
    double value;

    if (!markup_attribute(tag, name, text, sizeof text) || !*text)
        return NAN;
    value = strtod(text, &end);
    return *end ? NAN : value;
}

bool markup_has_class(const struct tag *tag, const char *word)
{
    char classes[64], padded[70], wanted[70];

    if (!markup_attribute(tag, "class", classes, sizeof classes))
        return false;
    snprintf(padded, sizeof padded, " %s ", classes);
    snprintf(wanted, sizeof wanted, " %.60s ", word);
    return strstr(padded, wanted) != NULL;
}

bool markup_by_id(const char *page, const char *id, struct tag *tag, const char **end)
{
    const char *at = page, *last = page + strlen(page);
    char text[64], close[64];

    while (markup_next(&at, last, tag)) {
        if (!markup_attribute(tag, "id", text, sizeof text) || strcmp(text, id))
            continue;
        snprintf(close, sizeof close, "</%.*s>", (int)tag->name_bytes, tag->name);
        *end = strstr(tag->end, close);
        return *end != NULL;
    }
    return false;
}

/* ---- well-formed ---- */

struct open_tags {
    struct tag tag[DEPTH];
    size_t count;
};

static bool text_is_fine(const char *from, const char *end, char *why)
{
    for (; from < end; from++)
        if ((*from == '&' && entity_at(from) < 0) || ((unsigned char)*from < 0x20 && *from != '\n' && *from != '\t')) {
            snprintf(why, 200, "no XML text: %.40s", from);
            return false;
        }
    return true;
}

static bool attributes_are_fine(const struct tag *tag, char *why)
{
    const char *at = tag->attributes, *name, *value, *seen[24];
    size_t name_bytes, bytes, seen_bytes[24], count = 0, i;
    bool bad;

    while (next_attribute(&at, tag->end, &name, &name_bytes, &value, &bytes, &bad)) {
        for (i = 0; i < count; i++)
            bad = bad || (seen_bytes[i] == name_bytes && !memcmp(seen[i], name, name_bytes));
        if (bad || count == 24 || memchr(value, '<', bytes) || !text_is_fine(value, value + bytes, why)) {
            bad = true;
            break;
        }
        seen[count] = name;
        seen_bytes[count++] = name_bytes;
    }
    bad = bad || (strncmp(at, ">", 1) && strncmp(at, "/>", 2));
    if (bad)
        snprintf(why, 200, "no XML tag: <%.60s", tag->name);
    return !bad;
}

static bool closes(struct open_tags *open, const char *at, char *why)
{
    const struct tag *last = open->count ? &open->tag[open->count - 1] : NULL;

    if (!last || strncmp(at + 2, last->name, last->name_bytes) || at[2 + last->name_bytes] != '>') {
        snprintf(why, 200, "closes what is not open: %.40s", at);
        return false;
    }
    open->count--;
    return true;
}

static bool opens(struct open_tags *open, const char **at, const char *end, char *why)
{
    struct tag tag;
    const char *start = *at;

    if (!markup_next(at, end, &tag) || tag.name != start + 1 || open->count == DEPTH) {
        snprintf(why, 200, "no tag: %.40s", start);
        return false;
    }
    if (!attributes_are_fine(&tag, why))
        return false;
    if (tag.end[-2] != '/')
        open->tag[open->count++] = tag;
    return true;
}

bool markup_is_well_formed(const char *text, const char *end, char *why)
{
    struct open_tags open = {.count = 0};
    const char *at = text;

    do {
        const char *next = memchr(at, '<', (size_t)(end - at));

        if (!next || !text_is_fine(at, next, why)) {
            if (!next)
                snprintf(why, 200, "ends within <%.*s>", (int)open.tag[open.count - 1].name_bytes, open.tag[open.count - 1].name);
            return false;
        }
        at = next;
        if (at[1] == '/') {
            if (!closes(&open, at, why))
                return false;
            at = strchr(at, '>') + 1;
        } else if (!opens(&open, &at, end, why)) {
            return false;
        }
    } while (open.count);
    if (at != end)
        snprintf(why, 200, "goes on behind its end: %.40s", at);
    return at == end;
}

/* facts.c: see facts.h. */
#include "doctor/facts.h"

#include <stdio.h>
#include <string.h>

#include "common/clock.h"

const json_t *fact(const json_t *object, const char *path)
{
    while (*path) {
        const size_t bytes = strcspn(path, ".");
        char key[64];

        snprintf(key, sizeof key, "%.*s", (int)bytes, path);
        object = json_object_get(object, key);
        path += bytes + (path[bytes] == '.');
    }
    return object;
}

const char *fact_text(const json_t *object, const char *path)
{
    const char *text = json_string_value(fact(object, path));

    return text ? text : "";
}

int64_t fact_number(const json_t *object, const char *path, int64_t absent)
{
    const json_t *value = fact(object, path);

    return json_is_integer(value) ? json_integer_value(value) : absent;
}

bool fact_true(const json_t *object, const char *path)
{
    return json_is_true(fact(object, path));
}

int64_t fact_time(const json_t *object, const char *path)
{
    int64_t time;

    return clock_parse_rfc3339(fact_text(object, path), &time) < 0 ? 0 : time;
}

json_t *fact_new(const char *text, size_t bytes)
{
    char kept[FACT_BYTES + 1] = "";
    json_t *json;

    while (bytes && (unsigned char)text[bytes - 1] <= ' ')
        bytes--;
    bytes = bytes < FACT_BYTES ? bytes : FACT_BYTES;
    if (bytes)
        memcpy(kept, text, bytes);
    json = json_stringn(kept, bytes);
    for (size_t i = 0; !json && i < bytes; i++)
        if ((unsigned char)kept[i] >= 0x80)
            kept[i] = '?';
    return json ? json : json_stringn(kept, bytes);
}

bool fact_listed(const json_t *list)
{
    return fact_number(list, "status", 0) == 200;
}

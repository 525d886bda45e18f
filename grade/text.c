#include "grade/text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define REPLACEMENT "\xEF\xBF\xBD"
#define ELLIPSIS "\xE2\x80\xA6"

/* Bytes of the character at `from`, its code point in *point; 0 when it is no UTF-8 (RFC 3629: no overlong form, no surrogate). */
static size_t decode(const unsigned char *from, size_t left, uint32_t *point)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t length = from[0] < 0x80 ? 1 : from[0] < 0xC2 ? 0 : from[0] < 0xE0 ? 2 : from[0] < 0xF0 ? 3 : from[0] < 0xF5 ? 4 : 0, i;
    uint32_t value = length == 1 ? from[0] : length ? from[0] & (0x7Fu >> length) : 0;

    if (!length || length > left)
        return 0;
    for (i = 1; i < length; i++) {
        if ((from[i] & 0xC0) != 0x80)
            return 0;
        value = value << 6 | (from[i] & 0x3F);
    }
    if (value < smallest[length] || value > 0x10FFFF || (value >= 0xD800 && value < 0xE000))
        return 0;
    *point = value;
    return length;
}

static int shows(uint32_t c)
{
    if (c < 0x20 || (c >= 0x7F && c < 0xA0))
        return 0;
    if (c == 0x61C || c == 0x200E || c == 0x200F || (c >= 0x2028 && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) || c == 0xFEFF)
        return 0;
    return (c & 0xFFFE) != 0xFFFE && !(c >= 0xFDD0 && c <= 0xFDEF);
}

char *text_clean(const char *from, size_t bytes, size_t max)
{
    const unsigned char *in = (const unsigned char *)from;
    size_t used = 0, fits = 0, at, length, wide;
    char *out = malloc(max + 1);

    if (!out)
        return NULL;
    for (at = 0; at < bytes; at += length) {
        uint32_t point = 0;
        const char *put = from + at;

        wide = length = decode(in + at, bytes - at, &point);
        if (!length) {
            put = REPLACEMENT;
            wide = sizeof REPLACEMENT - 1;
            length = 1;
        } else if (!shows(point)) {
            put = "?";
            wide = 1;
        }
        if (used + wide > max) {
            memcpy(out + fits, ELLIPSIS, sizeof ELLIPSIS - 1);
            used = fits + sizeof ELLIPSIS - 1;
            break;
        }
        memcpy(out + used, put, wide);
        used += wide;
        if (used + sizeof ELLIPSIS - 1 <= max)
            fits = used;
    }
    out[used] = '\0';
    return out;
}

json_t *text_json(const char *from, size_t bytes, size_t max)
{
    char *clean = text_clean(from, bytes, max);
    json_t *json = clean ? json_string(clean) : NULL;

    free(clean);
    return json;
}

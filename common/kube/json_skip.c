/*
 * json_skip.c: skipping a JSON value, byte by byte, or faster. The fast way, where the processor has SSE2 (every x86-64):
 * inside brackets, blocks of 64 bytes are turned into bit masks (a bit per byte: quotes, backslashes, brackets), from which
 * the strings, and then the brackets outside them, fall out without a branch per byte. A block with anything wrong in it is
 * gone through again byte by byte, so that the fast way never has to report an error.
 */
#include "common/kube/json_skip.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define ONES 0x0101010101010101u
#define LOW7 0x7f7f7f7f7f7f7f7fu
#define HIGH 0x8080808080808080u

enum { OUTSIDE = 0, INSIDE = 1, ESCAPED = 2 };

enum json_skip_result json_skip_bracket(struct json_skip *skip, char c)
{
    unsigned top;
    uint64_t bit;
    bool object = c & 0x20; /* { and } have this bit, [ and ] have not */

    if (c & 0x02) { /* an opening one */
        if (skip->depth == LIMIT_JSON_DEPTH)
            return JSON_SKIP_TOO_DEEP;
        top = skip->depth++;
        bit = (uint64_t)1 << (top % 64);
        skip->kinds[top / 64] = object ? skip->kinds[top / 64] | bit : skip->kinds[top / 64] & ~bit;
        return JSON_SKIP_MORE;
    }
    top = skip->depth - 1;
    if ((skip->kinds[top / 64] >> (top % 64) & 1) != object)
        return JSON_SKIP_MISMATCH;
    skip->depth = top;
    return JSON_SKIP_MORE;
}

enum json_skip_result json_skip_begin(struct json_skip *skip, char c)
{
    skip->floor = skip->depth;
    skip->text = c == '"' ? INSIDE : OUTSIDE;
    return c == '"' ? JSON_SKIP_MORE : json_skip_bracket(skip, c);
}

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool is_escape(char c)
{
    return c == '"' || c == '\\' || c == '/' || c == 'b' || c == 'f' || c == 'n' || c == 'r' || c == 't' || c == 'u';
}

/* 0x80 in each byte of x that is zero, and in no other */
static uint64_t zero_bytes(uint64_t x)
{
    return ~(((x & LOW7) + LOW7) | x | LOW7);
}

static uint64_t equal_bytes(uint64_t x, char c)
{
    return zero_bytes(x ^ ONES * (unsigned char)c);
}

/* 0x80 in each byte of x below 0x20 */
static uint64_t control_bytes(uint64_t x)
{
    return ~((x & LOW7) + ONES * (0x80 - 0x20)) & ~x & HIGH;
}

/* the first byte of a string that is not plain text: a quote, a backslash, a control character; or `end` */
static const char *plain_text_end(const char *p, const char *end)
{
    for (; end - p >= 8; p += 8) {
        uint64_t x;

        memcpy(&x, p, 8);
        if (equal_bytes(x, '"') | equal_bytes(x, '\\') | control_bytes(x))
            break;
    }
    while (p < end && *p != '"' && *p != '\\' && (unsigned char)*p >= 0x20)
        p++;
    return p;
}

/* one byte inside a string that is not plain text, or follows a backslash */
static enum json_skip_result text_byte(struct json_skip *skip, char c)
{
    if (skip->text > ESCAPED) {
        if (!is_hex(c))
            return JSON_SKIP_ESCAPE;
        skip->text = skip->text == ESCAPED + 1 ? INSIDE : skip->text - 1;
    } else if (skip->text == ESCAPED) {
        if (!is_escape(c))
            return JSON_SKIP_ESCAPE;
        skip->text = c == 'u' ? ESCAPED + 4 : INSIDE;
    } else if (c == '"') {
        skip->text = OUTSIDE;
        return skip->depth == skip->floor ? JSON_SKIP_DONE : JSON_SKIP_MORE;
    } else if (c == '\\') {
        skip->text = ESCAPED;
    } else {
        return JSON_SKIP_CONTROL;
    }
    return JSON_SKIP_MORE;
}

static enum json_skip_result outside_byte(struct json_skip *skip, char c)
{
    enum json_skip_result result = JSON_SKIP_MORE;

    switch (c) {
    case '"':
        skip->text = INSIDE;
        break;
    case '\\':
        return JSON_SKIP_BACKSLASH;
    case '{':
    case '[':
        return json_skip_bracket(skip, c);
    case '}':
    case ']':
        result = json_skip_bracket(skip, c);
        if (result == JSON_SKIP_MORE && skip->depth == skip->floor)
            result = JSON_SKIP_DONE;
        break;
    default:
        break;
    }
    return result;
}

static const char *run_bytes(struct json_skip *skip, const char *p, const char *end, enum json_skip_result *result)
{
    *result = JSON_SKIP_MORE;
    while (p < end) {
        if (skip->text == INSIDE) {
            p = plain_text_end(p, end);
            if (p == end)
                break;
        }
        *result = skip->text ? text_byte(skip, *p) : outside_byte(skip, *p);
        if (*result > JSON_SKIP_DONE)
            return p;
        p++;
        if (*result == JSON_SKIP_DONE)
            return p;
    }
    return p;
}

#ifdef __SSE2__

#define BLOCK 64

/* bit i stands for byte i of a block */
struct masks {
    uint64_t quote, backslash, bracket, control;
};

static void read_block(const char *p, struct masks *m)
{
    *m = (struct masks){0, 0, 0, 0};
    for (unsigned i = 0; i < BLOCK; i += 16) {
        __m128i x = _mm_loadu_si128((const __m128i *)(const void *)(p + i));
        __m128i folded = _mm_or_si128(x, _mm_set1_epi8(0x20));
        __m128i bracket = _mm_or_si128(_mm_cmpeq_epi8(folded, _mm_set1_epi8('{')), _mm_cmpeq_epi8(folded, _mm_set1_epi8('}')));
        __m128i control = _mm_cmpeq_epi8(_mm_max_epu8(x, _mm_set1_epi8(0x1f)), _mm_set1_epi8(0x1f));
        m->quote |= (uint64_t)_mm_movemask_epi8(_mm_cmpeq_epi8(x, _mm_set1_epi8('"'))) << i;
        m->backslash |= (uint64_t)_mm_movemask_epi8(_mm_cmpeq_epi8(x, _mm_set1_epi8('\\'))) << i;
        m->bracket |= (uint64_t)_mm_movemask_epi8(bracket) << i;
        m->control |= (uint64_t)_mm_movemask_epi8(control) << i;
    }
}

/* Takes escaped quotes out of the masks, and leaves in `backslash` those that start an escape. False: not for the fast way. */
static bool strip_escapes(const char *p, struct masks *m)
{
    for (uint64_t left = m->backslash; left;) {
        unsigned i = (unsigned)__builtin_ctzll(left);
        unsigned bytes = i + 1 < BLOCK && p[i + 1] == 'u' ? 6 : 2;

        if (i + bytes > BLOCK || !is_escape(p[i + 1]))
            return false;
        if (bytes == 6 && !(is_hex(p[i + 2]) && is_hex(p[i + 3]) && is_hex(p[i + 4]) && is_hex(p[i + 5])))
            return false;
        m->quote &= ~((uint64_t)2 << i);
        m->backslash &= ~((uint64_t)2 << i);
        left &= ~((uint64_t)3 << i);
    }
    return true;
}

/* One block, when all is well with it: returns where to go on, *done when the value ended there. NULL: nothing was touched. */
static const char *run_block(struct json_skip *skip, const char *p, bool *done)
{
    struct json_skip now = *skip;
    struct masks m;
    uint64_t text, left;

    read_block(p, &m);
    if (m.backslash && !strip_escapes(p, &m))
        return NULL;
    text = m.quote;
    for (unsigned shift = 1; shift < BLOCK; shift *= 2)
        text ^= text << shift; /* each bit: are we behind an odd number of quotes? */
    if (now.text == INSIDE)
        text = ~text;
    if ((m.control & text) || (m.backslash & ~text))
        return NULL;
    for (left = m.bracket & ~text; left; left &= left - 1) {
        unsigned i = (unsigned)__builtin_ctzll(left);

        if (json_skip_bracket(&now, p[i]) != JSON_SKIP_MORE)
            return NULL;
        if (now.depth == now.floor) {
            now.text = OUTSIDE;
            *skip = now;
            *done = true;
            return p + i + 1;
        }
    }
    now.text = text >> (BLOCK - 1) ? INSIDE : OUTSIDE;
    *skip = now;
    return p + BLOCK;
}

const char *json_skip_run(struct json_skip *skip, const char *p, const char *end, enum json_skip_result *result)
{
    /* a string alone is as fast byte by byte, which knows a faster way through plain text */
    while (skip->depth > skip->floor && end - p >= BLOCK) {
        bool done = false;
        const char *next = skip->text > INSIDE ? NULL : run_block(skip, p, &done);

        if (!next) {
            next = run_bytes(skip, p, p + BLOCK, result);
            if (*result != JSON_SKIP_MORE)
                return next;
        }
        p = next;
        if (done) {
            *result = JSON_SKIP_DONE;
            return p;
        }
    }
    return run_bytes(skip, p, end, result);
}

#else

const char *json_skip_run(struct json_skip *skip, const char *p, const char *end, enum json_skip_result *result)
{
    return run_bytes(skip, p, end, result);
}

#endif

/*
 * quantity.c: quantities are read as decimal digits, multiplied out digit by digit, and only then cut to an int64: exact for
 * every suffix and exponent, and nothing can wrap.
 */
#include "common/cluster/quantity.h"

#include <stdbool.h>
#include <string.h>

#define MAX_TEXT 256     /* what the API server prints is below 30 */
#define MAX_DIGITS 300   /* MAX_TEXT and room for 1024^6 * 10^19 */
#define MAX_EXPONENT 999 /* beyond it every value is out of range, or rounds up to one unit */

struct decimal {
    bool negative;
    unsigned char digit[MAX_DIGITS]; /* least significant first */
    int count;
    int exponent; /* of the least significant digit */
};

struct suffix {
    const char *text;
    int exponent; /* of ten */
    int kibi;     /* how many times 1024 */
};

static const struct suffix suffixes[] = {
    {"", 0, 0},   {"n", -9, 0}, {"u", -6, 0}, {"m", -3, 0}, {"k", 3, 0},  {"M", 6, 0},  {"G", 9, 0},  {"T", 12, 0},
    {"P", 15, 0}, {"E", 18, 0}, {"Ki", 0, 1}, {"Mi", 0, 2}, {"Gi", 0, 3}, {"Ti", 0, 4}, {"Pi", 0, 5}, {"Ei", 0, 6},
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* sign and number; returns what follows, or NULL when there is no number */
static const char *read_number(const char *text, struct decimal *d)
{
    const char *start, *end, *point = NULL;
    int digits = 0;

    d->negative = *text == '-';
    if (*text == '-' || *text == '+')
        text++;
    start = text;
    for (; is_digit(*text) || (*text == '.' && !point); text++) {
        if (*text == '.')
            point = text;
        else
            digits++;
    }
    end = text;
    if (digits == 0)
        return NULL;
    d->exponent = point ? -(int)(end - point - 1) : 0;
    d->count = 0;
    for (text = end; text-- > start;)
        if (is_digit(*text))
            d->digit[d->count++] = (unsigned char)(*text - '0');
    return end;
}

/* an integer after e or E, held within MAX_EXPONENT; false when it is none */
static bool read_exponent(const char *text, int *exponent)
{
    bool negative = *text == '-';
    int value = 0;

    if (*text == '-' || *text == '+')
        text++;
    if (!is_digit(*text))
        return false;
    for (; is_digit(*text); text++)
        if (value <= MAX_EXPONENT)
            value = value * 10 + (*text - '0');
    *exponent = negative ? -value : value;
    return *text == '\0';
}

static const struct suffix *find_suffix(const char *text)
{
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++)
        if (strcmp(text, suffixes[i].text) == 0)
            return &suffixes[i];
    return NULL;
}

/* factor is at most INT64_MAX / 10 - 1 */
static void multiply(struct decimal *d, uint64_t factor)
{
    uint64_t carry = 0;

    for (int i = 0; i < d->count; i++) {
        carry += d->digit[i] * factor;
        d->digit[i] = (unsigned char)(carry % 10);
        carry /= 10;
    }
    for (; carry && d->count < MAX_DIGITS; carry /= 10)
        d->digit[d->count++] = (unsigned char)(carry % 10);
}

/* away from zero, as resource.Quantity does; false when it does not fit */
static bool to_int64(const struct decimal *d, int64_t *value)
{
    const uint64_t limit = (uint64_t)INT64_MAX + d->negative;
    uint64_t sum = 0;
    bool rest = false;

    for (int i = d->count; i-- > 0;) {
        if (i + d->exponent < 0) {
            rest = rest || d->digit[i];
            continue;
        }
        if (sum > (limit - d->digit[i]) / 10)
            return false;
        sum = sum * 10 + d->digit[i];
    }
    for (int i = 0; i < d->exponent && sum; i++) {
        if (sum > limit / 10)
            return false;
        sum *= 10;
    }
    if (rest && sum++ == limit)
        return false;
    if (d->negative)
        *value = sum == limit ? INT64_MIN : -(int64_t)sum;
    else
        *value = (int64_t)sum;
    return true;
}

int quantity_parse(const char *text, int64_t scale, int64_t *value, struct error *err)
{
    const struct suffix *suffix;
    const char *rest;
    struct decimal d;
    int exponent = 0, kibi = 0;

    if (strlen(text) > MAX_TEXT)
        return error_set(err, ERROR_RUNTIME, "'%.20s...' is too long for a quantity", text);
    rest = read_number(text, &d);
    suffix = rest ? find_suffix(rest) : NULL;
    if (suffix) {
        exponent = suffix->exponent;
        kibi = suffix->kibi;
    } else if (!rest || (*rest != 'e' && *rest != 'E') || !read_exponent(rest + 1, &exponent)) {
        return error_set(err, ERROR_RUNTIME, "'%s' is not a quantity", text);
    }
    d.exponent += exponent;
    while (kibi-- > 0)
        multiply(&d, 1024);
    multiply(&d, (uint64_t)scale);
    if (!to_int64(&d, value))
        return error_set(err, ERROR_RUNTIME, "quantity out of range");
    return 0;
}

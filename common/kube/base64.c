#include "common/kube/base64.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

size_t base64_decoded_max(size_t bytes)
{
    return bytes / 4 * 3 + 4;
}

/* the six bits of a character, or -1 */
static int value_of(unsigned char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

static int is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

long base64_decode(const char *text, size_t bytes, char *out)
{
    unsigned long group = 0;
    int digits = 0, padding = 0;
    long written = 0;
    size_t i;

    for (i = 0; i < bytes; i++) {
        int value = value_of((unsigned char)text[i]);

        if (is_space(text[i]))
            continue;
        if (text[i] == '=' && digits + padding >= 2 && digits + padding < 4 && digits) {
            padding++;
            group <<= 6;
        } else if (value >= 0 && !padding) {
            digits++;
            group = group << 6 | (unsigned long)value;
        } else {
            return -1;
        }
        if (digits + padding < 4)
            continue;
        out[written++] = (char)(group >> 16 & 0xff);
        if (digits > 2)
            out[written++] = (char)(group >> 8 & 0xff);
        if (digits > 3)
            out[written++] = (char)(group & 0xff);
        group = 0;
        /* after padding nothing may follow: digits stays 0 and `padding` refuses every further character */
        digits = 0;
        if (padding)
            padding = 4;
    }
    if (digits)
        return -1;
    out[written] = '\0';
    return written;
}

size_t base64_encoded_size(size_t bytes)
{
    return (bytes + 2) / 3 * 4 + 1;
}

void base64_encode(const void *data, size_t bytes, char *out)
{
    const unsigned char *in = data;

    for (; bytes >= 3; bytes -= 3, in += 3) {
        *out++ = alphabet[in[0] >> 2];
        *out++ = alphabet[(in[0] & 3) << 4 | in[1] >> 4];
        *out++ = alphabet[(in[1] & 15) << 2 | in[2] >> 6];
        *out++ = alphabet[in[2] & 63];
    }
    if (bytes) {
        unsigned second = bytes == 2 ? in[1] : 0;

        *out++ = alphabet[in[0] >> 2];
        *out++ = alphabet[(in[0] & 3) << 4 | second >> 4];
        *out++ = bytes == 2 ? alphabet[(second & 15) << 2] : '=';
        *out++ = '=';
    }
    *out = '\0';
}

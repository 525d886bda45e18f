/* words.c: see words.h. */
#include "doctor/words.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define DISTANCE_BYTES 128
#define ROTATING 8
#define SHOWN 4

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* optimal string alignment: three rows of the table are enough */
size_t words_distance(const char *a, const char *b)
{
    const size_t a_bytes = strlen(a), b_bytes = strlen(b);
    size_t rows[3][DISTANCE_BYTES + 1];

    if (a_bytes > DISTANCE_BYTES || b_bytes > DISTANCE_BYTES)
        return SIZE_MAX;
    for (size_t j = 0; j <= b_bytes; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a_bytes; i++) {
        size_t *row = rows[i % 3], *above = rows[(i + 2) % 3], *two_above = rows[(i + 1) % 3];

        row[0] = i;
        for (size_t j = 1; j <= b_bytes; j++) {
            row[j] = least(least(above[j] + 1, row[j - 1] + 1), above[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = least(row[j], two_above[j - 2] + 1);
        }
    }
    return rows[a_bytes % 3][b_bytes];
}

/* ---- images ---- */

/* whether what stands before the first slash is a registry */
static bool has_registry(const char *image)
{
    const size_t bytes = strcspn(image, "/");

    return image[bytes] == '/' &&
           (memchr(image, '.', bytes) || memchr(image, ':', bytes) || (bytes == 9 && !strncmp(image, "localhost", 9)));
}

static const char *tag_of(const char *image)
{
    const char *slash = strrchr(image, '/');

    return strpbrk(slash ? slash : image, ":@");
}

void words_image(const char *image, char *out, size_t size)
{
    const char *front = has_registry(image) ? "" : strchr(image, '/') ? "docker.io/" : "docker.io/library/";

    snprintf(out, size, "%s%s%s", front, image, tag_of(image) ? "" : ":latest");
}

bool words_image_is_local(const char *image)
{
    return !strchr(image, '/') && !strchr(image, '@');
}

bool words_image_is_latest(const char *image)
{
    const char *tag = tag_of(image);

    return !tag || !strcmp(tag, ":latest");
}

bool words_version(const char *text, int *major, int *minor)
{
    for (const char *c = text; *c; c++)
        if (isdigit((unsigned char)*c) && (c == text || c[-1] == 'v') && sscanf(c, "%6d.%6d", major, minor) == 2)
            return true;
    return false;
}

/* ---- proxies ---- */

bool words_is_loopback(const char *host)
{
    struct in_addr address;

    if (!strcasecmp(host, "localhost") || !strcmp(host, "::1"))
        return true;
    return inet_pton(AF_INET, host, &address) == 1 && ntohl(address.s_addr) >> 24 == 127;
}

static bool in_network(const char *network, const char *host)
{
    char text[64], *slash, *end;
    struct in_addr base, address;
    long bits;

    snprintf(text, sizeof text, "%.60s", network);
    slash = strchr(text, '/');
    if (!slash)
        return false;
    *slash = '\0';
    bits = strtol(slash + 1, &end, 10);
    if (*end || bits < 0 || bits > 32 || inet_pton(AF_INET, text, &base) != 1 || inet_pton(AF_INET, host, &address) != 1)
        return false;
    return bits == 0 || ((ntohl(base.s_addr) ^ ntohl(address.s_addr)) >> (32 - bits)) == 0;
}

static bool entry_covers(char *entry, const char *host)
{
    const size_t host_bytes = strlen(host);
    size_t bytes;

    while (isspace((unsigned char)*entry))
        entry++;
    entry[strcspn(entry, " \t")] = '\0';
    if (!strcmp(entry, "*"))
        return true;
    if (in_network(entry, host))
        return true;
    if (strchr(entry, ':') && strchr(entry, ':') == strrchr(entry, ':'))
        entry[strcspn(entry, ":")] = '\0'; /* host:port */
    if (!strncmp(entry, "*.", 2))
        entry++;
    bytes = strlen(entry);
    if (!bytes || bytes > host_bytes || strcasecmp(host + host_bytes - bytes, entry) != 0)
        return false;
    return *entry == '.' || bytes == host_bytes || host[host_bytes - bytes - 1] == '.';
}

bool words_no_proxy(const char *no_proxy, const char *host)
{
    while (*no_proxy) {
        const size_t bytes = strcspn(no_proxy, ",");
        char entry[300];

        snprintf(entry, sizeof entry, "%.*s", (int)(bytes < sizeof entry ? bytes : 0), no_proxy);
        if (*entry && entry_covers(entry, host))
            return true;
        no_proxy += bytes + (no_proxy[bytes] == ',');
    }
    return false;
}

/* ---- sentences and commands ---- */

const char *words_shell(const char *text)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/:@%+=";
    static char buffers[ROTATING][620];
    static unsigned next;
    char *out = buffers[next++ % ROTATING], *end = out;

    if (*text && text[strspn(text, plain)] == '\0') {
        snprintf(out, sizeof buffers[0], "%.600s", text);
        return out;
    }
    *end++ = '\'';
    for (; *text && end - out < 600; text++)
        if (*text == '\'')
            end += snprintf(end, 6, "'\\''");
        else
            *end++ = *text;
    snprintf(end, 2, "'");
    return out;
}

const char *words_span(int64_t us)
{
    static char buffers[ROTATING][32];
    static unsigned next;
    char *out = buffers[next++ % ROTATING];
    const long long s = (us < 0 ? -us : us) / 1000000;

    if (s < 120)
        snprintf(out, sizeof buffers[0], "%lld s", s);
    else if (s < 7200)
        snprintf(out, sizeof buffers[0], "%lld min", s / 60);
    else if (s < 172800)
        snprintf(out, sizeof buffers[0], "%lld h", s / 3600);
    else
        snprintf(out, sizeof buffers[0], "%lld d", s / 86400);
    return out;
}

void word_list_add(struct word_list *list, const char *name)
{
    const size_t used = strlen(list->text);

    list->count++;
    if (list->shown == SHOWN || used + strlen(name) + 40 > sizeof list->text)
        return;
    snprintf(list->text + used, sizeof list->text - used, "%s%s", list->shown ? ", " : "", name);
    list->shown++;
}

const char *word_list_text(struct word_list *list)
{
    const size_t used = strlen(list->text);

    if (list->count > list->shown)
        snprintf(list->text + used, sizeof list->text - used, "%s%zu%s", list->shown ? " and " : "", list->count - list->shown,
                 list->shown ? " more" : "");
    list->shown = list->count;
    return list->text;
}

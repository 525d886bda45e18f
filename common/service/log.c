/* log.c: lines for people and for machines. See log.h for the two formats and for what is escaped. */
#include "common/service/log.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The longest line: every byte of the text as a six-byte escape would be 24 KiB; a line beyond this is cut, its end kept whole. */
#define LINE_BYTES 8192
#define ESCAPE_BYTES 8

struct line {
    size_t bytes, max;
    char data[LINE_BYTES];
};

/* where a line goes and what it is called there */
enum target { TO_STDOUT, TO_STDOUT_BARE, TO_STDERR_WARNING, TO_STDERR_INFO };

/* Writes everything, or loses the rest when the other end is gone. */
static void write_all(int fd, const char *data, size_t bytes)
{
    while (bytes) {
        ssize_t n = write(fd, data, bytes);
        struct pollfd pollfd = {fd, POLLOUT, 0};

        if (n >= 0) {
            data += n;
            bytes -= (size_t)n;
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            /* somebody shares the terminal with us and made it non-blocking */
            poll(&pollfd, 1, -1);
        } else if (errno != EINTR) {
            return;
        }
    }
}

void log_flush(struct log *log)
{
    write_all(STDOUT_FILENO, log->held, log->held_bytes);
    log->held_bytes = 0;
}

static void hold(struct log *log, const char *data, size_t bytes)
{
    if (bytes > sizeof log->held - log->held_bytes)
        log_flush(log);
    memcpy(log->held + log->held_bytes, data, bytes);
    log->held_bytes += bytes;
}

/* Appends whole or not at all; after the first piece that does not fit nothing more is taken. */
static void add(struct line *line, const char *data, size_t bytes)
{
    if (bytes > line->max - line->bytes) {
        line->max = line->bytes;
        return;
    }
    memcpy(line->data + line->bytes, data, bytes);
    line->bytes += bytes;
}

static void add_string(struct line *line, const char *s)
{
    add(line, s, strlen(s));
}

/*
 * Reads one character of UTF-8 (RFC 3629: no overlong forms, no surrogates, nothing over U+10FFFF). Returns its length in bytes;
 * 0 when the bytes are none.
 */
static size_t read_utf8(const unsigned char *s, unsigned *code)
{
    static const unsigned least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t bytes = s[0] < 0x80 ? 1 : (s[0] & 0xe0) == 0xc0 ? 2 : (s[0] & 0xf0) == 0xe0 ? 3 : (s[0] & 0xf8) == 0xf0 ? 4 : 0;
    size_t i;

    if (bytes <= 1) {
        *code = s[0];
        return bytes;
    }
    *code = s[0] & (0x7fu >> bytes);
    for (i = 1; i < bytes; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 0;
        *code = *code << 6 | (s[i] & 0x3f);
    }
    return *code < least[bytes] || *code > 0x10ffff || (*code >= 0xd800 && *code <= 0xdfff) ? 0 : bytes;
}

/* what could end a line or reorder it on a terminal */
static bool deceives(unsigned code)
{
    return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x2028 || code == 0x2029 || (code >= 0x202a && code <= 0x202e) ||
           (code >= 0x2066 && code <= 0x2069);
}

/* The escape of a character, or "" when it stands for itself. */
static void escape_of(unsigned code, enum log_format format, char out[ESCAPE_BYTES])
{
    const char *shorts = "\nn\rr\tt", *found = code && code < 0x20 ? strchr(shorts, (int)code) : NULL;

    out[0] = '\0';
    if (format == LOG_JSON && (code == '"' || code == '\\'))
        snprintf(out, ESCAPE_BYTES, "\\%c", (int)code);
    else if (found)
        snprintf(out, ESCAPE_BYTES, "\\%c", found[1]);
    else if (format == LOG_JSON ? code < 0x20 : deceives(code))
        snprintf(out, ESCAPE_BYTES, "\\u%04x", code & 0xffff);
}

static void add_escaped(struct line *line, const char *text, enum log_format format)
{
    const unsigned char *s = (const unsigned char *)text;
    char escape[ESCAPE_BYTES];

    while (*s) {
        unsigned code;
        size_t bytes = read_utf8(s, &code);

        if (!bytes) {
            add_string(line, "\xef\xbf\xbd");
            s++;
            continue;
        }
        escape_of(code, format, escape);
        if (escape[0])
            add_string(line, escape);
        else
            add(line, (const char *)s, bytes);
        s += bytes;
    }
}

static void build_text(struct line *line, const struct log *log, enum target target, const char *text)
{
    line->max = sizeof line->data - 1;
    if (target != TO_STDOUT_BARE) {
        add_string(line, "[");
        add_escaped(line, log->prefix, LOG_TEXT);
        add_string(line, target == TO_STDERR_WARNING ? "] warning: " : "] ");
    }
    add_escaped(line, text, LOG_TEXT);
    line->data[line->bytes++] = '\n';
}

static void build_json(struct line *line, const struct log *log, enum target target, const char *text)
{
    static const char end[] = "\"}\n";
    char now[32];

    clock_format_rfc3339(log->clock->wall_us(log->clock), 6, now);
    line->max = sizeof line->data - (sizeof end - 1);
    add_string(line, "{\"ts\":\"");
    add_string(line, now);
    add_string(line, target == TO_STDERR_WARNING ? "\",\"level\":\"warning\",\"scheduler\":\"" : "\",\"level\":\"info\",\"scheduler\":\"");
    add_escaped(line, log->prefix, LOG_JSON);
    add_string(line, "\",\"msg\":\"");
    add_escaped(line, text, LOG_JSON);
    memcpy(line->data + line->bytes, end, sizeof end - 1);
    line->bytes += sizeof end - 1;
}

static void print(struct log *log, enum target target, const char *format, va_list args)
{
    char text[LOG_TEXT_BYTES];
    struct line line;
    int need;

    if (log->quiet)
        return;
    need = vsnprintf(text, sizeof text, format, args);
    if (need < 0)
        return;
    if ((size_t)need >= sizeof text)
        memcpy(text + sizeof text - 4, "...", 4);
    line.bytes = 0;
    if (log->format == LOG_JSON)
        build_json(&line, log, target, text);
    else
        build_text(&line, log, target, text);
    if (target == TO_STDOUT || target == TO_STDOUT_BARE) {
        hold(log, line.data, line.bytes);
        return;
    }
    log_flush(log);
    write_all(STDERR_FILENO, line.data, line.bytes);
}

void log_line(struct log *log, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    print(log, TO_STDOUT, format, args);
    va_end(args);
}

void log_bare(struct log *log, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    print(log, TO_STDOUT_BARE, format, args);
    va_end(args);
}

void log_warn(struct log *log, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    print(log, TO_STDERR_WARNING, format, args);
    va_end(args);
}

void log_info(struct log *log, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    print(log, TO_STDERR_INFO, format, args);
    va_end(args);
}

void log_verbose(struct log *log, const char *format, ...)
{
    va_list args;

    if (!log->verbose)
        return;
    va_start(args, format);
    print(log, TO_STDERR_INFO, format, args);
    va_end(args);
}

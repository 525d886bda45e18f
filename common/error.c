#include "common/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int error_set(struct error *err, enum error_kind kind, const char *format, ...)
{
    va_list args;

    err->kind = kind;
    va_start(args, format);
    vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    return -1;
}

int error_no_memory(struct error *err)
{
    return error_set(err, ERROR_NO_MEMORY, "out of memory");
}

int error_prefix(struct error *err, const char *format, ...)
{
    char was[sizeof err->text];
    size_t room = sizeof err->text, length;
    va_list args;
    int used;

    memcpy(was, err->text, sizeof was);
    va_start(args, format);
    used = vsnprintf(err->text, room, format, args);
    va_end(args);
    if (used < 0 || (size_t)used + 2 >= room)
        return -1;
    memcpy(err->text + used, ": ", 3);
    room -= (size_t)used + 3; /* what is left for text, the NUL counted apart */
    length = strnlen(was, room);
    memcpy(err->text + used + 2, was, length);
    err->text[(size_t)used + 2 + length] = '\0';
    return -1;
}

int error_exit_code(const struct error *err)
{
    switch (err->kind) {
    case ERROR_NONE:
        return 0;
    case ERROR_USAGE:
        return 2;
    default:
        return 1;
    }
}

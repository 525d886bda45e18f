/*
 * claim.c: what a submission says that it has bound.
 */
#include "grade/claim.h"

#include <stddef.h>
#include <string.h>

static size_t take_word(const char *from, const char *ends, char out[CLAIM_NAME_BYTES])
{
    size_t length = strcspn(from, ends), kept = length < CLAIM_NAME_BYTES ? length : 0;

    memcpy(out, from, kept);
    out[kept] = '\0';
    return length;
}

static bool read_after(const char *at, struct claim *claim)
{
    at += take_word(at, "/ ", claim->namespace_);
    if (*at++ != '/')
        return false;
    at += take_word(at, " ", claim->pod);
    if (strncmp(at, " -> ", 4) != 0)
        return false;
    take_word(at + 4, " \t,;", claim->node);
    return *claim->namespace_ && *claim->pod && *claim->node;
}

bool claim_read(const char *line, struct claim *claim)
{
    static const char *const openings[] = {"Bound ", "bind OK "};

    for (size_t i = 0; i < sizeof openings / sizeof openings[0]; i++) {
        const char *at = strstr(line, openings[i]);

        if (at && read_after(at + strlen(openings[i]), claim))
            return true;
    }
    return false;
}
